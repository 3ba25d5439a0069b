//! The children that ask file systems: one for each, idle at a pipe between scrapes.
//!
//! statvfs(2) sleeps while no server answers, and a connection's files may sleep while it is being
//! taken down. A thread that sleeps there could not be left behind; a child can. One that does not
//! answer is replaced once, and the replacement is not asked what the first one is stuck at.
//!
//! The child is this same program. It reads one question a line from stdin, writes answers to
//! stdout, and ends with the end of stdin.

mod channel;
mod child;
mod question;

pub(super) use channel::{Channel, Open};
pub use child::{answer_questions, asked_for};
pub(super) use question::{Answer, Connection, Details, Question, Room, StateRead};
