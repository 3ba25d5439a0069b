//! `[jobs]`: what a job's start mounts.

use crate::jobs::sample;
use fsxlustre_mount::config::Key;
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::source::Source;
use serde::Deserialize;
use std::path::PathBuf;

/// What jobs get. Only an administrator's files say so, never a job's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsSection {
    /// `[[jobs.mount]]`, in the order of the files.
    pub mount: Vec<JobMount>,
}

/// Looks whether a source fits, with templates in its tags.
pub(super) fn check_source(source: &str) -> Result<(), String> {
    let sample = sample(source).map_err(|error| error.because())?;
    Source::parse(&sample).map(|_| ()).map_err(|error| error.because())
}

/// One file system that jobs get.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobMount {
    /// What to mount; its tags may have templates such as `{job.account}`.
    pub source: String,
    /// Where.
    pub directory: PathBuf,
    /// How.
    #[serde(default)]
    pub options: String,
    /// For jobs of these partitions; for all when there is none.
    #[serde(default)]
    pub partitions: Vec<String>,
}

impl JobMount {
    /// Whether one job may get both.
    fn may_meet(&self, other: &Self) -> bool {
        self.partitions.is_empty()
            || other.partitions.is_empty()
            || self.partitions.iter().any(|name| other.partitions.contains(name))
    }

    /// The `-o` list: the given one, with `nosuid,nodev` unless it says otherwise.
    pub fn mount_options(&self) -> String {
        let says = |word: &str| self.options.split(',').any(|given| given == word);
        let mut options = vec![self.options.clone()];
        for (word, opposite) in [("nosuid", "suid"), ("nodev", "dev")] {
            if !says(word) && !says(opposite) {
                options.push(word.to_owned());
            }
        }
        options.join(",")
    }
}

impl JobsSection {
    /// The rules for a job of this partition.
    pub fn rules_for(&self, partition: Option<&str>) -> impl Iterator<Item = &JobMount> {
        self.mount.iter().filter(move |rule| {
            rule.partitions.is_empty()
                || partition.is_some_and(|name| rule.partitions.iter().any(|rule| rule == name))
        })
    }

    /// Looks at the rules of all files together: a job gets at most one file system on a directory,
    /// and none below another.
    pub(super) fn mistakes(&self) -> Vec<(Key, String)> {
        let mut mistakes = Vec::new();
        for (index, rule) in self.mount.iter().enumerate() {
            for other in self.mount.iter().take(index).filter(|other| rule.may_meet(other)) {
                let (one, two) = (rule.directory.display(), other.directory.display());
                let because = if rule.directory == other.directory {
                    format!("[[jobs.mount]] {one} stands twice for the same jobs")
                } else if rule.directory.starts_with(&other.directory)
                    || other.directory.starts_with(&rule.directory)
                {
                    format!("[[jobs.mount]] of {one} and {two}, one below the other")
                } else {
                    continue;
                };
                let list = Key::from(["jobs", "mount"].as_slice());
                mistakes.push((list.entry(index).name("directory"), because));
            }
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::options::MountOptions;

    fn rule(options: &str, partitions: &[&str]) -> JobMount {
        JobMount {
            source: "tag:Project:genomics".into(),
            directory: "/mnt/genomics".into(),
            options: options.into(),
            partitions: partitions.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_jobs_mount_is_nosuid_and_nodev_unless_it_says_otherwise() {
        let passed = |options| {
            MountOptions::parse(&rule(options, &[]).mount_options()).expect("fits").passed.join(",")
        };
        assert_eq!(passed(""), "nosuid,nodev,noatime,flock");
        assert_eq!(passed("relatime,suid"), "relatime,suid,nodev,flock");
    }

    #[test]
    fn rules_are_chosen_by_partition() {
        let jobs = JobsSection { mount: vec![rule("", &[]), rule("", &["gpu"])] };
        assert_eq!(jobs.rules_for(Some("gpu")).count(), 2);
        assert_eq!(jobs.rules_for(Some("cpu")).count(), 1);
        assert_eq!(jobs.rules_for(None).count(), 1);
    }

    #[test]
    fn no_job_gets_two_on_a_directory_or_one_below_another() {
        let check = |one: (&str, &[&str]), two: (&str, &[&str])| {
            let made = |(directory, partitions): (&str, &[&str])| JobMount {
                directory: directory.into(),
                ..rule("", partitions)
            };
            let mistakes = JobsSection { mount: vec![made(one), made(two)] }.mistakes();
            let said = |(key, because): &(Key, String)| format!("{key}: {because}");
            mistakes.first().map(said).unwrap_or_default()
        };
        assert_eq!(check(("/a", &[]), ("/b", &[])), "");
        assert_eq!(check(("/a", &["x"]), ("/a", &["y"])), "");
        let twice = check(("/a", &["x"]), ("/a", &[]));
        assert!(
            twice.starts_with("jobs.mount[1].directory: ") && twice.contains("twice"),
            "{twice}"
        );
        assert!(check(("/a/b", &[]), ("/a", &[])).contains("below"));
        assert_eq!(check(("/a", &[]), ("/ab", &[])), "");
    }
}
