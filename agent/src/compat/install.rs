//! What a distribution's package manager is told: to install AWS's client, to bring another kernel,
//! to keep the one that is there.

use super::{Listing, Matrix, Node, is_release};
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallRow {
    distributions: Vec<String>,
    releases: Vec<String>,
    lines: Vec<String>,
    update: Vec<String>,
    hold: Vec<String>,
    free: Vec<String>,
    pub(super) source: String,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Install AWS's client for the running kernel.
    Install,
    /// Bring a newer kernel, which the next boot takes.
    UpdateKernel,
    /// Keep the package manager from bringing another kernel.
    HoldKernel,
    /// Let it again.
    FreeKernel,
}

impl InstallRow {
    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<String> {
        let lists = [&self.distributions, &self.releases, &self.lines];
        let texts = [&self.lines, &self.update, &self.hold, &self.free];
        let is_odd = |line: &String| line.is_empty() || line.contains(|c: char| c.is_control());
        let is_wrong = lists.iter().any(|list| list.is_empty())
            || texts.iter().any(|lines| lines.iter().any(is_odd));
        let of = self.distributions.join(", ");
        is_wrong.then(|| format!("[[install]] of '{of}': a list or a line of it is empty"))
    }

    fn lines(&self, task: Task) -> &[String] {
        match task {
            Task::Install => &self.lines,
            Task::UpdateKernel => &self.update,
            Task::HoldKernel => &self.hold,
            Task::FreeKernel => &self.free,
        }
    }
}

impl Matrix {
    /// The commands of a task, each for one line of a script, with `as_root` before what must be root;
    /// `None` when this distribution has none, or when a word that they need is not known.
    ///
    /// `codename` is `VERSION_CODENAME` of os-release.
    pub fn commands(
        &self,
        task: Task,
        node: Node<'_>,
        codename: Option<&str>,
        as_root: &str,
    ) -> Option<Vec<String>> {
        let fits = |row: &&InstallRow| {
            row.distributions.iter().any(|id| id == node.distribution)
                && row.releases.iter().any(|listed| is_release(node.release, listed))
        };
        let row = self.install.iter().find(fits)?;
        let minor = match self.kernel(node) {
            Listing::Listed(row) => row.minor.clone(),
            _ => None,
        };
        let (major, pack) = node.release.split_once('.').unwrap_or((node.release, ""));
        let words = [
            ("{kernel}", Some(node.kernel)),
            ("{codename}", codename),
            ("{major}", Some(major)),
            ("{minor}", Some(minor.as_deref().unwrap_or(node.release))),
            ("{pack}", Some(pack)),
        ];
        let filled = |line: &String| {
            let mut line = line.clone();
            for (place, word) in words {
                if line.contains(place) {
                    line = line.replace(place, word.filter(|word| is_plain(word))?);
                }
            }
            Some(line.replace("{sudo}", as_root))
        };
        let lines: Vec<String> = row.lines(task).iter().map(filled).collect::<Option<_>>()?;
        (!lines.is_empty()).then_some(lines)
    }

    /// The same as one line for a person who is not root.
    pub fn command(&self, task: Task, node: Node<'_>, codename: Option<&str>) -> Option<String> {
        self.commands(task, node, codename, "sudo ").map(|lines| lines.join(" && "))
    }
}

/// Whether a word may stand in a command that a person will give to a shell.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
}
