//! What follows of all that was seen. Pure.

use super::{Row, Stand};
use serde::Serialize;

/// Whether everything below the paths is in the data repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// It is.
    Exported,
    /// It is not.
    NotExported {
        /// So many files at least.
        #[serde(rename = "files_not_exported")]
        files: u64,
        /// What shows it.
        because: Vec<String>,
    },
    /// It is not known.
    Unknown {
        /// What is not known.
        because: Vec<String>,
    },
}

/// Weighs what was seen. What shows files that are not exported decides; else everything must be known,
/// and something must prove it.
pub fn decide(rows: &[Row]) -> Verdict {
    let told = |row: &Row| format!("{}: {}", row.evidence, row.told);
    let against = |row: &Row| match row.stand {
        Stand::Against(files) => Some(files),
        _ => None,
    };
    if let Some(files) = rows.iter().filter_map(against).max() {
        let shows = rows.iter().filter(|row| against(row).is_some());
        return Verdict::NotExported { files, because: shows.map(told).collect() };
    }
    let is_proved = rows.iter().any(|row| row.stand == Stand::Proof);
    // One proof of the contents is enough.
    let is_open = |row: &&Row| row.stand == Stand::Open && !(is_proved && row.evidence == "scan");
    let because: Vec<String> = rows.iter().filter(is_open).map(told).collect();
    match (is_proved, because.is_empty()) {
        (true, true) => Verdict::Exported,
        (false, true) => Verdict::Unknown { because: vec!["nothing proves it".into()] },
        (_, false) => Verdict::Unknown { because },
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Looks;
    use super::super::{Facts, ScanCounts};
    use super::*;
    use crate::aws::metric::Point;
    use crate::aws::tasks::Task;
    use fsxlustre_mount::file_system::DataRepository;

    const NOW: u64 = 1_000_000;

    fn facts() -> Facts {
        let one = DataRepository {
            id: Some("dra-1".into()),
            path: "/a".into(),
            location: "s3://bucket/a".into(),
            lifecycle: Some("AVAILABLE".into()),
            ..DataRepository::default()
        };
        Facts {
            id: "fs-0123456789abcdef0".into(),
            region: "us-east-1".into(),
            mount_name: "p7lsxbev".into(),
            lifecycle: "AVAILABLE".into(),
            repositories: Ok(vec![one]),
            tasks: Ok(Vec::new()),
            queue: Ok(Vec::new()),
            clients: Ok(Vec::new()),
            asked_unix_seconds: NOW,
        }
    }

    fn automatic(queue: Result<Vec<Point>, String>) -> Facts {
        let mut facts = facts();
        if let Ok(all) = &mut facts.repositories {
            all[0].export_events = vec!["NEW".into(), "CHANGED".into()];
        }
        Facts { queue, ..facts }
    }

    fn task(started: u64, failed: u64) -> Task {
        Task {
            id: "task-1".into(),
            kind: "EXPORT_TO_REPOSITORY".into(),
            lifecycle: "SUCCEEDED".into(),
            paths: vec!["a".into()],
            started_unix_seconds: Some(started),
            ended_unix_seconds: Some(started + 60),
            failed: Some(failed),
            ..Task::default()
        }
    }

    fn scan(not_archived: u64, dirty: u64, unknown: u64) -> ScanCounts {
        let newest_change_unix_seconds = Some(NOW - 500);
        ScanCounts {
            files: 10,
            not_archived,
            dirty,
            unknown,
            newest_change_unix_seconds,
            ..ScanCounts::default()
        }
    }

    fn point(ago: u64, value: f64) -> Point {
        Point { at_unix_seconds: NOW - ago, value }
    }

    /// A case in which everything is known and exported, changed by a test.
    fn verdict(facts: &Facts, change: impl FnOnce(&mut Looks<'_>)) -> Verdict {
        of_path("/a/x", facts, change)
    }

    fn of_path(path: &str, facts: &Facts, change: impl FnOnce(&mut Looks<'_>)) -> Verdict {
        let paths = [path.to_owned()];
        let mut looks = Looks {
            paths: &paths,
            now: NOW,
            dirty: Ok(0),
            open: Ok(Vec::new()),
            scan: Ok((scan(0, 0, 0), NOW - 2)),
            facts: Ok(facts),
            clients_here: 1,
            is_alone: true,
        };
        change(&mut looks);
        decide(&looks.rows())
    }

    fn is_unknown(verdict: &Verdict, word: &str) -> bool {
        matches!(verdict, Verdict::Unknown { because } if because.iter().any(|one| one.contains(word)))
    }

    #[test]
    fn a_scan_proves_it_where_nothing_is_left_open() {
        let facts = facts();
        assert_eq!(verdict(&facts, |_| {}), Verdict::Exported);
        let dirty = verdict(&facts, |looks| looks.dirty = Ok(4096));
        assert!(is_unknown(&dirty, "not written yet"), "{dirty:?}");
        let unread = verdict(&facts, |looks| looks.dirty = Err("no file".into()));
        assert!(is_unknown(&unread, "no file"), "{unread:?}");
        let unscanned = verdict(&facts, |looks| looks.scan = Err("hangs".into()));
        assert!(is_unknown(&unscanned, "hangs"), "{unscanned:?}");
        let unasked = verdict(&facts, |looks| looks.facts = Err("denied".into()));
        assert!(is_unknown(&unasked, "denied"), "{unasked:?}");
    }

    #[test]
    fn files_that_are_not_exported_decide_whatever_else_is_unknown() {
        let facts = facts();
        let shown = verdict(&facts, |looks| {
            looks.scan = Ok((scan(3, 2, 1), NOW));
            looks.dirty = Err("no file".into());
        });
        assert!(matches!(shown, Verdict::NotExported { files: 5, .. }), "{shown:?}");
        let open = verdict(&facts, |looks| looks.open = Ok(vec!["/mnt/a/x by 17".into()]));
        assert!(matches!(open, Verdict::NotExported { files: 1, .. }), "{open:?}");
        let nowhere = of_path("/b", &facts, |_| {});
        assert!(matches!(nowhere, Verdict::NotExported { files: 10, .. }), "{nowhere:?}");
    }

    #[test]
    fn what_other_nodes_hold_is_unknown_unless_there_are_none() {
        let with = |clients: Result<Vec<Point>, String>| {
            verdict(&Facts { clients, ..facts() }, |looks| looks.is_alone = false)
        };
        assert_eq!(with(Ok(vec![point(120, 1.0)])), Verdict::Exported);
        assert!(is_unknown(&with(Ok(vec![point(120, 2.0)])), "2 connections"));
        assert!(is_unknown(&with(Ok(vec![])), "no value"));
        assert!(is_unknown(&with(Ok(vec![point(900, 1.0)])), "900 s old"));
        assert!(is_unknown(&with(Err("denied".into())), "denied"));
    }

    #[test]
    fn a_missing_value_of_the_queue_is_no_empty_queue() {
        let with = |queue| verdict(&automatic(queue), |_| {});
        assert_eq!(with(Ok(vec![point(60, 0.0), point(120, 40.0)])), Verdict::Exported);
        assert!(is_unknown(&with(Ok(vec![point(60, 40.0), point(120, 0.0)])), "waits 40 s"));
        assert!(is_unknown(&with(Ok(vec![])), "no value"));
        assert!(is_unknown(&with(Ok(vec![point(3_000, 0.0)])), "3000 s old"));
    }

    #[test]
    fn a_task_proves_what_was_there_when_it_began_and_no_more() {
        let with = |task: Task, unknown: u64| {
            verdict(&Facts { tasks: Ok(vec![task]), ..facts() }, |looks| {
                looks.scan = Ok((scan(0, 0, unknown), NOW));
            })
        };
        assert_eq!(with(task(NOW - 400, 0), 7), Verdict::Exported);
        assert!(is_unknown(&with(task(NOW - 600, 0), 7), "7 not known"));
        assert!(is_unknown(&with(task(NOW - 500, 0), 7), "7 not known"), "in the same second");
        assert!(is_unknown(&with(task(NOW - 400, 1), 7), "7 not known"));
        let failed = Task { lifecycle: "FAILED".into(), ..task(NOW - 400, 0) };
        assert!(is_unknown(&with(failed, 7), "7 not known"));
        let uncounted = Task { failed: None, ..task(NOW - 400, 0) };
        assert!(is_unknown(&with(uncounted, 7), "7 not known"));
        let elsewhere = Task { paths: vec!["a/y".into()], ..task(NOW - 400, 0) };
        assert!(is_unknown(&with(elsewhere, 7), "7 not known"));
        let whole = Task { paths: Vec::new(), ..task(NOW - 400, 0) };
        assert_eq!(with(whole, 7), Verdict::Exported);
        let unscanned =
            verdict(&Facts { tasks: Ok(vec![task(NOW - 400, 0)]), ..facts() }, |looks| {
                looks.scan = Err("hangs".into());
            });
        assert!(is_unknown(&unscanned, "hangs"), "when files changed is not known: {unscanned:?}");
    }

    #[test]
    fn an_association_that_is_ill_or_holds_a_part_only_leaves_it_open() {
        let mut ill = facts();
        if let Ok(all) = &mut ill.repositories {
            all[0].lifecycle = Some("MISCONFIGURED".into());
        }
        assert!(is_unknown(&verdict(&ill, |_| {}), "MISCONFIGURED"));
        assert!(is_unknown(&of_path("/", &facts(), |_| {}), "only /a are linked"));
        let denied = Facts { repositories: Err("denied".into()), ..facts() };
        assert!(is_unknown(&verdict(&denied, |_| {}), "denied"));
    }
}
