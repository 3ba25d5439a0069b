//! Where a path is: its mount, its file system, and its path below that file system's root.
//!
//! Only the list of mounts and our own records are read; nothing of Lustre is touched.

use super::ExportError;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, Mount, MountTable};
use fsxlustre_mount::partition::name_parts;
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::source::Device;
use std::path::{Component, Path, PathBuf};

/// The longest path that a task takes, in characters.
const LONGEST_PATH: usize = 4096;

/// A path on a Lustre mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path as it was given, without `.` and doubled `/`.
    pub path: PathBuf,
    /// The mount that it lies in.
    pub mount: Mount,
    /// What is mounted there.
    pub device: Device,
    /// The path below the file system's root, with a `/` before it; `/` for all of it.
    pub in_file_system: String,
    /// The id of the file system, where our record of the mount, or the name that it was mounted by,
    /// has it.
    pub file_system_id: Option<String>,
    /// The Region of that name.
    pub region: Option<String>,
}

impl Place {
    /// Finds where an absolute path is. No symbolic link is followed.
    ///
    /// # Errors
    /// It is not a path that a task takes, or not on Lustre; the list of mounts cannot be read.
    pub fn of(host: &Host, path: &Path) -> Result<Self, Failure> {
        let table = host.mounts().map_err(|error| error.failure())?;
        Self::in_table(host, &table, path).map_err(|error| error.failure())
    }

    fn in_table(host: &Host, table: &MountTable, path: &Path) -> Result<Self, ExportError> {
        let unfit = |because: &str| ExportError::Path {
            path: path.display().to_string(),
            because: because.to_owned(),
        };
        let plain = plain(path).map_err(unfit)?;
        let mount = table.containing(&plain).filter(|mount| host.is_lustre(mount));
        let mount = mount.ok_or_else(|| {
            unfit("it is on no Lustre mount of this node (symbolic links are not followed)")
        })?;
        let device =
            Device::shown_by(mount).ok_or_else(|| unfit("the mount's source is not understood"))?;
        let below = plain.strip_prefix(&mount.directory).unwrap_or(Path::new(""));
        let root = device.subdir.as_deref().unwrap_or_default();
        let in_file_system = match below.to_str() {
            Some("") if root.is_empty() => "/".to_owned(),
            Some("") => root.to_owned(),
            Some(below) => format!("{root}/{below}"),
            None => return Err(unfit("it is not UTF-8, as FSx demands")),
        };
        let record = MountRecord::read_of(host, mount);
        let named = record.as_ref().and_then(|record| name_parts(&record.device));
        let id = record.and_then(|record| record.file_system_id);
        let file_system_id = id.or_else(|| named.as_ref().map(|named| named.id.clone()));
        let region = named.map(|named| named.region);
        let mount = mount.clone();
        Ok(Self { path: plain, mount, device, in_file_system, file_system_id, region })
    }
}

/// The path in one way of writing it.
fn plain(path: &Path) -> Result<PathBuf, &'static str> {
    let text = path.to_str().ok_or("it is not UTF-8, as FSx demands")?;
    if !path.is_absolute() {
        return Err("it is not an absolute path");
    }
    if path.components().any(|part| part == Component::ParentDir) {
        return Err("it has a '..'");
    }
    if text.contains(['\0', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return Err("it has a line break, which FSx does not take");
    }
    if text.chars().count() > LONGEST_PATH {
        return Err("it is longer than the 4,096 characters that FSx takes");
    }
    Ok(path.components().collect())
}

/// Places that are all on one file system.
///
/// # Errors
/// As [`Place::of`], or they are on several.
pub fn on_one_file_system(host: &Host, paths: &[PathBuf]) -> Result<Vec<Place>, Failure> {
    let places: Vec<Place> =
        paths.iter().map(|path| Place::of(host, path)).collect::<Result<_, _>>()?;
    let mut keys: Vec<String> = places.iter().map(|place| place.device.key()).collect();
    keys.sort();
    keys.dedup();
    if keys.len() > 1 {
        return Err(ExportError::Several { mounts: keys.join(", ") }.failure());
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    const TABLE: &[u8] = b"21 1 8:1 / / rw - ext4 /dev/vda rw\n\
        30 21 0:40 / /mnt/fsx rw - lustre 10.0.0.5@tcp:/p7lsxbev rw\n\
        31 21 0:40 /sub/dir /mnt/sub rw - lustre 10.0.0.5@tcp:/p7lsxbev rw\n\
        32 30 0:41 / /mnt/fsx/other rw - lustre 10.0.0.6@tcp:/abcdefgh rw\n";

    fn find(path: &[u8]) -> Result<String, String> {
        let table = MountTable::parse(TABLE);
        let path = Path::new(OsStr::from_bytes(path));
        Place::in_table(&Host::default(), &table, path)
            .map(|place| format!("{}:{}", place.device.fsname, place.in_file_system))
            .map_err(|error| error.because())
    }

    #[test]
    fn a_path_is_told_below_the_root_of_its_own_file_system() {
        for (path, wanted) in [
            ("/mnt/fsx", "p7lsxbev:/"),
            ("/mnt/fsx/", "p7lsxbev:/"),
            ("/mnt/fsx/./a//b c/", "p7lsxbev:/a/b c"),
            ("/mnt/sub", "p7lsxbev:/sub/dir"),
            ("/mnt/sub/x", "p7lsxbev:/sub/dir/x"),
            ("/mnt/fsx/other/x", "abcdefgh:/x"),
            ("/mnt/fsx/otherwise", "p7lsxbev:/otherwise"),
            ("/mnt/fsx/-rf; $(x) '\"\u{1b}[31m*?", "p7lsxbev:/-rf; $(x) '\"\u{1b}[31m*?"),
        ] {
            assert_eq!(find(path.as_bytes()).as_deref(), Ok(wanted), "{path:?}");
        }
    }

    #[test]
    fn a_path_that_no_task_takes_is_refused() {
        for path in ["mnt/fsx/a", "/mnt/fsx/../a", "/mnt/fsx/a\nb", "/mnt/fsx/a\u{2028}", "/home"] {
            assert!(find(path.as_bytes()).is_err(), "{path:?}");
        }
        assert!(find(b"/mnt/fsx/\xff").is_err());
        assert!(find(format!("/mnt/fsx/{}", "x/".repeat(2048)).as_bytes()).is_err());
    }
}
