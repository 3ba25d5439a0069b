//! Puts a set of settings, so that a reader sees the old one or the new one, whole, whenever this ends.
//!
//! The parts of a version that nobody names yet are written, and read back; then the version is named. A
//! version that is there is never changed. Old ones are taken away last, since a reader may be at them.

mod decide;
mod error;
mod split;
mod version;

pub use decide::{Decision, Push, There, Wanted, decide};
pub use error::PushError;
pub use split::{LONGEST_ADVANCED, LONGEST_STANDARD, split};
pub(super) use version::is_version;

use crate::aws::ssm::{Tier, all_below, delete_parameters, put_parameter};
use crate::aws::{Aws, AwsError};
use fsxlustre_mount::failure::{Explain as _, Failure};
use std::time::Duration;

/// The longest set that readers take, bytes of all its parts.
pub const LARGEST_SET: usize = 256 << 10;
/// How often what was written is read back until it is there.
const LOOKS: u32 = 3;
/// How long what was written may take to be seen.
const PAUSE: Duration = Duration::from_secs(1);

/// A part of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name below the version.
    pub name: String,
    /// A piece of TOML.
    pub text: String,
}

impl Part {
    /// The name of its parameter.
    pub fn parameter(&self, path: &str, version: &str) -> String {
        format!("{path}/{version}/{}", self.name)
    }

    /// The tier that it needs.
    pub fn tier(&self) -> Tier {
        if self.text.len() <= LONGEST_STANDARD { Tier::Standard } else { Tier::Advanced }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Pushed {
    /// The versions that were taken away.
    pub removed: Vec<String>,
    /// Why old ones are still there.
    pub left: Option<Failure>,
}

/// What is below a path.
///
/// # Errors
/// [`PushError::Aws`].
pub async fn there(aws: &Aws, path: &str) -> Result<There, PushError> {
    let found = all_below(aws, path).await.map_err(|source| unasked(path, source))?;
    Ok(There::of(path, found))
}

/// Writes what was decided.
///
/// # Errors
/// [`PushError`]; the version that was named before then still is.
pub async fn push(
    aws: &Aws,
    wanted: Wanted<'_>,
    before: &There,
    push: &Push,
) -> Result<Pushed, PushError> {
    let (path, version) = (wanted.path, push.version.as_str());
    for part in &push.parts {
        let name = part.parameter(path, version);
        let put = put_parameter(aws, path, &name, &part.text, part.tier(), false).await;
        put.map_err(|source| unasked(path, source))?;
    }
    let now = proved(aws, wanted, version).await?;
    let put = |there: &There| there.pointer.as_ref().map(|pointer| pointer.version);
    if put(&now) != put(before) {
        let named = now.named().unwrap_or("none").to_owned();
        return Err(PushError::Overtaken { path: path.to_owned(), named });
    }
    let pointer = format!("{path}/current");
    let named = put_parameter(aws, path, &pointer, version, Tier::Standard, now.pointer.is_some());
    named.await.map_err(|source| unasked(path, source))?;
    Ok(remove(aws, path, &push.old).await)
}

/// Reads back what was written.
async fn proved(aws: &Aws, wanted: Wanted<'_>, version: &str) -> Result<There, PushError> {
    let mut looks = 0;
    loop {
        let now = there(aws, wanted.path).await?;
        let set = now.sets.get(version).map_or(&[][..], Vec::as_slice);
        if decide::is_same(wanted, version, set) {
            return Ok(now);
        }
        looks += 1;
        if looks == LOOKS {
            let is_there = |part: &&Part| {
                let name = part.parameter(wanted.path, version);
                set.iter().any(|one| one.name == name && one.value == part.text)
            };
            let lost = wanted.parts.iter().find(|part| !is_there(part));
            let folder = format!("{}/{version}", wanted.path);
            let name = lost.map_or(folder, |part| part.parameter(wanted.path, version));
            return Err(PushError::NotThere { name });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Takes old versions away. The new one is in force, so a failure is a warning.
async fn remove(aws: &Aws, path: &str, old: &[(String, Vec<String>)]) -> Pushed {
    let mut removed = Vec::new();
    for (version, names) in old {
        if let Err(source) = delete_parameters(aws, path, names).await {
            return Pushed { removed, left: Some(unasked(path, source).failure()) };
        }
        removed.push(version.clone());
    }
    Pushed { removed, left: None }
}

fn unasked(path: &str, source: AwsError) -> PushError {
    PushError::Aws { path: path.to_owned(), source: Box::new(source) }
}
