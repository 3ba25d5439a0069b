//! Settings of the client with the real programs: planned, set, read back, kept, put back, set again after each
//! mount, and what somebody else set since.

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use serde_json::Value;
use std::time::Duration;

const ONE: &str = "/mnt/one";
const TWO: &str = "/mnt/two";
const OWN: &str = "\n[tune.profiles.ours]\nset = [\"mdc.max_rpcs_in_flight=64\", \
                   \"mdc.max_mod_rpcs_in_flight=50\", \"osc.max_rpcs_in_flight=32\"]\n";

/// A node of 96 processors and 192 GiB, whose client's settings answer as the kernel's.
fn node() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics").osts(2));
    sandbox.run(["mkdir", ONE, TWO]).assert_success();
    sandbox.client_fault("kernel-settings", true);
    big(&sandbox);
    (sandbox, made)
}

fn big(sandbox: &Sandbox) {
    let cpus = (0..96).map(|cpu| format!("cpu{cpu} 1 0 1 9 0 0 0 0 0 0\n"));
    let cpus = format!("cpu  96 0 96 864 0 0 0 0 0 0\n{}", cpus.collect::<String>());
    let memory = format!("MemTotal: {} kB\n", 192_u64 << 20);
    for (name, text) in [("stat", cpus), ("meminfo", memory)] {
        let file = format!("/run/{name}");
        sandbox.write_file(&file, &text);
        sandbox.run(["mount", "--bind", &file, &format!("/proc/{name}")]).assert_success();
    }
}

fn mount(sandbox: &Sandbox, source: &str, directory: &str, options: &str) -> Output {
    let done = sandbox.run(["mount", "-t", "fsxlustre", "-o", options, source, directory]);
    let done = done.assert_success();
    // The capture's server allows 8, FSx's many more.
    let raise =
        "sed -i 's/max_mod_rpcs: 8/max_mod_rpcs: 128/' /run/standin/proc/fs/lustre/mdc/*/import";
    sandbox.run(["sh", "-c", raise]).assert_success();
    done
}

fn tune(sandbox: &Sandbox, words: &str) -> Output {
    sandbox.run(["fsxlustre", "tune"].into_iter().chain(words.split(' ')))
}

fn client(sandbox: &Sandbox) -> String {
    let listed = sandbox.run(["ls", "/run/standin/sys/fs/lustre/llite"]);
    listed.stdout.lines().next().expect("a client").to_owned()
}

/// Each value of a setting, of every device that matches.
fn values(sandbox: &Sandbox, pattern: &str) -> Vec<String> {
    let show = format!("cat /run/standin/[ps]*/fs/lustre/{pattern} 2>/dev/null");
    sandbox.run(["sh", "-c", &show]).stdout.lines().map(str::to_owned).collect()
}

/// What was written to the kernel's files, the newest last: `mdc/…/max_rpcs_in_flight=64 taken`.
fn writes(sandbox: &Sandbox) -> Vec<String> {
    let calls = sandbox.client_calls();
    let calls = calls.iter().filter_map(|call| serde_json::from_str::<Value>(call).ok());
    let of_kernel = calls.filter(|call| call["program"] == "kernel");
    let told = |call: Value| {
        let word = |at: usize| call["args"][at].as_str().unwrap_or_default().to_owned();
        let path = word(0);
        let path = path.strip_prefix("sys/fs/lustre/").unwrap_or(&path);
        format!("{path}={} {}", word(1), word(2))
    };
    of_kernel.map(told).collect()
}

fn state(sandbox: &Sandbox) -> Value {
    let file = format!("/run/fsxlustre/tuning/{}.json", client(sandbox));
    serde_json::from_str(&sandbox.read_file(&file)).expect("JSON")
}

fn has_state(sandbox: &Sandbox) -> bool {
    sandbox.run(["sh", "-c", "ls /run/fsxlustre/tuning/*.json"]).is_success()
}

