//! The `mount-stuck` fault: a mount that stands still in the kernel, and is made when the fault is cleared.
//!
//! mount(2) of a real client waits for its servers in state D, which no signal ends, and makes the mount when they
//! answer, long after its caller was given up. Here the caller asks for the attributes of a private FUSE file system;
//! a daemon in a session of its own answers when it has made the mount, and not before.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, Stdio};

use fuser::{Config, FileHandle, Filesystem, INodeNo, ReplyAttr, Session, SessionACL};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, fstat, stat};

use super::daemon::{self, Request};
use crate::answer::Answer;
use crate::fault::{Fault, wait_until_cleared};
use crate::fuse::attributes;
use crate::fuse::hang::put_into_state_d;
use crate::root::Root;

/// How `mount.lustre` calls this binary; no user does.
pub const SUBCOMMAND: &str = "hold-mount";

/// One holds the caller, the other tells the kernel that nothing can be interrupted.
const THREADS: usize = 2;

/// Waits for a daemon to make the mount; only the end of the fault, or of the daemon, ends this.
pub fn start(root: &Root, request: &Request) -> io::Result<Result<(), Errno>> {
    let (device, place) = private_mount(root)?;
    Command::new(fs::read_link("/proc/self/exe")?)
        .args([SUBCOMMAND, &serde_json::to_string(request)?])
        .stdin(Stdio::from(device))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(fstat(&place).map(drop))
}

/// A FUSE file system that is in no list of mounts: where the kernel asks about it, and its directory.
fn private_mount(root: &Root) -> io::Result<(File, OwnedFd)> {
    let _lock = root.lock()?;
    let place = root.state("stuck");
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse")?;
    let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd());
    mount(Some("stuck"), &place, Some("fuse"), MsFlags::empty(), Some(options.as_str()))?;
    let opened = open(&place, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty());
    umount2(&place, MntFlags::MNT_DETACH)?;
    Ok((device, opened?))
}

/// The daemon, which finds the private file system on its standard input. It ends when the caller has.
pub fn hold(request: &str) -> io::Result<Answer> {
    let request: Request = serde_json::from_str(request)?;
    daemon::detach()?;
    let device = io::stdin().as_fd().try_clone_to_owned()?;
    let mut config = Config::default();
    config.n_threads = Some(THREADS);
    Session::from_fd(Held { request }, device, SessionACL::Owner, config)?.run()?;
    Ok(Answer::silent())
}

/// The private file system.
struct Held {
    request: Request,
}

impl Held {
    fn mount(&self) -> nix::Result<()> {
        daemon::start(&self.request).map_err(|_| Errno::EIO)?
    }
}

impl Filesystem for Held {
    fn getattr(
        &self,
        caller: &fuser::Request,
        _: INodeNo,
        _: Option<FileHandle>,
        reply: ReplyAttr,
    ) {
        put_into_state_d(caller.pid());
        let fault = Fault::MountStuck(self.request.filesystem.name.clone());
        wait_until_cleared(&fault.flag(&Root::at(&self.request.root)));
        match self.mount().and_then(|()| stat(&self.request.backing)) {
            Ok(any) => reply.attr(&std::time::Duration::ZERO, &attributes::of(&any)),
            Err(errno) => reply.error(fuser::Errno::from_i32(errno as i32)),
        }
    }
}
