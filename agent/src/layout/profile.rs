//! A layout profile: what new files below a directory shall look like, in words a person reads.

use super::model::{Component, Composite, Layout, Pattern, StripeObject, StripeUnit, Stripes};
use super::osts::parse_list;
use super::preset::{preset, preset_names};
use super::problem::LayoutProblem;
use super::profile_error::ProfileError;
use super::setstripe::{extended, parse_setstripe};
use super::shape::FileSystemShape;
use super::stripe_size::{ByteCount, StripeSize, Until};
use serde::Deserialize;

/// What a profile says: the name of a preset, or arguments of `lfs setstripe`, or in words how a file
/// is striped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LayoutProfile {
    /// A preset; nothing else is then said.
    pub preset: Option<String>,
    /// Arguments of `lfs setstripe` without the path; nothing else is then said.
    pub arguments: Vec<String>,
    /// On how many OSTs a file lies; -1 for all of them. 1 where nothing is said.
    pub stripe_count: Option<i32>,
    /// How much of it lies on one OST before the next one's turn. 1 MiB where nothing is said.
    pub stripe_size: Option<StripeSize>,
    /// The pool of OSTs to choose from.
    pub pool: Option<String>,
    /// Whether several stripes may lie on one OST.
    pub overstripe: bool,
    /// The OST of the first stripe.
    pub first_ost: Option<u32>,
    /// The OSTs one by one, as `0,2,4-7`.
    pub osts: Option<String>,
    /// How much of each file lies on the MDT.
    pub on_mdt: Option<ByteCount>,
    /// By how much a file's space is extended at a time, each time on OSTs that have room.
    pub extend_by: Option<ByteCount>,
    /// How many copies.
    pub mirrors: Option<u16>,
    /// Parts of a file, each with its own stripes (a progressive layout).
    pub part: Vec<LayoutPart>,
}

/// One part of a file. What it does not say, the profile says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutPart {
    /// Where it ends.
    pub until: Until,
    /// On how many OSTs it lies.
    #[serde(default)]
    pub stripe_count: Option<i32>,
    /// How much of it lies on one OST before the next one's turn.
    #[serde(default)]
    pub stripe_size: Option<StripeSize>,
    /// The pool of OSTs to choose from.
    #[serde(default)]
    pub pool: Option<String>,
    /// Whether several stripes may lie on one OST.
    #[serde(default)]
    pub overstripe: Option<bool>,
    /// The OST of the first stripe.
    #[serde(default)]
    pub first_ost: Option<u32>,
    /// The OSTs one by one.
    #[serde(default)]
    pub osts: Option<String>,
    /// By how much it is extended at a time.
    #[serde(default)]
    pub extend_by: Option<ByteCount>,
}

impl LayoutProfile {
    /// What no file system would make right: for the configuration, which knows none.
    ///
    /// # Errors
    /// [`ProfileError::Invalid`].
    pub fn check(&self, name: &str) -> Result<(), ProfileError> {
        // A preset depends on the file system, and is sound on each.
        if self.preset.is_some() {
            return self
                .written(&FileSystemShape::default())
                .map(|_| ())
                .map_err(|problem| ProfileError::Invalid { name: name.to_owned(), problem });
        }
        self.layout(name, &FileSystemShape::default()).map(|_| ())
    }

    /// The layout on a file system.
    ///
    /// # Errors
    /// [`ProfileError::Invalid`] with what is wrong with it there.
    pub fn layout(&self, name: &str, shape: &FileSystemShape) -> Result<Layout, ProfileError> {
        let invalid = |problem| ProfileError::Invalid { name: name.to_owned(), problem };
        let layout = self.written(shape).map_err(invalid)?;
        match layout.problems(shape).into_iter().next() {
            Some(problem) => Err(invalid(problem)),
            None => Ok(layout),
        }
    }

    /// The layout as it is written, whatever it is worth.
    fn written(&self, shape: &FileSystemShape) -> Result<Layout, LayoutProblem> {
        let alone = |word: &str| {
            LayoutProblem::new(
                format!("{word} stands beside other settings of the profile"),
                format!("leave out {word}, or everything else"),
            )
        };
        if let Some(name) = &self.preset {
            let only = Self { preset: self.preset.clone(), ..Self::default() };
            if *self != only {
                return Err(alone("preset"));
            }
            return preset(name).map(|preset| preset.layout(shape)).ok_or_else(|| {
                LayoutProblem::new(
                    format!("'{}' is no preset", fsxlustre_mount::failure::one_line(name)),
                    format!("name one of {}", preset_names().join(", ")),
                )
            });
        }
        if self.arguments.is_empty() {
            return self.in_words();
        }
        let only = Self { arguments: self.arguments.clone(), ..Self::default() };
        if *self == only { parse_setstripe(&self.arguments) } else { Err(alone("arguments")) }
    }

