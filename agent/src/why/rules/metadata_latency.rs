//! Do programs wait for the metadata servers?

use super::super::facts::{percent, weighed};
use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::metrics::families::{OPERATION_DURATION, RPC_WAIT};
use crate::window::{Spent, float, whole};

pub(super) const RULE: Rule = Rule {
    name: "metadata_latency",
    about: "programs spend their time in opens, closes, listings and the like, or metadata requests take long",
};

const FEWEST: u64 = 50;
/// Requests of a metadata server within one Availability Zone take less.
const SLOW_SECONDS: f64 = 0.010;
const NOTICEABLE_SECONDS: f64 = 0.005;
/// Calls that move data, or wait for its way to the servers.
const DATA: [&str; 6] = ["read", "write", "fsync", "page_fault", "page_mkwrite", "mmap"];

/// Time of programs in calls of metadata, and in all calls; the operation that took most.
fn times(window: &FileSystemWindow) -> (Spent, Spent, Option<(&str, Spent)>) {
    let (mut metadata, mut all, mut most) = (Spent::default(), Spent::default(), None);
    for (name, spent) in &window.operation_times {
        all = all.plus(*spent);
        if !DATA.contains(&name.as_str()) {
            metadata = metadata.plus(*spent);
            let is_more = |(_, so_far): (&str, Spent)| spent.seconds > so_far.seconds;
            if most.is_none_or(is_more) {
                most = Some((name.as_str(), *spent));
            }
        }
    }
    (metadata, all, most)
}

fn micros(seconds: f64) -> u64 {
    whole(seconds * 1e6).unwrap_or_default()
}

fn requests(window: &FileSystemWindow) -> u64 {
    window.mdc_wait.map_or(0, |wait| wait.count)
}

pub(super) fn judge(facts: &Facts, fs: &str, window: &FileSystemWindow) -> Finding {
    if window.mdc_wait.is_none() && window.operation_times.is_empty() {
        return Finding::unknown(RULE.name, facts.why_unknown(RPC_WAIT.row()))
            .mended_by(facts.to_know(RPC_WAIT.row()));
    }
    let is_enough =
        |found: &FileSystemWindow| requests(found) >= FEWEST || times(found).0.count >= FEWEST;
    let Some(judged) = facts.judged(fs, is_enough) else {
        return Finding::clear(RULE.name, format!("fewer than {FEWEST} calls of metadata"));
    };
    let (metadata, all, most) = times(judged.window);
    let share = percent(micros(metadata.seconds), micros(all.seconds));
    let wait = judged.window.mdc_wait.and_then(Spent::mean_seconds);
    let is_slow = wait.is_some_and(|wait| wait >= SLOW_SECONDS);
    let is_noticeable = wait.is_some_and(|wait| wait >= NOTICEABLE_SECONDS);
    let summary = summary(share, wait, all.count > 0);
    let finding = match (judged.is_of_the_window(), is_slow || (share >= 50 && is_noticeable)) {
        (true, true) => Finding::limits(RULE.name, weighed(35, share), summary),
        (false, true) => Finding::suspect(RULE.name, weighed(15, share), summary),
        _ if share >= 50 || is_noticeable => {
            Finding::suspect(RULE.name, weighed(20, share / 2), summary)
        }
        _ => {
            return seen(
                Finding::clear(RULE.name, summary),
                &judged.when(),
                wait,
                requests(judged.window),
            );
        }
    };
    let mut finding = seen(finding, &judged.when(), wait, requests(judged.window));
    if let Some((name, spent)) = most {
        finding = finding.seen(
            format!(
                "{} calls of {name} took {:.3} s {}",
                spent.count,
                spent.seconds,
                judged.when()
            ),
            OPERATION_DURATION.row().source,
        );
    }
    let remedy = match most.map(|(name, _)| name) {
        Some("getattr" | "readdir") => format!("lctl set_param llite.{fs}-*.statahead_max=512"),
        _ => "open and make fewer files, or raise the file system's metadata IOPS: aws fsx \
              update-file-system --lustre-configuration MetadataConfiguration={Mode=USER_PROVISIONED,Iops=N}"
            .into(),
    };
    finding.mended_by(remedy)
}

fn summary(share: u8, wait: Option<f64>, has_times: bool) -> String {
    let mean = wait.map(|wait| format!("a metadata request takes {:.1} ms", wait * 1000.0));
    let part =
        has_times.then(|| format!("{share} % of programs' time in file system calls is metadata"));
    [mean, part].into_iter().flatten().collect::<Vec<_>>().join(", and ")
}

fn seen(finding: Finding, when: &str, wait: Option<f64>, requests: u64) -> Finding {
    let Some(wait) = wait else { return finding };
    let seconds = wait * float(requests);
    finding.seen(format!("{requests} requests waited {seconds:.3} s {when}"), RPC_WAIT.row().source)
}
