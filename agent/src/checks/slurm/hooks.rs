//! Does slurmd run our wrappers, can it run all that it runs, and in which order?

use super::{Trouble, finding, setting};
use crate::checks::{Evidence, Finding};
use crate::facts::{HookFile, Observed, Slurm};

pub(super) const NAME: &str = "slurm_hooks";

const COPY: &str = "copy the wrappers from /usr/share/fsxlustre/slurm, see fsxlustre-slurm(7)";

/// Fail: a pattern of Slurm names no file here or one without an x bit, which drains the node; or
/// our start or end is not called. Warn: scripts that run after our end, or a job that is told nothing.
pub(super) fn check(slurm: &Slurm) -> Finding {
    let mut troubles = Vec::new();
    troubles.extend(of_hook("Prolog", &slurm.prolog));
    troubles.extend(of_hook("Epilog", &slurm.epilog));
    troubles.extend(after_our_end(&slurm.epilog));
    troubles.extend(task_prolog(slurm));
    let evidence = [("Prolog", &slurm.prolog), ("Epilog", &slurm.epilog)];
    let evidence = evidence
        .map(|(name, files)| Evidence::of(files, |files| format!("{name}: {}", order(files))));
    let evidence = evidence.into_iter().chain([setting(slurm, "TaskProlog")]).collect();
    let well = match (slurm.prolog.value(), slurm.epilog.value()) {
        (Some(prolog), Some(epilog)) => {
            format!("Slurm runs {} at a job's start, {} at its end", order(prolog), order(epilog))
        }
        _ => String::new(),
    };
    finding(NAME, &troubles, well, evidence)
}

/// The files in the order in which Slurm runs them.
fn order(files: &[HookFile]) -> String {
    let names: Vec<_> = files.iter().map(HookFile::name).collect();
    if names.is_empty() { "nothing".into() } else { names.join(", then ") }
}

fn of_hook(name: &str, files: &Observed<Vec<HookFile>>) -> Vec<Trouble> {
    let Some(known) = files.value() else {
        let told = format!("which files {name} names is not known");
        return vec![Trouble::warn(told, format!("make {} readable", files.from()))];
    };
    if files.from().is_empty() {
        let told = format!("Slurm has no {name}");
        return vec![Trouble::fail(told, format!("set {name} in slurm.conf; {COPY}"))];
    }
    if known.is_empty() {
        let told = format!("{name} matches no file here, so that Slurm drains this node");
        return vec![Trouble::fail(told, COPY)];
    }
    let mut troubles = Vec::new();
    let broken: Vec<_> =
        known.iter().filter(|file| !file.is_executable).map(|file| file.path.as_str()).collect();
    if !broken.is_empty() {
        let broken = broken.join(" ");
        let told = format!("{broken} has no x bit, so that Slurm drains this node");
        troubles.push(Trouble::fail(told, format!("chmod +x {broken}")));
    }
    let ours: Vec<_> = known.iter().filter(|file| file.is_ours).map(HookFile::name).collect();
    match ours.as_slice() {
        [] => troubles.push(Trouble::fail(format!("{name} does not call fsxlustre"), COPY)),
        [_] => {}
        _ => {
            let told = format!("{name} calls fsxlustre in {}", ours.join(" and "));
            troubles.push(Trouble::warn(told, "leave one of the wrappers there"));
        }
    }
    troubles
}

/// Slurm runs the files in reverse order of their names.
fn after_our_end(epilog: &Observed<Vec<HookFile>>) -> Option<Trouble> {
    let files = epilog.value()?;
    let own = files.iter().position(|file| file.is_ours)?;
    let after: Vec<_> = files.iter().skip(own + 1).filter(|file| !file.is_ours).collect();
    let names: Vec<_> = after.iter().map(|file| file.name()).collect();
    if names.is_empty() {
        return None;
    }
    let told = format!(
        "{} runs after our end in Epilog, when the file systems are unmounted already (Slurm goes \
         through the names backwards)",
        names.join(", ")
    );
    Some(Trouble::warn(told, "give our wrapper the lowest name, such as 10_fsxlustre"))
}

fn task_prolog(slurm: &Slurm) -> Option<Trouble> {
    let is_ours =
        |files: &Vec<HookFile>| files.iter().any(|file| file.is_ours && file.is_executable);
    if slurm.task_prolog.value().is_some_and(is_ours) {
        return None;
    }
    Some(Trouble::warn(
        "TaskProlog is not ours, so that jobs are neither told nor refused",
        "set TaskProlog in slurm.conf to a copy of /usr/share/fsxlustre/slurm/task-prolog, or call it \
         from the site's own",
    ))
}
