//! Work in a unit of its own: transient units of systemd where that runs, else a process in a session of
//! its own. Neither ends with whoever asked for it.

use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::{Deadline, Host, Program, RunLimits};
use fsxlustre_mount::worker::Work;
use std::time::Duration;

/// How long systemd may take to answer a hook.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// The longest name of a unit that systemd takes, without its ending.
pub(crate) const LONGEST_UNIT: usize = 240;

/// Whether systemd is what runs this machine (`sd_booted(3)`).
pub(crate) fn is_systemd_here(host: &Host) -> bool {
    host.paths.rootfs.join("run/systemd/system").is_dir()
}

/// Where this program is, for somebody else to run it.
pub(crate) fn own_path(host: &Host) -> Option<String> {
    let installed = host.program("fsxlustre").ok().map(|program| program.path().to_owned());
    installed.or_else(|| std::env::current_exe().ok())?.into_os_string().into_string().ok()
}

/// Makes a transient unit that runs this program with these words.
pub(crate) fn systemd_run(
    host: &Host,
    unit: &str,
    about: &str,
    properties: &[String],
    words: &[String],
    deadline: Deadline,
) -> Result<(), String> {
    let program = host.program("systemd-run").map_err(|error| error.because())?;
    let mut all = vec![
        "--quiet".to_owned(),
        "--collect".to_owned(),
        format!("--unit={unit}"),
        format!("--description=fsxlustre: {about}"),
        // What is stuck in the kernel is left behind, and the unit ends all the same.
        "--property=KillMode=process".to_owned(),
    ];
    all.extend_from_slice(properties);
    all.push(own_path(host).ok_or("the path of this program is not known")?);
    all.extend_from_slice(words);
    succeed(&program, &all, deadline)
}

/// Runs this program with these words at once, where the caller's end does not end it.
pub(crate) fn begin(
    host: &Host,
    unit: &str,
    about: &str,
    words: &[String],
    deadline: Deadline,
) -> Result<(), String> {
    if is_systemd_here(host)
        && unit.len() <= LONGEST_UNIT
        && systemd_run(host, unit, about, &[], words, deadline).is_ok()
    {
        return Ok(());
    }
    let program = own_path(host).ok_or("the path of this program is not known")?;
    let words = std::iter::once(program).chain(words.iter().cloned()).collect();
    Program::leave_behind(&Work::Become(words)).map(drop).map_err(|error| error.to_string())
}

pub(crate) fn systemctl(host: &Host, words: &[&str], deadline: Deadline) -> Result<(), String> {
    let program = host.program("systemctl").map_err(|error| error.because())?;
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    succeed(&program, &words, deadline.at_most(PATIENCE))
}

fn succeed(program: &Program, words: &[String], deadline: Deadline) -> Result<(), String> {
    let limits = RunLimits::until(deadline);
    // Whoever does not answer holds nothing that would have to be put right.
    let limits = RunLimits { grace: Duration::ZERO, ..limits };
    let done = program.run(words, &limits).map_err(|error| error.because())?;
    if done.status.success() { Ok(()) } else { Err(done.last_words()) }
}
