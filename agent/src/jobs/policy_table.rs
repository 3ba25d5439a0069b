//! What `fsxlustre job policy` prints: the causes with what each leads to here, and the deadlines.

use super::{CAUSES, CauseRow, END_PHASES, Lies, Phase, Verdict, start_phases};
use crate::config::{JobDeadlines, JobsSection};
use serde::Serialize;
use std::fmt;

/// The table, with this node's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyTable {
    /// The version of this object's form.
    pub format: u32,
    /// Every cause.
    pub causes: Vec<PolicyRow>,
    /// The phases of a start, in their order.
    pub start: Vec<PhaseRow>,
    /// The phases of an end, in their order.
    pub end: Vec<PhaseRow>,
}

/// One cause and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyRow {
    /// Its name.
    pub cause: &'static str,
    /// Where it lies.
    pub lies: Lies,
    /// What it leads to.
    pub verdict: Verdict,
    /// The exit status of the start.
    pub exit: u8,
    /// What it is.
    pub meaning: &'static str,
}

/// One phase and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PhaseRow {
    /// Its name.
    pub phase: Phase,
    /// Its deadline, from its own start.
    pub seconds: u64,
}

const FORMAT: u32 = 1;

impl PolicyTable {
    /// The table as these settings have it.
    pub fn of(jobs: &JobsSection) -> Self {
        let policy = jobs.policy();
        let row = |row: &CauseRow| {
            let verdict = policy.verdict(row.cause);
            let (cause, lies, meaning) = (row.word, row.lies, row.meaning);
            PolicyRow { cause, lies, verdict, exit: verdict.exit(), meaning }
        };
        Self {
            format: FORMAT,
            causes: CAUSES.iter().map(row).collect(),
            start: phases(&jobs.deadlines, start_phases(jobs)),
            end: phases(&jobs.deadlines, END_PHASES.iter().copied()),
        }
    }
}

fn phases(deadlines: &JobDeadlines, phases: impl Iterator<Item = Phase>) -> Vec<PhaseRow> {
    let row = |phase: Phase| PhaseRow { phase, seconds: deadlines.of(phase).as_secs() };
    phases.map(row).collect()
}

impl fmt::Display for PolicyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<14} {:<16} {:<7} exit  what it is", "cause", "lies", "leads to")?;
        for row in &self.causes {
            let (lies, verdict) = (row.lies.words(), row.verdict.word());
            writeln!(
                f,
                "{:<14} {lies:<16} {verdict:<8} {}     {}",
                row.cause, row.exit, row.meaning
            )?;
        }
        writeln!(
            f,
            "\nadmit:  the job runs; FSXLUSTRE_STATUS and a line of its TaskProlog tell it"
        )?;
        writeln!(
            f,
            "refuse: the job's TaskProlog says why and ends it; the node stays in service"
        )?;
        writeln!(f, "drain:  the start exits 1; Slurm drains the node and requeues the job")?;
        for (hook, phases) in [("start", &self.start), ("end", &self.end)] {
            let each: Vec<_> =
                phases.iter().map(|row| format!("{} {}", row.phase.word(), row.seconds)).collect();
            let sum: u64 = phases.iter().map(|row| row.seconds).sum();
            writeln!(f, "\n{hook}: at most {sum} s: {}", each.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_cause_and_phase_with_this_nodes_settings() {
        let jobs = JobsSection { refuse: Some(vec!["api".into()]), ..JobsSection::default() };
        let text = PolicyTable::of(&jobs).to_string();
        let line = |word: &str| text.lines().find(|line| line.starts_with(word)).expect("a line");
        assert!(line("api ").contains(" refuse ") && line("lnet ").contains(" drain "), "{text}");
        assert!(line("leaked ").contains(" admit "), "{text}");
        assert!(
            line("start:").contains("at most 45 s: decide 5, lease 3, resolve 8, mount 20"),
            "{text}"
        );
        assert!(line("end:").contains("at most 45 s"), "{text}");
    }
}
