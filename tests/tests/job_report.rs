//! What a job did with its file systems: counted by the real programs, kept on the node and in a
//! folder that nodes share, shown, and put together.

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use serde_json::Value;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/genomics";
const JOBS: &str = r#"
[[jobs.mount]]
source = "tag:Project:genomics"
directory = "/mnt/genomics"
"#;
const SHARED: &str = "[jobs]\nreport_dir = \"/usr/share/reports\"\n";
const KEPT: &str = "/var/lib/fsxlustre/jobs";
const MIB: i64 = 1 << 20;

fn genomics(config: &str) -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", "/usr/share/reports"]).assert_success();
    sandbox.append_config(config);
    sandbox.append_config(JOBS);
    (sandbox, made)
}

fn job(sandbox: &Sandbox, verb: &str, id: &str) -> Output {
    job_of(sandbox, verb, id, "0")
}

fn job_of(sandbox: &Sandbox, verb: &str, id: &str, restart: &str) -> Output {
    sandbox
        .command(["fsxlustre", "job", verb])
        .env("SLURM_JOB_ID", id)
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURM_JOB_RESTART_COUNT", restart)
        .env("SLURMD_NODENAME", "n1")
        .env("SLURM_NODELIST", "n[1-2]")
        .run()
}

/// Writes so many MiB and reads them again.
fn work(sandbox: &Sandbox, mebibytes: u32) {
    let file = format!("{DIRECTORY}/data");
    let script =
        format!("dd if=/dev/zero of={file} bs=1M count={mebibytes} && cat {file} >/dev/null");
    sandbox.run(["sh", "-c", &script]).assert_success();
}

fn read_json(sandbox: &Sandbox, path: &str) -> Value {
    serde_json::from_str(&sandbox.read_file(path)).unwrap()
}

fn names_in(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let listed = sandbox.run(["ls", "-A", folder]);
    listed.stdout.lines().map(str::to_owned).collect()
}

fn assert_near(seen: &Value, wanted: i64) {
    assert_eq!(seen.as_i64(), Some(wanted), "{seen}");
}

#[test]
fn a_job_that_is_alone_is_told_what_it_did_and_nothing_else() {
    let (sandbox, made) = genomics(SHARED);
    job(&sandbox, "start", "7").assert_success();
    work(&sandbox, 4);
    let end = job(&sandbox, "end", "7").assert_success();
    let line =
        format!("job 7: {}: {} bytes read, {} bytes written", made.mount_name, 4 * MIB, 4 * MIB);
    assert!(end.stdout.contains(&line), "{line}\n{end}");
    assert!(end.stdout.contains("; alone\n"), "{end}");
    assert_eq!(end.stderr, "", "{end}");

    let report = read_json(&sandbox, &format!("{KEPT}/prod_7_0_n1.json"));
    assert_eq!(report["format"], 1);
    assert_eq!((&report["job_id"], &report["restart"]), (&7.into(), &0.into()));
    assert_eq!((&report["node"], &report["nodes"]), (&"n1".into(), &"n[1-2]".into()));
    assert_eq!(report["is_shared"], false);
    assert!(report["line"].as_str().unwrap().starts_with(&line), "{report}");
    assert!(report["ended_unix_seconds"].as_i64() >= report["began_unix_seconds"].as_i64());
    assert_eq!(report["unread"], serde_json::json!([]));
    let of = &report["file_systems"][&made.mount_name];
    assert_near(&of["read_bytes"], 4 * MIB);
    assert_near(&of["written_bytes"], 4 * MIB);
    assert_eq!(of["mean_written_bytes"], 4.0 * 1_048_576.0 / of["writes"].as_f64().unwrap());
    assert!(of["operations"]["open"]["count"].as_i64() >= Some(2), "{of}");
    assert!(of["wait_seconds"].is_number(), "{of}");
    for rpcs in ["read_rpcs", "write_rpcs"] {
        assert!(of[rpcs]["count"].is_number() && of[rpcs]["sizes"].is_array(), "{rpcs}: {of}");
    }
    for number in ["read_ahead_hits", "read_ahead_misses"] {
        assert!(of[number].is_number(), "{number}: {of}");
    }
    assert!(of["data_wait"]["seconds"].is_number() && of["metadata_wait"]["count"].is_number());
    assert_eq!((&of["evictions"], &of["dirty_bytes"]), (&0.into(), &0.into()), "{of}");
    let directory = &report["directories"][0];
    assert_eq!(directory["directory"], DIRECTORY);
    assert_eq!(directory["file_system"], made.mount_name);
    assert!(directory["fate"].as_str().unwrap().contains("unmounted"), "{directory}");

    // The same in the folder that nodes share; nothing is left of the work.
    assert_eq!(names_in(&sandbox, "/usr/share/reports"), ["prod_7_0_n1.json"]);
    assert_eq!(read_json(&sandbox, "/usr/share/reports/prod_7_0_n1.json"), report);
    let left = sandbox.run(["find", "/run/fsxlustre", "-name", "*.json"]).assert_success();
    assert_eq!(left.stdout, "");
    // A second end finds nothing to tell, and changes nothing.
    job(&sandbox, "end", "7").assert_success();
    assert_eq!(read_json(&sandbox, &format!("{KEPT}/prod_7_0_n1.json")), report);
}