#[test]
fn what_aws_documents_is_planned_set_proved_and_put_back() {
    let (sandbox, made) = node();
    mount(&sandbox, &made.id, ONE, "noatime");
    let planned = tune(&sandbox, "plan --profile aws-documented /mnt/one");
    assert_eq!(planned.code(), Some(3), "{planned}");
    for words in [
        "this node: 96 CPUs, 192.0 GiB, client 2.15.8",
        "osc.max_rpcs_in_flight           8 -> 32",
        "2 devices",
        "not set -> 9600",
        "192.0 GiB of memory, more than 64 GiB, 100 for each CPU",
        "Amazon FSx for Lustre user guide, performance tips",
        "ptlrpc.ptlrpcd_per_cpt_max",
        "`tune apply --persist`, then a reboot",
        "llite.statahead_xattr            this client does not have it: passed over",
    ] {
        assert!(planned.stdout.contains(words), "{words}: {planned}");
    }
    assert_eq!(writes(&sandbox), Vec::<String>::new(), "a plan writes nothing");
    let set = tune(&sandbox, "apply --profile aws-documented /mnt/one").assert_success();
    assert!(set.stdout.contains("8 -> 32") && set.stdout.contains("set, proved"), "{set}");
    let of_ours = [
        ("osc/*/max_rpcs_in_flight", "32"),
        ("mdc/*/max_rpcs_in_flight", "64"),
        ("mdc/*/max_mod_rpcs_in_flight", "50"),
        ("ldlm/namespaces/*-mdc-*/lru_size", "9600"),
        ("ldlm/namespaces/*-osc-*/lru_max_age", "600000"),
        ("llite/*/statahead_max", "512"),
    ];
    for (pattern, value) in of_ours {
        assert!(values(&sandbox, pattern).iter().all(|one| one == value), "{pattern}");
    }
    let mgc = values(&sandbox, "ldlm/namespaces/MGC*/lru_max_age");
    assert_eq!(mgc, ["3900000"], "the management server's is nobody's");
    let before = writes(&sandbox).len();
    let again = tune(&sandbox, "apply --profile aws-documented /mnt/one").assert_success();
    assert!(again.stdout.contains("hold, nothing done"), "{again}");
    assert_eq!(writes(&sandbox).len(), before);
    tune(&sandbox, "show").assert_success();
    let back = tune(&sandbox, "revert /mnt/one").assert_success();
    assert!(back.stdout.contains("32 -> 8"), "{back}");
    for (pattern, value) in [
        ("osc/*/max_rpcs_in_flight", "8"),
        ("mdc/*/max_mod_rpcs_in_flight", "7"),
        ("ldlm/namespaces/*-mdc-*/lru_max_age", "3900000"),
        ("llite/*/statahead_max", "32"),
    ] {
        assert!(values(&sandbox, pattern).iter().all(|one| one == value), "{pattern}");
    }
    assert!(!has_state(&sandbox));
    let nothing = tune(&sandbox, "revert").assert_success();
    assert!(nothing.stdout.contains("nothing of ours is set"), "{nothing}");
}

