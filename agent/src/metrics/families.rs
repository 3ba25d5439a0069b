//! The table of metric families: the one place where a name, its type, labels and help stand.
//!
//! A family is a constant with its number of labels in its type, and only this file can make one:
//! the encoder cannot write a name that is not in the table, nor a sample with a label missing.

use super::line::LabelPiece;

/// The word of a type in the text format.
macro_rules! word {
    (Counter) => {
        "counter"
    };
    (Gauge) => {
        "gauge"
    };
    (Summary) => {
        "summary"
    };
    (Histogram) => {
        "histogram"
    };
}

/// The type of a family, as the `# TYPE` line has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the last client of the file system is unmounted or the module is reloaded.
    Counter,
    /// Any value at any time.
    Gauge,
    /// A sum and a count, without quantiles.
    Summary,
    /// Counts by upper edge; the sum only where it is known exactly.
    Histogram,
}

impl Kind {
    /// The word in the text format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => word!(Counter),
            Self::Gauge => word!(Gauge),
            Self::Summary => word!(Summary),
            Self::Histogram => word!(Histogram),
        }
    }
}

/// One family with `N` labels.
#[derive(Clone, Copy, Debug)]
pub struct Family<const N: usize> {
    labels: [&'static str; N],
    pieces: [LabelPiece; N],
    row: FamilyRow,
}

impl<const N: usize> Family<N> {
    /// The names of its labels, in the order of a sample's values.
    pub const fn labels(&self) -> &[&'static str; N] {
        &self.labels
    }

    /// What stands between the values of its labels.
    pub(super) const fn pieces(&self) -> &[LabelPiece; N] {
        &self.pieces
    }

    /// Its row of the table.
    pub const fn row(&self) -> &FamilyRow {
        &self.row
    }
}

/// One row of the table, for the encoder and for documents made from it.
#[derive(Clone, Copy, Debug)]
pub struct FamilyRow {
    /// Its place in [`FAMILIES`].
    pub place: usize,
    /// Name of the family, with its unit.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// Unit of the value: `bytes`, `seconds`, `1` for a plain number.
    pub unit: &'static str,
    /// Names of the labels.
    pub labels: &'static [&'static str],
    /// What it says, in one sentence.
    pub help: &'static str,
    /// The lines before its samples: HELP and TYPE.
    pub head: &'static str,
    /// Where it is from: D is debugfs, S sysfs, P procfs.
    pub source: &'static str,
    /// The Lustre versions that have it.
    pub versions: &'static str,
}

macro_rules! families {
    ($($id:ident $name:literal $kind:ident $unit:literal [$($label:literal),*] $source:literal
       $versions:literal $help:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $id: Family<{ labels(&[$($label),*]) }> = Family {
                labels: [$($label),*],
                pieces: LabelPiece::all([$($label),*]),
                row: FamilyRow {
                    place: Place::$id as usize,
                    name: $name,
                    kind: Kind::$kind,
                    unit: $unit,
                    labels: &[$($label),*],
                    help: $help,
                    head: concat!(
                        "# HELP ", $name, " ", $help, "\n# TYPE ", $name, " ", word!($kind), "\n"
                    ),
                    source: $source,
                    versions: $versions,
                },
            };
        )*

        /// The rows, counted.
        #[derive(Clone, Copy, Debug)]
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "named as the families are")]
        enum Place { $($id),* }

        /// Every family, in the order of a scrape. Where there are too many series, whole families
        /// are left out from the end of it, but for those that begin with `fsxlustre_`.
        pub const FAMILIES: &[FamilyRow] = &[$($id.row),*];
    };
}

/// The number of labels in a list, which may be empty.
const fn labels(names: &[&str]) -> usize {
    names.len()
}

