//! LNet's files: one set for the machine, shared by all mounts.

use std::fs;
use std::io;

use crate::root::{Root, at};

const STATS: &str = "sys/kernel/debug/lnet/stats";
const PEERS: &str = "sys/kernel/debug/lnet/peers";

/// Messages and bytes that have not been added to the machine's counters yet.
#[derive(Debug, Default, Clone, Copy)]
pub struct Traffic {
    sent: u64,
    received: u64,
    sent_bytes: u64,
    received_bytes: u64,
}

/// Bytes of a request or reply without its data; an average of `02_mount/…/lnet/stats` (79 messages, 21984 bytes).
const MESSAGE_BYTES: u64 = 278;

impl Traffic {
    /// One request with its reply, and a bulk transfer of `written` or `read` bytes when there is data.
    pub fn rpc(&mut self, written: u64, read: u64) {
        let bulk = u64::from(written + read > 0);
        self.sent += 1 + bulk;
        self.received += 1 + bulk;
        self.sent_bytes += MESSAGE_BYTES + written;
        self.received_bytes += MESSAGE_BYTES + read;
    }

    /// Adds what was sent and received to the machine's counters.
    ///
    /// The columns (`10_mounted/…/lnet/stats`): messages allocated, most so far, errors, sent, received, routed,
    /// dropped; then bytes sent, received, routed, dropped.
    pub fn publish(&mut self, root: &Root) -> io::Result<()> {
        let Self { sent, received, sent_bytes, received_bytes } = std::mem::take(self);
        if sent + received == 0 {
            return Ok(());
        }
        let _lock = root.lock()?;
        let path = root.join(STATS);
        let text = fs::read_to_string(&path).map_err(|error| at(&path, error))?;
        let mut columns: Vec<u64> =
            text.split_whitespace().map(|column| column.parse().unwrap_or(0)).collect();
        columns.resize(11, 0);
        columns[1] = columns[1].max(2);
        for (column, added) in [(3, sent), (4, received), (7, sent_bytes), (8, received_bytes)] {
            columns[column] += added;
        }
        let columns: Vec<String> = columns.iter().map(u64::to_string).collect();
        root.write(&path, format!("{}\n", columns.join(" ")), 0o644)
    }
}

/// Lists a server among the peers, once; a peer stays when its last mount is gone.
pub fn add_peer(root: &Root, nid: &str) -> io::Result<()> {
    let path = root.join(PEERS);
    let mut peers = fs::read_to_string(&path).map_err(|error| at(&path, error))?;
    if peers.lines().any(|line| line.split_whitespace().next() == Some(nid)) {
        return Ok(());
    }
    // `02_mount/tree_before_io/sys/kernel/debug/lnet/peers`: references, state, last, then the credits.
    peers.push_str(&format!(
        "{nid:<24} {:>4} {:>5}    -1     8     8     8     8     3 0\n",
        1, "NA"
    ));
    root.write(&path, peers, 0o644)
}
