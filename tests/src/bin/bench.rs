//! `make bench`: what our programs cost, as ratios against something measured in the same run.
//!
//! - the wall time of `mount -t fsxlustre` with an id that is known, against bare `mount -t lustre`
//!   of the same stand-in client, in turns;
//! - the start of `mount.fsxlustre --version`, against `true`;
//! - `fsxlustre check` without the API on the picture of a healthy node (`tests/nodes`): its median is
//!   to stay below 50 ms; and `check --only local --brief` with a dead mount: below 1 s;
//! - the largest resident set of any process of a mount, and the sizes of the programs;
//! - a look-up by tags that asks the API, against one that the cache answers, in turns;
//! - ten thousand nodes that boot at one moment, in a simulation: a table, and a plot below `target`.
//!
//! `bench [NODES [FSX_QUOTA [PARAMETER_STORE_QUOTA]]]`: the fleet, and calls a second.

use fsxlustre_tests::fleet::{scenarios, simulate, svg, table};
use fsxlustre_tests::stage::stage;
use fsxlustre_tests::{FileSystem, Sandbox, Setup};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const TURNS: usize = 60;
const OURS: &str = "/mnt/ours";
const BARE: &str = "/mnt/bare";
/// Where mount(8) looks for the helper of type lustre.
const MOUNT_LUSTRE: &str = "/usr/sbin/mount.lustre";

/// How often a look-up is made in each way.
const LOOK_UPS: usize = 50;