families! {
    CLIENT_INFO "lustre_client_info" Gauge "1" ["version", "jobid_var", "jobid_name", "page_size"]
        "S/fs/lustre/{version,jobid_var,jobid_name}" "all"
        "The Lustre client that is loaded, how it tags requests with jobs, and the bytes of a page of this node, always 1.";
    CLIENT_HEALTHY "lustre_client_healthy" Gauge "1" [] "S/fs/lustre/health_check" "all"
        "Whether the client's own health check says healthy; it says so even while every server is unreachable.";
    CLIENT_LBUG "lustre_client_lbug" Gauge "1" [] "S/fs/lustre/health_check" "all"
        "Whether the client has met a bug of its own (LBUG) and has to be rebooted.";
    CLIENT_MEMORY "lustre_client_kernel_memory_bytes" Gauge "bytes" [] "S/fs/lustre/memused" "all"
        "Memory that the client's modules have allocated in the kernel, page cache apart.";
    MOUNT_INFO "lustre_client_mount_info" Gauge "1" ["fs", "mountpoint", "source", "options"]
        "P/self/mountinfo" "all"
        "A Lustre mount in the list of mounts, always 1.";
    MOUNT_UP "lustre_client_mount_up" Gauge "1" ["fs", "mountpoint"] "statvfs(2)" "all"
        "Whether the mount answered statvfs in this scrape; nothing is told of one that another mount covers.";
    PROBE_SECONDS "lustre_client_statfs_probe_seconds" Gauge "seconds" ["fs", "mountpoint"]
        "statvfs(2)" "all"
        "Time that the last statvfs took that ended.";
    PROBE_FAILURES "lustre_client_statfs_probe_failures_total" Counter "1" ["fs", "mountpoint"]
        "statvfs(2)" "all"
        "Calls of statvfs that ended with an error, since the service began.";
    PROBE_STUCK "lustre_client_statfs_probe_stuck_seconds" Gauge "seconds" ["fs", "mountpoint"]
        "statvfs(2)" "all"
        "Time since which a statvfs has not ended; 0 when none is under way.";
    FS_SIZE "lustre_client_filesystem_size_bytes" Gauge "bytes" ["fs", "mountpoint"]
        "statvfs(2)" "all"
        "All room of the file system.";
    FS_FREE "lustre_client_filesystem_free_bytes" Gauge "bytes" ["fs", "mountpoint"]
        "statvfs(2)" "all"
        "Room that is free.";
    FS_AVAIL "lustre_client_filesystem_avail_bytes" Gauge "bytes" ["fs", "mountpoint"]
        "statvfs(2)" "all"
        "Room that ordinary users may still fill.";
    FS_FILES "lustre_client_filesystem_files" Gauge "1" ["fs", "mountpoint"] "statvfs(2)" "all"
        "Files that the file system can hold.";
    FS_FILES_FREE "lustre_client_filesystem_files_free" Gauge "1" ["fs", "mountpoint"]
        "statvfs(2)" "all"
        "Files that the file system can still hold.";
    IMPORTS "lustre_client_imports" Gauge "1" ["fs", "kind", "state"]
        "P/fs/lustre/{osc,mdc}/*/{ost,mds}_server_uuid" "all"
        "Connections to targets by their current state; DEACTIVATED ones an administrator has switched off.";
    EVICTIONS "lustre_client_import_evictions_total" Counter "1" ["fs", "kind"]
        "P/fs/lustre/{osc,mdc}/*/state" "all"
        "Evictions by servers since the service began, as far as the last 16 changes of each connection tell; unwritten data was lost with each.";
    DISCONNECTS "lustre_client_import_disconnects_total" Counter "1" ["fs", "kind"]
        "P/fs/lustre/{osc,mdc}/*/state" "all"
        "Times that a connection was lost since the service began, as far as the last 16 changes of each tell, each try to have it back that failed included; one that was closed for want of work is none.";
    LAST_EVICTION "lustre_client_import_last_eviction_timestamp_seconds" Gauge "seconds" ["fs", "kind"]
        "P/fs/lustre/{osc,mdc}/*/state" "all"
        "When a server last evicted this client, as far as the last 16 changes of each connection tell, before the service began too, since 1970 UTC.";
    CONNECTION_ATTEMPTS "lustre_client_import_connection_attempts_total" Counter "1" ["fs", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "Attempts to connect to targets since the mount.";
    REQUEST_TIMEOUTS "lustre_client_import_request_timeouts_total" Counter "1" ["fs", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "Requests to targets that timed out since the mount.";
    SERVICE_ESTIMATE "lustre_client_import_service_estimate_seconds" Gauge "seconds" ["fs", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "The longest time that a target of a kind is expected to take for a request.";
    READ_BYTES "lustre_client_read_bytes_total" Counter "bytes" ["fs"]
        "D/lustre/llite/*/stats" "all"
        "Bytes that programs have read from the file system, page cache included.";
    WRITE_BYTES "lustre_client_write_bytes_total" Counter "bytes" ["fs"]
        "D/lustre/llite/*/stats" "all"
        "Bytes that programs have written to the file system, page cache included.";
    READS "lustre_client_reads_total" Counter "1" ["fs"] "D/lustre/llite/*/stats" "all"
        "Read calls of programs that moved bytes.";
    WRITES "lustre_client_writes_total" Counter "1" ["fs"] "D/lustre/llite/*/stats" "all"
        "Write calls of programs that moved bytes.";
    OPERATIONS "lustre_client_operations_total" Counter "1" ["fs", "operation"]
        "D/lustre/llite/*/stats" "all"
        "File system operations of programs; one that never happened has no series.";
    OPERATION_DURATION "lustre_client_operation_duration_seconds" Summary "seconds" ["fs", "operation"]
        "D/lustre/llite/*/stats" "2.14 and later"
        "Time that file system operations of programs took.";
    STATS_FILTERED "lustre_client_stats_filtered" Gauge "1" ["fs"]
        "S/fs/lustre/llite/*/stats_track_{pid,ppid,gid}" "all"
        "Whether somebody has limited the counters of operations to one process or group, so that they are not of the whole node.";
    OSC_READ_BYTES "lustre_client_osc_read_bytes_total" Counter "bytes" ["fs", "target"]
        "D/lustre/osc/*/stats" "all"
        "Bytes read from an object storage target over the network.";
    OSC_WRITE_BYTES "lustre_client_osc_write_bytes_total" Counter "bytes" ["fs", "target"]
        "D/lustre/osc/*/stats" "all"
        "Bytes written to an object storage target over the network.";
    MDC_READ_BYTES "lustre_client_mdc_read_bytes_total" Counter "bytes" ["fs", "target"]
        "D/lustre/mdc/*/stats" "all"
        "Bytes of file data (Data-on-MDT) read from a metadata target over the network.";
    MDC_WRITE_BYTES "lustre_client_mdc_write_bytes_total" Counter "bytes" ["fs", "target"]
        "D/lustre/mdc/*/stats" "all"
        "Bytes of file data (Data-on-MDT) written to a metadata target over the network.";
    OSC_RPCS "lustre_client_osc_rpcs_total" Counter "1" ["fs", "target", "direction"]
        "D/lustre/osc/*/stats" "all"
        "Requests to read from and write to an object storage target.";
    OSC_RPC_DURATION "lustre_client_osc_rpc_duration_seconds" Summary "seconds" ["fs", "operation"]
        "D/lustre/osc/*/stats" "all"
        "Time that requests to object storage targets took, all targets of a file system together. Of locks there are none: lustre_client_rpc_wait_seconds has all requests.";
    MDC_RPC_DURATION "lustre_client_mdc_rpc_duration_seconds" Summary "seconds" ["fs", "operation"]
        "D/lustre/mdc/*/stats" "all"
        "Time that requests to metadata targets took, all targets of a file system together. The client does not time by operation what opens, looks up, creates, changes or removes: lustre_client_rpc_wait_seconds has all requests.";
    RPC_WAIT "lustre_client_rpc_wait_seconds" Summary "seconds" ["fs", "kind"]
        "D/lustre/{osc,mdc}/*/stats" "all"
        "Time from the sending of a request to its answer (req_waittime), all requests.";
    MDC_REQUESTS "lustre_client_mdc_requests_total" Counter "1" ["fs", "operation"]
        "P/fs/lustre/mdc/*/md_stats" "all"
        "Calls of the client's metadata layer by what they are for, all targets of a file system together. A lock in the cache answers some of them: lustre_client_rpc_wait_seconds has the requests that were sent.";
    RPCS_IN_FLIGHT "lustre_client_rpcs_in_flight" Gauge "1" ["fs", "target", "direction"]
        "P/fs/lustre/{osc,mdc}/*/rpc_stats" "all"
        "Requests that a target has not answered yet; modify is of metadata. With --collector.targets also dio, of direct I/O (2.17 and builds of DDN; from source, not captured).";
    DIRECT_RPCS_IN_FLIGHT "lustre_client_direct_rpcs_in_flight" Gauge "1" ["fs"]
        "P/fs/lustre/osc/*/rpc_stats" "2.17 and later, builds of DDN"
        "Requests of direct I/O that object storage targets have not answered yet, all of a file system together.";
    PENDING "lustre_client_pending_bytes" Gauge "bytes" ["fs", "direction"]
        "P/fs/lustre/osc/*/rpc_stats" "all"
        "Data that waits for a request to object storage targets.";
    OSC_DIRTY "lustre_client_osc_dirty_bytes" Gauge "bytes" ["fs", "target"]
        "S/fs/lustre/osc/*/cur_dirty_bytes" "all"
        "Data of this node that is not written to an object storage target yet.";
    OSC_GRANT "lustre_client_osc_grant_bytes" Gauge "bytes" ["fs", "target"]
        "P/fs/lustre/osc/*/cur_grant_bytes" "all"
        "Room that an object storage target has promised; without it, writes go out one by one.";
    IMPORT_UP "lustre_client_import_up" Gauge "1" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/{ost,mds}_server_uuid" "all"
        "Whether the connection to a target is fit for use: 1 when FULL or IDLE (closed for want of work) and not deactivated.";
    IMPORT_STATE "lustre_client_import_state" Gauge "1" ["fs", "target", "kind", "state"]
        "P/fs/lustre/{osc,mdc}/*/{ost,mds}_server_uuid" "all"
        "The current state of the connection to a target, always 1; other states have no series.";
    LNET_SEND_BYTES "lustre_lnet_send_bytes_total" Counter "bytes" [] "D/lnet/stats" "all"
        "Bytes that LNet has sent.";
    LNET_RECEIVE_BYTES "lustre_lnet_receive_bytes_total" Counter "bytes" [] "D/lnet/stats" "all"
        "Bytes that LNet has received.";
    LNET_ROUTE_BYTES "lustre_lnet_route_bytes_total" Counter "bytes" [] "D/lnet/stats" "all"
        "Bytes that LNet has forwarded for others.";
    LNET_DROP_BYTES "lustre_lnet_drop_bytes_total" Counter "bytes" [] "D/lnet/stats" "all"
        "Bytes that LNet has dropped.";
    LNET_SEND_MESSAGES "lustre_lnet_send_messages_total" Counter "1" [] "D/lnet/stats" "all"
        "Messages that LNet has sent.";
    LNET_RECEIVE_MESSAGES "lustre_lnet_receive_messages_total" Counter "1" [] "D/lnet/stats" "all"
        "Messages that LNet has received.";
    LNET_ROUTE_MESSAGES "lustre_lnet_route_messages_total" Counter "1" [] "D/lnet/stats" "all"
        "Messages that LNet has forwarded for others.";
    LNET_DROP_MESSAGES "lustre_lnet_drop_messages_total" Counter "1" [] "D/lnet/stats" "all"
        "Messages that LNet has dropped.";
    LNET_ERRORS "lustre_lnet_errors_total" Counter "1" [] "D/lnet/stats" "all"
        "Errors that LNet has counted.";
    LNET_MESSAGES "lustre_lnet_messages_allocated" Gauge "1" [] "D/lnet/stats" "all"
        "Messages that LNet holds now.";
    LNET_MESSAGES_PEAK "lustre_lnet_messages_peak" Gauge "1" [] "D/lnet/stats" "all"
        "The most messages that LNet has held at one time.";
    NI_UP "lustre_lnet_ni_up" Gauge "1" ["nid"] "D/lnet/nis" "all"
        "Whether an interface of LNet is up.";
    NI_CREDITS "lustre_lnet_ni_credits" Gauge "1" ["nid"] "D/lnet/nis" "all"
        "Messages that an interface of LNet may still send at once; below 0 they queue.";
    NI_CREDITS_MIN "lustre_lnet_ni_credits_min" Gauge "1" ["nid"] "D/lnet/nis" "all"
        "The fewest credits that an interface of LNet has had.";
    NI_CREDITS_MAX "lustre_lnet_ni_credits_max" Gauge "1" ["nid"] "D/lnet/nis" "all"
        "Messages that an interface of LNet may send at once.";
    READAHEAD_EVENTS "lustre_client_readahead_events_total" Counter "1" ["fs", "event"]
        "D/lustre/llite/*/read_ahead_stats" "all"
        "What read-ahead did, by kind; hits and misses are pages. Names of old versions are those of new ones here.";
    READAHEAD_PAGES "lustre_client_readahead_pages_total" Counter "1" ["fs"]
        "D/lustre/llite/*/read_ahead_stats" "2.16 and later"
        "Pages that read-ahead has asked for.";
    READAHEAD_USED "lustre_client_readahead_used_bytes" Gauge "bytes" ["fs"]
        "D/lustre/llite/*/max_cached_mb" "2.15 and later"
        "Memory that read-ahead uses now.";
    READAHEAD_MAX "lustre_client_readahead_max_bytes" Gauge "bytes" ["fs"]
        "D/lustre/llite/*/max_cached_mb" "2.15 and later"
        "Memory that read-ahead may use.";
    STATAHEAD_STARTED "lustre_client_statahead_started_total" Counter "1" ["fs"]
        "D/lustre/llite/*/statahead_stats" "all"
        "Directory listings that fetched attributes ahead.";
    STATAHEAD_WRONG "lustre_client_statahead_wrong_total" Counter "1" ["fs"]
        "D/lustre/llite/*/statahead_stats" "all"
        "Directory listings that fetched attributes ahead and were stopped, since they guessed wrong.";
    STATAHEAD_AGL "lustre_client_statahead_agl_total" Counter "1" ["fs"]
        "D/lustre/llite/*/statahead_stats" "all"
        "Sizes that were fetched ahead.";
    STATAHEAD_HITS "lustre_client_statahead_hits_total" Counter "1" ["fs"]
        "D/lustre/llite/*/statahead_stats" "2.15.60 and later"
        "Attributes that were there when they were asked for.";
    STATAHEAD_MISSES "lustre_client_statahead_misses_total" Counter "1" ["fs"]
        "D/lustre/llite/*/statahead_stats" "2.15.60 and later"
        "Attributes that were not there when they were asked for.";
    CACHE_USED "lustre_client_cache_used_bytes" Gauge "bytes" ["fs"]
        "D/lustre/llite/*/max_cached_mb" "all"
        "Page cache that the client uses.";
    CACHE_MAX "lustre_client_cache_max_bytes" Gauge "bytes" ["fs"]
        "D/lustre/llite/*/max_cached_mb" "all"
        "Page cache that the client may use.";
    CACHE_UNEVICTABLE "lustre_client_cache_unevictable_bytes" Gauge "bytes" ["fs"]
        "D/lustre/llite/*/max_cached_mb" "2.16 and later"
        "Page cache that the client cannot give back.";
    CACHE_RECLAIMS "lustre_client_cache_reclaims_total" Counter "1" ["fs"]
        "D/lustre/llite/*/max_cached_mb" "all"
        "Times that page cache was taken back because the limit was met.";
    UNSTABLE "lustre_client_unstable_bytes" Gauge "bytes" ["fs"]
        "D/lustre/llite/*/unstable_stats" "all"
        "Written data that servers hold in memory only.";
    LDLM_LOCKS "lustre_client_ldlm_locks" Gauge "1" ["fs", "kind"]
        "S/fs/lustre/ldlm/namespaces/*/lock_count" "all"
        "Locks that the client holds.";
    LDLM_UNUSED "lustre_client_ldlm_unused_locks" Gauge "1" ["fs", "kind"]
        "S/fs/lustre/ldlm/namespaces/*/lock_unused_count" "all"
        "Locks that the client holds and nobody uses.";
    LDLM_RESOURCES "lustre_client_ldlm_resources" Gauge "1" ["fs", "kind"]
        "S/fs/lustre/ldlm/namespaces/*/resource_count" "all"
        "Objects that the client holds locks of.";
    LDLM_LRU "lustre_client_ldlm_lru_size" Gauge "1" ["fs", "kind"]
        "S/fs/lustre/ldlm/namespaces/*/lru_size" "all"
        "Unused locks that the client may hold; where the server decides, which is the default, as many as there are now.";
    LDLM_CALLBACKS "lustre_client_ldlm_callbacks_total" Counter "1" ["operation"]
        "D/lustre/ldlm/services/ldlm_cbd/stats" "all"
        "Messages of servers about locks: ldlm_bl_callback asks for one back, since another node wants it.";
    MAX_RPCS "lustre_client_max_rpcs_in_flight" Gauge "1" ["fs", "kind"]
        "S/fs/lustre/{osc,mdc}/*/max_rpcs_in_flight" "all"
        "Requests that may be in flight to one target: the smallest setting of its kind.";
    MAX_MOD_RPCS "lustre_client_max_mod_rpcs_in_flight" Gauge "1" ["fs"]
        "S/fs/lustre/mdc/*/max_mod_rpcs_in_flight" "all"
        "Requests that change metadata and may be in flight to one target: the smallest setting.";
    MAX_PAGES "lustre_client_max_pages_per_rpc" Gauge "1" ["fs", "kind"]
        "P/fs/lustre/{osc,mdc}/*/max_pages_per_rpc" "all"
        "Pages of one request: the smallest setting of its kind.";
    CHECKSUMS "lustre_client_checksums_enabled" Gauge "1" ["fs", "kind"]
        "S/fs/lustre/{osc,mdc}/*/checksums" "all"
        "Whether data is summed on its way: 1 when to every target of its kind.";
    OSC_DIRTY_MAX "lustre_client_osc_dirty_max_bytes" Gauge "bytes" ["fs"]
        "S/fs/lustre/osc/*/max_dirty_mb" "all"
        "Data that may wait to be written to one object storage target: the smallest setting.";
    EXTENTS_ENABLED "lustre_client_extents_stats_enabled" Gauge "1" ["fs"]
        "D/lustre/llite/*/extents_stats" "all"
        "Whether somebody has the sizes of calls counted, which makes each call slower.";
    RPC_SIZE "lustre_client_rpc_size_bytes" Histogram "bytes" ["fs", "direction"]
        "P/fs/lustre/osc/*/rpc_stats" "all"
        "Size of requests to object storage targets, all targets of a file system together; the sum is of the bytes that went over the network.";
    RPC_CONCURRENCY "lustre_client_rpc_concurrency" Histogram "1" ["fs", "direction"]
        "P/fs/lustre/osc/*/rpc_stats" "all"
        "Requests that were in flight to an object storage target when another one was sent, that one included.";
    RPC_LATENCY "lustre_client_rpc_latency_seconds" Histogram "seconds" ["fs", "direction"]
        "P/fs/lustre/osc/*/rpc_stats" "2.17 and later, builds of DDN"
        "Time that requests to object storage targets took; the kernel counts approximately.";
    IO_SIZE "lustre_client_io_size_bytes" Histogram "bytes" ["fs", "direction"]
        "D/lustre/llite/*/extents_stats" "all"
        "Size of read and write calls of programs, where somebody has them counted.";
    TARGET_GRANT_LOST "lustre_client_osc_grant_lost_bytes" Gauge "bytes" ["fs", "target"]
        "S/fs/lustre/osc/*/cur_lost_grant_bytes" "all"
        "Promised room that cannot be used, since it was lost in small pieces.";
    TARGET_CACHED "lustre_client_osc_cached_bytes" Gauge "bytes" ["fs", "target"]
        "P/fs/lustre/osc/*/osc_cached_mb" "all"
        "Page cache with data of an object storage target.";
    TARGET_BUSY "lustre_client_osc_busy_pages" Gauge "1" ["fs", "target"]
        "P/fs/lustre/osc/*/osc_cached_mb" "all"
        "Cached pages of an object storage target that are in use just now.";
    TARGET_RECLAIMS "lustre_client_osc_reclaims_total" Counter "1" ["fs", "target"]
        "P/fs/lustre/osc/*/osc_cached_mb" "all"
        "Times that cached pages of an object storage target were taken back because the limit was met.";
    LOCKLESS "lustre_client_lockless_bytes_total" Counter "bytes" ["fs", "target", "direction"]
        "P/fs/lustre/osc/*/osc_stats" "all"
        "Bytes that went to and from an object storage target without a lock of this client: direct I/O.";
    TARGET_RPC_DURATION "lustre_client_target_rpc_duration_seconds" Summary "seconds" ["fs", "target", "kind", "operation"]
        "D/lustre/{osc,mdc}/*/stats" "all"
        "Time that requests to a target took, those that the client times by operation.";
    TARGET_RPC_WAIT "lustre_client_target_rpc_wait_seconds" Summary "seconds" ["fs", "target", "kind"]
        "D/lustre/{osc,mdc}/*/stats" "all"
        "Time from the sending of a request to a target to its answer (req_waittime), all requests.";
    IMPORT_INFO "lustre_client_import_info" Gauge "1" ["fs", "target", "kind", "nid", "server_version"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "The server that a target is reached by, always 1.";
    TARGET_EVICTIONS "lustre_client_target_evictions_total" Counter "1" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/state" "all"
        "Evictions by a target, counted as lustre_client_import_evictions_total is.";
    TARGET_DISCONNECTS "lustre_client_target_disconnects_total" Counter "1" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/state" "all"
        "Times that the connection to a target was lost, counted as lustre_client_import_disconnects_total is.";
    TARGET_ATTEMPTS "lustre_client_target_connection_attempts_total" Counter "1" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "Attempts to connect to a target since the mount.";
    TARGET_GENERATION "lustre_client_target_connection_generation" Gauge "1" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "How many connections to a target there have been, this one included.";
    TARGET_INFLIGHT "lustre_client_target_requests_in_flight" Gauge "1" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "Requests of any kind that a target had not answered when its connection was last read, within the last minute.";
    TARGET_IDLE "lustre_client_target_idle_seconds" Gauge "seconds" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "2.12 and later"
        "Since when no request had gone to a target when its connection was last read.";
    TARGET_SERVICE_ESTIMATE "lustre_client_target_service_estimate_seconds" Gauge "seconds" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "Time that a target is expected to take for a request.";
    TARGET_TIMEOUTS "lustre_client_target_request_timeouts_total" Counter "1" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/import" "all"
        "Requests to a target that timed out since the mount.";
    TARGET_NETWORK_ESTIMATE "lustre_client_target_network_estimate_seconds" Gauge "seconds" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/timeouts" "all"
        "Time that the way to a target is expected to take.";
    PEER_CREDITS "lustre_lnet_peer_credits" Gauge "1" ["nid"] "D/lnet/peers" "all"
        "Messages that may still be sent to a peer at once; below 0 they queue.";
    PEER_CREDITS_MIN "lustre_lnet_peer_credits_min" Gauge "1" ["nid"] "D/lnet/peers" "all"
        "The fewest credits that a peer has had.";
    PEER_QUEUED "lustre_lnet_peer_queued_bytes" Gauge "bytes" ["nid"] "D/lnet/peers" "all"
        "Data that waits for credits of a peer.";
    ALLOWANCE "fsxlustre_network_allowance_exceeded_total" Counter "1" ["interface", "allowance"]
        "ethtool statistics of the driver ena" "all"
        "Packets that EC2 queued or dropped since an allowance of this instance was exceeded, by the interface's driver.";
    CONNTRACK_LEFT "fsxlustre_network_conntrack_allowance_available" Gauge "1" ["interface"]
        "ethtool statistics of the driver ena" "all"
        "Connections that EC2 can still track for this instance.";
    FILE_SYSTEM_INFO "fsxlustre_file_system_info" Gauge "1" ["file_system_id", "fs", "mountpoint", "made_by"]
        "/run/fsxlustre/mounts" "all"
        "The FSx file system that a mount of ours is of, always 1; its id is the dimension FileSystemId of CloudWatch.";
    DRIFT "fsxlustre_drift" Gauge "1" ["fs", "mountpoint", "kind"]
        "/run/fsxlustre/mounts, /run/fsxlustre/tuning, P/self/mountinfo" "all"
        "Settings of a mount of ours that are not as they were asked for. Kind mounted is the mount itself, options are its options, as far as mountinfo shows them; tuning are settings of its client that somebody changed since fsxlustre set them, where it set any.";
    DRIFT_INFO "fsxlustre_drift_info" Gauge "1" ["fs", "mountpoint", "kind", "setting"]
        "/run/fsxlustre/mounts, /run/fsxlustre/tuning, P/self/mountinfo" "all"
        "A setting that was asked for and does not hold, always 1.";
    CHECK_STATUS "fsxlustre_check_status" Gauge "1" ["check", "status"]
        "/run/fsxlustre/check.json" "all"
        "What a check of the last fsxlustre check found since this boot, always 1: pass, warn, fail or unknown; other states have no series.";
    CHECK_TIME "fsxlustre_check_last_run_timestamp_seconds" Gauge "seconds" []
        "/run/fsxlustre/check.json" "all"
        "When root last ran fsxlustre check, since 1970 UTC; time() less this is its age.";
    LEASES "fsxlustre_mount_leases" Gauge "1" ["mountpoint"] "/run/fsxlustre/leases" "all"
        "Jobs that use a mount.";
    JOB_INFO "fsxlustre_job_info" Gauge "1" ["cluster", "job_id", "fs", "mountpoint"]
        "/run/fsxlustre/leases" "all"
        "A job of Slurm's that uses a mount on this node, by its cluster and its number there, always 1.";
    JOB_READ "fsxlustre_job_read_bytes_total" Counter "bytes" ["cluster", "job_id", "fs", "shared"]
        "D/lustre/llite/*/stats" "all"
        "Bytes that were read from a file system on this node since a job began: the job's own when shared is no, of all jobs of that time when it is yes.";
    JOB_WRITE "fsxlustre_job_write_bytes_total" Counter "bytes" ["cluster", "job_id", "fs", "shared"]
        "D/lustre/llite/*/stats" "all"
        "Bytes that were written to a file system on this node since a job began: the job's own when shared is no, of all jobs of that time when it is yes.";
    JOB_OPERATIONS "fsxlustre_job_operations_total" Counter "1" ["cluster", "job_id", "fs", "shared"]
        "D/lustre/llite/*/stats" "all"
        "File system operations on this node since a job began: the job's own when shared is no, of all jobs of that time when it is yes.";
    SOURCE_AVAILABLE "fsxlustre_source_available" Gauge "1" ["source"] "itself" "all"
        "Whether a file system of the kernel is there to be read: debugfs, sysfs, procfs.";
    SOURCE_REFUSED "fsxlustre_source_refused" Gauge "1" ["source"] "itself" "all"
        "Whether the kernel refused a file there in this scrape: a missing capability, or lockdown.";
    STUCK_READS "fsxlustre_stuck_reads" Gauge "1" ["fs"] "itself" "all"
        "Children that ask the clients of a file system and have not answered in this scrape; 2 at most for each client.";
    SERIES "fsxlustre_series" Gauge "1" [] "itself" "all"
        "Series of this scrape, the ones that follow this apart.";
    FAMILY_DROPPED "fsxlustre_family_dropped" Gauge "1" ["family"] "itself" "all"
        "A family that was left out of this scrape, since there were more series than --web.max-series allows, always 1.";
    BUILD_INFO "fsxlustre_build_info" Gauge "1" ["version"] "itself" "all"
        "The fsxlustre that answers, always 1.";
    COLLECTOR_SUCCESS "fsxlustre_collector_success" Gauge "1" ["collector"] "itself" "all"
        "Whether a collector read everything that it should; the log says why not.";
    COLLECTOR_DURATION "fsxlustre_collector_duration_seconds" Gauge "seconds" ["collector"]
        "itself" "all"
        "Time that a collector took in this scrape; the slow ones tell the time of their last run.";
    UNKNOWN_FIELDS "fsxlustre_unknown_fields" Gauge "1" ["collector"] "itself" "all"
        "Lines and names of kernel files that a collector did not know in this scrape.";
    FILES_READ "fsxlustre_scrape_files" Gauge "1" [] "itself" "all"
        "Files that this scrape has read, those of the children apart.";
    SCRAPE_STUCK "fsxlustre_scrape_stuck" Gauge "1" [] "itself" "all"
        "Whether the collection had not ended when this scrape had to be answered.";
    SCRAPES "fsxlustre_scrapes_total" Counter "1" [] "itself" "all"
        "Scrapes that were asked for.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_tell_type_and_unit() {
        let mut seen = BTreeSet::new();
        for family in FAMILIES {
            let name = family.name;
            assert!(seen.insert(name), "{name} stands twice");
            assert!(
                name.starts_with("lustre_client_")
                    || name.starts_with("lustre_lnet_")
                    || name.starts_with("fsxlustre_"),
                "{name}"
            );
            assert_eq!(name.ends_with("_total"), family.kind == Kind::Counter, "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            if family.unit != "1" {
                assert!(name.trim_end_matches("_total").ends_with(family.unit), "{name}");
            }
            assert!(family.help.ends_with('.') && !family.help.contains(['\\', '\n']), "{name}");
            assert!(!family.source.is_empty() && !family.versions.is_empty(), "{name}");
            assert_eq!(FAMILIES[family.place].name, name);
        }
    }
}
