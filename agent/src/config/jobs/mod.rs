//! `[jobs]`: what a job's start and end do, and what a start mounts.

mod deadlines;
mod rule;

pub use deadlines::JobDeadlines;
pub use rule::{ExportAtEnd, JobMount};

use crate::jobs::{Cause, JobVariables, Policy, sample, sample_text, start_phases};
use fsxlustre_mount::config::{Key, default_number, default_text, default_texts, idle_after};
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::source::Source;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// What jobs get. Only an administrator's files say so, never a job's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsSection {
    /// Whether starts and ends do their work.
    pub mode: Option<Mode>,
    /// While this file is there, starts and ends do nothing.
    pub disabled_file: Option<PathBuf>,
    /// The causes for which a job is refused.
    pub refuse: Option<Vec<String>>,
    /// The causes for which a start exits 1.
    pub drain: Option<Vec<String>>,
    /// When what a start has mounted is unmounted.
    pub unmount: Option<String>,
    /// Which processes an end may end: `none` or `job`.
    pub kill: Option<String>,
    /// What becomes of a node on which a mount could not be unmounted.
    pub on_leak: Option<OnLeak>,
    /// A folder that nodes share, for reports and evidence.
    pub report_dir: Option<PathBuf>,
    /// Seconds after which a job without a trace counts as gone.
    pub vanished_after: Option<u64>,
    /// How much room reports may take on this node, MiB.
    pub reports_size: Option<u64>,
    /// `[jobs.deadlines]`.
    pub deadlines: JobDeadlines,
    /// `[[jobs.mount]]`, in the order of the files.
    pub mount: Vec<JobMount>,
}

/// Whether starts and ends do their work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// They do nothing.
    Off,
    /// They decide, log, and touch nothing.
    Observe,
    /// They do.
    #[default]
    Enforce,
}

/// What becomes of a node on which a mount could not be unmounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnLeak {
    /// It is kept in service; only jobs that need this file system are refused there.
    #[default]
    Keep,
    /// The end exits 1.
    Drain,
}

/// When what a start has mounted is unmounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmountWhen {
    /// At the end of the last job that uses it.
    LastJob,
    /// That long after.
    IdleAfter(Duration),
    /// Never.
    Never,
}

/// Looks whether a cause has a name that is known.
pub(super) fn check_refuse(word: &str) -> Result<(), String> {
    Policy::causes_of(word).map(|_| ())
}

/// The same, for a cause that may take a node out of service.
pub(super) fn check_drain(word: &str) -> Result<(), String> {
    let causes = Policy::causes_of(word)?;
    if causes.contains(&Cause::Job) {
        return Err(format!("'{word}' would let a job's own mistake take nodes out of service"));
    }
    Ok(())
}

/// Looks whether a source fits, with templates in its tags.
pub(super) fn check_source(source: &str) -> Result<(), String> {
    let sample = sample(source).map_err(|error| error.because())?;
    Source::parse(&sample).map(|_| ()).map_err(|error| error.because())
}

