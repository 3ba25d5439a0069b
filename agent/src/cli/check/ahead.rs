//! `fsxlustre check --plan` and `--gate`: what is to come, of this node or of an image.

use super::CheckArgs;
use crate::checks::{Report, Selection, UnknownCheck, answers, reboot};
use crate::cli::{Outcome, USAGE};
use crate::config::AgentConfig;
use crate::facts::{Facts, Image, LONGEST_GATHERING, Scope, is_kernel_release};
use crate::plan::{Place, Plan};
use clap::{Args, ValueEnum};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::Deadline;
use std::path::{Path, PathBuf};

/// What is known of a node in which nothing runs.
const INSTALLED: [&str; 6] = [
    "compatibility_data",
    "kernel_supported",
    "client_packages",
    "client_programs",
    "module_loadable",
    "next_kernel",
];

/// Arguments of what looks ahead.
#[derive(Debug, Default, Args)]
pub(super) struct AheadArgs {
    /// Print the commands that install or mend the Lustre client of this node as a script; nothing is run
    #[arg(
        long,
        group = "ahead",
        conflicts_with_all = ["source", "only", "skip", "json", "brief", "io", "list", "explain"]
    )]
    plan: bool,
    /// Exit 1 unless the kernel that the next boot takes has a Lustre module that fits it
    #[arg(
        long,
        value_name = "WHAT",
        group = "ahead",
        conflicts_with_all = ["source", "only", "skip", "io", "list", "explain"]
    )]
    gate: Option<Gate>,
    /// Look at the image below this directory instead of this node
    #[arg(long, value_name = "DIR", requires = "ahead")]
    root: Option<PathBuf>,
    /// Look at what is installed for this kernel, which need not run
    #[arg(long, value_name = "VERSION", requires = "ahead")]
    kernel: Option<String>,
}

/// What a gate stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Gate {
    /// A reboot of this node
    Reboot,
}

/// Exit status when what is to come is not known.
const UNKNOWN: u8 = 3;

impl AheadArgs {
    pub(super) fn is_asked(&self) -> bool {
        self.plan || self.gate.is_some()
    }

    /// Does what was asked, for `check` shows a gate as any other answer.
    pub(super) fn run(&self, check: &CheckArgs, config: &AgentConfig) -> Outcome {
        let place = match self.place() {
            Ok(place) => place,
            Err(failure) => return Outcome { status: USAGE, ..check.failed(&failure) },
        };
        let facts = self.facts(config, &place);
        if self.gate == Some(Gate::Reboot) {
            return check.show(&Report::of_gate(reboot(&facts.node), facts.node));
        }
        match script(&facts, place) {
            Ok(script) => Outcome::done(script),
            Err(failure) => Outcome { status: UNKNOWN, ..check.failed(&failure) },
        }
    }

    fn place(&self) -> Result<Place, Failure> {
        if let Some(kernel) = self.kernel.as_deref().filter(|text| !is_kernel_release(text)) {
            let because = format!("{kernel:?} is not what `uname -r` prints");
            return Err(misused("--kernel", because, "name a kernel as `ls /lib/modules` does"));
        }
        let Some(root) = &self.root else {
            let is_other = self.kernel.is_some();
            return Ok(if is_other { Place::OtherKernel } else { Place::Node });
        };
        let root = std::path::absolute(root).unwrap_or_else(|_| root.clone());
        let is_odd = root.to_str().is_none_or(|text| text.contains(|c: char| c.is_control()));
        if is_odd || !root.is_dir() {
            let because = format!("{} is not a directory", root.display());
            return Err(misused("--root", because, "name the directory that holds the image"));
        }
        Ok(if root == Path::new("/") { Place::OtherKernel } else { Place::Image(root) })
    }

    fn facts(&self, config: &AgentConfig, place: &Place) -> Facts {
        let host = config.host();
        let root = match place {
            Place::Node => return Facts::gather(config, &[], Scope::LOCAL),
            Place::OtherKernel => None,
            Place::Image(root) => Some(root.as_path()),
        };
        let image = Image::of(host, root, self.kernel.as_deref());
        Facts::of_image(image.gather(host, Deadline::after(LONGEST_GATHERING)), config)
    }
}

fn script(facts: &Facts, place: Place) -> Result<String, Failure> {
    let only: Vec<String> = match place {
        Place::Node => vec!["local".into()],
        Place::OtherKernel | Place::Image(_) => INSTALLED.map(str::to_owned).to_vec(),
    };
    let selection = Selection::of(&only, &[]).map_err(|unknown: UnknownCheck| unknown.failure())?;
    let findings = answers(facts, &selection);
    let plan = Plan::of(&facts.node, &findings, place).map_err(|error| error.failure())?;
    Ok(plan.script())
}

fn misused(option: &str, because: String, remedy: &str) -> Failure {
    Failure {
        code: Code::Invocation,
        what: format!("{option} cannot be used as it is given"),
        asked: format!("fsxlustre check {option}"),
        because,
        remedy: remedy.to_owned(),
    }
}
