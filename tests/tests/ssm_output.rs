//! `--output ssm`: the verdict, then JSON, in the characters that Systems Manager keeps.

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use serde_json::Value;

/// What a command printed: the verdict, and the JSON below it.
#[track_caller]
fn told(output: &Output, most: usize) -> (String, Value) {
    let text = &output.stdout;
    assert!(text.len() <= most, "{} characters: {output}", text.len());
    let is_plain = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    assert!(text.bytes().all(is_plain), "{output}");
    assert_eq!(output.stderr, "", "it would take its part of the characters");
    let (line, json) = text.split_once('\n').expect("two lines");
    (line.to_owned(), serde_json::from_str(json).unwrap_or_else(|_| panic!("{output}")))
}

#[test]
fn every_command_that_has_it_says_its_verdict_first() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let on = "/mnt/genomics";
    let call = |words: &[&str]| {
        let output = sandbox.run([&["fsxlustre"], words, &["--output", "ssm"]].concat());
        (output.code(), told(&output, 2400))
    };
    let (code, (line, json)) = call(&["mount", &made.id, on]);
    assert_eq!(
        (code, line.as_str()),
        (Some(32), "FAIL mount: FSXL-M101 The mount point does not exist.")
    );
    assert!(json["do"].as_str().is_some_and(|text| text.contains("mkdir -p")), "{json}");
    let (code, (line, json)) = call(&["mount", "--mkdir", &made.id, on]);
    assert_eq!((code, line.as_str()), (Some(0), "PASS mount: mounted"));
    assert_eq!(json["file_system_id"], made.id.as_str());
    let (_, (line, _)) = call(&["mount", &made.id, on]);
    assert_eq!(line, "PASS mount: already");

    let (code, (line, json)) = call(&["check", "--only", "local"]);
    // The interface of a sandbox is not that of the capture.
    assert_eq!((code, line.as_str()), (Some(1), "FAIL check: lnet_interface"));
    assert_eq!(json["items"][0]["check"], "lnet_interface");
    assert_eq!(json["exit"], 1);
    let (code, (line, json)) = call(&["status"]);
    assert_eq!((code, line.as_str()), (Some(0), "PASS status: 1 mounted"));
    assert_eq!(json["items"][0]["directory"], on);
    let (code, (line, _)) = call(&["tune", "plan", "--profile", "aws-documented"]);
    assert_eq!(code, Some(3));
    assert_eq!(line, "WARN tune: settings differ from what is wanted or was set");
    let (code, (line, _)) = call(&["tune", "apply", "--profile", "aws-documented"]);
    assert_eq!((code, line.as_str()), (Some(0), "PASS tune: as wanted"));
    let (code, (line, json)) = call(&["tune", "apply", "--profile", "$(id)"]);
    assert_eq!((code, &line[..20]), (Some(1), "FAIL tune: FSXL-T101"), "{line}");
    assert!(json["because"].is_string(), "{json}");
    let results = "/mnt/genomics/results";
    sandbox.run(["mkdir", results]).assert_success();
    let (code, (line, json)) = call(&["layout", "apply", "--profile", "shared-file", results]);
    assert_eq!((code, line.as_str()), (Some(0), "PASS layout: 1 set"));
    assert!(json["items"][0]["proved"].is_string(), "{json}");
    let (code, (line, _)) = call(&["why", "--seconds", "1"]);
    assert_eq!((code, line.split(' ').next()), (Some(0), Some("UNKNOWN")), "{line}");
    let (code, (line, _)) = call(&["umount", on, "/mnt/x"]);
    assert_eq!((code, line.as_str()), (Some(0), "PASS umount: 1 not-mounted, 1 unmounted"));
    let other =
        sandbox.run(["fsxlustre", "layout", "explain", "--profile", "x", "--output", "ssm"]);
    assert_eq!(other.code(), Some(2), "{other}");
}

#[test]
fn what_is_cut_off_stands_in_a_file_of_roots_that_is_named() {
    let sandbox = Sandbox::start();
    let hostile = "/mnt/\u{1b}[31m\u{fc}\"$(id)\"'\\";
    for number in 0..30 {
        let directory = format!("{hostile}{number}");
        let mount = sandbox.run(["fsxlustre", "mount", "fs-0123456789abcdef0", &directory]);
        assert_eq!(mount.code(), Some(32), "{mount}");
    }
    let short = sandbox.run(["fsxlustre", "status", "--output", "ssm"]).assert_success();
    let (line, json) = told(&short, 2400);
    assert_eq!(line, "WARN status: 30 failed");
    let first = json["items"][0]["directory"].as_str().expect("a directory");
    assert!(first.contains("[31m"), "{first}");
    let file = json["cut"]["whole"].as_str().expect("a file");
    assert!(json["cut"]["items_left_out"].as_u64() > Some(10), "{json}");
    let about = sandbox.run(["stat", "-c", "%a %u %F", file]).assert_success();
    assert_eq!(about.stdout.trim(), "600 0 regular file");
    let whole: Value = serde_json::from_str(&sandbox.read_file(file)).expect("JSON");
    assert_eq!(whole["items"].as_array().map(Vec::len), Some(30));
    let more = sandbox.run(["fsxlustre", "status", "--output", "ssm", "--detail"]).assert_success();
    let (_, detailed) = told(&more, 24_000);
    assert!(detailed["items"].as_array().map(Vec::len) > json["items"].as_array().map(Vec::len));
    // Who is not root is told what fits.
    let words = "setpriv --reuid=65534 --clear-groups fsxlustre status --output ssm";
    let nobody = sandbox.run(words.split(' ')).assert_success();
    let (_, json) = told(&nobody, 2400);
    assert!(json["cut"]["whole"].is_null(), "{json}");
}
