//! Jobs: submitted by somebody who is not root, and watched.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use super::Cluster;
use crate::run::Output;

const DEADLINE: Duration = Duration::from_secs(90);

/// A job's number; of an array, that of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Job(pub u32);

impl fmt::Display for Job {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// sbatch did not take a job.
#[derive(Debug)]
pub struct SubmitError(pub Output);

impl Cluster {
    /// Runs a command on the controller as `ann`, from the shared folder.
    #[track_caller]
    pub fn as_user(&self, words: &[&str]) -> Output {
        // srun and salloc are called back under the machine's name.
        let enter = "hostname ctl && cd \"$0\" && exec setpriv --reuid=5001 --regid=5001 \
                     --clear-groups -- \"$@\"";
        let folder = self.shared("");
        let machine = ["unshare", "--uts", "sh", "-c", enter, &folder];
        let all = machine.iter().chain(words).copied();
        self.controller().command(all).deadline(DEADLINE).run()
    }

    /// Hands in a batch job of these options and this text for sh(1); its output goes to the
    /// shared folder.
    ///
    /// # Errors
    ///
    /// When sbatch refuses it.
    #[track_caller]
    pub fn try_submit(&self, options: &[&str], script: &str) -> Result<Job, SubmitError> {
        let wrap = format!("--wrap={script}");
        let output = format!("--output={}", self.shared("%j.out"));
        let fixed = ["sbatch", "--parsable", "--export=NONE", &output];
        let words: Vec<&str> = fixed.iter().chain(options).copied().chain([&*wrap]).collect();
        let said = self.as_user(&words);
        match said.stdout.trim().parse() {
            Ok(number) if said.is_success() => Ok(Job(number)),
            _ => Err(SubmitError(said)),
        }
    }

    /// The same.
    ///
    /// # Panics
    ///
    /// When sbatch refuses it.
    #[track_caller]
    pub fn submit(&self, options: &[&str], script: &str) -> Job {
        match self.try_submit(options, script) {
            Ok(job) => job,
            Err(SubmitError(said)) => panic!("{said}"),
        }
    }

    /// What a job has printed.
    #[track_caller]
    pub fn printed_by(&self, job: Job) -> String {
        self.controller().run(["cat", &self.shared(&format!("{job}.out"))]).stdout
    }

    /// A field of `scontrol show job`, of each job that the number names.
    #[track_caller]
    pub fn job_fields(&self, job: Job, field: &str) -> Vec<String> {
        let words = ["scontrol", "--oneliner", "show", "job", &job.to_string()];
        let shown = self.controller().run(words).assert_success().stdout;
        let of_line = |line: &str| {
            let mut words = line.split_whitespace();
            words.find_map(|word| Some(word.strip_prefix(field)?.strip_prefix('=')?.to_owned()))
        };
        shown.lines().filter_map(of_line).collect()
    }

    /// A field of `scontrol show job`.
    #[track_caller]
    pub fn job_field(&self, job: Job, field: &str) -> String {
        self.job_fields(job, field).into_iter().next().unwrap_or_default()
    }

    /// Waits until a job, or every job of an array, is in one of these states.
    ///
    /// # Panics
    ///
    /// When it is not within 90 seconds.
    #[track_caller]
    pub fn wait_for_state(&self, job: Job, states: &[&str]) -> String {
        let began = Instant::now();
        loop {
            let now = self.job_fields(job, "JobState");
            if now.iter().all(|state| states.contains(&state.as_str())) {
                return now.into_iter().next().unwrap_or_default();
            }
            assert!(began.elapsed() < DEADLINE, "job {job} is {now:?}\n{}", self.logs());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a job has ended, its epilogs too: no node is still completing it.
    #[track_caller]
    pub fn wait_for_end(&self, job: Job) -> String {
        const ENDED: [&str; 7] = [
            "COMPLETED",
            "FAILED",
            "CANCELLED",
            "TIMEOUT",
            "NODE_FAIL",
            "REQUEUE_HOLD",
            "BOOT_FAIL",
        ];
        let state = self.wait_for_state(job, &ENDED);
        self.wait_until("the epilogs are done", || {
            let words = ["squeue", "--noheader", "--states=COMPLETING", "--format=%A %F"];
            let completing = self.controller().run(words).assert_success().stdout;
            !completing.split_whitespace().any(|id| id == job.to_string())
        });
        state
    }

    /// Waits until something is true.
    ///
    /// # Panics
    ///
    /// When it is not within 90 seconds, with the daemons' logs.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut is_true: impl FnMut() -> bool) {
        let began = Instant::now();
        while !is_true() {
            assert!(began.elapsed() < DEADLINE, "not in time: {what}\n{}", self.logs());
            thread::sleep(Duration::from_millis(20));
        }
    }
}