#[test]
fn jobs_on_one_node_are_told_that_they_share() {
    let (sandbox, made) = genomics("");
    job(&sandbox, "start", "1").assert_success();
    work(&sandbox, 1);
    job(&sandbox, "start", "2").assert_success();
    work(&sandbox, 2);
    let first = job(&sandbox, "end", "1").assert_success();
    assert!(first.stdout.contains("; with other jobs on this node"), "{first}");
    job(&sandbox, "end", "2").assert_success();
    for (key, mebibytes) in [("prod_1_0_n1", 3), ("prod_2_0_n1", 2)] {
        let report = read_json(&sandbox, &format!("{KEPT}/{key}.json"));
        assert_eq!(report["is_shared"], true);
        assert_near(&report["file_systems"][&made.mount_name]["written_bytes"], mebibytes * MIB);
    }
}

#[test]
fn evictions_are_counted_from_the_jobs_start_on() {
    let (sandbox, made) = genomics("");
    job(&sandbox, "start", "7").assert_success();
    // The states of a connection as the kernel prints them: one eviction before the job, two in it.
    let now = sandbox.run(["date", "+%s"]).stdout.trim().parse::<u64>().unwrap();
    let find = format!("ls -d /run/standin/proc/fs/lustre/osc/{}-OST0000-osc-*", made.mount_name);
    let device = sandbox.run(["sh", "-c", &find]).assert_success().stdout.trim().to_owned();
    sandbox.write_file(
        &format!("{device}/state"),
        &format!(
            "current_state: FULL\nstate_history:\n - [ {}, EVICTED ]\n - [ {now}, EVICTED ]\n \
             - [ {}, EVICTED ]\n - [ {}, FULL ]\n",
            now - 1000,
            now + 1,
            now + 2
        ),
    );
    let end = job(&sandbox, "end", "7").assert_success();
    assert!(end.stdout.contains("evicted 2 times"), "{end}");
    let report = read_json(&sandbox, &format!("{KEPT}/prod_7_0_n1.json"));
    assert_eq!(report["file_systems"][&made.mount_name]["evictions"], 2);
}

