//! The collectors, and one pass over all of them.

use super::continued::Continued;
use super::encode::{Encoder, Part};
use super::instances::Instance;
use super::probers::Probers;
use super::selection::Selection;
use super::sources::Sources;
use super::verdict::Verdict;
use super::{
    cache, check, client, drift, extents, imports, jobs, ldlm, llite, lnet, mounts, network, peers,
    probe, targets, tuning,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a collector reads.
enum Run {
    /// Files, at once.
    Files(fn(&mut Sources, &mut Encoder) -> Verdict),
    /// The same, kept for the time of the slow tier: many files that change little.
    SlowFiles(fn(&mut Sources, &mut Encoder) -> Verdict),
    /// What the children have answered.
    Children(fn(&mut Probers, &mut Encoder) -> Verdict),
}

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
    run: Run,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! collectors {
    ($($name:literal $kind:ident($run:path), $state:ident, $about:literal;)*) => {
        [$(Collector {
            name: $name,
            about: $about,
            by_default: collectors!($state),
            on_flag: concat!("collector.", $name),
            off_flag: concat!("no-collector.", $name),
            run: Run::$kind($run),
        }),*]
    };
    (on) => { true };
    (off) => { false };
}

/// In the order in which they run: what children read is the last, so that they have had the time of
/// everything else.
pub const COLLECTORS: [Collector; 19] = collectors! {
    "client" Files(client::collect), on, "The client as a whole: version, health, memory";
    "mounts" Files(mounts::collect), on, "Mounts that this node has";
    "llite" Files(llite::collect), on, "I/O and operations of programs, by file system";
    "cache" Files(cache::collect), on, "Page cache, read-ahead and statahead, by file system";
    "extents" Files(extents::collect), on, "Sizes of calls, where an administrator has them counted";
    "osc" Files(targets::collect_osc), on, "I/O with each object storage target";
    "mdc" Files(targets::collect_mdc), on, "I/O with each metadata target";
    "targets" Files(targets::collect_each), off, "Latency, lost grants and cache of each target";
    "ldlm" SlowFiles(ldlm::collect), on, "Locks, by file system";
    "tuning" SlowFiles(tuning::collect), on, "Settings of the client, by file system";
    "lnet" Files(lnet::collect), on, "What LNet sends, receives and drops, and its interfaces";
    "peers" Files(peers::collect), off, "Credits of each peer of LNet";
    "network" Files(network::collect), on, "Allowances of the instance's network (ENA)";
    "jobs" Files(jobs::collect), on, "Ids of file systems, leases and jobs";
    "drift" Files(drift::collect), on, "What of our mounts is not as it was asked for";
    "check" Files(check::collect), on, "What the last fsxlustre check found";
    "import" Children(imports::collect), on, "Connections to targets: their states and troubles";
    "import_targets" Children(imports::collect_each), off, "Server and troubles of each connection";
    "probe" Children(probe::collect), on, "Whether each mount answers, and its room";
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
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// Its name.
    pub(super) collector: &'static str,
    /// Lines and names that it did not know.
    pub(super) oddities: u64,
    /// What it could not read, and what mends that.
    pub(super) trouble: Option<(String, String)>,
    /// How long it took.
    pub(super) took: Duration,
}

/// What a collector of the slow tier has written.
#[derive(Debug)]
struct Kept {
    at: Instant,
    devices: Vec<Arc<[Instance]>>,
    text: Vec<u8>,
    parts: Vec<Part>,
    report: Report,
}

/// What stays from scrape to scrape.
#[derive(Debug)]
pub(super) struct Collectors {
    sources: Sources,
    probers: Probers,
    encoder: Encoder,
    kept: BTreeMap<&'static str, Kept>,
    continued: Continued,
    /// The devices of the last pass of which all could be listed.
    devices: Vec<Arc<[Instance]>>,
    slow_tier: Duration,
}

/// Whether these are the same devices, which are listed as the same.
fn are_same(some: &[Arc<[Instance]>], others: &[Arc<[Instance]>]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(a, b)| Arc::ptr_eq(a, b))
}

