//! The root of its own: where the programs, the tree a client would show and the stand-in's state live.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

/// A stand-in client's root directory.
#[derive(Debug, Clone)]
pub struct Root {
    path: PathBuf,
}

/// What `install` was told about the machine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The kernel release, as in `uname -r`.
    pub kernel: String,
    /// The client's own LNet NID, as `lctl list_nids` prints it.
    pub client_nid: String,
}

impl Root {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The root of a program called as `ROOT/usr/sbin/PROGRAM` or `ROOT/usr/bin/PROGRAM`.
    pub fn of_program(called_as: &Path) -> io::Result<Self> {
        let mut above = called_as.ancestors().skip(3);
        match above.next() {
            Some(path) if called_as.is_absolute() => Ok(Self::at(path)),
            _ => Err(io::Error::other(
                "call the program by its absolute path below the stand-in's root",
            )),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `path` below the root; a leading slash is allowed.
    pub fn join(&self, path: impl AsRef<str>) -> PathBuf {
        self.path.join(path.as_ref().trim_start_matches('/'))
    }

    pub fn state(&self, name: &str) -> PathBuf {
        self.path.join("state").join(name)
    }

    pub fn machine(&self) -> io::Result<Machine> {
        read_json(&self.state("machine.json"))
    }

    /// Appends one JSON line for a program call. O_APPEND keeps the lines of simultaneous calls whole.
    pub fn log_call(&self, program: &str, args: &[String]) -> io::Result<()> {
        let line = serde_json::json!({ "program": program, "args": args });
        let path = self.state("calls");
        let mut log =
            OpenOptions::new().append(true).open(&path).map_err(|error| at(&path, error))?;
        log.write_all(format!("{line}\n").as_bytes())
    }

    /// Keeps others from changing shared state until the result is dropped.
    pub fn lock(&self) -> io::Result<Flock<File>> {
        let path = self.state("lock");
        let file = OpenOptions::new().append(true).open(&path).map_err(|error| at(&path, error))?;
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| at(&path, errno.into()))
    }

    /// Replaces a file so that readers see the old or the new content, never a part: a temporary file below `state`
    /// (the tree must never show it), then rename.
    pub fn write(&self, path: &Path, content: impl AsRef<[u8]>, mode: u32) -> io::Result<()> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let temporary = self.state("tmp").join(format!("{}-{serial}", process::id()));
        fs::write(&temporary, content).map_err(|error| at(&temporary, error))?;
        fs::set_permissions(&temporary, fs::Permissions::from_mode(mode))?;
        fs::rename(&temporary, path).map_err(|error| at(path, error))
    }

    /// Writes `value` as JSON.
    pub fn write_json(&self, path: &Path, value: &impl Serialize) -> io::Result<()> {
        self.write(path, serde_json::to_vec_pretty(value)?, 0o644)
    }
}

/// Reads a JSON file of the state directory.
pub fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> io::Result<T> {
    let text = fs::read(path).map_err(|error| at(path, error))?;
    serde_json::from_slice(&text).map_err(|error| at(path, error.into()))
}

/// Names the path an input or output error happened on; the kind stays.
pub fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
