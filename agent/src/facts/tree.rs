//! The distribution's files, below whichever root they are.
//!
//! A link in another root is one of that root: where it is absolute, or goes up too far, it still leads
//! to a file there, never to one of this machine. So each part of a path is opened from the one before
//! it, and no link is followed by the kernel; openat2(2), which could, is not in the kernels of every
//! distribution that has a client.

use super::Observed;
use fsxlustre_mount::host::{Host, read_text};
use rustix::fs::{FileType, Mode, OFlags, fstat, openat, readlinkat};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// So many links of one path are followed, as the kernel does.
const MOST_LINKS: usize = 40;

/// The files below the root of the distribution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree<'a> {
    root: &'a Path,
}

impl<'a> Tree<'a> {
    /// The host's.
    pub(super) fn of(host: &'a Host) -> Self {
        Self { root: &host.paths.rootfs }
    }

    /// A path of it, as people are told of it.
    pub(super) fn shown(self, path: impl AsRef<Path>) -> String {
        self.root.join(path).display().to_string()
    }

    /// A small text file.
    pub(super) fn read(self, path: impl AsRef<Path>) -> io::Result<String> {
        self.opened(path.as_ref())?.with(read_text)
    }

    /// The same with where it was read; empty is known.
    pub(super) fn text(self, path: impl AsRef<Path>) -> Observed<String> {
        let from = self.shown(&path);
        match self.read(path) {
            Ok(text) => Observed::known(text, from),
            Err(error) => Observed::unknown(error.to_string(), from),
        }
    }

    /// The same, `None` where there is none.
    pub(super) fn text_if_any(self, path: impl AsRef<Path>) -> Observed<Option<String>> {
        let from = self.shown(&path);
        match self.read(path) {
            Ok(text) => Observed::known(Some(text), from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Observed::known(None, from),
            Err(error) => Observed::unknown(error.to_string(), from),
        }
    }

    /// The names in a folder, sorted; none where there is no folder.
    pub(super) fn names(self, folder: impl AsRef<Path>) -> Result<Vec<String>, String> {
        let read = self
            .opened(folder.as_ref())
            .and_then(|opened| opened.with(|path| std::fs::read_dir(path)));
        let entries = match read {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(format!("{}: {error}", self.shown(folder))),
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Whether there is anything of that path.
    pub(super) fn has(self, path: impl AsRef<Path>) -> bool {
        self.opened(path.as_ref())
            .and_then(|opened| opened.with(|path| std::fs::metadata(path)))
            .is_ok()
    }

    /// Whether a regular file is there.
    pub(super) fn is_file(self, path: impl AsRef<Path>) -> bool {
        let about = self
            .opened(path.as_ref())
            .and_then(|opened| opened.with(|path| std::fs::metadata(path)));
        about.is_ok_and(|about| about.is_file())
    }

    fn opened(self, path: &Path) -> io::Result<Opened> {
        if self.root == Path::new("/") {
            return Ok(Opened::Path(self.root.join(path)));
        }
        Ok(Opened::Descriptor(below(self.root, path)?))
    }
}

/// A file that was found.
enum Opened {
    Path(PathBuf),
    /// Its place alone is open, not what is in it.
    Descriptor(OwnedFd),
}

impl Opened {
    fn with<T>(&self, look: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
        match self {
            Self::Path(path) => look(path),
            Self::Descriptor(open) => {
                look(Path::new(&format!("/proc/self/fd/{}", open.as_raw_fd())))
            }
        }
    }
}

/// Opens the place of a file below a root, wherever links lead.
fn below(root: &Path, path: &Path) -> io::Result<OwnedFd> {
    let place = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut above: Vec<OwnedFd> = Vec::new();
    let mut here = rustix::fs::open(root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let mut left: VecDeque<OsString> = parts(path).collect();
    let mut links = 0;
    while let Some(part) = left.pop_front() {
        if part == "/" {
            above.truncate(1);
            here = above.pop().unwrap_or(here);
        } else if part == ".." {
            // Above the root there is the root.
            here = above.pop().unwrap_or(here);
        } else {
            let next = openat(&here, &part, place, Mode::empty())?;
            if FileType::from_raw_mode(fstat(&next)?.st_mode) == FileType::Symlink {
                links += 1;
                if links > MOST_LINKS {
                    return Err(Errno::LOOP.into());
                }
                let target = readlinkat(&next, "", Vec::new())?;
                let target = Path::new(OsStr::from_bytes(target.as_bytes())).to_owned();
                for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                    left.push_front(part);
                }
            } else {
                above.push(std::mem::replace(&mut here, next));
            }
        }
    }
    Ok(here)
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter(|part| *part != Component::CurDir).map(|part| part.as_os_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_of_another_root_stay_there() {
        let folder = tempfile::tempdir().expect("folder");
        let root = folder.path();
        let tree = Tree { root };
        std::fs::create_dir_all(root.join("usr/lib/deep")).expect("folder");
        std::fs::create_dir_all(root.join("etc")).expect("folder");
        std::fs::write(root.join("usr/lib/os-release"), "ID=image\n").expect("file");
        for (link, target, text) in [
            ("etc/os-release", "/usr/lib/os-release", Some("ID=image\n")),
            ("etc/relative", "../usr/lib/os-release", Some("ID=image\n")),
            ("etc/too-far", "../../../../../../usr/lib/os-release", Some("ID=image\n")),
            ("lib", "/usr/lib", None),
            ("etc/by-link", "/lib/deep/../os-release", Some("ID=image\n")),
            ("etc/again", "/etc/os-release", Some("ID=image\n")),
            // This machine has one, the root has none.
            ("etc/passwd", "/etc/passwd-of-nobody", None),
            ("etc/loop", "/etc/loop", None),
            ("etc/host", "/proc/version", None),
        ] {
            symlink(target, root.join(link)).expect("a link");
            assert_eq!(tree.read(link).ok().as_deref(), text, "{link}");
        }
        assert!(tree.has("lib") && !tree.is_file("lib") && tree.is_file("lib/os-release"));
        assert!(!tree.has("etc/host") && tree.has("."));
        assert_eq!(tree.names("lib"), Ok(vec!["deep".to_owned(), "os-release".to_owned()]));
        assert_eq!(tree.names("none"), Ok(Vec::new()));
        let seen = tree.text_if_any("none/at/all");
        assert_eq!(seen.value(), Some(&None), "{seen:?}");
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_keeps_nobody() {
        let folder = tempfile::tempdir().expect("folder");
        let fifo = folder.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        let tree = Tree { root: folder.path() };
        for refused in [tree.read("fifo"), read_text(&fifo), read_text(folder.path())] {
            let error = refused.expect_err("no regular file");
            assert!(error.to_string().contains("not a regular file"), "{error}");
        }
        assert!(tree.has("fifo") && !tree.is_file("fifo"));
    }

    #[test]
    fn files_of_the_kernel_are_read_as_ever() {
        for path in [
            "/proc/self/mountinfo",
            "/proc/sys/kernel/osrelease",
            "/sys/kernel/mm/transparent_hugepage/enabled",
        ] {
            if Path::new(path).exists() {
                assert!(!read_text(Path::new(path)).expect(path).is_empty(), "{path}");
            }
        }
        let proc = Tree { root: Path::new("/proc") };
        assert!(!proc.read("sys/kernel/osrelease").expect("procfs").is_empty());
        assert!(!proc.read("self/mountinfo").expect("a link of procfs").is_empty());
    }
}
