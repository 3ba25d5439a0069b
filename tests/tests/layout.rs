//! `fsxlustre layout` with the real programs: what is read, set and proved, what is refused, and how it ends when
//! something stands still.

mod layouts;

use fsxlustre_tests::{Output, Sandbox};
use layouts::{FSX, layout, mounted, shell};
use serde_json::Value;
use std::time::{Duration, Instant};

const PROFILES: &str = "\n[layout.profiles.two]\nstripe_count = 2\nstripe_size = \"1MiB\"\n\
                        [layout.profiles.four]\nstripe_count = 4\nstripe_size = \"4MiB\"\n";

/// Calls of `lfs` whose first argument is this one.
fn calls(sandbox: &Sandbox, verb: &str) -> usize {
    let of_lfs = sandbox.client_calls().into_iter().filter(|call| call.contains("\"lfs\""));
    of_lfs.filter(|call| call.contains(&format!("[\"{verb}\""))).count()
}

fn json(output: &Output) -> Vec<Value> {
    let value: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"));
    value.as_array().cloned().unwrap_or_default()
}

#[test]
fn what_holds_is_seen_without_a_process_and_both_readings_agree() {
    let sandbox = mounted(PROFILES);
    shell(&sandbox, "mkdir @/{a,b,c,d} && lfs setstripe -c 2 -S 1M @/b && lfs setstripe -c 3 @/c");
    let (set, got) = (calls(&sandbox, "setstripe"), calls(&sandbox, "getstripe"));
    let first = layout(&sandbox, "apply --profile two @/a @/b");
    first.assert_success();
    assert!(calls(&sandbox, "setstripe") == set + 1 && calls(&sandbox, "getstripe") == got + 1);
    layout(&sandbox, "apply --profile two @/a @/b").assert_success();
    layout(&sandbox, "plan --profile two @/a @/b @/c @/d").assert_success();
    assert!(calls(&sandbox, "setstripe") == set + 1 && calls(&sandbox, "getstripe") == got + 1);

    let by_attribute =
        json(&layout(&sandbox, "plan --json --no-count --profile two @/a @/b @/c @/d"));
    for (fault, calls_more) in [("no-lov-attribute", 2), ("lfs-2.10", 2)] {
        sandbox.client_fault(fault, true);
        let before = calls(&sandbox, "getstripe");
        let by_lfs =
            json(&layout(&sandbox, "plan --json --no-count --profile two @/a @/b @/c @/d"));
        for (one, other) in by_attribute.iter().zip(&by_lfs) {
            assert_eq!(one["read_by"], "lustre.lov");
            assert_eq!(other["read_by"], "lfs getstripe");
            for key in ["directory", "state", "wanted", "command"] {
                assert_eq!(one[key], other[key], "{key}: {one} {other}");
            }
        }
        let more = calls(&sandbox, "getstripe") - before;
        assert!(more <= calls_more + 1, "{fault}: four directories by {more} processes");
    }
    let states: Vec<_> =
        by_attribute.iter().map(|one| one["state"].as_str().unwrap_or("")).collect();
    assert_eq!(states, ["holds", "holds", "left", "differs"]);
    // What is set is proved by what such a client can read.
    layout(&sandbox, "apply --profile two @/d").assert_success();
    layout(&sandbox, "verify --profile two @/d").assert_success();
}

#[test]
fn what_somebody_set_and_the_root_are_changed_with_replace_only() {
    let sandbox = mounted(PROFILES);
    shell(&sandbox, "mkdir @/a @/b && lfs setstripe -c 3 @/a");
    for path in ["@/a", "@"] {
        let refused = layout(&sandbox, &format!("apply --profile two {path}"));
        assert_eq!(refused.code(), Some(1), "{refused}");
        assert!(
            refused.stderr.contains("FSXL-L106") && refused.stderr.contains("--replace"),
            "{refused}"
        );
    }
    assert_eq!(calls(&sandbox, "setstripe"), 1);
    let plan = layout(&sandbox, "plan --profile two @/a").assert_success();
    assert!(plan.stdout.contains("stands:  stripe count 3"), "{plan}");
    assert!(plan.stdout.contains("run:     lfs setstripe -c 2 -S 1048576"), "{plan}");
    layout(&sandbox, "apply --replace --profile two @/a @").assert_success();
    // A directory without a default shows the root's, which is nobody's decision about it.
    layout(&sandbox, "verify --profile two @/b").assert_success();
    let other = layout(&sandbox, "apply --profile four @/b").assert_success();
    assert!(other.stdout.contains("before:  stripe count 2"), "{other}");
}

