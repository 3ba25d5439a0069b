//! `[[jobs.mount]]`: one file system that jobs get.

use crate::jobs::{JobVariables, fill_text};
use fsxlustre_mount::config::{default_text, export_wait};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// One file system that jobs get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobMount {
    /// What to mount; its tags may have templates such as `{job.account}`.
    pub source: String,
    /// Where.
    pub directory: PathBuf,
    /// How.
    #[serde(default)]
    pub options: String,
    /// What an end does for the data repository.
    #[serde(default)]
    pub export: Option<String>,
    /// What is brought from S3 at a start: paths below the directory, which may have templates.
    #[serde(default)]
    pub stage_in: Vec<String>,
    /// For jobs of these partitions; for all when there is none.
    #[serde(default)]
    pub partitions: Vec<String>,
    /// For jobs of these accounts; for all when there is none.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// For jobs that ask for one of these licences; for all when there is none.
    #[serde(default)]
    pub licenses: Vec<String>,
    /// For jobs whose constraint names one of these features; for all when there is none.
    #[serde(default)]
    pub features: Vec<String>,
    /// For jobs whose comment has one of these words; for all when there is none.
    #[serde(default)]
    pub comment: Vec<String>,
}

/// What an end does for the data repository of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportAtEnd {
    /// Nothing.
    None,
    /// A task, followed so long.
    Wait(Duration),
    /// A ticket for the head node.
    Ticket,
}

impl ExportAtEnd {
    /// Of a setting's text; one that is not known is nothing.
    pub fn of(text: Option<&str>) -> Self {
        let text = text.unwrap_or(default_text("jobs.mount[].export"));
        match (text, export_wait(text)) {
            (_, Some(wait)) => Self::Wait(wait),
            ("ticket", None) => Self::Ticket,
            (_, None) => Self::None,
        }
    }
}

impl JobMount {
    /// Whether it is for this job: every list that it has must name something of the job's.
    pub fn is_for(&self, job: &JobVariables) -> bool {
        let has = |rule: &[String], own: &Option<String>| {
            rule.is_empty() || own.as_ref().is_some_and(|own| rule.contains(own))
        };
        let asks = |rule: &[String], own: &BTreeSet<String>| {
            rule.is_empty() || rule.iter().any(|name| own.contains(name))
        };
        has(&self.partitions, &job.partition)
            && has(&self.accounts, &job.account)
            && asks(&self.licenses, &job.licenses)
            && asks(&self.features, &job.features)
            && asks(&self.comment, &job.comment)
    }

    /// What is brought for this job; a path that it cannot fill stays as it is.
    pub(crate) fn stage_in_for(&self, job: &JobVariables) -> Vec<String> {
        let filled = |path: &String| fill_text(path, job).unwrap_or_else(|_| path.clone());
        self.stage_in.iter().map(filled).collect()
    }

    /// Whether one job may get both: it has one partition and one account, but may ask for all
    /// licences, features and words at once.
    pub(super) fn may_meet(&self, other: &Self) -> bool {
        let meet = |one: &[String], other: &[String]| {
            one.is_empty() || other.is_empty() || one.iter().any(|name| other.contains(name))
        };
        meet(&self.partitions, &other.partitions) && meet(&self.accounts, &other.accounts)
    }

    /// The `-o` list: the given one, with `nosuid,nodev` unless it says otherwise.
    pub fn mount_options(&self) -> String {
        let says = |word: &str| self.options.split(',').any(|given| given == word);
        let mut options = vec![self.options.clone()];
        options.retain(|given| !given.is_empty());
        for (word, opposite) in [("nosuid", "suid"), ("nodev", "dev")] {
            if !says(word) && !says(opposite) {
                options.push(word.to_owned());
            }
        }
        options.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::options::MountOptions;

    fn rule(options: &str) -> JobMount {
        JobMount {
            source: "tag:Project:genomics".into(),
            directory: "/mnt/genomics".into(),
            options: options.into(),
            ..JobMount::default()
        }
    }

    #[test]
    fn a_jobs_mount_is_nosuid_and_nodev_unless_it_says_otherwise() {
        let passed = |options| {
            MountOptions::parse(&rule(options).mount_options()).expect("fits").passed.join(",")
        };
        assert_eq!(passed(""), "nosuid,nodev,noatime,flock");
        assert_eq!(passed("relatime,suid"), "relatime,suid,nodev,flock");
    }

    #[test]
    fn an_end_exports_nothing_unless_the_rule_says_so() {
        let of = ExportAtEnd::of;
        assert_eq!((of(None), of(Some("none"))), (ExportAtEnd::None, ExportAtEnd::None));
        assert_eq!(of(Some("ticket")), ExportAtEnd::Ticket);
        assert_eq!(of(Some("wait 60s")), ExportAtEnd::Wait(Duration::from_mins(1)));
    }

    fn job(pairs: &[(&str, &str)]) -> JobVariables {
        JobVariables::read(|name| {
            let mut all = [("SLURM_JOB_ID", "1")].iter().chain(pairs);
            all.find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .expect("fits")
    }

    #[test]
    fn a_rule_is_for_jobs_that_each_of_its_lists_names() {
        let list = |name: &str| vec![name.to_owned()];
        let licensed = JobMount { licenses: list("fsx_scratch"), ..rule("") };
        let featured = JobMount { features: list("fsx"), ..rule("") };
        let worded = JobMount { comment: list("fsx:scratch"), ..rule("") };
        let both = JobMount { accounts: list("bio"), partitions: list("gpu"), ..rule("") };
        let plain = job(&[]);
        assert!(rule("").is_for(&plain));
        for rule in [&licensed, &featured, &worded, &both] {
            assert!(!rule.is_for(&plain), "{rule:?}");
        }
        assert!(licensed.is_for(&job(&[("SLURM_JOB_LICENSES", "matlab:1,fsx_scratch:2")])));
        assert!(!licensed.is_for(&job(&[("SLURM_JOB_LICENSES", "fsx_scratch2")])));
        assert!(featured.is_for(&job(&[("SLURM_JOB_CONSTRAINTS", "gpu&[fsx|big]")])));
        assert!(worded.is_for(&job(&[("SLURM_JOB_COMMENT", "run 7; fsx:scratch")])));
        assert!(!worded.is_for(&job(&[("SLURM_JOB_COMMENT", "fsx:scratch/../other")])));
        assert!(!both.is_for(&job(&[("SLURM_JOB_ACCOUNT", "bio")])));
        assert!(both.is_for(&job(&[("SLURM_JOB_ACCOUNT", "bio"), ("SLURM_JOB_PARTITION", "gpu")])));
    }
}
