//! `stats` files of targets: bytes over the network, and how long each kind of request took.

use super::names::Names;
use super::reading::both;
use super::stats::{Counter, Unit, scan};

/// Requests whose time the kernel keeps, as its table of operations has them.
static REQUEST_NAMES: Names = Names::new(&[
    "dt_index_read",
    "fld_query",
    "fld_read",
    "ldlm_bl_callback",
    "ldlm_cancel",
    "ldlm_convert",
    "ldlm_cp_callback",
    "ldlm_enqueue",
    "ldlm_gl_callback",
    "ldlm_set_info",
    "llog_cancel",
    "llog_origin_handle_close",
    "llog_origin_handle_create",
    "llog_origin_handle_destroy",
    "llog_origin_handle_next_block",
    "llog_origin_handle_prev_block",
    "llog_origin_handle_read_header",
    "mds_batch",
    "mds_close",
    "mds_connect",
    "mds_disconnect",
    "mds_done_writing",
    "mds_get_info",
    "mds_get_root",
    "mds_getattr",
    "mds_getattr_lock",
    "mds_getstatus",
    "mds_getxattr",
    "mds_hsm_action",
    "mds_hsm_ct_register",
    "mds_hsm_ct_unregister",
    "mds_hsm_data_version",
    "mds_hsm_progress",
    "mds_hsm_request",
    "mds_hsm_state_get",
    "mds_hsm_state_set",
    "mds_is_subdir",
    "mds_pin",
    "mds_quotacheck",
    "mds_quotactl",
    "mds_readpage",
    "mds_reint",
    "mds_rmfid",
    "mds_set_info",
    "mds_setxattr",
    "mds_statfs",
    "mds_swap_layouts",
    "mds_sync",
    "mds_unpin",
    "mds_writepage",
    "obd_idx_read",
    "obd_ping",
    "obd_quota_callback",
    "ost_close",
    "ost_connect",
    "ost_create",
    "ost_destroy",
    "ost_disconnect",
    "ost_fallocate",
    "ost_get_info",
    "ost_getattr",
    "ost_ladvise",
    "ost_open",
    "ost_punch",
    "ost_quota_adjust_qunit",
    "ost_quotacheck",
    "ost_quotactl",
    "ost_read",
    "ost_reply",
    "ost_seek",
    "ost_set_info",
    "ost_setattr",
    "ost_statfs",
    "ost_sync",
    "ost_write",
    "out_update",
    "quota_acquire",
    "quota_dqacq",
    "quota_release",
    "sec_ctx_fini",
    "sec_ctx_init",
    "sec_ctx_init_cont",
    "seq_query",
]);

/// As many kinds as a client sends to a target.
const FEW: usize = 24;

/// What every other request counts as.
const OTHER: &str = "other";

/// Requests of one kind. *Units*: microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Requests {
    /// `read`, `close`, `ldlm_cancel`, …
    pub(super) operation: &'static str,
    /// How many.
    pub(super) count: i64,
    /// Their time.
    pub(super) micros: i64,
}

impl Requests {
    fn add(&mut self, more: Self) {
        self.count = self.count.saturating_add(more.count);
        self.micros = self.micros.saturating_add(more.micros);
    }
}

/// What one target's file says, or the sum of several. *Units*: bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TargetStats {
    /// Bytes that came; `None` is unknown, not 0.
    pub(super) read_bytes: Option<i64>,
    /// Bytes that went.
    pub(super) write_bytes: Option<i64>,
    /// Time from sending to answer, all requests.
    pub(super) wait: Option<(i64, i64)>,
    /// By kind, in the order in which they were met.
    pub(super) requests: Vec<Requests>,
    /// Whether a request that has no line never happened.
    is_complete: bool,
}

impl TargetStats {
    /// Requests of a kind: 0 where the file is whole and has none.
    pub(super) fn count(&self, operation: &str) -> Option<i64> {
        let found = self.requests.iter().find(|one| one.operation == operation);
        found.map(|one| one.count).or(self.is_complete.then_some(0))
    }

    /// The sum of two.
    #[expect(clippy::needless_pass_by_value, reason = "as the sums of all other files")]
    pub(super) fn plus(mut self, other: Self) -> Self {
        self.add(&other);
        self
    }

