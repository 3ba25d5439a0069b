//! What a node needs to mount, verify, record and unmount an Amazon FSx for Lustre file system.
//!
//! The library behind `mount.fsxlustre` and `umount.fsxlustre`, and the lower half of the agent.
//! It links neither an async runtime nor the AWS SDK: a helper starts in a millisecond, and asks
//! a [`resolve::Resolve`] for everything that only AWS knows.
//!
//! Nothing here prints or exits; every failure is a value that says what was attempted, on what,
//! because of what, and what mends it ([`failure::Failure`]).

pub mod answer;
pub mod cli;
pub mod config;
mod creating;
pub mod failure;
pub mod file_system;
pub mod fstab;
pub mod hooks;
pub mod host;
pub mod id_cache;
pub mod journal;
pub mod last_failure;
pub mod mount;
pub mod mount_all;
pub mod nearest;
pub mod options;
pub mod partition;
pub mod reach;
pub mod record;
pub mod resolve;
pub mod source;
pub mod unmount;
pub mod utab;
pub mod versions;
pub mod worker;
