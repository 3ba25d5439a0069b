//! The questions about Slurm, for the table of checks.

use super::{clocks, flags, hooks, namespace, slurm};
use crate::checks::{Check, Finding, Group};
use crate::facts::Facts;

fn of(facts: &Facts, name: &str) -> Vec<Finding> {
    let mut all = slurm(&facts.node, &facts.jobs, facts.role);
    all.retain(|finding| finding.check == name);
    all
}

const fn question(name: &'static str, question: &'static str, meaning: &'static str) -> Check {
    // Which of them is asked is known by its name only.
    let answer: fn(&Facts) -> Vec<Finding> = match name.as_bytes() {
        b"slurm_hooks" => |facts| of(facts, hooks::NAME),
        b"slurm_flags" => |facts| of(facts, flags::NAME),
        b"slurm_clocks" => |facts| of(facts, clocks::NAME),
        _ => |facts| of(facts, namespace::NAME),
    };
    Check { name, question, group: Group::Local, is_required: false, meaning, answer }
}

/// Files and their order.
pub(in crate::checks) const HOOKS: Check = question(
    hooks::NAME,
    "Does slurmd run our wrappers, and can it run all that it runs?",
    "Compares Prolog, Epilog and TaskProlog of `scontrol show config` with the files they name. Pass: our \
     start and end are called, in their order. Warn: scripts run after our end, or a job is told nothing. \
     Fail: a pattern names no file or one without an x bit, which drains the node, or ours is not called. \
     Unknown: scontrol gave no answer. Left out without Slurm, and on login and head nodes.",
);

/// Flags.
pub(in crate::checks) const FLAGS: Check = question(
    flags::NAME,
    "Do Slurm's flags run the hooks when and where they must?",
    "Reads PrologFlags, SchedulerParameters and UnkillableStepProgram. Pass: the start runs at the \
     allocation, on every node. Warn: it comes later, hooks wait for each other, jobs that are gone are \
     not told from those that wait, or nobody looks at what cannot be killed. Left out as slurm_hooks.",
);

/// Clocks.
pub(in crate::checks) const CLOCKS: Check = question(
    clocks::NAME,
    "Are Slurm's clocks longer than ours?",
    "Compares Slurm's time-outs with the sums of [jobs.deadlines]. Pass: ours end first. Warn: another \
     clock of Slurm's runs out meanwhile. Fail: Slurm ends a hook of ours before it is done, which drains \
     the node. Left out as slurm_hooks.",
);

/// Mount namespaces.
pub(in crate::checks) const NAMESPACE: Check = question(
    namespace::NAME,
    "Do unmounts reach the mount namespaces that Slurm gives to jobs?",
    "Reads JobContainerType and the settings of the plugin. Pass: jobs see the node's own mounts, or share \
     them. Warn: they have copies, which an unmount does not reach. Left out as slurm_hooks.",
);
