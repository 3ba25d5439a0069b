//! Where the client's files are, and how one is read.
//!
//! A file may be below debugfs, sysfs or procfs: that changed from version to version, and builds
//! of Amazon, DDN and the kernel's own staging tree mix. So each file *name* is looked for in that
//! order, whatever the version.

use super::instances::{Folder, Instance};
use super::kept_files::{KeptFiles, read_into};
use super::verdict::SourceError;
use fsxlustre_mount::host::Host;
use std::collections::BTreeSet;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that every device of a folder has, and where the last one was found.
#[derive(Debug)]
pub(super) struct DeviceFile {
    folder: &'static str,
    name: &'static str,
    /// Which root to try first: the one that had the file of the device before.
    hint: usize,
    is_optional: bool,
}

impl DeviceFile {
    /// The file of that name.
    pub(super) const fn new(folder: Folder, name: &'static str) -> Self {
        Self { folder: folder.name(), name, hint: 0, is_optional: false }
    }

    /// The file of that name in a device's namespace of locks, which is called as the device is.
    pub(super) const fn of_namespace(name: &'static str) -> Self {
        Self { folder: "ldlm/namespaces", name, hint: 0, is_optional: false }
    }

    /// The same, of a file that not every version or build has.
    pub(super) const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
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
    kept: KeptFiles,
    /// Files that were read in this pass.
    files: u64,
    /// Which of debugfs, sysfs and procfs refused a file in this pass.
    refused: [bool; 3],
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
            kept: KeptFiles::default(),
            room: Vec::new(),
            files: 0,
            refused: [false; 3],
        }
    }

    /// This machine.
    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// Begins a pass: what was listed before is listed anew.
    pub(super) fn begin(&mut self) {
        self.devices = [None, None, None];
        self.files = 0;
        self.refused = [false; 3];
        self.kept.end_pass();
    }

    /// Files that were read in this pass.
    pub(super) fn files(&self) -> u64 {
        self.files
    }

    /// Which of debugfs, sysfs and procfs are there, and which refused a file in this pass.
    ///
    /// debugfs that is not mounted is an empty folder of sysfs.
    pub(super) fn states(&self) -> [(&'static str, bool, bool); 3] {
        let paths = &self.host.paths;
        let roots = [&paths.debugfs, &paths.sysfs, &paths.procfs];
        let mut states =
            [("debugfs", false, false), ("sysfs", false, false), ("procfs", false, false)];
        for ((state, root), was_refused) in states.iter_mut().zip(roots).zip(self.refused) {
            let listed = std::fs::read_dir(root).map(|mut entries| entries.next().is_some());
            let is_refused = listed.as_ref().is_err_and(is_refusal);
            (state.1, state.2) = (listed.unwrap_or(false), is_refused || was_refused);
        }
        states
    }

    /// All devices of this pass, for whoever keeps something as long as they are the same.
    pub(super) fn all_devices(&mut self) -> Vec<Arc<[Instance]>> {
        let folders = [Folder::Llite, Folder::Osc, Folder::Mdc];
        folders.into_iter().filter_map(|folder| self.devices(folder).ok()).collect()
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

    /// The text of a device's file; `None` when the device has gone meanwhile, or when the file is
    /// optional and nowhere.
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
            for part in [root.as_path(), file.folder.as_ref(), device.name.as_ref()] {
                self.path.push(part);
            }
            self.path.push(file.name);
            // An open file of debugfs would keep the client's modules loaded.
            let read = if index == 0 {
                read_into(&self.path, &mut self.room)
            } else {
                self.kept.read(&self.path, &mut self.room)
            };
            match read {
                Ok(length) => {
                    file.hint = index;
                    self.files += 1;
                    return Ok(self.room.get(..length));
                }
                Err(error) if is_absent(&error) => {}
                Err(error) => {
                    self.note_refusal(index, &error);
                    refused.get_or_insert((self.path.clone(), error));
                }
            }
        }
        match refused {
            // The kernel's word for a connection that is being taken down.
            Some((_, error)) if error.raw_os_error() == Some(nix::libc::ENODEV) => Ok(None),
            Some((path, source)) => Err(SourceError::Unreadable { path, source }),
            None if file.is_optional || self.has_gone(file.folder, device) => Ok(None),
            None => Err(self.missing(&format!("{}/{}/{}", file.folder, device.name, file.name))),
        }
    }

    fn note_refusal(&mut self, root: usize, error: &Error) {
        if let Some(refused) = self.refused.get_mut(root) {
            *refused |= is_refusal(error);
        }
    }

    /// The text of the first of these files that is there; `None` when none is.
    ///
    /// # Errors
    /// [`SourceError`] when none can be read and one is refused.
    pub(super) fn first_of(&mut self, paths: &[PathBuf]) -> Result<Option<&[u8]>, SourceError> {
        let mut first = None;
        for path in paths {
            self.path.clone_from(path);
            match read_into(path, &mut self.room) {
                Ok(length) => {
                    self.files += 1;
                    return Ok(self.room.get(..length));
                }
                Err(error) if is_absent(&error) => {}
                Err(source) => {
                    let is_of_debugfs = path.starts_with(&self.host.paths.debugfs);
                    if let Some(refused) = self.refused.first_mut().filter(|_| is_of_debugfs) {
                        *refused |= is_refusal(&source);
                    }
                    first.get_or_insert(SourceError::Unreadable { path: path.clone(), source });
                }
            }
        }
        first.map_or(Ok(None), Err)
    }

    /// A node-wide file of the client in each place where it may be: sysfs, procfs of old. debugfs
    /// has files of the same names with something else in them (2.15 an empty `health_check`).
    pub(super) fn node_file(&self, name: &str) -> Vec<PathBuf> {
        self.roots.iter().skip(1).map(|root| root.join(name)).collect()
    }

    /// A file of the client that is a node's, in each place where it may be.
    pub(super) fn any_file(&self, name: &str) -> Vec<PathBuf> {
        self.roots.iter().map(|root| root.join(name)).collect()
    }

    /// Whether the client's modules are loaded, as far as sysfs and procfs tell.
    pub(super) fn is_client_loaded(&self) -> bool {
        self.roots.iter().skip(1).any(|root| root.is_dir())
    }

    /// The error for a file of the client that should be there.
    pub(super) fn missing(&self, what: &str) -> SourceError {
        SourceError::missing(what, &self.roots)
    }

    fn has_gone(&self, folder: &str, device: &Instance) -> bool {
        let at = |root: &PathBuf| root.join(folder).join(&device.name);
        !self.roots.iter().any(|root| at(root).symlink_metadata().is_ok())
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Refused for want of a capability, or since the kernel is locked down.
fn is_refusal(error: &Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}

fn add_devices(folder: Folder, path: &Path, to: &mut BTreeSet<Instance>) -> Result<(), Error> {
    for entry in std::fs::read_dir(path)? {
        let name = entry?.file_name();
        to.extend(name.to_str().and_then(|name| Instance::parse(folder, name)));
    }
    Ok(())
}
