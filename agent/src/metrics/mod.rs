//! Client I/O metrics: what the kernel's Lustre client counts, as Prometheus text.
//!
//! | part | knows |
//! |---|---|
//! | [`families`] | every family: name, type, labels, help, source, versions. The one definition |
//! | `encode` | the text format; can only write families of the table |
//! | `sources` | where the client's files are, and how one is read |
//! | `instances`, `stats` | names and counters as the kernel prints them: pure |
//! | `client`, `mounts`, `llite`, `targets`, `lnet`, `imports` | one collector each: parser, reader, encoder |
//! | `own` | what the service says of itself |
//! | [`Scraper`] | one scrape: the collectors under a deadline, one collection at a time |
//! | [`Selection`] | which collectors run |
//! | [`Snapshot`] | a scrape read back |
//! | [`web`] | how it is served: the paths, and the process around them |
//!
//! What could not be read gives no series and `fsxlustre_collector_success 0`, never a zero. A file
//! that *was* read is another matter: the kernel leaves out counters that are zero, so a counter
//! that is missing in a whole, understood `stats` file is 0 (`stats::Stats::absent`).
//!
//! Nothing here calls into a mount, runs a program or writes.

mod client;
mod collect;
mod encode;
pub mod families;
mod imports;
mod instances;
mod io;
mod llite;
mod lnet;
mod mounts;
mod own;
mod scrape;
mod selection;
mod snapshot;
mod sources;
mod stats;
mod targets;
pub mod web;

pub use collect::{COLLECTOR_NAMES, COLLECTORS, Collector};
pub use imports::{ImportState, tell_imports};
pub use io::{IoCounters, IoSnapshot, io_counters};
pub use scrape::Scraper;
pub use selection::{Selection, SelectionError};
pub use snapshot::{Sample, Snapshot};

#[cfg(test)]
mod mangled;