#[test]
fn a_report_is_shown_while_the_job_runs_and_afterwards() {
    let (sandbox, made) = genomics("");
    let none = sandbox.run(["fsxlustre", "job", "report", "7"]);
    assert_eq!(none.code(), Some(1), "{none}");
    assert!(none.stderr.contains("FSXL-S106"), "{none}");
    assert_eq!(sandbox.run(["fsxlustre", "job", "report"]).assert_success().stdout, "");

    job(&sandbox, "start", "7").assert_success();
    work(&sandbox, 1);
    let running = sandbox.run(["fsxlustre", "job", "report", "7"]).assert_success();
    assert!(running.stdout.contains("on n1, alone, so far"), "{running}");
    assert!(running.stdout.contains("written              1.0 MiB in"), "{running}");
    job(&sandbox, "end", "7").assert_success();
    // Requeued: the same number, another run.
    job_of(&sandbox, "start", "7", "1").assert_success();
    job_of(&sandbox, "end", "7", "1").assert_success();

    let shown = sandbox.run(["fsxlustre", "job", "report", "7"]).assert_success();
    let runs: Vec<_> = shown.stdout.lines().filter(|line| line.starts_with("job 7")).collect();
    assert_eq!(runs.len(), 2, "{shown}");
    assert!(runs[0].contains("(restart 0)") && runs[1].contains("(restart 1)"), "{shown}");
    let json = sandbox.run(["fsxlustre", "job", "report", "--json", "7"]).assert_success();
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_near(&json[0]["file_systems"][&made.mount_name]["written_bytes"], MIB);
    assert_near(&json[1]["file_systems"][&made.mount_name]["written_bytes"], 0);
    let all = sandbox.run(["fsxlustre", "job", "report"]).assert_success();
    assert_eq!(all.stdout.lines().count(), 2, "{all}");
}

#[test]
fn reports_take_no_more_room_than_they_may() {
    let (sandbox, _) = genomics("[jobs]\nreports_size = 1\n");
    sandbox.run(["mkdir", "-p", KEPT]).assert_success();
    // As if of a hundred earlier jobs, the first one the oldest.
    let earlier = format!(
        "for i in $(seq 100 199); do head -c 20000 /dev/zero | tr '\\0' ' ' > {KEPT}/prod_${{i}}_0_n1.json; \
         touch -d \"2020-01-01 +$i minutes\" {KEPT}/prod_${{i}}_0_n1.json; done"
    );
    sandbox.run(["sh", "-c", &earlier]).assert_success();
    sandbox.write_file(&format!("{KEPT}/README"), "not ours");
    job(&sandbox, "start", "7").assert_success();
    job(&sandbox, "end", "7").assert_success();
    let names = names_in(&sandbox, KEPT);
    assert!(names.iter().any(|name| name == "prod_7_0_n1.json"), "{names:?}");
    assert!(names.iter().any(|name| name == "README"), "{names:?}");
    assert!(!names.iter().any(|name| name == "prod_100_0_n1.json"), "{names:?}");
    assert!(names.iter().any(|name| name == "prod_199_0_n1.json"), "{names:?}");
    let size = sandbox.run(["sh", "-c", &format!("cat {KEPT}/*.json | wc -c")]).stdout;
    assert!(size.trim().parse::<i64>().unwrap() <= MIB, "{size}");
}

#[test]
fn a_folder_that_cannot_be_written_is_a_warning_and_the_report_comes_later() {
    let (sandbox, _) = genomics(SHARED);
    // Anybody could put a link there.
    sandbox.run(["chmod", "0777", "/usr/share/reports"]).assert_success();
    job(&sandbox, "start", "7").assert_success();
    let end = job(&sandbox, "end", "7").assert_success();
    assert!(
        end.stderr.contains("a job's report is not kept") && end.stderr.contains("0777"),
        "{end}"
    );
    assert_eq!(names_in(&sandbox, "/usr/share/reports"), [""; 0]);
    assert_eq!(names_in(&sandbox, KEPT), ["prod_7_0_n1.json"]);
    sandbox.run(["chmod", "0755", "/usr/share/reports"]).assert_success();
    job(&sandbox, "start", "8").assert_success();
    assert_eq!(job(&sandbox, "end", "8").assert_success().stderr, "");
    assert_eq!(names_in(&sandbox, "/usr/share/reports"), ["prod_7_0_n1.json", "prod_8_0_n1.json"]);
}