impl JobsSection {
    /// Whether starts and ends do their work.
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or_default()
    }

    /// What each cause leads to.
    pub fn policy(&self) -> Policy {
        let causes = |given: &Option<Vec<String>>, key| -> Vec<Cause> {
            let words = match given {
                Some(words) => words.iter().map(String::as_str).collect(),
                None => default_texts(key).to_vec(),
            };
            // The words were looked at when the configuration was read.
            words.into_iter().filter_map(|word| Policy::causes_of(word).ok()).flatten().collect()
        };
        Policy::new(causes(&self.refuse, "jobs.refuse"), causes(&self.drain, "jobs.drain"))
    }

    /// When what a start has mounted is unmounted.
    pub fn unmount(&self) -> UnmountWhen {
        let text = self.unmount.as_deref().unwrap_or(default_text("jobs.unmount"));
        match (text, idle_after(text)) {
            (_, Some(time)) => UnmountWhen::IdleAfter(time),
            ("never", None) => UnmountWhen::Never,
            (_, None) => UnmountWhen::LastJob,
        }
    }

    /// Whether an end may end processes of the job's own cgroup that hold a mount.
    pub fn may_kill(&self) -> bool {
        self.kill.as_deref().unwrap_or(default_text("jobs.kill")) == "job"
    }

    /// How long nothing must be seen of a job whose extern step was seen before it counts as gone.
    pub fn vanished_after(&self) -> Duration {
        let seconds = self.vanished_after;
        Duration::from_secs(seconds.unwrap_or_else(|| default_number("jobs.vanished_after")))
    }

    /// What becomes of a node on which a mount could not be unmounted.
    pub fn on_leak(&self) -> OnLeak {
        self.on_leak.unwrap_or_default()
    }

    /// How much room reports may take on this node, in bytes.
    pub fn reports_bytes(&self) -> u64 {
        let size = self.reports_size.unwrap_or_else(|| default_number("jobs.reports_size"));
        size.saturating_mul(1 << 20)
    }

    /// The longest time that a start takes.
    pub fn longest_start(&self) -> Duration {
        start_phases(self).map(|phase| self.deadlines.of(phase)).sum()
    }

    /// The longest time that an end waits for an export.
    pub fn longest_export_wait(&self) -> Duration {
        let wait = |rule: &JobMount| match ExportAtEnd::of(rule.export.as_deref()) {
            ExportAtEnd::Wait(wait) => Some(wait),
            ExportAtEnd::None | ExportAtEnd::Ticket => None,
        };
        self.mount.iter().filter_map(wait).max().unwrap_or_default()
    }

    /// The rules for a job, in the order of the files.
    pub fn rules_for(&self, job: &JobVariables) -> impl Iterator<Item = &JobMount> {
        self.mount.iter().filter(|rule| rule.is_for(job))
    }

    /// Looks at the rules of all files together: a job gets at most one file system on a directory,
    /// and of all jobs that may share the node none gets one that hides another's.
    pub(super) fn mistakes(&self) -> Vec<(Key, String)> {
        let mut mistakes = Vec::new();
        for (index, rule) in self.mount.iter().enumerate() {
            for (at, path) in rule.stage_in.iter().enumerate() {
                if let Err(error) = sample_text(path) {
                    let list = Key::from(["jobs", "mount"].as_slice()).entry(index);
                    mistakes.push((list.name("stage_in").entry(at), error.because()));
                }
            }
            let export = ExportAtEnd::of(rule.export.as_deref());
            if export == ExportAtEnd::Ticket && self.report_dir.is_none() {
                let because =
                    "a ticket needs `[jobs] report_dir`, a folder that nodes share".into();
                let list = Key::from(["jobs", "mount"].as_slice());
                mistakes.push((list.entry(index).name("export"), because));
            }
            for other in self.mount.iter().take(index) {
                let (one, two) = (rule.directory.display(), other.directory.display());
                let is_below = rule.directory.starts_with(&other.directory)
                    || other.directory.starts_with(&rule.directory);
                let because = if rule.directory == other.directory {
                    if !rule.may_meet(other) {
                        continue;
                    }
                    format!("[[jobs.mount]] {one} stands twice for the same jobs")
                } else if is_below {
                    format!(
                        "[[jobs.mount]] of {one} and {two}, one below the other: the mount of one \
                         would hide that of the other, of other jobs, too"
                    )
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
    use crate::jobs::Verdict;

    fn rule(options: &str, partitions: &[&str]) -> JobMount {
        JobMount {
            source: "tag:Project:genomics".into(),
            directory: "/mnt/genomics".into(),
            options: options.into(),
            partitions: partitions.iter().map(ToString::to_string).collect(),
            ..JobMount::default()
        }
    }

    #[test]
    fn no_job_gets_two_on_a_directory_or_one_below_another() {
        let check = |one: (&str, &[&str]), two: (&str, &[&str])| {
            let made = |(directory, partitions): (&str, &[&str])| JobMount {
                directory: directory.into(),
                ..rule("", partitions)
            };
            let mistakes =
                JobsSection { mount: vec![made(one), made(two)], ..JobsSection::default() }
                    .mistakes();
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
        // Of jobs of two partitions, which may share a node.
        assert!(check(("/a/b", &["x"]), ("/a", &["y"])).contains("below"));
        assert_eq!(check(("/a", &[]), ("/ab", &[])), "");
    }

    #[test]
    fn a_ticket_without_a_folder_for_it_is_a_mistake() {
        let made = JobMount { export: Some("ticket".into()), ..rule("", &[]) };
        let jobs = JobsSection { mount: vec![made], ..JobsSection::default() };
        let told: Vec<_> = jobs.mistakes().iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(told, ["jobs.mount[0].export"]);
        let with = JobsSection { report_dir: Some("/shared".into()), ..jobs };
        assert_eq!(with.mistakes(), []);
    }

    #[test]
    fn bringing_lengthens_a_start_and_its_templates_are_looked_at() {
        let jobs = |paths: &[&str]| {
            let stage_in = paths.iter().map(ToString::to_string).collect();
            JobsSection {
                mount: vec![JobMount { stage_in, ..rule("", &[]) }],
                ..JobsSection::default()
            }
        };
        assert_eq!(jobs(&[]).longest_start(), Duration::from_secs(45));
        assert_eq!(jobs(&["in"]).longest_start(), Duration::from_secs(57));
        let told: Vec<_> =
            jobs(&["in", "{job.name}"]).mistakes().iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(told, ["jobs.mount[0].stage_in[1]"]);
    }

    #[test]
    fn what_is_not_given_is_what_the_table_says() {
        let jobs = JobsSection::default();
        assert_eq!(jobs.mode(), Mode::Enforce);
        assert_eq!((jobs.unmount(), jobs.may_kill()), (UnmountWhen::LastJob, false));
        assert_eq!(jobs.on_leak(), OnLeak::Keep);
        let policy = jobs.policy();
        assert_eq!(policy.verdict(Cause::Module), Verdict::Drain);
        assert_eq!(policy.verdict(Cause::Leaked), Verdict::Refuse);
        assert_eq!(policy.verdict(Cause::Unreachable), Verdict::Admit);
        let idle = JobsSection { unmount: Some("idle-after 2h".into()), ..jobs };
        assert_eq!(idle.unmount(), UnmountWhen::IdleAfter(Duration::from_hours(2)));
    }

    #[test]
    fn a_jobs_own_mistake_never_takes_a_node_out_of_service() {
        assert!(check_drain("unreachable").is_ok());
        assert!(check_refuse("job").is_ok() && check_refuse("all").is_ok());
        for word in ["job", "all", "modules", ""] {
            assert!(check_drain(word).is_err(), "{word}");
        }
    }
}
