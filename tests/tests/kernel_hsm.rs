//! `fsxlustre hsm` on a kernel whose file-system type is `lustre`: requests reach it whole, as FUSE cannot have them,
//! which passes no more bytes than the number of a call names.
//!
//! Each test boots a user-mode-linux of its own; `tests/uml/build` makes what it needs.

#[path = "kernel_type_lustre/guest.rs"]
mod guest;

use guest::{CLIENT, Guest, Said};
use serde_json::Value;
use std::collections::BTreeSet;

const DIRECTORY: &str = "/mnt/x";
/// Two requests of 52 files, and one of the rest.
const FILES: usize = 110;
/// `HUA_*` of `lustre_user.h`.
const ARCHIVE: u32 = 10;
const RESTORE: u32 = 11;
const RELEASE: u32 = 12;

/// A tree on a mount, of a client that has no `lfs`.
fn tree() -> Guest {
    let guest = Guest::boot();
    let made = format!(
        "mkdir {DIRECTORY} && mount -t fsxlustre 10.0.0.5@tcp:/abcdefgh {DIRECTORY} && mkdir -p {DIRECTORY}/t/d && \
         cd {DIRECTORY}/t && for f in $(seq 1 {FILES}); do echo $f >$((f % 2 ? f : 0))$f; done && mv 1* d"
    );
    guest.shell(&made).assert_success();
    guest
}

fn hsm(guest: &Guest, words: &str) -> Said {
    guest.shell(&format!("fsxlustre hsm {words} {DIRECTORY}/t"))
}

