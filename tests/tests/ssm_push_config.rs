//! `fsxlustre ssm push-config`, read back by the real reader: the old set or the new one, never a part.

use fsxlustre_tests::{Fault, LoggedRequest, Output, Sandbox};
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::{Duration, Instant};

const PATH: &str = "/fsxlustre/prod";
const FILE: &str = "/var/settings.toml";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.append_config(&format!("\n[config]\nssm_path = \"{PATH}\"\ntimeout = 20\n"));
    sandbox
}

fn push_words(words: &[&str]) -> Vec<String> {
    let all = [&["fsxlustre", "ssm", "push-config", FILE, "--path", PATH], words].concat();
    all.into_iter().map(str::to_owned).collect()
}

fn push(sandbox: &Sandbox, text: &str, words: &[&str]) -> Output {
    sandbox.write_file(FILE, text);
    sandbox.run(push_words(words))
}

fn mount_retry(sandbox: &Sandbox) -> Value {
    let words = ["fsxlustre", "config", "show", "--json", "--refresh", "mount.retry"];
    let shown = sandbox.run(words).assert_success();
    assert!(shown.stderr.is_empty(), "{shown}");
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    shown["settings"][0]["value"].clone()
}

fn named(sandbox: &Sandbox) -> Option<String> {
    sandbox.parameters(PATH).remove(&format!("{PATH}/current")).map(|(value, _)| value)
}

fn profiles(count: usize) -> String {
    let one = |n: usize| {
        let count = n % 7 + 1;
        format!("[layout.profiles.profile-{n:03}]\nstripe_count = {count}\nstripe_size = '16MiB'\n")
    };
    (0..count).map(one).collect()
}

#[test]
fn a_set_is_written_named_last_read_by_nodes_and_put_again_only_when_it_changed() {
    let sandbox = sandbox();
    let first = push(&sandbox, "[mount]\nretry = 5 # of ours\n[fleet]\nsize = 2\n", &[]);
    let first = first.assert_success();
    for line in [
        "/fsxlustre/prod/1/mount was written: String, 18 bytes, Standard",
        "/fsxlustre/prod/current was set to 1 (there was none)",
    ] {
        assert!(first.stdout.contains(line), "{line}: {first}");
    }
    assert_eq!(mount_retry(&sandbox), 5);
    let all = sandbox.parameters(PATH);
    assert!(all.values().all(|(_, kind)| kind == "String"), "{all:?}");
    let log = sandbox.api_log();
    let writes = log.iter().filter(|request| request.operation.as_deref() == Some("PutParameter"));
    let writes: Vec<_> = writes.map(|request| request.body["Name"].clone()).collect();
    assert_eq!(writes.last(), Some(&json!("/fsxlustre/prod/current")), "{writes:?}");

    let again = push(&sandbox, "[fleet]\nsize = 2\n\n[mount]\nretry = 5\n", &[]).assert_success();
    assert!(again.stdout.starts_with("unchanged: version 1"), "{again}");
    let rehearsed = push(&sandbox, "[mount]\nretry = 6\n", &["--dry-run"]).assert_success();
    assert!(rehearsed.stdout.contains("current would be set to 2 (it was 1)"), "{rehearsed}");
    assert_eq!(sandbox.parameters(PATH), all, "nothing was written");
    push(&sandbox, "[mount]\nretry = 6\n", &[]).assert_success();
    assert_eq!((mount_retry(&sandbox), named(&sandbox)), (6.into(), Some("2".into())));
}

#[test]
fn a_large_file_is_split_and_nodes_read_what_it_says_over_more_than_ten_pages() {
    let sandbox = sandbox();
    let text = profiles(240);
    push(&sandbox, &text, &[]).assert_success();
    let parts = sandbox.parameters(PATH);
    assert!(parts.len() > 3, "{}", parts.len());
    assert!(parts.values().all(|(value, _)| value.len() <= 4096));
    sandbox.set_parameter_pages(1, 12);
    let read = |words: &[&str]| {
        let shown = sandbox.run([&["fsxlustre", "config", "show", "--json"], words].concat());
        let shown: Value = serde_json::from_str(&shown.assert_success().stdout).expect("JSON");
        let settings = shown["settings"].as_array().expect("a list").clone();
        let pairs = settings.into_iter().map(|one| (one["key"].clone(), one["value"].clone()));
        pairs.collect::<Vec<_>>()
    };
    let from_parameters = read(&["--refresh", "layout"]);
    assert!(from_parameters.len() > 480, "{}", from_parameters.len());
    // The same as a file of the node.
    let elsewhere = Sandbox::start();
    elsewhere.write_file("/etc/fsxlustre/fsxlustre.d/z.toml", &text);
    let shown = elsewhere.run(["fsxlustre", "config", "show", "--json", "layout"]).assert_success();
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    for (key, value) in from_parameters {
        let settings = shown["settings"].as_array().expect("a list");
        let other = settings.iter().find(|one| one["key"] == key).expect("the key");
        assert_eq!(other["value"], value, "{key}");
    }
}