#[test]
fn verify_tells_what_differs_from_what_is_not_known() {
    let sandbox = mounted(PROFILES);
    shell(&sandbox, "mkdir @/a @/b && lfs setstripe -c 2 -S 1M @/a");
    layout(&sandbox, "verify --profile two @/a").assert_success();
    let differs = layout(&sandbox, "verify --profile two @/a @/b");
    assert_eq!(differs.code(), Some(1), "{differs}");
    assert!(differs.stderr.contains("FSXL-L107") && differs.stdout.contains("/a: "), "{differs}");
    let unknown = layout(&sandbox, "verify --profile two @/a @/nosuch");
    assert_eq!(unknown.code(), Some(3), "{unknown}");
    assert_eq!(layout(&sandbox, "verify --profile two @/b @/nosuch").code(), Some(1));
}

#[test]
fn what_can_carry_no_default_is_refused_at_once() {
    let sandbox = mounted(PROFILES);
    shell(
        &sandbox,
        "cd @ && mkfifo fifo && touch file && mkdir dir dir/sub other && ln -s dir link && mount -t tmpfs none other && mkdir other/x",
    );
    for (path, words) in [
        ("@/fifo", "is a FIFO"),
        ("@/file", "it is a file"),
        ("@/link", "is a symbolic link"),
        ("@/link/sub", "is a symbolic link"),
        ("@/file/x", "is a file"),
        ("@/nosuch", "there is no /mnt/fsx/nosuch"),
        ("@/dir/../dir", "leads back"),
        ("@/other/x", "not on Lustre but on tmpfs"),
        ("/tmp", "not on Lustre"),
        ("dir", "does not begin with '/'"),
    ] {
        let begun = Instant::now();
        let refused = layout(&sandbox, &format!("apply --profile two {path}"));
        assert_eq!(refused.code(), Some(1), "{path}: {refused}");
        assert!(
            refused.stderr.contains(words) && refused.stderr.contains("FSXL-L102"),
            "{path}: {refused}"
        );
        assert!(begun.elapsed() < Duration::from_secs(20), "{path} waited");
    }
    assert_eq!(calls(&sandbox, "setstripe"), 0);
    // One that is refused keeps none of the others from its turn.
    let mixed = layout(&sandbox, "apply --profile two @/fifo @/dir @/nosuch");
    assert_eq!(mixed.code(), Some(1), "{mixed}");
    layout(&sandbox, "verify --profile two @/dir").assert_success();
}

#[test]
fn a_mount_that_stands_still_costs_the_deadline_only() {
    let sandbox = mounted(PROFILES);
    shell(&sandbox, "mkdir @/a");
    sandbox.client_fault("io-hang", true);
    let begun = Instant::now();
    let late = layout(&sandbox, "apply --timeout 2 --profile two @/a @/b");
    assert_eq!(late.code(), Some(1), "{late}");
    assert!(late.stderr.contains("FSXL-L110"), "{late}");
    assert!(begun.elapsed() < Duration::from_secs(20), "it waited");
    sandbox.client_fault("io-hang", false);
    layout(&sandbox, "apply --profile two @/a").assert_success();
}

#[test]
fn an_ordinary_user_is_told_whose_turn_it_is() {
    let sandbox = mounted(PROFILES);
    shell(&sandbox, "mkdir @/a && mkdir -m 777 @/own && chown 1001 @/own");
    let as_user = |path: &str| {
        let line = format!(
            "exec setpriv --reuid=1001 --regid=1001 --clear-groups fsxlustre layout apply --profile two {FSX}/{path}"
        );
        sandbox.run(["bash", "-c", &line])
    };
    let refused = as_user("a");
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr.contains("FSXL-L108") && refused.stderr.contains("owner"), "{refused}");
    as_user("own").assert_success();
}

#[test]
fn eight_at_once_and_one_that_was_killed_end_in_one_state() {
    let sandbox = mounted(PROFILES);
    shell(&sandbox, "mkdir @/d{1,2,3,4,5,6,7,8,9}");
    let all: Vec<String> = (1..=9).map(|n| format!("{FSX}/d{n}")).collect();
    let line = format!("fsxlustre layout apply --profile two {}", all.join(" "));
    // One is killed in the middle, wherever that is; the others are nodes of their own.
    let race = format!(
        "({line} & sleep 0.15; kill -9 $!) 2>/dev/null; for n in 1 2 3 4 5 6 7 8; do {line} >/run/out$n 2>&1 & pids=\"$pids $!\"; done; \
         for pid in $pids; do wait $pid || exit 1; done"
    );
    let raced = sandbox.run(["bash", "-c", &race]);
    assert!(raced.is_success(), "{raced} {}", sandbox.run(["bash", "-c", "cat /run/out*"]));
    let verified = sandbox.run(["bash", "-c", &line.replace("apply", "verify")]);
    assert!(verified.is_success(), "{verified}");
}
