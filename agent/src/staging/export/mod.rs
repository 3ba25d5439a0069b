//! Is it in S3? Exports that are begun, followed and proved, and what is left to do before a file system
//! may go.
//!
//! | part | knows |
//! |---|---|
//! | `place` | where a path is: its mount, its file system, its path below that file system's root |
//! | `association` | which data repository holds a path, where there are several: pure |
//! | `facts` | the asking: the file system, its repositories, its tasks, its metrics |
//! | `evidence`, `verdict` | what each look says and how old it is; what follows of them all: pure |
//! | `gather` | the looks at this node, and the whole evidence |
//! | `scan` | the counts of a scan of files that a proof needs |
//! | `order` | what is asked of the API: paths, report, the token that makes it the same request: pure |
//! | `begin`, `follow` | a task that is begun, or found begun; a task followed to its end |
//! | `report` | the report of files that failed |
//! | `ticket`, `tickets`, `finish` | an export that somebody else brings to its end |
//! | `deletable` | what still stands against deleting a file system |
//! | `hand` | the child that touches what may hang |

mod association;
mod begin;
mod deletable;
mod error;
mod evidence;
mod facts;
mod finish;
mod follow;
mod gather;
mod hand;
mod order;
mod place;
mod report;
mod scan;
mod ticket;
mod tickets;
mod verdict;

pub use association::Holding;
pub use begin::{Begun, Wanted, begin};
pub use deletable::{Deletable, DeletableQuestion, Doubt, Latest, Obstacle, deletable};
pub use error::ExportError;
pub use evidence::{Row, Stand, progress};
pub use facts::{Facts, Named, ask, wait_for_calls};
pub use finish::{Finished, finish};
pub use follow::{Pace, follow};
pub use gather::{Gathered, gather};
pub use hand::{HandWork, asked_for};
pub use order::{api_paths, report_path, token};
pub use place::{Place, on_one_file_system};
pub use report::{FailedFile, FailedFiles, failed_files, where_it_is};
pub use scan::{NotExported, ScanCounts};
pub(crate) use ticket::PREFIX as TICKET_PREFIX;
pub use ticket::{Ticket, TicketState, node_name};
pub use tickets::{TicketFolder, Tickets};
pub use verdict::{Verdict, decide};
