//! The stand-in Lustre client against captures of a real one: the texts and exit statuses of its programs, the tree, the
//! counters, and what a mount does. Each test runs the real programs in namespaces of its own; it needs root and
//! /dev/fuse, and fails where they are missing.

#[path = "standin_matches_captures/archive.rs"]
mod archive;
#[path = "standin_matches_captures/captures.rs"]
mod captures;
#[path = "standin_matches_captures/hangs.rs"]
mod hangs;
#[path = "standin_matches_captures/layouts.rs"]
mod layouts;
#[path = "standin_matches_captures/mistakes.rs"]
mod mistakes;
#[path = "standin_matches_captures/mounting.rs"]
mod mounting;
#[path = "standin_matches_captures/programs.rs"]
mod programs;
#[path = "standin_matches_captures/sandbox.rs"]
mod sandbox;
#[path = "standin_matches_captures/tree.rs"]
mod tree;
