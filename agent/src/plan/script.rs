//! A plan as a script of sh(1).

use super::steps::OTHER_KERNEL;
use super::{Place, Plan, Step};
use fsxlustre_mount::failure::one_line;
use std::fmt::Write as _;

/// The widest a comment is.
const WIDTH: usize = 110;

impl Plan {
    /// The script: it ends at the first command that fails.
    pub fn script(&self) -> String {
        let mut text = String::from("#!/bin/sh\n");
        let version = env!("CARGO_PKG_VERSION");
        let _ = writeln!(
            text,
            "# Printed by `fsxlustre check --plan` {version}, which has run none of it."
        );
        for (name, value) in &self.about {
            comment(&mut text, &format!("{name}: "), value);
        }
        self.begin(&mut text);
        if self.steps.iter().all(|step| step.is_offered) {
            text.push_str("\n# Nothing has to be installed.\n");
        }
        for (place, step) in self.steps.iter().enumerate() {
            add(&mut text, place + 1, step);
        }
        if !self.left.is_empty() {
            text.push_str("\n# What this script leaves to you, each with what mends it:\n");
        }
        for finding in &self.left {
            let word = finding.verdict.word();
            comment(&mut text, "- ", &format!("{word} {}: {}", finding.check, finding.summary));
            comment(&mut text, "  do: ", &finding.remedy);
        }
        text
    }

    /// The steps that are to be done, each with its title and as a script of its own.
    pub fn scripts(&self) -> Vec<(String, String)> {
        let wanted = self.steps.iter().filter(|step| !step.is_offered);
        wanted
            .map(|step| {
                let script = format!("#!/bin/sh\nset -eu\n{}\n", step.lines.join("\n"));
                (step.title.clone(), script)
            })
            .collect()
    }

    /// Whether it brings another kernel, which has to be booted before the rest can be planned.
    pub fn boots_another_kernel(&self) -> bool {
        self.steps.iter().any(|step| step.title == OTHER_KERNEL)
    }

    fn begin(&self, text: &mut String) {
        let how = match &self.place {
            Place::Node => "Read it, then run it on this node as root: sh FILE",
            Place::OtherKernel => {
                "Read it, then run it as root before that kernel is booted: sh FILE"
            }
            Place::Image(_) => "Read it, then run it as root where the image is built: sh FILE",
        };
        let _ = writeln!(text, "# {how}\nset -eu");
        text.push_str("[ \"$(id -u)\" -eq 0 ] || { echo 'run this as root' >&2; exit 1; }\n");
        if let Place::Image(root) = &self.place {
            let quoted = root.to_string_lossy().replace('\'', "'\\''");
            let _ = writeln!(text, "root='{quoted}'");
        }
    }
}

fn add(text: &mut String, number: usize, step: &Step) {
    text.push('\n');
    let offered =
        if step.is_offered { " (not done: take the # away where you want it)" } else { "" };
    comment(text, &format!("{number}. "), &format!("{}{offered}", step.title));
    for reason in &step.reasons {
        comment(text, "   ", reason);
    }
    for line in &step.lines {
        let mark = if step.is_offered { "#" } else { "" };
        let _ = writeln!(text, "{mark}{line}");
    }
}

/// A comment of as many lines as it needs; no text from outside can end it.
fn comment(text: &mut String, begin: &str, words: &str) {
    let indent = " ".repeat(begin.chars().count());
    let mut line = format!("# {begin}");
    let blank = one_line(words);
    // What begins with blanks is a command, and stays as it is.
    if words.starts_with("    ") {
        let _ = writeln!(text, "#{}{blank}", " ".repeat(7));
        return;
    }
    let mut is_empty = true;
    for word in blank.split(' ') {
        if !is_empty && line.chars().count() + word.chars().count() + 1 > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line = format!("# {indent}");
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}