#[test]
fn what_nodes_would_refuse_is_not_put() {
    let sandbox = sandbox();
    push(&sandbox, "[mount]\nretry = 5\n", &[]).assert_success();
    let before = sandbox.parameters(PATH);
    let long = format!("[jobs]\nrefuse = [{}]\n", "'unreachable',".repeat(400));
    let huge = format!("[jobs]\nrefuse = [{}]\n", "'unreachable',".repeat(800));
    for (text, words, said) in [
        ("[host]\nprogram_folders = ['/tmp/evil']\n", &[][..], "FSXL-C113"),
        ("[hooks]\non_ready = ['/tmp/evil']\n", &[], "FSXL-C113"),
        ("[mount]\nretries = 5\n", &[], "FSXL-C112"),
        ("[mount\n", &[], "FSXL-C112"),
        ("", &[], "it says nothing"),
        (&long, &[], "--advanced"),
        (&huge, &["--advanced"], "8192 at most"),
        ("[mount]\nretry = 6\n", &["--version", "0"], "FSXL-C116"),
        ("[mount]\nretry = 6\n", &["--version", "a/b"], "A-Za-z0-9._-"),
        ("[mount]\nretry = 6\n", &["--version", "1"], "another text"),
    ] {
        let refused = push(&sandbox, text, words);
        assert_eq!(refused.code(), Some(1), "{text} {refused}");
        assert!(
            format!("{}{}", refused.stdout, refused.stderr).contains(said),
            "{said}: {refused}"
        );
    }
    for path in ["/aws/x", "/SSM/x", "fsxlustre", "/fsxlustre//x", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n"] {
        let refused = sandbox.run(["fsxlustre", "ssm", "push-config", FILE, "--path", path]);
        assert_eq!(refused.code(), Some(1), "{path}: {refused}");
    }
    assert_eq!(sandbox.parameters(PATH), before);
    push(&sandbox, &long, &["--advanced"]).assert_success();
    push(&sandbox, "[mount]\nretry = 6\n", &["--version", "0", "--force"]).assert_success();
    assert_eq!((mount_retry(&sandbox), named(&sandbox)), (6.into(), Some("0".into())));
}

#[test]
fn nothing_secret_is_written_over_or_left_out_unseen() {
    let sandbox = sandbox();
    sandbox.put_parameter(&format!("{PATH}/1/mount"), "SecureString", "[mount]\nretry = 77\n");
    sandbox.put_parameter(&format!("{PATH}/current"), "String", "1");
    let refused = push(&sandbox, "[fleet]\nsize = 2\n", &[]);
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr.contains("/fsxlustre/prod/1/mount"), "{refused}");
    assert!(!refused.stderr.contains("77"), "{refused}");
    let log = sandbox.api_log();
    let pushed = log.iter().filter(|one| one.body["WithDecryption"] == true).count();
    assert_eq!(pushed, 0, "whoever puts settings decrypts none");
    push(&sandbox, "[mount]\nretry = 3\n", &["--force"]).assert_success();
    assert_eq!(mount_retry(&sandbox), 3);
    let all = sandbox.parameters(PATH);
    assert_eq!(all[&format!("{PATH}/1/mount")].1, "SecureString", "untouched");
    assert_eq!(all[&format!("{PATH}/2/mount")].1, "String");
}

