//! Reads arguments of `lfs setstripe` as `lfs` does, and refuses what sets no layout.
//!
//! *Source*: lfs-setstripe(1) of 2.15; lustre/utils/lfs.c: a component inherits count, size and pool of
//! the one before it; `-N` begins a mirror; a number below 4096 is in KiB. Captures of 2.15.8.

use super::model::{
    Component, ComponentFlags, Composite, Layout, Pattern, StripeObject, StripeUnit, Stripes,
};
use super::osts::parse_list;
use super::problem::LayoutProblem;
use super::sound::MOST_STRIPES;
use super::stripe_size::{READ_AS_KIB, Until};
use fsxlustre_mount::failure::one_line;

/// More words than any layout needs.
const MOST_WORDS: usize = 512;

/// Options that take a value: short, long names, and what they are for.
const OPTIONS: &[(char, &[&str])] = &[
    ('c', &["stripe-count"]),
    ('C', &["overstripe-count"]),
    ('S', &["stripe-size"]),
    ('i', &["stripe-index"]),
    ('o', &["ost", "ost-list", "ost-index"]),
    ('p', &["pool", "pool-name"]),
    ('E', &["component-end"]),
    ('L', &["layout"]),
    ('z', &["extension-size", "ext-size"]),
];

/// Options of `lfs setstripe` that a profile cannot have, and why.
const REFUSED: &[(&str, &str)] = &[
    ("-d", "it takes a default away, and a profile gives one"),
    ("--delete", "it takes a default away, and a profile gives one"),
    ("-y", "its layout is in a file: write the layout itself"),
    ("--yaml", "its layout is in a file: write the layout itself"),
    ("--copy", "its layout is in a file: write the layout itself"),
    ("-I", "it changes a component that is there"),
    ("-F", "it marks a component that is there"),
    ("--component-add", "it changes a layout that is there"),
    ("--component-del", "it changes a layout that is there"),
    ("--component-set", "it changes a layout that is there"),
    ("--foreign", "a foreign layout is no place for data"),
    ("-x", "a foreign layout is no place for data"),
    ("--mode", "it makes a file"),
    ("-s", "it means -S in old clients only"),
];

/// The layout that these arguments give a directory.
///
/// # Errors
/// The first word that does not fit, and what to write.
pub fn parse_setstripe(arguments: &[String]) -> Result<Layout, LayoutProblem> {
    if arguments.is_empty() {
        return Err(LayoutProblem::new("there are no arguments", "say at least -c and -S"));
    }
    if arguments.len() > MOST_WORDS {
        return Err(LayoutProblem::new("there are too many arguments", "say at most 512 words"));
    }
    let mut reading = Reading::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        reading.word(word, &mut words)?;
    }
    reading.finish()
}

#[derive(Debug, Default)]
struct Reading {
    /// The mirrors that are read: how many times, and their components.
    mirrors: Vec<(u16, Vec<Component>)>,
    /// How many times the mirror that is being read is there; none without `-N`.
    times: Option<u16>,
    components: Vec<Component>,
    current: Current,
}

/// What was said for the component that is being read.
#[derive(Clone, Debug, Default)]
struct Current {
    is_begun: bool,
    end: Option<Until>,
    count: i32,
    is_overstriped: bool,
    is_mdt: bool,
    size: Option<u64>,
    extension: Option<u64>,
    first_ost: Option<u32>,
    osts: Vec<u32>,
    pool: Option<String>,
}

impl Reading {
    fn word(
        &mut self,
        word: &str,
        words: &mut std::slice::Iter<'_, String>,
    ) -> Result<(), LayoutProblem> {
        let name = word.split('=').next().unwrap_or_default();
        if let Some((_, because)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            let because = format!("{name} cannot stand in a profile: {because}");
            return Err(LayoutProblem::new(because, "leave it out"));
        }
        if let Some(times) = mirror(word) {
            return self.mirror(times?);
        }
        let (option, attached) = option(word)?;
        let value = match attached {
            Some(value) => value.to_owned(),
            None => words.next().cloned().ok_or_else(|| {
                LayoutProblem::new(format!("{word} has no value"), "give it one, or leave it out")
            })?,
        };
        self.option(option, &value)
    }

