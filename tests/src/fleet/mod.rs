//! A simulation of a fleet that boots at one moment, under a virtual clock.
//!
//! The nodes run the product's own code: what answer serves now ([`fsxlustre_mount::answer`]), when a
//! node's slot is, and when a call is made again ([`fsxlustre_agent::retry`]). Only the services are
//! models: token buckets that refuse what is beyond their rate, and fail some calls by chance.

mod bucket;
mod naive;
mod node;
mod plot;
mod scenario;
mod world;

use std::fmt::Write as _;

pub use plot::svg;
pub use scenario::{Client, Scenario, Service, scenarios};
pub use world::{Outcome, simulate};

/// One line of the table for each outcome.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:<46} {:>7} {:>7} {:>8} {:>9} {:>7} {:>9} {:>7} {:>7}\n",
        "all nodes boot at 0 s",
        "in 45 s",
        "in 80 s",
        "resolved",
        "last at",
        "calls",
        "throttled",
        "to FSx",
        "gave up"
    );
    for outcome in outcomes {
        let last = outcome.last_seconds().map_or("-".to_owned(), |last| format!("{last:.1} s"));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:<46} {:>6.1}% {:>6.1}% {:>7.1}% {:>9} {:>7} {:>9} {:>7} {:>7}",
            outcome.name,
            100.0 * outcome.share_within(45.0),
            100.0 * outcome.share_within(80.0),
            100.0 * outcome.share_within(f64::INFINITY),
            last,
            outcome.calls,
            outcome.throttled,
            outcome.fsx_calls,
            outcome.gave_up,
        );
    }
    text
}
