//! Is there nothing in the directory under a mount?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, LustreMount};

const NAME: &str = "mount_point_empty";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is there nothing in the directories that mounts cover?",
    group: Group::Local,
    is_required: false,
    meaning: "Looks at each mount point by a bind mount of what is below it, in a mount namespace of its \
              own. Pass: empty. Warn: files lie there: somebody wrote while it was not mounted, and they \
              fill this node's own disk. Unknown: it cannot be looked at (it needs root).",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    facts.node.mounts.value().into_iter().flatten().map(check).collect()
}

fn check(mount: &LustreMount) -> Finding {
    let directory = &mount.directory;
    let finding = match mount.covered.value() {
        None => {
            let summary =
                format!("what lies under the mount on {directory} could not be looked at");
            Finding::unknown(NAME, summary, "run it as root: sudo fsxlustre check")
        }
        Some(names) if names.is_empty() => {
            Finding::pass(NAME, format!("nothing lies under the mount on {directory}"))
        }
        Some(names) => {
            let summary = format!("files lie under the mount on {directory}: {}", names.join(", "));
            let remedy = format!(
                "see them: sudo mkdir -p /run/under && sudo mount --bind {} /run/under; move them away, \
                 sudo umount /run/under",
                parent(directory)
            );
            Finding::warn(NAME, summary, remedy)
        }
    };
    let seen = Evidence::of(&mount.covered, |names| format!("{} names", names.len()));
    finding.about(directory).seen(seen)
}

fn parent(directory: &str) -> &str {
    match directory.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}
