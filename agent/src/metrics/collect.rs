//! The collectors, and one pass over all of them.

use super::encode::Encoder;
use super::selection::Selection;
use super::sources::{Sources, Verdict};
use super::{client, imports, llite, lnet, mounts, targets};
use std::time::{Duration, Instant};

/// One collector.
pub struct Collector {
    /// Its name.
    pub name: &'static str,
    /// What it shows, for the command line's help.
    pub about: &'static str,
    /// Whether it runs when nobody chooses.
    pub by_default: bool,
    /// The flag that turns it on, without its dashes.
    pub on_flag: &'static str,
    /// The flag that turns it off.
    pub off_flag: &'static str,
    run: fn(&mut Sources, &mut Encoder) -> Verdict,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! collectors {
    ($($name:literal $run:path, $state:ident, $about:literal;)*) => {
        [$(Collector {
            name: $name,
            about: $about,
            by_default: collectors!($state),
            on_flag: concat!("collector.", $name),
            off_flag: concat!("no-collector.", $name),
            run: $run,
        }),*]
    };
    (on) => { true };
    (off) => { false };
}

/// In the order in which they run: what can sleep in the kernel is the last, so that everything
/// else is there when a scrape has to be answered without it.
pub const COLLECTORS: [Collector; 7] = collectors! {
    "client" client::collect, on, "The client as a whole: version and health";
    "mounts" mounts::collect, on, "Mounts that this node has";
    "llite" llite::collect, on, "I/O and operations of programs, by file system";
    "osc" targets::collect_osc, on, "I/O with each object storage target";
    "mdc" targets::collect_mdc, on, "I/O with each metadata target";
    "lnet" lnet::collect, on, "What LNet sends, receives and drops";
    "import" imports::collect, on, "Connections to targets: their states";
};

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

/// Runs the chosen collectors, and hands over the text and report of each as soon as it is there.
pub(super) fn run_all(
    sources: &mut Sources,
    encoder: &mut Encoder,
    selection: Selection,
    mut hand_over: impl FnMut(&[u8], Report),
) {
    sources.begin();
    for Collector { name, run, .. } in COLLECTORS.iter().filter(|one| selection.has(one.name)) {
        encoder.clear();
        let begun = Instant::now();
        let verdict = run(sources, encoder);
        let report = Report { collector: name, verdict, took: begun.elapsed() };
        hand_over(encoder.text(), report);
    }
}
