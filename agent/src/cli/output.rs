//! `--output ssm`: what a command says, in the characters that Systems Manager keeps.

use super::Outcome;
use crate::ssm::{DETAILED, Room, SHORT, answer, print_within};
use clap::{Args, ValueEnum};
use std::path::Path;

/// In which form a command answers.
#[derive(Clone, Debug, Args)]
pub(super) struct OutputArgs {
    /// ssm: the verdict on the first line and JSON on the second, 2,400 characters at most, for check, status,
    /// mount, umount, layout, tune and why; what is cut off stands in a file of root's that is named
    #[arg(long, value_name = "FORM", global = true, help_heading = "Output")]
    output: Option<Form>,
    /// With --output ssm: 24,000 characters
    #[arg(long, global = true, help_heading = "Output")]
    detail: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For Systems Manager.
    Ssm,
}

impl OutputArgs {
    /// Whether it is another form than the command's own.
    pub(super) fn is_for_ssm(&self) -> bool {
        self.output == Some(Form::Ssm)
    }

    /// How much may be printed.
    pub(super) fn room(&self) -> Room {
        if self.detail { DETAILED } else { SHORT }
    }

    /// What the command of that name said, in that form: all on stdout, since what is on stderr takes its
    /// characters from it.
    pub(super) fn told(&self, about: &str, outcome: Outcome, folder: &Path) -> Outcome {
        let told = answer(about, &outcome.stdout, &outcome.stderr, outcome.status);
        let stdout = print_within(folder, &told, self.room());
        Outcome { stdout, stderr: String::new(), ..outcome }
    }
}
