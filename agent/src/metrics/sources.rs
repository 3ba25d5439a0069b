//! Where the client's files are, and how one is read.
//!
//! A file may be below debugfs, sysfs or procfs: that changed from version to version, and builds
//! of Amazon, DDN and the kernel's own staging tree mix. So each file *name* is looked for in that
//! order, whatever the version.

use super::instances::{Folder, Instance};
use super::kept_files::{Given, KeptFiles, PassFolder, read_into};
use super::listed::Listed;
use super::listing::has_entry;
use super::mounts::{LustreMounts, OwnMounts};
use super::own_state::OwnState;
use super::verdict::SourceError;
use foldhash::fast::RandomState;
use fsxlustre_mount::host::{Host, MountInfoError, MountTable};
use std::collections::HashMap;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that every device of a folder has, and where the last one was found.
#[derive(Debug)]
pub(super) struct DeviceFile {
    folder: &'static str,
    name: &'static str,
    /// Which root to try first, once it is known: the one that had the file of the device before.
    hint: Option<usize>,
    is_optional: bool,
}

impl DeviceFile {
    /// The file of that name.
    pub(super) const fn new(folder: Folder, name: &'static str) -> Self {
        Self { folder: folder.name(), name, hint: None, is_optional: false }
    }

    /// The file of that name in a device's namespace of locks, which is called as the device is.
    pub(super) const fn of_namespace(name: &'static str) -> Self {
        Self { folder: "ldlm/namespaces", name, hint: None, is_optional: false }
    }

    /// The same, of a file that not every version or build has.
    pub(super) const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }
}

/// Where a file of the node as a whole may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// sysfs, or procfs of old. debugfs has files of the same names with something else in them (2.15 an empty
    /// `health_check`).
    Client,
    /// Any of the three.
    AnyOfClient,
    /// LNet's folder: below debugfs, or in procfs up to 2.10.
    Lnet,
}

