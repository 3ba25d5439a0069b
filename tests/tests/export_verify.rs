//! `fsxlustre export verify` and `export deletable`: what was looked at, how old it is, and what follows; never
//! more than is known.

use fsxlustre_tests::{Fault, FileSystem, Output, Sandbox};
use serde_json::{Value, json};
use std::time::Duration;

const FSX: &str = "/mnt/fsx";
/// The client's `lfs`.
const LFS: &str = "/run/standin/usr/bin/lfs";
const CLIENTS: &str = "ClientConnections";
const QUEUE: &str = "AgeOfOldestQueuedMessage";
const TICKETS: &str = "/usr/share/reports";

struct Node {
    sandbox: Sandbox,
    made: FileSystem,
}

fn association(path: &str, events: &[&str]) -> Value {
    json!({
        "AssociationId": format!("dra-0{}", path.len()),
        "FileSystemPath": path,
        "DataRepositoryPath": format!("s3://bucket{path}"),
        "Lifecycle": "AVAILABLE",
        "S3": {"AutoExportPolicy": {"Events": events}},
    })
}

impl Node {
    /// Three files below `t`, all of them in the archive, which is linked to the root.
    fn exported() -> Self {
        let sandbox = Sandbox::start();
        let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
        sandbox.run(["mkdir", "-p", FSX, TICKETS]).assert_success();
        sandbox.run(["mount", "-t", "fsxlustre", &made.id, FSX]).assert_success();
        let node = Self { sandbox, made };
        node.link(&[association("/", &[])]);
        node.sandbox.archive(&node.made.mount_name, "on");
        node.shell("mkdir -p @/t/deep && cd @/t && for f in a b deep/c; do echo x > $f; done");
        for file in ["a", "b", "deep/c"] {
            node.set(file, "09");
        }
        node
    }

    fn link(&self, associations: &[Value]) {
        self.sandbox.set_associations(&self.made.id, &json!(associations));
    }

    fn set(&self, file: &str, flags: &str) {
        self.sandbox.archive(&self.made.mount_name, &format!("set /t/{file} {flags}"));
    }

    fn metric(&self, metric: &str, points: &[(u32, f64)]) {
        self.sandbox.set_metric(&self.made.id, metric, points);
    }

    fn shell(&self, line: &str) {
        self.sandbox.run(["bash", "-ec", &line.replace('@', FSX)]).assert_success();
    }

    fn export(&self, words: &str) -> Output {
        let words = words.replace('@', FSX).replace("ID", &self.made.id);
        self.sandbox.run(["fsxlustre", "export"].into_iter().chain(words.split(' ')))
    }

