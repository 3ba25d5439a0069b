//! `stage_in`: what is in S3 only is brought before a job, and goes on coming while it runs.
//!
//! A start writes down which trees, and begins a process of its own that asks for them and waits
//! (`work`); the start waits for that until its phase is over. The process is in no job's cgroup, and is
//! ended with the job: what it has asked for stays asked for. How far it is stands in
//! `/run/fsxlustre/stage-in/KEY.json` (`state`), for root's eyes only.

mod begin;
mod state;
mod work;

pub use begin::stop_all;
pub(super) use begin::{begin, stop};
pub(super) use state::FAILED;
pub use state::{StageIn, Step, Tree};
pub use work::work;

use super::{FrozenMount, JobVariables};
use crate::jobs::collect::first_name;
use std::path::PathBuf;

/// A path that has a template which the job could not fill.
pub(super) fn unfilled(mount: &FrozenMount) -> impl Iterator<Item = &str> {
    mount.stage_in.iter().map(String::as_str).filter(|path| path.contains('{'))
}

/// The whole paths of what is to be brought of one mount.
pub(super) fn trees(mount: &FrozenMount) -> impl Iterator<Item = PathBuf> {
    let filled = mount.stage_in.iter().filter(|path| !path.contains('{'));
    // "." adds nothing.
    filled.map(|path| mount.directory.join(path).components().collect())
}

/// What of a mount this node would bring for a job.
pub fn staged_paths(job: &JobVariables, mount: &FrozenMount) -> Vec<PathBuf> {
    if is_for_this_node(job) { trees(mount).collect() } else { Vec::new() }
}

/// Whether this node brings what a job needs: the first of its nodes does for all of them, since all see
/// the same files. A node that does not find itself among them does, too.
pub(super) fn is_for_this_node(job: &JobVariables) -> bool {
    let is_among =
        |list: &str| crate::jobs::collect::expand(list).is_ok_and(|all| all.contains(job.node()));
    let first =
        job.nodes.as_deref().filter(|list| is_among(list)).and_then(|list| first_name(list).ok());
    first.is_none_or(|first| first == job.node())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn job(node: &str, nodes: Option<&str>) -> JobVariables {
        let all = [
            ("SLURM_JOB_ID", Some("7")),
            ("SLURMD_NODENAME", Some(node)),
            ("SLURM_JOB_NODELIST", nodes),
        ];
        JobVariables::read(|name| {
            all.iter().find(|(key, _)| *key == name).and_then(|(_, value)| value.map(str::to_owned))
        })
        .expect("fits")
    }

    #[test]
    fn one_node_brings_for_all() {
        let is_for = |node: &str, nodes| is_for_this_node(&job(node, nodes));
        assert!(is_for("n9", Some("n[9-12]")) && !is_for("n10", Some("n[9-12]")));
        assert!(is_for("b1", Some("b1,a[1-3]")) && !is_for("a1", Some("b1,a[1-3]")));
        // Where that cannot be told nobody is left out.
        for unclear in [None, Some(""), Some("n[1"), Some("m[1-3]")] {
            assert!(is_for("n9", unclear), "{unclear:?}");
        }
    }

    #[test]
    fn paths_are_below_the_mount() {
        let mount = FrozenMount {
            directory: "/mnt/a".into(),
            stage_in: [".", "in/ref", "{job.account}/x"].map(str::to_owned).to_vec(),
            ..FrozenMount::default()
        };
        assert_eq!(
            trees(&mount).collect::<Vec<_>>(),
            [Path::new("/mnt/a"), Path::new("/mnt/a/in/ref")]
        );
        assert_eq!(unfilled(&mount).collect::<Vec<_>>(), ["{job.account}/x"]);
    }
}
