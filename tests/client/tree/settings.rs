//! Files of settings that answer as the kernel's do: a value out of range is ERANGE, one that is no number EINVAL, and
//! what must stay below another setting moves that one (`60_more/set_bad`, `set_mod_above`, `set_max_rpcs`; what was not
//! captured is from `obd_set_max_rpcs_in_flight` and `obd_set_max_mod_rpcs_in_flight` of Lustre 2.15's genops.c).
//!
//! Each file is a FUSE mount of its own over the plain file of the tree, so only where `kernel-settings` is on when the
//! client is mounted. Every write is told to the log of calls, by the program `kernel`.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    BsdFileFlags, Config, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, INodeNo,
    LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyOpen, ReplyWrite, Request,
    Session, SessionACL, TimeOrNow, WriteFlags,
};
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::client::Client;
use crate::root::Root;

/// The type of the mounts in mountinfo.
const TYPE: &str = "fuse.lustre-setting";
/// What a request carries: 1024 pages.
const MIB_PER_RPC: u64 = 4;

/// The settings that answer so, by their folder below `sys/fs/lustre`.
const SETTINGS: [(&str, &[&str]); 4] = [
    ("osc", &["max_rpcs_in_flight", "max_dirty_mb"]),
    ("mdc", &["max_rpcs_in_flight", "max_mod_rpcs_in_flight", "max_dirty_mb"]),
    ("ldlm/namespaces", &["lru_size", "lru_max_age"]),
    (
        "llite",
        &["statahead_max", "statahead_agl", "max_read_ahead_mb", "max_read_ahead_per_file_mb"],
    ),
];

/// Folder, device and name: wherever its file is.
type Key = (&'static str, String, &'static str);

/// What all files of a client share.
struct Values {
    root: Root,
    by_key: Mutex<BTreeMap<Key, u64>>,
}

/// One file.
struct Setting {
    key: Key,
    values: Arc<Values>,
}

/// Puts them over the files of a client.
pub fn serve(root: &Root, client: &Client) -> io::Result<()> {
    let values = Arc::new(Values { root: root.clone(), by_key: Mutex::default() });
    for (class, names) in SETTINGS {
        for top in ["sys", "proc"] {
            let Ok(entries) = fs::read_dir(root.join(format!("{top}/fs/lustre/{class}"))) else {
                continue;
            };
            for entry in entries {
                let folder = entry?.path();
                let device = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if device.ends_with(&client.instance) {
                    names.iter().try_for_each(|name| {
                        put_over(&folder.join(name), (class, device.clone(), name), &values)
                    })?;
                }
            }
        }
    }
    Ok(())
}

/// Nothing where there is no such file.
fn put_over(path: &Path, key: Key, values: &Arc<Values>) -> io::Result<()> {
    let Some(value) = number(path) else { return Ok(()) };
    held(&values.by_key).insert(key.clone(), value);
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse")?;
    let options = format!(
        "fd={},rootmode=100644,user_id=0,group_id=0,default_permissions,allow_other",
        device.as_raw_fd()
    );
    let flags = MsFlags::MS_NODEV | MsFlags::MS_NOSUID;
    mount(Some("lustre-setting"), path, Some(TYPE), flags, Some(options.as_str()))?;
    let file = Setting { key, values: Arc::clone(values) };
    let mut config = Config::default();
    config.n_threads = Some(1);
    let session = Session::from_fd(file, OwnedFd::from(device), SessionACL::All, config)?;
    thread::spawn(move || session.run());
    Ok(())
}

/// Takes them away again, before the files of the tree go.
pub fn take_away(root: &Root, client: &Client) {
    let Ok(mountinfo) = fs::read_to_string("/proc/self/mountinfo") else { return };
    let below = root.path().to_string_lossy().into_owned();
    for line in mountinfo.lines().filter(|line| line.contains(&format!(" - {TYPE} "))) {
        let Some(target) = line.split(' ').nth(4) else { continue };
        if target.starts_with(&below) && target.contains(&client.instance) {
            // One that is gone is gone.
            let _gone = umount2(target, MntFlags::MNT_DETACH);
        }
    }
}