#[test]
fn links_in_the_shared_folder_are_replaced_and_never_followed() {
    let (sandbox, _) = genomics(SHARED);
    sandbox.write_file("/etc/precious", "precious\n");
    let link = ["ln", "-s", "/etc/precious", "/usr/share/reports/prod_7_0_n1.json"];
    sandbox.run(link).assert_success();
    job(&sandbox, "start", "7").assert_success();
    job(&sandbox, "end", "7").assert_success();
    assert_eq!(sandbox.read_file("/etc/precious"), "precious\n");
    assert_eq!(read_json(&sandbox, "/usr/share/reports/prod_7_0_n1.json")["job_id"], 7);
    // The folder itself as a link.
    sandbox.run(["mv", "/usr/share/reports", "/usr/share/elsewhere"]).assert_success();
    sandbox.run(["ln", "-s", "/usr/share/elsewhere", "/usr/share/reports"]).assert_success();
    job(&sandbox, "start", "8").assert_success();
    let end = job(&sandbox, "end", "8").assert_success();
    assert!(end.stderr.contains("not kept: /usr/share/reports: Not a directory"), "{end}");
    assert!(!names_in(&sandbox, "/usr/share/elsewhere").contains(&"prod_8_0_n1.json".to_owned()));
}

#[test]
fn a_shared_folder_that_hangs_delays_no_end_for_long() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let other = sandbox.create_file_system(FileSystem::lustre().tag("Project", "shared"));
    sandbox.run(["mkdir", "/mnt/shared"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &other.id, "/mnt/shared"]).assert_success();
    sandbox.run(["mkdir", "/mnt/shared/reports"]).assert_success();
    sandbox.append_config("[jobs]\nreport_dir = \"/mnt/shared/reports\"\n");
    sandbox.append_config(JOBS);
    sandbox.append_config("[jobs.deadlines]\nreport = 3\n");
    job(&sandbox, "start", "7").assert_success();
    // Nobody answers any more, the folder's server included; the job's own mount is gone before.
    sandbox.run(["umount", DIRECTORY]).assert_success();
    sandbox.client_fault("io-hang", true);
    let began = Instant::now();
    let end = job(&sandbox, "end", "7").assert_success();
    assert!(began.elapsed() < Duration::from_secs(20), "{end}");
    assert!(end.stderr.contains("reports of jobs are not kept yet"), "{end}");
    assert_eq!(names_in(&sandbox, KEPT), ["prod_7_0_n1.json"], "{}", made.id);
    sandbox.client_fault("io-hang", false);
}

#[test]
fn an_end_that_is_killed_keeps_what_was_counted() {
    let (sandbox, made) = genomics("");
    job(&sandbox, "start", "7").assert_success();
    work(&sandbox, 2);
    // It holds the mount, so that the end is busy for a while after it has counted.
    let holder = sandbox.spawn(["sh", "-c", &format!("cd {DIRECTORY} && sleep 60")]);
    let end = sandbox
        .command(["timeout", "-s", "KILL", "0.3", "fsxlustre", "job", "end"])
        .env("SLURM_JOB_ID", "7")
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURM_JOB_RESTART_COUNT", "0")
        .env("SLURMD_NODENAME", "n1")
        .run();
    drop(holder);
    // What was done since is not of the job any more, if that end came as far as counting.
    let counted = !names_in(&sandbox, "/run/fsxlustre/io-ended").is_empty();
    if sandbox.read_file("/proc/self/mountinfo").contains(DIRECTORY) {
        work(&sandbox, 1);
    }
    let again = job(&sandbox, "end", "7").assert_success();
    let report = read_json(&sandbox, &format!("{KEPT}/prod_7_0_n1.json"));
    let written = report["file_systems"][&made.mount_name]["written_bytes"].as_i64().unwrap();
    let wanted = if counted { 2 * MIB } else { 3 * MIB };
    assert!(written == wanted || written == 2 * MIB, "{written}: {report}\n{end}\n{again}");
}

