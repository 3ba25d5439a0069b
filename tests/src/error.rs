//! What can keep a sandbox from doing its work.

use std::fmt;
use std::path::PathBuf;

/// Why a sandbox could not start or give an answer.
#[derive(Debug)]
pub enum Error {
    /// The machine lacks something; the remedy says what to do about it.
    Missing {
        /// What is not there.
        what: String,
        /// What brings it.
        remedy: String,
    },
    /// A path that the sandbox needs is below a folder that it covers.
    Covered(PathBuf),
    /// The sandbox began to start and did not get there.
    Start {
        /// Where it stopped.
        why: String,
        /// What its first process and the endpoint printed.
        printed: String,
    },
    /// A server inside the sandbox gave no answer.
    NoAnswer {
        /// What was asked.
        url: String,
        /// What happened instead.
        why: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { what, remedy } => write!(out, "{what}. {remedy}"),
            Self::Covered(path) => write!(
                out,
                "{} is below a folder that a sandbox covers. Put the checkout, the build folder and \
                 the virtual environment somewhere else",
                path.display()
            ),
            Self::Start { why, printed } => {
                write!(out, "the sandbox did not start: {why}; it printed:\n{printed}")
            }
            Self::NoAnswer { url, why } => write!(out, "no answer from {url}: {why}"),
        }
    }
}

impl std::error::Error for Error {}
