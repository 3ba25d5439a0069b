//! Do Slurm's flags run the hooks when and where they must?

use super::{Trouble, finding, setting};
use crate::checks::Finding;
use crate::facts::Slurm;

pub(super) const NAME: &str = "slurm_flags";

/// Flags with which the prolog runs at the allocation.
const AT_ALLOCATION: &[&str] = &["Alloc", "Contain", "NoHold", "X11"];

/// Warn: the file systems come later than the allocation, hooks wait for each other, our end runs in
/// the job's own cgroup, a node's failure holds jobs, or nobody looks at what cannot be killed.
pub(super) fn check(slurm: &Slurm) -> Finding {
    let flags = slurm.config.words("PrologFlags");
    let has = |wanted: &str| flags.iter().any(|flag| flag.eq_ignore_ascii_case(wanted));
    let mut troubles = Vec::new();
    if !AT_ALLOCATION.iter().any(|flag| has(flag)) {
        troubles.push(Trouble::warn(
            "the start runs with a job's first step only, and salloc without a step has no file system",
            "add PrologFlags=Alloc,Contain",
        ));
    }
    if !["Contain", "X11"].into_iter().any(has) {
        troubles.push(Trouble::warn(
            "without Contain a job that is gone without an end keeps its mounts until the node boots",
            "add Contain to PrologFlags",
        ));
    }
    if has("NoHold") {
        troubles.push(Trouble::warn(
            "with NoHold a job's first step may run before its start is done",
            "leave NoHold out of PrologFlags",
        ));
    }
    if has("Serial") {
        troubles.push(Trouble::warn(
            "with Serial one start or end on a node waits for the other, in the time of its own",
            "leave Serial out of PrologFlags",
        ));
    }
    if has("RunInJob") {
        troubles.push(Trouble::warn(
            "with RunInJob the end runs inside the job, whose own mount namespace still keeps the mount",
            "leave RunInJob out of PrologFlags",
        ));
    }
    if !slurm.config.words("SchedulerParameters").contains(&"nohold_on_prolog_fail") {
        troubles.push(Trouble::warn(
            "a job whose start finds its node unfit is held, not run elsewhere",
            "add nohold_on_prolog_fail to SchedulerParameters",
        ));
    }
    if slurm.config.get("UnkillableStepProgram").is_none() {
        troubles.push(Trouble::warn(
            "nobody looks at what keeps a job that cannot be killed",
            "set UnkillableStepProgram to a copy of /usr/share/fsxlustre/slurm/unkillable-step",
        ));
    }
    let evidence = ["PrologFlags", "SchedulerParameters", "UnkillableStepProgram"];
    let evidence = evidence.map(|name| setting(slurm, name)).to_vec();
    finding(NAME, &troubles, "a job's start runs at its allocation, on every node", evidence)
}
