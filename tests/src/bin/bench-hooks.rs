//! `make bench`, the part of job hooks: what a start and an end cost a node that has its mount already.
//!
//! - a start with the mount present, in turns with a shell prolog that does `mountpoint` and `mount`
//!   itself, and with `true`;
//! - an end of which nothing is recorded;
//! - 200 starts at one moment on one node, and 200 of the shell prologs;
//! - an end of which nothing is recorded beside 200 old leases and 1,600 processes, all of which it looks at.

use fsxlustre_tests::{FileSystem, Sandbox};
use std::time::Duration;

const DIRECTORY: &str = "/mnt/bench";
const TURNS: usize = 100;
const AT_ONCE: usize = 200;
const PROCESSES: usize = 1600;
const LOOKS: usize = 20;

/// What sites write by hand; the mount is there, so it never mounts.
const SHELL_PROLOG: &str = "#!/bin/sh\n\
    /usr/bin/mountpoint -q /mnt/bench || /usr/bin/mount -t lustre 10.0.0.5@tcp:/x /mnt/bench\n";

/// Times a command in microseconds, with Slurm's variables of the job `$1` and, as from slurmd, without PATH. One
/// that fails says so, and what it printed.
const TIMED: &str =
    "mkdir -p /run/bench; export -n PATH; export SLURM_CLUSTER_NAME=prod SLURMD_NODENAME=n1 SLURM_JOB_RESTART_COUNT=0
    t() { export SLURM_JOB_ID=$1; shift; s=$EPOCHREALTIME; \"$@\" >/run/bench/$BASHPID 2>&1; c=$?
          e=$EPOCHREALTIME; [ $c = 0 ] || echo \"$* ended with $c: $(tr '\\n' ' ' </run/bench/$BASHPID)\"
          echo $(( ${e/./} - ${s/./} )); }";

fn main() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "bench"));
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"{}\"\ndirectory = \"{DIRECTORY}\"\n",
        made.id
    ));
    sandbox.write_program("/etc/slurm/shell-prolog", SHELL_PROLOG);
    // It stays for the whole time, so every other start finds the mount.
    run(&sandbox, "t 1 fsxlustre job start");
    in_turns(&sandbox);
    at_once(&sandbox, "job start, mount present", "t $((n + 1000)) fsxlustre job start");
    beside_old_leases(&sandbox);
    at_once(&sandbox, "shell prolog", "t $n /etc/slurm/shell-prolog");
}

/// The leases are those of the starts before, as if they had begun when the machine did.
fn beside_old_leases(sandbox: &Sandbox) {
    let script = format!(
        r#"sed -i 's/\("began_boot_seconds": \)[0-9]*/\10/' /run/fsxlustre/leases/*.json
           for n in $(seq {PROCESSES}); do sleep 300 >/dev/null 2>&1 & done
           for n in $(seq {LOOKS}); do
               rm -f /run/fsxlustre/sights.json; t 99999 fsxlustre job end
           done; kill $(jobs -p)"#
    );
    let mut times = run(sandbox, &script);
    times.sort_unstable();
    println!(
        "job end beside {AT_ONCE} old leases and {PROCESSES} processes, median {}, slowest {}",
        millis(times[times.len() / 2]),
        millis(times[times.len() - 1])
    );
}

/// Each after the other, so that what else the machine does meets all of them.
fn in_turns(sandbox: &Sandbox) {
    let kinds = [
        ("job start, mount present", "t $((n + 100)) fsxlustre job start"),
        ("job end, nothing recorded", "t 99999 fsxlustre job end"),
        ("job end, others use it", "t $((n + 100)) fsxlustre job end"),
        ("shell prolog, mount present", "t 7 /etc/slurm/shell-prolog"),
        ("true", "t 7 /usr/bin/true"),
    ];
    let calls: Vec<_> = kinds.iter().map(|(_, call)| *call).collect();
    let script = format!("for n in $(seq {TURNS}); do {}; done", calls.join("; "));
    let all = run(sandbox, &script);
    for (place, (name, _)) in kinds.iter().enumerate() {
        let mut times: Vec<_> = all.iter().copied().skip(place).step_by(kinds.len()).collect();
        times.sort_unstable();
        let (median, late) = (times[times.len() / 2], times[times.len() * 95 / 100]);
        println!("{name:<28} median {}  95th of 100 {}", millis(median), millis(late));
    }
}

fn at_once(sandbox: &Sandbox, name: &str, call: &str) {
    let script = format!(
        "rm -f /run/bench/*; b=$EPOCHREALTIME
         for n in $(seq {AT_ONCE}); do ( {call} ) >/run/bench/time.$n & done; wait
         e=$EPOCHREALTIME; cat /run/bench/time.*; echo $(( ${{e/./}} - ${{b/./}} ))"
    );
    let mut all = run(sandbox, &script);
    let whole = all.pop().expect("the whole time");
    assert_eq!(all.len(), AT_ONCE, "each {name} has ended");
    all.sort_unstable();
    println!(
        "{AT_ONCE} at once, {name:<25} all after {}, median {}, slowest {}",
        millis(whole),
        millis(all[all.len() / 2]),
        millis(all[all.len() - 1])
    );
}

fn run(sandbox: &Sandbox, script: &str) -> Vec<Duration> {
    let script = format!("{TIMED}\n{script}");
    let command = sandbox.command(["bash", "-c", &script]).deadline(Duration::from_secs(300));
    let done = command.run().assert_success();
    let failed: Vec<_> = done.stdout.lines().filter(|line| line.contains(" ended with ")).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    done.stdout
        .lines()
        .map(|line| Duration::from_micros(line.parse().expect("microseconds")))
        .collect()
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
