//! What the last `fsxlustre check` found. Nothing is checked in a scrape.

use super::encode::Encoder;
use super::families::{CHECK_STATUS, CHECK_TIME};
use super::sources::Sources;
use super::verdict::Verdict;
use crate::checks::Verdict as Status;
use std::sync::Arc;

/// The word of the label.
fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Warn => "warn",
        Status::Fail => "fail",
        Status::Unknown => "unknown",
    }
}

/// The collector.
///
/// *Source*: `/run/fsxlustre/check.json`. *Units*: seconds since 1970 UTC.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let (host, own) = sources.own_state();
    let run = own.last_check(host).unwrap_or_else(|error| {
        verdict.note(error);
        Arc::default()
    });
    let Some(run) = &*run else { return verdict };
    let mut status = encoder.family(&CHECK_STATUS);
    for answer in &run.answers {
        status.sample([&answer.check, word(answer.verdict)], true);
    }
    encoder.family(&CHECK_TIME).sample([], run.at_unix_seconds);
    verdict
}
