//! The child that touches the mount: reads a tree by several threads, looks at files, sends requests.
//!
//! It decides nothing. Every path is opened a name at a time without following a link, and only on the mount that was
//! meant. Whoever tells it has a deadline and leaves it behind.

mod asking;
mod child;
mod lfs;
mod looking;
mod orders;
mod queue;
mod visiting;
mod walking;

pub use child::{asked_for, obey};
pub(super) use orders::{AskOrder, FileRef, LookOrder, Order, Refused, Reply, ScanOrder, Telling};

use crate::layout::hand::Hand;

/// The first argument that makes `fsxlustre` such a child.
pub(super) const WORD: &str = "--fsxlustre-hsm-hand";

/// One that was started.
pub(super) type HsmHand = Hand<Order, Reply>;
