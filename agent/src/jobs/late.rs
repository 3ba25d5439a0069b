//! Mounts of jobs that came up after their start had given up: taken away when nobody uses them.

use super::end::{Ending, mount_of_a_job};
use super::{END_PHASES, Gate, Leaked, Lease, Node, housekeeping};
use crate::config::AgentConfig;
use crate::parameter_store::Asking;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Deadline, PathOverrides};
use fsxlustre_mount::record::{Maker, MountRecord};
use std::path::Path;
use std::time::Duration;

/// Takes away what came up late on a directory, if a start made it and no job uses it. To be called by
/// whoever was left behind for it, once its record says that it is there. There is nobody to tell
/// of a failure: what could not be taken away is written down, and housekeeping goes on with it.
pub fn settle_late(directory: &Path) {
    let Ok(config) = AgentConfig::load(&PathOverrides::default(), Asking::Never) else { return };
    if Gate::of(&config, patience()) == Gate::Open {
        let node = Node { host: config.host(), jobs: &config.jobs };
        let _ = settle(&node, directory);
    }
}

/// Nobody waits for this.
fn patience() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

fn settle(node: &Node<'_>, directory: &Path) -> Result<(), Failure> {
    let record = MountRecord::read(node.host, directory).ok().flatten();
    let Some(record) = record.filter(|record| record.came_up_late) else { return Ok(()) };
    let Maker::Job(key) = &record.made_by else { return Ok(()) };
    let Some(target) = mount_of_a_job(node, directory) else { return Ok(()) };
    if !Lease::others(node.host, "", directory)?.is_empty() {
        return Ok(());
    }
    // Before it is tried: a start that takes it over removes this, and whoever keeps us from it
    // otherwise leaves it to housekeeping.
    Leaked::abandoned(node.host, &target, key).write(node.host)?;
    let since = Duration::ZERO;
    let whole = Deadline::after(node.jobs.deadlines.sum(END_PHASES));
    let ending = Ending {
        node,
        key,
        asks: None,
        job: None,
        since,
        is_now: true,
        together: &[],
        interrupt: None,
        whole,
    };
    ending.settle(directory);
    housekeeping::ensure(node.host, patience())
}
