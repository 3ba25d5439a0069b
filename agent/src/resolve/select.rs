//! Which of all file systems carries the tags; pure.

use fsxlustre_mount::failure::{Code, Explain};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::options::Prefer;
use fsxlustre_mount::source::Tag;

/// How many file systems are named in a message.
const MOST_NAMED: usize = 5;

/// The tags do not name exactly one file system that can be mounted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// None carries them all.
    #[error("no file system carries these tags")]
    None {
        /// The tags, `Key=Value`.
        wanted: String,
        /// Where was looked.
        region: String,
        /// How many Lustre file systems there are.
        looked_at: usize,
        /// Those that carry some of them, and what they have instead.
        near: Vec<String>,
    },
    /// Several do.
    #[error("more than one file system carries these tags")]
    Several {
        /// The tags, `Key=Value`.
        wanted: String,
        /// Where was looked.
        region: String,
        /// Them.
        found: Vec<String>,
    },
    /// Only ones that are going away or failed do.
    #[error("no usable file system carries these tags")]
    Unusable {
        /// The tags, `Key=Value`.
        wanted: String,
        /// Where was looked.
        region: String,
        /// Them, with lifecycle and the API's reason.
        found: Vec<String>,
    },
}

impl Explain for SelectError {
    fn code(&self) -> Code {
        match self {
            Self::None { .. } => Code::TagUnknown,
            Self::Several { .. } => Code::TagAmbiguous,
            Self::Unusable { .. } => Code::FileSystemUnusable,
        }
    }
    fn asked(&self) -> String {
        let (Self::None { wanted, region, .. }
        | Self::Several { wanted, region, .. }
        | Self::Unusable { wanted, region, .. }) = self;
        format!("the FSx for Lustre file system with {wanted} in {region}")
    }
    fn because(&self) -> String {
        match self {
            Self::None { looked_at, near, .. } if near.is_empty() => {
                format!("none of {looked_at} Lustre file systems carries any of them")
            }
            Self::None { looked_at, near, .. } => {
                format!("of {looked_at} Lustre file systems the nearest are: {}", near.join("; "))
            }
            Self::Several { found, .. } | Self::Unusable { found, .. } => found.join("; "),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::None { .. } => {
                "correct the tags or the Region, or tag the file system: aws fsx tag-resource"
                    .into()
            }
            Self::Several { found, .. } => format!(
                "name one more tag that only one of them has, its id ({}), or say prefer=newest",
                found.first().and_then(|text| text.split(' ').next()).unwrap_or("fs-…")
            ),
            Self::Unusable { .. } => "create the file system anew, or correct the tags".into(),
        }
    }
}

/// The one file system that carries all the tags.
///
/// One that is CREATING never makes a usable one ambiguous; DELETING and FAILED ones are named
/// and not chosen.
///
/// # Errors
/// [`SelectError`].
pub fn select(
    all: Vec<FileSystem>,
    tags: &[Tag],
    region: &str,
    prefer: Prefer,
) -> Result<FileSystem, SelectError> {
    let looked_at = all.len();
    let wanted = || tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (matching, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|candidate| tags.iter().all(|tag| candidate.tags.contains(tag)));
    if matching.is_empty() {
        let near = others.iter().filter_map(|candidate| near_miss(candidate, tags));
        return Err(SelectError::None {
            wanted: wanted(),
            region: region.to_owned(),
            looked_at,
            near: near.take(MOST_NAMED).collect(),
        });
    }
    let named = |list: &[FileSystem]| list.iter().take(MOST_NAMED).map(label).collect();
    let (usable, rest): (Vec<_>, Vec<_>) = matching.into_iter().partition(FileSystem::is_usable);
    let (creating, gone): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|candidate| candidate.lifecycle == "CREATING");
    let mut candidates = if usable.is_empty() { creating } else { usable };
    if prefer == Prefer::Newest {
        keep_newest(&mut candidates);
    }
    let several = named(&candidates);
    match <[FileSystem; 1]>::try_from(candidates) {
        Ok([one]) => Ok(one),
        Err(none) if none.is_empty() => Err(SelectError::Unusable {
            wanted: wanted(),
            region: region.to_owned(),
            found: named(&gone),
        }),
        Err(_) => Err(SelectError::Several {
            wanted: wanted(),
            region: region.to_owned(),
            found: several,
        }),
    }
}

/// Keeps the one that was created last, if that can be told of all of them.
fn keep_newest(candidates: &mut Vec<FileSystem>) {
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.created_unix_seconds));
    let [first, second, ..] = candidates.as_slice() else { return };
    let is_told = candidates.iter().all(|candidate| candidate.created_unix_seconds.is_some());
    if is_told && first.created_unix_seconds > second.created_unix_seconds {
        candidates.truncate(1);
    }
}

fn label(candidate: &FileSystem) -> String {
    let name = candidate.name().map(|name| format!(" '{name}'")).unwrap_or_default();
    let why = candidate.failure.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{}{name} is {}{why}", candidate.id, candidate.lifecycle)
}

