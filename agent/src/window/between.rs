//! Two looks at the counters → what happened between them.

use super::numbers::whole;
use super::{
    FileSystemWindow, Interface, JobDone, Requests, Settings, Span, Spent, Step, TargetWindow,
    Window, sum,
};
use crate::metrics::families as f;
use crate::metrics::{Sample, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// The window from one look to a later one; without an earlier one, since the mount.
///
/// A counter that fell began anew, so what it did is not known. `seconds` is the time in between.
pub fn between(earlier: Option<&Snapshot>, later: &Snapshot, seconds: Option<f64>) -> Window {
    let looks = Looks { earlier, later };
    let targets = looks.targets();
    let file_system = |fs: &String| {
        let mut found = looks.file_system(fs);
        found.targets = targets.get(fs).cloned().unwrap_or_default();
        (fs.clone(), found)
    };
    let span = if earlier.is_some() { Span::Now } else { Span::SinceMount };
    Window {
        span,
        seconds,
        is_shared: false,
        file_systems: looks.names().iter().map(file_system).collect(),
        allowances: looks.allowances(),
        lock_callbacks: looks.by(f::LDLM_CALLBACKS.row().name, &[], "operation", ""),
        lnet_bytes: (|| {
            let sent = looks.one(f::LNET_SEND_BYTES.row().name, &[])?;
            sent.checked_add(looks.one(f::LNET_RECEIVE_BYTES.row().name, &[])?)
        })(),
        interfaces: looks.interfaces(),
        jobs: looks.jobs(),
    }
}

/// Labels that a sample must have.
type Labels<'l> = [(&'l str, &'l str)];

struct Looks<'s> {
    earlier: Option<&'s Snapshot>,
    later: &'s Snapshot,
}

fn fits(sample: &Sample, labels: &Labels<'_>) -> bool {
    labels.iter().all(|(name, value)| sample.label(name) == *value)
}

