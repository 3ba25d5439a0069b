//! The files of a captured 2.15.8 client, grown to many targets and mounts.

use fsxlustre_mount::host::MountTable;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const FSNAME: &str = "p7lsxbev";
const INSTANCE: &str = "ff3391038293f800";

/// A client's files below a folder that goes with the value: `proc`, `sys`, and its mount points.
#[derive(Debug)]
pub struct Grown {
    folder: tempfile::TempDir,
}

impl Grown {
    /// A client with so many mounts of file systems with so many OSTs, and one MDT each.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn new(osts: usize, mounts: usize) -> io::Result<Self> {
        let captured = captured()?;
        let folder = tempfile::tempdir()?;
        let mut table = "22 1 252:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n".to_owned();
        for mount in 0..mounts {
            let names = Names {
                fs: if mount == 0 { FSNAME.to_owned() } else { format!("m{mount:07x}") },
                instance: format!("ff{:014x}", 0x33_9103_8293_f800 + mount * 0x1000),
            };
            for (path, text) in &captured {
                if mount == 0 || path.contains(FSNAME) {
                    put(folder.path(), &names, osts, path, text)?;
                }
            }
            fs::create_dir_all(folder.path().join(format!("fsx{mount}")))?;
            table += &format!(
                "{} 22 3428:{mount} / /fsx{mount} rw,noatime shared:90 - lustre \
                 192.168.77.10@tcp:/{} rw,checksum,flock,lruresize,lazystatfs,noencrypt\n",
                190 + mount,
                names.fs
            );
        }
        let own = folder.path().join("proc/self");
        fs::create_dir_all(&own)?;
        fs::write(own.join("mountinfo"), table)?;
        Ok(Self { folder })
    }

    /// The same by another generator, which is called as `GENERATOR FOLDER --osts N --mounts K` and makes `proc` and
    /// `sys`.
    ///
    /// # Errors
    /// When it fails, or a folder cannot be made.
    pub fn by(generator: &Path, osts: usize, mounts: usize) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let [osts, mounts] = [osts, mounts].map(|number| number.to_string());
        let mut command = Command::new(generator);
        command.arg(folder.path()).args(["--osts", &osts, "--mounts", &mounts]);
        let told = command.output()?;
        if !told.status.success() {
            let said = String::from_utf8_lossy(&told.stderr);
            return Err(io::Error::other(format!("{}: {said}", generator.display())));
        }
        let table = MountTable::read(&folder.path().join("proc/self/mountinfo"));
        for mount in table.map_err(io::Error::other)?.mounts {
            let below = mount.directory.strip_prefix("/").map_err(io::Error::other)?;
            fs::create_dir_all(folder.path().join(below))?;
        }
        Ok(Self { folder })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }
}

struct Names {
    fs: String,
    instance: String,
}

/// Path and text of every captured file that is of one MDT or of an OST or of none.
fn captured() -> io::Result<Vec<(String, String)>> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent/tests/fixtures/metrics/lustre-2.15.8");
    let mut folders = vec![PathBuf::new()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                let shown = path.to_string_lossy().into_owned();
                if !shown.contains("MDT0001") && !shown.ends_with("mountinfo") {
                    files.push((shown, fs::read_to_string(entry.path())?));
                }
            }
        }
    }
    Ok(files)
}

/// Writes a file once, or for every OST that is made of this one.
fn put(root: &Path, names: &Names, osts: usize, path: &str, text: &str) -> io::Result<()> {
    let own = |text: &str| text.replace(FSNAME, &names.fs).replace(INSTANCE, &names.instance);
    let write = |path: &str, text: &str| {
        let path = root.join(own(path));
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(path, own(text))
    };
    let source = (0..2).map(|number| format!("OST{number:04x}")).enumerate();
    let Some((first, name)) = source.into_iter().find(|(_, name)| path.contains(name)) else {
        return write(path, text);
    };
    (first..osts).step_by(2).try_for_each(|number| {
        let ours = format!("OST{number:04x}");
        write(&path.replace(&name, &ours), &text.replace(&name, &ours))
    })
}
