//! Questions put to a child with a deadline.

use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::{Deadline, Finished, Host, Program, RunLimits};
use std::path::Path;
use std::time::Duration;

/// The most of a program's output that is looked at.
pub(super) const LARGEST_OUTPUT_BYTES: usize = 64 << 10;

/// Runs a program to its end; the error is the reason in words.
pub(super) fn run(
    host: &Host,
    name: &str,
    args: &[&str],
    deadline: Deadline,
) -> Result<Finished, String> {
    let program = host.program(name).map_err(|error| error.to_string())?;
    run_program(&program, args, deadline)
}

/// The same, of a program that was found already.
pub(super) fn run_program(
    program: &Program,
    args: &[&str],
    deadline: Deadline,
) -> Result<Finished, String> {
    if deadline.has_passed() {
        return Err("no time was left to ask".into());
    }
    let limits = RunLimits {
        output_bytes: LARGEST_OUTPUT_BYTES,
        grace: Duration::ZERO,
        ..RunLimits::until(deadline)
    };
    program.run(args, &limits).map_err(|error| format!("{error}: {}", error.because()))
}

/// Reads a file that a kernel module answers for, which may get stuck where no thread can be
/// ended: so cat(1) reads it.
pub(super) fn read_file(host: &Host, path: &Path, deadline: Deadline) -> Result<String, String> {
    let path = path.to_str().ok_or("the path is not UTF-8")?;
    let done = run(host, "cat", &["--", path], deadline)?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    // cat(1) names itself and the path before the reason.
    let words = done.last_words();
    let reason = words.split_once(&format!("{path}: ")).map(|(_, reason)| reason.to_owned());
    Err(reason.unwrap_or(words))
}
