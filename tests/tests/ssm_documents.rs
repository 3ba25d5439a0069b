//! Every document of `packaging/ssm`, run as the agent of Systems Manager runs it: good parameters, hostile
//! ones, killed in the middle, twice, on ten nodes at once, by an old agent, and over a reboot.

use fsxlustre_tests::ssm::{Agent, Document, Invocation, Version};
use fsxlustre_tests::{FileSystem, Running, Sandbox, Setup};
use serde_json::Value;
use std::sync::Barrier;
use std::time::Duration;

const ON: &str = "/mnt/genomics";
const DEVICE: &str = "10.0.0.5@tcp:/abcdefgh";
const STATE: &str = "/var/lib/fsxlustre/ssm/work";

/// A node without an AWS endpoint, whose client is whole.
fn node() -> (Sandbox, Running) {
    let node =
        Setup::standard().aws_of("127.0.0.1:1").start().unwrap_or_else(|error| panic!("{error}"));
    node.serve_file_system(&FileSystem::of_device("abcdefgh", "10.0.0.5"), 4);
    let servers = node.answering_servers();
    (node, servers)
}

fn run(node: &Sandbox, name: &str, given: &[(&str, &str)]) -> Invocation {
    Agent::of(node).run(&Document::packaged(&format!("FsxLustre-{name}")), given)
}

/// The verdict and the exit status; the output is what the service keeps whole, and nothing else.
#[track_caller]
fn verdict(told: &Invocation) -> (i32, String) {
    assert_eq!((told.refused.as_deref(), told.stderr.as_str()), (None, ""), "{told:?}");
    assert!(told.stdout.len() <= 2400, "{}", told.stdout.len());
    assert_eq!(told.output(), told.stdout);
    let is_plain = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    assert!(told.stdout.bytes().all(is_plain), "{told:?}");
    assert_eq!(told.json()["exit"], told.code, "{told:?}");
    (told.code, told.verdict().to_owned())
}

#[track_caller]
fn assert_verdict(told: &Invocation, code: i32, line: &str) {
    assert_eq!(verdict(told), (code, line.to_owned()), "{told:?}");
}

fn mount(node: &Sandbox) {
    let given = [("Source", DEVICE), ("Directory", ON), ("MakeDirectory", "true")];
    assert_verdict(&run(node, "Mount", &given), 0, "PASS mount: mounted");
}

fn count_of_mounts(node: &Sandbox) -> usize {
    let table = node.read_file("/proc/self/mountinfo");
    table.lines().filter(|line| line.contains(" fuse.lustre ")).count()
}

#[test]
fn each_document_does_its_work_and_doing_it_again_is_fine() {
    let (node, _servers) = node();
    mount(&node);
    let given = [("Source", DEVICE), ("Directory", ON)];
    assert_verdict(&run(&node, "Mount", &given), 0, "PASS mount: already");
    assert_eq!(count_of_mounts(&node), 1);
    let status: Value =
        serde_json::from_str(&node.run(["fsxlustre", "status", "--json"]).stdout).expect("JSON");
    assert_eq!(status["directories"][0]["record"]["made_by"], "ssm");

    let (code, line) = verdict(&run(&node, "Check", &[("Only", "lnet_up,client_programs")]));
    assert_eq!((code, line.as_str()), (0, "PASS check: healthy"));
    node.run(["mkdir", "/mnt/genomics/results"]).assert_success();
    let given = [("Directory", "/mnt/genomics/results"), ("Profile", "shared-file")];
    assert_verdict(&run(&node, "ApplyLayout", &given), 0, "PASS apply-layout: 1 set");
    assert_verdict(&run(&node, "ApplyLayout", &given), 0, "PASS apply-layout: 1 holds");
    let profile = ("Profile", "aws-documented");
    let differs = "WARN tune: settings differ from what is wanted or was set";
    assert_verdict(&run(&node, "Tune", &[profile]), 3, differs);
    assert_verdict(&run(&node, "Tune", &[profile, ("Action", "apply")]), 0, "PASS tune: as wanted");
    assert_verdict(&run(&node, "Tune", &[("Action", "show")]), 0, "PASS tune: as wanted");
    assert_verdict(&run(&node, "Tune", &[("Action", "revert")]), 0, "PASS tune: as wanted");

    let bundle = run(&node, "SupportBundle", &[]);
    assert_verdict(&bundle, 0, "PASS support-bundle: written; it is sent nowhere");
    let told = bundle.json();
    let about = node.run(["stat", "-c", "%a %u %s", told["file"].as_str().expect("a file")]);
    assert_eq!(about.stdout.trim(), format!("600 0 {}", told["bytes"]));

    let given = [("Directory", ON)];
    assert_verdict(&run(&node, "Unmount", &given), 0, "PASS unmount: 1 unmounted");
    assert_verdict(&run(&node, "Unmount", &given), 0, "PASS unmount: 1 not-mounted");
    assert_eq!(count_of_mounts(&node), 0);
    let nothing = "PASS install-client: nothing has to be installed";
    assert_verdict(&run(&node, "InstallClient", &[("PlanOnly", "true")]), 0, nothing);
    let kept = node.run(["stat", "-c", "%a %u", &format!("{STATE}/mount:mnt:genomics.json")]);
    assert_eq!(kept.stdout.trim(), "600 0");
}

