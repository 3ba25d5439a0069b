//! What a distribution's package manager is told: to install AWS's client, to bring another kernel,
//! to keep the one that is there.

use super::{KernelRow, Listing, Matrix, Node, is_release};
use fsxlustre_mount::partition::Partition;
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstallRow {
    distributions: Vec<String>,
    releases: Vec<String>,
    #[serde(default)]
    architectures: Vec<String>,
    #[serde(default)]
    flavours: Vec<String>,
    #[serde(default)]
    minors: Vec<String>,
    #[serde(default)]
    clients: Vec<String>,
    lines: Vec<String>,
    #[serde(default)]
    again: Vec<String>,
    update: Vec<String>,
    hold: Vec<String>,
    free: Vec<String>,
    pub(super) source: String,
}

/// Where partitions of AWS have their packages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartitionRow {
    names: Vec<String>,
    host: String,
    pub(super) source: String,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Install AWS's client for the running kernel.
    Install,
    /// The same where packages of the client are there already, maybe for another kernel.
    Reinstall,
    /// Bring a newer kernel, which the next boot takes.
    UpdateKernel,
    /// Keep the package manager from bringing another kernel.
    HoldKernel,
    /// Let it again.
    FreeKernel,
}

impl Task {
    /// Whether its commands install a client, which only a listed kernel has.
    fn is_of_client(self) -> bool {
        matches!(self, Self::Install | Self::Reinstall)
    }
}

/// What commands need to know beside the node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'a> {
    /// `VERSION_CODENAME` of os-release.
    pub codename: Option<&'a str>,
    /// The AWS Region; where it is not known, the commands are those of the partition `aws`.
    pub region: Option<&'a str>,
    /// What stands before a command that root must run: `sudo `.
    pub as_root: &'a str,
}

/// Why there are no commands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCommand {
    /// AWS lists other kernels of this release, and has no client for this one.
    #[error("AWS has no client for this kernel")]
    KernelNotListed,
    /// No commands are known for the distribution, its release or this kernel.
    #[error("AWS has no package for it")]
    NoPackage,
    /// A word of os-release is not there, or is no word.
    #[error("os-release has no {0} that the commands need")]
    Word(&'static str),
    /// It is not known where the partition has its packages.
    #[error(
        "AWS has its packages for the partition {} on a host of its own (...{}), which fsxlustre's \
         data does not name", .0.name, .0.api_suffix
    )]
    NoHost(&'static Partition),
}

impl InstallRow {
    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<String> {
        let lists = [&self.distributions, &self.releases, &self.lines];
        let texts = [&self.lines, &self.again, &self.update, &self.hold, &self.free];
        let is_odd = |line: &String| line.is_empty() || line.contains(|c: char| c.is_control());
        let is_wrong = lists.iter().any(|list| list.is_empty())
            || texts.iter().any(|lines| lines.iter().any(is_odd));
        let of = self.distributions.join(", ");
        is_wrong.then(|| format!("[[install]] of '{of}': a list or a line of it is empty"))
    }

    fn is_for(&self, node: Node<'_>, flavour: Option<&str>) -> bool {
        let has = |list: &[String], word: Option<&str>| {
            list.is_empty() || word.is_some_and(|word| list.iter().any(|listed| listed == word))
        };
        has(&self.distributions, Some(node.distribution))
            && self.releases.iter().any(|listed| is_release(node.release, listed))
            && has(&self.architectures, Some(node.architecture))
            && has(&self.flavours, flavour)
    }

    fn installs_on(&self, row: &KernelRow) -> bool {
        let minor = row.minor.as_ref();
        (self.minors.is_empty() || minor.is_some_and(|minor| self.minors.contains(minor)))
            && (self.clients.is_empty() || self.clients.contains(&row.client))
    }

    fn lines(&self, task: Task) -> Vec<&String> {
        match task {
            Task::Install => self.lines.iter().collect(),
            Task::Reinstall => self.lines.iter().chain(&self.again).collect(),
            Task::UpdateKernel => self.update.iter().collect(),
            Task::HoldKernel => self.hold.iter().collect(),
            Task::FreeKernel => self.free.iter().collect(),
        }
    }
}

impl PartitionRow {
    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<String> {
        let host = &self.host;
        let is_wrong = self.names.is_empty() || !is_plain(host);
        is_wrong.then(|| format!("[[partition]]: '{host}' is no host, or its names are empty"))
    }
}

impl Matrix {
    /// The commands of a task, each for one line of a script.
    ///
    /// # Errors
    /// [`NoCommand`] says why there are none.
    pub fn commands(
        &self,
        task: Task,
        node: Node<'_>,
        words: Words<'_>,
    ) -> Result<Vec<String>, NoCommand> {
        let listed = match self.kernel(node) {
            Listing::Listed(row) => Some(row),
            Listing::DistributionNotListed => return Err(NoCommand::NoPackage),
            _ if task.is_of_client() => return Err(NoCommand::KernelNotListed),
            _ => None,
        };
        let flavour = self.read_kernel(node).map(|kernel| kernel.flavour);
        let fits = |row: &&InstallRow| {
            row.is_for(node, flavour.as_deref())
                && (!task.is_of_client() || listed.is_some_and(|listed| row.installs_on(listed)))
        };
        let row = self.install.iter().find(fits).ok_or(NoCommand::NoPackage)?;
        let minor = listed.and_then(|row| row.minor.as_deref());
        let lines = row.lines(task).into_iter();
        let lines: Vec<String> =
            lines.map(|line| self.filled(line, node, minor, words)).collect::<Result<_, _>>()?;
        if lines.is_empty() { Err(NoCommand::NoPackage) } else { Ok(lines) }
    }

    /// The same as one line for a person.
    ///
    /// # Errors
    /// As [`Self::commands`].
    pub fn command(
        &self,
        task: Task,
        node: Node<'_>,
        words: Words<'_>,
    ) -> Result<String, NoCommand> {
        self.commands(task, node, words).map(|lines| lines.join(" && "))
    }

    fn filled(
        &self,
        line: &str,
        node: Node<'_>,
        minor: Option<&str>,
        words: Words<'_>,
    ) -> Result<String, NoCommand> {
        let mut line = line.to_owned();
        if line.contains("{host}") {
            line = line.replace("{host}", self.host(words.region)?);
        }
        let (major, pack) = node.release.split_once('.').unwrap_or((node.release, ""));
        for (place, word, called) in [
            ("{kernel}", Some(node.kernel), "kernel"),
            ("{codename}", words.codename, "VERSION_CODENAME"),
            ("{major}", Some(major), "VERSION_ID"),
            ("{minor}", minor, "VERSION_ID"),
            ("{pack}", Some(pack), "VERSION_ID"),
        ] {
            if line.contains(place) {
                let word = word.filter(|word| is_plain(word)).ok_or(NoCommand::Word(called))?;
                line = line.replace(place, word);
            }
        }
        Ok(line.replace("{sudo}", words.as_root))
    }

    /// Where the partition of that Region has AWS's keys and packages.
    fn host(&self, region: Option<&str>) -> Result<&str, NoCommand> {
        let partition = Partition::of_region(region.unwrap_or_default());
        let has = |row: &&PartitionRow| row.names.iter().any(|name| name == partition.name);
        let row = self.partitions.iter().find(has).ok_or(NoCommand::NoHost(partition))?;
        Ok(&row.host)
    }
}

/// Whether a word may stand in a command that a person will give to a shell.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
}
