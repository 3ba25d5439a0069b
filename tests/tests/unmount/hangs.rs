//! Unmounts that hang: bounded, named, never piled up, and right in the end.

use super::*;
use nix::sys::signal::Signal;

const INNER: &str = "/mnt/genomics/inner";

/// A second file system on a directory of the first, and requests to both that get no answer: the
/// way to the inner mount point is stuck in the kernel, and with it umount2(2).
fn hanging() -> Sandbox {
    let (sandbox, _) = mounted();
    let inner = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", INNER]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &inner.id, INNER]).assert_success();
    sandbox.client_fault("io-hang", true);
    sandbox
}

/// The number of the stuck process that a message names.
fn named(output: &Output) -> String {
    let after = output.stderr.split("because: process ").nth(1);
    let word = after.and_then(|text| text.split(' ').next());
    word.unwrap_or_else(|| panic!("no process is named: {output}")).to_owned()
}

#[test]
fn a_hung_unmount_is_bounded_named_and_not_piled_up() {
    let sandbox = hanging();
    let first = umount(&sandbox, &["--timeout", "1", INNER]);
    assert_eq!(first.code(), Some(32), "{first}");
    assert!(first.duration < Duration::from_secs(4), "{first}");
    for words in ["FSXL-U102", "(state ", "waits for it and starts no second one"] {
        assert!(first.stderr.contains(words), "{words}: {first}");
    }
    eventually("it hangs", || workers(&sandbox).iter().any(|line| line.contains(" D")));
    let stuck = workers(&sandbox);
    assert_eq!(stuck.len(), 1, "{stuck:?}");
    assert!(stuck[0].trim().starts_with(&named(&first)), "{stuck:?} {first}");
    let call = sandbox.read_file(&format!("/proc/{}/syscall", named(&first)));
    assert!(!call.starts_with(&format!("{} ", nix::libc::SYS_umount2)), "not told in time: {call}");

    let second = umount(&sandbox, &["--timeout", "1", INNER]);
    assert_eq!((second.code(), named(&second)), (Some(32), named(&first)), "{second}");
    assert!(second.stderr.contains("(state D)"), "{second}");
    let helper = sandbox.run(["umount.fsxlustre", INNER, "--timeout", "1"]);
    assert_eq!((helper.code(), named(&helper)), (Some(32), named(&first)), "{helper}");
    assert_eq!(workers(&sandbox), stuck, "no second one was started");

    sandbox.client_fault("io-hang", false);
    eventually("the stuck one ends", || workers(&sandbox).is_empty());
    assert!(is_mounted(&sandbox, INNER), "it was told to end before it had begun");
    umount(&sandbox, &[INNER, DIRECTORY]).assert_success();
    nothing_left(&sandbox);
}

#[test]
fn a_call_that_waits_goes_on_when_the_hang_ends() {
    let sandbox = hanging();
    let mut waiting = sandbox.spawn(["fsxlustre", "umount", "-v", "--timeout", "20", INNER]);
    eventually("it hangs", || workers(&sandbox).iter().any(|line| line.contains(" D")));
    // A second one at the same time waits for the first.
    let second = umount(&sandbox, &["--timeout", "1", INNER]);
    assert_eq!(second.code(), Some(32), "{second}");
    assert_eq!(workers(&sandbox).len(), 1);
    sandbox.client_fault("io-hang", false);
    let done = waiting.wait(Duration::from_secs(10)).expect("it ends").assert_success();
    assert!(done.stdout.contains("unmounted; its client is gone"), "{done}");
    umount(&sandbox, &[INNER, DIRECTORY]).assert_success();
    nothing_left(&sandbox);
}

#[test]
fn an_unmount_whose_caller_was_killed_is_seen_through_by_the_next() {
    let sandbox = hanging();
    let first = sandbox.spawn(["fsxlustre", "umount", INNER]);
    eventually("it hangs", || workers(&sandbox).iter().any(|line| line.contains(" D")));
    first.signal(Signal::SIGKILL);
    eventually("it is killed", || first.pid().is_none());
    let worker = workers(&sandbox);
    let waiting = umount(&sandbox, &["--timeout", "1", INNER]);
    assert_eq!((waiting.code(), workers(&sandbox)), (Some(32), worker), "{waiting}");
    sandbox.client_fault("io-hang", false);
    let done = umount(&sandbox, &["-v", INNER]).assert_success();
    assert!(!is_mounted(&sandbox, INNER), "{done}");
    umount(&sandbox, &[DIRECTORY]).assert_success();
    nothing_left(&sandbox);
}

