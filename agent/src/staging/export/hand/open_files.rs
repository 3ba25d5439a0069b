//! Files of a file system that processes of this node may still write to: descriptors open for writing,
//! and shared writable mappings. No file of Lustre is touched.
//!
//! *Source*: `/proc/PID/mountinfo`, `fdinfo` (`flags:` octal, `mnt_id:`), `fd` and `maps` (proc(5)). What a
//! process elsewhere than in `/proc` holds (a descriptor in flight, `io_uring`) is not seen.

use crate::staging::export::association::is_within;
use fsxlustre_mount::host::{Mount, MountTable, unescape};
use fsxlustre_mount::source::Device;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// `O_ACCMODE` and `O_PATH` of open(2).
const ACCESS: u32 = 0o3;
const PATH_ONLY: u32 = 0o10_000_000;
/// So many are named.
const MOST_NAMED: usize = 10_000;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFiles {
    /// Where the processes are: `/proc`.
    pub(crate) processes: PathBuf,
    /// The file system, by the key of its device.
    pub(crate) key: String,
    /// The types of Lustre's mounts.
    pub(crate) types: Vec<String>,
    /// Paths below the file system's root, with a `/` before them.
    pub(crate) paths: Vec<String>,
}

impl OpenFiles {
    /// Each file with the process that has it open; the reason where a process may not be looked at.
    pub(super) fn look(&self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let entries = std::fs::read_dir(&self.processes).map_err(|error| error.to_string())?;
        let mut hidden = 0_usize;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            match self.process(pid, &entry.path()) {
                Ok(files) => found.extend(files),
                Err(error) if is_gone(&error) => {}
                Err(_) => hidden += 1,
            }
        }
        if hidden > 0 {
            return Err(format!("{hidden} processes may not be looked at (run it as root)"));
        }
        found.sort();
        found.dedup();
        found.truncate(MOST_NAMED);
        Ok(found)
    }

    fn process(&self, pid: u32, folder: &Path) -> std::io::Result<Vec<String>> {
        let table = MountTable::parse(&std::fs::read(folder.join("mountinfo"))?);
        let is_ours = |mount: &&Mount| {
            self.types.contains(&mount.fs_type)
                && Device::parse(&mount.source).is_some_and(|device| device.key() == self.key)
        };
        let mounts: BTreeMap<i32, &Mount> =
            table.mounts.iter().filter(is_ours).map(|mount| (mount.id, mount)).collect();
        if mounts.is_empty() {
            return Ok(Vec::new());
        }
        let command = std::fs::read_to_string(folder.join("comm")).unwrap_or_default();
        let who = format!("{} ({pid})", command.trim_end());
        let mut paths = descriptors(folder, &mounts)?;
        paths.extend(mappings(folder, &mounts)?);
        let named = paths.into_iter().filter(|(mount, path)| self.is_asked(mount, path));
        Ok(named.map(|(_, path)| format!("{} by {who}", path.display())).collect())
    }

    fn is_asked(&self, mount: &Mount, path: &Path) -> bool {
        let Some(root) = Device::shown_by(mount).map(|device| device.subdir.unwrap_or_default())
        else {
            return true;
        };
        let below = path.strip_prefix(&mount.directory).unwrap_or(path).to_string_lossy();
        self.paths.iter().any(|folder| is_within(&format!("{root}/{below}"), folder))
    }
}

fn is_gone(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(nix::libc::ESRCH)
}

type Held<'a> = Vec<(&'a Mount, PathBuf)>;