#[test]
fn old_sets_are_kept_then_removed_and_what_is_somebody_elses_stays() {
    let sandbox = sandbox();
    sandbox.put_parameter(&format!("{PATH}/blue/mount"), "String", "[mount]\nretry = 1\n");
    sandbox.put_parameter(&format!("{PATH}/0/current"), "String", "1");
    sandbox.put_parameter(&format!("{PATH}/0/1/mount"), "String", "[mount]\nretry = 1\n");
    for retry in 1..=5 {
        let text = format!("[mount]\nretry = {retry}\n{}", profiles(40));
        push(&sandbox, &text, &["--keep", "2"]).assert_success();
    }
    let names: Vec<_> = sandbox.parameters(PATH).into_keys().collect();
    let has = |version: &str| names.iter().any(|name| name.contains(&format!("{PATH}/{version}/")));
    for (version, is_there) in [
        ("1", false),
        ("2", false),
        ("3", true),
        ("4", true),
        ("5", true),
        ("blue", true),
        ("0", true),
    ] {
        assert_eq!(has(version), is_there, "{version}: {names:?}");
    }
    // One that is gone by the time that it is removed is none to complain of.
    sandbox.inject_fault(&Fault::on("DeleteParameters").delay(Duration::from_secs(3)));
    sandbox.write_file(FILE, "[mount]\nretry = 6\n");
    let going = sandbox.spawn(push_words(&["--keep", "1"]));
    wait_for(&sandbox, "6");
    sandbox.ssm("DeleteParameter", &json!({"Name": format!("{PATH}/3/mount")}));
    until(|| going.stdout().contains("removed"));
    assert!(going.stderr().is_empty(), "{}", going.stderr());
    // Without the permission to delete, the new set is in force all the same.
    sandbox.inject_fault(&Fault::on("DeleteParameters").error(400, "AccessDeniedException"));
    let warned = push(&sandbox, "[mount]\nretry = 7\n", &["--keep", "0"]).assert_success();
    for word in ["is in force", "ssm:DeleteParameters", "push-config.json"] {
        assert!(warned.stderr.contains(word), "{word}: {warned}");
    }
    assert_eq!(mount_retry(&sandbox), 7);
}

fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come");
        sleep(Duration::from_millis(50));
    }
}

fn wait_for(sandbox: &Sandbox, version: &str) {
    until(|| named(sandbox).as_deref() == Some(version));
}

#[test]
fn a_push_that_is_killed_at_any_call_leaves_the_old_set_in_force() {
    let sandbox = sandbox();
    let text = format!("[mount]\nretry = 1\n{}", profiles(150));
    push(&sandbox, &text, &[]).assert_success();
    let newer = text.replace("retry = 1", "retry = 2");
    sandbox.write_file(FILE, &newer);
    let of_a_push = |sandbox: &Sandbox| {
        let log = sandbox.api_log();
        log.iter().filter(|one| one.operation.as_deref() == Some("PutParameter")).count()
    };
    let parts = sandbox.parameters(&format!("{PATH}/1")).len();
    assert!(parts >= 3, "{parts}");
    // Killed while each of its writes is on its way; the last one is the naming.
    for nth in 1..=parts + 1 {
        sandbox.reset_api();
        let going = sandbox.spawn(push_words(&[]));
        let seen = || of_a_push(&sandbox) >= nth;
        for _ in 0..parts + 1 {
            sandbox.inject_fault(&Fault::on("PutParameter").delay(Duration::from_millis(700)));
        }
        until(seen);
        drop(going);
        let retry = mount_retry(&sandbox);
        if nth <= parts {
            assert_eq!((retry, named(&sandbox)), (1.into(), Some("1".into())), "killed at {nth}");
        }
        if named(&sandbox).as_deref() != Some("1") {
            break;
        }
    }
    // The naming that was on its way when its sender was killed is carried out.
    until(|| named(&sandbox).as_deref() != Some("1"));
    sandbox.reset_api();
    push(&sandbox, &newer, &["--keep", "0"]).assert_success();
    assert_eq!(mount_retry(&sandbox), 2);
}