impl Values {
    fn get(&self, key: &Key) -> u64 {
        held(&self.by_key).get(key).copied().unwrap_or_default()
    }

    /// What the file says: of a size of locks that nobody has set, how many there are.
    fn shown(&self, key: &Key) -> u64 {
        let (class, device, name) = key;
        let value = self.get(key);
        if value == 0 && *name == "lru_size" {
            let locks = format!("sys/fs/lustre/{class}/{device}/lock_unused_count");
            return number(&self.root.join(locks)).unwrap_or_default();
        }
        value
    }

    fn set(&self, key: &Key, text: &str) -> Result<(), Errno> {
        let result = self.try_set(key, text.trim());
        let became = result.map_or_else(|errno| errno.to_string(), |()| "taken".to_owned());
        let told = format!("{}/{}/{}", key.0, key.1, key.2);
        let _logged = self.root.log_call("kernel", &[told, text.trim().to_owned(), became]);
        result
    }

    fn try_set(&self, key: &Key, text: &str) -> Result<(), Errno> {
        let (class, device, name) = key;
        if *name == "lru_size" && text == "clear" {
            return Ok(());
        }
        let value: u64 = text.parse().map_err(|_| Errno::EINVAL)?;
        let of = |other: &'static str| (*class, device.clone(), other);
        let is_mdc = *class == "mdc";
        let within = |least: u64, most: u64| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(Errno::ERANGE) }
        };
        match *name {
            "max_rpcs_in_flight" => {
                within(if is_mdc { 2 } else { 1 }, 256)?;
                let lower = of("max_mod_rpcs_in_flight");
                if is_mdc && value <= self.get(&lower) {
                    self.put(lower, value - 1);
                }
                let dirty = of("max_dirty_mb");
                if self.get(&dirty) < value * MIB_PER_RPC {
                    self.put(dirty, value * MIB_PER_RPC);
                }
            }
            "max_mod_rpcs_in_flight" => {
                within(1, 256)?;
                let upper = of("max_rpcs_in_flight");
                if value >= self.get(&upper) {
                    self.put(upper, value + 1);
                }
                within(1, self.limit_of_the_server(device))?;
            }
            "max_dirty_mb" => within(1, 2047)?,
            "statahead_max" => within(0, 8192)?,
            "max_read_ahead_per_file_mb" => within(0, self.get(&of("max_read_ahead_mb")))?,
            _ => {}
        }
        self.put(key.clone(), value);
        Ok(())
    }

    fn put(&self, key: Key, value: u64) {
        held(&self.by_key).insert(key, value);
    }

    /// `max_mod_rpcs` of the device's `import`.
    fn limit_of_the_server(&self, device: &str) -> u64 {
        let import = self.root.join(format!("proc/fs/lustre/mdc/{device}/import"));
        let text = fs::read_to_string(import).unwrap_or_default();
        let limit = |line: &str| line.trim().strip_prefix("max_mod_rpcs:")?.trim().parse().ok();
        text.lines().find_map(limit).unwrap_or(1)
    }
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

impl Setting {
    fn attributes(&self) -> FileAttr {
        FileAttr {
            ino: INodeNo(1),
            size: 4096,
            blocks: 0,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: FileType::RegularFile,
            perm: 0o644,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }
}

impl Filesystem for Setting {
    fn getattr(&self, _: &Request, _: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&Duration::ZERO, &self.attributes());
    }

    /// The kernel's own files pass over a truncation.
    fn setattr(
        &self,
        _: &Request,
        _: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        reply.attr(&Duration::ZERO, &self.attributes());
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        _: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let text = format!("{}\n", self.values.shown(&self.key));
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
        reply.data(&text.as_bytes()[start..]);
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.values.set(&self.key, &String::from_utf8_lossy(data)) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(errno) => reply.error(fuser::Errno::from_i32(errno as i32)),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }
}

/// A poisoned lock protects plain numbers: they stay usable.
fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
