//! `make bench`, the part of archives: a tree of 100,000 files that are in the archive only.
//!
//! - `fsxlustre hsm status` against `find | xargs lfs hsm_state`, a file a process as AWS documents it, and as many files a
//!   process as fit;
//! - `fsxlustre hsm restore` against `find | xargs -n 1 lfs hsm_restore`.
//!
//! `lfs` is measured on the files of the first directories only, and its rate is what is compared. The client here tells no
//! FIDs, so requests go through `lfs`, 52 files each; a real one is asked by ioctl, without a process.

use fsxlustre_tests::{FileSystem, Sandbox};
use std::process::ExitCode;
use std::time::Duration;

const DIRECTORIES: usize = 200;
const FILES_EACH: usize = 500;
/// The files of so many of these are asked a file a process.
const SAMPLE: usize = 4;
/// A sample is measured so often; all of them, which takes longer, once.
const TURNS: usize = 3;
/// What is to be reached at the least: so many times fewer processes, and so many times the rate.
const FEWER: f64 = 20.0;
const FASTER: f64 = 5.0;
const LFS: &str = "/run/standin/usr/bin/lfs";

/// What a run takes, for so many files.
struct Measured {
    files: usize,
    processes: usize,
    time: Duration,
}

fn main() -> ExitCode {
    let bench = Bench::start();
    let some = format!("find /mnt/bench/t/{{1..{SAMPLE}}} -type f -print0");
    let one_each = |verb: &str| format!("{some} | xargs -0 -n 1 {LFS} {verb}");
    println!(
        "lfs is measured on {} files, {TURNS} times, before and behind it, the median; fsxlustre on all, and is two \
         processes by itself.",
        SAMPLE * FILES_EACH
    );
    let (theirs, status) = bench.compare(&one_each("hsm_state"), || {
        bench.all("fsxlustre hsm status --questions 0 /mnt/bench/t")
    });
    theirs.print("find | xargs -n 1 lfs hsm_state", &theirs);
    let many = bench.sample(&format!("{some} | xargs -0 {LFS} hsm_state"));
    many.print("find | xargs lfs hsm_state", &theirs);
    status.print("fsxlustre hsm status", &theirs);
    let is_reached = status.reaches(&theirs);
    let (theirs, restore) = bench.compare(&one_each("hsm_restore"), || {
        bench.begin_anew("/t");
        bench.all("fsxlustre hsm restore /mnt/bench/t")
    });
    theirs.print("find | xargs -n 1 lfs hsm_restore", &theirs);
    restore.print("fsxlustre hsm restore", &theirs);
    if is_reached && restore.reaches(&theirs) {
        return ExitCode::SUCCESS;
    }
    println!("Missed: {FEWER} times fewer processes and {FASTER} times the rate.");
    ExitCode::FAILURE
}

struct Bench {
    sandbox: Sandbox,
    name: String,
}

impl Bench {
    /// A tree of released files, whose requests are taken at once and stay at work.
    fn start() -> Self {
        let sandbox = Sandbox::start();
        let made = sandbox.create_file_system(FileSystem::lustre());
        let bench = Self { sandbox, name: made.mount_name };
        // As of a real client: a walk down a path asks nobody for directories that were just seen, nor does a close.
        bench.sandbox.client_fault("kept-names", true);
        bench.sandbox.run(["mkdir", "/mnt/bench"]).assert_success();
        bench.sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/bench"]).assert_success();
        // On the servers' side, which takes less time.
        let data = format!("/run/standin/state/servers/{}/data", bench.name);
        bench.timed(&format!(
            "mkdir -p {data}/t/{{1..{DIRECTORIES}}}; for d in {data}/t/*; do (cd $d && touch {{1..{FILES_EACH}}}); done"
        ));
        bench.sandbox.archive(&bench.name, "copytool 0 100000000");
        bench.begin_anew("/t");
        bench
    }

    /// Every file below it is released and has no request.
    fn begin_anew(&self, below: &str) {
        self.sandbox.archive(&self.name, &format!("set {below} 0d"));
        self.sandbox.run(["rm", "-rf", "/var/lib/fsxlustre/hsm"]).assert_success();
    }

    /// The median of some runs on the sample, and a run on all files amid them, so that both see the machine alike.
    fn compare(&self, line: &str, all: impl FnOnce() -> Measured) -> (Measured, Measured) {
        let mut runs = vec![self.sample(line)];
        let all = all();
        runs.extend((1..TURNS).map(|_| self.sample(line)));
        runs.sort_by_key(|run| run.time);
        (runs.swap_remove(TURNS / 2), all)
    }

    /// A run on the sample, whose files have no request.
    fn sample(&self, line: &str) -> Measured {
        (1..=SAMPLE).for_each(|number| self.begin_anew(&format!("/t/{number}")));
        self.measured(SAMPLE * FILES_EACH, line)
    }

    /// One run on all files.
    fn all(&self, line: &str) -> Measured {
        self.measured(DIRECTORIES * FILES_EACH, line)
    }

    fn measured(&self, files: usize, line: &str) -> Measured {
        let before = self.sandbox.client_calls().len();
        let time = self.timed(line);
        Measured { files, processes: self.sandbox.client_calls().len() - before, time }
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

    fn processes_each(&self) -> f64 {
        self.processes as f64 / self.files as f64
    }

    fn reaches(&self, against: &Self) -> bool {
        self.processes_each() * FEWER <= against.processes_each()
            && self.rate() >= against.rate() * FASTER
    }

    fn print(&self, name: &str, against: &Self) {
        let fewer = match self.processes {
            0 => "no process".to_owned(),
            _ => format!(
                "{:.0} times fewer processes",
                against.processes_each() / self.processes_each()
            ),
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
