//! The sandbox and its AWS endpoint do what the journeys rely on.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use fsxlustre_tests::line::read_line;
use fsxlustre_tests::{Fault, FileSystem, Imds, Sandbox, Setup};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

const TOKEN: &str = "X-aws-ec2-metadata-token";
const TTL: &str = "X-aws-ec2-metadata-token-ttl-seconds";
const METADATA: &str = "http://169.254.169.254/latest";

/// Tells `an_owner_that_waits_to_be_killed` that it is one.
const OWNER: &str = "FSXLUSTRE_TESTS_OWNER";

/// A sandbox that needs nothing of the workspace but this package.
fn bare() -> Sandbox {
    Setup::bare().start().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn it_starts_fast() {
    let since = Instant::now();
    let sandbox = bare();
    let took = since.elapsed();
    println!("a sandbox starts in {took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    let since = Instant::now();
    drop(sandbox);
    println!("and ends in {:?}", since.elapsed());
}

#[test]
fn a_program_is_installed_and_the_host_is_untouched() {
    let to = "/usr/sbin/mount.sandbox-test";
    let before = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let sandbox = Setup::bare().install("/bin/true", to).start().unwrap();
    sandbox.run([to]).assert_success();
    sandbox.write_file("/etc/sandbox-test/a", "one\n");
    sandbox.append("/etc/sandbox-test/a", "two\n");
    assert_eq!(sandbox.read_file("/etc/sandbox-test/a"), "one\ntwo\n");
    sandbox.write_program("/usr/local/bin/sandbox-test", "#!/bin/sh\necho \"$GREETING\"\n");
    let greeting =
        sandbox.command(["sandbox-test"]).env("GREETING", "hello").run().assert_success();
    assert_eq!(greeting.stdout, "hello\n");
    sandbox.write_file("/var/run/sandbox-test", "through an absolute link\n");
    sandbox.remove("/etc/hostname");
    sandbox.run(["touch", "run/sandbox-relative"]).assert_success();
    sandbox.run(["test", "-e", "/run/sandbox-relative"]).assert_success();
    sandbox.run(["mkdir", "/mnt/sandbox-test"]).assert_success();
    sandbox.run(["mount", "-t", "tmpfs", "none", "/mnt/sandbox-test"]).assert_success();
    for path in [
        to,
        "/etc/sandbox-test",
        "/usr/local/bin/sandbox-test",
        "/run/sandbox-test",
        "/run/sandbox-relative",
        "/mnt/sandbox-test",
    ] {
        assert!(!Path::new(path).exists(), "{path} is on the host");
    }
    assert!(Path::new("/etc/hostname").exists());
    assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), before);
}

#[test]
fn the_configuration_points_into_the_sandbox() {
    let sandbox = bare();
    let stat =
        sandbox.run(["stat", "-c", "%U %a", "/etc/fsxlustre/fsxlustre.toml"]).assert_success();
    assert_eq!(stat.stdout, "root 644\n");
    sandbox.append_config("\n[mount]\ntimeout = 5\n");
    let config = sandbox.read_file("/etc/fsxlustre/fsxlustre.toml");
    assert!(config.contains("endpoint_url = \"http://127.0.0.1:4566\""), "{config}");
    assert!(config.ends_with("timeout = 5\n"), "{config}");
}

#[test]
fn a_command_has_a_status_a_clean_environment_and_a_deadline() {
    let sandbox = bare();
    assert_eq!(sandbox.run(["sh", "-c", "exit 3"]).code(), Some(3));
    assert_eq!(sandbox.run(["sh", "-c", "kill -9 $$"]).code(), Some(128 + 9));
    let environment = sandbox.command(["env"]).env("A", "b").run();
    assert_eq!(environment.stdout.lines().count(), 2, "{environment}");
    assert_eq!(sandbox.command(["cat"]).stdin("given").run().stdout, "given");
    let slow =
        sandbox.command(["sh", "-c", "echo begun; sleep 100"]).deadline(Duration::from_millis(300));
    let expired = slow.try_run().unwrap_err();
    assert_eq!(expired.output.stdout, "begun\n");
    assert!(expired.output.duration < Duration::from_secs(2), "{expired}");
    let inside = sandbox.run(["ps", "-e", "-o", "args="]).assert_success();
    assert!(!inside.stdout.contains("sleep 100"), "{inside}");
}

#[test]
fn a_command_that_leaves_a_child_behind_keeps_nobody_waiting() {
    let sandbox = bare();
    let output = sandbox.run(["sh", "-c", "sleep 100 & echo done"]).assert_success();
    assert_eq!(output.stdout, "done\n");
    assert!(output.duration < Duration::from_secs(2), "{output}");
}

