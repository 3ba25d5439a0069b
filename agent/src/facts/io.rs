//! `check --io`: a file written to a file system, synced, dropped from this client's memory, read back
//! and compared.
//!
//! All of it is done in a child: a server that does not answer must not keep whoever asks.

use super::Observed;
use super::look::{Look, Looking};
use fsxlustre_mount::host::{Deadline, Host};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How much is written.
const BLOCKS: u64 = 1024;
/// A block, 1 MiB.
const BLOCK_BYTES: usize = 1 << 20;
/// How long it may take: 4 MB/s.
const PATIENCE: Duration = Duration::from_secs(256);

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IoResult {
    /// Bytes written and read back.
    pub bytes: u64,
    /// Milliseconds of writing, fsync included.
    pub write_ms: u64,
    /// Milliseconds of reading.
    pub read_ms: u64,
    /// Whether the client's locks, and with them its pages, were dropped in between; else only the
    /// kernel was advised to forget the pages.
    pub were_locks_dropped: bool,
    /// The first block that was read otherwise than it was written.
    pub first_difference: Option<u64>,
}

/// Writes and reads in a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IoLook {
    directory: PathBuf,
    namespaces: PathBuf,
    fs_name: Option<String>,
}

type Line = Result<IoResult, String>;

/// A file without a name: whatever ends this process, nothing of it is left.
fn nameless(directory: &Path) -> std::io::Result<File> {
    let path = directory.join(format!(".fsxlustre-check-io.{}", std::process::id()));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

impl IoLook {
    pub(super) fn tell(&self, tell: &mut dyn FnMut(&Line)) {
        tell(&self.carry_out(BLOCKS).map_err(|error| error.to_string()));
    }

    fn carry_out(&self, blocks: u64) -> std::io::Result<IoResult> {
        let mut file = nameless(&self.directory)?;
        let began = Instant::now();
        let mut block = vec![0_u8; BLOCK_BYTES];
        for number in 0..blocks {
            fill(&mut block, number);
            file.write_all(&block)?;
        }
        file.sync_all()?;
        let write_ms = milliseconds(began);
        let were_locks_dropped = self.drop_locks();
        let whole = i64::try_from(blocks).unwrap_or(i64::MAX).saturating_mul(1 << 20);
        // Advice only.
        let _ = posix_fadvise(&file, 0, whole, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
        file.seek(SeekFrom::Start(0))?;
        let (began, mut read) = (Instant::now(), vec![0_u8; BLOCK_BYTES]);
        let mut first_difference = None;
        for number in 0..blocks {
            file.read_exact(&mut read)?;
            fill(&mut block, number);
            if read != block {
                first_difference = first_difference.or(Some(number));
            }
        }
        let bytes = blocks.saturating_mul(1 << 20);
        let read_ms = milliseconds(began);
        Ok(IoResult { bytes, write_ms, read_ms, were_locks_dropped, first_difference })
    }

    /// Drops the client's locks of the file system, as `lctl set_param ldlm.namespaces.*.lru_size=clear`.
    fn drop_locks(&self) -> bool {
        let Some(fs_name) = &self.fs_name else { return false };
        let begin = format!("{fs_name}-");
        let names = super::place::names(&self.namespaces).unwrap_or_default();
        let cleared: Vec<bool> = names
            .iter()
            .filter(|name| name.starts_with(&begin))
            .map(|name| {
                let path = self.namespaces.join(name).join("lru_size");
                let file = OpenOptions::new().write(true).open(path);
                file.and_then(|mut file| file.write_all(b"clear")).is_ok()
            })
            .collect();
        !cleared.is_empty() && cleared.iter().all(|cleared| *cleared)
    }
}

fn milliseconds(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
}

/// A block that no compression shortens and no other block resembles (xorshift64).
fn fill(block: &mut [u8], number: u64) {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for word in block.chunks_exact_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word.copy_from_slice(&state.to_le_bytes());
    }
}

/// Writes, reads back and compares a GiB in a directory.
pub fn io(host: &Host, directory: &Path, fs_name: Option<String>) -> Observed<IoResult> {
    let from = format!("a file in {}", directory.display());
    let namespaces = host.paths.sysfs.join("fs/lustre/ldlm/namespaces");
    let look = Look::Io(IoLook { directory: directory.to_owned(), namespaces, fs_name });
    let looking = match Looking::start(&look) {
        Ok(looking) => looking,
        Err(error) => return Observed::unknown(error.to_string(), from),
    };
    match looking.finish::<Line>(Deadline::after(PATIENCE)).lines.pop() {
        Some(Ok(result)) => Observed::known(result, from),
        Some(Err(because)) => Observed::unknown(because, from),
        None => Observed::unknown(format!("it was not done within {} s", PATIENCE.as_secs()), from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("folder");
        let namespace = folder.path().join("ns/abcdefgh-OST0000-osc-ff00");
        std::fs::create_dir_all(&namespace).expect("folder");
        std::fs::write(namespace.join("lru_size"), "7").expect("file");
        let look = IoLook {
            directory: folder.path().to_owned(),
            namespaces: folder.path().join("ns"),
            fs_name: Some("abcdefgh".into()),
        };
        let told = look.carry_out(3).expect("done");
        assert_eq!((told.bytes, told.first_difference), (3 << 20, None));
        assert!(told.were_locks_dropped);
        assert_eq!(std::fs::read(namespace.join("lru_size")).expect("file"), b"clear");
        let left = super::super::place::names(folder.path()).expect("names");
        assert_eq!(left, ["ns"]);
        let (mut one, mut other) = (vec![0; 16], vec![0; 16]);
        fill(&mut one, 1);
        fill(&mut other, 2);
        assert_ne!(one, other);
        let nowhere = IoLook { directory: folder.path().join("none"), ..look };
        assert!(nowhere.carry_out(1).is_err());
    }
}