fn descriptors<'a>(folder: &Path, mounts: &BTreeMap<i32, &'a Mount>) -> std::io::Result<Held<'a>> {
    let mut held = Vec::new();
    for entry in std::fs::read_dir(folder.join("fdinfo"))?.flatten() {
        // A descriptor that is closed meanwhile is not open.
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        let value =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let flags = value("flags:").and_then(|octal| u32::from_str_radix(octal, 8).ok());
        let flags = flags.unwrap_or(ACCESS);
        let id = value("mnt_id:").and_then(|number| number.parse::<i32>().ok());
        let Some(mount) = id.and_then(|id| mounts.get(&id)) else { continue };
        if flags & ACCESS == 0 || flags & PATH_ONLY != 0 {
            continue;
        }
        let link = folder.join("fd").join(entry.file_name());
        if let Ok(path) = std::fs::read_link(link) {
            held.push((*mount, path));
        }
    }
    Ok(held)
}

/// Lines `START-END PERMISSIONS OFFSET DEVICE INODE PATH`, `rw-s` for one that is shared and writable.
fn mappings<'a>(folder: &Path, mounts: &BTreeMap<i32, &'a Mount>) -> std::io::Result<Held<'a>> {
    let text = std::fs::read(folder.join("maps"))?;
    let mut held = Vec::new();
    for line in String::from_utf8_lossy(&text).lines() {
        let Some((permissions, path)) = mapped(line) else { continue };
        if !permissions.contains('w') || !permissions.contains('s') {
            continue;
        }
        let of = mounts.values().filter(|mount| path.starts_with(&mount.directory));
        if let Some(mount) = of.max_by_key(|mount| mount.directory.as_os_str().len()) {
            held.push((*mount, path));
        }
    }
    Ok(held)
}

fn mapped(line: &str) -> Option<(&str, PathBuf)> {
    let permissions = line.split_ascii_whitespace().nth(1)?;
    let path = line.get(line.find('/')?..)?;
    Some((permissions, unescape(path.as_bytes()).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read_with_its_permissions_and_its_path() {
        let line = "7f00-7f01 rw-s 00000000 00:28 12345   /mnt/fsx/a b\\012c";
        assert_eq!(mapped(line), Some(("rw-s", PathBuf::from("/mnt/fsx/a b\nc"))));
        assert_eq!(mapped("7f00-7f01 rw-p 00000000 00:00 0 [heap]"), None);
    }

    /// A process folder with two descriptors on Lustre, one of them for reading only.
    #[test]
    fn only_what_is_open_for_writing_below_the_paths_counts() {
        let folder = tempfile::tempdir().expect("folder");
        let process = folder.path().join("17");
        for name in ["fd", "fdinfo"] {
            std::fs::create_dir_all(process.join(name)).expect("folder");
        }
        let mounted = "30 21 0:40 /sub /mnt/fsx rw - lustre 10.0.0.5@tcp:/p7lsxbev rw\n";
        std::fs::write(process.join("mountinfo"), mounted).expect("file");
        std::fs::write(process.join("comm"), "solver\n").expect("file");
        std::fs::write(process.join("maps"), "").expect("file");
        for (number, flags, path) in [
            (3, "0100001", "/mnt/fsx/a/x"),
            (4, "0100000", "/mnt/fsx/a/y"),
            (5, "02", "/mnt/fsx/b"),
        ] {
            let text = format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t30\n");
            std::fs::write(process.join(format!("fdinfo/{number}")), text).expect("file");
            let link = process.join(format!("fd/{number}"));
            std::os::unix::fs::symlink(path, link).expect("link");
        }
        let look = |path: &str| {
            OpenFiles {
                processes: folder.path().to_owned(),
                key: "p7lsxbev".into(),
                types: vec!["lustre".into()],
                paths: vec![path.into()],
            }
            .look()
        };
        assert_eq!(look("/sub/a"), Ok(vec!["/mnt/fsx/a/x by solver (17)".into()]));
        assert_eq!(look("/").map(|all| all.len()), Ok(2));
        assert_eq!(look("/a"), Ok(Vec::new()));
        std::fs::remove_file(process.join("maps")).expect("removed");
        std::fs::create_dir(process.join("maps")).expect("folder");
        assert!(look("/").is_err(), "what cannot be looked at is not nothing");
    }
}
