//! How far a stage-in is.

use crate::staging::hsm::Tally;
use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{Host, read_own_state, remove_state, state_names, write_private_state};
use fsxlustre_mount::record::Attempt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

const FORMAT: u32 = 1;
/// What a job is told where something does not come.
pub(crate) const FAILED: &str = "failed";

/// How far the stage-in of a job is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageIn {
    /// The version of the file's form.
    format: u32,
    /// The boot it belongs to.
    boot_id: Option<String>,
    /// The process that is at work; `None` until it has begun.
    pub(super) process: Option<Attempt>,
    /// Each path.
    pub trees: Vec<Tree>,
}

/// One path of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// The whole path.
    pub path: PathBuf,
    /// What was in the archive only when it was looked at first.
    pub needed: Tally,
    /// Of this, what still is.
    pub left: Tally,
    /// Where it stands.
    pub step: Step,
}

/// Where one path stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// It is looked at, and what needs it is asked for.
    Asking,
    /// Everything is asked for and comes.
    Coming,
    /// Everything is asked for, and after so many seconds nobody had taken the first requests.
    Untaken(u64),
    /// Everything is here.
    Here,
    /// Some of it does not come, and why.
    Failed(String),
}

/// The process of a job's stage-in, of this boot, also where a later version wrote it down.
pub(super) fn process_of(host: &Host, key: &str) -> Option<Attempt> {
    let value: Value = read_own_state(&StageIn::path(host, key))?;
    let boot_id: Option<String> = serde_json::from_value(value.get("boot_id")?.clone()).ok()?;
    let process = serde_json::from_value(value.get("process")?.clone()).ok()?;
    if boot_id == host.boot_id() { process } else { None }
}

impl Tree {
    /// One that nobody has looked at.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, needed: Tally::default(), left: Tally::default(), step: Step::Asking }
    }

    /// Whether nothing more becomes of it.
    pub fn has_ended(&self) -> bool {
        matches!(self.step, Step::Here | Step::Failed(_))
    }

    /// How it stands, in a line.
    pub fn words(&self) -> String {
        let (path, needed) = (self.path.display(), self.needed.files);
        let here = needed.saturating_sub(self.left.files);
        let text = match &self.step {
            Step::Asking => format!("{path}: its files are being asked for; that goes on"),
            Step::Coming => {
                format!("{path}: {here} of {needed} files have come; the rest is on its way")
            }
            Step::Untaken(seconds) => format!(
                "{path}: {needed} files are asked for, and nobody had taken the first requests after {seconds} s; \
                 they stay"
            ),
            Step::Here if needed == 0 => format!("{path}: everything was here"),
            Step::Here => format!("{path}: {needed} files have come ({} bytes)", self.needed.bytes),
            Step::Failed(because) => format!("{path}: not everything comes: {because}"),
        };
        one_line(&format!("stage_in: {text}"))
    }

    /// Whether an administrator should look at it.
    pub fn is_trouble(&self) -> bool {
        matches!(self.step, Step::Untaken(_) | Step::Failed(_))
    }
}

impl StageIn {
    /// One of these paths that is to be begun.
    pub(super) fn new(host: &Host, paths: Vec<PathBuf>) -> Self {
        let trees = paths.into_iter().map(Tree::new).collect();
        Self { format: FORMAT, boot_id: host.boot_id(), process: None, trees }
    }

    fn path(host: &Host, key: &str) -> PathBuf {
        host.paths.state.join("stage-in").join(format!("{key}.json"))
    }

    /// That of a job by its key: of this boot, written by root. What cannot be read is taken for none.
    pub fn read(host: &Host, key: &str) -> Option<Self> {
        let read: Self = read_own_state(&Self::path(host, key))?;
        (read.format == FORMAT && read.boot_id == host.boot_id()).then_some(read)
    }

    /// The keys of the jobs that have one.
    pub(super) fn keys(host: &Host) -> Vec<String> {
        let names = state_names(&host.paths.state.join("stage-in")).unwrap_or_default();
        names.iter().filter_map(|name| name.strip_suffix(".json")).map(str::to_owned).collect()
    }

    pub(super) fn write(&self, host: &Host, key: &str) -> Result<(), Failure> {
        write_private_state(&Self::path(host, key), self).map_err(|error| error.failure())
    }

    pub(super) fn remove(host: &Host, key: &str) -> Result<(), Failure> {
        remove_state(&Self::path(host, key)).map_err(|error| error.failure())
    }

    /// Whether nothing more becomes of any of it.
    pub fn has_ended(&self) -> bool {
        self.trees.iter().all(Tree::has_ended)
    }

    /// Whether a process has taken it on.
    pub fn has_begun(&self) -> bool {
        self.process.is_some()
    }

    /// Whether its process is gone before everything has ended.
    pub fn is_lost(&self) -> bool {
        self.process.is_some() && !self.is_running() && !self.has_ended()
    }

    /// Whether both are of the same paths.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        let paths = |of: &Self| of.trees.iter().map(|tree| tree.path.clone()).collect::<Vec<_>>();
        paths(self) == paths(other)
    }

    /// Whether its process is at work.
    pub fn is_running(&self) -> bool {
        self.process.is_some_and(|process| process.is_alive())
    }

    /// `failed`, `going-on` or `done`: the worst of its paths.
    pub fn word(&self) -> &'static str {
        if self.trees.iter().any(|tree| matches!(tree.step, Step::Failed(_))) {
            FAILED
        } else if self.has_ended() {
            "done"
        } else {
            "going-on"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_words() {
        let tree = |step| Tree {
            needed: Tally { files: 300, bytes: 4096 },
            left: Tally { files: 180, bytes: 2000 },
            step,
            ..Tree::new("/mnt/a/in".into())
        };
        for (step, words, is_trouble) in [
            (Step::Asking, "being asked for", false),
            (Step::Coming, "120 of 300 files have come", false),
            (Step::Untaken(15), "nobody had taken the first requests after 15 s", true),
            (Step::Here, "300 files have come (4096 bytes)", false),
            (Step::Failed("off\nline".into()), "not everything comes: off", true),
        ] {
            let tree = tree(step);
            assert!(tree.words().starts_with("stage_in: /mnt/a/in: "), "{}", tree.words());
            assert!(
                tree.words().contains(words) && !tree.words().contains('\n'),
                "{}",
                tree.words()
            );
            assert_eq!(tree.is_trouble(), is_trouble, "{words}");
        }
        let none = Tree { step: Step::Here, ..Tree::new("/mnt/a".into()) };
        assert!(none.words().ends_with("everything was here"));
    }

    #[test]
    fn the_worst_path_gives_the_word() {
        let of = |steps: &[Step]| StageIn {
            format: FORMAT,
            boot_id: None,
            process: None,
            trees: steps
                .iter()
                .map(|step| Tree { step: step.clone(), ..Tree::new("/a".into()) })
                .collect(),
        };
        assert_eq!(of(&[Step::Here]).word(), "done");
        assert_eq!(of(&[Step::Here, Step::Coming]).word(), "going-on");
        assert_eq!(of(&[Step::Untaken(1), Step::Failed(String::new())]).word(), "failed");
    }
}
