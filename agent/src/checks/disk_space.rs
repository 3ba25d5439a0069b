//! Is there room for what this node writes itself?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, Free, Room};

const NAME: &str = "disk_space";
const LEAST_BYTES: u64 = 64 << 20;
const LEAST_FILES: u64 = 1000;

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is there room for logs, state and cache on this node?",
    group: Group::Local,
    is_required: false,
    meaning: "Asks the file systems of /var/log, /run/fsxlustre and /var/cache/fsxlustre. Pass: 64 MiB \
              and a thousand files are free on each. Warn: less. Fail: nothing is free for our state: no \
              mount can be recorded. Unknown: one did not answer.",
    answer: |facts: &Facts| facts.node.room.iter().map(check).collect(),
};

fn check(room: &Room) -> Finding {
    let (of, directory) = (room.of, &room.directory);
    let finding = match room.free.value() {
        None => {
            let summary = format!("how much is free for {of} in {directory} could not be asked");
            Finding::unknown(NAME, summary, format!("see `df {directory}`"))
        }
        Some(free) => judge(room, *free),
    };
    let seen = |free: &Free| format!("{} MiB of {} MiB", free.bytes >> 20, free.size_bytes >> 20);
    finding.about(of).seen(Evidence::of(&room.free, seen))
}

fn judge(room: &Room, free: Free) -> Finding {
    let (of, directory) = (room.of, &room.directory);
    let has_files = free.all_files == 0 || free.files >= LEAST_FILES;
    let remedy = format!(
        "make room: see `sudo du -xh {directory} | sort -h | tail`, and `df -i {directory}`"
    );
    let is_nothing = free.bytes == 0 || free.all_files > 0 && free.files == 0;
    if is_nothing && of == "state" {
        return Finding::fail(NAME, format!("nothing is free for {of} in {directory}"), remedy);
    }
    if free.bytes >= LEAST_BYTES && has_files {
        Finding::pass(NAME, format!("there is room for {of} in {directory}"))
    } else {
        let (mib, files) = (free.bytes >> 20, free.files);
        let summary = format!("{mib} MiB and {files} files are free for {of} in {directory}");
        Finding::warn(NAME, summary, remedy)
    }
}
