//! The clock and the services.

use super::bucket::Bucket;
use super::node::{Does, Node, Told};
use super::scenario::{Scenario, Service};
use fsxlustre_agent::retry::ErrorClass;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// From a call to its end.
const CALL_TIME: Duration = Duration::from_millis(80);

/// What became of a fleet.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario's name.
    pub name: String,
    /// How many nodes there were.
    pub nodes: u32,
    /// When each node had its answer, seconds since boot, sorted; nodes without one are missing.
    pub resolved_seconds: Vec<f64>,
    /// Calls made, to whichever service.
    pub calls: u64,
    /// Those of them that went to FSx.
    pub fsx_calls: u64,
    /// Those that were refused for their rate.
    pub throttled: u64,
    /// Nodes that failed, and said so.
    pub gave_up: u32,
}

impl Outcome {
    /// The share of the nodes that had their answer within so many seconds.
    pub fn share_within(&self, seconds: f64) -> f64 {
        let count = self.resolved_seconds.partition_point(|at| *at <= seconds);
        count as f64 / f64::from(self.nodes)
    }

    /// When the last one had it.
    pub fn last_seconds(&self) -> Option<f64> {
        self.resolved_seconds.last().copied()
    }
}

/// What happens to a node at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Its call arrives.
    Call,
    /// It hears the answer.
    Answer,
    /// It hears that it was too fast.
    Throttled,
    /// It hears of a failure.
    Failed,
}

/// Runs a fleet to its end.
pub fn simulate(scenario: &Scenario) -> Outcome {
    let mut random = fastrand::Rng::with_seed(scenario.seed);
    let mut bucket = Bucket::new(scenario.rate);
    let mut nodes: Vec<Node> = (0..scenario.nodes).map(|n| Node::new(n, scenario)).collect();
    let mut outcome = Outcome {
        name: scenario.name.clone(),
        nodes: scenario.nodes,
        resolved_seconds: Vec::new(),
        calls: 0,
        fsx_calls: 0,
        throttled: 0,
        gave_up: 0,
    };
    let mut queue = BinaryHeap::new();
    // Of nodes that act at the same moment none is preferred.
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    random.shuffle(&mut order);
    for index in order {
        let does = nodes[index].begins(scenario);
        outcome.note(does, Duration::ZERO, index, &mut queue, &mut random);
    }
    while let Some(Reverse((now, _, index, event))) = queue.pop() {
        let told = match event {
            Event::Call => {
                outcome.calls += 1;
                outcome.fsx_calls += u64::from(scenario.service == Service::Fsx);
                let hears = if !bucket.takes(now.as_secs_f64()) {
                    outcome.throttled += 1;
                    Event::Throttled
                } else if random.f64() < scenario.failing {
                    Event::Failed
                } else {
                    Event::Answer
                };
                queue.push(Reverse((now + CALL_TIME, random.u64(..), index, hears)));
                continue;
            }
            Event::Answer => Told::Answer,
            Event::Throttled => Told::Failure(ErrorClass::Throttled),
            Event::Failed => Told::Failure(ErrorClass::Transient),
        };
        let does = nodes[index].hears(told, now, random.f64(), scenario);
        outcome.note(does, now, index, &mut queue, &mut random);
    }
    outcome.resolved_seconds.sort_by(f64::total_cmp);
    outcome
}

type Queue = BinaryHeap<Reverse<(Duration, u64, usize, Event)>>;

impl Outcome {
    fn note(
        &mut self,
        does: Does,
        now: Duration,
        index: usize,
        queue: &mut Queue,
        random: &mut fastrand::Rng,
    ) {
        match does {
            Does::Calls(after) => {
                queue.push(Reverse((now + after, random.u64(..), index, Event::Call)));
            }
            Does::IsDone => self.resolved_seconds.push(now.as_secs_f64()),
            Does::GivesUp => self.gave_up += 1,
        }
    }
}