#[test]
fn a_part_that_is_gone_before_the_naming_and_a_second_writer_are_noticed() {
    let sandbox = sandbox();
    push(&sandbox, "[mount]\nretry = 1\n", &[]).assert_success();
    // Both parts are written; then, before they are read back, one is deleted.
    sandbox.write_file(FILE, "[mount]\nretry = 2\n[fleet]\nsize = 3\n");
    sandbox.reset_api();
    let going = sandbox.spawn(push_words(&[]));
    sandbox.inject_fault(&Fault::on("PutParameter").times(2).delay(Duration::from_secs(2)));
    let part = format!("{PATH}/2/fleet");
    until(|| sandbox.parameters(PATH).contains_key(&part));
    sandbox.ssm("DeleteParameter", &json!({"Name": part}));
    until(|| going.stderr().contains("do:"));
    for word in ["FSXL-C116", &part] {
        assert!(going.stderr().contains(word), "{word}: {}", going.stderr());
    }
    drop(going);
    assert_eq!((mount_retry(&sandbox), named(&sandbox)), (1.into(), Some("1".into())));
    // It is completed by the same version.
    sandbox.reset_api();
    let completed = sandbox.run(push_words(&["--version", "2"])).assert_success();
    assert!(completed.stdout.contains("/2/mount is there already"), "{completed}");
    // Somebody names another version meanwhile.
    sandbox.write_file(FILE, "[mount]\nretry = 3\n");
    sandbox.reset_api();
    sandbox.inject_fault(&Fault::on("PutParameter").delay(Duration::from_secs(2)));
    let going = sandbox.spawn(push_words(&[]));
    let is_put = |request: &LoggedRequest| request.operation.as_deref() == Some("PutParameter");
    until(|| sandbox.api_log().iter().any(is_put));
    sandbox.put_parameter(&format!("{PATH}/current"), "String", "1");
    until(|| going.stderr().contains("do:"));
    assert!(going.stderr().contains("named meanwhile"), "{}", going.stderr());
    drop(going);
    assert_eq!(mount_retry(&sandbox), 1);
}

#[test]
fn throttling_is_waited_for_and_a_refusal_names_permission_and_policy() {
    let sandbox = sandbox();
    sandbox.inject_fault(&Fault::on("PutParameter").times(4).error(400, "ThrottlingException"));
    sandbox
        .inject_fault(&Fault::on("GetParametersByPath").times(2).error(500, "InternalServerError"));
    push(&sandbox, "[mount]\nretry = 1\n", &[]).assert_success();
    for (operation, action) in
        [("GetParametersByPath", "ssm:GetParametersByPath"), ("PutParameter", "ssm:PutParameter")]
    {
        sandbox.inject_fault(&Fault::on(operation).error(400, "AccessDeniedException"));
        let denied = push(&sandbox, "[mount]\nretry = 2\n", &[]);
        assert_eq!(denied.code(), Some(1), "{denied}");
        let statement = format!("\"Action\": \"{action}\"");
        for word in ["FSXL-A103", &statement, ":parameter/fsxlustre/prod/*", "iam/push-config.json"]
        {
            assert!(denied.stderr.contains(word), "{word}: {denied}");
        }
    }
    assert_eq!(mount_retry(&sandbox), 1);
}

/// A set that is taken away while a node reads it is one that is not in force any more.
#[test]
fn a_reader_of_a_set_that_is_removed_reads_the_new_one() {
    let sandbox = sandbox();
    push(&sandbox, &format!("[mount]\nretry = 1\n{}", profiles(150)), &[]).assert_success();
    sandbox.set_parameter_pages(1, 0);
    // The name and the first page are answered; the other pages of version 1 are on their way.
    sandbox.reset_api();
    sandbox.set_parameter_pages(1, 0);
    let log =
        || sandbox.api_log().iter().filter(|one| one.body["Path"] == format!("{PATH}/1")).count();
    let reading =
        sandbox.spawn(["fsxlustre", "config", "show", "--json", "--refresh", "mount.retry"]);
    sandbox.inject_fault(&Fault::on("GetParametersByPath").times(2).delay(Duration::from_secs(2)));
    until(|| log() >= 1);
    sandbox.put_parameter(&format!("{PATH}/2/mount"), "String", "[mount]\nretry = 2\n");
    sandbox.put_parameter(&format!("{PATH}/current"), "String", "2");
    for name in sandbox.parameters(&format!("{PATH}/1")).into_keys() {
        sandbox.ssm("DeleteParameter", &json!({"Name": name}));
    }
    until(|| reading.stdout().contains("settings"));
    let shown: Value = serde_json::from_str(&reading.stdout()).expect("JSON");
    assert_eq!(shown["settings"][0]["value"], 2);
}
