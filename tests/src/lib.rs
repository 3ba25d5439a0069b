//! The test harness: a sandbox in which the real programs are installed and run.
//!
//! A [`Sandbox`] is a mount, network and PID namespace of its own, with an AWS endpoint and a
//! stand-in Lustre client inside. Nothing on the host changes, and all of it is gone when its owner
//! is, even by SIGKILL.
//!
//! ```no_run
//! use fsxlustre_tests::{FileSystem, Sandbox};
//!
//! let sandbox = Sandbox::start();
//! let genomics = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
//! sandbox.run(["mkdir", "/mnt/fsx"]).assert_success();
//! sandbox.run(["mount", "-t", "fsxlustre", &genomics.id, "/mnt/fsx"]).assert_success();
//! ```

mod aws;
mod capture;
pub mod cardinality;
mod client;
mod error;
mod file_system;
mod files;
pub mod fleet;
mod http;
pub mod installed;
mod keeper;
pub mod line;
pub mod plan;
mod prerequisites;
mod run;
mod sandbox;
pub mod scrape_cost;
mod setup;
pub mod slurm;
pub mod ssm;
pub mod stage;

pub use aws::{Fault, Imds, LoggedRequest};
pub use error::Error;
pub use file_system::{FileSystem, NewFileSystem};
pub use http::{Request, Response};
pub use nix::sys::signal::Signal;
pub use run::{Expired, Output, Run, Running};
pub use sandbox::Sandbox;
pub use setup::Setup;