#[test]
fn a_failure_keeps_its_exit_status_and_says_what_to_do() {
    let (node, _servers) = node();
    let missing = run(&node, "Mount", &[("Source", DEVICE), ("Directory", ON)]);
    assert_verdict(&missing, 32, "FAIL mount: FSXL-M101 The mount point does not exist.");
    assert!(
        missing.json()["do"].as_str().is_some_and(|text| text.contains("mkdir")),
        "{missing:?}"
    );
    let unknown = run(&node, "Check", &[("Only", "breakfast")]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    let given = [("Directory", "/mnt"), ("Profile", "nobody-has-it")];
    let (code, line) = verdict(&run(&node, "ApplyLayout", &given));
    assert_eq!(code, 1);
    assert!(line.starts_with("FAIL apply-layout: FSXL-L102"), "{line}");
    node.append_config("\nbreakfast = 1\n");
    let broken = run(&node, "Mount", &[("Source", DEVICE), ("Directory", ON)]);
    let (code, line) = verdict(&broken);
    assert_eq!((code, line.starts_with("FAIL mount: FSXL-C112")), (2, true), "{broken:?}");
    node.run(["umount", "/usr/bin/fsxlustre"]).assert_success();
    node.remove("/usr/bin/fsxlustre");
    for name in ["Check", "Tune", "InstallClient"] {
        let told = run(&node, name, &[]);
        let line = format!("FAIL FsxLustre-{name}: fsxlustre is not installed on this node");
        assert_eq!((told.code, told.verdict()), (74, line.as_str()));
    }
}

const NAMES: [&str; 7] =
    ["Check", "Mount", "Unmount", "ApplyLayout", "Tune", "InstallClient", "SupportBundle"];

/// What is needed for a call.
fn needed(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "Mount" => &[("Source", DEVICE), ("Directory", ON)],
        "Unmount" | "ApplyLayout" => &[("Directory", ON)],
        _ => &[],
    }
}

#[test]
fn an_old_agent_is_refused_before_anything_is_done() {
    let (node, _servers) = node();
    for name in NAMES {
        let document = Document::packaged(&format!("FsxLustre-{name}"));
        let told = Agent::of(&node).version(Version::Old).run(&document, needed(name));
        assert_eq!(told.code, 73, "{told:?}");
        let line = told.verdict();
        assert!(line.starts_with(&format!("FAIL FsxLustre-{name}: the SSM Agent")), "{line}");
        assert!(line.contains("3.3.2746.0"), "{line}");
    }
    assert_eq!(count_of_mounts(&node), 0);
    assert_ne!(node.run(["test", "-e", STATE]).code(), Some(0));
}

/// Values that mean something to a shell, to a program's arguments, to a path or to a reader.
fn hostile() -> Vec<String> {
    let plain = [
        "$(touch /mnt/owned)",
        "`touch /mnt/owned`",
        "a; touch /mnt/owned",
        "a\ntouch /mnt/owned",
        "fs-0123456789abcdef0\n",
        "' ; touch /mnt/owned ; '",
        "\" ; touch /mnt/owned ; \"",
        "\\$(touch /mnt/owned)",
        "--help",
        "-o",
        "{{ssm:secret}}",
        "/mnt/../etc",
        "/etc",
        "/",
        "\u{1b}[2J\u{e9}",
    ];
    plain.into_iter().map(str::to_owned).chain(["x".repeat(4096)]).collect()
}