#[test]
fn what_lustre_moves_along_comes_back_and_the_order_keeps_every_limit() {
    let (sandbox, made) = node();
    sandbox.append_config(OWN);
    sandbox.append_config("\n[tune.profiles.low]\nset = [\"mdc.max_rpcs_in_flight=4\"]\n");
    mount(&sandbox, &made.id, ONE, "noatime");
    let dirty = values(&sandbox, "mdc/*/max_dirty_mb");
    tune(&sandbox, "apply --profile ours").assert_success();
    let order = |all: &[String]| -> Vec<String> {
        let of_mdc = all.iter().filter(|line| line.starts_with("mdc/"));
        of_mdc.map(|line| line.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    };
    let raised = writes(&sandbox);
    assert_eq!(
        order(&raised),
        ["max_rpcs_in_flight=64 taken", "max_mod_rpcs_in_flight=50 taken"],
        "{raised:?}"
    );
    assert_ne!(values(&sandbox, "mdc/*/max_dirty_mb"), dirty, "the client raised it itself");
    tune(&sandbox, "apply --profile low").assert_success();
    let lowered = writes(&sandbox).split_off(raised.len());
    assert_eq!(
        order(&lowered)[..2],
        ["max_mod_rpcs_in_flight=3 taken", "max_rpcs_in_flight=4 taken"],
        "{lowered:?}"
    );
    let osc = values(&sandbox, "osc/*/max_rpcs_in_flight");
    assert_eq!(osc, ["8", "8"], "low does not speak of it: as before ours");
    tune(&sandbox, "revert").assert_success();
    assert_eq!(values(&sandbox, "mdc/*/max_rpcs_in_flight"), ["8"]);
    assert_eq!(values(&sandbox, "mdc/*/max_mod_rpcs_in_flight"), ["7"]);
    assert_eq!(values(&sandbox, "mdc/*/max_dirty_mb"), dirty);
    assert!(writes(&sandbox).iter().all(|line| line.ends_with(" taken")));
}

#[test]
fn a_servers_limit_is_kept_and_a_value_that_the_client_refuses_is_named() {
    let (sandbox, made) = node();
    sandbox.append_config(OWN);
    let source = ["mount", "-t", "fsxlustre", &made.id, ONE];
    sandbox.run(source).assert_success();
    let planned = tune(&sandbox, "plan --profile ours");
    assert!(planned.stdout.contains("its server allows 8"), "{planned}");
    tune(&sandbox, "apply --profile ours").assert_success();
    assert_eq!(values(&sandbox, "mdc/*/max_mod_rpcs_in_flight"), ["8"]);
    tune(&sandbox, "revert").assert_success();

    sandbox.append_config(
        "\n[tune.profiles.much]\nset = [\"llite.max_read_ahead_per_file_mb=4096\", \
         \"llite.max_read_ahead_mb=4096\", \"llite.statahead_max=64\"]\n",
    );
    // As where the memory is too small for it.
    let file = format!("/run/standin/sys/fs/lustre/llite/{}/statahead_max", client(&sandbox));
    sandbox.run(["mount", "--bind", "-o", "ro", &file, &file]).assert_success();
    let refused = tune(&sandbox, "apply --profile much");
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr.contains("FSXL-T104") && refused.stderr.contains("EROFS"), "{refused}");
    assert!(refused.stdout.contains("FAILED: sysfs is mounted read-only"), "{refused}");
    assert_eq!(
        values(&sandbox, "llite/*/max_read_ahead_per_file_mb"),
        ["4096"],
        "the others are set"
    );
    let kept = state(&sandbox);
    let keys: Vec<_> = kept["entries"].as_array().unwrap().iter().map(|one| &one["key"]).collect();
    assert_eq!(keys.len(), 2, "what was refused is not ours: {kept}");
    sandbox.run(["umount", &file]).assert_success();
    tune(&sandbox, "apply --profile much").assert_success();
    tune(&sandbox, "revert").assert_success();
}

#[test]
fn what_somebody_set_since_is_told_and_not_fought_over() {
    let (sandbox, made) = node();
    mount(&sandbox, &made.id, ONE, "tune=aws-documented");
    assert_eq!(values(&sandbox, "osc/*/max_rpcs_in_flight"), ["32", "32"]);
    let script = "osc.*OST0001*.max_rpcs_in_flight=16";
    sandbox.run(["/run/standin/usr/sbin/lctl", "set_param", script]).assert_success();
    let again = tune(&sandbox, "apply --profile aws-documented");
    assert_eq!(again.code(), Some(3), "{again}");
    assert!(again.stderr.contains("FSXL-T105"), "{again}");
    assert_eq!(values(&sandbox, "osc/*/max_rpcs_in_flight"), ["32", "16"]);
    let shown = tune(&sandbox, "show");
    assert_eq!(shown.code(), Some(3), "{shown}");
    assert!(shown.stdout.contains("changed by somebody else since it was set to 32"), "{shown}");
    let checked = sandbox.run(["fsxlustre", "check", "--json", "--only", "tuning_drift"]);
    assert!(checked.stdout.contains("somebody changed osc.max_rpcs_in_flight"), "{checked}");
    let drift = metrics(&sandbox);
    let wanted = format!(
        "fsxlustre_drift_info{{fs=\"{}\",mountpoint=\"{ONE}\",kind=\"tuning\",setting=\"osc.max_rpcs_in_flight\"}} 1",
        made.mount_name
    );
    assert!(drift.contains(&wanted), "{drift}");
    let back = tune(&sandbox, "revert");
    assert_eq!(back.code(), Some(3), "{back}");
    assert!(back.stdout.contains("left, somebody changed it since it was set to 32"), "{back}");
    assert_eq!(values(&sandbox, "osc/*/max_rpcs_in_flight"), ["8", "16"]);
    let replaced = tune(&sandbox, "apply --replace --profile aws-documented").assert_success();
    assert!(replaced.stdout.contains("16 -> 32"), "{replaced}");
}

