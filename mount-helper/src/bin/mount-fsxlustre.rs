//! `mount.fsxlustre`: what mount(8) calls for type `fsxlustre`.

use fsxlustre_mount::cli::{MOUNT_USAGE, MountArguments, MountCall, Progress};
use fsxlustre_mount::config::Config;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, let_stop_signals_through, stop_signals};
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::last_failure::LastFailure;
use fsxlustre_mount::mount::{Done, MountReport, MountRequest, Mounter};
use fsxlustre_mount::mount_all;
use fsxlustre_mount::options::MountOptions;
use fsxlustre_mount::record::Maker;
use fsxlustre_mount::resolve::AgentProgram;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let_stop_signals_through();
    if let Some(work) = fsxlustre_mount::worker::asked_for() {
        let answer = work.answer();
        say(&answer.stdout, &answer.stderr);
        return ExitCode::from(answer.status);
    }
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match MountCall::parse(&arguments) {
        Ok(MountCall::Help) => said(MOUNT_USAGE),
        Ok(MountCall::Version) => {
            said(concat!("mount.fsxlustre ", env!("CARGO_PKG_VERSION"), "\n"))
        }
        Ok(MountCall::Mount(call)) => match mount(&call) {
            Ok(report) => told(&call, &report),
            Err(failure) => {
                Entry::failure(&failure).about(&call.source, &call.directory).send();
                failed(&failure)
            }
        },
        Err(error) => {
            let failure = error.failure();
            Entry::failure(&failure).send();
            failed(&failure)
        }
    }
}

fn mount(call: &MountArguments) -> Result<MountReport, Failure> {
    let config = Config::load().map_err(|error| kept(&Host::default(), call, error.failure()))?;
    for warning in &config.warnings {
        say("", &format!("mount.fsxlustre: warning: {warning}\n"));
    }
    let options = MountOptions::parse(&call.options)
        .map_err(|error| kept(&config.host, call, error.failure()))?;
    // To its end: the other lines are begun when this one takes long.
    let _behind = mount_all::watch(&config.host, &call.directory);
    let signals = stop_signals();
    let resolver = AgentProgram { host: &config.host, interrupt: signals.as_ref() };
    let progress = Progress::new(std::io::stderr().is_terminal());
    let mounter = Mounter {
        host: &config.host,
        defaults: &config.mount,
        answers: &config.answers,
        resolver: &resolver,
        interrupt: signals.as_ref(),
        tell: &|line| say("", &progress.text(&format!("mount.fsxlustre: {line}"))),
    };
    let report = mounter.mount(&MountRequest {
        source: call.source.clone(),
        directory: call.directory.clone(),
        options,
        is_dry_run: call.is_dry_run,
        made_by: Maker::of_this_process(&config.host, &call.directory),
        makes_directory: false,
        namespace: call.namespace.clone(),
        pinned_as: None,
    });
    say("", progress.end());
    report
}

/// A failure that comes before the mount itself, kept for `fsxlustre status` as those of the mount are.
fn kept(host: &Host, call: &MountArguments, failure: Failure) -> Failure {
    if !call.is_dry_run && call.namespace.is_none() {
        // The caller is told all the same.
        let _ = LastFailure::write(host, &call.directory, &failure);
    }
    failure
}

fn told(call: &MountArguments, report: &MountReport) -> ExitCode {
    for flag in &call.ignored {
        say("", &format!("mount.fsxlustre: warning: the flag {flag} is not known, passed over\n"));
    }
    for warning in &report.warnings {
        say("", &format!("mount.fsxlustre: warning: {warning}\n"));
        Entry::new(Priority::Warning, warning).about(&call.source, &call.directory).send();
    }
    let line = report.line(&call.directory);
    if matches!(report.done, Done::Made | Done::Remounted) {
        Entry::new(Priority::Info, line.as_str()).about(&call.source, &call.directory).send();
    }
    if call.is_verbose {
        say(&format!("{line}\n"), "");
    }
    ExitCode::SUCCESS
}

fn failed(failure: &Failure) -> ExitCode {
    say("", &format!("mount.fsxlustre: {failure}\n"));
    ExitCode::from(failure.mount_exit())
}

fn said(text: &str) -> ExitCode {
    say(text, "");
    ExitCode::SUCCESS
}

/// A reader that went away changes nothing about what was done.
fn say(stdout: &str, stderr: &str) {
    let _ = std::io::stdout().write_all(stdout.as_bytes());
    let _ = std::io::stderr().write_all(stderr.as_bytes());
}
