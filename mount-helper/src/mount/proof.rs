//! After the attempt: does mountinfo show what was asked for, and does it answer?

use super::MountRequest;
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, Host, Mount, Program, probe_space};
use crate::options::Verify;
use crate::source::Device;
use crate::worker::Work;
use nix::errno::Errno;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

/// How long a fresh mount may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

fn not_as_asked(request: &MountRequest, device: &Device, because: String) -> Failure {
    Failure {
        code: Code::NotVerified,
        what: format!("the mount on {} is not as it was asked for", request.directory.display()),
        asked: format!("mount {device} with {}", request.options.passed.join(",")),
        because,
        remedy: "compare `findmnt` with the -o list, and run `fsxlustre check`".into(),
    }
}

/// The mount that was asked for, as mountinfo shows it.
pub(super) fn find(host: &Host, request: &MountRequest, device: &Device) -> Result<Mount, Failure> {
    let table = host.mounts().map_err(|error| error.failure())?;
    let is_it = |mount: &&Mount| {
        Device::shown_by(mount)
            .is_some_and(|shown| shown.fsname == device.fsname && shown.subdir == device.subdir)
    };
    table
        .on(&request.directory)
        .filter(|mount| host.is_lustre(mount))
        .filter(is_it)
        .cloned()
        .ok_or_else(|| not_as_asked(request, device, "mountinfo does not show it".into()))
}

/// Proves that it holds what was asked for, and answers; what could not be proved comes back.
pub(super) fn prove(
    request: &MountRequest,
    device: &Device,
    mount: &Mount,
    verify: Verify,
    bounds: &Bounds<'_>,
) -> Result<Vec<String>, Failure> {
    let mut unproved = Vec::new();
    for option in &request.options.passed {
        match shown(mount, option) {
            Shown::Yes | Shown::OfNoKernel => {}
            Shown::No => {
                let because = format!("mountinfo does not show {option}");
                return Err(not_as_asked(request, device, because));
            }
            Shown::NotTold => unproved.push(format!(
                "whether {option} holds cannot be told: type {} does not show it",
                mount.fs_type
            )),
        }
    }
    let bounds = bounds.at_most(ANSWER_WITHIN);
    if verify != Verify::None {
        probe_space(&request.directory, bounds).map_err(|error| error.failure())?;
    }
    if verify == Verify::Write {
        prove_writing(&request.directory, &bounds)?;
    }
    Ok(unproved)
}

/// The options that were asked for and that mountinfo shows a mount does not have. What its type does
/// not show is not among them.
pub fn missing_options(mount: &Mount, passed: &[String]) -> Vec<String> {
    passed.iter().filter(|option| shown(mount, option) == Shown::No).cloned().collect()
}

/// What mountinfo says of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Yes,
    No,
    /// This type shows nothing of this kind, so nobody knows.
    NotTold,
    /// No kernel shows this one (`strictatime`, `suid`, …).
    OfNoKernel,
}

/// Options of the mount itself, always shown by the kernel when they hold.
const SHOWN_BY_VFS: &[&str] =
    &["ro", "rw", "noatime", "relatime", "nodiratime", "nosuid", "nodev", "noexec"];
/// The lock options; a Lustre client shows one of them always.
const SHOWN_BY_LUSTRE: &[&str] = &["flock", "noflock", "localflock"];

fn shown(mount: &Mount, option: &str) -> Shown {
    if SHOWN_BY_VFS.contains(&option) {
        return if mount.options.contains(option) { Shown::Yes } else { Shown::No };
    }
    if !SHOWN_BY_LUSTRE.contains(&option) {
        return Shown::OfNoKernel;
    }
    if mount.super_options.contains(option) {
        Shown::Yes
    } else if SHOWN_BY_LUSTRE.iter().any(|word| mount.super_options.contains(*word)) {
        Shown::No
    } else {
        Shown::NotTold
    }
}

/// Writes a file and removes it; only ever called in the child.
///
/// # Errors
/// The error of the first call that failed. The file is removed all the same.
pub fn write_and_remove(directory: &Path) -> std::io::Result<()> {
    let path = directory.join(format!(".fsxlustre-verify-{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(&path)?;
    let written = file.write_all(&[0; 4096]).and_then(|()| file.sync_all());
    let removed = std::fs::remove_file(&path);
    written.and(removed)
}

fn prove_writing(directory: &Path, bounds: &Bounds<'_>) -> Result<(), Failure> {
    let shown = directory.display();
    let asked = format!("write and remove a file in {shown} (verify=write)");
    let done = Program::own()
        .run(&Work::WriteAndRemove(directory.to_owned()).arguments(), &bounds.run_limits())
        .map_err(|error| match error.code() {
            Code::Interrupted => error.failure(),
            _ => Failure {
                code: Code::NoAnswer,
                what: format!("{shown} does not answer"),
                asked: asked.clone(),
                because: error.because(),
                remedy:
                    "look at the file system's state with `fsxlustre check` and `lfs check all`"
                        .into(),
            },
        })?;
    if done.status.success() {
        return Ok(());
    }
    let is_denied = [Errno::EACCES, Errno::EPERM].map(|errno| Some(errno as i32));
    let remedy = if is_denied.contains(&done.status.code()) {
        "the file system squashes root (root squash): add this node's NID to NoSquashNids, give the \
         directory another owner, or mount with verify=stat"
    } else {
        "see why with `df -h` and `lfs df`; mount with verify=stat to accept it"
    };
    Err(Failure {
        code: Code::WriteRefused,
        what: format!("root cannot write to {shown}"),
        asked,
        because: done.last_words(),
        remedy: remedy.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MountTable;

    #[test]
    fn options_are_compared_with_what_a_real_client_shows() {
        let line = "193 27 3428:831820 / /fsx rw,noatime shared:96 - lustre \
                    192.168.77.10@tcp:/p7lsxbev rw,checksum,flock,nouser_xattr";
        let table = MountTable::parse(line.as_bytes());
        let mount = table.mounts.first().expect("the mount");
        for (option, expected) in [
            ("noatime", Shown::Yes),
            ("nosuid", Shown::No),
            ("flock", Shown::Yes),
            ("localflock", Shown::No),
            ("strictatime", Shown::OfNoKernel),
        ] {
            assert_eq!(shown(mount, option), expected, "{option}");
        }
        let other = "1 2 0:50 / /fsx rw,noatime - fuse.lustre 10.0.0.5@tcp:/a rw,user_id=0";
        let table = MountTable::parse(other.as_bytes());
        assert_eq!(table.mounts.first().map(|m| shown(m, "flock")), Some(Shown::NotTold));
    }

    #[test]
    fn a_file_is_written_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("folder");
        write_and_remove(folder.path()).expect("written");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
        assert!(write_and_remove(&folder.path().join("none")).is_err());
    }
}