#[test]
fn a_server_is_signalled_and_killed_on_drop() {
    let sandbox = bare();
    let script = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.02; done";
    let mut server = sandbox.spawn(["sh", "-c", script]);
    wait_until("the server is up", || server.stdout() == "up\n");
    server.signal(Signal::SIGTERM);
    let output = server.wait(Duration::from_secs(5)).unwrap();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(7), "up\nbye\n"));
    let other = sandbox.spawn(["sleep", "1234"]);
    wait_until("it sleeps", || {
        sandbox.run(["ps", "-e", "-o", "args="]).stdout.contains("sleep 1234")
    });
    drop(other);
    wait_until("it is gone", || {
        !sandbox.run(["ps", "-e", "-o", "args="]).stdout.contains("sleep 1234")
    });
}

#[test]
fn metadata_needs_a_token() {
    let sandbox = bare();
    let region = format!("{METADATA}/meta-data/placement/region");
    let role = format!("{METADATA}/meta-data/iam/security-credentials/");
    assert_eq!(sandbox.request("GET", &region).send().status, 401);
    assert_eq!(sandbox.request("PUT", &format!("{METADATA}/api/token")).send().status, 400);
    let answer = sandbox.request("PUT", &format!("{METADATA}/api/token")).header(TTL, "60").send();
    assert_eq!(answer.header(TTL), Some("60"), "{answer:?}");
    let get = |url: &str| sandbox.request("GET", url).header(TOKEN, &answer.body).send();
    assert_eq!(get(&region).body, "us-east-1");
    let credentials = get(&format!("{role}{}", get(&role).body));
    assert_eq!(credentials.json()["Code"], "Success");
    assert_eq!(
        get(&format!("{METADATA}/dynamic/instance-identity/document")).json()["region"],
        "us-east-1"
    );
    assert_eq!(get(&format!("{METADATA}/meta-data/tags/instance/")).status, 404);
    sandbox.set_metadata(&json!({"placement/region": "eu-west-1"}));
    assert_eq!(get(&region).body, "eu-west-1");
    sandbox.imds(Imds::Off);
    assert_eq!(get(&region).status, 403);
    sandbox.imds(Imds::Hang);
    let hung = sandbox.request("GET", &region).deadline(Duration::from_millis(300)).try_send();
    assert!(hung.is_err(), "{hung:?}");
}

#[test]
fn a_file_system_is_described_as_aws_does() {
    let sandbox = bare();
    let new = FileSystem::lustre().tag("Project", "genomics").version("2.12").lifecycle("CREATING");
    let made = sandbox.create_file_system(new);
    let digits = made.id.strip_prefix("fs-0").unwrap();
    assert!(
        digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{made:?}"
    );
    let described = sandbox.fsx("DescribeFileSystems", &json!({"FileSystemIds": [made.id]})).json();
    let shown = &described["FileSystems"][0];
    assert_eq!(shown["DNSName"], json!(made.dns_name));
    assert_eq!(shown["LustreConfiguration"]["MountName"], json!(made.mount_name));
    assert_eq!(shown["Lifecycle"], "CREATING");
    assert_eq!(shown["FileSystemTypeVersion"], "2.12");
    assert_eq!(shown["Tags"], json!([{"Key": "Project", "Value": "genomics"}]));
    for field in
        ["OwnerId", "CreationTime", "VpcId", "SubnetIds", "NetworkInterfaceIds", "ResourceARN"]
    {
        assert!(!shown[field].is_null(), "{field}: {shown}");
    }
    let changed =
        sandbox.set_file_system(&made.id, &json!({"Lifecycle": "AVAILABLE", "VpcId": null}));
    assert_eq!((&changed["Lifecycle"], &changed["VpcId"]), (&json!("AVAILABLE"), &Value::Null));
    let scratch = sandbox.create_file_system(FileSystem::lustre().deployment("SCRATCH_1"));
    assert_eq!(scratch.mount_name, "fsx");
    assert_ne!(scratch.nid, made.nid);
}

#[test]
fn names_resolve_from_the_hosts_file_alone() {
    let sandbox = bare();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let found = sandbox.run(["getent", "ahostsv4", &made.dns_name]).assert_success();
    assert!(found.stdout.starts_with("10.0.0.5 "), "{found}");
    let unknown =
        sandbox.run(["getent", "ahosts", "fs-00000000000000000.fsx.us-east-1.amazonaws.com"]);
    assert_eq!(unknown.code(), Some(2));
    assert!(unknown.duration < Duration::from_secs(1), "{unknown}");
}

#[test]
fn errors_are_those_of_aws_or_those_asked_for() {
    let sandbox = bare();
    let describe = |body: &Value| sandbox.fsx("DescribeFileSystems", body);
    let unknown = describe(&json!({"FileSystemIds": ["fs-00000000000000000"]}));
    assert_eq!((unknown.status, &unknown.json()["__type"]), (400, &json!("FileSystemNotFound")));
    sandbox
        .inject_fault(&Fault::on("DescribeFileSystems").times(2).error(400, "ThrottlingException"));
    assert_eq!(describe(&json!({})).json()["__type"], "ThrottlingException");
    assert_eq!(describe(&json!({})).status, 400);
    assert_eq!(describe(&json!({})).status, 200);
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").garbage());
    assert!(serde_json::from_str::<Value>(&describe(&json!({})).body).is_err());
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").delay(Duration::from_millis(400)));
    let since = Instant::now();
    assert_eq!(describe(&json!({})).status, 200);
    assert!(since.elapsed() >= Duration::from_millis(400));
    let unsigned = sandbox.request("POST", "http://127.0.0.1:4566/").body("{}").send();
    assert_eq!(unsigned.json()["__type"], "MissingAuthenticationToken");
    let operations = sandbox.api_log().into_iter().filter_map(|request| request.operation);
    assert_eq!(operations.filter(|operation| operation == "DescribeFileSystems").count(), 6);
}

