//! Does each Lustre mount answer?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, LustreMount, MountAnswer, NodeFacts};

const NAME: &str = "mounts_answer";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does each Lustre mount answer?",
    group: Group::Local,
    is_required: true,
    meaning: "Asks statvfs(2) of each mount, in a child that is left behind if it hangs. Pass: it \
              returns. Warn: it is late, while all connections are up: the servers are slow. Fail: it \
              returns an error, or is late and a connection is not up. Unknown: it could not be asked. \
              Left out where nothing is mounted.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let node = &facts.node;
    if let Some(mounts) = node.mounts.value() {
        return mounts.iter().map(|mount| check(node, mount)).collect();
    }
    let finding =
        Finding::unknown(NAME, "the mounts could not be read", "see /proc/self/mountinfo");
    vec![finding.seen(Evidence::unknown(&node.mounts))]
}

const REMEDY: &str = "see `fsxlustre check --only imports`; open TCP 988 and 1018-1023 both ways between \
                      node and file system in their security groups; look at its lifecycle with \
                      `fsxlustre resolve SOURCE`; processes that wait go on when it answers again";

fn check(facts: &NodeFacts, mount: &LustreMount) -> Finding {
    let directory = &mount.directory;
    let finding = match &mount.answer {
        MountAnswer::Answers => Finding::pass(NAME, format!("{directory} answers")),
        MountAnswer::Fails(because) => {
            let summary = format!("{directory} answers with an error: {because}");
            Finding::fail(NAME, summary, REMEDY)
        }
        MountAnswer::Silent(milliseconds) if are_all_up(facts, mount) => {
            let summary = format!(
                "{directory} did not answer within {milliseconds} ms, while all its connections are up"
            );
            Finding::warn(NAME, summary, "look again; then at the file system's load in CloudWatch")
        }
        MountAnswer::Silent(milliseconds) => {
            let summary = format!("{directory} does not answer (within {milliseconds} ms)");
            Finding::fail(NAME, summary, REMEDY)
        }
        MountAnswer::NotAsked(because) => {
            let summary = format!("whether {directory} answers could not be asked: {because}");
            Finding::unknown(NAME, summary, "run it as root: sudo fsxlustre check")
        }
    };
    let told = match &mount.answer {
        MountAnswer::Answers => "returned".to_owned(),
        MountAnswer::Fails(because) | MountAnswer::NotAsked(because) => because.clone(),
        MountAnswer::Silent(milliseconds) => format!("no answer within {milliseconds} ms"),
    };
    finding
        .about(directory)
        .seen(Evidence::new(told, format!("statvfs {directory}")))
        .seen(Evidence::new(&mount.device, "/proc/self/mountinfo"))
}

/// Whether every connection of the file system is known to be up.
fn are_all_up(facts: &NodeFacts, mount: &LustreMount) -> bool {
    let Some(clients) = facts.clients.value().filter(|clients| clients.is_whole) else {
        return false;
    };
    let mut of_it =
        clients.targets.iter().filter(|target| Some(&target.fs_name) == mount.fs_name.as_ref());
    let is_up = |state: Option<&str>| matches!(state, Some("FULL" | "IDLE"));
    of_it.clone().next().is_some()
        && of_it.all(|target| is_up(target.state.as_deref()) && !target.is_deactivated)
}
