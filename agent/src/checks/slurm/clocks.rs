//! Are Slurm's clocks longer than ours?

use super::{Trouble, finding, setting};
use crate::checks::{Evidence, Finding};
use crate::config::JobsSection;
use crate::facts::{Slurm, SlurmConfig};
use crate::jobs::END_PHASES;

pub(super) const NAME: &str = "slurm_clocks";

/// Slurm's own, where slurm.conf says nothing.
const BATCH_START_TIMEOUT: u64 = 10;
const MESSAGE_TIMEOUT: u64 = 10;
const CRED_EXPIRE: u64 = 120;

/// Settings that are shown as evidence, where they are set.
const SHOWN: &[&str] = &[
    "PrologEpilogTimeout",
    "PrologTimeout",
    "EpilogTimeout",
    "BatchStartTimeout",
    "MessageTimeout",
    "UnkillableStepTimeout",
    "AuthInfo",
];

/// Fail: Slurm ends a hook of ours before it is done, which drains the node. Warn: another clock of
/// Slurm's runs out meanwhile.
pub(super) fn check(slurm: &Slurm, jobs: &JobsSection) -> Finding {
    let config = &slurm.config;
    let start = jobs.longest_start().as_secs();
    let end = (jobs.deadlines.sum(END_PHASES) + jobs.longest_export_wait()).as_secs();
    let mut troubles = Vec::new();
    troubles.extend(hook(config, "start", start, "PrologTimeout"));
    troubles.extend(hook(config, "end", end, "EpilogTimeout"));
    troubles.extend(during_a_start(config, start));
    troubles.extend(unkillable(config));
    let ours = Evidence::new(format!("start {start} s, end {end} s"), "[jobs.deadlines]");
    let theirs = SHOWN.iter().filter(|name| config.get(name).is_some());
    let evidence = theirs.map(|name| setting(slurm, name)).chain([ours]).collect();
    let well = format!("a start may take {start} s and an end {end} s, less than Slurm's clocks");
    finding(NAME, &troubles, well, evidence)
}

/// The clock of a hook itself; one that has no end waits for ours.
fn hook(config: &SlurmConfig, what: &str, ours: u64, own: &str) -> Option<Trouble> {
    let name = if config.get(own).is_some() { own } else { "PrologEpilogTimeout" };
    let theirs = config.seconds(name).filter(|theirs| *theirs <= ours)?;
    Some(Trouble::fail(
        format!(
            "{what} may take {ours} s, {name} is {theirs} s: Slurm ends it and drains the node"
        ),
        format!("raise {name} above {ours}, or lower [jobs.deadlines]"),
    ))
}

/// Clocks that run while a start does.
fn during_a_start(config: &SlurmConfig, start: u64) -> Vec<Trouble> {
    let batch = config.seconds("BatchStartTimeout").unwrap_or(BATCH_START_TIMEOUT);
    let credential = config
        .words("AuthInfo")
        .into_iter()
        .find_map(|word| word.strip_prefix("cred_expire=")?.parse().ok())
        .unwrap_or(CRED_EXPIRE);
    let clocks = [
        ("BatchStartTimeout", batch, "a batch job counts as lost"),
        ("MessageTimeout", message(config).saturating_sub(2), "srun says that the prolog hangs"),
        ("AuthInfo=cred_expire", credential, "the job's credential expires"),
    ];
    let short = clocks.into_iter().filter(|(_, theirs, _)| *theirs <= start);
    let trouble = |(name, theirs, what): (&str, u64, &str)| {
        let told = format!("a start may take {start} s, after {theirs} s {what}");
        Trouble::warn(told, format!("raise {name} above {}", start + 2))
    };
    short.map(trouble).collect()
}

fn message(config: &SlurmConfig) -> u64 {
    config.seconds("MessageTimeout").unwrap_or(MESSAGE_TIMEOUT)
}

/// *Source*: slurm.conf(5), `UnkillableStepTimeout`.
fn unkillable(config: &SlurmConfig) -> Option<Trouble> {
    let least = 5 * message(config);
    let theirs = config.seconds("UnkillableStepTimeout").filter(|theirs| *theirs < least)?;
    Some(Trouble::warn(
        format!("UnkillableStepTimeout is {theirs} s, less than five times MessageTimeout"),
        format!("raise UnkillableStepTimeout to {least}"),
    ))
}
