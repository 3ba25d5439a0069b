//! All nodes of one job use one file system: the first answer is pinned in a folder that they share.
//! One sandbox is several nodes, by the name that Slurm gives them.

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use serde_json::{Value, json};

const PINS: &str = "/mnt/shared/pins";
const SOURCE: &str = "tag:Project:genomics";

fn cluster() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", PINS]).assert_success();
    sandbox.run(["chmod", "755", "/mnt/shared", PINS]).assert_success();
    sandbox.append_config(&format!(
        "[cache]\npins = \"{PINS}\"\n[[jobs.mount]]\nsource = \"{SOURCE}\"\n\
         directory = \"/mnt/genomics\"\n"
    ));
    (sandbox, made)
}

fn job(sandbox: &Sandbox, verb: &str, node: &str, restart: &str) -> Output {
    sandbox
        .command(["fsxlustre", "job", verb])
        .env("SLURM_JOB_ID", "17")
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURM_JOB_RESTART_COUNT", restart)
        .env("SLURMD_NODENAME", node)
        .run()
}

fn start(sandbox: &Sandbox, node: &str, restart: &str) -> Output {
    // Every node has a cache of its own.
    sandbox.run(["fsxlustre", "cache", "clear"]).assert_success();
    let started = job(sandbox, "start", node, restart);
    job(sandbox, "end", node, restart);
    started
}

fn replace(sandbox: &Sandbox, old: &FileSystem) -> FileSystem {
    sandbox.set_file_system(&old.id, &json!({"Lifecycle": "DELETING"}));
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"))
}

#[test]
fn a_node_that_finds_another_file_system_refuses_and_names_both() {
    let (sandbox, old) = cluster();
    start(&sandbox, "node-1", "0").assert_success();
    let same = start(&sandbox, "node-2", "0").assert_success();
    assert!(!same.stderr.contains("pinned"), "{same}");
    let new = replace(&sandbox, &old);
    let other = start(&sandbox, "node-3", "0");
    assert_eq!(other.code(), Some(0), "the node is well: {other}");
    assert!(other.stdout.contains("disagrees: the job is refused"), "{other}");
    for word in ["FSXL-S103", "node-1", "node-3", old.id.as_str(), new.id.as_str(), PINS] {
        assert!(other.stderr.contains(word), "{word}: {other}");
    }
    assert!(!sandbox.read_file("/proc/self/mountinfo").contains("/mnt/genomics"));
    // A requeued job is another run of it.
    start(&sandbox, "node-3", "1").assert_success();
    let first = start(&sandbox, "node-1", "1").assert_success();
    assert!(first.stdout.contains(&new.dns_name), "{first}");
    assert_eq!(sandbox.run(["ls", "-A", PINS]).stdout.lines().count(), 2);
}

#[test]
fn a_folder_that_cannot_be_trusted_or_reached_pins_nothing_and_says_so() {
    let (sandbox, old) = cluster();
    start(&sandbox, "node-1", "0").assert_success();
    let _new = replace(&sandbox, &old);
    for (spoil, mend, why) in [
        (format!("chmod 777 {PINS}"), format!("chmod 755 {PINS}"), "mode 0777"),
        (format!("chown 65534 {PINS}"), format!("chown 0 {PINS}"), "uid 65534"),
        ("chmod 1777 /mnt/shared".into(), "chmod 755 /mnt/shared".into(), "mode 1777"),
        (
            format!("mv {PINS} /mnt/p; ln -s /mnt/p {PINS}"),
            format!("rm {PINS}; mv /mnt/p {PINS}"),
            PINS,
        ),
        (format!("mv {PINS} /mnt/p"), format!("mv /mnt/p {PINS}"), "No such file"),
    ] {
        sandbox.run(["sh", "-c", &spoil]).assert_success();
        let started = start(&sandbox, "node-2", "0").assert_success();
        assert!(started.stderr.contains("is not pinned for job prod_17_0"), "{spoil}: {started}");
        assert!(started.stderr.contains(why), "{spoil}: {started}");
        sandbox.run(["sh", "-c", &mend]).assert_success();
    }
    // A pin that somebody else could have written is not believed.
    let pin = sandbox.run(["ls", PINS]).stdout.trim().to_owned();
    sandbox.run(["chown", "65534", &format!("{PINS}/{pin}")]).assert_success();
    let started = start(&sandbox, "node-2", "0").assert_success();
    assert!(started.stderr.contains("is not pinned"), "{started}");
}

#[test]
fn of_many_nodes_that_are_first_at_the_same_time_one_wins() {
    let (sandbox, _) = cluster();
    let word = |node: u32| {
        let pin = json!({
            "format": 1, "source": SOURCE, "file_system": format!("fs-{node:08x}"),
            "node": format!("node-{node}"), "pinned_unix_seconds": 1
        });
        json!({"Pin": {"folder": PINS, "name": "prod_17_0.json", "pin": pin}}).to_string()
    };
    let running: Vec<_> = (0..16)
        .map(|node| sandbox.spawn(["fsxlustre", "--fsxlustre-worker", &word(node)]))
        .collect();
    let told: Vec<Value> = running
        .into_iter()
        .map(|mut one| one.wait(std::time::Duration::from_secs(30)).expect("it ends"))
        .map(|output| serde_json::from_str(&output.assert_success().stdout).expect("a pin"))
        .collect();
    assert!(told.iter().all(|pin| pin == &told[0]), "{told:?}");
    assert_eq!(sandbox.run(["ls", "-A", PINS]).stdout, "prod_17_0.json\n");
}