    fn option(&mut self, option: char, value: &str) -> Result<(), LayoutProblem> {
        if option == 'E' {
            if self.current.end.is_some() {
                self.close()?;
            }
            self.current.is_begun = true;
            self.current.end = Some(end(value)?);
            return Ok(());
        }
        let current = &mut self.current;
        current.is_begun = true;
        match option {
            'c' | 'C' => {
                current.count = count(option, value)?;
                current.is_overstriped = option == 'C';
            }
            'S' => current.size = Some(size('S', value)?).filter(|size| *size != 0),
            'z' => current.extension = Some(size('z', value)?),
            'i' if value == "-1" => current.first_ost = None,
            'i' => {
                let fix = "name the index of an OST, such as 0, or leave it out";
                current.first_ost = Some(number(option, value, fix)?);
            }
            'o' => {
                current.osts = parse_list(value)
                    .map_err(|because| LayoutProblem::new(because, "write it as -o 0,2,4-7"))?;
            }
            'p' => {
                current.pool =
                    Some(value.to_owned()).filter(|pool| pool != "none" && !pool.is_empty());
            }
            'L' => current.is_mdt = is_mdt(value)?,
            _ => {}
        }
        Ok(())
    }

    /// `-N`: ends the mirror before it.
    fn mirror(&mut self, times: u16) -> Result<(), LayoutProblem> {
        if self.current.is_begun || !self.components.is_empty() {
            if self.times.is_none() {
                return Err(LayoutProblem::new(
                    "-N stands behind the first options",
                    "begin each mirror with its own -N",
                ));
            }
            self.end_mirror()?;
        } else if self.times.is_some() {
            self.end_mirror()?;
        }
        self.times = Some(times);
        Ok(())
    }

    fn end_mirror(&mut self) -> Result<(), LayoutProblem> {
        self.close()?;
        let components = std::mem::take(&mut self.components);
        self.mirrors.push((self.times.unwrap_or(1), components));
        self.current = Current::default();
        Ok(())
    }

