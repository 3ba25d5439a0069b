//! What layouts mean for files: composites, pools, files that came before, `show` and `explain`; and what is refused
//! because this file system cannot do it.

mod layouts;

use layouts::{layout, mounted, shell};
use serde_json::Value;

const PROFILES: &str = r#"
[layout.profiles.two]
stripe_count = 2
stripe_size = "1MiB"
[layout.profiles.wide]
stripe_count = 9
stripe_size = "1MiB"
[layout.profiles.pooled]
stripe_count = 2
stripe_size = "1MiB"
pool = "nosuch"
[layout.profiles.growing]
stripe_size = "1MiB"
[[layout.profiles.growing.part]]
until = "64MiB"
stripe_count = 1
[[layout.profiles.growing.part]]
until = "end"
stripe_count = -1
[layout.profiles.small]
on_mdt = "64KiB"
stripe_count = 1
stripe_size = "1MiB"
[layout.profiles.twice]
mirrors = 2
stripe_count = 1
stripe_size = "1MiB"
"#;

#[test]
fn every_kind_of_profile_is_set_proved_and_holds_by_both_readings() {
    let sandbox = mounted(PROFILES);
    let profiles =
        ["two", "growing", "small", "twice", "fsx-default", "large-sequential", "many-small-files"];
    let profiles = profiles.into_iter().chain(["checkpoint-per-process", "shared-file"]);
    for profile in profiles {
        shell(&sandbox, &format!("mkdir @/{profile}"));
        let set =
            layout(&sandbox, &format!("apply --profile {profile} @/{profile}")).assert_success();
        assert!(set.stdout.contains("proved:  "), "{set}");
        layout(&sandbox, &format!("verify --profile {profile} @/{profile}")).assert_success();
        for fault in ["no-lov-attribute", "lfs-2.10"] {
            sandbox.client_fault(fault, true);
            layout(&sandbox, &format!("verify --profile {profile} @/{profile}")).assert_success();
        }
        for fault in ["no-lov-attribute", "lfs-2.10"] {
            sandbox.client_fault(fault, false);
        }
        // A file that is made there, and grows, follows it.
        shell(&sandbox, &format!("truncate -s 100M @/{profile}/file"));
        let plan =
            layout(&sandbox, &format!("plan --profile {profile} @/{profile}")).assert_success();
        assert!(plan.stdout.contains("files:   all 1 have this layout"), "{plan}");
    }
}

#[test]
fn what_lustre_would_take_silently_is_refused_before() {
    let sandbox = mounted(PROFILES);
    shell(&sandbox, "mkdir @/a");
    for (profile, words) in [("wide", "OST"), ("pooled", "pool"), ("nosuch", "not known")] {
        let refused = layout(&sandbox, &format!("apply --profile {profile} @/a"));
        assert_eq!(refused.code(), Some(1), "{refused}");
        assert!(
            refused.stderr.contains("FSXL-L101") && refused.stderr.contains(words),
            "{refused}"
        );
    }
    let set = sandbox.client_calls().into_iter().filter(|call| call.contains("setstripe")).count();
    assert_eq!(set, 0);
}

#[test]
fn files_that_came_before_are_counted_and_never_moved() {
    let sandbox = mounted(PROFILES);
    shell(
        &sandbox,
        "mkdir -p @/a/sub && touch @/a/{1,2,3} @/a/sub/4 && lfs setstripe -c 2 -S 1M @/a/sub/5 && ln -s /etc @/a/link && mkfifo @/a/fifo",
    );
    let plan = layout(&sandbox, "plan --profile two @/a").assert_success();
    assert!(plan.stdout.contains("files:   4 of 5 have another layout"), "{plan}");
    assert!(plan.stdout.contains("only new files get this one"), "{plan}");
    assert!(plan.stdout.contains("lfs migrate -c 2 -S 1048576"), "{plan}");
    let applied = layout(&sandbox, "apply --profile two @/a").assert_success();
    assert!(applied.stdout.contains("files:   4 of 5 have another layout"), "{applied}");
    assert!(!applied.stderr.contains("files below"), "no bar where nobody sees it: {applied}");
    let again = layout(&sandbox, "apply --profile two @/a").assert_success();
    assert!(!again.stdout.contains("files:"), "{again}");
    let json = layout(&sandbox, "plan --json --profile two @/a").assert_success();
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&value[0]["files"]["read"], &value[0]["files"]["differ"]),
        (&5.into(), &4.into()),
        "{json}"
    );
    let calls = sandbox.client_calls();
    assert!(!calls.iter().any(|call| call.contains("migrate")), "{calls:?}");
}

#[test]
fn a_count_ends_with_the_time_that_it_has() {
    let sandbox = mounted(PROFILES);
    shell(&sandbox, "mkdir @/a && cd @/a && touch $(seq 1 3000)");
    let plan = layout(&sandbox, "plan --timeout 1 --profile two @/a");
    assert!(plan.stdout.contains("files:   "), "{plan}");
}

#[test]
fn show_and_explain_speak_of_what_is_there() {
    let sandbox = mounted(PROFILES);
    shell(
        &sandbox,
        "mkdir @/a @/none && lfs setstripe -E 64M -c 1 -S 1M -E -1 -c -1 -S 1M @/a && truncate -s 100M @/a/file",
    );
    let shown = layout(&sandbox, "show @/a @/a/file @/none @").assert_success();
    for words in [
        "/mnt/fsx/a: a directory",
        "/mnt/fsx/a/file: a file of 104857600 bytes",
        "64MiB",
        "root of its file system",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {shown}");
    }
    let explained = layout(&sandbox, "explain --size 1GiB @/a").assert_success();
    assert!(explained.stdout.contains("1GiB") && explained.stdout.contains("OST"), "{explained}");
    layout(&sandbox, "explain --profile two @/a/file").assert_success();
    let json = layout(&sandbox, "show --json @/a @/nosuch");
    assert_eq!(json.code(), Some(1), "{json}");
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value[0]["read_by"], "lustre.lov");
    assert_eq!(value[1]["failure"]["code"], "FSXL-L102", "{json}");
    // Where the attribute is not given, lfs is asked in the file's own directory.
    sandbox.client_fault("no-lov-attribute", true);
    let by_lfs = layout(&sandbox, "show @/a/file @/a").assert_success();
    assert!(by_lfs.stdout.contains("64MiB"), "{by_lfs}");
}