/// Whether a program takes signals by a descriptor, as ours do soon after their start.
fn holds_signals_back(running: &Running) -> bool {
    let status = running.pid().map(|pid| std::fs::read_to_string(format!("/proc/{pid}/status")));
    let status = status.and_then(Result::ok).unwrap_or_default();
    let held = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    held.is_some_and(|mask| mask.contains(|digit: char| digit.is_ascii_hexdigit() && digit != '0'))
}

#[test]
fn a_signal_ends_it_with_8_and_nothing_half_done() {
    let sandbox = hanging();
    for (program, signal) in [
        (vec!["fsxlustre", "umount", INNER], Signal::SIGTERM),
        (vec!["umount.fsxlustre", INNER], Signal::SIGINT),
    ] {
        let mut running = sandbox.spawn(&program);
        eventually("it hangs", || workers(&sandbox).iter().any(|line| line.contains(" D")));
        // The second one finds the worker of the first, and may not listen yet.
        eventually("it listens", || holds_signals_back(&running));
        running.signal(signal);
        let ended = running.wait(Duration::from_secs(5)).expect("it ends");
        assert_eq!(ended.code(), Some(8), "{ended}");
        assert!(ended.stderr.contains("FSXL-M209"), "{ended}");
        assert!(ended.stderr.contains("the mount is still listed, and process "), "{ended}");
    }
    sandbox.client_fault("io-hang", false);
    umount(&sandbox, &[INNER, DIRECTORY]).assert_success();
    nothing_left(&sandbox);
}

#[test]
fn servers_that_do_not_answer_do_not_keep_ours_from_an_answer_but_umount_8() {
    let (sandbox, _) = mounted();
    sandbox.client_fault("io-hang", true);
    // What util-linux does: it asks the mount point before it does anything else.
    let theirs = sandbox.command(["umount", DIRECTORY]).deadline(Duration::from_secs(2)).try_run();
    let expired = theirs.expect_err("umount(8) of util-linux waits in stat(2)");
    println!("umount(8) with silent servers: {expired}");
    assert!(is_mounted(&sandbox, DIRECTORY));
    // Its own caller is what holds the mount now, and nothing in /proc says so.
    let ours = umount(&sandbox, &["--timeout", "2", DIRECTORY]);
    assert!(ours.duration < Duration::from_secs(5), "{ours}");
    println!("fsxlustre umount beside it: {ours}");
    sandbox.client_fault("io-hang", false);
    eventually("all is gone", || umount(&sandbox, &[DIRECTORY]).is_success());
    nothing_left(&sandbox);
}

#[test]
fn an_unmount_that_left_mountinfo_and_still_runs_is_waited_for() {
    let (sandbox, _) = mounted();
    let script = "unshare -m --propagation private sh -c 'echo $$; exec sleep 60'";
    let (inside, _) = holder(&sandbox, script);
    assert!(umount(&sandbox, &[DIRECTORY]).stderr.contains("FSXL-U106"));
    // The record as it is while the kernel still takes the client down: its process lives.
    let (at_work, pid) = holder(&sandbox, "echo $$; exec sleep 60");
    let start = sandbox.read_file(&format!("/proc/{pid}/stat"));
    let start: u64 = start.split(' ').nth(21).unwrap().parse().unwrap();
    let folder = "/run/fsxlustre/unmounts";
    let name = sandbox.run(["ls", folder]).stdout.trim().to_owned();
    let mut record: Value =
        serde_json::from_str(&sandbox.read_file(&format!("{folder}/{name}"))).unwrap();
    record["process"] = json!({"pid": pid, "start_ticks": start});
    sandbox.write_file(&format!("{folder}/{name}"), &record.to_string());
    drop(inside);
    let waiting = umount(&sandbox, &["--timeout", "1", DIRECTORY]);
    assert_eq!((waiting.code(), named(&waiting)), (Some(32), pid.to_string()), "{waiting}");
    assert!(waiting.stderr.contains("FSXL-U102"), "{waiting}");
    let shown = sandbox.run(["fsxlustre", "status"]).assert_success().stdout;
    assert!(shown.contains("the kernel is still unmounting it"), "{shown}");
    assert!(shown.contains(&format!("process {pid} is at it")), "{shown}");
    drop(at_work);
    let mut done = None;
    eventually("it is settled", || {
        let told = umount(&sandbox, &["-v", DIRECTORY]);
        let is_success = told.is_success();
        done = Some(told);
        is_success
    });
    let done = done.unwrap();
    assert!(
        done.stdout.contains("unmounted; an earlier call had begun it; its client is gone"),
        "{done}"
    );
    nothing_left(&sandbox);
}