/// What a file system that carries some of the tags, or at least one of the keys, has instead.
fn near_miss(candidate: &FileSystem, tags: &[Tag]) -> Option<String> {
    let value_of = |key: &str| candidate.tags.iter().find(|tag| tag.key == key);
    if !tags.iter().any(|tag| value_of(&tag.key).is_some()) {
        return None;
    }
    let differs = tags.iter().filter(|tag| !candidate.tags.contains(tag)).map(|tag| {
        value_of(&tag.key)
            .map_or_else(|| format!("no tag {}", tag.key), |other| format!("has {other}"))
    });
    Some(format!("{} {}", candidate.id, differs.collect::<Vec<_>>().join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::file_system::AnswerOrigin;

    fn file_system(id: &str, lifecycle: &str, tags: &[(&str, &str)]) -> FileSystem {
        FileSystem {
            id: id.into(),
            dns_name: format!("{id}.fsx.us-east-1.amazonaws.com"),
            mount_name: "abcdefgh".into(),
            lifecycle: lifecycle.into(),
            failure: (lifecycle == "FAILED").then(|| "no capacity".into()),
            lustre_version: Some("2.15".into()),
            deployment_type: None,
            storage_capacity_gib: None,
            vpc_id: None,
            owner_id: None,
            created_unix_seconds: None,
            tags: tags.iter().map(|(k, v)| Tag { key: (*k).into(), value: (*v).into() }).collect(),
            region: "us-east-1".into(),
            origin: AnswerOrigin::default(),
            warnings: Vec::new(),
        }
    }

    fn wanted() -> Vec<Tag> {
        vec![
            Tag { key: "Project".into(), value: "genomics".into() },
            Tag { key: "Stage".into(), value: "prod".into() },
        ]
    }

    const BOTH: &[(&str, &str)] = &[("Project", "genomics"), ("Stage", "prod"), ("x", "y")];

    fn chosen(all: Vec<FileSystem>) -> Result<String, SelectError> {
        select(all, &wanted(), "us-east-1", Prefer::None).map(|found| found.id)
    }

    #[test]
    fn all_tags_must_match() {
        let all = vec![
            file_system("fs-1", "AVAILABLE", &[("Project", "genomics")]),
            file_system("fs-2", "AVAILABLE", BOTH),
        ];
        assert_eq!(chosen(all), Ok("fs-2".into()));
    }

    #[test]
    fn near_misses_are_named_with_what_they_have_instead() {
        let all = vec![
            file_system("fs-1", "AVAILABLE", &[("Project", "genomics")]),
            file_system("fs-2", "AVAILABLE", &[("Project", "genomics"), ("Stage", "test")]),
            file_system("fs-3", "AVAILABLE", &[("Other", "x")]),
        ];
        let error = chosen(all).expect_err("none");
        let because = error.because();
        assert!(because.contains("fs-1 no tag Stage; fs-2 has Stage=test"), "{because}");
        assert!(!because.contains("fs-3"), "{because}");
        assert!(error.asked().contains("Project=genomics, Stage=prod in us-east-1"));
    }

    #[test]
    fn several_usable_ones_are_refused_and_listed() {
        let all =
            vec![file_system("fs-1", "AVAILABLE", BOTH), file_system("fs-2", "UPDATING", BOTH)];
        let error = chosen(all).expect_err("several");
        assert_eq!(error.code(), Code::TagAmbiguous);
        assert_eq!(error.because(), "fs-1 is AVAILABLE; fs-2 is UPDATING");
    }

    #[test]
    fn the_newest_is_chosen_only_when_it_is_asked_for_and_told() {
        let made = |id: &str, created| FileSystem {
            created_unix_seconds: created,
            ..file_system(id, "AVAILABLE", BOTH)
        };
        let newest = |all| select(all, &wanted(), "us-east-1", Prefer::Newest).map(|fs| fs.id);
        let twins = vec![made("fs-1", Some(10)), made("fs-2", Some(20))];
        assert_eq!(newest(twins.clone()), Ok("fs-2".into()));
        assert!(chosen(twins).is_err());
        assert!(newest(vec![made("fs-1", Some(20)), made("fs-2", Some(20))]).is_err());
        assert!(newest(vec![made("fs-1", None), made("fs-2", Some(20))]).is_err());
    }

    #[test]
    fn one_that_is_made_or_going_away_never_makes_a_usable_one_ambiguous() {
        let all = ["CREATING", "DELETING", "FAILED", "AVAILABLE"]
            .iter()
            .enumerate()
            .map(|(index, lifecycle)| file_system(&format!("fs-{index}"), lifecycle, BOTH))
            .collect();
        assert_eq!(chosen(all), Ok("fs-3".into()));
        let creating = vec![file_system("fs-1", "CREATING", BOTH)];
        assert_eq!(chosen(creating), Ok("fs-1".into()));
        let gone = vec![file_system("fs-1", "FAILED", BOTH)];
        let error = chosen(gone).expect_err("gone");
        assert_eq!(error.code(), Code::FileSystemUnusable);
        assert_eq!(error.because(), "fs-1 is FAILED: no capacity");
    }
}