/// Calls a hook of several jobs from one shell, in which `$job` is the number of each.
fn all_of(sandbox: &Sandbox, jobs: &str, what: &str) -> Output {
    let script = format!(
        "export SLURM_CLUSTER_NAME=prod SLURM_JOB_RESTART_COUNT=0 SLURMD_NODENAME=n1; \
         for job in {jobs}; do export SLURM_JOB_ID=$job; {what}; done; wait"
    );
    sandbox.run(["sh", "-c", &script])
}

#[test]
fn ends_that_run_together_keep_the_whole_report_of_each() {
    let (sandbox, _) = genomics(SHARED);
    let jobs = (1..=24).map(|job| job.to_string()).collect::<Vec<_>>().join(" ");
    all_of(&sandbox, &jobs, "fsxlustre job start").assert_success();
    let ends = all_of(&sandbox, &jobs, "fsxlustre job end & :").assert_success();
    assert!(!ends.stderr.contains("not kept"), "{ends}");
    // Whatever a keeper put back is of the next one.
    all_of(&sandbox, "99", "fsxlustre job start; fsxlustre job end").assert_success();
    for folder in [KEPT, "/usr/share/reports"] {
        let names = names_in(&sandbox, folder);
        assert_eq!(names.len(), 25, "{folder}: {names:?}");
        for name in names {
            let report = read_json(&sandbox, &format!("{folder}/{name}"));
            let directories = report["directories"].as_array().unwrap().len();
            assert_eq!(directories, 1, "{folder}/{name}: what became of the directory is missing");
        }
    }
    let left = sandbox.run(["find", "/run/fsxlustre/reports", "-name", "*.json"]).assert_success();
    assert_eq!(left.stdout, "");
}

#[test]
fn what_a_killed_end_had_counted_is_kept_by_the_next_and_never_while_it_is_at_work() {
    let (sandbox, made) = genomics(SHARED);
    job(&sandbox, "start", "7").assert_success();
    work(&sandbox, 1);
    let holder = sandbox.spawn(["sh", "-c", &format!("cd {DIRECTORY} && sleep 60")]);
    let begun = "/run/fsxlustre/reports/begun/prod_7_0_n1.json";
    let other = "SLURM_JOB_ID=8 fsxlustre job start; SLURM_JOB_ID=8 fsxlustre job end";
    let what = format!(
        "fsxlustre job end & end=$!; while [ ! -e {begun} ]; do sleep 0.05; done; \
         SLURM_JOB_ID=9 fsxlustre job stuck 9 >/dev/null; ls {KEPT} /usr/share/reports; \
         kill -9 $end; {other}"
    );
    let said = all_of(&sandbox, "7", &what);
    assert!(!said.stdout.contains("prod_7_0_n1.json"), "its end is at work: {said}");
    drop(holder);
    for folder in [KEPT, "/usr/share/reports"] {
        let report = read_json(&sandbox, &format!("{folder}/prod_7_0_n1.json"));
        assert_near(&report["file_systems"][&made.mount_name]["written_bytes"], MIB);
        assert_eq!(report["directories"], serde_json::json!([]), "{folder}");
    }
    assert_eq!(sandbox.run(["ls", begun]).code(), Some(2));
}

