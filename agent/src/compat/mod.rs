//! Which kernel, Lustre client and file system fit together, as data, and its reader.
//!
//! Knows `data/compatibility.toml`; knows nothing of this machine. What is in no row is said to
//! be not listed: never that it works, nor that it does not.

mod in_use;
mod install;
#[cfg(test)]
mod install_tests;
mod kernel;
mod row;
mod sound;
#[cfg(test)]
mod tests;

pub use in_use::{InUse, OWN_FILE, OwnFile};
pub use install::{NoCommand, Task, Words};

pub use kernel::{Kernel, KernelRules, numbers};
pub use row::{KernelRow, Refused};

use fsxlustre_mount::failure::{Code, Explain, one_line};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The matrix.
///
/// *Source*: each row names its own in `data/compatibility.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The day that its rows are of.
    date: String,
    sources: BTreeMap<String, DataSource>,
    #[serde(rename = "distribution")]
    distributions: Vec<DistributionRow>,
    #[serde(rename = "client")]
    clients: Vec<ClientRow>,
    #[serde(rename = "kernel")]
    kernels: Vec<KernelRow>,
    refused: Vec<Refused>,
    install: Vec<install::InstallRow>,
    #[serde(rename = "partition", default)]
    partitions: Vec<install::PartitionRow>,
}

/// Where rows are from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// The document.
    pub title: String,
    /// When it was read, year and month.
    pub read: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DistributionRow {
    ids: Vec<String>,
    kernels: KernelRules,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientRow {
    version: String,
    file_systems: Vec<String>,
    source: String,
}

/// A node as the matrix looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// `ID` of os-release.
    pub distribution: &'a str,
    /// `VERSION_ID` of os-release.
    pub release: &'a str,
    /// `uname -r`.
    pub kernel: &'a str,
    /// `uname -m`.
    pub architecture: &'a str,
}

/// What the matrix says of a node's kernel.
#[derive(Clone, Debug)]
pub enum Listing<'a> {
    /// AWS lists it.
    Listed(&'a KernelRow),
    /// It is known not to work.
    Refused(&'a Refused),
    /// AWS lists other kernels of this release and architecture.
    KernelNotListed(Vec<&'a KernelRow>),
    /// AWS lists no kernel of this distribution, release and architecture.
    DistributionNotListed,
}

/// What the matrix says of a client and a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The client can use the file system.
    Usable,
    /// It cannot.
    Unusable,
    /// AWS lists no such client, or no such version of a file system.
    NotListed,
}

/// The data cannot be used: a fault of this program's build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the compatibility data that fsxlustre carries cannot be read")]
pub struct MatrixError {
    because: String,
}

impl Explain for MatrixError {
    fn code(&self) -> Code {
        Code::Internal
    }
    fn asked(&self) -> String {
        "read compatibility.toml in the program itself".into()
    }
    fn because(&self) -> String {
        self.because.clone()
    }
    fn remedy(&self) -> String {
        "install the fsxlustre package anew, and report this as a bug".into()
    }
}

/// So many faults of a file are told.
const MOST_FAULTS: usize = 3;

static CARRIED: LazyLock<Result<Arc<Matrix>, MatrixError>> =
    LazyLock::new(|| Matrix::parse(include_str!("../../data/compatibility.toml")).map(Arc::new));

impl Matrix {
    /// The matrix that this program carries.
    ///
    /// # Errors
    /// [`MatrixError`], which is our bug.
    pub fn carried() -> Result<&'static Arc<Self>, &'static MatrixError> {
        CARRIED.as_ref()
    }

    fn parse(text: &str) -> Result<Self, MatrixError> {
        let matrix: Self = toml::from_str(text)
            .map_err(|error| MatrixError { because: one_line(&error.to_string()) })?;
        let faults = matrix.faults();
        if faults.is_empty() {
            return Ok(matrix);
        }
        let mut told: Vec<String> = faults.iter().take(MOST_FAULTS).cloned().collect();
        if faults.len() > MOST_FAULTS {
            told.push(format!("and {} more", faults.len() - MOST_FAULTS));
        }
        Err(MatrixError { because: told.join("; ") })
    }

    /// What AWS says of this node's kernel.
    pub fn kernel(&self, node: Node<'_>) -> Listing<'_> {
        let of_release: Vec<&KernelRow> =
            self.kernels.iter().filter(|row| row.is_for(node)).collect();
        let Some(kernel) = self.read_kernel(node) else {
            return Listing::other(of_release);
        };
        let refused = |row: &&Refused| row.is_for(node) && row.holds(&kernel);
        if let Some(row) = self.refused.iter().find(refused) {
            return Listing::Refused(row);
        }
        match of_release.iter().find(|row| row.holds(&kernel)) {
            Some(row) => Listing::Listed(row),
            None => Listing::other(of_release),
        }
    }

    /// Whether a client of this version can use a file system of that version, on any kernel.
    pub fn client_fits(&self, client: &str, file_system: &str) -> Fit {
        let known = |version: &str| {
            self.clients.iter().any(|row| row.file_systems.iter().any(|listed| listed == version))
        };
        let row = series(client).and_then(|series| {
            self.clients.iter().find(|row| numbers(&row.version).as_deref() == Some(&series))
        });
        match row {
            Some(row) if row.file_systems.iter().any(|listed| listed == file_system) => Fit::Usable,
            Some(_) if known(file_system) => Fit::Unusable,
            _ => Fit::NotListed,
        }
    }

    /// The clients that can use a file system of this version.
    pub fn clients_for(&self, file_system: &str) -> Vec<&str> {
        let fits = |row: &&ClientRow| row.file_systems.iter().any(|listed| listed == file_system);
        self.clients.iter().filter(fits).map(|row| row.version.as_str()).collect()
    }

    /// Where the rows of that source are from.
    pub fn source(&self, name: &str) -> String {
        self.sources
            .get(name)
            .map_or_else(|| name.to_owned(), |source| format!("{}, {}", source.title, source.read))
    }

    /// What is to be known of every kernel of a distribution, whichever row it is in.
    pub fn note(&self, distribution: &str) -> Option<&str> {
        let listed = |row: &&DistributionRow| row.ids.iter().any(|id| id == distribution);
        self.distributions.iter().find(listed)?.note.as_deref()
    }

    fn read_kernel(&self, node: Node<'_>) -> Option<Kernel> {
        let listed = |row: &&DistributionRow| row.ids.iter().any(|id| id == node.distribution);
        let rules = self.distributions.iter().find(listed)?.kernels;
        let kernel = Kernel::parse(node.kernel, rules)?;
        // A container's os-release may be of another release than the host's kernel.
        let same = kernel.release.as_deref().is_none_or(|own| is_release(node.release, own));
        same.then_some(kernel)
    }
}

impl<'a> Listing<'a> {
    fn other(rows: Vec<&'a KernelRow>) -> Self {
        if rows.is_empty() { Self::DistributionNotListed } else { Self::KernelNotListed(rows) }
    }
}

/// Whether `version` (`VERSION_ID`) is `listed` or one of its minor releases.
fn is_release(version: &str, listed: &str) -> bool {
    version == listed || version.strip_prefix(listed).is_some_and(|rest| rest.starts_with('.'))
}

/// `2.15` of `2.15.8`, `2.12.8_198_gde6da33`, `2.10.5-2.fsx1`.
fn series(version: &str) -> Option<[u32; 2]> {
    let mut pieces = version.split(|c: char| !c.is_ascii_digit());
    Some([pieces.next()?.parse().ok()?, pieces.next()?.parse().ok()?])
}
