//! Real Slurm in sandboxes: a controller, and two nodes with a stand-in Lustre client each.
//!
//! Each is a [`Sandbox`](crate::Sandbox), so it has mount, network and PID namespaces of its own, and nothing is
//! left of a cluster when its owner ends, even by SIGKILL. All three are joined by a bridge in the
//! controller's network and use the controller's AWS endpoint. A folder below /tmp is the same on
//! all of them, as a shared file system is.
//!
//! ```no_run
//! use fsxlustre_tests::slurm::Cluster;
//!
//! let cluster = Cluster::start();
//! let job = cluster.submit(&["-w", "n1"], "hostname");
//! cluster.wait_for_state(job, &["COMPLETED"]);
//! ```

mod accounting;
mod cluster;
mod daemons;
mod jobs;
mod network;
mod settings;
mod shared;

pub use cluster::{Cluster, NODES};
pub use jobs::{Job, SubmitError};
pub use settings::Settings;
