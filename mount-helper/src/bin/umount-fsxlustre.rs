//! `umount.fsxlustre`: what umount(8) calls for a mount of ours.

use fsxlustre_mount::cli::{UNMOUNT_USAGE, UnmountCall};
use fsxlustre_mount::config::Config;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, stop_signals};
use fsxlustre_mount::mount::check_root;
use fsxlustre_mount::unmount::unmount;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long an unmount may take.
const TIMEOUT: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    if let Some(work) = fsxlustre_mount::worker::asked_for() {
        let answer = work.answer();
        say(&answer.stdout, &answer.stderr);
        return ExitCode::from(answer.status);
    }
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (said, result) = match UnmountCall::parse(&arguments) {
        Ok(UnmountCall::Help) => (UNMOUNT_USAGE.to_owned(), Ok(())),
        Ok(UnmountCall::Version) => {
            (concat!("umount.fsxlustre ", env!("CARGO_PKG_VERSION"), "\n").to_owned(), Ok(()))
        }
        Ok(UnmountCall::Unmount { directory, is_verbose }) => {
            let said = if is_verbose {
                format!("{}: unmounted\n", directory.display())
            } else {
                String::new()
            };
            (said, unmount_here(&directory))
        }
        Err(error) => (String::new(), Err(error.failure())),
    };
    match result {
        Ok(()) => {
            say(&said, "");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            say("", &format!("umount.fsxlustre: {failure}\n"));
            ExitCode::from(failure.mount_exit())
        }
    }
}

fn unmount_here(directory: &Path) -> Result<(), Failure> {
    check_root("umount")?;
    let config = Config::load().map_err(|error| error.failure())?;
    let signals = stop_signals();
    unmount(&config.host, directory, Deadline::after(TIMEOUT), signals.as_ref())
}

/// A reader that went away changes nothing about what was done.
fn say(stdout: &str, stderr: &str) {
    let _ = std::io::stdout().write_all(stdout.as_bytes());
    let _ = std::io::stderr().write_all(stderr.as_bytes());
}
