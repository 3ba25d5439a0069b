//! `fsxlustre`: the command line of the agent.

use clap::Parser as _;
use fsxlustre_agent::cli::job::hook_process;
use fsxlustre_agent::cli::{Cli, Outcome};
use fsxlustre_agent::facts::Look;
use fsxlustre_agent::jobs::{collect, report, settle_late, stuck, traces};
use fsxlustre_agent::layout::hand;
use fsxlustre_agent::staging::{export, hsm};
use fsxlustre_agent::{metrics, status};
use fsxlustre_mount::cli::Progress;
use fsxlustre_mount::host::let_stop_signals_through;
use fsxlustre_mount::journal::Entry;
use fsxlustre_mount::worker::Work;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let_stop_signals_through();
    if let Some(work) = fsxlustre_mount::worker::asked_for() {
        let answer = work.answer();
        if let Work::FinishLateMount(directory) = &work {
            settle_late(directory);
        }
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
    if let Some(host) = stuck::asked_for() {
        stuck::tell(&host, &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    if let Some(processes) = traces::asked_for() {
        let seen = serde_json::to_string(&traces::Traces::look(&processes)).unwrap_or_default();
        return finish(&Outcome::done(seen));
    }
    let said = report::asked_for()
        .map(|keeping| keeping.carry_out())
        .or_else(|| collect::asked_for().map(|wanted| wanted.carry_out()))
        .or_else(|| export::asked_for().map(|work| work.carry_out()));
    if let Some(said) = said {
        return finish(&Outcome::done(said));
    }
    if let Some(look) = Look::asked_for() {
        look.tell(&mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    if was_a_hand() {
        return ExitCode::SUCCESS;
    }
    if let Some(host) = metrics::prober_asked_for() {
        metrics::answer_prober(&host, &mut std::io::stdin().lock(), &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    hook_process::begin(&std::env::args_os().skip(1).collect::<Vec<_>>());
    match Cli::try_parse() {
        Ok(cli) => {
            let progress = Progress::new(std::io::stderr().is_terminal());
            let tell = |line: &str| write_stderr(&progress.text(&format!("fsxlustre: {line}")));
            let outcome = cli.run(&tell);
            write_stderr(progress.end());
            finish(&outcome)
        }
        Err(error) => {
            // To stdout with 0 for --help and --version, to stderr with 2 for a wrong call.
            let printed = error.print();
            let status = u8::try_from(error.exit_code()).unwrap_or(2);
            ExitCode::from(if printed.is_ok() { status } else { 2 })
        }
    }
}

/// Whether this process was started to touch a mount, which it then has done.
fn was_a_hand() -> bool {
    let (mut orders, mut listener) = (std::io::stdin().lock(), std::io::stdout());
    if hand::asked_for() {
        hand::obey(&mut orders, &mut listener);
    } else if hsm::hand::asked_for() {
        hsm::hand::obey(&mut orders, &mut listener);
    } else {
        return false;
    }
    true
}

fn write_stderr(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints what a command has to say, and tells the journal. A reader that went away (`| head`) changes nothing about
/// what was done, so the exit status stays.
fn finish(outcome: &Outcome) -> ExitCode {
    write_stderr(&outcome.stderr);
    let _ = std::io::stdout().write_all(outcome.stdout.as_bytes());
    outcome.log.iter().for_each(Entry::send);
    ExitCode::from(outcome.status)
}
