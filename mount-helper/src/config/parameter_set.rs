//! What Parameter Store said last, as it is kept on this node.
//!
//! The agent writes it when it was told a whole set of settings that is right; the mount helper, which
//! never asks, reads it. Root's only: a parameter may be a `SecureString`.

use super::place::{Piece, Place};
use crate::host::{Host, StateError, read_own_state, write_private_state};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const FORMAT: u32 = 1;
/// How far the clock may be behind what is written before an age means nothing, seconds.
const CLOCK_SLACK: u64 = 60;

/// One version of the fleet's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterSet {
    format: u32,
    /// The path that it was read from, `config.ssm_path`.
    pub path: String,
    /// Its version, the value of `PATH/current`.
    pub version: String,
    /// When it was read, seconds since 1970 UTC.
    pub read_unix_seconds: u64,
    /// When it was last tried to read it again, and failed.
    pub failed_unix_seconds: Option<u64>,
    /// Its parts, by name.
    pub parameters: Vec<Parameter>,
}

/// One parameter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its whole name.
    pub name: String,
    /// Its version, counted by Parameter Store.
    pub version: i64,
    /// Its value, a piece of TOML.
    pub text: String,
    /// Whether it is a `SecureString`.
    pub is_secret: bool,
}

impl std::fmt::Debug for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = if self.is_secret { "(SecureString)" } else { self.text.as_str() };
        write!(f, "{} (version {}): {text:?}", self.name, self.version)
    }
}

impl ParameterSet {
    /// What was read just now.
    pub fn new(path: String, version: String, parameters: Vec<Parameter>, now: u64) -> Self {
        let (read_unix_seconds, failed_unix_seconds) = (now, None);
        Self { format: FORMAT, path, version, read_unix_seconds, failed_unix_seconds, parameters }
    }

    fn file(host: &Host) -> PathBuf {
        host.paths.cache.join("parameters.json")
    }

    /// What was kept of that path; `None` where there is none, or none that can be used: torn,
    /// foreign, of another path, or in a file that others than root may change.
    pub fn kept(host: &Host, path: &str) -> Option<Self> {
        let kept: Self = read_own_state(&Self::file(host))?;
        (kept.format == FORMAT && kept.path == path).then_some(kept)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn keep(&self, host: &Host) -> Result<(), StateError> {
        write_private_state(&Self::file(host), self)
    }

    /// How old it is, seconds; `None` where the clock stands before it was read.
    pub fn age(&self, now: u64) -> Option<u64> {
        (now.saturating_add(CLOCK_SLACK) >= self.read_unix_seconds)
            .then(|| now.saturating_sub(self.read_unix_seconds))
    }

    /// Its parts.
    pub fn pieces(&self) -> Vec<Piece> {
        let piece = |parameter: &Parameter| Piece {
            place: Place::Parameter {
                name: parameter.name.clone(),
                version: parameter.version,
                is_secret: parameter.is_secret,
                read_unix_seconds: self.read_unix_seconds,
            },
            text: parameter.text.clone(),
        };
        self.parameters.iter().map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn set() -> ParameterSet {
        let parameter = Parameter {
            name: "/p/7/mount".into(),
            version: 2,
            text: "[mount]\ntimeout = 30".into(),
            is_secret: true,
        };
        ParameterSet::new("/p".into(), "7".into(), vec![parameter], 1_000)
    }

    fn host() -> (tempfile::TempDir, Host) {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.cache = folder.path().to_owned();
        (folder, host)
    }

    #[test]
    fn it_comes_back_for_its_own_path_and_only_root_may_read_it() {
        let (_folder, host) = host();
        assert_eq!(ParameterSet::kept(&host, "/p"), None);
        set().keep(&host).expect("kept");
        assert_eq!(ParameterSet::kept(&host, "/p"), Some(set()));
        assert_eq!(ParameterSet::kept(&host, "/q"), None);
        let file = ParameterSet::file(&host);
        let mode = |path| std::fs::metadata(path).expect("file").permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o622)).expect("mode");
        assert_eq!(ParameterSet::kept(&host, "/p"), None, "others may write to it");
        assert!(!format!("{:?}", set()).contains("timeout"), "{:?}", set());
    }

    #[test]
    fn a_file_that_is_torn_at_any_byte_counts_as_none() {
        let (_folder, host) = host();
        set().keep(&host).expect("kept");
        let file = ParameterSet::file(&host);
        let whole = std::fs::read(&file).expect("bytes");
        // The last byte is the end of the line.
        for length in 0..whole.len() - 1 {
            std::fs::write(&file, &whole[..length]).expect("torn");
            assert_eq!(ParameterSet::kept(&host, "/p"), None, "{length} bytes");
        }
    }

    #[test]
    fn an_age_needs_a_clock_that_goes_forward() {
        assert_eq!(set().age(1_300), Some(300));
        assert_eq!(set().age(990), Some(0));
        assert_eq!(set().age(10), None);
    }
}
