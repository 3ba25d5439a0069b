//! The call of umount2(2), in a child that is never waited for longer than the deadline.
//!
//! The child is written down before it is told to call, so that whoever comes next finds it,
//! however the caller ended, and does not start a second one. A child whose caller ended before
//! that does nothing.

use super::client::ClientFiles;
use super::made_directory::remove_made_directory;
use super::target::Target;
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{
    Deadline, Host, MountTable, Paths, read_state, read_text, remove_state, state_names,
    unix_seconds, write_state,
};
use crate::record::{Attempt, MountRecord};
use crate::worker::Work;
use nix::errno::Errno;
use nix::mount::MntFlags;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SignalFd;
use nix::unistd::{AccessFlags, Pid, access};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The layout of the record.
const FORMAT: u32 = 1;
/// How often a child is looked at: often at first, since most unmounts take milliseconds.
const LOOKS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(20)];
/// How many looks are quick ones.
const QUICK_LOOKS: u32 = 50;
/// How long a child may take after a signal to us, and again after one to it.
const GRACE: Duration = Duration::from_millis(500);

/// How a mount is to be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// As umount(8) does without options.
    Plain,
    /// `-f`: every request to a server is aborted first, also when the mount then stays.
    Force,
    /// `-l`: the mount is hidden; its client lives until the last user ends.
    Lazy,
}

impl How {
    fn flags(self) -> MntFlags {
        MntFlags::UMOUNT_NOFOLLOW
            | match self {
                Self::Plain => MntFlags::empty(),
                Self::Force => MntFlags::MNT_FORCE,
                Self::Lazy => MntFlags::MNT_DETACH,
            }
    }
}

/// An unmount that was begun: what it is of, and the process that makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub(super) format: u32,
    pub(super) boot_id: Option<String>,
    /// The mount and its client.
    pub target: Target,
    /// How.
    pub how: How,
    /// The client's files, where the source names a file system.
    pub files: Option<ClientFiles>,
    /// The client instances of the file system before.
    pub instances: Vec<String>,
    /// The folder of our state.
    pub(super) state: PathBuf,
    /// Seconds since 1970, UTC.
    pub since_unix_seconds: u64,
    /// The process that makes it; `None` until it runs.
    pub process: Option<Attempt>,
    /// Whether the directory was made for this mount, and goes with its client.
    #[serde(default)]
    pub(super) made_directory: bool,
}

/// How the child's call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It returned; zero is success.
    Errno(Errno),
    /// It succeeded.
    Done,
    /// It did not return in time; the process, unless it ended after all.
    Late(Option<u32>),
    /// A signal asked us to stop; the process, unless it ended.
    Interrupted(Option<u32>),
}

impl Begun {
    /// A record of an unmount that is about to begin.
    pub(super) fn new(host: &Host, target: Target, how: How) -> Self {
        let files = target.fsname().map(|fsname| ClientFiles::new(host, &fsname));
        let instances = files.as_ref().and_then(|files| files.instances().ok()).unwrap_or_default();
        let record = MountRecord::read(host, &target.directory).ok().flatten();
        let ours = record.filter(|record| record.mount_id == Some(target.mount_id));
        Self {
            made_directory: ours.is_some_and(|record| record.made_directory),
            format: FORMAT,
            boot_id: host.boot_id(),
            target,
            how,
            files,
            instances,
            state: host.paths.state.clone(),
            since_unix_seconds: unix_seconds(),
            process: None,
        }
    }

    fn path(state: &Path, directory: &Path) -> PathBuf {
        state.join("unmounts").join(format!("{}.json", MountRecord::name(directory)))
    }

