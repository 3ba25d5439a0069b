//! One node that boots: the product's code under a virtual clock.

use super::naive;
use super::scenario::{Client, Scenario, Service};
use fsxlustre_agent::retry::{ErrorClass, Failed, Next, RetryPolicy};
use fsxlustre_mount::answer::{Ages, Api, Caller, Situation, Step, Wanted, Why, slot_of};
use std::time::Duration;

/// What a node does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Makes a call after so much time.
    Calls(Duration),
    /// Has its answer.
    IsDone,
    /// Fails, and says why.
    GivesUp,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Answer,
    Failure(ErrorClass),
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    key: String,
    attempt: u32,
    /// Attempts of this call that failed otherwise than by throttling.
    not_throttled: u32,
    /// Calls that are still to be made, this one included.
    calls_left: u32,
    /// When the call must have ended, since boot.
    deadline: Duration,
}

impl Node {
    pub(super) fn new(number: u32, scenario: &Scenario) -> Self {
        let calls_left = match scenario.service {
            Service::Fsx => 1,
            Service::ParameterStore => 3,
        };
        // As EC2 gives them: hexadecimal digits without an order.
        let mixed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let key = format!("i-0{mixed:016x}");
        Self { key, attempt: 1, not_throttled: 0, calls_left, deadline: scenario.budget }
    }

    pub(super) fn begins(&mut self, scenario: &Scenario) -> Does {
        match (scenario.client, scenario.service) {
            (Client::Naive, _) => Does::Calls(Duration::ZERO),
            (Client::Ours, Service::ParameterStore) => {
                let slot = scenario.fleet.slot_of_settings(&self.key);
                if slot > scenario.budget { Does::GivesUp } else { Does::Calls(slot) }
            }
            (Client::Ours, Service::Fsx) => {
                let slot =
                    match step(scenario, Api::NotAsked { slot: Duration::ZERO }, Duration::ZERO) {
                        Step::Ask { .. } => slot_of(&scenario.fleet, Caller::Boot, &self.key),
                        other => return self.follows(other),
                    };
                self.follows(step(scenario, Api::NotAsked { slot }, Duration::ZERO))
            }
        }
    }

    fn follows(&mut self, step: Step) -> Does {
        match step {
            Step::Serve { .. } => Does::IsDone,
            Step::Ask { after, within } => {
                self.deadline = after + within;
                Does::Calls(after)
            }
            Step::Fail(
                Why::SlotBeyondBudget { .. }
                | Why::Refused
                | Why::NothingKnown
                | Why::TooOld { .. },
            ) => Does::GivesUp,
        }
    }

    /// What it does when a call has ended at this time since boot.
    pub(super) fn hears(
        &mut self,
        told: Told,
        now: Duration,
        random: f64,
        scenario: &Scenario,
    ) -> Does {
        let class = match told {
            Told::Answer => {
                self.calls_left -= 1;
                (self.attempt, self.not_throttled) = (1, 0);
                return if self.calls_left == 0 {
                    Does::IsDone
                } else {
                    Does::Calls(Duration::ZERO)
                };
            }
            Told::Failure(class) => class,
        };
        let attempt = self.attempt;
        self.attempt += 1;
        if scenario.client == Client::Naive {
            return naive::pause_after(attempt, random).map_or(Does::GivesUp, Does::Calls);
        }
        let left = self.deadline.saturating_sub(now);
        self.not_throttled += u32::from(class != ErrorClass::Throttled);
        let not_throttled = self.not_throttled;
        let failed = Failed { class, attempt, not_throttled, left };
        match RetryPolicy::default().next(failed, random) {
            Next::Wait(pause) => Does::Calls(pause),
            Next::GiveUp | Next::OutOfTime if scenario.service == Service::ParameterStore => {
                Does::GivesUp
            }
            Next::GiveUp | Next::OutOfTime => self.follows(step(scenario, Api::NotReached, now)),
        }
    }
}

/// The product's decision.
fn step(scenario: &Scenario, api: Api, now: Duration) -> Step {
    let ages = Ages::default();
    Situation {
        caller: Caller::Boot,
        wanted: Wanted::Device,
        known: scenario.known,
        api,
        left: scenario.budget.saturating_sub(now),
        ages: &ages,
    }
    .next()
}
