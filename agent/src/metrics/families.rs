//! The table of metric families: the one place where a name, its type, labels and help stand.
//!
//! A family is a constant with its number of labels in its type, and only this file can make one:
//! the encoder cannot write a name that is not in the table, nor a sample with a label missing.

/// The type of a family, as the `# TYPE` line has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the client is unmounted or the module is reloaded.
    Counter,
    /// Any value at any time.
    Gauge,
    /// A sum and a count, without quantiles.
    Summary,
}

impl Kind {
    /// The word in the text format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Summary => "summary",
        }
    }
}

/// One family with `N` labels.
#[derive(Clone, Copy, Debug)]
pub struct Family<const N: usize> {
    labels: [&'static str; N],
    row: FamilyRow,
}

impl<const N: usize> Family<N> {
    /// The names of its labels, in the order of a sample's values.
    pub const fn labels(&self) -> &[&'static str; N] {
        &self.labels
    }

    /// Its row of the table.
    pub const fn row(&self) -> &FamilyRow {
        &self.row
    }
}

/// One row of the table, for the encoder and for documents made from it.
#[derive(Clone, Copy, Debug)]
pub struct FamilyRow {
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
    /// Where it is from: D is debugfs, S sysfs, P procfs.
    pub source: &'static str,
    /// The Lustre versions that have it.
    pub versions: &'static str,
}

macro_rules! families {
    ($($id:ident $name:literal $kind:ident $unit:literal [$($label:literal),*] $source:literal
       $versions:literal $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $id: Family<{ labels(&[$($label),*]) }> = Family {
                labels: [$($label),*],
                row: FamilyRow {
                    name: $name,
                    kind: Kind::$kind,
                    unit: $unit,
                    labels: &[$($label),*],
                    help: $help,
                    source: $source,
                    versions: $versions,
                },
            };
        )*

        /// Every family, in the order of a scrape.
        pub const FAMILIES: &[FamilyRow] = &[$($id.row),*];
    };
}

/// The number of labels in a list, which may be empty.
const fn labels(names: &[&str]) -> usize {
    names.len()
}

families! {
    CLIENT_INFO "lustre_client_info" Gauge "1" ["version"] "S/fs/lustre/version" "all"
        "The Lustre client that is loaded, always 1.";
    CLIENT_HEALTHY "lustre_client_healthy" Gauge "1" [] "S/fs/lustre/health_check" "all"
        "Whether the client's own health check says healthy; it says so even while every server is unreachable.";
    MOUNT_INFO "lustre_client_mount_info" Gauge "1" ["fs", "mountpoint", "source"]
        "P/self/mountinfo" "all"
        "A Lustre mount that this service sees, always 1.";
    READ_BYTES "lustre_client_read_bytes_total" Counter "bytes" ["fs"] "D/lustre/llite/*/stats" "all"
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
    OPERATION_DURATION "lustre_client_operation_duration_seconds" Summary "seconds"
        ["fs", "operation"] "D/lustre/llite/*/stats" "2.14 and later"
        "Time that file system operations of programs took.";
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
    IMPORT_UP "lustre_client_import_up" Gauge "1" ["fs", "target", "kind"]
        "P/fs/lustre/{osc,mdc}/*/{ost,mds}_server_uuid" "all"
        "Whether the connection to a target is fit for use: 1 when FULL or IDLE (closed for want of work) and not deactivated.";
    IMPORT_STATE "lustre_client_import_state" Gauge "1" ["fs", "target", "kind", "state"]
        "P/fs/lustre/{osc,mdc}/*/{ost,mds}_server_uuid" "all"
        "The current state of the connection to a target, always 1; other states have no series.";
    IMPORTS "lustre_client_imports" Gauge "1" ["fs", "kind", "state"]
        "P/fs/lustre/{osc,mdc}/*/{ost,mds}_server_uuid" "all"
        "Connections to targets by their current state.";
    BUILD_INFO "fsxlustre_build_info" Gauge "1" ["version"] "itself" "all"
        "The fsxlustre that answers, always 1.";
    COLLECTOR_SUCCESS "fsxlustre_collector_success" Gauge "1" ["collector"] "itself" "all"
        "Whether a collector read everything that it should; the log says why not.";
    COLLECTOR_DURATION "fsxlustre_collector_duration_seconds" Gauge "seconds" ["collector"]
        "itself" "all"
        "Time that a collector took in this scrape.";
    UNKNOWN_FIELDS "fsxlustre_unknown_fields" Gauge "1" ["collector"] "itself" "all"
        "Lines and names of kernel files that a collector did not know in this scrape.";
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
        }
    }
}
