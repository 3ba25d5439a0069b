//! `fsxlustre why`.

use super::{Outcome, json};
use crate::config::AgentConfig;
use crate::why::{Asked, Report, gather};
use clap::Args;
use fsxlustre_mount::resolve::Tell;
use std::time::Duration;

/// Arguments of `fsxlustre why`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0, whatever limits the I/O; 1 it could not be looked at, or the job \
                        is not known; 2 usage. Without root, what is in debugfs is unknown. \
                        In JSON, `format` is 1 and fields are only ever added; `verdict` is \
                        limits, suspect, unknown or clear, and `weight` says how much a cause can \
                        explain, 100 at most."
)]
pub struct WhyArgs {
    /// A job on this node, by the scheduler's id or its whole name, in place of the node's present
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// How many seconds the two looks at the counters are apart, 1 to 300
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=300))]
    seconds: u64,
    /// Ask no API: what the file system gives and when it is maintained is unknown then
    #[arg(long)]
    no_api: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl WhyArgs {
    /// Prints JSON from now on.
    pub(super) fn as_json(&mut self) {
        self.json = true;
    }

    /// Looks twice, and ranks what limits the I/O.
    pub fn run(&self, config: &AgentConfig, tell: Tell<'_>) -> Outcome {
        let asked = Asked {
            job: self.job.as_deref(),
            apart: Duration::from_secs(self.seconds),
            asks_api: !self.no_api,
        };
        match gather(config, &asked, tell).map(|facts| Report::of(&facts)) {
            Ok(report) if self.json => json(&report),
            Ok(report) => Outcome::done(report.text()),
            Err(failure) if self.json => Outcome::failed_json(&failure),
            Err(failure) => Outcome::failed(&failure),
        }
    }
}