#[test]
fn pages_may_be_short_or_empty() {
    let sandbox = bare();
    let made: BTreeSet<String> =
        (0..3).map(|_| sandbox.create_file_system(FileSystem::lustre()).id).collect();
    sandbox.set_pages(2, 1);
    let (mut sizes, mut found, mut token) = (Vec::new(), BTreeSet::new(), Value::Null);
    loop {
        let body = if token.is_null() { json!({}) } else { json!({"NextToken": token}) };
        let page = sandbox.fsx("DescribeFileSystems", &body).json();
        let ids =
            page["FileSystems"].as_array().unwrap().iter().map(|shown| &shown["FileSystemId"]);
        let ids: Vec<String> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
        sizes.push(ids.len());
        found.extend(ids);
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(sizes, [0, 2, 1]);
    assert_eq!(found, made);
}

#[test]
fn parameters_are_kept() {
    let sandbox = bare();
    let put = sandbox
        .ssm("PutParameter", &json!({"Name": "/fsxlustre/a", "Value": "b", "Type": "String"}));
    assert_eq!(put.status, 200, "{put:?}");
    let got = sandbox.ssm("GetParametersByPath", &json!({"Path": "/fsxlustre"})).json();
    assert_eq!(got["Parameters"][0]["Value"], "b");
}

#[test]
fn several_live_side_by_side() {
    let (one, other) = thread::scope(|scope| {
        let one = scope.spawn(bare);
        (bare(), one.join().unwrap())
    });
    let made = one.create_file_system(FileSystem::lustre());
    let unknown = other.fsx("DescribeFileSystems", &json!({"FileSystemIds": [made.id]}));
    assert_eq!(unknown.json()["__type"], "FileSystemNotFound");
}

#[test]
fn dropping_it_leaves_nothing() {
    let sandbox = bare();
    let namespaces = namespaces_of(sandbox.init().as_raw());
    let _sleeper = sandbox.spawn(["sleep", "100"]);
    sandbox.run(["sh", "-c", "setsid sleep 100 & mount -t tmpfs none /mnt"]).assert_success();
    assert!(!users_of(&namespaces).is_empty());
    drop(sandbox);
    assert_eq!(users_of(&namespaces), Vec::<PathBuf>::new());
}

#[test]
fn killing_its_owner_leaves_nothing() {
    let mut owner = owner();
    let namespaces = namespaces_of(said_init(&mut owner));
    assert!(!users_of(&namespaces).is_empty());
    owner.kill().unwrap();
    assert_eq!(owner.wait().unwrap().signal(), Some(9));
    wait_until("its namespaces are gone", || users_of(&namespaces).is_empty());
}

/// Not a test by itself: `killing_its_owner_leaves_nothing` runs it in a process of its own.
#[test]
fn an_owner_that_waits_to_be_killed() {
    if env::var_os(OWNER).is_some() {
        let sandbox = bare();
        sandbox.run(["sh", "-c", "setsid sleep 100 & mount -t tmpfs none /mnt"]).assert_success();
        println!("\ninit {}", sandbox.init());
        thread::sleep(Duration::from_mins(1));
    }
}

fn owner() -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "an_owner_that_waits_to_be_killed", "--nocapture"])
        .env(OWNER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The number in the owner's line `init NUMBER`, after what the test runner prints.
fn said_init(owner: &mut Child) -> i32 {
    let stdout = owner.stdout.as_mut().unwrap();
    loop {
        let line = read_line(stdout, Duration::from_mins(1)).unwrap();
        if let Some(pid) = line.strip_prefix("init ") {
            return pid.parse().unwrap();
        }
    }
}

fn namespaces_of(pid: i32) -> Vec<PathBuf> {
    ["pid", "mnt", "net"]
        .iter()
        .map(|kind| fs::read_link(format!("/proc/{pid}/ns/{kind}")).unwrap())
        .collect()
}

/// The processes on this machine that are in one of these namespaces, and so keep its mounts.
fn users_of(namespaces: &[PathBuf]) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let is_user = |process: &PathBuf| {
        ["pid", "mnt", "net"].iter().any(|kind| {
            fs::read_link(process.join("ns").join(kind))
                .is_ok_and(|found| namespaces.contains(&found))
        })
    };
    processes.filter(is_user).collect()
}

#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
