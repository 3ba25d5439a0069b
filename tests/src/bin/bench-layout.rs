//! `make bench`, the part of layouts: 1,000 directories that already have their layout.
//!
//! - `fsxlustre layout apply`, which reads an attribute of each, against a shell loop of `lfs setstripe` over the same
//!   directories: processes of `lfs` that were started, and time, in turns in the same run;
//! - the same where the client does not give the attribute, so that `lfs getstripe` is asked for many at once.

use fsxlustre_tests::{FileSystem, Sandbox};
use std::time::Duration;

const DIRECTORIES: usize = 1000;
const TURNS: usize = 3;
const LFS: &str = "/run/standin/usr/bin/lfs";
const APPLY: &str = "fsxlustre layout apply --timeout 300 --profile two /mnt/bench/d*";

/// One kind of run: how many processes of `lfs` each, and how long.
struct Measured {
    processes: usize,
    times: Vec<Duration>,
}

fn main() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.append_config("\n[layout.profiles.two]\nstripe_count = 2\nstripe_size = \"1MiB\"\n");
    sandbox.run(["mkdir", "/mnt/bench"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/bench"]).assert_success();
    timed(&sandbox, &format!("mkdir /mnt/bench/d$(seq -s ' /mnt/bench/d' {DIRECTORIES})"));
    timed(&sandbox, APPLY);
    let shell = format!("for d in /mnt/bench/d*; do {LFS} setstripe -c 2 -S 1M $d || exit 1; done");
    let (mut ours, mut theirs, mut batches) = (Measured::new(), Measured::new(), Measured::new());
    for _ in 0..TURNS {
        ours.measure(&sandbox, APPLY);
        theirs.measure(&sandbox, &shell);
        sandbox.client_fault("no-lov-attribute", true);
        batches.measure(&sandbox, APPLY);
        sandbox.client_fault("no-lov-attribute", false);
    }
    ours.print("layout apply, attribute", &theirs);
    batches.print("layout apply, lfs getstripe", &theirs);
    theirs.print("shell loop of lfs setstripe", &theirs);
}

impl Measured {
    fn new() -> Self {
        Self { processes: 0, times: Vec::new() }
    }

    fn measure(&mut self, sandbox: &Sandbox, line: &str) {
        let before = sandbox.client_calls().len();
        self.times.push(timed(sandbox, line));
        self.processes = sandbox.client_calls().len() - before;
    }

    fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        times[times.len() / 2]
    }

    fn print(&self, name: &str, against: &Self) {
        let (own, other) = (self.median().as_secs_f64(), against.median().as_secs_f64());
        println!(
            "{DIRECTORIES} directories that hold, {name:<28} {:>5} processes of lfs, {own:7.3} s, {:5.1} times as fast as the loop",
            self.processes,
            other / own
        );
    }
}

/// How long a line of shell takes; it must succeed.
fn timed(sandbox: &Sandbox, line: &str) -> Duration {
    let script = format!(
        "s=$EPOCHREALTIME; {{ {line}; }} >/run/said 2>&1 || {{ tail /run/said; exit 1; }}; e=$EPOCHREALTIME; echo $(( ${{e/./}} - ${{s/./}} ))"
    );
    let done = sandbox
        .command(["bash", "-c", &script])
        .deadline(Duration::from_secs(600))
        .run()
        .assert_success();
    Duration::from_micros(done.stdout.trim().parse().expect("microseconds"))
}
