//! What is simulated.

use fsxlustre_mount::answer::{Fleet, Known};
use std::time::Duration;

/// Which service the nodes ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Amazon FSx: one call a node.
    Fsx,
    /// Parameter Store: the version, its parts, the version again.
    ParameterStore,
}

/// Whose code asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// The SDK's standard retry, at once.
    Naive,
    /// Ours.
    Ours,
}

/// One fleet that boots.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// For the table and the plot.
    pub name: String,
    /// Whose code asks.
    pub client: Client,
    /// What they ask.
    pub service: Service,
    /// How many nodes boot at the same moment.
    pub nodes: u32,
    /// `[fleet]` of the nodes.
    pub fleet: Fleet,
    /// Calls a second that the service takes.
    pub rate: f64,
    /// Share of the calls that it takes and fails.
    pub failing: f64,
    /// What each node has at hand.
    pub known: Known,
    /// What each caller gives.
    pub budget: Duration,
    /// Of the chance numbers.
    pub seed: u64,
}

impl Scenario {
    fn new(name: &str, client: Client, nodes: u32, quota: u32) -> Self {
        Self {
            name: name.to_owned(),
            client,
            service: Service::Fsx,
            nodes,
            fleet: Fleet { size: Some(nodes), quota },
            rate: f64::from(quota),
            failing: 0.01,
            known: Known::default(),
            // Of a mount's 80 s an eighth is kept for undoing.
            budget: Duration::from_secs(70),
            seed: 20_180_301,
        }
    }

    fn within(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }

    fn knowing(self, known: Known) -> Self {
        Self { known, ..self }
    }

    fn of_parameter_store(self, rate: u32) -> Self {
        Self { service: Service::ParameterStore, rate: f64::from(rate), ..self }
    }
}

/// Everything that is compared, for a fleet of that size and these quotas (calls a second).
pub fn scenarios(nodes: u32, quota: u32, parameter_store: u32) -> Vec<Scenario> {
    let long = Duration::from_secs_f64(2.2 * f64::from(nodes) / f64::from(quota));
    let reading = 2.2 * 3.0 * f64::from(nodes) / f64::from(parameter_store);
    let hours = |count: u64| Some(Duration::from_secs(3600 * count));
    let ours = |name: &str| Scenario::new(name, Client::Ours, nodes, quota);
    let naive = |name: &str| Scenario::new(name, Client::Naive, nodes, quota);
    let young = Some(Duration::from_secs(300));
    vec![
        naive("naive SDK retry (3 attempts)"),
        ours("fsxlustre, nothing at hand, 80 s"),
        ours("fsxlustre, nothing at hand, 2.2 x N/quota").within(long),
        ours("fsxlustre, last answer 6 h old, 80 s")
            .knowing(Known { cache: hours(6), ..Known::default() }),
        ours("fsxlustre, last answer 25 h old, 80 s")
            .knowing(Known { cache: hours(25), ..Known::default() }),
        ours("fsxlustre, shared cache file").knowing(Known { shared: young, ..Known::default() }),
        ours("fsxlustre, map").knowing(Known { map: true, ..Known::default() }),
        ours("fsxlustre, source is an id that is known")
            .knowing(Known { id: hours(1000), ..Known::default() }),
        naive("Parameter Store, naive SDK retry").of_parameter_store(parameter_store),
        ours("Parameter Store, fsxlustre, 80 s").of_parameter_store(parameter_store),
        ours("Parameter Store, fsxlustre, 2.2 x 3N/quota")
            .of_parameter_store(parameter_store)
            .within(Duration::from_secs_f64(reading)),
    ]
}