fn main() -> ExitCode {
    fleet();
    let sandbox = match Setup::standard().start() {
        Ok(sandbox) => sandbox,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    sizes(&sandbox);
    starts(&sandbox);
    checks(&sandbox);
    dead_mount(&sandbox);
    mounts(&sandbox);
    look_ups(&sandbox);
    ExitCode::SUCCESS
}

/// AWS publishes no quota of FSx: 10 calls a second is an assumption.
fn fleet() {
    let mut given = std::env::args().skip(1).map(|word| word.parse().expect("a number"));
    let mut next = |plain: u32| given.next().unwrap_or(plain);
    let (nodes, quota, parameter_store) = (next(10_000), next(10), next(40));
    let outcomes: Vec<_> = scenarios(nodes, quota, parameter_store).iter().map(simulate).collect();
    println!(
        "{nodes} nodes, FSx {quota} calls/s, Parameter Store {parameter_store} calls/s, 1 % of the \
         calls fail\n{}",
        table(&outcomes)
    );
    let program = std::env::current_exe().expect("our own path");
    let target = program.ancestors().nth(2).expect("a target folder");
    let plot = target.join("fleet.svg");
    let of_fsx: Vec<_> =
        outcomes.into_iter().filter(|one| !one.name.starts_with("Parameter")).collect();
    let title = format!("{nodes} nodes that boot at 0 s, {quota} FSx calls/s: share resolved");
    std::fs::write(&plot, svg(&title, &of_fsx)).expect("the plot is written");
    println!("plot: {}\n", plot.display());
}

fn look_ups(sandbox: &Sandbox) {
    sandbox.create_file_system(FileSystem::lustre().tag("Project", "bench"));
    sandbox.reset_api();
    let script = format!(
        "t() {{ s=$EPOCHREALTIME; \"$@\" >/dev/null; e=$EPOCHREALTIME; echo $(( ${{e/./}} - ${{s/./}} )); }}
         for n in $(seq {LOOK_UPS}); do
           rm -rf /var/cache/fsxlustre
           t fsxlustre resolve --for=job tag:Project:bench
           t fsxlustre resolve --for=job tag:Project:bench
         done"
    );
    let command = sandbox.command(["bash", "-c", &script]).deadline(Duration::from_secs(300));
    let all = micros(&command.run().assert_success().stdout);
    let every_other = |first| all.iter().copied().skip(first).step_by(2).collect::<Vec<_>>();
    show("resolve by the API", &every_other(0), "resolve by the cache", &every_other(1));
    let log = sandbox.api_log();
    let count = |service: &str| log.iter().filter(|one| one.service == service).count();
    println!(
        "{} look-ups made {} calls to FSx and {} requests to the metadata service",
        2 * LOOK_UPS,
        log.iter().filter(|one| one.operation.as_deref() == Some("DescribeFileSystems")).count(),
        count("imds")
    );
}

fn sizes(sandbox: &Sandbox) {
    for program in ["/usr/bin/fsxlustre", "/usr/sbin/mount.fsxlustre", "/usr/sbin/umount.fsxlustre"]
    {
        let size = sandbox.run(["stat", "-c", "%s", program]).assert_success();
        let bytes: f64 = size.stdout.trim().parse().expect("a size");
        println!("size of {program:<28} {:.2} MiB", bytes / 1_048_576.0);
    }
}

/// `fsxlustre check` without AWS and servers, on the picture of a healthy node.
fn checks(sandbox: &Sandbox) {
    const PLACE: &str = "/mnt/healthy";
    const CONFIG: &str = "/etc/fsxlustre/fsxlustre.toml";
    let from = stage("nodes").join("healthy-al2023");
    sandbox.run(["cp", "-a", &from.display().to_string(), PLACE]).assert_success();
    sandbox.run(["mkdir", &format!("{PLACE}/root/fsx")]).assert_success();
    let standard = sandbox.read_file(CONFIG);
    let folders = format!("[host]\nprogram_folders = [\"{PLACE}/programs\"]\n");
    sandbox.write_file(CONFIG, &folders);
    let paths = [
        format!("--path.rootfs={PLACE}/root"),
        format!("--path.procfs={PLACE}/root/proc"),
        format!("--path.sysfs={PLACE}/root/sys"),
    ];
    let [root, proc, sys] = paths.each_ref().map(String::as_str);
    let words = ["fsxlustre", "check", root, proc, sys, "--skip", "aws,network"];
    sandbox.run(words).assert_success();
    let checks = timed(sandbox, &words, 60);
    let version = timed(sandbox, &["fsxlustre", "--version"], 60);
    show("fsxlustre check, healthy, no API", &checks, "fsxlustre --version", &version);
    goal("fsxlustre check, healthy, no API", &checks, Duration::from_millis(50));
    sandbox.write_file(CONFIG, &standard);
}

/// What a scheduler's health check takes while a mount is dead.
fn dead_mount(sandbox: &Sandbox) {
    const PLACE: &str = "/mnt/dead";
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", PLACE]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, PLACE]).assert_success();
    sandbox.client_fault("io-hang", true);
    let words = ["fsxlustre", "check", "--only", "local", "--brief"];
    let told = sandbox.run(words);
    assert!(told.stdout.contains(PLACE), "the mount is not dead: {told}");
    let name = "fsxlustre check --only local --brief, a mount dead";
    goal(name, &timed(sandbox, &words, 20), Duration::from_secs(1));
    sandbox.client_fault("io-hang", false);
    sandbox.run(["umount", PLACE]).assert_success();
}

fn goal(name: &str, times: &[Duration], below: Duration) {
    let median = median(times);
    let word = if median < below { "met" } else { "MISSED" };
    println!("{name}: median {:.1} ms, goal below {below:?}: {word}", median.as_secs_f64() * 1e3);
}

fn starts(sandbox: &Sandbox) {
    let version = timed(sandbox, &["/usr/sbin/mount.fsxlustre", "--version"], 100);
    let nothing = timed(sandbox, &["/usr/bin/true"], 100);
    show("mount.fsxlustre --version", &version, "true", &nothing);
}

/// The wall times of a command, taken inside the sandbox by a shell, so that entering it does not
/// count.
fn timed(sandbox: &Sandbox, words: &[&str], times: usize) -> Vec<Duration> {
    let script = format!(
        "for n in $(seq {times}); do s=$EPOCHREALTIME; {} >/dev/null; e=$EPOCHREALTIME; \
         echo $(( ${{e/./}} - ${{s/./}} )); done",
        words.join(" ")
    );
    micros(&sandbox.run(["bash", "-c", &script]).assert_success().stdout)
}

fn micros(text: &str) -> Vec<Duration> {
    text.lines().map(|line| Duration::from_micros(line.parse().expect("microseconds"))).collect()
}

fn mounts(sandbox: &Sandbox) {
    let made = sandbox.create_file_system(FileSystem::lustre());
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    sandbox.run(["mkdir", OURS, BARE]).assert_success();
    sandbox
        .write_program(MOUNT_LUSTRE, "#!/bin/sh\nexec /run/standin/usr/sbin/mount.lustre \"$@\"\n");
    let started = Instant::now();
    // The first look-up fills the cache of ids.
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, OURS]).assert_success();
    sandbox.run(["umount", OURS]).assert_success();
    println!("first mount and unmount, by the API: {:?}", started.elapsed());
    let script = format!(
        "gone() {{ while ls /run/standin/sys/fs/lustre/llite | grep -q .; do sleep 0.005; done; }}
         t() {{ s=$EPOCHREALTIME; \"$@\" 2>/dev/null; e=$EPOCHREALTIME; echo $(( ${{e/./}} - ${{s/./}} )); }}
         for n in $(seq {TURNS}); do
           t mount -t fsxlustre {id} {OURS}; umount {OURS}; gone
           t mount -t lustre -o noatime,flock {device} {BARE}; umount {BARE}; gone
         done",
        id = made.id
    );
    let command = sandbox.command(["bash", "-c", &script]).deadline(Duration::from_secs(300));
    let all = micros(&command.run().assert_success().stdout);
    let every_other = |first| all.iter().copied().skip(first).step_by(2).collect::<Vec<_>>();
    show("mount -t fsxlustre ID", &every_other(0), "mount -t lustre DEVICE", &every_other(1));
    let ours = ["/usr/sbin/mount.fsxlustre", &made.id, OURS];
    let bare = ["/run/standin/usr/sbin/mount.lustre", &device, BARE, "-o", "noatime"];
    println!(
        "largest resident set of mount.fsxlustre and its children: {:.1} MiB \
         (of the stand-in mount.lustre alone: {:.1} MiB)",
        peak_mib(sandbox, &ours),
        peak_mib(sandbox, &bare)
    );
}

fn peak_mib(sandbox: &Sandbox, words: &[&str]) -> f64 {
    let program = std::env::current_exe().expect("our own path").with_file_name("sandbox-init");
    let peak = [program.to_str().expect("UTF-8"), "peak"];
    let asked = sandbox.run(peak.iter().chain(words)).assert_success();
    asked.stdout.trim().parse::<f64>().expect("KiB") / 1024.0
}

fn show(name: &str, ours: &[Duration], other_name: &str, others: &[Duration]) {
    let (ours, others) = (median(ours), median(others));
    let ratio = ours.as_secs_f64() / others.as_secs_f64();
    println!(
        "{name}: {:.2} ms, {other_name}: {:.2} ms (medians); difference {:+.2} ms, ratio {ratio:.2}",
        ours.as_secs_f64() * 1e3,
        others.as_secs_f64() * 1e3,
        (ours.as_secs_f64() - others.as_secs_f64()) * 1e3
    );
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}
