//! The collectors, and one pass over all of them.

use super::encode::Encoder;
use super::sources::{Sources, Verdict};
use super::{client, imports, llite, lnet, mounts, targets};
use std::time::{Duration, Instant};

/// One collector.
struct Collector {
    name: &'static str,
    run: fn(&mut Sources, &mut Encoder) -> Verdict,
}

/// In the order in which they run: what can sleep in the kernel is the last, so that everything
/// else is there when a scrape has to be answered without it.
const COLLECTORS: [Collector; 7] = [
    Collector { name: "client", run: client::collect },
    Collector { name: "mounts", run: mounts::collect },
    Collector { name: "llite", run: llite::collect },
    Collector { name: "osc", run: targets::collect_osc },
    Collector { name: "mdc", run: targets::collect_mdc },
    Collector { name: "lnet", run: lnet::collect },
    Collector { name: "import", run: imports::collect },
];

/// The collectors' names, in the order in which they run.
pub const COLLECTOR_NAMES: [&str; COLLECTORS.len()] = {
    let mut names = [""; COLLECTORS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = COLLECTORS[index].name;
        index += 1;
    }
    names
};

/// What one collector did.
#[derive(Debug)]
pub(super) struct Report {
    /// Its name.
    pub(super) collector: &'static str,
    /// How it fared.
    pub(super) verdict: Verdict,
    /// How long it took.
    pub(super) took: Duration,
}

/// Runs every collector, and hands over the text and report of each as soon as it is there.
pub(super) fn run_all(
    sources: &mut Sources,
    encoder: &mut Encoder,
    mut hand_over: impl FnMut(&[u8], Report),
) {
    sources.begin();
    for Collector { name, run } in &COLLECTORS {
        encoder.clear();
        let begun = Instant::now();
        let verdict = run(sources, encoder);
        let report = Report { collector: name, verdict, took: begun.elapsed() };
        hand_over(encoder.text(), report);
    }
}