/// What the metrics service tells of drift.
fn metrics(sandbox: &Sandbox) -> String {
    let listen = "--web.listen-address=127.0.0.1:19988";
    let _served = sandbox.spawn(["fsxlustre", "serve", listen]);
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let scraped = sandbox.request("GET", "http://127.0.0.1:19988/metrics").try_send();
        match scraped {
            Ok(response) if response.status == 200 => {
                let text = response.body;
                return text
                    .lines()
                    .filter(|line| line.contains("drift"))
                    .collect::<Vec<_>>()
                    .join("\n");
            }
            _ if std::time::Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50))
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn after_each_mount_of_ours_it_is_set_again_and_a_bad_profile_is_a_warning() {
    let (sandbox, made) = node();
    mount(&sandbox, &made.id, ONE, "tune=aws-documented");
    assert_eq!(values(&sandbox, "osc/*/max_rpcs_in_flight"), ["32", "32"]);
    let first = client(&sandbox);
    sandbox.run(["umount", ONE]).assert_success();
    sandbox.append_config("\n[tune]\nprofile = \"streaming\"\n");
    mount(&sandbox, &made.id, ONE, "noatime");
    assert_ne!(client(&sandbox), first);
    assert_eq!(values(&sandbox, "osc/*/max_rpcs_in_flight"), ["32", "32"], "by the configuration");
    assert_eq!(state(&sandbox)["profile"], "streaming");
    let listed = sandbox.run(["ls", "/run/fsxlustre/tuning"]);
    assert!(!listed.stdout.contains(&first), "what is gone is forgotten: {listed}");
    mount(&sandbox, &made.id, TWO, "noatime");
    let calls = writes(&sandbox).len();
    mount(&sandbox, &made.id, TWO, "noatime");
    assert_eq!(writes(&sandbox).len(), calls, "a client that is there keeps what it has");
    sandbox.run(["umount", TWO]).assert_success();
    sandbox.run(["umount", ONE]).assert_success();
    let off = mount(&sandbox, &made.id, ONE, "tune=off");
    assert_eq!(values(&sandbox, "osc/*/max_rpcs_in_flight"), ["8", "8"], "{off}");
    sandbox.run(["umount", ONE]).assert_success();
    let unknown = mount(&sandbox, &made.id, ONE, "tune=fast");
    assert!(unknown.stderr.contains("the tuning profile fast was not applied"), "{unknown}");
    assert!(unknown.stderr.contains("FSXL-T101"), "{unknown}");
}

#[test]
fn two_clients_of_one_file_system_and_two_whose_names_begin_alike_are_not_mixed() {
    let (sandbox, made) = node();
    sandbox.append_config(OWN);
    let longer = FileSystem::lustre().tag("Project", "longer").osts(1);
    let longer = sandbox.create_file_system(longer);
    mount(&sandbox, &made.id, ONE, "noatime");
    mount(&sandbox, &made.id, TWO, "new_client");
    sandbox.run(["mkdir", "/mnt/longer"]).assert_success();
    mount(&sandbox, &longer.id, "/mnt/longer", "noatime");
    tune(&sandbox, "apply --profile ours /mnt/two").assert_success();
    let record: Value =
        serde_json::from_str(&sandbox.read_file("/run/fsxlustre/mounts/-mnt-two.json")).unwrap();
    let address = record["client"].as_str().unwrap().rsplit('-').next().unwrap().to_owned();
    let touched = writes(&sandbox);
    assert!(
        touched.len() >= 4 && touched.iter().all(|line| line.contains(&address)),
        "{touched:?}"
    );
    let by_id = tune(&sandbox, &format!("apply --profile ours {}", made.id)).assert_success();
    assert!(by_id.stdout.contains(TWO) && by_id.stdout.contains(ONE), "{by_id}");
    let name = tune(&sandbox, &format!("plan --profile ours {}", longer.mount_name));
    assert!(name.stdout.contains("/mnt/longer") && !name.stdout.contains(ONE), "{name}");
    let nobody = tune(&sandbox, "plan --profile ours nosuchfs");
    assert!(nobody.stderr.contains("FSXL-T102"), "{nobody}");
    assert_eq!(tune(&sandbox, "plan --profile ours /tmp").code(), Some(1));
}