/// The last line, as JSON.
#[track_caller]
fn json(guest: &Guest, words: &str) -> Value {
    let said = hsm(guest, &format!("{words} --json"));
    let last = said.stdout.lines().last().unwrap_or_else(|| panic!("{said}"));
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[track_caller]
fn files(status: &Value, row: &str) -> u64 {
    status["counts"][row]["files"].as_u64().unwrap_or_else(|| panic!("{row}: {status}"))
}

/// A request as it arrived in the kernel.
struct Arrived {
    number: String,
    bytes: Vec<u8>,
}

impl Arrived {
    fn four(&self, at: usize) -> u32 {
        u32::from_ne_bytes(self.bytes[at..at + 4].try_into().expect("four bytes"))
    }

    fn eight(&self, at: usize) -> u64 {
        u64::from_ne_bytes(self.bytes[at..at + 8].try_into().expect("eight bytes"))
    }
}

/// What arrived since the last time.
fn arrived(guest: &Guest) -> Vec<Arrived> {
    let text = guest.shell("cat /proc/hsm_requests && echo >/proc/hsm_requests").assert_success();
    let lines = text.stdout.lines().map(|line| {
        let (number, hex) = line.split_once(' ').expect("a number and bytes");
        let pair = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        Arrived { number: number.to_owned(), bytes: (0..hex.len()).step_by(2).map(pair).collect() }
    });
    lines.collect()
}

/// Objects of the FIDs of all files, which are their inodes' numbers in this kernel.
fn objects(guest: &Guest) -> BTreeSet<u32> {
    let found =
        guest.shell(&format!("find {DIRECTORY}/t -type f -printf '%i\\n'")).assert_success();
    found.stdout.lines().map(|line| line.parse().expect("a number")).collect()
}

/// The line of a captured call.
fn captured(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../agent/tests/fixtures/hsm");
    let file = format!("{folder}/strace_hsm_{name}.out");
    let text = std::fs::read_to_string(&file).expect(&file);
    text.lines().find(|line| line.starts_with("ioctl(")).expect("a call").to_owned()
}

/// The number of a call and what came of it: what a capture and another run have in common.
fn call(line: &str) -> Option<(&str, &str)> {
    let (arguments, outcome) = line.split_once("ioctl(")?.1.split_once(')')?;
    Some((arguments.split(", ").nth(1)?, outcome.trim()))
}

#[track_caller]
fn is_whole(requests: &[Arrived], action: u32, objects: &BTreeSet<u32>) {
    let number = captured("restore");
    let (number, _) = call(&number).expect("a call");
    let mut counts: Vec<u32> = requests.iter().map(|request| request.four(16)).collect();
    counts.sort_by(|one, other| other.cmp(one));
    assert_eq!(counts, [52, 52, 6], "files of each request");
    let mut named = BTreeSet::new();
    for request in requests {
        assert_eq!(request.number, number);
        // hr_action, hr_archive_id, hr_flags, hr_data_len.
        let header = (request.four(0), request.four(4), request.eight(8), request.four(20));
        assert_eq!(header, (action, 0, 0, 0));
        for at in (24..request.bytes.len()).step_by(32) {
            assert_eq!((request.eight(at), request.four(at + 12)), (0x2_0000_0bd1, 0));
            assert!(named.insert(request.four(at + 8)), "a file twice");
            assert_eq!((request.eight(at + 16), request.eight(at + 24)), (0, u64::MAX));
        }
    }
    assert_eq!(&named, objects, "the files' own FIDs");
}

#[test]
fn requests_of_52_files_reach_the_kernel_whole_and_do_what_they_say() {
    let guest = tree();
    let objects = objects(&guest);
    assert_eq!(objects.len(), FILES);
    for (verb, action, row, count) in [
        ("archive", ARCHIVE, "archived", FILES as u64),
        ("release", RELEASE, "released", FILES as u64),
        ("restore", RESTORE, "released", 0),
    ] {
        let done = json(&guest, verb);
        assert_eq!(done["asked"]["requests"], 3, "{verb}: {done}");
        is_whole(&arrived(&guest), action, &objects);
        assert_eq!(files(&json(&guest, "status"), row), count, "{verb}");
    }
    // What needs nothing is not asked for.
    hsm(&guest, "restore").assert_success();
    assert_eq!(arrived(&guest).len(), 0);
}

#[test]
fn the_calls_are_those_that_were_captured_of_lfs() {
    let guest = tree();
    hsm(&guest, "archive").assert_success();
    hsm(&guest, "release").assert_success();
    guest.write_file("/sys/module/lustre/parameters/hsm_off", "1");
    let strace = "strace -f -X raw -e trace=ioctl -o /run/calls";
    guest.shell(&format!("{strace}.a fsxlustre hsm status {DIRECTORY}/t")).assert_success();
    let off = guest.shell(&format!("{strace}.b fsxlustre hsm restore {DIRECTORY}/t"));
    assert!(off.code == 1 && off.stderr.contains("FSXL-H103"), "{off}");
    let calls = guest.shell("cat /run/calls.a /run/calls.b").assert_success().stdout;
    for name in ["state", "action", "restore"] {
        let line = captured(name);
        let captured = call(&line).expect("a call");
        assert!(calls.lines().any(|line| call(line) == Some(captured)), "{captured:?}: {calls}");
    }
    let sent = calls.lines().filter(|line| line.contains("0x401866d9")).count();
    assert_eq!(sent, 1, "one request is enough to know: {calls}");
}

#[test]
fn a_request_that_nobody_takes_waits_and_is_seen() {
    let guest = tree();
    hsm(&guest, "archive").assert_success();
    hsm(&guest, "release").assert_success();
    guest.write_file("/sys/module/lustre/parameters/hsm_stays", "1");
    let said = hsm(&guest, "restore");
    assert!(said.code == 3 && said.stderr.contains("FSXL-H106"), "{said}");
    let status = json(&guest, "status");
    assert_eq!((files(&status, "waiting"), files(&status, "released")), (110, 110), "{status}");
    arrived(&guest);
    // They have their request: another run only waits for somebody who takes it.
    let again = guest.shell(&format!("timeout 5 fsxlustre hsm restore {DIRECTORY}/t"));
    assert_eq!(again.code, 124, "{again}");
    assert_eq!(arrived(&guest).len(), 0);
}

#[test]
fn where_the_client_tells_no_fid_lfs_is_given_52_files_at_most() {
    let guest = tree();
    hsm(&guest, "archive").assert_success();
    hsm(&guest, "release").assert_success();
    arrived(&guest);
    guest.write_file("/sys/module/lustre/parameters/hsm_no_fid", "1");
    // Without lfs it is said at once.
    let said = hsm(&guest, "restore");
    assert!(said.code == 1 && said.stderr.contains("FSXL-H110"), "{said}");
    assert!(said.stderr.contains("tells no FIDs") && said.stderr.contains("lfs"), "{said}");
    let lfs = format!("{CLIENT}/lfs");
    guest.write_file(&lfs, "#!/bin/bash\nprintf '%s\\n' \"$# $1\" >>/run/lfs-calls\nprintf '%s\\n' \"${@:2}\" >>/run/lfs-names\n");
    guest.run(["chmod", "755", &lfs]).assert_success();
    let done = json(&guest, "restore");
    assert_eq!(done["asked"]["asked"]["files"], FILES, "{done}");
    let calls =
        guest.shell("sort -r /run/lfs-calls; sort -u /run/lfs-names | wc -l").assert_success();
    assert_eq!(calls.stdout, "7 hsm_restore\n53 hsm_restore\n53 hsm_restore\n110\n", "{done}");
    assert_eq!(arrived(&guest).len(), 0, "no request by the call");
}