    /// The unmount of this directory that was begun in this boot and not settled, if any.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn read(host: &Host, directory: &Path) -> Result<Option<Self>, Failure> {
        let path = Self::path(&host.paths.state, directory);
        let begun: Option<Self> = read_state(&path).map_err(|error| error.failure())?;
        Ok(begun.filter(|begun| begun.is_current(host)))
    }

    /// All unmounts that were begun in this boot and are not settled: stuck ones, and those whose
    /// client lived on.
    ///
    /// # Errors
    /// The folder of records, or one of them, cannot be read.
    pub fn all(host: &Host) -> Result<Vec<Self>, Failure> {
        let folder = host.paths.state.join("unmounts");
        let mut all = Vec::new();
        for name in state_names(&folder).map_err(|error| error.failure())? {
            let begun = read_state(&folder.join(name)).map_err(|error| error.failure())?;
            all.extend(begun.filter(|begun: &Self| begun.is_current(host)));
        }
        Ok(all)
    }

    fn is_current(&self, host: &Host) -> bool {
        self.format == FORMAT && self.boot_id == host.boot_id()
    }

    /// Writes it down as settled: nothing of it is left.
    pub(super) fn forget(&self) -> Result<(), Failure> {
        remove_state(&Self::path(&self.state, &self.target.directory))
            .map_err(|error| error.failure())
    }

    /// Writes down as settled whatever was begun on the directory: what lives on is meant to.
    pub(crate) fn forget_of(host: &Host, directory: &Path) -> Result<(), Failure> {
        remove_state(&Self::path(&host.paths.state, directory)).map_err(|error| error.failure())
    }

    /// Keeps it for the next call, for which the client is not gone yet.
    pub(super) fn keep(&self) -> Result<(), Failure> {
        write_state(&Self::path(&self.state, &self.target.directory), self)
            .map_err(|error| error.failure())
    }

    /// Whether its process still runs, and is the one that was written down.
    pub fn is_running(&self) -> bool {
        self.process.is_some_and(|process| process.is_alive())
    }

    /// The state of its process, such as `D`.
    pub fn process_state(&self, host: &Host) -> Option<char> {
        let pid = self.process?.pid;
        let path = host.paths.processes.join(pid.to_string()).join("stat");
        read_text(&path).ok().and_then(|stat| state_of(&stat))
    }

    /// Makes the call; only ever called in the child.
    ///
    /// # Errors
    /// Its errno; ESTALE when another mount is on the directory by now.
    pub(crate) fn carry_out(&self) -> std::io::Result<()> {
        // Our own current directory must not be what keeps the mount busy.
        std::env::set_current_dir("/")?;
        let caller = nix::unistd::getppid();
        // Another mount's servers may hold up the way to the directory. Who is told to end while it
        // waits here never makes the call; who waits in umount2(2) may make it after all. access(2)
        // asks no more of them than that call's own walk; an error is left for it to tell.
        let _ = self.target.directory.parent().map(|way| access(way, AccessFlags::X_OK));
        let table =
            MountTable::read(Path::new("/proc/self/mountinfo")).map_err(std::io::Error::other)?;
        let on_top = table.on(&self.target.directory);
        if on_top.is_none_or(|mount| mount.id != self.target.mount_id) {
            return Err(Errno::ESTALE.into());
        }
        nix::mount::umount2(&self.target.directory, self.how.flags())?;
        if nix::unistd::getppid() != caller {
            self.tidy_up_alone();
        }
        Ok(())
    }

    /// The caller is gone, so nobody else will: the record of the mount must not outlive it, since
    /// the kernel gives its number to another mount.
    fn tidy_up_alone(&self) {
        let paths = Paths { state: self.state.clone(), ..Paths::default() };
        let host = Host { paths, ..Host::default() };
        let directory = &self.target.directory;
        let record = MountRecord::read(&host, directory).ok().flatten();
        if record.is_some_and(|record| record.mount_id == Some(self.target.mount_id)) {
            // There is nobody to tell of a failure; the next call tidies up.
            let _ = MountRecord::remove(&host, directory);
            let _ = crate::utab::forget(directory);
        }
        let gone = self.files.as_ref().map(|files| files.is_one_gone(&self.instances));
        if gone == Some(Ok(true)) {
            if self.made_directory {
                let _ = remove_made_directory(directory);
            }
            let _ = self.forget();
        }
    }
}

