//! fstab: its lines of type `fsxlustre` and `lustre` checked, written, and turned into each other.
//!
//! | part | knows |
//! |---|---|
//! | [`fsxlustre_mount::fstab`] | the grammar of fstab(5): words, escapes, where each stands in its line |
//! | [`order`] | systemd's own words among the options, and its time spans |
//! | [`judge`] | what is wrong with a line: pure |
//! | [`generator`] | what the real systemd-fstab-generator makes of the file |
//! | [`report`] | the findings as text and JSON |
//! | [`recommend`] | the line for a source and a directory |
//! | [`migrate`], [`diff`] | the other type's line, as a difference that patch(1) takes |
//!
//! Nothing here writes fstab.

pub mod diff;
pub mod generator;
pub mod judge;
pub mod migrate;
pub mod order;
pub mod recommend;
pub mod report;

/// Our type of file system.
pub const OURS: &str = "fsxlustre";
/// Lustre's own.
pub const LUSTRE: &str = "lustre";
