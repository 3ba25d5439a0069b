//! `make bench`, the part of archives: a tree of 100,000 files that are in the archive only.
//!
//! - `fsxlustre hsm status` against `find | xargs lfs hsm_state`, a file a process as AWS documents it, and as many files a
//!   process as fit;
//! - `fsxlustre hsm restore` against `find | xargs -n 1 lfs hsm_restore`.
//!
//! `lfs` is measured on the first of the directories only, and its rate is what is compared. The client
//! here tells no FIDs, so requests go through `lfs`, 52 files each; a real one is asked by ioctl, without a process.

use fsxlustre_tests::{FileSystem, Sandbox};
use std::time::Duration;

const DIRECTORIES: usize = 200;
const FILES_EACH: usize = 500;
/// Of these, so many are asked a file a process.
const SAMPLE: usize = 10;
const TURNS: usize = 3;
const LFS: &str = "/run/standin/usr/bin/lfs";

/// What a run takes, for so many files.
struct Measured {
    files: usize,
    processes: usize,
    time: Duration,
}

fn main() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let bench = Bench { sandbox, name: made.mount_name.clone() };
    bench.sandbox.run(["mkdir", "/mnt/bench"]).assert_success();
    bench.sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/bench"]).assert_success();
    // On the servers' side, which takes less time.
    let data = format!("/run/standin/state/servers/{}/data", bench.name);
    bench.timed(&format!(
        "mkdir -p {data}/t/{{1..{DIRECTORIES}}}; for d in {data}/t/*; do (cd $d && touch {{1..{FILES_EACH}}}); done"
    ));
    bench.sandbox.archive(&bench.name, "copytool 0 100000000");
    bench.begin_anew();
    let (all, sample) = (DIRECTORIES * FILES_EACH, SAMPLE * FILES_EACH);
    let some = format!("find /mnt/bench/t/{{1..{SAMPLE}}} -type f -print0");
    let one_each = |verb: &str| format!("{some} | xargs -0 -n 1 {LFS} {verb}");
    let theirs = bench.median(sample, &one_each("hsm_state"), false);
    theirs.print("find | xargs -n 1 lfs hsm_state", &theirs);
    let many = bench.median(sample, &format!("{some} | xargs -0 {LFS} hsm_state"), false);
    many.print("find | xargs lfs hsm_state", &theirs);
    let ours = bench.median(all, "fsxlustre hsm status --questions 0 /mnt/bench/t", false);
    ours.print("fsxlustre hsm status", &theirs);
    let theirs = bench.median(sample, &one_each("hsm_restore"), true);
    theirs.print("find | xargs -n 1 lfs hsm_restore", &theirs);
    let ours = bench.median(all, "fsxlustre hsm restore /mnt/bench/t", true);
    ours.print("fsxlustre hsm restore", &theirs);
}

struct Bench {
    sandbox: Sandbox,
    name: String,
}

impl Bench {
    /// Every file is released and has no request.
    fn begin_anew(&self) {
        self.sandbox.archive(&self.name, "set /t 0d");
        self.sandbox.run(["rm", "-rf", "/var/lib/fsxlustre/hsm"]).assert_success();
    }

    /// The median of some runs, each from the beginning where it changes something.
    fn median(&self, files: usize, line: &str, changes: bool) -> Measured {
        let mut runs: Vec<(Duration, usize)> = (0..TURNS)
            .map(|_| {
                if changes {
                    self.begin_anew();
                }
                let before = self.sandbox.client_calls().len();
                let time = self.timed(line);
                (time, self.sandbox.client_calls().len() - before)
            })
            .collect();
        runs.sort_unstable();
        let (time, processes) = runs[runs.len() / 2];
        Measured { files, processes, time }
    }

    /// How long a line of shell takes; it must succeed.
    fn timed(&self, line: &str) -> Duration {
        let script = format!(
            "s=$EPOCHREALTIME; {{ {line}; }} >/run/said 2>&1 || {{ tail /run/said; exit 1; }}; e=$EPOCHREALTIME; echo $(( ${{e/./}} - ${{s/./}} ))"
        );
        let done = self
            .sandbox
            .command(["bash", "-c", &script])
            .deadline(Duration::from_mins(20))
            .run()
            .assert_success();
        Duration::from_micros(done.stdout.trim().parse().expect("microseconds"))
    }
}

impl Measured {
    fn rate(&self) -> f64 {
        self.files as f64 / self.time.as_secs_f64()
    }

    fn print(&self, name: &str, against: &Self) {
        let each = |of: &Self| of.processes as f64 / of.files as f64;
        let fewer = match self.processes {
            0 => "no process".to_owned(),
            _ => format!("{:.0} times fewer processes", each(against) / each(self)),
        };
        println!(
            "{:>7} files, {name:<34} {:>6} processes of lfs, {:7.2} s, {:>8.0} files/s, {:5.1} times the rate, {fewer}",
            self.files,
            self.processes,
            self.time.as_secs_f64(),
            self.rate(),
            self.rate() / against.rate()
        );
    }
}
