//! The looks at this node, put together with what AWS says.

use super::evidence::Looks;
use super::hand::{HandWork, OpenFiles};
use super::scan::{NotExported, scan_all};
use super::{Facts, Place, Row, Verdict, decide};
use fsxlustre_mount::host::{Bounds, Host, unix_seconds};
use fsxlustre_mount::unmount::ClientFiles;

/// The most files that are open for writing and named.
const MOST_OPEN: usize = 100;

/// What was seen of an export, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// A row for each look.
    pub rows: Vec<Row>,
    /// What follows of them.
    pub verdict: Verdict,
    /// Files that were found, where they were looked at.
    pub files: Option<u64>,
    /// Files that are not exported, by name: as many as are told, not as many as there are.
    pub named: Vec<NotExported>,
}

/// Looks at this node, and weighs it with what AWS says.
///
/// `is_alone` says that no other node writes. All places are of one file system.
pub fn gather(
    host: &Host,
    places: &[Place],
    facts: Result<&Facts, String>,
    is_alone: bool,
    bounds: Bounds<'_>,
) -> Gathered {
    let paths: Vec<String> = places.iter().map(|place| place.in_file_system.clone()).collect();
    let began = unix_seconds();
    // Bytes that are sent and files that are closed meanwhile are looked at by what comes after.
    let client = places.first().map(|place| ClientFiles::new(host, &place.device.fsname));
    let state = client.as_ref().map(|client| client.state(bounds.deadline));
    let open = open_files(host, places, &paths, bounds);
    let scanned = scan_all(host, places, bounds);
    let looks = Looks {
        paths: &paths,
        now: unix_seconds(),
        dirty: match state {
            Some(Ok(state)) => state.dirty_bytes().ok_or_else(|| {
                let why = state.unread.first().map_or("no connection is shown", String::as_str);
                format!("unwritten bytes of this node: {why}")
            }),
            Some(Err(because)) => Err(because),
            None => Err("no path was given".into()),
        },
        open,
        scan: scanned.map(|counts| (counts, began)),
        facts,
        clients_here: client.and_then(|client| client.instances().ok()).map_or(0, |all| all.len()),
        is_alone,
    };
    let rows = looks.rows();
    let files = looks.scan.as_ref().ok().map(|(counts, _)| counts.files);
    let open = looks.open.as_deref().unwrap_or_default().iter();
    let mut named: Vec<_> = open.take(MOST_OPEN).map(|told| NotExported::open(told)).collect();
    named.extend(looks.scan.iter().flat_map(|(counts, _)| counts.named.clone()));
    Gathered { verdict: decide(&rows), rows, files, named }
}

fn open_files(
    host: &Host,
    places: &[Place],
    paths: &[String],
    bounds: Bounds<'_>,
) -> Result<Vec<String>, String> {
    let place = places.first().ok_or("no path was given")?;
    let work = HandWork::OpenFiles(OpenFiles {
        processes: host.paths.processes.clone(),
        key: place.device.key(),
        types: host.filesystem_types.clone(),
        paths: paths.to_vec(),
    });
    work.done(bounds).map_err(|because| format!("files that are open: {because}"))
}