/// The files of this node's client.
#[derive(Debug)]
pub(super) struct Sources {
    host: Arc<Host>,
    /// debugfs, sysfs, procfs: the order in which a file is looked for.
    roots: [PathBuf; 3],
    /// LNet's folders.
    lnet: [PathBuf; 2],
    devices: [Listed; 3],
    /// Where the files of a folder and name were found last.
    hints: HashMap<(&'static str, &'static str), usize, RandomState>,
    /// The list of mounts: whether it was read in this pass, its text, and what that means.
    mounts: (bool, Vec<u8>, Arc<LustreMounts>),
    path: PathBuf,
    room: Vec<u8>,
    /// Room for names.
    names: Vec<u8>,
    kept: KeptFiles,
    /// The client's folder there.
    debugfs: PassFolder,
    own: OwnState,
    /// Files that were read in this pass.
    files: u64,
    /// Whether a device that is listed may have gone, as its files told in this pass.
    has_one_gone: bool,
    /// The same of the last pass.
    had_one_gone: bool,
    /// Which of debugfs, sysfs and procfs refused a file in this pass.
    refused: [bool; 3],
    /// Which of them gave one.
    gave: [bool; 3],
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
            lnet: [paths.debugfs.join("lnet"), paths.procfs.join("sys/lnet")],
            host: Arc::new(host.clone()),
            devices: Default::default(),
            hints: HashMap::default(),
            mounts: (false, Vec::new(), Arc::default()),
            path: PathBuf::new(),
            kept: KeptFiles::default(),
            debugfs: PassFolder::default(),
            own: OwnState::default(),
            room: Vec::new(),
            names: Vec::new(),
            files: 0,
            has_one_gone: false,
            had_one_gone: false,
            refused: [false; 3],
            gave: [false; 3],
        }
    }

    /// This machine.
    pub(super) fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// This machine, and what fsxlustre keeps there.
    pub(super) fn own_state(&mut self) -> (&Arc<Host>, &mut OwnState) {
        (&self.host, &mut self.own)
    }

    /// Begins a pass: what was listed before is listed anew, unless that would give the same.
    pub(super) fn begin(&mut self) {
        self.devices.iter_mut().for_each(|listed| listed.is_current = false);
        self.mounts.0 = false;
        self.files = 0;
        self.had_one_gone = std::mem::take(&mut self.has_one_gone);
        self.refused = [false; 3];
        self.gave = [false; 3];
        self.kept.end_pass();
    }

    /// Notes that a device that is listed may have gone, so that the next pass lists it if it has not.
    pub(super) fn note_one_gone(&mut self) {
        self.has_one_gone = true;
    }

    /// Ends a pass: nothing of debugfs stays open.
    pub(super) fn end(&mut self) {
        self.debugfs.close();
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
        let seen = self.gave.into_iter().zip(self.refused);
        for ((state, root), (gave, was_refused)) in states.iter_mut().zip(roots).zip(seen) {
            let listed = if gave { Ok(true) } else { has_entry(root) };
            let is_refused = listed.as_ref().is_err_and(is_refusal);
            (state.1, state.2) = (listed.unwrap_or(false), is_refused || was_refused);
        }
        states
    }

    /// The folders of devices.
    pub(super) const FOLDERS: [Folder; 3] = [Folder::Llite, Folder::Osc, Folder::Mdc];

    /// All devices of this pass that could be listed, by [`Self::FOLDERS`], for whoever keeps something
    /// as long as they are the same.
    pub(super) fn all_devices(&mut self) -> Vec<Arc<[Instance]>> {
        Self::FOLDERS.into_iter().filter_map(|folder| self.devices(folder).ok()).collect()
    }

    /// The file that was tried last.
    pub(super) fn last_path(&self) -> &Path {
        &self.path
    }

    /// The devices of a folder, sorted by name; empty when nothing is mounted.
    ///
    /// debugfs is not looked at: every version shows all devices in sysfs or procfs, and the ones that
    /// show any in sysfs show all there.
    ///
    /// # Errors
    /// [`SourceError`] when a folder cannot be listed, or there is no sysfs to look into.
    pub(super) fn devices(&mut self, folder: Folder) -> Result<Arc<[Instance]>, SourceError> {
        let known = self.devices.get(folder as usize).filter(|listed| listed.is_current);
        if let Some(listed) = known {
            return Ok(Arc::clone(&listed.devices));
        }
        let clients = match folder {
            Folder::Llite => None,
            Folder::Osc | Folder::Mdc => self.devices(Folder::Llite).ok(),
        };
        let Some(listed) = self.devices.get_mut(folder as usize) else { return Ok(Arc::default()) };
        if listed.is_as_before(folder, clients.as_ref(), self.had_one_gone) {
            listed.is_current = true;
            return Ok(Arc::clone(&listed.devices));
        }
        let [_, roots @ ..] = &self.roots;
        listed.list(folder, roots, &mut self.path, &mut self.names)?;
        let sysfs = &self.host.paths.sysfs;
        if listed.devices.is_empty() && !sysfs.is_dir() {
            return Err(SourceError::missing("sysfs", std::slice::from_ref(sysfs)));
        }
        (listed.is_current, listed.clients) = (true, clients);
        Ok(Arc::clone(&listed.devices))
    }

    /// The mounts of Lustre of this pass.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn mounts(&mut self) -> Result<Arc<LustreMounts>, MountInfoError> {
        let (is_current, text, mounts) = &mut self.mounts;
        if *is_current {
            return Ok(Arc::clone(mounts));
        }
        let path = self.host.mountinfo();
        let Ok(length) = self.kept.read(&path, Given::ByLine, &mut self.room) else {
            // It says why.
            let table = self.host.mounts()?;
            let own = OwnMounts::read(&self.host).unwrap_or_default();
            return Ok(Arc::new(LustreMounts::of(&self.host, table, own.as_ref())));
        };
        self.gave[2] = true;
        let now = self.room.get(..length).unwrap_or_default();
        if text != now {
            let own = OwnMounts::read(&self.host);
            let is_read = own.is_ok();
            let table = MountTable::parse(now);
            let of_it = LustreMounts::of(&self.host, table, own.unwrap_or_default().as_ref());
            text.clear();
            // What this process has may change by itself, and is of interest where it lacks something.
            if is_read && of_it.unseen().next().is_none() {
                text.extend_from_slice(now);
            }
            *mounts = Arc::new(of_it);
        }
        *is_current = true;
        Ok(Arc::clone(mounts))
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
        let known = || self.hints.get(&(file.folder, file.name)).copied();
        file.hint = file.hint.or_else(known);
        let first = file.hint.unwrap_or_default();
        let order = std::iter::once(first).chain((0..3).filter(|other| *other != first));
        let mut refused = None;
        for index in order {
            let Some(root) = self.roots.get(index) else { continue };
            let path = self.path.as_mut_os_string();
            path.clear();
            path.push(root);
            for part in [file.folder, &device.name, file.name] {
                path.push("/");
                path.push(part);
            }
            // An open file of debugfs would keep the client's modules loaded.
            let read = if index == 0 {
                self.debugfs.read(root, &self.path, Given::ByPage, &mut self.room)
            } else {
                self.kept.read(&self.path, Given::ByPage, &mut self.room)
            };
            match read {
                Ok(length) => {
                    if file.hint != Some(index) {
                        file.hint = Some(index);
                        self.hints.insert((file.folder, file.name), index);
                    }
                    self.files += 1;
                    if let Some(gave) = self.gave.get_mut(index) {
                        *gave = true;
                    }
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
            Some((path, source)) => {
                self.has_one_gone = true;
                match source.raw_os_error() {
                    // The kernel's word for a connection that is being taken down.
                    Some(nix::libc::ENODEV) => Ok(None),
                    _ => Err(SourceError::Unreadable { path, source }),
                }
            }
            None if self.has_gone(file.folder, device) || file.is_optional => Ok(None),
            None => Err(self.missing(&format!("{}/{}/{}", file.folder, device.name, file.name))),
        }
    }

    fn note_refusal(&mut self, root: usize, error: &Error) {
        if let Some(refused) = self.refused.get_mut(root) {
            *refused |= is_refusal(error);
        }
    }

    /// The text of a file of the node as a whole; `None` when it is nowhere.
    ///
    /// # Errors
    /// [`SourceError`] when it cannot be read anywhere and is refused somewhere.
    pub(super) fn node_file(
        &mut self,
        place: Place,
        name: &str,
    ) -> Result<Option<&[u8]>, SourceError> {
        let [debugfs, sysfs, procfs] = &self.roots;
        let [lnet, old_lnet] = &self.lnet;
        // With whether it is of debugfs.
        let folders: &[(bool, &PathBuf)] = match place {
            Place::Client => &[(false, sysfs), (false, procfs)],
            Place::AnyOfClient => &[(true, debugfs), (false, sysfs), (false, procfs)],
            Place::Lnet => &[(true, lnet), (false, old_lnet)],
        };
        let given = if place == Place::Lnet { Given::ByLine } else { Given::ByPage };
        let mut first = None;
        for (is_of_debugfs, folder) in folders {
            let path = self.path.as_mut_os_string();
            path.clear();
            path.push(folder);
            path.push("/");
            path.push(name);
            let read = if *is_of_debugfs {
                read_into(&self.path, given, &mut self.room)
            } else {
                self.kept.read(&self.path, given, &mut self.room)
            };
            match read {
                Ok(length) => {
                    self.files += 1;
                    return Ok(self.room.get(..length));
                }
                Err(error) if is_absent(&error) => {}
                Err(source) => {
                    if let Some(refused) = self.refused.first_mut().filter(|_| *is_of_debugfs) {
                        *refused |= is_refusal(&source);
                    }
                    let path = self.path.clone();
                    first.get_or_insert(SourceError::Unreadable { path, source });
                }
            }
        }
        first.map_or(Ok(None), Err)
    }

    /// The error for a file of LNet that should be there.
    pub(super) fn missing_of_lnet(&self, what: &str) -> SourceError {
        SourceError::missing(what, &self.lnet)
    }

    /// Whether the client's modules are loaded, as far as sysfs and procfs tell.
    pub(super) fn is_client_loaded(&self) -> bool {
        self.roots.iter().skip(1).any(|root| root.is_dir())
    }

    /// The error for a file of the client that should be there.
    pub(super) fn missing(&self, what: &str) -> SourceError {
        SourceError::missing(what, &self.roots)
    }

    fn has_gone(&mut self, folder: &str, device: &Instance) -> bool {
        let at = |root: &PathBuf| root.join(folder).join(&device.name);
        let has_gone = !self.roots.iter().any(|root| at(root).symlink_metadata().is_ok());
        // A namespace of locks may go before its device.
        let is_listed = Self::FOLDERS.iter().any(|listed| listed.name() == folder);
        self.has_one_gone |= has_gone && is_listed;
        has_gone
    }
}

pub(super) fn is_absent(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Refused for want of a capability, or since the kernel is locked down.
fn is_refusal(error: &Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}
