//! The node-side agent for Amazon FSx for Lustre: the library behind the program `fsxlustre`.
//!
//! It checks that a node, its Lustre client and a file system fit together, finds a file system
//! by its tags, applies layouts, exports client I/O metrics, and mounts and unmounts for jobs.
//! What a mount needs is in `fsxlustre_mount`, which this builds upon.

pub mod aws;
pub mod checks;
pub mod cli;
pub mod compat;
pub mod config;
pub mod evacuate;
pub mod facts;
pub mod fstab;
pub mod gone;
pub mod jobs;
pub mod layout;
pub mod manual;
pub mod metrics;
pub mod parameter_store;
pub mod plan;
pub mod resolve;
pub mod retry;
pub mod ssm;
pub mod staging;
pub mod status;
pub mod support;
pub mod top;
mod transient;
pub mod tune;
pub mod why;
pub mod window;
