//! The files that tell of one connection in full: `import`, `state` and `timeouts`.
//!
//! They are read in a child: each takes a lock that an unmount may hold.

use super::import_state::state_place;
use super::stats::signed;
use serde::{Deserialize, Serialize};

/// The longest NID or version that is told.
const LONGEST_WORD: usize = 200;
/// The kernel keeps this many changes of a connection.
const MOST_CHANGES: usize = 16;

/// What `import` says. *Units*: seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportFile {
    /// Attempts to connect since the mount.
    pub(super) attempts: Option<i64>,
    /// Times that it was connected.
    pub(super) generation: Option<i64>,
    /// Since when no request was sent; from 2.12 on.
    pub(super) idle_seconds: Option<i64>,
    /// Requests without an answer now.
    pub(super) inflight: Option<i64>,
    /// Requests that timed out since the mount.
    pub(super) timeouts: Option<i64>,
    /// How long the server is expected to take.
    pub(super) service_seconds: Option<i64>,
    /// The server's NID.
    pub(super) nid: Option<String>,
    /// The server's version.
    pub(super) server_version: Option<String>,
}

/// Parses `import`. `None` when it is no such file.
///
/// *Lustre*: 2.10 to 2.17. Lines are known by their name, wherever they stand: from 2.15.62 NIDs are
/// in quotes and a block of NIDs stands between the others.
pub(crate) fn parse(text: &[u8]) -> Option<ImportFile> {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines();
    lines.next().filter(|line| line.trim() == "import:")?;
    let mut found = ImportFile::default();
    for line in lines {
        let Some((name, value)) = line.trim().split_once(':') else { continue };
        let value = value.trim();
        let number = || signed(value.split(' ').next().unwrap_or_default().as_bytes());
        match name {
            "connection_attempts" => found.attempts = number(),
            "generation" => found.generation = number(),
            "idle" => found.idle_seconds = number(),
            "inflight" => found.inflight = number(),
            "timeouts" => found.timeouts = number(),
            "services" => found.service_seconds = number(),
            "current_connection" => found.nid = word(value),
            "target_version" => found.server_version = word(value),
            _ => {}
        }
    }
    Some(found)
}

/// A word that can be a label, without its quotes.
fn word(text: &str) -> Option<String> {
    let text = text.trim_matches('"');
    let fits = !text.is_empty()
        && text.len() <= LONGEST_WORD
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

/// One change of a connection: when, in seconds since 1970 UTC, and to which state (its place in the
/// kernel's list).
pub(crate) type Change = (i64, u8);

/// Parses `state`: the last changes, the oldest first. `None` when it is no such file.
pub(crate) fn parse_changes(text: &[u8]) -> Option<Vec<Change>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.lines();
    lines.next().filter(|line| line.starts_with("current_state:"))?;
    let change = |line: &str| {
        let inner = line.trim().strip_prefix("- [")?.strip_suffix(']')?;
        let (at, state) = inner.split_once(',')?;
        Some((signed(at.trim().as_bytes())?, u8::try_from(state_place(state.trim())?).ok()?))
    };
    Some(lines.filter_map(change).take(MOST_CHANGES).collect())
}

/// Those of the changes `now` that were not there `before`: what the end of the old list and the
/// beginning of the new one have in common is old.
pub(super) fn new_changes<'n>(before: &[Change], now: &'n [Change]) -> &'n [Change] {
    let common = (0..=before.len())
        .filter_map(|start| before.get(start..))
        .find(|end| now.starts_with(end))
        .map_or(0, <[Change]>::len);
    now.get(common..).unwrap_or_default()
}

/// Parses `timeouts`: how long the way to the server is expected to take, in seconds.
pub(crate) fn parse_network_seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("network"))?;
    let (_, rest) = line.split_once("cur")?;
    signed(rest.split_ascii_whitespace().next()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: u8 = 8;
    const EVICTED: u8 = 9;

    #[test]
    fn a_captured_import() {
        let text = include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/import"
        );
        let want = ImportFile {
            attempts: Some(3),
            generation: Some(3),
            idle_seconds: Some(36),
            inflight: Some(0),
            timeouts: Some(0),
            service_seconds: Some(5),
            nid: Some("192.168.77.10@tcp".into()),
            server_version: Some("2.16.1.0".into()),
        };
        assert_eq!(parse(text.as_bytes()), Some(want));
    }

    #[test]
    fn newer_quotes_and_torn_or_foreign_files() {
        let quoted = "import:\n    connection:\n       nids_stats:\n          \
                      \"10.0.0.5@tcp\": { connects: 1, replied: 1, uptodate: true, sec_ago: 3 }\n       \
                      current_connection: \"10.0.0.5@tcp\"\n       connection_attempts: 7\n";
        let found = parse(quoted.as_bytes()).expect("an import");
        assert_eq!((found.nid.as_deref(), found.attempts), (Some("10.0.0.5@tcp"), Some(7)));
        assert_eq!(parse(b"import:\n  rpcs:\n   timeou"), Some(ImportFile::default()));
        for text in ["", "import", "name: x\n", "\0"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(b"import:\n timeouts: many\n").expect("an import").timeouts, None);
    }

    #[test]
    fn changes_of_a_connection() {
        let text = "current_state: FULL\nstate_history:\n - [ 1795211346, CONNECTING ]\n \
                    - [ 1795211346, EVICTED ]\n - [ x, FULL ]\n - [ 5, NEWEST ]\n \
                    - [ 1795211391, FULL ]\n";
        let changes = parse_changes(text.as_bytes()).expect("a state file");
        assert_eq!(changes, [(1_795_211_346, 3), (1_795_211_346, EVICTED), (1_795_211_391, FULL)]);
        assert_eq!(parse_changes(b"current_state: NEW\n"), Some(Vec::new()));
        assert_eq!(parse_changes(b""), None);
    }

    #[test]
    fn only_what_was_not_there_before_is_new() {
        let (a, b, c) = ((1, 3), (1, FULL), (2, EVICTED));
        for (before, now, new) in [
            (vec![], vec![a, b], vec![a, b]),
            (vec![a, b], vec![a, b], vec![]),
            (vec![a, b], vec![a, b, c], vec![c]),
            (vec![a, b], vec![b, c], vec![c]),
            (vec![a, a], vec![a, a, a], vec![a]),
            (vec![a, b], vec![c], vec![c]),
            (vec![a, b], vec![], vec![]),
        ] {
            assert_eq!(new_changes(&before, &now), new, "{before:?} {now:?}");
        }
    }

    #[test]
    fn the_way_to_the_server() {
        let text =
            "last reply : 1795211541, 36s ago\nnetwork    : cur   3  worst   3 (at 1, 1s ago)\n";
        assert_eq!(parse_network_seconds(text.as_bytes()), Some(3));
        for text in ["", "network", "network    : cur", "portal 28  : cur   5"] {
            assert_eq!(parse_network_seconds(text.as_bytes()), None, "{text}");
        }
    }
}
