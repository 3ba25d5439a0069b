//! What a hook's process is freed of before anything else: descriptors and variables of its caller.
//!
//! slurmd reads what a hook says until nobody holds its pipe any more, so a child that is stuck in the
//! kernel must hold nothing of it. And what a job's owner may have put into the environment must reach
//! neither a library nor a child.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The variables that a hook keeps: those that it reads.
const KEPT: &[&str] = &[
    "SLURM_CLUSTER_NAME",
    "SLURM_HET_JOB_ID",
    "SLURM_JOB_ACCOUNT",
    "SLURM_JOB_COMMENT",
    "SLURM_JOB_CONSTRAINTS",
    "SLURM_JOB_ID",
    "SLURM_JOB_LICENSES",
    "SLURM_JOB_NODELIST",
    "SLURM_JOB_PARTITION",
    "SLURM_JOB_RESTART_COUNT",
    "SLURM_JOB_SLUID",
    "SLURM_JOB_USER",
    "SLURM_NODELIST",
    "SLURM_PACK_JOB_ID",
    "SLURMD_NODENAME",
];

/// Variables that change nothing, and for which no process is begun anew: those of Slurm and of the
/// shell that calls us.
fn is_harmless(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("SLURM") || matches!(&*name, "PWD" | "OLDPWD" | "SHLVL" | "_")
}

/// Whether these arguments (without the program's name) call a hook.
fn is_hook(arguments: &[OsString]) -> bool {
    let job = arguments.iter().position(|word| word == "job");
    let verb = job.and_then(|place| arguments.get(place + 1));
    verb.is_some_and(|verb| verb == "start" || verb == "end")
}

/// Frees a hook of its caller, where these arguments call one. To be called first thing in `main`,
/// before anything is opened.
pub fn begin(arguments: &[OsString]) {
    if !is_hook(arguments) {
        return;
    }
    close_inherited();
    if std::env::vars_os().all(|(name, _)| is_harmless(&name)) {
        return;
    }
    let kept = KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    // It returns only where it fails; the hook then runs as it is, since the job waits for it.
    let _ = Command::new("/proc/self/exe").args(arguments).env_clear().envs(kept).exec();
}

/// Closes whatever was left open for us beside the first three.
fn close_inherited() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let open: Vec<i32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // The one of the listing itself is closed already.
        let _ = nix::unistd::close(fd);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn only_starts_and_ends_are_hooks() {
        for (text, wanted) in [
            ("job start", true),
            ("job end", true),
            ("--path.procfs /p job start", true),
            ("job list", false),
            ("mount job start", true),
            ("job", false),
            ("serve", false),
        ] {
            assert_eq!(is_hook(&words(text)), wanted, "{text}");
        }
    }

    #[test]
    fn what_slurm_sets_needs_no_new_process() {
        for (name, wanted) in [
            ("SLURM_JOB_UID", true),
            ("SLURMD_NODENAME", true),
            ("PWD", true),
            ("SPANK_X", false),
            ("LD_PRELOAD", false),
            ("AWS_ENDPOINT_URL", false),
            ("PATH", false),
        ] {
            assert_eq!(is_harmless(OsStr::new(name)), wanted, "{name}");
        }
    }
}
