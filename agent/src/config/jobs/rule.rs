//! `[[jobs.mount]]`: one file system that jobs get.

use serde::Deserialize;
use std::path::PathBuf;

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
    pub(super) fn may_meet(&self, other: &Self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::options::MountOptions;

    fn rule(options: &str) -> JobMount {
        JobMount {
            source: "tag:Project:genomics".into(),
            directory: "/mnt/genomics".into(),
            options: options.into(),
            partitions: Vec::new(),
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
}
