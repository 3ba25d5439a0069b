//! `fsxlustre`: the command line of the agent.

use clap::Parser as _;
use fsxlustre_agent::cli::{Cli, Outcome};
use fsxlustre_agent::status;
use fsxlustre_mount::journal::Entry;
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(work) = fsxlustre_mount::worker::asked_for() {
        let answer = work.answer();
        return finish(&Outcome {
            stdout: answer.stdout,
            stderr: answer.stderr,
            status: answer.status,
            ..Outcome::default()
        });
    }
    if let Some(host) = status::asked_for() {
        status::tell(&host, &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    match Cli::try_parse() {
        Ok(cli) => finish(&cli.run()),
        Err(error) => {
            // To stdout with 0 for --help and --version, to stderr with 2 for a wrong call.
            let printed = error.print();
            let status = u8::try_from(error.exit_code()).unwrap_or(2);
            ExitCode::from(if printed.is_ok() { status } else { 2 })
        }
    }
}

/// Prints what a command has to say, and tells the journal. A reader that went away (`| head`) changes nothing about
/// what was done, so the exit status stays.
fn finish(outcome: &Outcome) -> ExitCode {
    let _ = std::io::stderr().write_all(outcome.stderr.as_bytes());
    let _ = std::io::stdout().write_all(outcome.stdout.as_bytes());
    outcome.log.iter().for_each(Entry::send);
    ExitCode::from(outcome.status)
}
