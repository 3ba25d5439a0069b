//! `umount.fsxlustre`: what umount(8) calls for a mount of ours.

use fsxlustre_mount::cli::{UNMOUNT_USAGE, UnmountArguments, UnmountCall};
use fsxlustre_mount::config::Config;
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::hooks::Hooks;
use fsxlustre_mount::host::{
    Deadline, enter_mount_namespace, let_stop_signals_through, stop_signals,
};
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use fsxlustre_mount::unmount::{UnmountError, UnmountRequest, unmount_as};
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let_stop_signals_through();
    if let Some(work) = fsxlustre_mount::worker::asked_for() {
        let answer = work.answer();
        say(&answer.stdout, &answer.stderr);
        return ExitCode::from(answer.status);
    }
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let result = match UnmountCall::parse(&arguments) {
        Ok(UnmountCall::Help) => Ok(UNMOUNT_USAGE.to_owned()),
        Ok(UnmountCall::Version) => {
            Ok(concat!("umount.fsxlustre ", env!("CARGO_PKG_VERSION"), "\n").to_owned())
        }
        Ok(UnmountCall::Unmount(arguments)) => {
            let result = unmount_here(&arguments);
            log(&arguments, &result);
            result
        }
        Err(error) => {
            let failure = error.failure();
            Entry::failure(&failure).send();
            Err(failure.into())
        }
    };
    match result {
        Ok(said) => {
            say(&said, "");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let UnmountError { failure, holders, .. } = *error;
            let table = holders.map_or_else(String::new, |holders| holders.table());
            say("", &format!("umount.fsxlustre: {failure}\n{table}"));
            ExitCode::from(failure.mount_exit())
        }
    }
}

fn unmount_here(arguments: &UnmountArguments) -> Result<String, Box<UnmountError>> {
    for flag in &arguments.ignored {
        say("", &format!("umount.fsxlustre: warning: the flag {flag} is not known, passed over\n"));
    }
    check_root("umount")?;
    let mut config = Config::load().map_err(|error| error.failure())?;
    leave_the_directory();
    if let Some(namespace) = &arguments.namespace {
        // A program of that name in there is somebody else's.
        config.host.hooks = Hooks::default();
        enter_mount_namespace(namespace).map_err(|error| error.failure())?;
    }
    let signals = stop_signals();
    let request = UnmountRequest {
        interrupt: signals.as_ref(),
        how: arguments.how,
        ..UnmountRequest::plain(&arguments.directory, Deadline::after(arguments.timeout))
    };
    let report = unmount_as(&config.host, &request, &mut |cost| {
        say("", &format!("umount.fsxlustre: {cost}"));
    })?;
    if arguments.is_verbose {
        return Ok(report.text());
    }
    for warning in &report.warnings {
        say("", &format!("umount.fsxlustre: warning: {warning}\n"));
    }
    Ok(String::new())
}

fn log(arguments: &UnmountArguments, result: &Result<String, Box<UnmountError>>) {
    let directory = &arguments.directory;
    let entry = match result {
        Ok(_) => Entry::new(Priority::Info, format!("{}: unmounted", directory.display())),
        Err(error) => Entry::failure(&error.failure),
    };
    entry.about("", directory).send();
}

/// Our own current directory must not be what keeps the mount busy.
fn leave_the_directory() {
    // It is the root of the system: where even that fails, the unmount says what is wrong.
    let _ = std::env::set_current_dir("/");
}

/// A reader that went away changes nothing about what was done.
fn say(stdout: &str, stderr: &str) {
    let _ = std::io::stdout().write_all(stdout.as_bytes());
    let _ = std::io::stderr().write_all(stderr.as_bytes());
}
