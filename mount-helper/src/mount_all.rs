//! `mount -a`: one hung file system does not delay those that stand behind it in fstab.
//!
//! libmount goes through fstab line after line and waits for each. So the helper of a line that
//! takes long begins the lines behind it, each by mount(8) itself; when `mount -a` comes to them
//! they are mounted already. Nothing is said to have happened that has not: every line's result is
//! still its own, given in `mount -a`'s own turn.

use crate::fstab::{Entry, Field, entries};
use crate::host::{Host, MountTable, Program, read_text};
use crate::record::Attempt;
use crate::resolve::aws_environment;
use crate::worker::Work;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getppid};
use serde::{Deserialize, Serialize};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What a line may take before those behind it are begun. A healthy file system takes less.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How often the mounts that were begun are looked at, and `mount -a` itself.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The lines behind one that takes long, and who goes through them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountBehind {
    /// Their mount points, in fstab's order.
    directories: Vec<PathBuf>,
    /// mount(8).
    mount: PathBuf,
    /// The process of `mount -a`: without it nobody wants the mounts any more.
    caller: Attempt,
}

/// Somebody who begins the lines behind ours, unless we end first.
#[derive(Debug)]
pub struct Watch {
    /// Its stdin is a pipe of ours: our end, however it comes, is seen there.
    _child: Child,
}

