//! The configuration: where each value came from, what is wrong, and what Parameter Store may say.

use fsxlustre_tests::{Output, Sandbox};
use serde_json::Value;

const MAIN: &str = "/etc/fsxlustre/fsxlustre.toml";
const DROP_IN: &str = "/etc/fsxlustre/fsxlustre.d/50-site.toml";

fn show(sandbox: &Sandbox, words: &[&str]) -> Value {
    let words = [&["fsxlustre", "config", "show", "--json"], words].concat();
    let output = sandbox.run(words).assert_success();
    serde_json::from_str(&output.stdout).expect("one JSON object")
}

fn setting(shown: &Value, key: &str) -> Value {
    let settings = shown["settings"].as_array().expect("a list");
    settings.iter().find(|one| one["key"] == key).expect(key).clone()
}

#[test]
fn show_prints_value_origin_and_default() {
    let sandbox = Sandbox::start();
    sandbox.write_file(
        DROP_IN,
        "[mount]\ntimeout = 33\n\n[layout.profiles.large]\nstripe_count = 4\nstripe_size = '4MiB'\n\
         \n[[jobs.mount]]\nsource = 'name:x'\ndirectory = '/mnt/x'\n",
    );
    let shown = show(&sandbox, &["--path.procfs=/p"]);
    let timeout = setting(&shown, "mount.timeout");
    assert_eq!(timeout["value"], 33);
    assert_eq!(timeout["default"], "80");
    assert_eq!(timeout["unit"], "seconds");
    assert_eq!(timeout["origin"]["path"], DROP_IN);
    assert_eq!(timeout["origin"]["line"], 2);
    assert_eq!(setting(&shown, "host.sysfs")["origin"]["path"], MAIN);
    assert_eq!(setting(&shown, "host.procfs")["origin"]["from"], "command-line");
    assert_eq!(setting(&shown, "mount.retry")["origin"]["from"], "default");
    assert_eq!(setting(&shown, "layout.profiles.large.stripe_count")["origin"]["line"], 5);
    assert_eq!(setting(&shown, "jobs.mount[0].directory")["value"], "/mnt/x");
    let text = sandbox.run(["fsxlustre", "config", "show", "mount"]).assert_success().stdout;
    let line = text.lines().find(|line| line.starts_with("mount.timeout")).expect("the line");
    let words: Vec<_> = line.split_whitespace().collect();
    let origin = format!("{DROP_IN}:2");
    assert_eq!(words, ["mount.timeout", "33", "seconds", origin.as_str(), "80"], "{text}");
    assert!(!text.contains("host.procfs"), "{text}");
}

#[test]
fn files_are_read_in_one_order() {
    let sandbox = Sandbox::start();
    for (file, retry) in
        [("b.toml", 2), ("a.toml", 1), ("fsxlustre.d/0.toml", 3), ("c.toml.bak", 9)]
    {
        sandbox
            .write_file(&format!("/etc/fsxlustre/{file}"), &format!("[mount]\nretry = {retry}\n"));
        let wanted = if retry == 1 { 2 } else { retry.min(3) };
        let retry = setting(&show(&sandbox, &[]), "mount.retry");
        assert_eq!(retry["value"], wanted, "{file}: {retry}");
    }
    sandbox.append_config("\n[mount]\nretry = 4\n");
    sandbox.remove("/etc/fsxlustre/fsxlustre.d/0.toml");
    let retry = setting(&show(&sandbox, &[]), "mount.retry");
    assert_eq!(retry["origin"]["path"], "/etc/fsxlustre/b.toml", "{retry}");
}

fn check(sandbox: &Sandbox, words: &[&str]) -> Output {
    sandbox.run([&["fsxlustre", "config", "check"], words].concat())
}

#[test]
fn check_names_every_mistake_with_its_line_and_the_nearest_key() {
    let sandbox = Sandbox::start();
    let good = check(&sandbox, &[]).assert_success();
    assert_eq!(good.stdout, format!("no mistakes in {MAIN}\n"));

    sandbox.write_file(DROP_IN, "[mount]\ntimeuot = 33\nretry = 'x'\n\n[exprter]\na = 1\n");
    sandbox.write_file("/etc/fsxlustre/fsxlustre.d/60.toml", "[mount\n");
    let bad = check(&sandbox, &[]);
    assert_eq!(bad.code(), Some(1), "{bad}");
    for line in [
        "50-site.toml:2: mount.timeuot: there is no such setting; did you mean mount.timeout?",
        "50-site.toml:3: mount.retry: it takes 0 to 99 attempts",
        "50-site.toml:5: exprter: there is no such setting; did you mean exporter?",
        "60.toml:1: it is not valid TOML",
    ] {
        assert!(bad.stdout.contains(line), "{line}: {bad}");
    }
    assert_eq!(bad.stdout.lines().count(), 4, "{bad}");
    let json: Value = serde_json::from_str(&check(&sandbox, &["--json"]).stdout).expect("JSON");
    assert_eq!(json["mistakes"][0]["did_you_mean"], "mount.timeout");
    assert_eq!(json["mistakes"][0]["line"], 2);

    // What reads the configuration stops at the first, and says how to see the others.
    let refused = sandbox.run(["fsxlustre", "status"]);
    assert_eq!(refused.code(), Some(2), "{refused}");
    for word in ["FSXL-C112", "line 2: mount.timeuot", "and 3 more", "fsxlustre config check"] {
        assert!(refused.stderr.contains(word), "{word}: {refused}");
    }
    sandbox.run(["chmod", "o+w", DROP_IN]).assert_success();
    let untrusted = check(&sandbox, &[]);
    assert_eq!(untrusted.code(), Some(2), "{untrusted}");
    assert!(untrusted.stderr.contains("chmod go-w") && untrusted.stdout.contains("60.toml:1"));
}

#[test]
fn a_file_that_is_not_installed_yet_is_checked_by_itself() {
    let sandbox = Sandbox::start();
    sandbox.write_file("/root/new.toml", "[aws]\nregoin = 'us-east-1'\n");
    let bad = check(&sandbox, &["/root/new.toml"]);
    assert_eq!(bad.code(), Some(1), "{bad}");
    assert!(bad.stdout.contains("/root/new.toml:2: aws.regoin"), "{bad}");
    assert!(bad.stdout.contains("did you mean aws.region?"), "{bad}");
    assert_eq!(check(&sandbox, &["/root/none.toml"]).code(), Some(2));
}

#[test]
fn the_mount_helper_names_the_nearest_key_and_does_not_mind_the_agents_sections() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", "-p", "/mnt/fsx"]).assert_success();
    let mount = || sandbox.run(["mount.fsxlustre", "10.0.0.5@tcp:/abcdefgh", "/mnt/fsx", "-f"]);
    sandbox.write_file(DROP_IN, "[exporter]\nlisten = 3\n");
    mount().assert_success();
    sandbox.write_file(DROP_IN, "[mount]\nverfy = 'stat'\n");
    let refused = mount();
    assert_eq!(refused.code(), Some(2), "{refused}");
    for word in ["FSXL-C112", DROP_IN, "line 2", "did you mean mount.verify?"] {
        assert!(refused.stderr.contains(word), "{word}: {refused}");
    }
}
