//! `fsxlustre fstab`, with the real findmnt, patch, systemd-fstab-generator and mount(8).

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use serde_json::Value;
use std::time::{Duration, Instant};

const FSTAB: &str = "\
# /etc/fstab
UUID=2f3c4a5b-0000-0000-0000-000000000000 / ext4 defaults 0 1
tag:Project:genomics /mnt/a fsxlustre noatime,flock 0 0
tag:Project=genomics /mnt/b fsxlustre _netdev,nofail,flok,x-systemd.requirs=x.service 0 2
10.0.0.5@tcp:/abcdefgh /mnt/c lustre noatime,flock,_netdev,nofail 0 0
fs-0123456789abcdef0 /mnt/a/ fsxlustre _netdev,nofail 0 0
fs-0123456789abcdef0 /mnt/d\\040e fsxlustre _netdev,nofail,wait=600 0 0
fs-0123456789abcdef0 /mnt/f fsxlustre _netdev,nofail,x-systemd.automount,x-systemd.requires=no-such.service 0 0
";

fn check(sandbox: &Sandbox, text: &str) -> (Output, Value) {
    sandbox.write_file("/mnt/fstab", text);
    let shown = sandbox.run(["fsxlustre", "fstab", "check", "--json", "/mnt/fstab"]);
    let json =
        serde_json::from_str(&shown.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"));
    (shown, json)
}

/// `line: verdict check` of each finding.
fn findings(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = report["lines"].as_array().unwrap();
    lines
        .iter()
        .flat_map(|line| {
            line["findings"].as_array().unwrap().iter().map(move |finding| {
                format!(
                    "{}: {} {}",
                    line["line"],
                    text(&finding["verdict"]),
                    text(&finding["check"])
                )
            })
        })
        .collect()
}

/// The folders for the generator's units that are there. A sandbox has its machine's /tmp, so those of
/// other tests come and go in it.
fn generator_folders(sandbox: &Sandbox) -> Vec<String> {
    let words = ["find", "/tmp", "-maxdepth", "1", "-name", "fsxlustre-fstab-*"];
    sandbox.run(words).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn each_mistake_is_found_with_the_line_to_write() {
    let sandbox = Sandbox::start();
    let before = generator_folders(&sandbox);
    let (shown, report) = check(&sandbox, FSTAB);
    let made: Vec<_> =
        generator_folders(&sandbox).into_iter().filter(|path| !before.contains(path)).collect();
    assert_eq!(shown.code(), Some(1), "{shown}");
    assert_eq!(
        findings(&report),
        [
            "3: fail netdev",
            "3: warn boot",
            "4: fail source",
            "4: fail options",
            "4: warn order",
            "4: warn pass",
            "5: fail options",
            "6: fail duplicate",
            "7: warn timeout",
            "8: fail order",
        ],
        "{report:#}"
    );
    let write: Vec<_> =
        report["lines"].as_array().unwrap().iter().map(|line| &line["write"]).collect();
    assert_eq!(write[0], "tag:Project:genomics /mnt/a fsxlustre _netdev,noatime,flock,nofail 0 0");
    assert_eq!(write[3], &Value::Null);
    assert_eq!(
        write[4],
        "fs-0123456789abcdef0 /mnt/d\\040e fsxlustre \
         _netdev,nofail,wait=600,x-systemd.mount-timeout=690 0 0"
    );
    // The generator saw the same: what is missing makes a local mount of the line.
    if let Some(unit) = report["lines"][0]["unit"].as_str() {
        assert_eq!(unit, "mnt-a.mount");
        let because = report["lines"][0]["findings"][0]["because"].as_str().unwrap();
        assert!(because.contains("mnt-a.mount Before=local-fs.target"), "{because}");
        assert!(report["generator"]["said"].to_string().contains("Duplicate"), "{report:#}");
    } else {
        assert!(report["generator"]["left_out"].is_string(), "{report:#}");
    }
    let stays = |path: &String| generator_folders(&sandbox).contains(path);
    let started = Instant::now();
    while made.iter().any(stays) {
        assert!(started.elapsed() < Duration::from_secs(30), "of the generator is left: {made:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    let text = sandbox.run(["fsxlustre", "fstab", "check", "/mnt/fstab"]);
    for part in ["/mnt/fstab:3  tag:Project:genomics", "FAIL  netdev", "write: ", "harmless"] {
        assert!(text.stdout.contains(part), "{text}");
    }
}

#[test]
fn the_lines_that_are_to_be_written_have_no_mistake() {
    let sandbox = Sandbox::start();
    let (_, report) = check(&sandbox, FSTAB);
    let lines =
        report["lines"].as_array().unwrap().iter().filter_map(|line| line["write"].as_str());
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    assert!(text.lines().count() >= 4, "{text}");
    let (shown, again) = check(&sandbox, &text);
    assert_eq!(shown.code(), Some(0), "{again:#}");
    assert!(findings(&again).is_empty(), "{again:#}");
}

#[test]
fn what_is_said_of_findmnt_is_what_it_prints() {
    let sandbox = Sandbox::start();
    let (_, report) = check(&sandbox, "tag:a:b /mnt fsxlustre _netdev,nofail 0 0\n");
    let printed = sandbox.run(["findmnt", "--verify", "--tab-file", "/mnt/fstab"]);
    assert!(!printed.stdout.contains("[E]"), "{printed}");
    let noise: Vec<String> = report["findmnt_noise"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            one["text"].as_str().unwrap().replace("SOURCE", "tag:a:b").replace("TYPE", "fsxlustre")
        })
        .collect();
    let warnings: Vec<_> =
        printed.stdout.lines().filter_map(|line| line.trim().strip_prefix("[W] ")).collect();
    assert_eq!(warnings.len(), 3, "{printed}");
    for line in warnings {
        assert!(noise.iter().any(|known| line.starts_with(known.as_str())), "{line}");
    }
}

#[test]
fn a_recommended_line_mounts() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "/mnt/a b"]).assert_success();
    let words =
        ["fsxlustre", "fstab", "line", "tag:Project:genomics", "/mnt/a b", "-o", "relatime"];
    let line = sandbox.run(words).assert_success().stdout;
    assert!(
        line.starts_with("tag:Project:genomics  /mnt/a\\040b  fsxlustre  _netdev,nofail,relatime,")
    );
    let (shown, _) = check(&sandbox, &line);
    assert_eq!(shown.code(), Some(0), "{shown}");
    sandbox.write_file("/etc/fstab", &line);
    sandbox.run(["mount", "-a"]).assert_success();
    let shown = sandbox.read_file("/proc/self/mountinfo");
    assert!(shown.contains("/mnt/a\\040b ") && shown.contains(&made.mount_name), "{shown}");
    let refused = sandbox.run(["fsxlustre", "fstab", "line", "Project=genomics", "/mnt/x"]);
    assert_eq!(refused.code(), Some(2), "{refused}");
    assert!(refused.stderr.contains("FSXL-C201"), "{refused}");
}

