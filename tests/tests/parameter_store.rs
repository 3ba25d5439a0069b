//! Settings from Parameter Store: one whole version of a set, what it may say, and what serves when
//! it cannot be asked.

use fsxlustre_tests::{Fault, FileSystem, Output, Sandbox};
use serde_json::Value;
use std::thread::sleep;
use std::time::Duration;

const PATH: &str = "/fsxlustre/prod";
const KEPT: &str = "/var/cache/fsxlustre/parameters.json";
const CALL: &str = "GetParametersByPath";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.append_config(&format!("\n[config]\nssm_path = \"{PATH}\"\ntimeout = 20\n"));
    sandbox
}

fn put(sandbox: &Sandbox, version: &str, parts: &[(&str, &str)]) {
    for (name, text) in parts {
        let kind = if name.starts_with("secret") { "SecureString" } else { "String" };
        sandbox.put_parameter(&format!("{PATH}/{version}/{name}"), kind, text);
    }
    sandbox.put_parameter(&format!("{PATH}/current"), "String", version);
}

fn show(sandbox: &Sandbox, words: &[&str]) -> Output {
    sandbox.run([&["fsxlustre", "config", "show", "--json"], words].concat())
}

fn setting(output: &Output, key: &str) -> Value {
    let shown: Value = serde_json::from_str(&output.stdout).expect("one JSON object");
    let settings = shown["settings"].as_array().expect("a list");
    settings.iter().find(|one| one["key"] == key).expect(key).clone()
}

fn calls(sandbox: &Sandbox) -> usize {
    let log = sandbox.api_log();
    log.iter().filter(|request| request.operation.as_deref() == Some(CALL)).count()
}

/// Lets what is kept be older, and what failed be longer ago.
fn age_by(sandbox: &Sandbox, seconds: u64) {
    let mut kept: Value = serde_json::from_str(&sandbox.read_file(KEPT)).expect("JSON");
    for field in ["read_unix_seconds", "failed_unix_seconds"] {
        if let Some(at) = kept[field].as_u64() {
            kept[field] = (at - seconds).into();
        }
    }
    sandbox.command(["tee", KEPT]).stdin(kept.to_string()).run().assert_success();
}

#[test]
fn a_set_is_read_to_the_last_token_also_over_empty_pages_and_files_go_over_it() {
    let sandbox = sandbox();
    let profiles: Vec<_> = (0..23)
        .map(|n| {
            let text =
                format!("[layout.profiles.p{n}]\nstripe_count = {}\nstripe_size = '1MiB'\n", n + 1);
            (format!("layouts/p{n:02}"), text)
        })
        .collect();
    let mut parts: Vec<_> =
        profiles.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    parts.push(("mount", "[mount]\nretry = 5\ntimeout = 44\n"));
    put(&sandbox, "7", &parts);
    // A version that nobody names is not read.
    sandbox.put_parameter(&format!("{PATH}/8/mount"), "String", "[mount]\nretry = 9");
    sandbox.set_parameter_pages(2, 3);
    sandbox.append_config("\n[mount]\ntimeout = 55\n");
    let shown = show(&sandbox, &[]).assert_success();
    let origin = setting(&shown, "mount.retry")["origin"].clone();
    assert_eq!(origin["from"], "parameter-store", "{origin}");
    assert_eq!(origin["name"], "/fsxlustre/prod/7/mount");
    assert_eq!((&origin["version"], &origin["line"]), (&1.into(), &2.into()), "{origin}");
    assert_eq!(setting(&shown, "mount.retry")["value"], 5);
    assert_eq!(setting(&shown, "mount.timeout")["value"], 55, "a file goes over it");
    assert_eq!(setting(&shown, "mount.timeout")["origin"]["from"], "file");
    for n in 0..23 {
        let key = format!("layout.profiles.p{n}.stripe_count");
        assert_eq!(setting(&shown, &key)["value"], n + 1, "{key}");
    }
    // Three looks: 4 pages, 3 + 12 pages, 4 pages.
    assert_eq!(calls(&sandbox), 4 + 15 + 4);
    let text = sandbox.run(["fsxlustre", "config", "show", "mount"]).assert_success().stdout;
    assert!(text.contains("parameter /fsxlustre/prod/7/mount (version 1, "), "{text}");
    assert_eq!(calls(&sandbox), 23, "what is kept is fresh");
    let mode = sandbox.run(["stat", "-c", "%a %U", KEPT]).assert_success();
    assert_eq!(mode.stdout, "600 root\n");
}

