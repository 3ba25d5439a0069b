//! `fsxlustre ssm inventory`.

use super::super::Outcome;
use crate::config::AgentConfig;
use crate::ssm::inventory::{Dropped, Item, items, place, put};
use crate::ssm::managed_id;
use clap::Args;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Bounds, Deadline, stop_signals};
use fsxlustre_mount::mount::check_root;
use std::fmt::Write as _;
use std::time::Duration;

/// The longest time to learn this node's id.
const FOR_THE_ID: Duration = Duration::from_secs(2);

/// Arguments of `fsxlustre ssm inventory`.
#[derive(Debug, Args)]
#[command(
    after_help = "The SSM Agent sends the files with its next collection: an inventory association with \
                  custom inventory on. Nothing of AWS is asked, so no IAM permission is needed. \
                  Exit status: 0; 1 a file could not be written"
)]
pub(super) struct InventoryArgs {
    /// Print the files, one on a line, and write nothing
    #[arg(long)]
    print: bool,
}

impl InventoryArgs {
    /// Does it.
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        if self.print {
            let lines: Vec<String> = items(config).iter().map(|item| item.text() + "\n").collect();
            return Outcome::done(lines.concat());
        }
        drop_files(config).into()
    }
}

fn drop_files(config: &AgentConfig) -> Result<Outcome, Failure> {
    check_root("write what SSM Inventory tells of")?;
    let host = config.host();
    let signals = stop_signals();
    let bounds = Bounds { deadline: Deadline::after(FOR_THE_ID), interrupt: signals.as_ref() };
    let place = place(host, managed_id(host, bounds).as_ref());
    let mut stdout = String::new();
    for item in items(config) {
        let line = told(&item, &put(&place, &item).map_err(|error| error.failure())?);
        stdout.push_str(&line);
    }
    let mut outcome = Outcome::done(stdout);
    if !place.is_agents {
        // Writing to a String does not fail.
        let _ = writeln!(
            outcome.stderr,
            "fsxlustre: warning: the SSM Agent has no folder for this node, or its id is not known; it \
             does not look into {} by itself (customInventoryDirectory of AWS-GatherSoftwareInventory)",
            place.folder.display()
        );
    }
    Ok(outcome)
}

fn told(item: &Item, dropped: &Dropped) -> String {
    let count = item.content.len();
    let entries = if count == 1 { "entry" } else { "entries" };
    match dropped {
        Dropped::Written(path) => {
            format!("{}: {count} {entries} written to {}\n", item.type_name, path.display())
        }
        Dropped::Same(path) => format!("{}: unchanged in {}\n", item.type_name, path.display()),
    }
}