/// What a collector hands over.
#[derive(Debug)]
pub(super) enum Handed<'h> {
    /// What it wrote; whoever takes it gives other room.
    Encoder(&'h mut Encoder),
    /// What was written before.
    Samples(&'h [u8], &'h [Part]),
}

/// One pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// Who runs.
    pub(super) collectors: Selection,
    /// Until when children are waited for.
    pub(super) deadline: Instant,
}

impl Collectors {
    /// Those of one node.
    pub(super) fn new(sources: Sources, probers: Probers, slow_tier: Duration) -> Self {
        Self {
            sources,
            probers,
            encoder: Encoder::default(),
            kept: BTreeMap::new(),
            continued: Continued::default(),
            devices: Vec::new(),
            slow_tier,
        }
    }

    /// Whose devices are there; what cannot be listed has not gone.
    fn look_for_clients(&mut self) {
        let now = self.sources.all_devices();
        if now.len() == Sources::FOLDERS.len() && !are_same(&now, &self.devices) {
            self.continued.begin(now.iter().flat_map(|devices| devices.iter()));
            self.devices = now;
        }
    }

    /// Runs collectors, and hands over text, parts and report of each as soon as they are there.
    pub(super) fn run(&mut self, pass: &Pass, mut hand_over: impl FnMut(Handed<'_>, Report)) {
        self.sources.begin();
        self.look_for_clients();
        self.probers.ask(&mut self.sources, pass);
        let mut begun = Instant::now();
        for collector in pass.collectors.collectors() {
            if self.hand_over_kept(collector, begun, &mut hand_over) {
                continue;
            }
            self.encoder.clear();
            let verdict = match collector.run {
                Run::Files(run) | Run::SlowFiles(run) => run(&mut self.sources, &mut self.encoder),
                Run::Children(run) => run(&mut self.probers, &mut self.encoder),
            };
            let ended = Instant::now();
            let report = Report {
                collector: collector.name,
                oddities: verdict.oddities,
                trouble: verdict.trouble.map(|error| (error.to_string(), error.remedy())),
                took: ended.saturating_duration_since(begun),
            };
            self.keep(collector, begun, &report);
            begun = ended;
            let instead = self.continued.apply(collector.name, self.encoder.written());
            let handed = match &instead {
                Some((text, parts)) => Handed::Samples(text, parts),
                None => Handed::Encoder(&mut self.encoder),
            };
            hand_over(handed, report);
        }
        self.encoder.clear();
        self.probers.tell_stuck(&mut self.encoder);
        super::own::encode_sources(&self.sources, &mut self.encoder);
        let report = Report { collector: "", oddities: 0, trouble: None, took: Duration::ZERO };
        hand_over(Handed::Encoder(&mut self.encoder), report);
        self.sources.end();
    }

    /// Hands over what a slow collector has kept, if that is young and of the same devices.
    fn hand_over_kept(
        &mut self,
        collector: &Collector,
        now: Instant,
        hand_over: &mut impl FnMut(Handed<'_>, Report),
    ) -> bool {
        if !matches!(collector.run, Run::SlowFiles(_)) {
            return false;
        }
        let Some(kept) = self.kept.get(collector.name) else { return false };
        let is_fresh = now.saturating_duration_since(kept.at) < self.slow_tier
            && kept.report.trouble.is_none()
            && are_same(&kept.devices, &self.sources.all_devices());
        if is_fresh {
            let instead = self.continued.apply(collector.name, (&kept.text, &kept.parts));
            let (text, parts) = match &instead {
                Some((text, parts)) => (text, parts),
                None => (&kept.text, &kept.parts),
            };
            hand_over(Handed::Samples(text, parts), kept.report.clone());
        }
        is_fresh
    }

    fn keep(&mut self, collector: &Collector, at: Instant, report: &Report) {
        if !matches!(collector.run, Run::SlowFiles(_)) {
            return;
        }
        let (text, parts) = self.encoder.written();
        let kept = Kept {
            at,
            devices: self.sources.all_devices(),
            text: text.to_vec(),
            parts: parts.to_vec(),
            report: report.clone(),
        };
        self.kept.insert(collector.name, kept);
    }
}
