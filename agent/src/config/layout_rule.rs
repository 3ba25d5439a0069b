//! `[[layout.directory]]`: one directory and what it is to be.

use crate::jobs::{JobVariables, TemplateError, fill_text, sample_text};
use crate::layout::Task;
use fsxlustre_mount::failure::Explain as _;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The longest name of a user or a group (useradd(8)).
const LONGEST_NAME: usize = 32;
/// All bits but set-user-id.
const MODE_BITS: u32 = 0o3777;

/// A directory and what it is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutRule {
    /// Its absolute path; may have templates of a job.
    pub path: String,
    /// The layout profile.
    #[serde(default)]
    pub profile: Option<String>,
    /// `USER`, `USER:GROUP` or `:GROUP`.
    #[serde(default)]
    pub owner: Option<String>,
    /// Permission bits, octal.
    #[serde(default)]
    pub mode: Option<String>,
    /// Make it where it is missing.
    #[serde(default)]
    pub create: bool,
}

impl LayoutRule {
    /// Whether it is for jobs: only a job fills its templates.
    pub fn is_for_jobs(&self) -> bool {
        self.path.contains('{')
    }

    /// What is to be done; `None` where only a job can say it.
    pub fn task(&self) -> Option<Task> {
        (!self.is_for_jobs()).then(|| self.filled(&self.path, self.owner.as_deref()))
    }

    /// What is to be done for a job.
    ///
    /// # Errors
    /// The job lacks a field.
    pub fn task_for(&self, job: &JobVariables) -> Result<Task, TemplateError> {
        let path = fill_text(&self.path, job)?;
        let owner = self.owner.as_deref().map(|owner| fill_text(owner, job)).transpose()?;
        Ok(self.filled(&path, owner.as_deref()))
    }

    fn filled(&self, path: &str, owner: Option<&str>) -> Task {
        let (user, group) = owner.map_or((None, None), user_and_group);
        let mode = self.mode.as_deref().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        let (profile, create) = (self.profile.clone(), self.create);
        Task { directory: PathBuf::from(path), profile, create, user, group, mode }
    }
}

fn user_and_group(owner: &str) -> (Option<String>, Option<String>) {
    let said = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let (user, group) = owner.split_once(':').unwrap_or((owner, ""));
    (said(user), said(group))
}

/// A path of a rule: plain also with its templates filled.
pub(super) fn check_path(text: &str) -> Result<(), String> {
    let filled = sample_text(text).map_err(|error| error.because())?;
    // A template is a name or a part of one, never the way to it.
    let names = Path::new(&filled).components().count();
    let same = Path::new(text).components().count() == names;
    if same && names > 1 { Ok(()) } else { Err("templates stand for names in a path".into()) }
}

/// `USER`, `USER:GROUP` or `:GROUP`.
pub(super) fn check_owner(text: &str) -> Result<(), String> {
    let filled = sample_text(text).map_err(|error| error.because())?;
    let (user, group) = user_and_group(&filled);
    let is_name = |name: &String| {
        name.len() <= LONGEST_NAME
            && !name.starts_with('-')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    let fits = user.iter().chain(&group).all(is_name) && (user.is_some() || group.is_some());
    if fits { Ok(()) } else { Err("it takes USER, USER:GROUP or :GROUP".into()) }
}

/// Three or four octal digits, without set-user-id.
pub(super) fn check_mode(text: &str) -> Result<(), String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| mode & !MODE_BITS == 0);
    let fits = (3..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    match mode {
        Some(_) if fits => Ok(()),
        _ => {
            Err("it takes three or four octal digits without set-user-id, such as 0750 or 2770"
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(account: &str) -> JobVariables {
        JobVariables::read(|name| {
            let all =
                [("SLURM_JOB_ID", "17"), ("SLURM_JOB_ACCOUNT", account), ("SLURM_JOB_USER", "ann")];
            all.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .expect("fits")
    }

    #[test]
    fn a_rule_becomes_a_task() {
        let rule = LayoutRule {
            path: "/mnt/fsx/{job.account}/{job.id}".into(),
            owner: Some("{job.user}:lab".into()),
            mode: Some("2770".into()),
            create: true,
            ..LayoutRule::default()
        };
        assert_eq!(rule.task(), None);
        let task = rule.task_for(&job("bio")).expect("fits");
        assert_eq!(task.directory, Path::new("/mnt/fsx/bio/17"));
        assert_eq!((task.user.as_deref(), task.group.as_deref()), (Some("ann"), Some("lab")));
        assert_eq!((task.mode, task.create), (Some(0o2770), true));
        for hostile in ["../etc", "a/b", ".", "..", "a b", ""] {
            assert!(rule.task_for(&job(hostile)).is_err(), "{hostile}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (check, fits, refused) in [
            (check_path as fn(&str) -> _, "/a/{job.id}/b-{job.user}", "/a/{nosuch}"),
            (check_path, "/a", "/a/{job.id"),
            (check_owner, "ann:lab", "ann lab"),
            (check_owner, ":1001", ":"),
            (check_owner, "{job.user}", "-x"),
            (check_mode, "0750", "4755"),
            (check_mode, "2770", "9"),
            (check_mode, "755", "+755"),
        ] {
            assert_eq!(check(fits), Ok(()), "{fits}");
            assert!(check(refused).is_err(), "{refused}");
        }
    }
}
