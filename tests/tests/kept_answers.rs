//! Answers that are kept: how long they serve, whom, and when nobody may have them. By the real
//! programs, with the real SDK against the HTTP endpoint.

use fsxlustre_tests::{Fault, FileSystem, Output, Sandbox};
use serde_json::{Value, json};

const DIRECTORY: &str = "/mnt/genomics";
const SOURCE: &str = "tag:Project:genomics";
const TAGS: &str = "/var/cache/fsxlustre/tags";
/// More than any policy tries.
const ALWAYS: u32 = 10_000;

fn genomics() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    (sandbox, made)
}

fn mount(sandbox: &Sandbox, source: &str) -> Output {
    sandbox.run(["mount", "-t", "fsxlustre", source, DIRECTORY])
}

fn resolve(sandbox: &Sandbox, source: &str, caller: &str) -> Output {
    let caller = format!("--for={caller}");
    sandbox.run(["fsxlustre", "resolve", "--json", "--timeout=20", &caller, source])
}

fn json_of(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// How often the FSx API was asked since the log was emptied.
fn calls(sandbox: &Sandbox) -> usize {
    let log = sandbox.api_log();
    log.iter().filter(|request| request.operation.as_deref() == Some("DescribeFileSystems")).count()
}

/// Makes the only answer for tags so old.
fn age(sandbox: &Sandbox, seconds: u64) {
    let name = sandbox.run(["ls", TAGS]).assert_success().stdout.trim().to_owned();
    let path = format!("{TAGS}/{name}");
    let mut answer: Value = serde_json::from_str(&sandbox.read_file(&path)).unwrap();
    let now = sandbox.run(["date", "+%s"]).stdout.trim().parse::<u64>().unwrap();
    answer["asked_unix_seconds"] = json!(now - seconds);
    sandbox.write_file(&path, &answer.to_string());
}

/// The API fails from now on.
fn break_api(sandbox: &Sandbox) {
    let fault = Fault::on("DescribeFileSystems").error(503, "ServiceUnavailable");
    sandbox.inject_fault(&fault.times(ALWAYS));
}

#[test]
fn the_last_answer_serves_with_a_warning_until_it_is_too_old() {
    let (sandbox, made) = genomics();
    resolve(&sandbox, SOURCE, "person").assert_success();
    break_api(&sandbox);
    for (caller, seconds, serves) in [
        ("fstab", 86_390, true),
        ("fstab", 86_401, false),
        ("job", 890, true),
        ("job", 901, false),
        ("person", 86_390, true),
    ] {
        age(&sandbox, seconds);
        let told = resolve(&sandbox, SOURCE, caller);
        assert_eq!(told.is_success(), serves, "{caller} {seconds}: {told}");
        let answer = json_of(&told);
        if serves {
            assert_eq!(answer["id"], made.id);
            assert_eq!(answer["origin"]["from"], "stale-cache");
            assert_eq!(answer["lifecycle"], "UNKNOWN", "it changes, so it is not kept");
            assert!(answer["origin"]["age_seconds"].as_u64().unwrap() >= seconds, "{told}");
            assert!(answer["warnings"][0].as_str().unwrap().contains("the last answer serves"));
        } else {
            assert_eq!(answer["code"], "FSXL-A104", "{told}");
            assert!(told.stdout.contains("s old, and may be"), "{told}");
        }
    }
}

#[test]
fn a_mount_by_a_stale_answer_says_so_then_and_in_status() {
    let (sandbox, made) = genomics();
    mount(&sandbox, SOURCE).assert_success();
    sandbox.run(["umount", DIRECTORY]).assert_success();
    break_api(&sandbox);
    age(&sandbox, 3600);
    let mounted = mount(&sandbox, SOURCE).assert_success();
    assert!(mounted.stderr.contains("the last answer serves"), "{mounted}");
    assert!(mounted.stderr.contains(&made.id), "{mounted}");
    let status = sandbox.run(["fsxlustre", "status"]).assert_success();
    assert!(
        status.stdout.contains("found in a stale cache, by an answer of 60 min ago"),
        "{status}"
    );
    let json = json_of(&sandbox.run(["fsxlustre", "status", "--json"]));
    let record = &json["directories"][0]["record"];
    assert_eq!(record["origin"], "stale-cache", "{json}");
    assert!(record["answer_age_seconds"].as_u64().unwrap() >= 3600, "{json}");
}

#[test]
fn a_refusal_and_an_answer_that_names_nothing_are_never_papered_over() {
    let (sandbox, made) = genomics();
    resolve(&sandbox, SOURCE, "person").assert_success();
    let denied = Fault::on("DescribeFileSystems").error(400, "AccessDeniedException");
    sandbox.inject_fault(&denied.times(ALWAYS));
    let refused = resolve(&sandbox, SOURCE, "fstab");
    assert_eq!(json_of(&refused)["code"], "FSXL-A103", "{refused}");
    sandbox.reset_api();
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "DELETING"}));
    let gone = resolve(&sandbox, SOURCE, "fstab");
    assert!(!gone.is_success() && gone.stdout.contains("DELETING"), "{gone}");
}