#[test]
fn a_layout_profile_of_the_set_is_applied() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let profile = "[layout.profiles.fleet]\nstripe_count = 2\nstripe_size = '1MiB'";
    put(&sandbox, "1", &[("layouts", profile)]);
    sandbox.run(["mkdir", "-p", "/mnt/fsx"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/fsx"]).assert_success();
    sandbox.run(["mkdir", "/mnt/fsx/results"]).assert_success();
    let apply = |name: &str| {
        sandbox.run(["fsxlustre", "layout", "apply", "--profile", name, "/mnt/fsx/results"])
    };
    let done = apply("fleet").assert_success();
    assert!(done.stdout.contains("stripe count 2, stripe size 1048576"), "{done}");
    let missing = apply("missing");
    assert_eq!(missing.code(), Some(1), "{missing}");
    assert!(missing.stderr.contains("FSXL-L101"), "{missing}");
}

#[test]
fn what_could_make_somebody_root_is_refused_from_parameter_store() {
    let sandbox = sandbox();
    for (text, key, why) in [
        ("[host]\nprogram_folders = ['/tmp/evil']", "host.program_folders", "programs"),
        ("[host]\nstate = '/tmp/evil'", "host.state", "path"),
        ("[hooks]\non_ready = ['/tmp/evil']", "hooks.on_ready", "programs"),
        ("[aws]\nendpoint_url = 'http://evil'", "aws.endpoint_url", "endpoint"),
        ("[config]\nssm_path = '/evil'", "config.ssm_path", "Parameter Store is asked"),
        (
            "[[jobs.mount]]\ndirectory = '/etc'\nsource = 'name:x'",
            "jobs.mount[0].directory",
            "root",
        ),
        (
            "[[filesystem]]\nid = 'fs-0123456789abcdef0'\ndevice = 'evil@tcp:/x'",
            "filesystem[0].device",
            "server",
        ),
    ] {
        put(&sandbox, "1", &[("x", &format!("[mount]\nretry = 1\n{text}\n"))]);
        let refused = show(&sandbox, &["--refresh"]);
        assert_eq!(refused.code(), Some(1), "{refused}");
        for word in ["FSXL-C113", "parameter /fsxlustre/prod/1/x (version ", "root's files only"] {
            assert!(refused.stderr.contains(word), "{word}: {refused}");
        }
        let checked = sandbox.run(["fsxlustre", "config", "check"]);
        assert_eq!(checked.code(), Some(1), "{checked}");
        assert!(checked.stdout.contains(key) && checked.stdout.contains(why), "{checked}");
        let nothing_kept = sandbox.run(["test", "!", "-e", KEPT]);
        assert_eq!(nothing_kept.code(), Some(0), "what is refused is not kept");
        // Before it is put, the same is found in the file.
        sandbox.write_file("/root/x.toml", text);
        let file = ["fsxlustre", "config", "check", "/root/x.toml"];
        let before = sandbox.run([&file[..], &["--as-parameter"]].concat());
        assert_eq!(before.code(), Some(1), "{before}");
        assert!(before.stdout.contains("FSXL-C113"), "{before}");
    }
}

#[test]
fn a_secure_string_is_decrypted_and_never_printed() {
    let sandbox = sandbox();
    put(&sandbox, "1", &[("secret-mount", "[mount]\nretry = 77\n")]);
    let shown = show(&sandbox, &[]).assert_success();
    let retry = setting(&shown, "mount.retry");
    assert_eq!(retry["origin"]["is_secret"], true);
    assert_eq!(retry["value"], Value::Null);
    let text = sandbox.run(["fsxlustre", "config", "show", "mount"]).assert_success();
    assert!(text.stdout.contains("(SecureString)"), "{text}");
    assert!(!text.stdout.contains("77") && !shown.stdout.contains("77"), "{text}");
    let kept = sandbox.read_file(KEPT);
    assert!(kept.contains("retry = 77"), "it was decrypted");
    for bad in [
        "hunter2",
        "[mount]\nverify = 'hunter2'",
        "[layout.profiles.x]\nstripe_count = 1\nstripe_size = 'hunter2'",
    ] {
        put(&sandbox, "1", &[("secret-mount", bad)]);
        let refused = show(&sandbox, &["--refresh"]);
        assert_eq!(refused.code(), Some(1), "{refused}");
        assert!(!format!("{}{}", refused.stderr, refused.stdout).contains("hunter2"), "{refused}");
        assert!(refused.stderr.contains("/fsxlustre/prod/1/secret-mount"), "{refused}");
    }
}

#[test]
fn without_access_the_last_answer_serves_with_a_warning_until_it_is_too_old() {
    let sandbox = sandbox();
    put(&sandbox, "1", &[("mount", "[mount]\nretry = 5\n")]);
    let deny =
        || sandbox.inject_fault(&Fault::on(CALL).times(1).error(400, "AccessDeniedException"));
    deny();
    let refused = show(&sandbox, &[]);
    assert_eq!(refused.code(), Some(1), "{refused}");
    for word in [
        "FSXL-A103",
        "AccessDeniedException",
        r#""Action": "ssm:GetParametersByPath""#,
        ":parameter/fsxlustre/prod/*",
        "config.json",
    ] {
        assert!(refused.stderr.contains(word), "{word}: {refused}");
    }
    show(&sandbox, &[]).assert_success();
    let asked = calls(&sandbox);
    age_by(&sandbox, 301);
    deny();
    let stale = show(&sandbox, &[]).assert_success();
    assert_eq!(setting(&stale, "mount.retry")["value"], 5);
    for word in ["warning: the settings below /fsxlustre/prod", "AccessDenied", "version 1, 30"] {
        assert!(stale.stderr.contains(word), "{word}: {stale}");
    }
    assert_eq!(calls(&sandbox), asked + 1);
    let at_once = show(&sandbox, &[]).assert_success();
    assert!(at_once.stderr.contains("failed less than 30 s ago"), "{at_once}");
    assert_eq!(calls(&sandbox), asked + 1, "not asked again at once");

    age_by(&sandbox, 90_000);
    deny();
    let too_old = show(&sandbox, &[]);
    assert_eq!(too_old.code(), Some(1), "{too_old}");
    for word in ["FSXL-A103", "the last answer is 90", "serves for 86400 s"] {
        assert!(too_old.stderr.contains(word), "{word}: {too_old}");
    }
    // What ends something or shows what is here does not ask.
    let asked = calls(&sandbox);
    sandbox.run(["fsxlustre", "status"]).assert_success();
    assert_eq!(calls(&sandbox), asked);
    show(&sandbox, &[]).assert_success();
}

#[test]
fn an_endpoint_that_hangs_costs_no_more_than_the_timeout() {
    let sandbox = sandbox();
    sandbox.write_file("/etc/fsxlustre/fsxlustre.d/z.toml", "[config]\ntimeout = 1\n");
    put(&sandbox, "1", &[("mount", "[mount]\nretry = 5\n")]);
    show(&sandbox, &[]).assert_success();
    age_by(&sandbox, 400);
    sandbox.inject_fault(&Fault::on(CALL).times(9).hang());
    let started = std::time::Instant::now();
    let stale = show(&sandbox, &[]).assert_success();
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert!(stale.stderr.contains("FSXL-A105"), "{stale}");
}

#[test]
fn a_set_that_changes_while_it_is_read_is_never_mixed() {
    let sandbox = sandbox();
    put(&sandbox, "1", &[("a", "[mount]\nretry = 1"), ("b", "[fleet]\nsize = 1")]);
    sandbox.inject_fault(&Fault::on(CALL).times(3).delay(Duration::from_secs(2)));
    let running = sandbox.spawn(["sh", "-c", "fsxlustre config show --json > /root/shown"]);
    // The pointer was answered, and the parts of version 1 are on their way.
    sleep(Duration::from_secs(3));
    put(&sandbox, "2", &[("a", "[mount]\nretry = 2"), ("b", "[fleet]\nsize = 2")]);
    for _ in 0..100 {
        if sandbox.run(["test", "-e", KEPT]).code() == Some(0) {
            break;
        }
        sleep(Duration::from_millis(100));
    }
    drop(running);
    let shown = show(&sandbox, &[]).assert_success();
    assert_eq!(setting(&shown, "mount.retry")["value"], 2);
    assert_eq!(setting(&shown, "fleet.size")["value"], 2);
    let paths: Vec<_> = sandbox
        .api_log()
        .iter()
        .filter(|request| request.operation.as_deref() == Some(CALL))
        .map(|request| request.body["Path"].as_str().unwrap_or_default().to_owned())
        .collect();
    let (one, two) = (format!("{PATH}/1"), format!("{PATH}/2"));
    assert_eq!(paths, [PATH, &one, PATH, &two, PATH], "read anew");
}

#[test]
fn a_version_that_is_changed_after_it_was_named_is_not_used() {
    let sandbox = sandbox();
    put(&sandbox, "1", &[("a", "[mount]\nretry = 1")]);
    sandbox.put_parameter_earlier(&format!("{PATH}/current"), 60);
    sandbox.put_parameter_earlier(&format!("{PATH}/1/a"), 60);
    show(&sandbox, &[]).assert_success();
    sandbox.put_parameter(&format!("{PATH}/1/a"), "String", "[mount]\nretry = 2");
    let kept = show(&sandbox, &["--refresh"]).assert_success();
    assert_eq!(setting(&kept, "mount.retry")["value"], 1, "{kept}");
    assert!(kept.stderr.contains("FSXL-C114"), "{kept}");
    let checked = sandbox.run(["fsxlustre", "config", "check"]);
    assert_eq!(checked.code(), Some(2), "{checked}");
    for word in ["FSXL-C114", "/fsxlustre/prod/1/a was put later", "current once more"] {
        assert!(checked.stderr.contains(word), "{word}: {checked}");
    }
    put(&sandbox, "1", &[]);
    let named = show(&sandbox, &["--refresh"]).assert_success();
    assert_eq!(setting(&named, "mount.retry")["value"], 2);
}

#[test]
fn a_set_that_is_not_there_says_what_to_put() {
    let sandbox = sandbox();
    let none = show(&sandbox, &[]);
    assert_eq!(none.code(), Some(1), "{none}");
    for word in ["FSXL-C114", "/fsxlustre/prod/current", "put-parameter --name"] {
        assert!(none.stderr.contains(word), "{word}: {none}");
    }
    sandbox.put_parameter(&format!("{PATH}/current"), "String", "9");
    let empty = show(&sandbox, &[]);
    assert!(empty.stderr.contains("below /fsxlustre/prod/9"), "{empty}");
    sandbox.put_parameter(&format!("{PATH}/current"), "String", "../../evil");
    let bad = show(&sandbox, &[]);
    assert!(bad.stderr.contains("FSXL-C114") && bad.stderr.contains("A-Za-z0-9._-"), "{bad}");
    // Without the set an unmount still works, and so does what shows the node.
    sandbox.run(["fsxlustre", "status"]).assert_success();
    sandbox.run(["fsxlustre", "umount", "/root"]).assert_success();
}

#[test]
fn the_mount_helper_uses_what_an_agent_was_told_without_the_agent() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    put(&sandbox, "1", &[("mount", "[mount]\nrequire_empty = true\n")]);
    sandbox.write_file("/mnt/fsx/file", "");
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    let rehearse = || sandbox.run(["mount.fsxlustre", &device, "/mnt/fsx", "-f"]);
    let before = rehearse();
    assert!(before.stderr.contains("none are kept here yet"), "{before}");
    assert_eq!(before.code(), Some(0), "{before}");
    show(&sandbox, &[]).assert_success();
    let asked = calls(&sandbox);
    let mount = || sandbox.run(["mount.fsxlustre", &device, "/mnt/fsx"]);
    let refused = mount();
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains("FSXL-M103"), "{refused}");
    assert_eq!(calls(&sandbox), asked, "nobody asked Parameter Store");
    // Others can write to what is kept: it counts as none.
    sandbox.run(["chmod", "666", KEPT]).assert_success();
    let foreign = rehearse();
    assert!(foreign.stderr.contains("none are kept here yet"), "{foreign}");
    sandbox.run(["chmod", "600", KEPT]).assert_success();
    age_by(&sandbox, 90_000);
    let old = mount();
    assert_eq!(old.code(), Some(0), "{old}");
    assert!(old.stderr.contains("too old"), "{old}");
}