    fn verify(&self, words: &str) -> Output {
        self.export(&format!("verify {words}"))
    }
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// The first line and the exit status.
#[track_caller]
fn is(output: &Output, status: i32, words: &[&str]) {
    assert_eq!(output.code(), Some(status), "{output}");
    for word in words {
        assert!(format!("{output}").contains(word), "{word:?} is missing: {output}");
    }
}

#[test]
fn each_evidence_is_named_with_its_age_and_all_of_it_is_needed() {
    let node = Node::exported();
    let said = node.verify("--alone @/t");
    is(&said, 0, &["exported: 3 files of /mnt/fsx/t\n", "nothing unwritten", "3 files, 0 without"]);
    let told = json_of(&node.verify("--alone --json @/t"));
    assert_eq!((&told["verdict"], &told["files"]), (&json!("exported"), &json!(3)), "{told}");
    let evidence = told["evidence"].as_array().unwrap();
    let names: Vec<_> = evidence.iter().filter_map(|one| one["evidence"].as_str()).collect();
    assert_eq!(names, ["dirty", "open", "clients", "scan", "repository", "queue", "task"]);
    for one in evidence {
        assert!(one["age_seconds"].as_u64().is_some_and(|age| age < 60), "{one}");
    }
    // Whether other nodes hold something open is known by what the servers count, or not at all.
    is(&node.verify("@/t"), 3, &["unknown: clients: ", "CloudWatch has no value"]);
    node.metric(CLIENTS, &[(60, 3.0)]);
    is(&node.verify("@/t"), 3, &["unknown: clients: 3 connections"]);
    node.metric(CLIENTS, &[(60, 1.0), (120, 3.0)]);
    is(&node.verify("@/t"), 0, &["exported: 3 files", "1 connections, of this node alone"]);
    node.metric(CLIENTS, &[(1_000, 1.0)]);
    is(&node.verify("@/t"), 3, &["unknown: ", "s old"]);
    let denied =
        Fault::on("DescribeDataRepositoryAssociations").error(400, "AccessDeniedException");
    node.sandbox.inject_fault(&denied);
    is(&node.verify("--alone @/t"), 3, &["unknown: repository: AccessDenied"]);
    node.sandbox
        .inject_fault(&Fault::on("GetMetricData").times(2).error(400, "AccessDeniedException"));
    is(&node.verify("@/t"), 3, &["unknown: clients: ", "FSXL-A103"]);
}

#[test]
fn files_that_are_not_exported_are_counted() {
    let node = Node::exported();
    node.set("a", "0b");
    is(&node.verify("--alone @/t"), 1, &["not exported: 1 files of", "1 changed since"]);
    node.shell("echo y > @/t/new");
    is(&node.verify("@/t"), 1, &["not exported: 2 files", "1 without a copy"]);
    // Each path for itself, and what is within another one once.
    is(&node.verify("--alone @/t/deep @/t/b"), 0, &["exported: 2 files"]);
    is(&node.verify("--alone @/t @/t/deep"), 1, &["not exported: 2 files"]);
    node.set("b", "4d");
    is(&node.verify("--alone @/t/b"), 1, &["not exported: 1 files"]);
    let told = json_of(&node.verify("--json @/t"));
    assert_eq!((&told["verdict"], &told["files"]), (&json!("not-exported"), &json!(4)), "{told}");
    assert_eq!(told["files_not_exported"], 3, "{told}");
    assert_eq!(
        told["not_exported"],
        json!([
            {"path": "/mnt/fsx/t/a", "because": "changed since it was copied"},
            {"path": "/mnt/fsx/t/b", "because": "its copy was lost"},
            {"path": "/mnt/fsx/t/new", "because": "no copy"},
        ]),
        "{told}"
    );
    is(&node.verify("--alone @/nowhere"), 3, &["unknown: "]);
    is(&node.verify("--alone /etc"), 3, &["FSXL-D101"]);
}

#[test]
fn of_many_files_that_are_not_exported_some_are_named() {
    let node = Node::exported();
    node.shell("cd @/t && for f in {1..1100}; do echo y > deep/$f; done");
    let said = node.verify("--alone @/t");
    is(&said, 1, &["not exported: 1100 files of", "not exported: and 1090 more"]);
    let named = said.stdout.lines().filter(|line| line.ends_with(" (no copy)"));
    assert_eq!(named.count(), 10, "{said}");
    let told = json_of(&node.verify("--alone --json @/t"));
    let named = told["not_exported"].as_array().unwrap();
    assert_eq!((named.len(), &told["files_not_exported"]), (1000, &json!(1100)));
    let mut paths: Vec<_> = named.iter().filter_map(|one| one["path"].as_str()).collect();
    paths.dedup();
    assert_eq!(paths.len(), 1000, "each once");
    // What stands against a deletion is named as well.
    let against = node.export("deletable ID --alone --through @");
    is(&against, 1, &["files    /mnt/fsx: 1100 files at least", "such as /mnt/fsx/t/deep/"]);
}

#[test]
fn a_file_that_is_open_for_writing_is_never_exported() {
    let node = Node::exported();
    let holder = "exec 3>>/mnt/fsx/t/a; echo held; exec sleep 60";
    let holding = node.sandbox.spawn(["bash", "-c", holder]);
    while !holding.stdout().contains("held") {
        std::thread::sleep(Duration::from_millis(20));
    }
    is(&node.verify("--alone @/t"), 1, &["not exported: 1 files", "/mnt/fsx/t/a by sleep"]);
    let named = &json_of(&node.verify("--alone --json @/t"))["not_exported"];
    assert_eq!(named[0]["path"], "/mnt/fsx/t/a", "{named}");
    assert!(named[0]["because"].as_str().unwrap().starts_with("open for writing by sleep ("));
    is(&node.verify("--alone @/t/deep"), 0, &["exported: 1 files"]);
    drop(holding);
    let reading = node.sandbox.spawn(["bash", "-c", "exec 3</mnt/fsx/t/a; exec sleep 60"]);
    std::thread::sleep(Duration::from_millis(300));
    let said = node.verify("--alone @/t");
    assert!(!said.stdout.contains("open for writing on this node, such"), "{said}");
    drop(reading);
}

#[test]
fn the_association_of_each_path_and_its_queue_count() {
    let node = Node::exported();
    node.link(&[association("/t/deep", &["NEW", "CHANGED"]), association("/other", &[])]);
    is(
        &node.verify("--alone @/t/a"),
        1,
        &["not exported: 1 files", "no data repository holds /t/a"],
    );
    is(&node.verify("--alone @/t"), 3, &["unknown: repository: of /t only /t/deep are linked"]);
    let deep = "--alone @/t/deep";
    is(&node.verify(deep), 3, &["unknown: queue: ", "no value of the last 20 minutes"]);
    node.metric(QUEUE, &[(60, 90.0), (120, 0.0)]);
    is(&node.verify(deep), 3, &["unknown: queue: the oldest change of the file system waits 90 s"]);
    node.metric(QUEUE, &[(60, 0.0), (120, 90.0)]);
    is(&node.verify(deep), 0, &["exported: 1 files", "dra-07 (/t/deep = s3://bucket/t/deep)"]);
    let mut ill = association("/t/deep", &[]);
    ill["Lifecycle"] = json!("MISCONFIGURED");
    node.link(&[association("/", &[]), ill]);
    is(&node.verify("--alone @/t"), 3, &["unknown: repository: dra-07", "MISCONFIGURED"]);
    is(&node.verify("--alone @/t/a"), 0, &["exported: 1 files"]);
}

#[test]
fn a_task_proves_it_where_states_cannot_be_read_until_a_file_is_changed() {
    let node = Node::exported();
    node.sandbox.client_fault("no-hsm-ioctl", true);
    node.sandbox.remove(LFS);
    is(&node.verify("--alone @/t"), 3, &["unknown: scan: 3 files", "3 not known"]);
    std::thread::sleep(Duration::from_millis(2_100));
    node.export("start --wait 60 @/t").assert_success();
    is(&node.verify("--alone @/t"), 0, &["exported: 3 files", "SUCCEEDED: 3 of 3 files, 0 failed"]);
    is(&node.verify("--alone @"), 3, &["no export task of these paths is known"]);
    std::thread::sleep(Duration::from_millis(1_100));
    node.shell("echo z >> @/t/b");
    is(
        &node.verify("--alone @/t"),
        3,
        &["unknown: ", "changed after it began, so it proves nothing"],
    );
}

#[test]
fn bytes_that_this_node_has_not_sent_leave_it_open() {
    let node = Node::exported();
    node.shell(
        "for f in /run/standin/sys/fs/lustre/osc/*/cur_dirty_bytes; do echo 4096 > $f; done",
    );
    is(&node.verify("--alone @/t"), 3, &["unknown: dirty: ", "not written yet on this node"]);
    node.shell("rm /run/standin/sys/fs/lustre/osc/*/cur_dirty_bytes");
    is(&node.verify("--alone @/t"), 3, &["unknown: dirty: unwritten bytes of this node"]);
}

#[test]
fn a_file_system_may_go_when_nothing_stands_against_it_and_nothing_is_unknown() {
    let node = Node::exported();
    is(&node.export("deletable ID"), 1, &["no: fs-", "mount    /mnt/fsx", "--through"]);
    let through = "deletable --through @ ID";
    is(&node.export(through), 3, &["unknown: fs-", "mounts of other nodes"]);
    node.metric(CLIENTS, &[(60, 2.0)]);
    is(&node.export(through), 1, &["no: fs-", "2 connections of clients"]);
    node.metric(CLIENTS, &[(60, 1.0)]);
    is(&node.export(through), 0, &["yes: fs-", "must be unmounted"]);
    is(&node.export("deletable --through @ name:nobody"), 3, &["FSXL-A201"]);
    node.shell("echo new > @/t/new");
    is(&node.export(through), 1, &["no: fs-", "files    /mnt/fsx: 1 files"]);
    is(&node.export("deletable --through @/t --alone ID"), 3, &["only /t is seen there"]);
    node.sandbox.run(["umount", FSX]).assert_success();
    is(&node.export("deletable --alone ID"), 3, &["unknown: fs-", "nothing was looked through"]);
    is(&node.export("deletable --alone --discard-files ID"), 0, &["yes: ", "--discard-files"]);
    node.metric(CLIENTS, &[(60, 0.0)]);
    let told = json_of(&node.export("deletable --discard-files --json tag:Project:genomics"));
    assert_eq!((&told["deletable"], &told["against"]), (&json!("yes"), &json!([])), "{told}");
}

#[test]
fn leases_tickets_and_tasks_stand_against_it_by_name() {
    let node = Node::exported();
    let jobs = format!(
        "[jobs]\nreport_dir = \"{TICKETS}\"\n[[jobs.mount]]\nsource = \"{}\"\ndirectory = \"{FSX}\"\n",
        node.made.id
    );
    node.sandbox.append_config(&jobs);
    let job = |verb: &str| {
        let command = node.sandbox.command(["fsxlustre", "job", verb]);
        command.env("SLURM_JOB_ID", "7").env("SLURM_CLUSTER_NAME", "prod").run()
    };
    job("start").assert_success();
    let ask = "deletable --alone --through @ ID";
    is(&node.export(ask), 1, &["lease    prod_7_0"]);
    job("end").assert_success();
    is(&node.export(ask), 0, &["yes: "]);
    node.sandbox
        .inject_fault(&Fault::on("CreateDataRepositoryTask").error(400, "AccessDeniedException"));
    node.export("start --ticket @/t").assert_success();
    is(&node.export(ask), 1, &["ticket   ", "asked fs-"]);
    node.export("tickets --finish").assert_success();
    is(&node.export(ask), 1, &["ticket   ", "begun fs-", "task     task-0", "PENDING"]);
    node.export("tickets --finish").assert_success();
    node.export("tickets --finish").assert_success();
    is(&node.export(ask), 0, &["yes: "]);
    node.sandbox.write_file(&format!("{TICKETS}/ticket-x.json"), "{");
    is(&node.export(ask), 3, &["ticket   unknown: ticket-x.json"]);
    // AWS is asked before the files are looked through and after it.
    let denied = Fault::on("DescribeDataRepositoryTasks").error(400, "AccessDeniedException");
    node.sandbox.inject_fault(&denied.times(2));
    is(&node.export(ask), 3, &["task     unknown: AccessDenied"]);
}
