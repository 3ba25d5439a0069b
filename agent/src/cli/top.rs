//! `fsxlustre top`.

use super::{Outcome, USAGE, json};
use crate::config::AgentConfig;
use crate::top::{End, live, once};
use clap::Args;
use fsxlustre_mount::failure::{Code, Failure};
use std::io::IsTerminal as _;
use std::time::Duration;

/// Arguments of `fsxlustre top`.
#[derive(Debug, Args)]
#[command(
    after_help = "Keys: m mounts, o OSTs, i imports, j jobs, s sort, r reverse, p pause, ? help, q quit. \
                        Without root, what is in debugfs is unknown (?). NO_COLOR turns colours off. \
                        In JSON, `format` is 1, fields are only ever added, null is unknown, and the \
                        unit stands in each name. \
                        Exit status: 0; 1 a failure; 2 usage, or no terminal; 128 and its number after a signal"
)]
pub struct TopArgs {
    /// Print one table, and end
    #[arg(long)]
    once: bool,
    /// Print one JSON object; with --once
    #[arg(long, requires = "once")]
    json: bool,
    /// Seconds between two looks at the counters, 1 to 300
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=300))]
    seconds: u64,
}

impl TopArgs {
    /// Shows the live screen, or what it would show.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        let apart = Duration::from_secs(self.seconds);
        if self.once {
            return match once(config.host(), apart) {
                Ok(view) if self.json => json(&view),
                Ok(view) => Outcome::done(view.text()),
                Err(failure) if self.json => Outcome::failed_json(&failure),
                Err(failure) => Outcome::failed(&failure),
            };
        }
        if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
            return Outcome { status: USAGE, ..Outcome::failed(&no_terminal()) };
        }
        let has_colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        match live(config.host(), apart, has_colour) {
            Ok(End::Quit) => Outcome::default(),
            Ok(End::Signal(number)) => Outcome { status: 128 + number, ..Outcome::default() },
            Err(failure) => Outcome::failed(&failure),
        }
    }
}

fn no_terminal() -> Failure {
    Failure {
        code: Code::NoTerminal,
        what: "there is no terminal to draw on".into(),
        asked: "fsxlustre top".into(),
        because: "standard input or standard output is not a terminal".into(),
        remedy: "run `fsxlustre top --once`, or with --once --json".into(),
    }
}
