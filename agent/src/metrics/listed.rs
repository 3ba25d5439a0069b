//! The devices of a kind, listed again only where they may be others.

use super::instances::{Folder, Instance};
use super::listing::{KeptFolder, split};
use super::sources::is_absent;
use super::verdict::SourceError;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// So many clients are looked for by name: each costs a system call, and to list them costs two.
const FEW_CLIENTS: usize = 4;

/// What a folder of devices had, and whether it was listed in this pass.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Whether it was listed in this pass, or is as it was before.
    pub(super) is_current: bool,
    /// In sysfs and procfs.
    folders: [KeptFolder; 2],
    /// As sysfs or procfs lists them; the same names are the same devices.
    names: Vec<u8>,
    /// The devices, sorted by name.
    pub(super) devices: Arc<[Instance]>,
    /// The mounted clients when it was listed, for a folder of their connections.
    pub(super) clients: Option<Arc<[Instance]>>,
}

impl Listed {
    /// Lists it anew; `path` is the folder that was looked at last, and `names` is room.
    ///
    /// # Errors
    /// [`SourceError::Unreadable`].
    pub(super) fn list(
        &mut self,
        folder: Folder,
        roots: &[PathBuf; 2],
        path: &mut PathBuf,
        names: &mut Vec<u8>,
    ) -> Result<(), SourceError> {
        names.clear();
        self.clients = None;
        let (mut are_others, mut has_devices) = (false, false);
        for (root, kept) in roots.iter().zip(&mut self.folders) {
            if has_devices {
                *kept = KeptFolder::default();
                continue;
            }
            path.clone_from(root);
            path.push(folder.name());
            match kept.add_names(path, names) {
                Ok(is_another) => are_others |= is_another,
                Err(source) if is_absent(&source) => {}
                Err(source) => return Err(SourceError::Unreadable { path: path.clone(), source }),
            }
            has_devices = text_names(names).any(|name| Instance::parse(folder, name).is_some());
        }
        if are_others || self.names != *names {
            let all = text_names(names).filter_map(|name| Instance::parse(folder, name));
            let found: BTreeSet<Instance> = all.collect();
            self.devices = found.into_iter().collect();
            self.names.clone_from(names);
        }
        Ok(())
    }

    /// Whether listing it again would give the same, which costs more to do than to tell. `had_one_gone` is whether one
    /// of the devices that are listed may have gone.
    pub(super) fn is_as_before(
        &self,
        folder: Folder,
        clients: Option<&Arc<[Instance]>>,
        had_one_gone: bool,
    ) -> bool {
        match folder {
            Folder::Llite => self.has_the_same_clients(),
            Folder::Osc | Folder::Mdc => !had_one_gone && self.has_the_same_connections(clients),
        }
    }

    /// Whether its folders have as many in them as when they were listed.
    fn has_as_many(&self) -> bool {
        let mut are_same = self.folders.iter().filter_map(KeptFolder::has_as_many).peekable();
        are_same.peek().is_some() && are_same.all(|is_same| is_same)
    }

    /// Whether listing the clients again would give the same: all that there were, and no more.
    fn has_the_same_clients(&self) -> bool {
        let has_all =
            |folder: &KeptFolder| self.devices.iter().all(|device| folder.has(&device.name));
        self.has_as_many() && self.devices.len() <= FEW_CLIENTS && self.folders.iter().any(has_all)
    }

    /// Whether listing the connections again would give the same: those of the same clients come and go one by one, so
    /// that their number tells. That one has gone as another one came is noticed when its files are read.
    fn has_the_same_connections(&self, clients: Option<&Arc<[Instance]>>) -> bool {
        let both = clients.zip(self.clients.as_ref());
        both.is_some_and(|(now, before)| Arc::ptr_eq(now, before)) && self.has_as_many()
    }
}

fn text_names(names: &[u8]) -> impl Iterator<Item = &str> {
    split(names).filter_map(|name| std::str::from_utf8(name).ok())
}
