//! Where the client's files are, and how one is read.
//!
//! A file may be below debugfs, sysfs or procfs: that changed from version to version, and builds
//! of Amazon, DDN and the kernel's own staging tree mix. So each file *name* is looked for in that
//! order, whatever the version.

use super::instances::{Folder, Instance};
use fsxlustre_mount::failure::chain;
use fsxlustre_mount::host::Host;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The first room for a file; a `stats` file of 2.15 has 3 kB.
const FIRST_ROOM_BYTES: usize = 64 << 10;
/// No file of a client is as large as this.
const LARGEST_FILE_BYTES: usize = 4 << 20;

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

/// A file that every device of a folder has, and where the last one was found.
#[derive(Debug)]
pub(super) struct DeviceFile {
    folder: Folder,
    name: &'static str,
    /// Which root to try first: the one that had the file of the device before.
    hint: usize,
}

impl DeviceFile {
    /// The file of that name.
    pub(super) const fn new(folder: Folder, name: &'static str) -> Self {
        Self { folder, name, hint: 0 }
    }
}

/// The files of this node's client.
#[derive(Debug)]
pub(super) struct Sources {
    host: Host,
    /// debugfs, sysfs, procfs: the order in which a file is looked for.
    roots: [PathBuf; 3],
    /// The devices of this pass.
    devices: [Option<Arc<[Instance]>>; 3],
    path: PathBuf,
    room: Vec<u8>,
}

impl Sources {
    /// The files below the host's paths.
    pub(super) fn new(host: &Host) -> Self {
        let paths = &host.paths;
        Self {
            roots: [
                paths.debugfs.join("lustre"),
                paths.sysfs.join("fs/lustre"),
                paths.procfs.join("fs/lustre"),
            ],
            host: host.clone(),
            devices: [None, None, None],
            path: PathBuf::new(),
            room: vec![0; FIRST_ROOM_BYTES],
        }
    }

    /// This machine.
    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// Begins a pass: what was listed before is listed anew.
    pub(super) fn begin(&mut self) {
        self.devices = [None, None, None];
    }

    /// The file that was tried last.
    pub(super) fn last_path(&self) -> &Path {
        &self.path
    }

    /// The devices of a folder, sorted by name; empty when nothing is mounted.
    ///
    /// debugfs is not needed for it: every version shows all devices in sysfs or procfs.
    ///
    /// # Errors
    /// [`SourceError`] when a folder cannot be listed, or there is no sysfs to look into.
    pub(super) fn devices(&mut self, folder: Folder) -> Result<Arc<[Instance]>, SourceError> {
        let known = self.devices.get(folder as usize).and_then(Clone::clone);
        if let Some(known) = known {
            return Ok(known);
        }
        let mut found = BTreeSet::new();
        for (index, root) in self.roots.iter().enumerate() {
            let path = root.join(folder.name());
            match add_devices(folder, &path, &mut found) {
                Err(error) if index > 0 && !is_absent(&error) => {
                    return Err(SourceError::Unreadable { path, source: error });
                }
                _ => {}
            }
        }
        let sysfs = &self.host.paths.sysfs;
        if found.is_empty() && !sysfs.is_dir() {
            return Err(SourceError::missing("sysfs", std::slice::from_ref(sysfs)));
        }
        let found: Arc<[Instance]> = found.into_iter().collect();
        if let Some(place) = self.devices.get_mut(folder as usize) {
            *place = Some(Arc::clone(&found));
        }
        Ok(found)
    }

    /// The text of a device's file; `None` when the device has gone meanwhile.
    ///
    /// # Errors
    /// [`SourceError`] when the device is there and its file cannot be read.
    pub(super) fn read(
        &mut self,
        file: &mut DeviceFile,
        device: &Instance,
    ) -> Result<Option<&[u8]>, SourceError> {
        let order = std::iter::once(file.hint).chain((0..3).filter(|other| *other != file.hint));
        let mut refused = None;
        for index in order {
            let Some(root) = self.roots.get(index) else { continue };
            self.path.clear();
            for part in [root.as_path(), file.folder.name().as_ref(), device.name.as_ref()] {
                self.path.push(part);
            }
            self.path.push(file.name);
            match read_into(&self.path, &mut self.room) {
                Ok(length) => {
                    file.hint = index;
                    return Ok(self.room.get(..length));
                }
                Err(error) if is_absent(&error) => {}
                Err(error) => {
                    refused.get_or_insert((self.path.clone(), error));
                }
            }
        }
        match refused {
            // The kernel's word for a connection that is being taken down.
            Some((_, error)) if error.raw_os_error() == Some(nix::libc::ENODEV) => Ok(None),
            Some((path, source)) => Err(SourceError::Unreadable { path, source }),
            None if self.has_gone(file.folder, device) => Ok(None),
            None => {
                Err(self.missing(&format!("{}/{}/{}", file.folder.name(), device.name, file.name)))
            }
        }
    }

    /// The text of the first of these files that is there; `None` when none is.
    ///
    /// # Errors
    /// [`SourceError`] when none can be read and one is refused.
    pub(super) fn first_of(&mut self, paths: &[PathBuf]) -> Result<Option<&[u8]>, SourceError> {
        let mut refused = None;
        for path in paths {
            self.path.clone_from(path);
            match read_into(path, &mut self.room) {
                Ok(length) => return Ok(self.room.get(..length)),
                Err(error) if is_absent(&error) => {}
                Err(source) => {
                    refused.get_or_insert(SourceError::Unreadable { path: path.clone(), source });
                }
            }
        }
        refused.map_or(Ok(None), Err)
    }

    /// A node-wide file of the client in each place where it may be: sysfs, procfs of old. debugfs
    /// has files of the same names with something else in them (2.15 an empty `health_check`).
    pub(super) fn node_file(&self, name: &str) -> Vec<PathBuf> {
        self.roots.iter().skip(1).map(|root| root.join(name)).collect()
    }

    /// Whether the client's modules are loaded, as far as sysfs and procfs tell.
    pub(super) fn is_client_loaded(&self) -> bool {
        self.roots.iter().skip(1).any(|root| root.is_dir())
    }

    /// The error for a file of the client that should be there.
    pub(super) fn missing(&self, what: &str) -> SourceError {
        SourceError::missing(what, &self.roots)
    }

    fn has_gone(&self, folder: Folder, device: &Instance) -> bool {
        let at = |root: &PathBuf| root.join(folder.name()).join(&device.name);
        !self.roots.iter().any(|root| at(root).symlink_metadata().is_ok())
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn add_devices(folder: Folder, path: &Path, to: &mut BTreeSet<Instance>) -> Result<(), Error> {
    for entry in std::fs::read_dir(path)? {
        let name = entry?.file_name();
        to.extend(name.to_str().and_then(|name| Instance::parse(folder, name)));
    }
    Ok(())
}

/// Reads a whole file into `room`, which grows as needed; gives the length.
fn read_into(path: &Path, room: &mut Vec<u8>) -> Result<usize, Error> {
    let mut file = File::open(path)?;
    let mut length = 0;
    loop {
        if length == room.len() {
            if length >= LARGEST_FILE_BYTES {
                return Err(Error::new(ErrorKind::FileTooLarge, "it is larger than 4 MiB"));
            }
            room.resize(length.max(FIRST_ROOM_BYTES) * 2, 0);
        }
        match file.read(room.get_mut(length..).unwrap_or_default()) {
            Ok(0) => return Ok(length),
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
