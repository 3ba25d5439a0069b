//! Nodes that never ask AWS: the static map, the shared cache file and who may not have written it,
//! and the slots of a large fleet. By the real programs.

use fsxlustre_tests::{FileSystem, Imds, Output, Sandbox};
use serde_json::{Value, json};

const DIRECTORY: &str = "/mnt/genomics";
const SOURCE: &str = "tag:Project:genomics,Stage:prod";
const SHARED: &str = "/mnt/srv/fsxlustre/answers.json";

fn genomics() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let new = FileSystem::lustre().tag("Project", "genomics").tag("Stage", "prod").tag("Empty", "");
    let made = sandbox.create_file_system(new.tag("Name", "scratch"));
    sandbox.run(["mkdir", "-p", DIRECTORY, "/mnt/srv/fsxlustre"]).assert_success();
    sandbox.run(["chmod", "755", "/mnt/srv", "/mnt/srv/fsxlustre"]).assert_success();
    (sandbox, made)
}

fn resolve(sandbox: &Sandbox, source: &str, caller: &str) -> Output {
    let caller = format!("--for={caller}");
    sandbox.run(["fsxlustre", "resolve", "--json", "--timeout=15", &caller, source])
}

fn origin(output: &Output) -> String {
    let answer: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"));
    answer["origin"]["from"].as_str().unwrap_or_default().to_owned()
}

/// Takes everything of AWS away: no metadata, no credentials, and nobody at the endpoint.
fn without_aws(sandbox: &Sandbox) {
    sandbox.imds(Imds::Off);
    let config = sandbox.read_file("/etc/fsxlustre/fsxlustre.toml");
    let nobody = config.replace("127.0.0.1:4566", "127.0.0.1:9");
    assert_ne!(config, nobody);
    sandbox.write_file("/etc/fsxlustre/fsxlustre.toml", &nobody);
    sandbox.run(["rm", "-rf", "/var/cache/fsxlustre"]).assert_success();
}

/// What arrived at the endpoint, this harness's own requests apart.
fn requests(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.api_log().into_iter();
    log.filter(|request| !request.path.starts_with("/_control"))
        .map(|request| format!("{} {} {:?}", request.service, request.path, request.operation))
        .collect()
}

fn unmount(sandbox: &Sandbox) {
    sandbox.run(["umount", DIRECTORY]).assert_success();
}

#[test]
fn the_map_of_a_head_node_mounts_everything_without_aws() {
    let (sandbox, made) = genomics();
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "other"));
    sandbox.create_file_system(FileSystem::lustre().lifecycle("DELETING"));
    let all = sandbox.run(["fsxlustre", "resolve", "--export-map"]).assert_success();
    assert_eq!(all.stdout.matches("\n[[filesystem]]").count(), 2, "{all}");
    let one = sandbox.run(["fsxlustre", "resolve", "--export-map=/run/map.toml", SOURCE]);
    assert!(one.assert_success().stdout.contains("1 entries written to /run/map.toml"));
    sandbox.run(["mkdir", "-p", "/etc/fsxlustre/fsxlustre.d"]).assert_success();
    sandbox.run(["cp", "/run/map.toml", "/etc/fsxlustre/fsxlustre.d/map.toml"]).assert_success();
    without_aws(&sandbox);
    sandbox.reset_api();
    sandbox.imds(Imds::Off);

    for source in [SOURCE, "tag:Stage:prod", "name:scratch", made.id.as_str()] {
        let mounted = sandbox.run(["mount", "-t", "fsxlustre", source, DIRECTORY]);
        mounted.assert_success();
        let shown = sandbox.read_file("/proc/self/mountinfo");
        assert!(shown.contains(&format!("@tcp:/{}", made.mount_name)), "{source}: {shown}");
        let status = sandbox.run(["fsxlustre", "status"]);
        assert!(status.stdout.contains("found in the map"), "{status}");
        unmount(&sandbox);
        let told = resolve(&sandbox, source, "person").assert_success();
        assert_eq!(origin(&told), "map", "{told}");
    }
    assert_eq!(requests(&sandbox), Vec::<String>::new());
    let unknown = resolve(&sandbox, "name:other", "person");
    assert!(!unknown.is_success(), "{unknown}");
}

