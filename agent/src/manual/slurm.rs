//! Slurm's hooks as roff: the causes with what each leads to, and the deadlines, as they are where
//! nothing is configured.

use super::roff::{tagged, text, verbatim};
use crate::config::JobsSection;
use crate::jobs::{PhaseRow, PolicyRow, PolicyTable};

/// Lines of slurm.conf that the package has.
const SLURM_CONF: &str = include_str!("../../../packaging/slurm/slurm.conf");

fn table() -> PolicyTable {
    PolicyTable::of(&JobsSection::default())
}

/// Every cause: where it lies, what it leads to, the exit status of the start.
pub(super) fn causes() -> String {
    let row = |row: &PolicyRow| {
        let (lies, verdict) = (row.lies.words(), row.verdict.word());
        let meaning =
            format!("{}. It lies {lies} and leads to {verdict} (exit {}).", row.meaning, row.exit);
        tagged(row.cause, "", &meaning)
    };
    table().causes.iter().map(row).collect()
}

/// The phases of a start and of an end, with their deadlines and the sums.
pub(super) fn deadlines() -> String {
    let PolicyTable { start, end, .. } = table();
    [("start", start), ("end", end)].iter().map(|(hook, phases)| of_hook(hook, phases)).collect()
}

fn of_hook(hook: &str, phases: &[PhaseRow]) -> String {
    let sum: u64 = phases.iter().map(|row| row.seconds).sum();
    let each: Vec<_> =
        phases.iter().map(|row| format!("{} {} s", row.phase.word(), row.seconds)).collect();
    tagged(hook, "", &format!("{}; {sum} s in all.", each.join(", ")))
}

/// The packaged lines of slurm.conf, without their comments.
pub(super) fn slurm_conf() -> String {
    let lines: Vec<_> =
        SLURM_CONF.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    verbatim(&lines.join("\n"))
}

/// The default of a setting of `[jobs]`, for the prose.
pub(super) fn refused() -> String {
    let rows = table().causes;
    let refused = rows.iter().filter(|row| row.verdict == crate::jobs::Verdict::Refuse);
    let words: Vec<_> = refused.map(|row| row.cause).collect();
    format!(
        "{}\n",
        text(&format!("Refused are, where nothing is configured: {}.", words.join(", ")))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::CAUSES;

    #[test]
    fn every_cause_and_phase_is_there() {
        let text = causes();
        for row in CAUSES {
            assert!(text.contains(&row.word.replace('-', "\\-")), "{}", row.word);
        }
        assert_eq!(deadlines().matches("45 s in all").count(), 2);
        assert!(deadlines().contains("resolve ") && deadlines().contains("flush "));
        assert!(slurm_conf().contains("PrologFlags=Alloc,Contain"));
        assert!(refused().contains("leaked"));
    }
}