    /// Ends the component that is being read; the next one inherits.
    fn close(&mut self) -> Result<(), LayoutProblem> {
        let current = std::mem::take(&mut self.current);
        self.current = Current {
            count: if current.is_mdt { 0 } else { current.count },
            size: current.size,
            pool: current.pool.clone(),
            ..Current::default()
        };
        let start = match self.components.last() {
            None => 0,
            Some(before) => before.end.ok_or_else(|| {
                LayoutProblem::new(
                    "a part stands behind the one that reaches to the end of the file",
                    "let only the last part have -E -1",
                )
            })?,
        };
        let end = current.end.and_then(Until::end);
        let stripes = current.stripes();
        match current.extension {
            Some(by) => self.components.extend(extended(start, end, stripes, by)),
            None => self.components.push(Component::of_default(start, end, stripes)),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Layout, LayoutProblem> {
        let has_end = !self.components.is_empty() || self.current.end.is_some();
        if self.times.is_none() && !has_end {
            if self.current.extension.is_some() {
                return Err(LayoutProblem::new(
                    "-z extends a part, and there is no -E",
                    "write -E -1 -z 64M, or leave out -z",
                ));
            }
            let stripes = self.current.stripes();
            if stripes == Stripes::unset() {
                return Err(LayoutProblem::new(
                    "these arguments say nothing of how files are striped",
                    "say at least -c and -S",
                ));
            }
            return Ok(Layout::Plain(stripes));
        }
        self.end_mirror()?;
        let mirrors: u16 = self.mirrors.iter().map(|(times, _)| *times).sum();
        let copies = self.mirrors.into_iter().flat_map(|(times, components)| {
            (0..times).flat_map(move |_| components.clone()).collect::<Vec<_>>()
        });
        let components = copies.collect();
        Ok(Layout::Composite(Composite { mirrors, generation: 0, components }))
    }
}

impl Current {
    fn stripes(&self) -> Stripes {
        let listed = i32::try_from(self.osts.len()).unwrap_or(i32::MAX);
        let pattern = match (self.is_mdt, self.is_overstriped) {
            (true, _) => Pattern::MDT,
            (false, true) => Pattern::OVERSTRIPED,
            (false, false) => Pattern::RAID0,
        };
        if self.is_mdt {
            return Stripes { pattern, ..Stripes::unset() };
        }
        Stripes {
            count: if self.count == 0 { listed } else { self.count },
            size: self.size.map_or(StripeUnit::Unset, StripeUnit::Size),
            pattern,
            first_ost: self.osts.first().copied().or(self.first_ost),
            osts: self.osts.iter().map(|ost| StripeObject { ost: *ost, fid: None }).collect(),
            pool: self.pool.clone(),
            generation: None,
        }
    }
}

/// A part that extends itself is two components: what there is, and by how much it grows. Only the
/// first of a file is there from the start.
pub(super) fn extended(start: u64, end: Option<u64>, stripes: Stripes, by: u64) -> [Component; 2] {
    let middle = if start == 0 { by } else { start };
    let mut extension = Component::of_default(
        middle,
        end,
        Stripes { size: StripeUnit::Extension(by), ..Stripes::unset() },
    );
    extension.flags = ComponentFlags::EXTENSION;
    [Component::of_default(start, Some(middle), stripes), extension]
}

/// `-N`, `-N2`, `--mirror-count=2`: how many; none where the word is another option.
fn mirror(word: &str) -> Option<Result<u16, LayoutProblem>> {
    let rest = word
        .strip_prefix("--mirror-count")
        .map(|rest| rest.strip_prefix('=').unwrap_or(rest))
        .or_else(|| word.strip_prefix("-N"))?;
    if rest.is_empty() {
        return Some(Ok(1));
    }
    let times = rest.parse().ok().filter(|times| (1..=16).contains(times));
    Some(times.ok_or_else(|| {
        LayoutProblem::new("-N takes a number of mirrors, 1 to 16", "write -N2, in one word")
    }))
}

/// The option that a word is, and the value that is attached to it.
fn option(word: &str) -> Result<(char, Option<&str>), LayoutProblem> {
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let known = OPTIONS.iter().find(|(_, names)| names.contains(&name));
        return known.map(|(option, _)| (*option, value)).ok_or_else(|| unknown(word));
    }
    let mut letters = word.strip_prefix('-').ok_or_else(|| unknown(word))?.chars();
    let letter = letters.next().ok_or_else(|| unknown(word))?;
    let rest = letters.as_str();
    let known = OPTIONS.iter().find(|(option, _)| *option == letter);
    let (option, _) = known.ok_or_else(|| unknown(word))?;
    Ok((*option, Some(rest).filter(|rest| !rest.is_empty())))
}

fn unknown(word: &str) -> LayoutProblem {
    let because = if word.starts_with('-') {
        format!("lfs setstripe has no option '{}' that fsxlustre knows", one_line(word))
    } else {
        format!("'{}' is no option: the path is added by fsxlustre", one_line(word))
    };
    LayoutProblem::new(because, "use -c -C -S -i -o -p -E -L -N -z, or leave it out")
}

fn count(option: char, value: &str) -> Result<i32, LayoutProblem> {
    let fix = "say 1 to 2000, or -c -1 for all OSTs";
    let count = number(option, value, fix)?;
    let least = if option == 'c' { -1 } else { 1 };
    if (least..=MOST_STRIPES).contains(&count) {
        return Ok(count);
    }
    Err(LayoutProblem::new(format!("-{option} {count} is not a number of stripes"), fix))
}

fn number<T: std::str::FromStr>(option: char, value: &str, fix: &str) -> Result<T, LayoutProblem> {
    let because = || format!("'{}' is not a value of -{option}", one_line(value));
    value.parse().map_err(|_| LayoutProblem::new(because(), fix))
}

fn is_mdt(value: &str) -> Result<bool, LayoutProblem> {
    match value {
        "mdt" => Ok(true),
        "raid0" => Ok(false),
        _ => Err(LayoutProblem::new(
            format!("'{}' is no pattern of stripes", one_line(value)),
            "say -L mdt for the part on the MDT, and leave -L out elsewhere",
        )),
    }
}

fn end(value: &str) -> Result<Until, LayoutProblem> {
    if matches!(value, "-1" | "eof" | "EOF") {
        return Ok(Until::at(None));
    }
    size('E', value).map(|end| Until::at(Some(end)))
}

/// `64K`, `4M`, `1G` or bytes.
fn size(option: char, value: &str) -> Result<u64, LayoutProblem> {
    let fix = "write it as 64K, 4M or 1G";
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match value.strip_prefix(digits).unwrap_or_default() {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        "p" | "P" => 50,
        _ => {
            return Err(LayoutProblem::new(
                format!("'{}' is no size for -{option}", one_line(value)),
                fix,
            ));
        }
    };
    let number: u64 = number(option, digits, fix)?;
    if shift == 0 && (1..READ_AS_KIB).contains(&number) {
        return Err(LayoutProblem::new(
            format!("lfs reads -{option} {number} as {number} KiB, since it is below 4096"),
            format!("write {}K if that is meant, a multiple of 64K", number.next_multiple_of(64)),
        ));
    }
    let size = number.checked_mul(1 << shift).filter(|size| *size < 1 << 62);
    size.ok_or_else(|| {
        LayoutProblem::new(format!("'{}' is too large for -{option}", one_line(value)), fix)
    })
}
