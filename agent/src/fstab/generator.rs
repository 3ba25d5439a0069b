//! What the real systemd-fstab-generator makes of a file: asked, not imitated.
//!
//! *Source*: systemd-fstab-generator(8). `SYSTEMD_FSTAB` names another file since systemd 245; an
//! older one reads /etc/fstab whatever is said, so its answer counts for that file only.

use fsxlustre_mount::failure::{Explain as _, chain};
use fsxlustre_mount::host::{Deadline, Program, RunLimits, read_text};
use nix::unistd::mkdtemp;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where systemd has its generators.
const FOLDERS: &[&str] = &["/usr/lib/systemd/system-generators", "/lib/systemd/system-generators"];
/// How long it may take; it takes 20 ms.
const PATIENCE: Duration = Duration::from_secs(5);

/// A mount unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountUnit {
    /// Its name, `fsx.mount`.
    pub name: String,
    /// Where it mounts.
    pub directory: String,
    /// The type.
    pub fs_type: String,
    /// Whether it is ordered before local-fs.target.
    pub is_local: bool,
}

/// What the generator did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Its mount units.
    pub units: Vec<MountUnit>,
    /// What it complained of.
    pub said: Vec<String>,
}

/// Runs the generator on a file.
///
/// # Errors
/// Why it was not asked, in words.
pub fn generate(fstab: &Path) -> Result<Generated, String> {
    let folders: Vec<PathBuf> = FOLDERS.iter().map(PathBuf::from).collect();
    let program = Program::find("systemd-fstab-generator", &folders)
        .map_err(|_| "systemd-fstab-generator is not installed here".to_owned())?;
    let folder = mkdtemp("/tmp/fsxlustre-fstab-XXXXXX")
        .map_err(|errno| format!("no folder for its units could be made in /tmp: {errno}"))?;
    let generated = run(&program, fstab, &folder);
    remove_units(&folder);
    generated
}

fn run(program: &Program, fstab: &Path, folder: &Path) -> Result<Generated, String> {
    let mut limits = RunLimits::until(Deadline::after(PATIENCE));
    limits.environment.extend([
        ("SYSTEMD_FSTAB".into(), fstab.into()),
        ("SYSTEMD_LOG_TARGET".into(), "console".into()),
        ("SYSTEMD_LOG_LEVEL".into(), "notice".into()),
        ("SYSTEMD_LOG_COLOR".into(), "0".into()),
        // Words such as fstab=no on the kernel's own line have nothing to do with the file.
        ("SYSTEMD_PROC_CMDLINE".into(), "quiet".into()),
        ("SYSTEMD_IN_INITRD".into(), "0".into()),
    ]);
    let done = program
        .run(&[folder, folder, folder], &limits)
        .map_err(|error| format!("{error}: {}", error.because()))?;
    let units = units(folder).map_err(|error| chain(&error))?;
    // It exits 1 when it complained of one line; what it made of the others counts.
    let said: Vec<_> = done.stderr.lines().map(str::to_owned).collect();
    if units.is_empty() && !done.status.success() && said.is_empty() {
        return Err(format!("systemd-fstab-generator failed: {}", done.last_words()));
    }
    Ok(Generated { units, said })
}

fn units(folder: &Path) -> std::io::Result<Vec<MountUnit>> {
    let mut units = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "mount") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            units.push(unit(name, &read_text(&path)?));
        }
    }
    units.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(units)
}

fn unit(name: String, text: &str) -> MountUnit {
    let values = |key: &str| {
        let of_key = |line: &str| {
            line.split_once('=').filter(|(name, _)| *name == key).map(|(_, v)| v.to_owned())
        };
        text.lines().filter_map(of_key).collect::<Vec<_>>()
    };
    let one = |key: &str| values(key).pop().unwrap_or_default();
    MountUnit {
        name,
        directory: plain(&one("Where")),
        fs_type: one("Type"),
        is_local: values("Before")
            .iter()
            .any(|before| before.split(' ').any(|u| u == "local-fs.target")),
    }
}

/// Undoes `%%` and the `\xNN` of a unit file's value.
fn plain(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits =
            after.strip_prefix(b"x").filter(|_| first == b'\\').and_then(|hex| hex.get(..2));
        let byte =
            digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        let skipped = match (byte, first) {
            (Some(byte), _) => {
                bytes.push(byte);
                3
            }
            (None, b'%') if after.first() == Some(&b'%') => {
                bytes.push(b'%');
                1
            }
            _ => {
                bytes.push(first);
                0
            }
        };
        rest = after.get(skipped..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes away what the generator made: files and links, then the folders that they leave empty. It
/// makes one level of folders. What is left in /tmp after a failure is small and harmless.
fn remove_units(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            for below in std::fs::read_dir(entry.path()).into_iter().flatten().flatten() {
                let _ = std::fs::remove_file(below.path());
            }
            let _ = std::fs::remove_dir(entry.path());
        } else {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    let _ = std::fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    // Printed by systemd 252.
    const UNIT: &str = "# Automatically generated by systemd-fstab-generator\n\n[Unit]\n\
        SourcePath=/tmp/g/fstab\nBefore=local-fs.target\n\n[Mount]\nWhat=tag:Project:genomics\n\
        Where=/fs x\\x20%%y\nType=fsxlustre\nOptions=noatime,flock\n";

    #[test]
    fn a_unit_is_read() {
        let read = unit("fsx.mount".into(), UNIT);
        assert_eq!((read.directory.as_str(), read.fs_type.as_str()), ("/fs x %y", "fsxlustre"));
        assert!(read.is_local);
        assert!(!unit("x".into(), &UNIT.replace("local-fs", "remote-fs")).is_local);
    }

    #[test]
    fn the_real_generator_is_asked_where_it_is_installed() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("fstab");
        let text = "tag:a:b /fsx fsxlustre noatime 0 0\ntag:a:b /f\\040y fsxlustre _netdev 0 0\n\
                    tag:a:c /fsx fsxlustre noatime 0 0\n";
        std::fs::write(&file, text).expect("file");
        let generated = match generate(&file) {
            Ok(generated) => generated,
            Err(why) => return assert!(why.contains("not installed"), "{why}"),
        };
        let seen: Vec<_> = generated
            .units
            .iter()
            .map(|unit| (unit.directory.as_str(), unit.fs_type.as_str(), unit.is_local))
            .collect();
        assert_eq!(seen, [("/f y", "fsxlustre", false), ("/fsx", "fsxlustre", true)]);
        assert!(generated.said.iter().any(|line| line.contains("Duplicate")), "{generated:?}");
    }
}
