//! `fsxlustre evacuate`.

use super::{FAILED, Outcome};
use crate::config::AgentConfig;
use crate::evacuate::{Evacuated, evacuate};
use clap::Args;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::stop_signals;
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use std::fmt::Write as _;
use std::time::Duration;

/// Arguments of `fsxlustre evacuate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 all that was not written is sent and nothing is mounted; 1 \
                        something stays, and is named"
)]
pub struct EvacuateArgs {
    /// Time for all of it. Between a notice and the end of a spot instance are 120 seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(2..=3600))]
    timeout: u32,
}

impl EvacuateArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        self.try_run(config).into()
    }

    fn try_run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        check_root("unmount file systems on")?;
        let signals = stop_signals();
        let time = Duration::from_secs(self.timeout.into());
        let done = evacuate(config.host(), config.node.role(), time, signals.as_ref())?;
        Ok(told(&done, config))
    }
}

fn told(done: &Evacuated, config: &AgentConfig) -> Outcome {
    let mut outcome = Outcome::default();
    let mut say = |line: String| {
        // Writing to a String does not fail.
        let _ = writeln!(outcome.stdout, "{line}");
        outcome.log.push(Entry::new(Priority::Info, line));
    };
    for sent in &done.sent {
        say(format!("{}: {}", sent.file_system, sent.first.text()));
        if let Some(last) = &sent.last {
            say(format!("{}: at the end: {}", sent.file_system, last.text()));
        }
    }
    for one in done.mounts.iter().filter(|one| one.because.is_none()) {
        say(format!("{} unmounted", one.directory.display()));
    }
    if done.sent.is_empty() {
        say("no Lustre file system is mounted here".into());
    } else if done.mounts.is_empty() {
        say(format!("nothing is unmounted: [node] role is {}", config.node.role().word()));
    }
    for failure in done.mounts.iter().filter_map(|one| one.because.as_ref()) {
        let _ = writeln!(outcome.stdout, "stays: {}: {}", failure.what, failure.because);
        let _ = writeln!(outcome.stderr, "fsxlustre: {failure}");
        outcome.log.push(Entry::failure(failure));
    }
    if !done.is_complete() {
        outcome.status = FAILED;
    }
    outcome
}
