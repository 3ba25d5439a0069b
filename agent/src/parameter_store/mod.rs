//! The fleet's settings in Parameter Store: one whole version of them, or none.
//!
//! `PATH/current` names a version; the parameters below `PATH/VERSION/` are its parts, each a piece of
//! TOML. Whoever changes them puts a new version and names it last, so a version that is named is
//! whole. What was read is used only when the name stood still meanwhile, and when no part was changed
//! after it was named: a mixture of two versions is never used.

mod error;
mod kept;
pub mod push;
mod whole;

pub use error::SetError;
pub use kept::{Asking, Fleet, fleet, read_now};

use crate::aws::ssm::{StoredParameter, parameters_below};
use crate::aws::{Aws, AwsError};
use fsxlustre_mount::config::Parameter;
use whole::{Pointer, Reading};

/// How often a set is read anew that changed while it was read.
const READINGS: usize = 3;

/// A version and its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeSet {
    /// The version, as `PATH/current` names it.
    pub version: String,
    /// Its parts, by name.
    pub parameters: Vec<Parameter>,
}

/// Reads the version that is named.
///
/// # Errors
/// [`SetError`].
pub async fn read(aws: &Aws, path: &str) -> Result<WholeSet, SetError> {
    let mut before = pointer(aws, path).await?;
    for _ in 0..READINGS {
        let parameters = below(aws, path, Some(&before.version)).await?;
        let after = pointer(aws, path).await?;
        match whole::judge(path, &before, parameters, &after)? {
            Reading::Whole(set) => return Ok(set),
            Reading::Moved => before = after,
        }
    }
    Err(SetError::Moving { path: path.to_owned() })
}

async fn pointer(aws: &Aws, path: &str) -> Result<Pointer, SetError> {
    Pointer::of(path, &below(aws, path, None).await?)
}

async fn below(
    aws: &Aws,
    path: &str,
    version: Option<&str>,
) -> Result<Vec<StoredParameter>, SetError> {
    let found = parameters_below(aws, path, version).await;
    found.map_err(|source| SetError::unasked(path, source))
}

impl SetError {
    /// What could not be asked.
    pub(crate) fn unasked(path: &str, source: AwsError) -> Self {
        Self::Aws { path: path.to_owned(), source: Box::new(source) }
    }
}
