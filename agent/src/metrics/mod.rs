//! Client I/O metrics: what the kernel's Lustre client counts, as Prometheus text.
//!
//! | part | knows |
//! |---|---|
//! | [`families`] | every family: name, type, labels, help, source, versions. The one definition |
//! | `encode`, `exposition` | samples as text; the families of a scrape in one valid text |
//! | `sources`, `kept_files`, `listed`, `listing`, `reading` | where the client's files are, which devices there are, how a file is read, what several add up to |
//! | `instances`, `stats`, `rpc_stats`, `rpc_times`, `import_file`, `import_state`, `history` | what the kernel prints: pure |
//! | `words`, `names` | digits and blanks of a text, eight at a time; lists of names that are known |
//! | `client` to `network`, `jobs` | one collector each: parser, reader, encoder |
//! | `client_key`, `prober`, `mounted_client`, `probers` | children, one for each mounted client, that ask what may sleep in the kernel: statvfs, connections |
//! | `imports`, `probe` | the collectors of what the children told |
//! | `collect` | the table of collectors, and one pass over them |
//! | `own` | what the service says of itself |
//! | [`Scraper`] | one scrape: the collectors under a deadline, one collection at a time |
//! | [`Selection`] | which collectors run |
//! | [`Snapshot`] | a scrape read back |
//! | `measured` | the encoder by itself, for `make bench` |
//! | [`web`] | how it is served: the paths, and the process around them |
//!
//! What could not be read gives no series and `fsxlustre_collector_success 0`, never a zero. A file
//! that *was* read is another matter: the kernel leaves out counters that are zero, so a counter
//! that is missing in a whole, understood `stats` file is 0 (`stats::Stats::absent`).
//!
//! Nothing here writes, and nothing but the children calls into a mount.

mod cache;
mod check;
mod client;
mod client_key;
mod collect;
mod continued;
mod drift;
pub(crate) use drift::differing_options;
mod encode;
mod exposition;
mod extents;
pub mod families;
mod history;
mod import_file;
mod import_state;
mod imports;
mod instances;
mod io;
mod jobs;
mod kept_files;
mod ldlm;
mod line;
mod listed;
mod listing;
mod llite;
mod lnet;
mod measured;
mod mounted_client;
mod mounts;
mod names;
mod network;
mod own;
mod own_state;
mod peers;
mod probe;
mod prober;
mod probers;
mod reading;
mod rpc_histograms;
mod rpc_stats;
mod rpc_times;
mod scrape;
mod selection;
mod snapshot;
mod sources;
mod stats;
mod targets;
mod text;
mod tuning;
mod unchanged;
mod verdict;
pub mod web;
mod words;

pub use collect::{COLLECTOR_NAMES, COLLECTORS, Collector};
pub use imports::{ImportState, tell_imports};
pub use io::{IoCounters, IoSnapshot, RpcCounters, WaitCounters, io_counters};
pub use measured::{EncodingTime, encoding_times};
pub use prober::{answer_questions as answer_prober, asked_for as prober_asked_for};
pub use scrape::{ScrapeSettings, Scraper};
pub use selection::{Selection, SelectionError};
pub use snapshot::{Sample, Snapshot};

#[cfg(test)]
mod mangled;