#[test]
fn tags_are_asked_anew_by_a_person_and_by_fstab_and_once_a_minute_by_jobs() {
    let (sandbox, _) = genomics();
    resolve(&sandbox, SOURCE, "person").assert_success();
    for (caller, asks) in [("person", 1), ("fstab", 1), ("boot", 1), ("ssm", 1), ("job", 0)] {
        sandbox.reset_api();
        let told = resolve(&sandbox, SOURCE, caller).assert_success();
        assert_eq!(calls(&sandbox), asks, "{caller}");
        let from = if asks == 0 { "cache" } else { "api" };
        assert_eq!(json_of(&told)["origin"]["from"], from, "{told}");
    }
    age(&sandbox, 61);
    resolve(&sandbox, SOURCE, "job").assert_success();
    assert_eq!(calls(&sandbox), 1);
    // Another question has another answer.
    let other = ["fsxlustre", "resolve", "--for=job", "--prefer=newest", SOURCE];
    sandbox.run(other).assert_success();
    assert_eq!(calls(&sandbox), 2);
}

#[test]
fn a_known_id_is_mounted_without_the_api_and_its_end_is_named() {
    let (sandbox, made) = genomics();
    mount(&sandbox, &made.id).assert_success();
    sandbox.run(["umount", DIRECTORY]).assert_success();
    sandbox.reset_api();
    mount(&sandbox, &made.id).assert_success();
    assert_eq!(calls(&sandbox), 0);
    sandbox.run(["umount", DIRECTORY]).assert_success();

    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "DELETING"}));
    sandbox.client_fault("replay:wrong_fsname_retry0", true);
    let options = "timeout=20,retry=0";
    let words = ["mount", "-t", "fsxlustre", "-o", options, &made.id, DIRECTORY];
    let failed = sandbox.run(words);
    assert_eq!(failed.code(), Some(32), "{failed}");
    assert!(failed.stderr.contains("FSXL-A204"), "{failed}");
    assert!(failed.stderr.contains("DELETING"), "{failed}");
    assert_eq!(calls(&sandbox), 1, "it is asked once");
}

#[test]
fn torn_and_foreign_files_of_the_cache_cost_a_call_and_nothing_else() {
    let (sandbox, made) = genomics();
    resolve(&sandbox, SOURCE, "person").assert_success();
    let tag_file = format!("{TAGS}/{}", sandbox.run(["ls", TAGS]).stdout.trim());
    let id_file = format!("/var/cache/fsxlustre/ids/{}.json", made.id);
    let modes = sandbox.run(["stat", "-c", "%a %U", "/var/cache/fsxlustre"]);
    assert_eq!(modes.stdout, "700 root\n");
    for path in [&tag_file, &id_file] {
        let whole = sandbox.read_file(path);
        let torn = whole.get(..whole.len() / 2).unwrap().to_owned();
        for spoil in [
            format!("printf '%s' '{torn}' > {path}"),
            format!(": > {path}"),
            format!("rm {path}; ln -s /etc/passwd {path}"),
            format!("rm {path}; mkfifo {path}"),
            format!("rm -f {path}; echo '{whole}' > {path}; chown 65534 {path}"),
            format!("rm -f {path}; echo '{whole}' > {path}; chmod 666 {path}"),
        ] {
            sandbox.run(["sh", "-c", &spoil]).assert_success();
            sandbox.reset_api();
            let source = if *path == tag_file { SOURCE } else { made.id.as_str() };
            let told = resolve(&sandbox, source, "job").assert_success();
            assert_eq!(json_of(&told)["origin"]["from"], "api", "{spoil}: {told}");
            sandbox.run(["rm", "-f", path]).assert_success();
        }
    }
}