#[test]
fn the_helper_reads_the_map_without_the_agent() {
    let (sandbox, made) = genomics();
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    sandbox.append_config(&format!(
        "[[filesystem]]\nid = \"{}\"\ndevice = \"{device}\"\nname = \"scratch\"\n",
        made.id
    ));
    without_aws(&sandbox);
    sandbox.run(["mount", "--bind", "/dev/null", "/usr/bin/fsxlustre"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", "name:scratch", DIRECTORY]).assert_success();
    unmount(&sandbox);
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
}

#[test]
fn a_map_that_cannot_answer_is_refused() {
    let (sandbox, made) = genomics();
    let entry = |id: &str, more: &str| {
        format!("[[filesystem]]\nid = \"{id}\"\ndevice = \"a.example@tcp:/abcdefgh\"\n{more}\n")
    };
    sandbox.append_config(&entry("fs-01234567", "tags = { Project = \"x\", Stage = \"a\" }"));
    sandbox.append_config(&entry("fs-89abcdef", "tags = { Project = \"x\", Stage = \"b\" }"));
    let both = resolve(&sandbox, "tag:Project:x", "person");
    assert!(both.stdout.contains("FSXL-A202"), "{both}");
    assert!(both.stdout.contains("fs-01234567, fs-89abcdef"), "{both}");
    assert_eq!(origin(&resolve(&sandbox, "tag:Project:x,Stage:b", "person")), "map");
    // What the map does not have is asked for.
    assert_eq!(origin(&resolve(&sandbox, &made.id, "person")), "api");
    sandbox.append_config(&entry("fs-1", ""));
    let bad = resolve(&sandbox, &made.id, "person");
    assert!(bad.stdout.contains("FSXL-C112") || bad.stderr.contains("FSXL-C112"), "{bad}");
}

/// Writes the shared cache file as a head node does, and lets this node read it.
fn shared() -> (Sandbox, FileSystem) {
    let (sandbox, made) = genomics();
    let words = ["fsxlustre", "resolve", "--write-cache", SHARED, SOURCE, "name:scratch"];
    let written = sandbox.run(words).assert_success();
    assert!(written.stdout.contains("2 of 2 answers written"), "{written}");
    sandbox.append_config(&format!("[cache]\nshared = \"{SHARED}\"\n"));
    sandbox.run(["rm", "-rf", "/var/cache/fsxlustre"]).assert_success();
    (sandbox, made)
}

#[test]
fn the_shared_file_serves_nodes_without_a_call() {
    let (sandbox, made) = shared();
    without_aws(&sandbox);
    sandbox.reset_api();
    sandbox.imds(Imds::Off);
    for caller in ["fstab", "boot", "job", "timer"] {
        let told = resolve(&sandbox, SOURCE, caller).assert_success();
        assert_eq!(origin(&told), "shared-cache", "{told}");
        assert!(told.stdout.contains(&made.id), "{told}");
    }
    // By mount(8): the line of fstab makes it fstab's.
    sandbox.write_file("/etc/fstab", &format!("{SOURCE} {DIRECTORY} fsxlustre _netdev 0 0\n"));
    sandbox.run(["mount", DIRECTORY]).assert_success();
    let status = sandbox.run(["fsxlustre", "status"]);
    assert!(status.stdout.contains("found in the shared cache file, by an answer of"), "{status}");
    unmount(&sandbox);
    // Names of an id are good at any age.
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, DIRECTORY]).assert_success();
    assert_eq!(requests(&sandbox), Vec::<String>::new());
    // A person wants news, and gets the file's answer only since there are none.
    let person = resolve(&sandbox, SOURCE, "person").assert_success();
    assert_eq!(origin(&person), "stale-cache", "{person}");
}

#[test]
fn answers_of_the_shared_file_age() {
    let (sandbox, _) = shared();
    let whole: Value = serde_json::from_str(&sandbox.read_file(SHARED)).unwrap();
    let now = sandbox.run(["date", "+%s"]).stdout.trim().parse::<u64>().unwrap();
    let aged = |seconds: u64| {
        let mut file = whole.clone();
        for answer in file["answers"].as_array_mut().unwrap() {
            answer["asked_unix_seconds"] = json!(now - seconds);
        }
        sandbox.write_file(SHARED, &file.to_string());
    };
    aged(3500);
    assert_eq!(origin(&resolve(&sandbox, SOURCE, "boot")), "shared-cache");
    aged(3700);
    assert_eq!(origin(&resolve(&sandbox, SOURCE, "boot")), "api");
    without_aws(&sandbox);
    assert_eq!(origin(&resolve(&sandbox, SOURCE, "boot")), "stale-cache");
    aged(90_000);
    assert!(!resolve(&sandbox, SOURCE, "boot").is_success());
}