    /// Adds another one.
    pub(super) fn add(&mut self, other: &Self) {
        self.read_bytes = both(self.read_bytes, other.read_bytes);
        self.write_bytes = both(self.write_bytes, other.write_bytes);
        self.wait = match (self.wait, other.wait) {
            (Some((a, b)), Some((c, d))) => Some((a.saturating_add(c), b.saturating_add(d))),
            _ => None,
        };
        self.is_complete &= other.is_complete;
        for (place, requests) in other.requests.iter().enumerate() {
            // The kernel has one order, so that most are where they were.
            let is_it = |one: &&mut Requests| one.operation == requests.operation;
            match self.requests.get_mut(place).filter(is_it) {
                Some(one) => one.add(*requests),
                None => self.add_requests(*requests),
            }
        }
    }

    fn add_requests(&mut self, more: Requests) {
        match self.requests.iter_mut().find(|one| one.operation == more.operation) {
            Some(one) => one.add(more),
            None => self.requests.push(more),
        }
    }

    /// Takes a line in; false when its name is not known.
    fn add_counter(&mut self, counter: &Counter<'_>) -> bool {
        match (counter.name, counter.unit, counter.sum) {
            (b"read_bytes", Unit::Bytes, sum) => self.read_bytes = sum,
            (b"write_bytes", Unit::Bytes, sum) => self.write_bytes = sum,
            (b"req_waittime", Unit::Micros, Some(sum)) => self.wait = Some((counter.count, sum)),
            (name, Unit::Micros, Some(micros)) => {
                let known = REQUEST_NAMES.find(name);
                let operation = known.map_or(OTHER, shown);
                self.add_requests(Requests { operation, count: counter.count, micros });
                return known.is_some();
            }
            // How many were active, and locks by kind.
            _ => {}
        }
        true
    }
}

/// The name without what only says which server it is for.
fn shown(name: &'static str) -> &'static str {
    ["ost_", "mds_", "obd_"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Parses a `stats` file of a target, and counts the lines that were not known. `None` when it is no
/// such file.
pub(super) fn parse(text: &[u8]) -> (Option<TargetStats>, u64) {
    // A byte counter that has no line is 0 in a whole file, as in `stats::Scan::absent`.
    let mut found = TargetStats { requests: Vec::with_capacity(FEW), ..TargetStats::default() };
    let mut unknown = 0;
    let mut has = (false, false);
    let scan = scan(text, |counter| {
        has.0 |= counter.name == b"read_bytes";
        has.1 |= counter.name == b"write_bytes";
        unknown += u64::from(!found.add_counter(&counter));
    });
    if !has.0 {
        found.read_bytes = scan.absent();
    }
    if !has.1 {
        found.write_bytes = scan.absent();
    }
    found.is_complete = scan.absent().is_some();
    if found.wait.is_none() && found.is_complete {
        found.wait = Some((0, 0));
    }
    (scan.is_known.then_some(found), scan.oddities + unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OSC: &str = include_str!(
        "../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/stats"
    );

    #[test]
    fn a_capture_is_known_line_by_line() {
        let (found, oddities) = parse(OSC.as_bytes());
        let found = found.expect("a stats file");
        assert_eq!(oddities, 0);
        assert_eq!(found.read_bytes, Some(29_564_928));
        assert_eq!(found.wait, Some((1475, 40_763_006)));
        assert_eq!((found.count("read"), found.count("seek")), (Some(1080), Some(0)));
        let ping = found.requests.iter().find(|one| one.operation == "ping");
        assert_eq!(ping, Some(&Requests { operation: "ping", count: 7, micros: 158_893 }));
        let twice = found.clone().plus(found);
        assert_eq!((twice.count("ldlm_cancel"), twice.read_bytes), (Some(136), Some(59_129_856)));
    }

    #[test]
    fn what_has_no_line_is_zero_only_in_a_whole_file() {
        let header = "snapshot_time             1795211664.924424850 secs.nsecs\n";
        let read = "read_bytes                1080 samples [bytes] 4096 4194304 29564928 1\n";
        for (text, read_bytes, write_bytes, oddities) in [
            (format!("{header}{read}"), Some(29_564_928), Some(0), 0),
            (header.to_owned(), Some(0), Some(0), 0),
            (format!("{header}{read}write_b"), Some(29_564_928), None, 1),
            (format!("{header}write_bytes 1 samples [bytes]\n"), Some(0), None, 0),
            (format!("{header}brandnew 3 samples [usecs] 1 1 3\n"), Some(0), Some(0), 1),
        ] {
            let (found, counted) = parse(text.as_bytes());
            let found = found.expect("a stats file");
            let shown = (found.read_bytes, found.write_bytes, counted);
            assert_eq!(shown, (read_bytes, write_bytes, oddities), "{text}");
        }
        for (text, oddities) in [("", 0), ("\0\0", 1)] {
            assert_eq!(parse(text.as_bytes()), (None, oddities));
        }
    }
}
