//! What a start has done, and what the job goes without.

use super::PhaseClock;
use super::one::OneResult;
use crate::jobs::{
    Cause, FrozenRequest, Missing, MountOutcome, Phase, PhaseTime, Policy, StartOutcome, Verdict,
};
use fsxlustre_mount::failure::{Failure, one_line};
use fsxlustre_mount::host::unix_seconds;
use fsxlustre_mount::mount::MountReport;
use std::path::PathBuf;

/// One directory of a job that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The directory.
    pub directory: PathBuf,
    /// What was done.
    pub report: MountReport,
    /// The layout profile that is to be applied to it.
    pub layout: Option<String>,
    /// The profile of client settings that its client is to have.
    pub tune: Option<String>,
}

/// One directory that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The directory.
    pub directory: PathBuf,
    /// Whether it is mounted all the same.
    pub is_mounted: bool,
    /// What is mounted there, where that is not ready.
    pub report: Option<MountReport>,
    /// Why.
    pub failure: Failure,
}

/// A start that went through.
#[derive(Clone, Debug)]
pub struct Started {
    /// What was decided, and how it ended.
    pub request: FrozenRequest,
    /// What is ready.
    pub ready: Vec<Ready>,
    /// What is not.
    pub lacking: Vec<Lacking>,
    /// What an administrator should know all the same.
    pub warnings: Vec<String>,
    /// How each path that is brought stands, troubles apart.
    pub staged: Vec<String>,
    /// The same in a word; `None` where nothing is brought here.
    pub(super) stage_in: Option<&'static str>,
    policy: Policy,
}

impl Started {
    pub(super) fn new(request: FrozenRequest, policy: Policy) -> Self {
        Self {
            request,
            ready: Vec::new(),
            lacking: Vec::new(),
            warnings: Vec::new(),
            staged: Vec::new(),
            stage_in: None,
            policy,
        }
    }

    /// What a failure leads to here.
    pub fn verdict_of(&self, failure: &Failure) -> Verdict {
        self.policy.verdict(Cause::of(failure.code))
    }

    /// The worst of all; `None` where everything is ready.
    pub fn verdict(&self) -> Option<Verdict> {
        self.lacking.iter().map(|one| self.verdict_of(&one.failure)).max()
    }

    /// The one that decides.
    pub fn worst(&self) -> Option<&Lacking> {
        self.lacking.iter().max_by_key(|one| self.verdict_of(&one.failure))
    }

    /// Notes one. A mount that is there and only lacks its layout is a warning, unless the job must
    /// not run without it.
    pub(super) fn lacks(&mut self, one: Lacking) {
        if one.is_mounted && self.verdict_of(&one.failure) == Verdict::Admit {
            let (directory, failure) = (one.directory.display(), &one.failure);
            self.warnings
                .push(one_line(&format!("{directory}: {}: {}", failure.what, failure.because)));
        } else {
            self.lacking.push(one);
        }
    }

    /// Nothing of it could be begun.
    pub(super) fn lacks_all(&mut self, failure: &Failure) {
        let directories = self.request.directories().map(ToOwned::to_owned);
        let lacking = directories.map(|directory| Lacking {
            directory,
            is_mounted: false,
            report: None,
            failure: failure.clone(),
        });
        self.lacking.extend(lacking);
    }

    /// Takes what became of each mount, in the order of the request. The phases ran side by side:
    /// the longest counts.
    pub(super) fn take_results(&mut self, results: Vec<OneResult>, clock: &mut PhaseClock<'_>) {
        let longest = |of: fn(&OneResult) -> std::time::Duration| results.iter().map(of).max();
        for (phase, time) in
            [(Phase::Resolve, longest(|one| one.resolve)), (Phase::Mount, longest(|one| one.mount))]
        {
            clock.took(phase, time.unwrap_or_default());
        }
        let directories: Vec<_> = self.request.directories().map(ToOwned::to_owned).collect();
        for (directory, one) in directories.into_iter().zip(results) {
            match one.result {
                Ok(report) => {
                    self.warnings.extend(report.warnings.iter().cloned());
                    let OneResult { layout, tune, .. } = one;
                    self.ready.push(Ready { directory, report, layout, tune });
                }
                Err(failure) => {
                    self.lacking.push(Lacking {
                        directory,
                        is_mounted: false,
                        report: None,
                        failure,
                    });
                }
            }
        }
    }

    pub(super) fn note_outcome(&mut self, phases: Vec<PhaseTime>) {
        let verdict = self.verdict();
        for mount in &mut self.request.mounts {
            let ready = self.ready.iter().find(|one| one.directory == mount.directory);
            let lacking = self.lacking.iter().find(|one| one.directory == mount.directory);
            mount.outcome = match (ready, lacking) {
                (Some(ready), _) => Some(MountOutcome::of_report(&ready.report)),
                (None, Some(lacking)) => {
                    Some(MountOutcome::of_failure(&lacking.failure, lacking.report.as_ref()))
                }
                (None, None) => None,
            };
        }
        let ended_unix_seconds = unix_seconds();
        self.request.start = Some(StartOutcome { verdict, ended_unix_seconds, phases });
    }

    /// What the job is told of.
    pub fn missing(&self) -> Vec<Missing> {
        let missing = |one: &Lacking| Missing {
            directory: Some(one.directory.clone()),
            is_mounted: one.is_mounted,
            cause: Cause::of(one.failure.code),
            verdict: self.verdict_of(&one.failure),
            what: one.failure.what.clone(),
        };
        self.lacking.iter().map(missing).collect()
    }
}