#[test]
fn hostile_parameters_are_refused_by_the_patterns_and_by_the_program_too() {
    let (node, _servers) = node();
    let free = [
        "Source",
        "Directory",
        "Options",
        "Profile",
        "Only",
        "Region",
        "FileSystemId",
        "TimeoutSeconds",
        "Gate",
        "Action",
        "AllowBusy",
        "Reload",
        "PlanOnly",
        "Detail",
    ];
    for name in NAMES {
        let document = Document::packaged(&format!("FsxLustre-{name}"));
        let open = document.clone().without_patterns();
        let declared = document.parameters(needed(name)).expect("its parameters");
        for parameter in free.into_iter().filter(|one| declared.contains_key(*one)) {
            for (place, value) in hostile().iter().enumerate() {
                let mut given: Vec<_> = needed(name).to_vec();
                given.retain(|(one, _)| *one != parameter);
                given.push((parameter, value));
                let by_pattern = document.parameters(&given);
                let is_system = matches!(value.as_str(), "/mnt/../etc" | "/etc");
                let is_path = parameter == "Directory" && is_system;
                assert!(by_pattern.is_err() || is_path, "{name} {parameter} {value:?}");
                // Each parameter is run with some of them: a call takes its time.
                if place % 4 != parameter.len() % 4 && !is_system {
                    continue;
                }
                let told = Agent::of(&node).run(&open, &given);
                let (code, line) = verdict(&told);
                assert_eq!(code, 2, "{name} {parameter} {value:?}: {told:?}");
                assert!(line.contains("FSXL-C151"), "{line}");
                let what = told.json()["what"].to_string();
                assert!(what.contains(parameter), "{what}");
            }
        }
    }
    assert_ne!(node.run(["test", "-e", "/mnt/owned"]).code(), Some(0));
    assert_eq!(count_of_mounts(&node), 0);
}

/// How many processes do the work of mounts.
fn workers(node: &Sandbox) -> String {
    let script = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c '^mount:mnt'";
    node.run(["bash", "-c", script]).stdout.trim().to_owned()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..300 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("it never came: {what}");
}

#[test]
fn a_script_that_is_killed_leaves_its_work_and_the_next_call_reports_it() {
    let (node, _servers) = node();
    node.client_fault("mount-hang", true);
    let given = [("Source", DEVICE), ("Directory", ON), ("MakeDirectory", "true")];
    let document = Document::packaged("FsxLustre-Mount");
    let impatient = Agent::of(&node).time_out(Duration::from_secs(4));
    for _ in 0..2 {
        let killed = impatient.run(&document, &given);
        assert_eq!((killed.status, killed.code), ("TimedOut", 137), "{killed:?}");
        assert_eq!(workers(&node), "1", "the second call waits for the work of the first");
    }
    let other = [("Source", "10.0.0.6@tcp:/hgfedcba"), ("Directory", ON)];
    let busy = "BUSY mount: other work of this document goes on";
    assert_verdict(&run(&node, "Mount", &other), 71, busy);
    let elsewhere = [("Source", DEVICE), ("Directory", "/mnt/none")];
    let (code, _) = verdict(&run(&node, "Mount", &elsewhere));
    assert_eq!(code, 32, "another directory is other work, and is tried");

    node.client_fault("mount-hang", false);
    wait_until("the mount", || count_of_mounts(&node) == 1 && workers(&node) == "0");
    let told = run(&node, "Mount", &given);
    assert_verdict(&told, 0, "PASS mount: mounted");
    assert!(told.json()["begun_seconds_ago"].is_u64(), "{told:?}");
    // That was told, so this is a call of its own.
    let told = run(&node, "Mount", &given);
    assert_verdict(&told, 0, "PASS mount: already");
    assert!(told.json()["begun_seconds_ago"].is_null(), "{told:?}");
}

#[test]
fn work_whose_process_was_killed_is_done_again() {
    let (node, _servers) = node();
    node.client_fault("mount-hang", true);
    let given = [("Source", DEVICE), ("Directory", ON), ("MakeDirectory", "true")];
    let document = Document::packaged("FsxLustre-Mount");
    let killed = Agent::of(&node).time_out(Duration::from_secs(4)).run(&document, &given);
    assert_eq!(killed.code, 137, "{killed:?}");
    let script = "for p in /proc/[0-9]*; do tr '\\0' '\\n' <$p/cmdline 2>/dev/null | grep -q '^mount:mnt' \
                  && kill -9 ${p#/proc/}; done; :";
    node.run(["bash", "-c", script]).assert_success();
    node.client_fault("mount-hang", false);
    let (code, line) = verdict(&run(&node, "Mount", &given));
    assert_eq!((code, line.starts_with("PASS mount: ")), (0, true), "{line}");
    assert_eq!(count_of_mounts(&node), 1);
}

