//! How Slurm runs hooks, and what `fsxlustre check` says of a cluster that runs them otherwise.

use fsxlustre_tests::slurm::{Cluster, Settings};
use fsxlustre_tests::{FileSystem, Output};

const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
"#;

const NODE: &str = "n1";

/// What `check` says of Slurm on a node: the lines of each finding, and what stands below.
fn check(cluster: &Cluster) -> Output {
    cluster.node(NODE).run(["fsxlustre", "check"])
}

fn assert_says(said: &Output, start: &str, part: &str) {
    let lines: Vec<_> = said.stdout.lines().filter(|line| line.starts_with(start)).collect();
    assert!(lines.iter().any(|line| line.contains(part)), "{start} … {part}:\n{said}");
}

/// Writes a script of the site that notes its name.
fn site_script(cluster: &Cluster, hook: &str, name: &str, status: u8) {
    let text = format!("#!/bin/sh\necho {hook} {name} >>/run/order\nexit {status}\n");
    cluster.node(NODE).write_program(&format!("/etc/slurm/{hook}.d/{name}"), &text);
}

fn order(cluster: &Cluster) -> Vec<String> {
    let text = cluster.node(NODE).run(["cat", "/run/order"]).stdout;
    cluster.node(NODE).remove("/run/order");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn check_compares_what_the_controller_has() {
    let settings = Settings::packaged().config(JOBS).set("AuthInfo", "cred_expire=120");
    let cluster = Cluster::with(settings);
    let well = check(&cluster);
    for name in ["slurm_hooks", "slurm_flags", "slurm_clocks", "slurm_namespace"] {
        assert_says(&well, "PASS", name);
    }
    assert_says(&well, "PASS", "80_fsxlustre at a job's start, 10_fsxlustre at its end");

    let node = cluster.node(NODE);
    node.run(["chmod", "-x", "/etc/slurm/epilog.d/10_fsxlustre"]).assert_success();
    site_script(&cluster, "epilog", "05_site", 0);
    let said = check(&cluster);
    assert_eq!(said.code(), Some(1), "{said}");
    assert_says(&said, "FAIL", "/etc/slurm/epilog.d/10_fsxlustre has no x bit");
    assert_says(&said, "FAIL", "05_site runs after our end");
    assert_says(&said, "           do:", "chmod +x /etc/slurm/epilog.d/10_fsxlustre");
    node.run(["rm", "/etc/slurm/prolog.d/80_fsxlustre"]).assert_success();
    assert_says(&check(&cluster), "FAIL", "Prolog matches no file here");

    // The controller does not answer: unknown, and within the time of a check.
    cluster.stop_controller();
    let said = check(&cluster);
    assert_says(&said, "UNKNOWN", "slurm_hooks");
    assert!(said.duration.as_secs() < 10, "{said}");
}

#[test]
fn check_warns_of_flags_clocks_and_namespaces() {
    let settings = Settings::packaged()
        .config(JOBS)
        .set("PrologFlags", "Contain,Serial")
        .set("ProctrackType", "proctrack/cgroup")
        .without("UnkillableStepProgram")
        .set("PrologEpilogTimeout", "30")
        .set("MessageTimeout", "10")
        .set("JobContainerType", "job_container/tmpfs");
    let cluster = Cluster::without_jobs(settings);
    let node = cluster.node(NODE);
    node.write_file("/etc/slurm/job_container.conf", "AutoBasePath=true\nBasePath=/run/jobs\n");
    let said = check(&cluster);
    assert_eq!(said.code(), Some(1), "{said}");
    assert_says(&said, "FAIL", "start may take 45 s, PrologEpilogTimeout is 30 s");
    assert_says(&said, "FAIL", "srun says that the prolog hangs");
    assert_says(&said, "WARN", "one start or end on a node waits");
    assert_says(&said, "WARN", "nobody looks at what keeps a job");
    assert_says(&said, "WARN", "an unmount does not reach those of other jobs");
    let json = node.run(["fsxlustre", "check", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let settings = &json["node"]["slurm"]["value"]["settings"];
    assert_eq!(settings["PrologEpilogTimeout"], serde_json::json!(["30"]), "{settings}");
}

#[test]
fn slurm_runs_hooks_backwards_and_stops_at_the_first_that_fails() {
    let mut cluster = Cluster::with(Settings::packaged().config(JOBS));
    cluster.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    for hook in ["prolog", "epilog"] {
        for name in ["90_health", "50_site", "05_last"] {
            site_script(&cluster, hook, name, 0);
        }
    }
    let mounted = "findmnt -n /mnt/genomics >/dev/null && echo mounted >>/run/order";
    let script = format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{mounted}\nexit 0\n");
    cluster.node(NODE).write_program("/etc/slurm/prolog.d/79_after", &script);
    cluster.node(NODE).write_program("/etc/slurm/epilog.d/11_before", &script);
    let job = cluster.submit(&["-w", NODE], "true");
    assert_eq!(cluster.wait_for_end(job), "COMPLETED");
    assert_eq!(
        order(&cluster),
        [
            "prolog 90_health",
            "mounted",
            "prolog 50_site",
            "prolog 05_last",
            "epilog 90_health",
            "epilog 50_site",
            "mounted",
            "epilog 05_last",
        ]
    );

    // A health check that fails: nothing is mounted, and the node is out of service.
    site_script(&cluster, "prolog", "90_health", 1);
    let job = cluster.submit(&["-w", NODE], "true");
    cluster.wait_until("the node is drained", || {
        cluster.node_state(NODE).iter().any(|word| word == "DRAIN")
    });
    assert!(cluster.node_field(NODE, "Reason").is_some_and(|why| why.starts_with("Prolog error")));
    cluster.as_user(&["scancel", &job.to_string()]).assert_success();
    assert_eq!(order(&cluster)[0], "prolog 90_health");
    let calls = cluster.node(NODE).client_calls();
    let mounts = calls.iter().filter(|call| call.contains("\"mount.lustre\"")).count();
    assert_eq!(mounts, 1, "of the first job alone: {calls:?}");
}

#[test]
fn a_pattern_without_files_and_a_missing_x_bit_drain_the_node() {
    let cluster = Cluster::with(Settings::packaged().config(JOBS));
    let hooks = "/etc/slurm/prolog.d/80_fsxlustre";
    let is_drained = || cluster.node_state(NODE).iter().any(|word| word == "DRAIN");
    for change in [vec!["chmod", "-x", hooks], vec!["rm", hooks]] {
        cluster.node(NODE).run(&change).assert_success();
        let said = check(&cluster);
        assert_eq!(said.code(), Some(1), "{said}");
        let job = cluster.submit(&["-w", NODE], "true");
        cluster.wait_until("the node is drained, as check said", is_drained);
        cluster.as_user(&["scancel", &job.to_string()]).assert_success();
        cluster.resume(NODE);
    }
}
