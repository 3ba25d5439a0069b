//! `fsxlustre ssm compliance`.

use super::super::{Outcome, USAGE};
use crate::aws::{Aws, AwsError, ComplianceItem, block_on};
use crate::checks::{Selection, utc};
use crate::config::AgentConfig;
use crate::ssm::compliance::{Sent, TYPE, hash, items, look};
use crate::ssm::{ManagedId, managed_id};
use clap::Args;
use fsxlustre_mount::answer::share;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{
    Bounds, Deadline, sleep_unless_interrupted, stop_signals, unix_seconds,
};
use fsxlustre_mount::mount::check_root;
use nix::sys::signalfd::SignalFd;
use std::fmt::Write as _;
use std::time::Duration;

/// The longest time to learn this node's id.
const FOR_THE_ID: Duration = Duration::from_secs(2);

/// Arguments of `fsxlustre ssm compliance`.
#[derive(Debug, Args)]
#[command(
    after_help = "Severity: CRITICAL a FAIL of a check that is required, HIGH another FAIL or a required \
                  check that is UNKNOWN, MEDIUM a WARN, LOW another UNKNOWN. Only PASS is COMPLIANT. What \
                  was put last is remembered, and the same is not put again. \
                  Exit status: 0 the items are there, whatever they say; 1 they could not be put"
)]
pub(super) struct ComplianceArgs {
    /// Only these checks, or groups of checks: local, network, aws
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',')]
    only: Vec<String>,
    /// Not these checks or groups
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',')]
    skip: Vec<String>,
    /// Begin somewhere within this time, the same for this node each time: for what all nodes of a
    /// fleet do at one moment
    #[arg(long, value_name = "SECONDS", default_value_t = 0,
          value_parser = clap::value_parser!(u32).range(0..=86_400))]
    splay: u32,
    /// Put them also where nothing changed
    #[arg(long)]
    force: bool,
    /// Print the items, and put nothing
    #[arg(long)]
    print: bool,
    /// AWS Region; this instance's when it is left out
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Time for the calls to AWS
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(2..=3600))]
    timeout: u32,
}

impl ComplianceArgs {
    /// Does it.
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        let selection = match Selection::of(&self.only, &self.skip) {
            Ok(selection) => selection,
            Err(unknown) => {
                return Outcome { status: USAGE, ..Outcome::failed(&unknown.failure()) };
            }
        };
        if self.print {
            return Outcome::done(shown(&items(&look(config, &selection))));
        }
        self.put(config, &selection).into()
    }

    fn put(&self, config: &AgentConfig, selection: &Selection) -> Result<Outcome, Failure> {
        check_root("put compliance items of")?;
        let host = config.host();
        let signals = stop_signals();
        let signals = signals.as_ref();
        let id_bounds = Bounds { deadline: Deadline::after(FOR_THE_ID), interrupt: signals };
        let node = managed_id(host, id_bounds).ok_or_else(nobody)?;
        self.wait(&node, signals)?;
        let items = items(&look(config, selection));
        let hash = hash(&items);
        let kept = Sent::kept(host).filter(|_| !self.force);
        let deadline = Deadline::after(Duration::from_secs(self.timeout.into()));
        let calls = async {
            let aws = Aws::connect(&config.aws, self.region.as_deref(), deadline).await?;
            let region = aws.region().to_owned();
            if let Some(kept) = kept.filter(|kept| kept.is(node.as_str(), &region, &hash)) {
                return Ok((region, Some(kept)));
            }
            let now = unix_seconds();
            aws.put_compliance_items(node.as_str(), TYPE, &items, &hash, now).await?;
            Ok::<_, AwsError>((region, None))
        };
        let bounds = Bounds { deadline, interrupt: signals };
        let (region, same) = block_on(bounds, calls).map_err(|error| error.failure())?;
        if let Some(same) = same {
            let since = utc(same.at_unix_seconds);
            return Ok(Outcome::done(format!("unchanged since {since}: nothing was put\n")));
        }
        let mut outcome = Outcome::done(told(&items, &node, &region));
        let sent = Sent::now(node.to_string(), region, hash, unix_seconds());
        if let Err(error) = sent.keep(host) {
            // Costs the next call another put, and nothing else.
            let because = error.because();
            outcome.stderr =
                format!("fsxlustre: warning: the next call puts them anew: {because}\n");
        }
        Ok(outcome)
    }

    /// This node's part of the splay.
    fn wait(&self, node: &ManagedId, signals: Option<&SignalFd>) -> Result<(), Failure> {
        let splay = Duration::from_secs(self.splay.into()).mul_f64(share(node.as_str()));
        if splay.is_zero() || !sleep_unless_interrupted(splay, signals) {
            return Ok(());
        }
        Err(AwsError::Interrupted.failure())
    }
}

fn nobody() -> Failure {
    Failure {
        code: Code::ManagedIdUnknown,
        what: "Systems Manager's id of this node is not known".into(),
        asked: "/var/lib/amazon/ssm and the instance metadata service".into(),
        because: "the SSM Agent wrote none down, and the metadata service told none".into(),
        remedy: Code::ManagedIdUnknown.row().remedy.into(),
    }
}

fn told(items: &[ComplianceItem], node: &ManagedId, region: &str) -> String {
    let wrong: Vec<&ComplianceItem> = items.iter().filter(|item| !item.is_compliant).collect();
    let mut text = format!(
        "{} items of {node} put as {TYPE} in {region}, {} of them not compliant\n",
        items.len(),
        wrong.len()
    );
    for item in wrong {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{:<9} {}: {}", item.severity.word(), item.id, item.title);
    }
    text
}

fn shown(items: &[ComplianceItem]) -> String {
    items.iter().fold(String::new(), |mut text, item| {
        let status = if item.is_compliant { "COMPLIANT" } else { "NON_COMPLIANT" };
        let (severity, id, title) = (item.severity.word(), &item.id, &item.title);
        // Writing to a String does not fail.
        let _ = writeln!(text, "{status:<13} {severity:<13} {id}: {title}");
        text
    })
}
