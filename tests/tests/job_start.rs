//! A job's start: what it decides and writes down, what it leaves alone, and that it answers in time
//! whatever hangs.

mod hooked;

use fsxlustre_tests::{Fault, FileSystem, Imds, Output, Sandbox, Signal};
use hooked::{DIRECTORY, RULE, hook, mounted, node, state, told};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const REQUEST: &str = "/run/fsxlustre/requests/prod_1_0_node-1.json";
/// What a hook may take beyond its deadlines: SIGTERM, SIGKILL, and a loaded machine.
const GRACE: Duration = Duration::from_secs(20);

fn start(sandbox: &Sandbox, id: u32) -> Output {
    hook(sandbox, "start", id).run().assert_success()
}

fn end(sandbox: &Sandbox, id: u32) -> Output {
    hook(sandbox, "end", id).run().assert_success()
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_decided_at_first_holds_whatever_the_job_and_the_settings_say_later() {
    let (sandbox, _) = node(&format!("{RULE}comment = [\"fsx:scratch\"]\n"));
    let with_comment = |verb: &str, comment: &str| {
        hook(&sandbox, verb, 1).env("SLURM_JOB_COMMENT", comment).run().assert_success()
    };
    with_comment("start", "run 7, fsx:scratch");
    let shown = mounted(&sandbox, DIRECTORY);
    assert!(shown.contains("nosuid,nodev"), "{shown}");
    assert_eq!(told(&sandbox, 1).trim_end(), "export FSXLUSTRE_STATUS=ready");
    let mode = sandbox.run(["stat", "-c", "%a %U", REQUEST]).stdout;
    assert_eq!(mode, "600 root\n");
    let first: Value = serde_json::from_str(&sandbox.read_file(REQUEST)).unwrap();
    assert_eq!(first["mounts"][0]["outcome"]["became"], "made", "{first}");

    sandbox
        .append_config("\n[[jobs.mount]]\nsource = \"name:other\"\ndirectory = \"/mnt/other\"\n");
    let again = with_comment("start", "changed");
    assert!(again.stdout.contains("is mounted already"), "{again}");
    assert_eq!(mounted(&sandbox, DIRECTORY), shown);
    let second: Value = serde_json::from_str(&sandbox.read_file(REQUEST)).unwrap();
    assert_eq!(second["frozen_unix_seconds"], first["frozen_unix_seconds"]);
    assert_eq!(second["mounts"].as_array().unwrap().len(), 1, "{second}");
    with_comment("end", "changed once more");
    assert_eq!(mounted(&sandbox, DIRECTORY), "");
    assert!(!state(&sandbox).contains("prod_1_0"), "{}", state(&sandbox));
}

#[test]
fn rules_choose_by_account_licence_feature_and_comment() {
    let (sandbox, _) = node(
        &[
            ("accounts", "bio"),
            ("licenses", "fsx_scratch"),
            ("features", "fsx"),
            ("comment", "fsx:a"),
        ]
        .map(|(list, word)| {
            let rule = RULE.replace(DIRECTORY, &format!("/mnt/by-{list}"));
            format!("{rule}{list} = [\"{word}\"]\n")
        })
        .concat(),
    );
    for (number, (name, value, list)) in (1..).zip([
        ("SLURM_JOB_ACCOUNT", "bio", "accounts"),
        ("SLURM_JOB_LICENSES", "matlab@srv:1,fsx_scratch:2", "licenses"),
        ("SLURM_JOB_CONSTRAINTS", "gpu&[fsx*2|big]", "features"),
        ("SLURM_JOB_COMMENT", "mine; fsx:a", "comment"),
    ]) {
        hook(&sandbox, "start", number).env(name, value).run().assert_success();
        let there = sandbox.read_file("/proc/self/mountinfo");
        let count = there.lines().filter(|line| line.contains(" /mnt/by-")).count();
        assert_eq!(count, 1, "{name}: {there}");
        assert_ne!(mounted(&sandbox, &format!("/mnt/by-{list}")), "", "{name}");
        end(&sandbox, number);
    }
    let none = start(&sandbox, 9);
    assert!(none.stdout.contains("the configuration gives it no file system"), "{none}");
    assert_eq!(state(&sandbox).matches("_9_0_").count(), 1, "{}", state(&sandbox));
    assert!(
        state(&sandbox).contains("/run/fsxlustre/leases/prod_9_0_node-1.json"),
        "that it is here: {}",
        state(&sandbox)
    );
    end(&sandbox, 9);
    assert_eq!(state(&sandbox).matches("_9_0_").count(), 0, "{}", state(&sandbox));
}

#[test]
fn observe_decides_and_logs_and_touches_nothing() {
    let (sandbox, _) = node(&format!("\n[jobs]\nmode = \"observe\"\n{RULE}"));
    let asked = sandbox.api_log().len();
    let started = start(&sandbox, 1);
    assert!(started.stdout.contains("would be mounted on /mnt/genomics"), "{started}");
    end(&sandbox, 1);
    assert_eq!((state(&sandbox).as_str(), mounted(&sandbox, DIRECTORY).as_str()), ("", ""));
    assert_eq!(sandbox.api_log().len(), asked, "nobody is asked");
    assert!(sandbox.client_calls().is_empty());
}

#[test]
fn role_mode_and_kill_switches_stop_both_hooks() {
    let (sandbox, _) = node(&format!("\n[jobs]\ndisabled_file = \"/shared/off\"\n{RULE}"));
    start(&sandbox, 1);
    let (shown, before) = (mounted(&sandbox, DIRECTORY), state(&sandbox));
    let stays = |why: &str| {
        for verb in ["start", "end"] {
            let done = hook(&sandbox, verb, 1).run().assert_success();
            assert!(done.stdout.contains("nothing is done") && done.stdout.contains(why), "{done}");
        }
        assert!(hook(&sandbox, "start", 2).run().assert_success().stdout.contains(why));
        assert_eq!(
            (mounted(&sandbox, DIRECTORY), state(&sandbox)),
            (shown.clone(), before.clone())
        );
    };
    sandbox.run(["mkdir", "-p", "/shared"]).assert_success();
    for path in ["/etc/fsxlustre/disabled", "/shared/off"] {
        sandbox.write_file(path, "");
        stays(&format!("{path} is there"));
        sandbox.remove(path);
    }
    let extra = "/etc/fsxlustre/zz.toml";
    for (text, why) in [
        ("[node]\nrole = \"login\"\n", "[node] role is login"),
        ("[node]\nrole = \"head\"\n", "[node] role is head"),
        ("[jobs]\nmode = \"off\"\n", "[jobs] mode is off"),
    ] {
        sandbox.write_file(extra, text);
        stays(why);
    }
    sandbox.remove(extra);
    assert!(end(&sandbox, 1).stdout.contains("unmounted"));
}

#[test]
fn with_the_file_system_down_and_20_jobs_no_start_exits_1() {
    let (sandbox, made) = node(&format!("\n[jobs.deadlines]\nmount = 2\n{RULE}"));
    sandbox.client_fault(&format!("mount-hang:{}", made.mount_name), true);
    let begun: Vec<_> = (1..=20).map(|id| (id, hook(&sandbox, "start", id).spawn())).collect();
    for (id, mut running) in begun {
        let done = running.wait(Duration::from_mins(2)).expect("it ends");
        assert_eq!(done.code(), Some(0), "{done}");
        let told = told(&sandbox, id);
        assert!(told.starts_with("export FSXLUSTRE_STATUS=missing\n"), "{told}");
        assert!(told.contains("FSXLUSTRE_MISSING=/mnt/genomics\n"), "{told}");
        assert!(!told.contains("\nrefuse\n"), "{told}");
    }
    sandbox.client_fault(&format!("mount-hang:{}", made.mount_name), false);
    start(&sandbox, 1);
    assert!(told(&sandbox, 1).starts_with("export FSXLUSTRE_STATUS=ready\n"));
    (1..=20).for_each(|id| drop(end(&sandbox, id)));
    assert_eq!(mounted(&sandbox, DIRECTORY), "");
}

#[test]
fn a_start_answers_in_time_whatever_hangs_and_no_child_holds_what_it_was_given() {
    let short = "\n[jobs.deadlines]\ndecide = 2\nresolve = 2\nmount = 2\ncounters = 1\n";
    let (sandbox, made) = node(&format!("{short}{RULE}"));
    // The fifth descriptor is one that a caller left open.
    let in_pipe = |id: u32| {
        let begun = Instant::now();
        let words = format!("fsxlustre job start 5>&1 2>&1 | cat; echo closed; exit 0 # {id}");
        let done = sandbox
            .command(["sh", "-c", &words])
            .env("SLURM_JOB_ID", id.to_string())
            .deadline(Duration::from_mins(2))
            .run()
            .assert_success();
        assert!(done.stdout.ends_with("closed\n"), "{done}");
        assert!(begun.elapsed() < Duration::from_secs(9) + GRACE, "{done}");
        assert!(told(&sandbox, id).starts_with("export FSXLUSTRE_STATUS=missing\n"), "{done}");
        done
    };
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").times(9).hang());
    sandbox.inject_fault(&Fault::on("GetResources").times(9).hang());
    assert!(in_pipe(1).stdout.contains("api: the job is admitted"));
    sandbox.reset_api();
    sandbox.imds(Imds::Hang);
    in_pipe(2);
    sandbox.imds(Imds::On);
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    let direct =
        format!("{short}[[jobs.mount]]\nsource = \"{device}\"\ndirectory = \"{DIRECTORY}\"\n");
    sandbox.write_file("/etc/fsxlustre/zz.toml", "");
    let main = sandbox.read_file("/etc/fsxlustre/fsxlustre.toml");
    let without = main.split("\n[jobs.deadlines]").next().unwrap().to_owned();
    sandbox.write_file("/etc/fsxlustre/fsxlustre.toml", &(without + &direct));
    sandbox.client_fault("mount-hang", true);
    assert!(in_pipe(3).stdout.contains("unreachable: the job is admitted"));
    sandbox.client_fault("mount-hang", false);
    sandbox.client_fault(&format!("mount-stuck:{}", made.mount_name), true);
    let stuck = in_pipe(4);
    assert!(stuck.stdout.contains("stuck in the kernel"), "{stuck}");
    // The next one finds the mount that is stuck: a job that needs this file system is refused.
    let next = hook(&sandbox, "start", 5).run().assert_success();
    assert!(next.stdout.contains("leaked: the job is refused"), "{next}");
    assert!(told(&sandbox, 5).contains("\nrefuse\n"), "{}", told(&sandbox, 5));
    sandbox.client_fault(&format!("mount-stuck:{}", made.mount_name), false);
}

#[test]
fn a_start_that_meets_the_last_end_mounts_anew() {
    let (sandbox, _) = node(RULE);
    for round in 0..8_u32 {
        let (old, new) = (round + 1, round + 2);
        if round == 0 {
            start(&sandbox, old);
        }
        let mut ending = hook(&sandbox, "end", old).spawn();
        std::thread::sleep(Duration::from_millis(u64::from(round) * 11));
        let done = start(&sandbox, new);
        let ended = ending.wait(Duration::from_mins(1)).expect("it ends");
        assert_eq!(ended.code(), Some(0), "{ended}");
        assert_ne!(mounted(&sandbox, DIRECTORY), "", "round {round}: {done}\n{ended}");
        assert!(told(&sandbox, new).starts_with("export FSXLUSTRE_STATUS=ready\n"));
    }
    end(&sandbox, 9);
    assert_eq!(mounted(&sandbox, DIRECTORY), "");
}

#[test]
fn state_of_the_previous_and_of_the_next_version_loses_no_mount() {
    let (sandbox, _) = node(RULE);
    let lease = "/run/fsxlustre/leases/prod_1_0_node-1.json";
    let change = |path: &str, more: &Value| {
        let mut value: Value = serde_json::from_str(&sandbox.read_file(path)).unwrap();
        let fields = value.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        fields.retain(|_, value| *value != json!("gone"));
        sandbox.write_file(path, &value.to_string());
        sandbox.run(["chmod", "600", path]).assert_success();
    };
    // The previous one: a lease without the job's number, and no request.
    start(&sandbox, 1);
    sandbox.remove(REQUEST);
    sandbox.run(["rm", "-r", "/run/fsxlustre/told"]).assert_success();
    change(lease, &json!({"job_id": "gone", "ended_unix_seconds": "gone"}));
    let shown = mounted(&sandbox, DIRECTORY);
    start(&sandbox, 1);
    assert_eq!(mounted(&sandbox, DIRECTORY), shown);
    sandbox.remove(REQUEST);
    change(lease, &json!({"job_id": "gone", "ended_unix_seconds": "gone"}));
    assert!(end(&sandbox, 1).stdout.contains("unmounted"));
    // The next one: more fields, fields of other types, a higher number.
    start(&sandbox, 1);
    let next = json!({"format": 9, "job_id": "one", "start": ["new"], "more": {"x": 1}});
    change(REQUEST, &next);
    change(lease, &json!({"format": 9, "began_unix_seconds": "now", "more": 1}));
    let again = start(&sandbox, 1);
    assert!(again.stdout.contains("is mounted already"), "{again}");
    let kept: Value = serde_json::from_str(&sandbox.read_file(REQUEST)).unwrap();
    assert_eq!(kept["more"], json!({"x": 1}), "it is not written over");
    change(lease, &json!({"format": 9, "began_unix_seconds": "now", "more": 1}));
    assert!(end(&sandbox, 1).stdout.contains("unmounted"));
    assert_eq!(mounted(&sandbox, DIRECTORY), "");
    // Rubbish.
    for path in [REQUEST, lease] {
        sandbox.run(["mkdir", "-p", "/run/fsxlustre/requests", "/run/fsxlustre/leases"]);
        sandbox.write_file(path, "{\"format\":");
        start(&sandbox, 1);
        assert!(end(&sandbox, 1).stdout.contains("unmounted"), "{path}");
    }
}

/// Rounds by default, or as many as `FSXLUSTRE_ROUNDS` says.
fn rounds() -> u32 {
    std::env::var("FSXLUSTRE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

#[test]
fn a_start_that_is_killed_at_any_moment_is_made_good_by_the_next_call() {
    let (sandbox, _) = node(RULE);
    let whole = Instant::now();
    start(&sandbox, 1);
    let longest = whole.elapsed().as_micros().max(1);
    end(&sandbox, 1);
    for round in 0..rounds() {
        let id = 100 + round;
        let mut begun = hook(&sandbox, "start", id).spawn();
        // Spread over its whole length, in no order.
        let share = u128::from(round.wrapping_mul(2_654_435_761) % 1000);
        let pause = Duration::from_micros(u64::try_from(longest * share / 1000).unwrap());
        std::thread::sleep(pause);
        if round % 3 == 0 {
            // Slurm at its time limit.
            begun.signal(Signal::SIGTERM);
            std::thread::sleep(Duration::from_millis(10));
        }
        begun.signal(Signal::SIGKILL);
        // Until it has gone, what it was writing is not left over.
        assert!(begun.wait(GRACE).is_some(), "round {round}: what was killed does not go");
        if round % 2 == 0 {
            let again = start(&sandbox, id);
            assert_ne!(mounted(&sandbox, DIRECTORY), "", "round {round}, {pause:?}: {again}");
            assert!(told(&sandbox, id).starts_with("export FSXLUSTRE_STATUS=ready\n"));
        }
        let ended = end(&sandbox, id);
        let what = format!("the unmount of round {round}, {pause:?}: {ended}");
        wait_until(&what, || mounted(&sandbox, DIRECTORY).is_empty());
    }
    let left = state(&sandbox);
    for folder in ["/leases/", "/requests/", "/told/", "/io/", "/mounts/"] {
        assert!(!left.contains(folder), "{left}");
    }
}

#[test]
fn a_rules_layout_is_applied_to_what_a_start_has_mounted_and_to_nothing_else() {
    let profile = "\n[layout.profiles.large]\nstripe_count = 4\nstripe_size = \"4MiB\"\n";
    let rule = format!("{RULE}options = \"subdir=/results,layout=large\"\n");
    let (sandbox, _) = node(&format!("{profile}{rule}"));
    sandbox.run(["mkdir", "-p", "/mnt/whole"]).assert_success();
    let whole = ["mount", "-t", "fsxlustre", "tag:Project:genomics", "/mnt/whole"];
    sandbox.run(whole).assert_success();
    sandbox.run(["mkdir", "/mnt/whole/results"]).assert_success();
    let applied =
        || sandbox.client_calls().iter().filter(|call| call.contains("setstripe")).count();
    let started = start(&sandbox, 1);
    assert_eq!(applied(), 1, "{started}");
    start(&sandbox, 2);
    assert_eq!(applied(), 1, "what was there is left as it is");
    end(&sandbox, 1);
    end(&sandbox, 2);
}

#[test]
fn what_is_mounted_serves_where_aws_cannot_be_asked() {
    let (sandbox, _) = node(RULE);
    start(&sandbox, 1);
    sandbox.run(["fsxlustre", "cache", "clear"]).assert_success();
    sandbox.inject_fault(&Fault::on("Describe").times(99).error(400, "AccessDeniedException"));
    let second = start(&sandbox, 2);
    assert!(second.stdout.contains("is mounted already"), "{second}");
    assert!(second.stderr.contains("what is mounted for the same source serves"), "{second}");
    assert!(told(&sandbox, 2).starts_with("export FSXLUSTRE_STATUS=ready\n"));
    end(&sandbox, 1);
    end(&sandbox, 2);
    let third = start(&sandbox, 3);
    assert!(third.stdout.contains("api: the job is admitted without it"), "{third}");
    end(&sandbox, 3);
}

#[test]
fn the_components_of_a_heterogeneous_job_have_leases_of_their_own() {
    let (sandbox, _) = node(RULE);
    let component = |verb: &str, id: u32| {
        hook(&sandbox, verb, id).env("SLURM_HET_JOB_ID", "40").run().assert_success()
    };
    component("start", 40);
    component("start", 41);
    let first = component("end", 40);
    assert!(first.stdout.contains("stays: in use by prod_41_0_node-1"), "{first}");
    assert_ne!(mounted(&sandbox, DIRECTORY), "");
    component("end", 41);
    assert_eq!(mounted(&sandbox, DIRECTORY), "");
}

#[test]
fn a_run_with_another_unique_id_is_decided_anew() {
    let (sandbox, _) = node(RULE);
    let run = |sluid: &str| {
        hook(&sandbox, "start", 1).env("SLURM_JOB_SLUID", sluid).run().assert_success();
        let request: Value = serde_json::from_str(&sandbox.read_file(REQUEST)).unwrap();
        request["sluid"].as_str().unwrap().to_owned()
    };
    assert_eq!(run("s1AB"), "s1AB");
    assert_eq!(run("s2CD"), "s2CD");
    end(&sandbox, 1);
}

#[test]
fn jobs_are_listed_and_shown_with_what_became_of_each() {
    let (sandbox, _) = node(&format!(
        "{RULE}\n[[jobs.mount]]\nsource = \"tag:Project:none\"\ndirectory = \"/mnt/none\"\n"
    ));
    assert_eq!(sandbox.run(["fsxlustre", "job", "list"]).assert_success().stdout, "");
    start(&sandbox, 1);
    let list = sandbox.run(["fsxlustre", "job", "list"]).assert_success().stdout;
    assert!(list.contains("prod_1_0_node-1") && list.contains("running"), "{list}");
    assert!(list.contains("/mnt/none (ambiguous)"), "{list}");
    for name in ["1", "prod_1_0_node-1"] {
        let show = sandbox.run(["fsxlustre", "job", "show", name]).assert_success().stdout;
        assert!(show.contains("start: admit; decide "), "{show}");
        assert!(show.contains("missing, ambiguous: ") && show.contains("FSXL-A201"), "{show}");
    }
    let json = sandbox.run(["fsxlustre", "job", "show", "1", "--json"]).assert_success().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let job = &json["jobs"][0];
    assert_eq!(job["state"], "running");
    assert_eq!(job["lease"]["directories"], json!(["/mnt/genomics", "/mnt/none"]));
    let phases: Vec<_> = job["request"]["start"]["phases"].as_array().unwrap().iter().collect();
    assert_eq!(phases.len(), 7, "{phases:?}");
    let unknown = sandbox.run(["fsxlustre", "job", "show", "77"]);
    assert_eq!(unknown.code(), Some(1), "{unknown}");
    end(&sandbox, 1);
}

#[test]
fn a_kill_switch_that_does_not_answer_counts_as_not_there() {
    let (sandbox, _) = node(&format!(
        "\n[jobs]\ndisabled_file = \"/mnt/shared/off\"\n[jobs.deadlines]\ndecide = 2\nmount = 2\n{RULE}"
    ));
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "shared"));
    sandbox.run(["mkdir", "-p", "/mnt/shared"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", "tag:Project:shared", "/mnt/shared"]).assert_success();
    sandbox.client_fault("io-hang", true);
    let begun = Instant::now();
    let done = hook(&sandbox, "start", 1).deadline(Duration::from_mins(2)).run().assert_success();
    assert!(!done.stdout.contains("nothing is done"), "{done}");
    assert!(begun.elapsed() < Duration::from_secs(45) + GRACE, "{done}");
    sandbox.client_fault("io-hang", false);
}
