//! Do programs wait for files that are still to be fetched from S3?
//!
//! A client that meets a released file asks the metadata server to restore it (`mds_hsm_request`)
//! and then waits for its layout. It counts that request and nothing else, so a wait is not seen:
//! of files that something else had asked for before, nothing is known.

use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::metrics::families::MDC_RPC_DURATION;

pub(super) const RULE: Rule = Rule {
    name: "s3_restores",
    about: "programs read files that are still in S3: the client asks for restores (mds_hsm_request)",
};

fn asked(window: &FileSystemWindow) -> Option<u64> {
    let times = window.mdc_times.as_ref()?;
    Some(times.get("hsm_request").map_or(0, |spent| spent.count))
}

pub(super) fn judge(facts: &Facts, fs: &str, window: &FileSystemWindow) -> Finding {
    let from = format!("{} (mds_hsm_request)", MDC_RPC_DURATION.row().source);
    let described = facts.described.get(fs).and_then(|found| found.value());
    if let Some(found) = described
        && found.data_repositories.as_ref().is_some_and(Vec::is_empty)
    {
        return Finding::clear(RULE.name, "the file system is linked to no bucket")
            .seen("no data repository", format!("fsx:DescribeFileSystems, {}", found.id));
    }
    let Some(now) = asked(window) else {
        return Finding::unknown(RULE.name, facts.why_unknown(MDC_RPC_DURATION.row()))
            .mended_by("lfs hsm_action FILE");
    };
    let remedy = "fetch what a job reads before it begins: lfs hsm_restore FILE; lfs hsm_action FILE shows how far it is";
    if now > 0 {
        return Finding::limits(
            RULE.name,
            75,
            format!("this node asked for {now} restores from S3"),
        )
        .seen(format!("{now} requests"), from)
        .mended_by(remedy);
    }
    let totals = facts.totals.as_ref().and_then(|totals| totals.file_systems.get(fs));
    match totals.and_then(asked) {
        Some(before) if before > 0 => Finding::suspect(
            RULE.name,
            35,
            "this node asked for restores from S3 before; some may not be done",
        )
        .seen(format!("{before} requests since the mount"), from)
        .mended_by(remedy),
        _ => Finding::unknown(
            RULE.name,
            "this node asked for none; what waits for a restore that others asked for is not seen",
        )
        .seen("0 requests", from)
        .mended_by("lfs hsm_action FILE"),
    }
}