#[test]
fn a_call_that_is_killed_and_made_again_ends_in_the_same_state_and_knows_the_first_values() {
    let (sandbox, made) = node();
    mount(&sandbox, &made.id, ONE, "noatime");
    let first = tune(&sandbox, "show --json").stdout;
    let shown = |text: &str| -> Vec<(String, String)> {
        let all: Value = serde_json::from_str(text).expect("JSON");
        let settings = all[0]["settings"].as_array().expect("settings").clone();
        let is_moving = |one: &Value| one["key"] == "ldlm.namespaces.lru_size";
        let one =
            |one: Value| (format!("{} {}", one["key"], one["device"]), one["now"].to_string());
        settings.into_iter().filter(|one| !is_moving(one)).map(one).collect()
    };
    for round in 0..40 {
        let mut begun =
            sandbox.spawn(["fsxlustre", "tune", "apply", "--profile", "aws-documented"]);
        let pause = Duration::from_micros(1_500 * (round % 40));
        begun.wait(pause);
        begun.signal(fsxlustre_tests::Signal::SIGKILL);
        drop(begun);
        tune(&sandbox, "apply --profile aws-documented").assert_success();
        assert_eq!(values(&sandbox, "osc/*/max_rpcs_in_flight"), ["32", "32"], "round {round}");
        assert_eq!(values(&sandbox, "mdc/*/max_mod_rpcs_in_flight"), ["50"], "round {round}");
        let mut begun = sandbox.spawn(["fsxlustre", "tune", "revert"]);
        begun.wait(pause);
        begun.signal(fsxlustre_tests::Signal::SIGKILL);
        drop(begun);
        tune(&sandbox, "revert").assert_success();
        assert_eq!(shown(&tune(&sandbox, "show --json").stdout), shown(&first), "round {round}");
        assert!(!has_state(&sandbox), "round {round}");
    }
}

#[test]
fn parameters_of_modules_are_written_only_when_asked_and_only_into_our_file() {
    const FILE: &str = "/etc/modprobe.d/fsxlustre.conf";
    let (sandbox, made) = node();
    mount(&sandbox, &made.id, ONE, "noatime");
    let plain = tune(&sandbox, "apply --profile aws-documented").assert_success();
    assert!(plain.stdout.contains("modules: not set"), "{plain}");
    assert!(!sandbox.run(["test", "-e", FILE]).is_success());
    tune(&sandbox, "apply --persist --profile aws-documented").assert_success();
    let text = sandbox.read_file(FILE);
    for line in
        ["options ptlrpc ptlrpcd_per_cpt_max=32\n", "options ksocklnd credits=2560\n", "purge"]
    {
        assert!(text.contains(line), "{text}");
    }
    let again = tune(&sandbox, "apply --persist --profile aws-documented").assert_success();
    assert!(again.stdout.contains(&format!("{FILE}: nothing done")), "{again}");
    let planned = tune(&sandbox, "plan --profile aws-documented").assert_success();
    assert!(planned.stdout.contains("reboot to load it"), "{planned}");
    tune(&sandbox, "revert --persist").assert_success();
    assert!(!sandbox.run(["test", "-e", FILE]).is_success());
    sandbox.write_file(FILE, "options ptlrpc ptlrpcd_per_cpt_max=4\n");
    for words in ["apply --persist --profile aws-documented", "revert --persist"] {
        let refused = tune(&sandbox, words);
        assert!(refused.stderr.contains("FSXL-T106"), "{refused}");
    }
    assert_eq!(sandbox.read_file(FILE), "options ptlrpc ptlrpcd_per_cpt_max=4\n");
    sandbox.run(["ln", "-sf", "/etc/passwd", FILE]).assert_success();
    let link = tune(&sandbox, "apply --persist --profile aws-documented");
    assert!(link.stderr.contains("FSXL-T106"), "{link}");
}

