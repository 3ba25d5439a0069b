//! Dropping unused locks: what is written into `ldlm/namespaces/*/lru_size`.
//!
//! `clear` leaves no lock, and with the locks go the pages that were not written: `cur_dirty_bytes` of the target is 0
//! afterwards (`60_more/lru_clear_by_sysfs.out`). While requests stand still, so does this.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use super::client::Client;
use crate::fault::{Fault, wait_until_cleared};
use crate::root::Root;

/// One namespace of locks, and what its target has not been sent yet.
struct Namespace {
    locks: PathBuf,
    dirty: Option<PathBuf>,
}

/// Does in a thread of its own what the kernel does with what is written there, as long as the process lives.
pub fn serve(root: &Root, client: &Client) -> io::Result<()> {
    let Client { fsname, instance, osts, .. } = client;
    let folder = |class: &str| root.join(format!("sys/fs/lustre/{class}"));
    let mut namespaces = vec![Namespace {
        locks: folder(&format!("ldlm/namespaces/{fsname}-MDT0000-mdc-{instance}")),
        dirty: None,
    }];
    namespaces.extend((0..*osts).map(|ost| {
        let device = format!("{fsname}-OST{ost:04x}-osc-{instance}");
        let dirty = folder(&format!("osc/{device}/cur_dirty_bytes"));
        Namespace { locks: folder(&format!("ldlm/namespaces/{device}")), dirty: Some(dirty) }
    }));
    let written = Inotify::init(InitFlags::IN_CLOEXEC)?;
    for namespace in &namespaces {
        written.add_watch(&namespace.locks, AddWatchFlags::IN_CLOSE_WRITE)?;
    }
    let root = root.clone();
    thread::spawn(move || {
        while written.read_events().is_ok() {
            for namespace in &namespaces {
                // The tree may be on its way out with the mount.
                let _gone = namespace.drop_locks(&root);
            }
        }
    });
    Ok(())
}

impl Namespace {
    fn drop_locks(&self, root: &Root) -> io::Result<()> {
        let size = self.locks.join("lru_size");
        if !fs::read_to_string(&size)?.starts_with("clear") {
            return Ok(());
        }
        wait_until_cleared(&Fault::IoHang.flag(root));
        if let Some(dirty) = &self.dirty {
            root.write(dirty, "0\n", 0o444)?;
        }
        root.write(&size, "0\n", 0o644)
    }
}