    fn in_words(&self) -> Result<Layout, LayoutProblem> {
        let mut mirror = Vec::new();
        if let Some(on_mdt) = self.on_mdt {
            let stripes = Stripes { pattern: Pattern::MDT, ..Stripes::unset() };
            mirror.push(Component::of_default(0, Some(on_mdt.bytes()), stripes));
        }
        if self.part.is_empty() {
            let (stripes, extend_by) = (self.stripes(None)?, self.extend_by);
            add(&mut mirror, None, stripes, extend_by)?;
        }
        for part in &self.part {
            let extend_by = part.extend_by.or(self.extend_by);
            add(&mut mirror, part.until.end(), self.stripes(Some(part))?, extend_by)?;
        }
        let mirrors = self.mirrors.unwrap_or(1);
        if !(1..=16).contains(&mirrors) {
            let because = format!("{mirrors} mirrors are not a number of copies that Lustre has");
            return Err(LayoutProblem::new(because, "mirrors is 1 to 16"));
        }
        Ok(match mirror.as_slice() {
            [only] if mirrors == 1 && only.end.is_none() && self.part.is_empty() => {
                Layout::Plain(only.stripes.clone())
            }
            _ => {
                let components = (0..mirrors).flat_map(|_| mirror.clone()).collect();
                Layout::Composite(Composite { mirrors, generation: 0, components })
            }
        })
    }

    fn stripes(&self, part: Option<&LayoutPart>) -> Result<Stripes, LayoutProblem> {
        let said = part.and_then(|part| part.osts.as_ref());
        // The profile's own OSTs are those of a whole file, or of parts that name none.
        let osts = match said.or(self.osts.as_ref()) {
            Some(list) => parse_list(list)
                .map_err(|because| LayoutProblem::new(because, "write it as osts = \"0,2,4-7\""))?,
            None => Vec::new(),
        };
        let listed = i32::try_from(osts.len()).ok().filter(|listed| *listed > 0);
        let count = part.and_then(|part| part.stripe_count).or(self.stripe_count);
        let size = part.and_then(|part| part.stripe_size).or(self.stripe_size);
        let first = part.and_then(|part| part.first_ost).or(self.first_ost);
        if first.is_some() && !osts.is_empty() {
            return Err(LayoutProblem::new(
                "first_ost stands beside osts",
                "leave out first_ost: the list says which is the first",
            ));
        }
        let is_overstriped = part.and_then(|part| part.overstripe).unwrap_or(self.overstripe);
        let count = match count.or(listed).unwrap_or(1) {
            0 => {
                let because = "a stripe count of 0 is not one";
                return Err(LayoutProblem::new(
                    because,
                    "stripe_count is 1 to 2000, or -1 for all OSTs",
                ));
            }
            count => count,
        };
        Ok(Stripes {
            count,
            size: StripeUnit::Size(size.unwrap_or(StripeSize::OF_FSX).bytes()),
            pattern: if is_overstriped { Pattern::OVERSTRIPED } else { Pattern::RAID0 },
            first_ost: osts.first().copied().or(first),
            osts: osts.into_iter().map(|ost| StripeObject { ost, fid: None }).collect(),
            pool: part.and_then(|part| part.pool.clone()).or_else(|| self.pool.clone()),
            generation: None,
        })
    }
}

/// Puts a part behind the others.
fn add(
    mirror: &mut Vec<Component>,
    end: Option<u64>,
    stripes: Stripes,
    extend_by: Option<ByteCount>,
) -> Result<(), LayoutProblem> {
    let start = mirror.last().map_or(Some(0), |before| before.end).ok_or_else(|| {
        LayoutProblem::new(
            "a part stands behind the one that reaches to the end of the file",
            "let only the last part have until = \"end\"",
        )
    })?;
    match extend_by {
        Some(by) => mirror.extend(extended(start, end, stripes, by.bytes())),
        None => mirror.push(Component::of_default(start, end, stripes)),
    }
    Ok(())
}