/// At boot all nodes would ask at one moment: what is kept serves, and where nothing is kept each
/// asks in its turn, or says that its turn comes too late.
#[test]
fn at_boot_a_fleet_asks_in_turns() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    put(&sandbox, "1", &[("mount", "[mount]\nretry = 5\n")]);
    sandbox.write_file("/etc/fsxlustre/fsxlustre.d/fleet.toml", "[fleet]\nsize = 10000\n");
    let resolve = |caller: &str, timeout: &str| {
        sandbox.run(["fsxlustre", "resolve", "--for", caller, "--timeout", timeout, &made.id])
    };
    // The turn of this sandbox's instance is somewhere in 10,000 × 3 / 20 s.
    let late = resolve("boot", "21");
    assert!(late.stderr.contains("FSXL-A302") && late.stderr.contains("10000 nodes"), "{late}");
    assert_eq!(calls(&sandbox), 0, "nobody asked out of turn");
    // A person never waits.
    resolve("person", "30").assert_success();
    assert_eq!(calls(&sandbox), 3);
    age_by(&sandbox, 3600);
    let kept = sandbox.run(["fsxlustre", "resolve", "--for", "timer", "--timeout", "21", &made.id]);
    assert!(kept.stderr.contains("other nodes of the fleet may be asking"), "{kept}");
    assert_eq!(calls(&sandbox), 3, "what is kept serves");
    // A fleet that is small has short turns.
    sandbox.remove(KEPT);
    sandbox.write_file("/etc/fsxlustre/fsxlustre.d/fleet.toml", "[fleet]\nsize = 2\n");
    resolve("boot", "60").assert_success();
    assert_eq!(calls(&sandbox), 6);
}