#[test]
fn a_shared_file_that_others_can_have_written_is_passed_over_with_a_warning() {
    let (sandbox, _) = shared();
    sandbox.run(["cp", "-p", SHARED, "/mnt/good.json"]).assert_success();
    for (spoil, why) in [
        (format!("rm {SHARED}; ln -s /mnt/good.json {SHARED}"), "symbolic link"),
        (format!("chown 65534 {SHARED}"), "belongs to uid 65534"),
        (format!("chmod 664 {SHARED}"), "mode 0664"),
        (
            "chmod 777 /mnt/srv/fsxlustre".into(),
            "/mnt/srv/fsxlustre belongs to uid 0 and has mode 0777",
        ),
        ("chown 65534 /mnt/srv/fsxlustre".into(), "/mnt/srv/fsxlustre belongs to uid 65534"),
        ("chmod 1777 /mnt/srv".into(), "/mnt/srv belongs to uid 0 and has mode 1777"),
        (
            "mv /mnt/srv/fsxlustre /mnt/srv/real; ln -s real /mnt/srv/fsxlustre".into(),
            "/mnt/srv/fsxlustre",
        ),
        (format!("rm {SHARED}; mkfifo {SHARED}"), "not a regular file"),
        (format!("rm {SHARED}; mkdir {SHARED}"), "not a regular file"),
        (format!("truncate -s 5M {SHARED}"), "longer than"),
        (format!("truncate -s -20 {SHARED}"), "answers.json"),
        (format!("rm {SHARED}"), "No such file"),
        (format!("printf '{{\"format\": 7, \"answers\": []}}' > {SHARED}"), "format is 7"),
    ] {
        sandbox.run(["sh", "-c", &spoil]).assert_success();
        let told = resolve(&sandbox, SOURCE, "boot").assert_success();
        assert_eq!(origin(&told), "api", "{spoil}: {told}");
        assert!(told.stdout.contains("the shared cache file is passed over"), "{spoil}: {told}");
        assert!(told.stdout.contains(why), "{spoil}: {told}");
        assert!(told.duration.as_secs() < 3, "{spoil}: {told}");
        // The node's own answer is the younger one by now.
        let again = "rm -r /var/cache/fsxlustre/tags; rm -rf /mnt/srv/fsxlustre /mnt/srv/real; mkdir /mnt/srv/fsxlustre; \
                     chmod 755 /mnt/srv /mnt/srv/fsxlustre; cp -p /mnt/good.json /mnt/srv/fsxlustre/answers.json";
        sandbox.run(["sh", "-c", again]).assert_success();
        assert_eq!(origin(&resolve(&sandbox, SOURCE, "boot")), "shared-cache", "{spoil}");
    }
}

#[test]
fn what_cannot_be_asked_now_stays_in_the_shared_file_and_what_is_gone_goes() {
    let (sandbox, made) = shared();
    let write = || sandbox.run(["fsxlustre", "resolve", "--write-cache", SHARED, SOURCE]);
    let fault = fsxlustre_tests::Fault::on("DescribeFileSystems").error(503, "ServiceUnavailable");
    sandbox.inject_fault(&fault.times(1000));
    let failed = write();
    assert_eq!(failed.code(), Some(1), "{failed}");
    assert_eq!(failed.stdout, "", "nothing is written");
    assert!(sandbox.read_file(SHARED).contains(&made.id));
    sandbox.reset_api();
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "DELETING"}));
    let gone = write();
    assert_eq!(gone.code(), Some(1), "{gone}");
    assert!(gone.stdout.contains("0 of 1"), "{gone}");
    assert!(!sandbox.read_file(SHARED).contains(&made.id));
}