impl Looks<'_> {
    /// Every file system that anything tells of.
    fn names(&self) -> BTreeSet<String> {
        let families = [f::MOUNT_INFO.row().name, f::READ_BYTES.row().name, f::IMPORTS.row().name];
        let samples = families.iter().flat_map(|name| self.later.of(name));
        samples.map(|sample| sample.label("fs").to_owned()).collect()
    }

    /// A counter's difference, as the exposition has it.
    fn difference(&self, name: &str, sample: &Sample, absent: Option<f64>) -> Option<f64> {
        let Some(earlier) = self.earlier else { return Some(sample.value) };
        let same = |one: &&Sample| one.labels == sample.labels;
        let before = earlier.of(name).iter().find(same).map(|one| one.value).or(absent)?;
        Some(sample.value - before).filter(|difference| *difference >= 0.0)
    }

    /// The difference of one counter.
    fn one(&self, name: &str, labels: &Labels<'_>) -> Option<u64> {
        let sample = self.later.of(name).iter().find(|sample| fits(sample, labels))?;
        self.difference(name, sample, None).and_then(whole)
    }

    /// A state.
    fn state(&self, name: &str, labels: &Labels<'_>) -> Option<u64> {
        self.later.value(name, labels).and_then(whole)
    }

    /// The differences of counters, by one of their labels. `base` is a counter that is there
    /// whenever the file was read, so that one which was not there before was 0 then; without its
    /// name, any sample of the family is.
    fn by(
        &self,
        name: &str,
        labels: &Labels<'_>,
        key: &str,
        base: &str,
    ) -> Option<BTreeMap<String, u64>> {
        let base = if base.is_empty() { name } else { base };
        let has = |look: &Snapshot| look.of(base).iter().any(|one| fits(one, labels));
        if !has(self.later) || self.earlier.is_some_and(|look| !has(look)) {
            return None;
        }
        let samples = self.later.of(name).iter().filter(|sample| fits(sample, labels));
        samples
            .map(|sample| {
                let more = self.difference(name, sample, Some(0.0)).and_then(whole)?;
                Some((sample.label(key).to_owned(), more))
            })
            .collect()
    }

    /// Counts and times of a summary, by one of its labels.
    fn times(
        &self,
        name: &str,
        labels: &Labels<'_>,
        key: &str,
        base: &str,
    ) -> Option<BTreeMap<String, Spent>> {
        let counts = self.by(&format!("{name}_count"), labels, key, base)?;
        let sums = format!("{name}_sum");
        let mut times = BTreeMap::new();
        for sample in self.later.of(&sums).iter().filter(|sample| fits(sample, labels)) {
            let count = counts.get(sample.label(key)).copied();
            let seconds = self.difference(&sums, sample, Some(0.0));
            if let (Some(count), Some(seconds)) = (count, seconds) {
                times.insert(sample.label(key).to_owned(), Spent { count, seconds });
            }
        }
        Some(times)
    }

    fn spent(&self, name: &str, labels: &Labels<'_>) -> Option<Spent> {
        let count = self.one(&format!("{name}_count"), labels)?;
        let sums = format!("{name}_sum");
        let sample = self.later.of(&sums).iter().find(|sample| fits(sample, labels))?;
        Some(Spent { count, seconds: self.difference(&sums, sample, None)? })
    }

    /// The steps of a histogram, in the order of their edges.
    fn steps(&self, name: &str, labels: &Labels<'_>) -> Vec<Step> {
        let buckets = format!("{name}_bucket");
        let mut below = 0;
        let mut steps = Vec::new();
        for sample in self.later.of(&buckets).iter().filter(|sample| fits(sample, labels)) {
            let Some(all) = self.difference(&buckets, sample, None).and_then(whole) else {
                return Vec::new();
            };
            let count = all.saturating_sub(below);
            steps.push(Step { up_to: sample.label("le").parse().ok(), count });
            below = all;
        }
        steps
    }

    fn requests(&self, fs: &str, direction: &str) -> Requests {
        let labels = [("fs", fs), ("direction", direction)];
        Requests {
            by_size: self.steps(f::RPC_SIZE.row().name, &labels),
            by_concurrency: self.steps(f::RPC_CONCURRENCY.row().name, &labels),
        }
    }

    fn file_system(&self, fs: &str) -> FileSystemWindow {
        let own = [("fs", fs)];
        let all = |name: &str| self.by(name, &own, "kind", "").map(|by| by.values().sum());
        let wait = |kind| self.spent(f::RPC_WAIT.row().name, &[("fs", fs), ("kind", kind)]);
        let llite = f::READ_BYTES.row().name;
        let mdc = f::MDC_READ_BYTES.row().name;
        let times = self.times(f::OPERATION_DURATION.row().name, &own, "operation", llite);
        let pending = self.later.of(f::PENDING.row().name).iter().filter(|one| fits(one, &own));
        FileSystemWindow {
            directories: self.labels_of(f::MOUNT_INFO.row().name, fs, "mountpoint"),
            file_system_id: self
                .labels_of(f::FILE_SYSTEM_INFO.row().name, fs, "file_system_id")
                .pop(),
            answers: self.answers(fs),
            read_bytes: self.one(llite, &own),
            write_bytes: self.one(f::WRITE_BYTES.row().name, &own),
            operations: self.by(f::OPERATIONS.row().name, &own, "operation", llite),
            operation_times: times.unwrap_or_default(),
            mdc_wait: wait("mdc"),
            osc_wait: wait("osc"),
            mdc_times: self.times(f::MDC_RPC_DURATION.row().name, &own, "operation", mdc),
            reads: self.requests(fs, "read"),
            writes: self.requests(fs, "write"),
            pending_bytes: sum(pending.map(|sample| whole(sample.value))),
            evictions: all(f::EVICTIONS.row().name),
            timeouts: all(f::REQUEST_TIMEOUTS.row().name),
            settings: self.settings(fs),
            targets: BTreeMap::new(),
        }
    }

    fn labels_of(&self, name: &str, fs: &str, label: &str) -> Vec<String> {
        let samples = self.later.of(name).iter().filter(|sample| sample.label("fs") == fs);
        samples.map(|sample| sample.label(label).to_owned()).collect()
    }

    /// False when one of the mounts does not answer.
    fn answers(&self, fs: &str) -> Option<bool> {
        let mounts = self.later.of(f::MOUNT_UP.row().name).iter();
        let of = mounts.filter(|mount| mount.label("fs") == fs).map(|mount| mount.value > 0.0);
        of.fold(None, |all, one| Some(all.unwrap_or(true) && one))
    }

    fn settings(&self, fs: &str) -> Settings {
        let of = |name, kind| self.state(name, &[("fs", fs), ("kind", kind)]);
        let max_rpcs = f::MAX_RPCS.row().name;
        let page = procfs::page_size();
        Settings {
            osc_max_rpcs: of(max_rpcs, "osc"),
            mdc_max_rpcs: of(max_rpcs, "mdc"),
            mdc_max_mod_rpcs: self.state(f::MAX_MOD_RPCS.row().name, &[("fs", fs)]),
            osc_max_rpc_bytes: of(f::MAX_PAGES.row().name, "osc")
                .and_then(|pages| pages.checked_mul(page)),
            osc_max_dirty_bytes: self.state(f::OSC_DIRTY_MAX.row().name, &[("fs", fs)]),
        }
    }

    /// By file system and target. Each is looked at by itself, since there may be hundreds.
    fn targets(&self) -> BTreeMap<String, BTreeMap<String, TargetWindow>> {
        let before = self.earlier.map(Snapshot::by_target);
        let none = Snapshot::default();
        let mut all: BTreeMap<String, BTreeMap<String, TargetWindow>> = BTreeMap::new();
        for (key, later) in self.later.by_target() {
            let earlier = before.as_ref().map(|parts| parts.get(&key).unwrap_or(&none));
            let found = Looks { earlier, later: &later }.target(&key.0, &key.1);
            all.entry(key.0).or_default().insert(key.1, found);
        }
        all
    }

    fn target(&self, fs: &str, target: &str) -> TargetWindow {
        let own = [("fs", fs), ("target", target)];
        let families = if target.starts_with("MDT") {
            [&f::MDC_READ_BYTES, &f::MDC_WRITE_BYTES]
        } else {
            [&f::OSC_READ_BYTES, &f::OSC_WRITE_BYTES]
        };
        let [read, write] = families.map(|family| self.one(family.row().name, &own));
        let base = families[0].row().name;
        let waits = self.times(f::TARGET_RPC_WAIT.row().name, &own, "kind", base);
        let state = self.later.of(f::IMPORT_STATE.row().name).iter().find(|one| fits(one, &own));
        let info = self.later.of(f::IMPORT_INFO.row().name).iter().find(|one| fits(one, &own));
        let in_flight = self.later.of(f::RPCS_IN_FLIGHT.row().name).iter();
        let in_flight = in_flight
            .filter(|one| fits(one, &own))
            .filter_map(|one| Some((one.label("direction").to_owned(), whole(one.value)?)));
        TargetWindow {
            read_bytes: read,
            write_bytes: write,
            requests: waits.map(|waits| waits.into_values().fold(Spent::default(), Spent::plus)),
            in_flight: in_flight.collect(),
            dirty_bytes: self.state(f::OSC_DIRTY.row().name, &own),
            grant_bytes: self.state(f::OSC_GRANT.row().name, &own),
            state: state.map(|sample| sample.label("state").to_owned()),
            is_up: self.later.value(f::IMPORT_UP.row().name, &own).map(|value| value > 0.0),
            nid: info.map(|sample| sample.label("nid").to_owned()).filter(|nid| !nid.is_empty()),
        }
    }

    /// By interface and allowance.
    fn allowances(&self) -> Option<BTreeMap<String, BTreeMap<String, u64>>> {
        let name = f::ALLOWANCE.row().name;
        let samples = self.later.of(name);
        if samples.is_empty() {
            return None;
        }
        let mut all: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for sample in samples {
            let more = self.difference(name, sample, None).and_then(whole)?;
            let of = all.entry(sample.label("interface").to_owned()).or_default();
            of.insert(sample.label("allowance").to_owned(), more);
        }
        Some(all)
    }

    fn interfaces(&self) -> BTreeMap<String, Interface> {
        let mut all: BTreeMap<String, Interface> = BTreeMap::new();
        for sample in self.later.of(f::NI_UP.row().name) {
            let nid = sample.label("nid");
            let own = [("nid", nid)];
            let max = self.later.value(f::NI_CREDITS_MAX.row().name, &own);
            let min = self.later.value(f::NI_CREDITS_MIN.row().name, &own);
            let one = Interface {
                is_up: Some(sample.value > 0.0),
                credits_max: max.and_then(whole),
                has_sent: min.zip(max).map(|(min, max)| min < max),
            };
            all.insert(nid.to_owned(), one);
        }
        all
    }

    fn jobs(&self) -> Vec<JobDone> {
        let keys: BTreeSet<_> = (self.later.of(f::JOB_INFO.row().name).iter())
            .map(|job| (job.label("job_id").to_owned(), job.label("fs").to_owned()))
            .collect();
        let done = |(job, fs): (String, String)| {
            let own = [("job_id", job.as_str()), ("fs", fs.as_str())];
            let read = self.later.of(f::JOB_READ.row().name).iter().find(|one| fits(one, &own));
            JobDone {
                is_shared: read.map(|sample| sample.label("shared") == "yes"),
                read_bytes: read.and_then(|sample| whole(sample.value)),
                write_bytes: self.state(f::JOB_WRITE.row().name, &own),
                operations: self.state(f::JOB_OPERATIONS.row().name, &own),
                job: job.clone(),
                fs: fs.clone(),
            }
        };
        keys.into_iter().map(done).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Snapshot {
        Snapshot::parse(text.as_bytes())
    }

    #[test]
    fn a_counter_that_fell_is_unknown_and_one_that_is_new_began_at_0() {
        let of = |read, open| {
            let open =
                format!("lustre_client_operations_total{{fs=\"x\",operation=\"open\"}} {open}\n");
            let open = if open.ends_with(" 0\n") { String::new() } else { open };
            seen(&format!("lustre_client_read_bytes_total{{fs=\"x\"}} {read}\n{open}"))
        };
        let window = between(Some(&of(5, 0)), &of(9, 2), Some(1.0));
        let x = &window.file_systems["x"];
        assert_eq!((x.read_bytes, x.calls(), x.write_bytes), (Some(4), Some(2), None));
        let window = between(Some(&of(9, 3)), &of(5, 2), Some(1.0));
        let x = &window.file_systems["x"];
        assert_eq!((x.read_bytes, x.calls()), (None, None));
        let window = between(Some(&seen("")), &of(5, 2), Some(1.0));
        let x = &window.file_systems["x"];
        assert_eq!((x.read_bytes, x.calls()), (None, None), "nobody knows what it had before");
        let window = between(None, &of(5, 2), None);
        assert_eq!(window.file_systems["x"].read_bytes, Some(5));
        assert_eq!(window.span, Span::SinceMount);
    }

    #[test]
    fn histograms_are_told_step_by_step() {
        let of = |a, b, c| {
            let bucket = "lustre_client_rpc_concurrency_bucket{fs=\"x\",direction=\"read\",le=";
            seen(&format!(
                "lustre_client_read_bytes_total{{fs=\"x\"}} 1\n\
                 {bucket}\"4\"}} {a}\n{bucket}\"8\"}} {b}\n{bucket}\"+Inf\"}} {c}\n"
            ))
        };
        let window = between(Some(&of(1, 2, 3)), &of(2, 5, 10), Some(1.0));
        let reads = &window.file_systems["x"].reads;
        assert_eq!(
            reads.by_concurrency.iter().map(|step| step.count).collect::<Vec<_>>(),
            [1, 2, 4]
        );
        assert_eq!(reads.above_concurrency(4), (7, 6));
        assert_eq!(reads.above_concurrency(5), (7, 4));
        assert_eq!(reads.above_concurrency(0), (7, 7));
    }

    #[test]
    fn the_captured_client() {
        let text = include_str!("../../tests/fixtures/metrics/golden/lustre-2.15.8.prom");
        let window = between(None, &seen(text), None);
        let fs = &window.file_systems["p7lsxbev"];
        assert_eq!(fs.moved_bytes(), Some(29_564_928 + 94_380_032 + 31_523_359 + 98_763_296));
        assert_eq!(fs.targets["OST0000"].state.as_deref(), Some("FULL"));
        assert_eq!(fs.settings.osc_max_rpcs, Some(8));
        assert_eq!(fs.mdc_wait.map(|wait| wait.count), Some(3381));
        assert_eq!(fs.mdc_times.as_ref().and_then(|by| by.get("hsm_request")), None);
        assert_eq!(fs.reads.up_to_size(65_536), (1183, 1153));
        assert_eq!(window.interfaces["192.168.77.20@tcp"].has_sent, Some(true));
        assert_eq!(window.allowances, None);
    }
}
