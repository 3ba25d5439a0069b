//! How a collector fared: what it could not read, and what it did not know.

use fsxlustre_mount::failure::{Failure, chain};
use std::io::{Error, ErrorKind};
use std::path::PathBuf;

/// Something that a collector should have read and could not.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    /// It is there and cannot be read.
    #[error("{} cannot be read: {}", path.display(), chain(source))]
    Unreadable {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: Error,
    },
    /// It should be there and is in none of the places.
    #[error("{what} is not there, looked for below {places}")]
    Missing {
        /// File or folder, from the roots on.
        what: String,
        /// The roots.
        places: String,
    },
    /// Nothing in it is known.
    #[error("{} has nothing that fsxlustre knows", path.display())]
    NotUnderstood {
        /// The file.
        path: PathBuf,
    },
    /// A file system's child did not answer in time.
    #[error("the file system {fs} does not answer: {because}")]
    NotAnswered {
        /// Lustre's name of the file system.
        fs: String,
        /// What is known of the reason.
        because: String,
    },
    /// A mount point is not there for the service.
    #[error("{fs}: there is no {directory} here, though something is mounted on it")]
    Unseen {
        /// Lustre's name of the file system.
        fs: String,
        /// The mount point.
        directory: String,
    },
    /// The service's mount namespace has not the mount.
    #[error("{fs}: what is mounted on {directory} is not mounted for the service")]
    NotPropagated {
        /// Lustre's name of the file system.
        fs: String,
        /// The mount point.
        directory: String,
    },
    /// What a child could not read, in its words.
    #[error("{said}")]
    Told {
        /// What it said.
        said: String,
        /// What mends it.
        remedy: String,
    },
    /// The list of mounts.
    #[error(transparent)]
    Mounts(#[from] fsxlustre_mount::host::MountInfoError),
}

impl SourceError {
    /// `what` is below none of the roots.
    pub(super) fn missing(what: &str, roots: &[PathBuf]) -> Self {
        let places: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
        Self::Missing { what: what.to_owned(), places: places.join(", ") }
    }

    /// A failure that tells all of it.
    pub(super) fn told(failure: &Failure) -> Self {
        Self::Told {
            said: format!("{}: {}", failure.asked, failure.because),
            remedy: failure.remedy.clone(),
        }
    }

    /// What mends it.
    pub(super) fn remedy(&self) -> String {
        use fsxlustre_mount::failure::Explain as _;
        match self {
            Self::Unreadable { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
                "run the service as root or with the capability CAP_DAC_READ_SEARCH; where the \
                 kernel is locked down (Secure Boot) debugfs stays shut"
                    .into()
            }
            Self::Missing { .. } => {
                "mount debugfs with `mount -t debugfs none /sys/kernel/debug`, \
                 or correct --path.debugfs, --path.sysfs and --path.procfs"
                    .into()
            }
            Self::Unreadable { path, .. } | Self::NotUnderstood { path } => {
                format!("look at it with `cat {}`", path.display())
            }
            Self::NotAnswered { .. } => {
                "look at the connections with `fsxlustre status`; its mounts may be hanging".into()
            }
            Self::Unseen { .. } => {
                "mount it elsewhere than below /tmp, or give the service the node's own /tmp: \
                 a drop-in with PrivateTmp=no"
                    .into()
            }
            Self::NotPropagated { .. } => {
                "restart the service; where `findmnt -no PROPAGATION /` does not say shared, make it so at \
                 boot, or take back what gives the service a mount namespace, see fsxlustre-exporter.service; \
                 a container needs the node's mounts with rslave"
                    .into()
            }
            Self::Told { remedy, .. } => remedy.clone(),
            Self::Mounts(error) => error.remedy(),
        }
    }
}

/// How a collector fared.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Lines and names that it did not know.
    pub(super) oddities: u64,
    /// The first thing that it should have read and could not.
    pub(super) trouble: Option<SourceError>,
}

impl Verdict {
    /// Keeps the first trouble; the others are mostly the same.
    pub(super) fn note(&mut self, error: SourceError) {
        self.trouble.get_or_insert(error);
    }
}
