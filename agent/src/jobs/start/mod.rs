//! A job's start: decide once, write down what was decided, lease, mount what is missing, lay it out,
//! count from here. Each phase has its own time, counted from its own start.
//!
//! The request and the lease are written before anything is mounted, so a start that is killed
//! leaves by what its end, or the same start again, knows what may be there.

mod clock;
mod connections;
mod counters;
mod layout;
mod one;
mod stage_in;
mod started;
mod tuning;

pub use clock::PhaseClock;
pub use started::{Lacking, Ready, Started};

use super::{
    FrozenRequest, JobVariables, Lease, Node, Phase, Verdict, evidence, io, leaving, reap, tell,
};
use crate::config::AgentConfig;
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::host::{Bounds, Deadline, Host};
use fsxlustre_mount::mount::Mounter;
use fsxlustre_mount::resolve::Resolve;
use nix::sys::signalfd::SignalFd;
use one::One;

/// Gives a job what the configuration gives it. Doing it again is fine: what was decided at first
/// holds, whatever the settings or the job say meanwhile.
///
/// All mounts go on side by side, so that one dead file system delays no other. What does not work
/// is in the result, with what it leads to; the lease then stays, so that the job's end finds what
/// was done.
pub fn start(
    config: &AgentConfig,
    job: &JobVariables,
    resolver: &(dyn Resolve + Sync),
    interrupt: Option<&SignalFd>,
    mut clock: PhaseClock<'_>,
) -> Started {
    let host = config.host();
    let request = clock.run(Phase::Decide, |_| decide(config, job));
    let mut started = Started::new(request, config.jobs.policy());
    started.warnings.extend(job.oddities.iter().cloned());
    if started.request.mounts.is_empty() {
        let noted = clock.run(Phase::Lease, |_| be_present(host, job));
        started.warnings.extend(noted.err().map(|failure| failure.because));
        return started;
    }
    if let Err(failure) =
        clock.run(Phase::Lease, |deadline| lease(config, job, &started.request, deadline))
    {
        started.lacks_all(&failure);
        return started.finish(host, clock.times());
    }
    if let Err(failure) = leaving::check(host) {
        started.lacks_all(&failure);
        return started.finish(host, clock.times());
    }
    let mounter = Mounter {
        host,
        defaults: &config.base.mount,
        answers: &config.base.answers,
        resolver,
        interrupt,
        // Nobody reads what a prolog prints meanwhile.
        tell: &|_| {},
    };
    let one = One { mounter, job, deadlines: &config.jobs.deadlines };
    started.take_results(one.all(&started.request), &mut clock);
    let look = connections::Look::begin(host, &started);
    clock.run(Phase::Layout, |deadline| layout::apply_all(config, job, &mut started, deadline));
    clock.run(Phase::Tuning, |deadline| tuning::apply_all(config, &mut started, deadline));
    // Of the same phase, half of its time each: a stage-in is none of the job's own doing, and comes between.
    let half = |deadline: Deadline| deadline.at_most(deadline.budget() / 2);
    clock.run(Phase::Counters, |deadline| look.finish(host, &mut started, half(deadline)));
    let paths = stage_in::wanted(job, &mut started);
    if !paths.is_empty() {
        clock.run(Phase::StageIn, |deadline| {
            stage_in::bring(host, &job.key(), paths, &mut started, Bounds { deadline, interrupt });
        });
    }
    let warnings: Vec<String> = clock.run(Phase::Counters, |deadline| {
        let deadline = half(deadline);
        if started.verdict() == Some(Verdict::Drain) {
            // A job that does not begin has nothing to count.
            evidence::leave_at_start(host, &config.jobs, &started, deadline)
        } else {
            counters::begin(host, &job.key(), deadline).into_iter().collect()
        }
    });
    started.warnings.extend(warnings);
    started.finish(host, clock.times())
}

/// What a start would do, decided and not done.
pub fn observe(config: &AgentConfig, job: &JobVariables) -> FrozenRequest {
    decide(config, job)
}

/// What was decided at the first start of this run, or what the rules say now. The job's number is the
/// key's, also where another version writes it in another way.
fn decide(config: &AgentConfig, job: &JobVariables) -> FrozenRequest {
    let frozen = FrozenRequest::read(config.host(), &job.key()).filter(|frozen| frozen.is_of(job));
    match frozen {
        Some(frozen) => FrozenRequest { job_id: job.id(), ..frozen },
        None => FrozenRequest::decide(config.host(), &config.jobs, job),
    }
}

fn lease(
    config: &AgentConfig,
    job: &JobVariables,
    request: &FrozenRequest,
    deadline: Deadline,
) -> Result<(), Failure> {
    let host = config.host();
    request.write(host)?;
    // One that is not understood is written anew: the request has the directories, too.
    let mut lease = Lease::read(host, job).ok().flatten().unwrap_or_else(|| Lease::new(host, job));
    lease.has_ended = false;
    lease.directories.extend(request.directories().map(ToOwned::to_owned));
    lease.write(host)?;
    // What jobs without an end left behind must not keep this one from its start; what they had on
    // the same directories is this one's now.
    let looked_until = deadline.at_most(deadline.budget() / 2);
    let _ = reap(&Node { host, jobs: &config.jobs }, &job.key(), looked_until);
    Ok(())
}

/// A job that is given nothing uses what others have mounted: their counters are not theirs alone.
fn be_present(host: &Host, job: &JobVariables) -> Result<(), Failure> {
    let mut lease = Lease::read(host, job).ok().flatten().unwrap_or_else(|| Lease::new(host, job));
    lease.has_ended = false;
    lease.write(host)?;
    io::note_company(host, &job.key())
}

impl Started {
    /// Writes down how it ended, and what the job is told.
    fn finish(mut self, host: &Host, times: Vec<super::PhaseTime>) -> Self {
        self.note_outcome(times);
        let written = self.request.write(host);
        let FrozenRequest { job_id, het_job_id, .. } = self.request;
        let told = tell(host, job_id, het_job_id, &self.missing(), self.stage_in);
        for failure in [written, told].into_iter().filter_map(Result::err) {
            self.warnings.push(format!("{}: {}", failure.what, failure.because));
        }
        self
    }
}