#[test]
fn migrate_prints_what_patch_takes_and_changes_nothing() {
    let sandbox = Sandbox::start();
    let old =
        "# one\n10.0.0.5@tcp:/abcdefgh\t/mnt/c  lustre  noatime,flock,_netdev 0 0 # why\nx /y ext4";
    sandbox.write_file("/mnt/fstab", old);
    let migrate =
        |to: &str| sandbox.run(["fsxlustre", "fstab", "migrate", "/mnt/fstab", "--to", to]);
    let patch = |difference: &str| {
        sandbox.command(["patch", "/mnt/fstab"]).stdin(difference).run().assert_success();
        sandbox.read_file("/mnt/fstab")
    };
    assert_eq!(migrate("lustre").assert_success().stdout, "");
    let difference = migrate("fsxlustre").assert_success().stdout;
    assert_eq!(sandbox.read_file("/mnt/fstab"), old);
    assert_eq!(patch(&difference), old.replace("  lustre  ", "  fsxlustre  "));
    let back = migrate("lustre").assert_success().stdout;
    assert_eq!(patch(&back), old);

    sandbox.write_file("/mnt/fstab", "tag:a:b /x fsxlustre _netdev 0 0\n");
    let left = migrate("lustre");
    assert_eq!((left.code(), left.stdout.as_str()), (Some(1), ""), "{left}");
    assert!(left.stderr.contains("line 1 (tag:a:b) stays as it is"), "{left}");
}

#[test]
fn migrate_looks_ids_and_tags_up_where_it_is_told_to() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let lines = format!(
        "{}:/sub /a fsxlustre _netdev,nofail,flock 0 0\ntag:Project:genomics /b fsxlustre _netdev 0 0\n\
         tag:Project:gone /c fsxlustre _netdev 0 0\n",
        made.id
    );
    sandbox.write_file("/mnt/fstab", &lines);
    let shown =
        sandbox.run(["fsxlustre", "fstab", "migrate", "--to", "lustre", "--resolve", "/mnt/fstab"]);
    assert_eq!(shown.code(), Some(1), "{shown}");
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    for line in [
        format!("+{device}/sub /a lustre _netdev,flock 0 0"),
        format!("+{device} /b lustre _netdev 0 0"),
    ] {
        assert!(shown.stdout.contains(&line), "{line}: {shown}");
    }
    assert!(shown.stderr.contains("line 3 (tag:Project:gone) stays as it is"), "{shown}");
}

#[test]
fn what_cannot_be_read_is_a_wrong_call() {
    let sandbox = Sandbox::start();
    for verb in ["check", "migrate"] {
        let missing = sandbox.run(["fsxlustre", "fstab", verb, "/mnt/none"]);
        assert_eq!(missing.code(), Some(2), "{missing}");
        assert!(
            missing.stderr.contains("FSXL-C121") && missing.stderr.contains("/mnt/none"),
            "{missing}"
        );
    }
    let (shown, report) = check(&sandbox, "# nothing\n");
    assert_eq!((shown.code(), &report["lines"]), (Some(0), &serde_json::json!([])));
}