#[test]
fn a_slot_beyond_the_budget_takes_the_last_answer_or_says_so() {
    let (sandbox, made) = genomics();
    sandbox.append_config("[fleet]\nsize = 100000\nquota = 1\n");
    sandbox.reset_api();
    let beyond = resolve(&sandbox, SOURCE, "boot");
    assert!(beyond.stdout.contains("FSXL-A302"), "{beyond}");
    assert!(beyond.stdout.contains("100000 nodes share 1 calls a second"), "{beyond}");
    assert!(beyond.stdout.contains("--export-map"), "{beyond}");
    assert!(beyond.duration.as_secs() < 5, "it is said at once: {beyond}");
    let asked = |service: &str| requests(&sandbox).iter().any(|one| one.starts_with(service));
    assert!(asked("imds") && !asked("api"), "{:?}", requests(&sandbox));
    // A person is never kept waiting, and what he learns serves the next boot.
    assert_eq!(origin(&resolve(&sandbox, SOURCE, "person")), "api");
    let stale = resolve(&sandbox, SOURCE, "boot").assert_success();
    assert_eq!(origin(&stale), "stale-cache", "{stale}");
    assert!(stale.stdout.contains("this node's turn"), "{stale}");
    // By systemd's mount at boot, through the helper and the agent it asks.
    sandbox.run(["fsxlustre", "cache", "clear"]).assert_success();
    sandbox.write_file("/etc/fstab", &format!("{SOURCE} {DIRECTORY} fsxlustre _netdev 0 0\n"));
    let timer = sandbox.command(["mount", DIRECTORY]).env("TRIGGER_UNIT", "mounts.timer").run();
    assert_eq!(timer.code(), Some(32), "{timer}");
    assert!(timer.stderr.contains("FSXL-A302"), "{timer}");
    resolve(&sandbox, SOURCE, "person").assert_success();
    let timer = sandbox.command(["mount", DIRECTORY]).env("TRIGGER_UNIT", "mounts.timer").run();
    let timer = timer.assert_success();
    assert!(timer.stderr.contains("the last answer serves") && timer.stderr.contains(&made.id));
}

#[test]
fn a_slot_within_the_budget_is_waited_for_and_is_the_same_each_time() {
    let (sandbox, _) = genomics();
    // Two seconds for all; the same instance has the same share of them.
    sandbox.append_config("[fleet]\nsize = 10\nquota = 10\n");
    let times: Vec<f64> = (0..3)
        .map(|_| resolve(&sandbox, SOURCE, "boot").assert_success().duration.as_secs_f64())
        .collect();
    let person = resolve(&sandbox, SOURCE, "person").assert_success().duration.as_secs_f64();
    let slot = times.iter().copied().fold(f64::INFINITY, f64::min) - person;
    assert!(times.iter().all(|time| (time - person - slot).abs() < 0.5), "{times:?} {person}");
    assert!((-0.3..2.3).contains(&slot), "{times:?} {person}");
    // Without metadata the machine-id tells nodes apart.
    sandbox.imds(Imds::Off);
    let machine = resolve(&sandbox, SOURCE, "boot");
    assert!(machine.stdout.contains("FSXL-A102") || machine.is_success(), "{machine}");
}

#[test]
fn cache_list_shows_what_is_kept_and_clear_forgets_it() {
    let (sandbox, made) = shared();
    let none = sandbox.run(["fsxlustre", "cache", "list"]).assert_success();
    assert!(none.stdout.contains("shared") && !none.stdout.contains("ids "), "{none}");
    resolve(&sandbox, SOURCE, "person").assert_success();
    let listed = sandbox.run(["fsxlustre", "cache", "list", "--json"]).assert_success();
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let kept: Vec<&str> = listed["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| {
            assert_eq!(answer["id"], made.id);
            answer["kept_in"].as_str().unwrap()
        })
        .collect();
    assert_eq!(kept, ["ids", "tags", "shared", "shared"]);
    let cleared = sandbox.run(["fsxlustre", "cache", "clear", "--json"]).assert_success();
    assert!(cleared.stdout.contains("\"removed\":2"), "{cleared}");
    let left = sandbox.run(["fsxlustre", "cache", "list"]).assert_success();
    assert!(!left.stdout.contains("tags "), "{left}");
}

#[test]
fn check_warns_of_a_fleet_that_the_quota_cannot_serve_in_time() {
    let (sandbox, _) = genomics();
    let check = || sandbox.run(["fsxlustre", "check"]).stdout;
    assert!(!check().contains("fleet_fits_quota"));
    sandbox.append_config("[fleet]\nsize = 10000\nquota = 10\n");
    let warned = check();
    assert!(warned.contains("WARN     fleet_fits_quota"), "{warned}");
    assert!(
        warned.contains("of 10000 nodes, spread to half of 10 calls a second, take 2010 s"),
        "{warned}"
    );
    sandbox.append_config("[mount]\ntimeout = 2400\n");
    assert!(check().contains("PASS     fleet_fits_quota"), "{}", check());
}