#[test]
fn nodes_are_put_together_and_those_that_vanished_are_named() {
    let (sandbox, made) = genomics(SHARED);
    job(&sandbox, "start", "7").assert_success();
    work(&sandbox, 1);
    job(&sandbox, "end", "7").assert_success();
    let collect = |more: &[&str]| {
        let words = ["fsxlustre", "job", "collect", "7", "--print"].iter().chain(more);
        sandbox.run(words.copied().collect::<Vec<_>>())
    };
    let partly = collect(&[]).assert_success();
    assert!(partly.stdout.contains("nodes: n1\n  missing: n2\n"), "{partly}");
    let comment =
        format!("AdminComment: fsxlustre/1 nodes=1/2 missing=n2 shared=0 {}:", made.mount_name);
    assert!(partly.stdout.contains(&comment), "{partly}");

    // The other node's, by hand; and files that nobody should believe.
    let mut other = read_json(&sandbox, "/usr/share/reports/prod_7_0_n1.json");
    other["node"] = "n2".into();
    other["key"] = "prod_7_0_n2".into();
    sandbox.write_file("/usr/share/reports/prod_7_0_n2.json", &other.to_string());
    sandbox.write_file("/usr/share/reports/prod_7_0_n3.json", &other.to_string());
    sandbox.write_file("/usr/share/reports/prod_7_0_n4.json", "{");
    let json = collect(&["--json"]).assert_success();
    let whole: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(whole["nodes"], serde_json::json!(["n1", "n2"]));
    assert_eq!(whole["missing"], serde_json::json!([]));
    assert_eq!(whole["unread"].as_array().unwrap().len(), 2, "{whole}");
    let of = &whole["file_systems"][&made.mount_name];
    assert_near(&of["written_bytes"], 2 * MIB);
    let named = collect(&["--nodes", "n[1-2],x9"]).assert_success();
    assert!(named.stdout.contains("missing: x9"), "{named}");
    assert_eq!(collect(&["--nodes", "n[1-"]).code(), Some(1));

    let none = sandbox.run(["fsxlustre", "job", "collect", "9", "--print"]);
    assert_eq!(none.code(), Some(1), "{none}");
    assert!(none.stderr.contains("FSXL-S106"), "{none}");
}

/// Programs in Slurm's place that only write down how they are called.
fn write_slurm(sandbox: &Sandbox, stands: &str) {
    sandbox.run(["mkdir", "-p", "/usr/share/slurm-bin"]).assert_success();
    let sacct = format!("#!/bin/sh\necho \"sacct $*\" >> /run/calls\necho '{stands}'\n");
    sandbox.write_program("/usr/share/slurm-bin/sacct", &sacct);
    let sacctmgr = "#!/bin/sh\nfor word in \"$@\"; do echo \"<$word>\"; done >> /run/calls\n";
    sandbox.write_program("/usr/share/slurm-bin/sacctmgr", sacctmgr);
}

#[test]
fn the_comment_is_written_by_sacctmgr_and_no_others_is_overwritten() {
    let (sandbox, _) = genomics(SHARED);
    // In a folder that goes before those of a Slurm of this machine.
    let config = sandbox.read_file("/etc/fsxlustre/fsxlustre.toml");
    let standin = "program_folders = [\"/run/standin/usr/sbin\", \"/run/standin/usr/bin\"]\n";
    let config = config.replace("[host]\nprogram_folders = [\"/usr/share/slurm-bin\"]\n", "");
    let both = standin.replace("[\"/run", "[\"/usr/share/slurm-bin\", \"/run");
    sandbox.write_file("/etc/fsxlustre/fsxlustre.toml", &config.replace(standin, &both));
    job(&sandbox, "start", "7").assert_success();
    job(&sandbox, "end", "7").assert_success();
    write_slurm(&sandbox, "JS1:somebody");
    let refused = sandbox.run(["fsxlustre", "job", "collect", "7"]);
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr.contains("FSXL-S105") && refused.stderr.contains("JS1:"), "{refused}");
    assert!(!sandbox.read_file("/run/calls").contains("<modify>"));
    sandbox.run(["fsxlustre", "job", "collect", "7", "--replace"]).assert_success();
    let calls = sandbox.read_file("/run/calls");
    let words = "<-i>\n<-Q>\n<modify>\n<job>\n<where>\n<jobid=7>\n<cluster=prod>\n<set>\n<AdminComment=fsxlustre/1 nodes=1/2";
    assert!(calls.contains(words), "{calls}");
    // One of ours is renewed without a word.
    write_slurm(&sandbox, "fsxlustre/1 nodes=0/2");
    sandbox.run(["fsxlustre", "job", "collect", "7"]).assert_success();
}