#[test]
fn a_node_that_is_used_is_left_alone_unless_it_is_said() {
    let (node, _servers) = node();
    mount(&node);
    let holder = node.spawn(["sh", "-c", &format!("cd {ON} && exec sleep 300")]);
    let in_use = "in use: holders; nothing was done";
    let given = [("Directory", ON)];
    let refused = run(&node, "Unmount", &given);
    assert_verdict(&refused, 71, &format!("BUSY unmount: {in_use}"));
    let held = &refused.json()["in_use"]["holders"][0];
    assert_eq!(held["directory"], ON);
    assert!(held["such_as"].as_str().is_some_and(|text| text.contains("sleep")), "{held}");
    assert_verdict(
        &run(&node, "InstallClient", &[]),
        71,
        &format!("BUSY install-client: {in_use}"),
    );
    let reload = [("Action", "apply"), ("Profile", "aws-documented"), ("Reload", "true")];
    assert_verdict(&run(&node, "Tune", &reload), 71, &format!("BUSY tune: {in_use}"));
    let gate = run(&node, "Check", &[("Gate", "reboot")]);
    assert_verdict(&gate, 71, "BUSY check: in use: holders");
    // What needs no idle node is done.
    let tune = [("Action", "apply"), ("Profile", "aws-documented")];
    assert_verdict(&run(&node, "Tune", &tune), 0, "PASS tune: as wanted");
    // It is tried, and never forced.
    let busy = run(&node, "Unmount", &[("Directory", ON), ("AllowBusy", "true")]);
    let (code, line) = verdict(&busy);
    assert_eq!((code, count_of_mounts(&node)), (32, 1), "{busy:?}");
    assert!(line.starts_with("FAIL unmount: FSXL-U101"), "{line}");
    drop(holder);
    assert_verdict(&run(&node, "Unmount", &given), 0, "PASS unmount: 1 unmounted");
}

#[test]
fn a_lease_is_in_the_way_without_any_process() {
    let (node, _servers) = node();
    node.append_config(&format!("\n[[jobs.mount]]\nsource = \"{DEVICE}\"\ndirectory = \"{ON}\"\n"));
    let job = |verb: &str| {
        let command = node.command(["fsxlustre", "job", verb]);
        command.env("SLURM_CLUSTER_NAME", "prod").env("SLURM_JOB_ID", "17").run().assert_success();
    };
    job("start");
    let refused = run(&node, "Unmount", &[("Directory", ON)]);
    assert_verdict(&refused, 71, "BUSY unmount: in use: leases of jobs; nothing was done");
    let gate = run(&node, "Check", &[("Gate", "reboot")]);
    assert_verdict(&gate, 71, "BUSY check: in use: leases of jobs");
    job("end");
    let gate = verdict(&run(&node, "Check", &[("Gate", "reboot")]));
    assert!(!gate.1.contains("in use"), "{gate:?}");
}

#[test]
fn ten_nodes_do_it_at_once() {
    let nodes: Vec<_> = (0..10).map(|_| node()).collect();
    let document = Document::packaged("FsxLustre-Mount");
    let given = [("Source", DEVICE), ("Directory", ON), ("MakeDirectory", "true")];
    let (document, given, all_are_ready) = (&document, &given, &Barrier::new(nodes.len()));
    let told: Vec<(Invocation, usize)> = std::thread::scope(|threads| {
        let begun: Vec<_> = nodes
            .into_iter()
            .enumerate()
            .map(|(number, (node, servers))| {
                threads.spawn(move || {
                    all_are_ready.wait();
                    let agent = Agent::of(&node).instance(&format!("i-{number:017x}"));
                    let told = agent.run(document, given);
                    drop(servers);
                    (told, count_of_mounts(&node))
                })
            })
            .collect();
        begun.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    for (one, mounts) in &told {
        assert_verdict(one, 0, "PASS mount: mounted");
        assert_eq!(*mounts, 1);
    }
}

#[test]
fn a_file_system_that_was_deleted_is_unmounted_with_if_gone() {
    let node = Sandbox::start();
    let made = node.create_file_system(FileSystem::lustre());
    node.run(["mkdir", "-p", ON]).assert_success();
    let given = [("Source", made.id.as_str()), ("Directory", ON)];
    assert_verdict(&run(&node, "Mount", &given), 0, "PASS mount: mounted");
    let gone = [("Directory", ON), ("IfGone", "true")];
    let there = run(&node, "Unmount", &gone);
    let (code, line) = verdict(&there);
    assert_eq!((code, count_of_mounts(&node)), (32, 1), "{there:?}");
    assert!(line.starts_with("FAIL unmount: FSXL-"), "{line}");
}