/// Starts the child and waits for its end, the deadline or a signal.
pub(super) fn carry_out(
    host: &Host,
    begun: &Begun,
    deadline: Deadline,
    interrupt: Option<&SignalFd>,
) -> Result<Ending, Failure> {
    let failed = |error: std::io::Error| Failure {
        code: Code::ProgramFailed,
        what: "the unmount could not be started".into(),
        asked: format!("unmount {}", begun.target.directory.display()),
        because: error.to_string(),
        remedy: "free memory or processes, and try again".into(),
    };
    let work = Work::WhenTold(Box::new(Work::Unmount(Box::new(begun.clone()))));
    let mut child = Command::new("/proc/self/exe")
        .args(work.arguments())
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    // If it cannot be written down, the child reads the end of its stdin and does nothing.
    let stdin = child.stdin.take();
    Begun { process: Attempt::of(child.id()), ..begun.clone() }.keep()?;
    if let Some(mut stdin) = stdin {
        stdin.write_all(b"\n").map_err(failed)?;
    }
    let mut looks = 0;
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(match status.code() {
                Some(0) => Ending::Done,
                Some(errno) => Ending::Errno(Errno::from_raw(errno)),
                None => Ending::Errno(Errno::EINTR),
            });
        }
        if deadline.has_passed() {
            return Ok(Ending::Late(call_off(host, &begun.target, &mut child)));
        }
        if pause(looks, deadline, interrupt) {
            let grace = Deadline::after(GRACE);
            while !grace.has_passed() && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(LOOKS[0]);
            }
            return Ok(Ending::Interrupted(call_off(host, &begun.target, &mut child)));
        }
        looks += 1;
    }
}

/// Ends a child that has not begun to take the mount away, which then stays as it was. One that
/// has is left to finish: it may be writing what is not written yet. Its number when it lives on.
fn call_off(host: &Host, target: &Target, child: &mut Child) -> Option<u32> {
    let is_listed = host.mounts().is_ok_and(|table| target.is_in(&table));
    if is_listed && let Ok(pid) = i32::try_from(child.id()) {
        // ESRCH only says that it is gone already.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        let grace = Deadline::after(GRACE);
        while !grace.has_passed() && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(LOOKS[0]);
        }
    }
    matches!(child.try_wait(), Ok(None)).then(|| child.id())
}

/// Waits for the process of an earlier call. True when it ended.
pub(super) fn wait_for(
    begun: &Begun,
    deadline: Deadline,
    interrupt: Option<&SignalFd>,
) -> Result<bool, Interrupted> {
    let mut looks = 0;
    loop {
        if !begun.is_running() {
            return Ok(true);
        }
        if deadline.has_passed() {
            return Ok(false);
        }
        if pause(looks, deadline, interrupt) {
            return Err(Interrupted);
        }
        looks += 1;
    }
}

/// A signal asked us to stop.
pub(super) struct Interrupted;

/// Sleeps until the next look; true when a signal came.
pub(super) fn pause(looks: u32, deadline: Deadline, interrupt: Option<&SignalFd>) -> bool {
    let next = if looks < QUICK_LOOKS { LOOKS[0] } else { LOOKS[1] }.min(deadline.left());
    let Some(signals) = interrupt else {
        std::thread::sleep(next);
        return false;
    };
    let mut fds = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
    let timeout = PollTimeout::try_from(next).unwrap_or(PollTimeout::ZERO);
    poll(&mut fds, timeout).is_ok_and(|ready| ready > 0)
}

/// Whether a signal has asked us to stop.
pub(super) fn is_interrupted(interrupt: Option<&SignalFd>) -> bool {
    interrupt.is_some_and(|signals| {
        let mut fds = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    })
}

/// The state of a process: the field after its command, which may itself have blanks and brackets.
///
/// *Source*: `/proc/PID/stat`, proc(5).
pub(super) fn state_of(stat: &str) -> Option<char> {
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_read_behind_any_command() {
        assert_eq!(state_of("12 (a) (b c) D 1 12 12 0 -1"), Some('D'));
        assert_eq!(state_of(""), None);
    }

    #[test]
    fn a_record_is_of_its_process_only() {
        let host = Host::default();
        let line = "193 27 3428:831820 / /fsx rw - lustre 192.168.77.10@tcp:/p7lsxbev rw";
        let table = MountTable::parse(line.as_bytes());
        let target = Target::new(&table.mounts[0], &table);
        let mut begun = Begun::new(&host, target, How::Plain);
        assert!(!begun.is_running(), "nobody runs it yet");
        begun.process = Attempt::of(std::process::id());
        assert!(begun.is_running());
        let text = serde_json::to_string(&begun).expect("JSON");
        assert_eq!(serde_json::from_str::<Begun>(&text).expect("JSON"), begun);
        assert_eq!(begun.files.as_ref().map(|files| files.fsname.as_str()), Some("p7lsxbev"));
        let state = Path::new("/run/fsxlustre");
        assert_ne!(Begun::path(state, Path::new("/a/b")), Begun::path(state, Path::new("/a-b")));
    }
}