/// Has the lines behind this one begun when it takes long; `None` when we are not called by
/// `mount -a`, or nothing stands behind us.
pub fn watch(host: &Host, directory: &Path) -> Option<Watch> {
    let caller = Attempt::of(u32::try_from(getppid().as_raw()).ok()?)?;
    let process = PathBuf::from(format!("/proc/{}", caller.pid));
    let program = std::fs::read_link(process.join("exe")).ok()?;
    let arguments = std::fs::read(process.join("cmdline")).ok()?;
    let is_other_fstab = std::env::var_os("LIBMOUNT_FSTAB").is_some();
    if program.file_name()? != "mount" || is_other_fstab || !is_for_all(&arguments) {
        return None;
    }
    let fstab = read_text(&host.paths.rootfs.join("etc/fstab")).ok()?;
    let directories = behind(&entries(&fstab), directory, &host.mounts().ok()?);
    if directories.is_empty() {
        return None;
    }
    let mount = host.program("mount").ok()?.path().to_owned();
    let work = Work::MountBehind(MountBehind { directories, mount, caller });
    let child = Command::new(Program::own().path())
        .args(work.arguments())
        .current_dir("/")
        .env_clear()
        .envs(aws_environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    child.ok().map(|child| Watch { _child: child })
}

/// Whether these arguments of mount(8) mean every line of fstab of our type, really mounted, one
/// after the other. Whatever else they say, the lines are left to mount(8).
fn is_for_all(arguments: &[u8]) -> bool {
    let mut words = arguments.split(|byte| *byte == 0).filter(|word| !word.is_empty()).skip(1);
    let mut is_all = false;
    while let Some(word) = words.next() {
        match word {
            b"-a" | b"--all" | b"-av" | b"-va" => is_all = true,
            b"-v" | b"--verbose" => {}
            b"-t" | b"--types" => {
                let types = words.next().unwrap_or_default();
                if !types.split(|byte| *byte == b',').any(|word| word == b"fsxlustre") {
                    return false;
                }
            }
            _ => return false,
        }
    }
    is_all
}

/// The directories of our type's lines behind the one of this directory. Not those that another
/// line's mount, which is not there yet, would cover.
fn behind(all: &[Entry], directory: &Path, mounts: &MountTable) -> Vec<PathBuf> {
    let wanted: Vec<(PathBuf, &Entry)> = all
        .iter()
        .filter(|entry| !entry.options().iter().any(|option| option == "noauto"))
        .map(|entry| (PathBuf::from(entry.directory()), entry))
        .filter(|(path, _)| path.is_absolute())
        .collect();
    let Some(ours) = wanted.iter().position(|(path, _)| path == directory) else {
        return Vec::new();
    };
    // An automount's trigger is not the mount itself.
    let is_missing = |path: &Path| mounts.on(path).is_none_or(|mount| mount.fs_type == "autofs");
    let is_covered = |path: &Path| {
        wanted
            .iter()
            .any(|(other, _)| other != path && path.starts_with(other) && is_missing(other))
    };
    wanted
        .iter()
        .skip(ours + 1)
        .filter(|(_, entry)| entry.written(Field::Type) == "fsxlustre")
        .map(|(path, _)| path)
        .filter(|path| is_missing(path) && !is_covered(path))
        .cloned()
        .collect()
}

impl MountBehind {
    /// Waits whether the line in front ends soon; else begins those behind it, and ends them when
    /// `mount -a` goes away.
    pub(crate) fn carry_out(&self) -> std::io::Result<()> {
        if ends_soon()? {
            return Ok(());
        }
        let mut begun: Vec<Child> =
            self.directories.iter().filter_map(|directory| self.begin(directory).ok()).collect();
        let mut is_told = false;
        while !begun.is_empty() {
            std::thread::sleep(LOOK_AGAIN);
            begun.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
            if !is_told && !self.caller.is_alive() {
                is_told = true;
                for child in &begun {
                    let group = i32::try_from(child.id()).map(Pid::from_raw);
                    // One that has just ended needs no signal.
                    let _ = group.map(|group| killpg(group, Signal::SIGTERM));
                }
            }
        }
        Ok(())
    }

    /// mount(8) in a group of its own, so that it and our helper get the signal together.
    fn begin(&self, directory: &Path) -> std::io::Result<Child> {
        Command::new(&self.mount)
            .arg("--")
            .arg(directory)
            .current_dir("/")
            .env_clear()
            .envs(aws_environment())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }
}

/// Whether the helper in front ends, which closes our stdin, before its time is over.
fn ends_soon() -> std::io::Result<bool> {
    let stdin = std::io::stdin();
    let mut pipe = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    let patience = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::ZERO);
    Ok(poll(&mut pipe, patience)? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_mount_of_all_lines_counts() {
        let is = |line: &str| is_for_all(line.replace(' ', "\0").as_bytes());
        for line in ["mount -a", "mount --all -v", "/bin/mount -av", "mount -a -t nfs,fsxlustre"] {
            assert!(is(line), "{line}");
        }
        for line in [
            "mount",
            "mount /mnt",
            "mount -a -F",
            "mount -a -f",
            "mount -a -t nofsxlustre",
            "mount -a -O _netdev",
            "mount -a -o ro",
            "mount -a -T /x",
            "mount -a -N 1",
            "mount -v",
            "mount -a -t",
        ] {
            assert!(!is(line), "{line}");
        }
    }

    const FSTAB: &str = "\
        UUID=1 / ext4 defaults 0 1\n\
        fs-00000001 /a fsxlustre noatime 0 0\n\
        fs-00000002 /b fsxlustre noatime 0 0\n\
        fs-00000003 /off fsxlustre noatime,noauto 0 0\n\
        host:/x /data nfs defaults 0 0\n\
        fs-00000004 /data/in fsxlustre noatime 0 0\n\
        fs-00000005 /b/in fsxlustre noatime 0 0\n\
        fs-00000006 /there fsxlustre noatime 0 0\n\
        UUID=2 none swap sw 0 0\n\
        fs-00000007 /c fsxlustre noatime 0 0\n";

    fn mounts(paths: &[&str]) -> MountTable {
        let line = |path| format!("36 25 0:32 / {path} rw - ext4 x rw\n");
        MountTable::parse(paths.iter().map(line).collect::<String>().as_bytes())
    }

    #[test]
    fn lines_behind_are_those_that_nothing_missing_would_cover() {
        let begun = |directory: &str, there: &[&str]| {
            let all = behind(&entries(FSTAB), Path::new(directory), &mounts(there));
            all.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(begun("/a", &["/", "/there"]), ["/b", "/c"]);
        assert_eq!(begun("/b", &["/", "/there", "/data"]), ["/data/in", "/c"]);
        assert_eq!(begun("/a", &["/", "/there", "/b", "/data"]), ["/data/in", "/b/in", "/c"]);
        assert_eq!(begun("/c", &["/"]), Vec::<String>::new());
        let trigger =
            MountTable::parse(b"1 0 0:9 / / rw - ext4 x rw\n2 1 0:9 / /c rw - autofs x rw\n");
        assert!(behind(&entries(FSTAB), Path::new("/a"), &trigger).contains(&"/c".into()));
        assert_eq!(begun("/not/in/it", &["/"]), Vec::<String>::new());
    }
}