/// A hook of a job.
fn hook(sandbox: &Sandbox, verb: &str, id: u32) -> Output {
    let call = sandbox
        .command(["fsxlustre", "job", verb])
        .env("SLURM_JOB_ID", id.to_string())
        .env("SLURM_CLUSTER_NAME", "prod")
        .env("SLURM_JOB_PARTITION", "cpu")
        .env("SLURM_JOB_RESTART_COUNT", "0")
        .env("SLURMD_NODENAME", "node-1");
    call.run().assert_success()
}

#[test]
fn a_jobs_start_sets_it_on_what_it_has_mounted_and_on_nothing_else() {
    let (sandbox, _) = node();
    sandbox.append_config(OWN);
    sandbox.append_config(
        "\n[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"/mnt/genomics\"\n\
         options = \"tune=ours\"\n",
    );
    let started = hook(&sandbox, "start", 1);
    assert_eq!(values(&sandbox, "osc/*/max_rpcs_in_flight"), ["32", "32"], "{started}");
    let request = sandbox.read_file("/run/fsxlustre/requests/prod_1_0_node-1.json");
    assert!(request.contains("\"tuning\""), "its phase is timed: {request}");
    let count = writes(&sandbox).len();
    hook(&sandbox, "start", 2);
    assert_eq!(writes(&sandbox).len(), count, "what was there is left as it is");
    hook(&sandbox, "end", 1);
    hook(&sandbox, "end", 2);
}

#[test]
fn nobody_but_root_sets_and_without_a_profile_nothing_is() {
    let (sandbox, made) = node();
    mount(&sandbox, &made.id, ONE, "noatime");
    let none = tune(&sandbox, "apply");
    assert!(none.stderr.contains("FSXL-T101") && none.stderr.contains("--profile"), "{none}");
    let user = sandbox.run([
        "setpriv",
        "--reuid=65534",
        "--clear-groups",
        "fsxlustre",
        "tune",
        "apply",
        "--profile",
        "aws-documented",
    ]);
    assert_eq!(user.code(), Some(1), "{user}");
    assert!(user.stderr.contains("only root may tune"), "{user}");
    assert_eq!(writes(&sandbox), Vec::<String>::new());
    let json = tune(&sandbox, "plan --json --profile aws-documented");
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["node"]["cpus"], 96, "{json}");
    assert_eq!(json["profile"], "aws-documented");
    assert_eq!(json["clients"][0]["directories"][0], ONE);
    let unset = json["clients"][0]["rows"].as_array().unwrap();
    assert!(unset.iter().any(|row| row["stand"]["is"] == "differs" && row["stand"]["to"] == 32));
}

#[test]
fn a_client_of_2_10_has_its_settings_in_procfs_and_one_that_it_lacks_is_named() {
    let sandbox = Sandbox::start();
    let tree =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../agent/tests/fixtures/metrics/lustre-2.10.1");
    sandbox.run(["cp", "-r", tree, "/run/old"]).assert_success();
    sandbox.append_config(
        "\n[tune.profiles.old]\nset = [\"osc.max_rpcs_in_flight=32\", \"llite.statahead_xattr=1\"]\n",
    );
    let tune = |words: &str| {
        let paths =
            ["fsxlustre", "--path.procfs=/run/old/proc", "--path.sysfs=/run/old/sys", "tune"];
        sandbox.run(paths.into_iter().chain(words.split(' '))).assert_success()
    };
    let set = tune("apply --profile old lustrefs");
    assert!(set.stdout.contains("8 -> 32") && set.stdout.contains("2 devices"), "{set}");
    assert!(
        set.stdout.contains("llite.statahead_xattr            this client does not have it"),
        "{set}"
    );
    let rpcs = "cat /run/old/proc/fs/lustre/osc/*/max_rpcs_in_flight";
    let values = || sandbox.run(["sh", "-c", rpcs]).stdout;
    assert_eq!(values(), "32\n32\n");
    tune("revert lustrefs");
    assert_eq!(values(), "8\n8\n");
    sandbox
        .run(["mount", "-t", "tmpfs", "-o", "ro", "none", "/run/old/proc/fs/lustre/mdc"])
        .assert_success();
    tune("apply --profile old lustrefs");
}
