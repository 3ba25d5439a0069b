//! `fsxlustre spot-watch`.

use super::{FAILED, Outcome};
use crate::aws::{SpotNotice, SpotWatch};
use crate::config::AgentConfig;
use crate::jobs::leaving;
use clap::Args;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Finished, Host, Program, ProgramError, RunLimits};
use fsxlustre_mount::journal::{Entry, Priority};
use fsxlustre_mount::mount::check_root;
use std::time::{Duration, Instant};

/// One call to the metadata service in this time: AWS advises it, and the notice comes 120 s ahead.
const EVERY: Duration = Duration::from_secs(5);
/// How long an evacuation is waited for; it has 100 s.
const EVACUATION: Duration = Duration::from_secs(110);

/// Arguments of `fsxlustre spot-watch`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status of --once: 0 there is no notice, or the node is evacuated; 1 it \
                        is not known, or something could not be unmounted; 2 usage"
)]
pub struct SpotWatchArgs {
    /// Look once, and act on what there is
    #[arg(long)]
    once: bool,
}

impl SpotWatchArgs {
    /// Asks for the notice that a Spot instance gets, and evacuates the node when it comes. Runs until
    /// it is stopped: no signal is caught, since nothing of this has to be undone.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        let begun = check_root("evacuate")
            .and_then(|()| SpotWatch::new().map_err(|error| failure(&error.to_string())));
        let watch = match begun {
            Ok(watch) => watch,
            Err(failure) => return Outcome::failed(&failure),
        };
        let mut seen = Seen::default();
        loop {
            let asked = Instant::now();
            let outcome = seen.look(&watch, config.host());
            if self.once {
                return outcome;
            }
            outcome.log.iter().for_each(Entry::send);
            std::thread::sleep(EVERY.saturating_sub(asked.elapsed()));
        }
    }
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Seen {
    /// The notice that was acted on: it stands until the instance goes.
    notice: Option<SpotNotice>,
    /// Why the last look failed.
    trouble: Option<String>,
}

impl Seen {
    fn look(&mut self, watch: &SpotWatch, host: &Host) -> Outcome {
        match watch.ask() {
            Ok(None) => {
                self.trouble = None;
                // What stays there keeps starts from mounting, and is said by them.
                let _ = leaving::forget(host);
                Outcome::done("there is no notice\n")
            }
            Ok(notice) if notice == self.notice => Outcome::default(),
            Ok(Some(notice)) => {
                self.trouble = None;
                let outcome = evacuate(host, &notice);
                // What stays is tried again as long as the instance is there.
                self.notice = (outcome.status == 0).then_some(notice);
                outcome
            }
            Err(trouble) => {
                let mut outcome = Outcome::failed(&failure(&trouble));
                if self.trouble.as_ref() == Some(&trouble) {
                    // It was told before.
                    outcome.log.clear();
                }
                self.trouble = Some(trouble);
                outcome
            }
        }
    }
}

/// Runs `fsxlustre evacuate`, which flushes and unmounts.
fn evacuate(host: &Host, notice: &SpotNotice) -> Outcome {
    let SpotNotice { action, time } = notice;
    let said =
        format!("this Spot instance is taken away ({action} at {time}): the node is evacuated");
    Entry::new(Priority::Warning, &said).send();
    // Before anything goes: no start mounts it again.
    if let Err(failure) = leaving::note(host, &said) {
        Entry::failure(&failure).send();
    }
    let limits = RunLimits::until(Deadline::after(EVACUATION));
    let mut outcome = Outcome::done(format!("{said}\n"));
    let (text, is_done) = told(Program::own().run(&["evacuate"], &limits));
    outcome.stdout.push_str(&text);
    outcome.status = if is_done { 0 } else { FAILED };
    let priority = if is_done { Priority::Info } else { Priority::Error };
    outcome.log.push(Entry::new(priority, text));
    outcome
}

fn told(done: Result<Finished, ProgramError>) -> (String, bool) {
    match done {
        Ok(done) => (format!("{}{}", done.stdout, done.stderr), done.status.success()),
        Err(error) => (format!("fsxlustre evacuate: {error}: {}\n", error.because()), false),
    }
}

fn failure(because: &str) -> Failure {
    Failure {
        code: Code::SpotUnknown,
        what: "whether this Spot instance is to be taken away is not known".into(),
        asked: "ask the instance metadata service for spot/instance-action".into(),
        because: because.to_owned(),
        remedy: "turn the instance metadata service (version 2) on for this instance, or stop \
                 fsxlustre-spot.service"
            .into(),
    }
}
