//! One new file that only root can read, with all parts in it.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use tar::{Builder, Header};

/// Writes a new archive; nothing of it is left when that fails.
///
/// # Errors
/// The error of the open, also that there is such a file already, or of a write.
pub(super) fn write(
    path: &Path,
    folder: &str,
    parts: &[(&'static str, String)],
    unix_seconds: u64,
) -> std::io::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)?;
    let written = fill(file, folder, parts, unix_seconds);
    if written.is_err() {
        // The error of the write is the one to tell.
        let _ = std::fs::remove_file(path);
    }
    written
}

fn fill(
    file: File,
    folder: &str,
    parts: &[(&'static str, String)],
    unix_seconds: u64,
) -> std::io::Result<()> {
    let mut archive = Builder::new(GzEncoder::new(BufWriter::new(file), Compression::default()));
    for (name, text) in parts {
        let mut header = Header::new_gnu();
        header.set_size(u64::try_from(text.len()).unwrap_or_default());
        header.set_mode(0o600);
        header.set_mtime(unix_seconds);
        archive.append_data(&mut header, format!("{folder}/{name}"), text.as_bytes())?;
    }
    let mut buffer = archive.into_inner()?.finish()?;
    buffer.flush()?;
    buffer.get_ref().sync_all()
}
