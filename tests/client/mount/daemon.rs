//! The process behind a mount: opens /dev/fuse, mounts, serves until it is unmounted.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use fuser::{Config, Session, SessionACL};
use nix::errno::Errno;
use nix::fcntl::Flock;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{chdir, dup2_stdout, setsid};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::fault::Fault;
use crate::fuse::LustreFs;
use crate::mounted::{self, Mounted};
use crate::root::Root;
use crate::server::FileSystem;
use crate::tree::client::Client;
use crate::tree::publisher::Publisher;
use crate::tree::{locks, settings};

/// How `mount.lustre` calls this binary; no user does.
pub const SUBCOMMAND: &str = "serve-mount";

/// What the daemon reports over its standard output once it serves.
const SERVING: &str = "serving";

/// How many requests are worked on, or stand still, at a time. While `io-hang` is set one is needed to tell the kernel
/// that nothing can be interrupted.
const THREADS: usize = 16;

/// Everything the daemon needs to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    pub root: PathBuf,
    pub filesystem: FileSystem,
    /// The server that answered.
    pub server_nid: String,
    /// The directory that becomes the mount's root.
    pub backing: PathBuf,
    pub source: String,
    pub target: PathBuf,
    pub flags: u64,
}

/// Starts a daemon and waits until it serves, or for the error it met.
pub fn start(request: &Request) -> io::Result<Result<(), Errno>> {
    let mut daemon = Command::new(std::fs::read_link("/proc/self/exe")?)
        .args([SUBCOMMAND, &serde_json::to_string(request)?])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut report = String::new();
    if let Some(mut stdout) = daemon.stdout.take() {
        stdout.read_to_string(&mut report)?;
    }
    match report.split_once(' ').and_then(|(code, text)| Some((code.parse().ok()?, text))) {
        _ if report == SERVING => Ok(Ok(())),
        Some((0, text)) => Err(io::Error::other(format!("the daemon of the mount: {text}"))),
        Some((code, _)) => Ok(Err(Errno::from_raw(code))),
        None => Err(io::Error::other("the daemon of the mount died")),
    }
}

/// A mount that is ready to be served.
struct Ready {
    session: Session<LustreFs>,
    client: Client,
    publisher: Arc<Publisher>,
    /// Tells others, as long as it lives, that the client is not dead.
    _held: Flock<File>,
}

/// The daemon itself.
pub fn serve(request: &str) -> io::Result<Answer> {
    let request: Request = serde_json::from_str(request)?;
    match settle_down().and_then(|()| prepare(&request)).and_then(leave_the_session) {
        Ok(Ready { session, client, publisher, _held }) => {
            report(SERVING)?;
            let end = session.run();
            publisher.stop(|| client.disappear(&Root::at(&request.root)))?;
            end.map(|()| Answer::silent())
        }
        Err(error) => {
            report(&format!("{} {error}", error.raw_os_error().unwrap_or(0)))?;
            Ok(Answer::fails(1, ""))
        }
    }
}

/// Leaves the session and the directory that `mount.lustre` was called in.
pub(super) fn detach() -> io::Result<()> {
    setsid()?;
    settle_down()
}

/// Leaves the session once the mount is made: an automount's trigger lets only the group of
/// `mount.lustre` pass.
fn leave_the_session(ready: Ready) -> io::Result<Ready> {
    setsid()?;
    Ok(ready)
}

fn settle_down() -> io::Result<()> {
    chdir("/")?;
    umask(Mode::empty());
    allow_many_open_files()
}

/// Tells the parent, and lets go of the pipe to it.
fn report(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())?;
    io::stdout().flush()?;
    dup2_stdout(File::open("/dev/null")?)?;
    Ok(())
}

fn prepare(request: &Request) -> io::Result<Ready> {
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse")?;
    mount_fuse(request, &device)?;
    connect(request, device).inspect_err(|_| {
        // The error is worth more than another one about taking the mount back.
        let _ignored = umount2(&request.target, MntFlags::MNT_DETACH);
    })
}

/// Makes the client instance of a mount and answers the kernel's first request.
fn connect(request: &Request, device: File) -> io::Result<Ready> {
    let root = Root::at(&request.root);
    let mount = Mounted::all()?.into_iter().rfind(|mounted| mounted.target == request.target);
    let mount = mount.ok_or_else(|| io::Error::other("the mount is not in mountinfo"))?;
    let mut client = Client::new(&request.filesystem, &request.server_nid, mount.device)?;
    let held = client.hold(&root)?;
    client.appear(&root)?;
    locks::serve(&root, &client)?;
    if Fault::KernelSettings.is_set(&root) {
        settings::serve(&root, &client)?;
    }
    let data = FileSystem::data(&root, &request.filesystem.name);
    let publisher = Publisher::start(root.clone(), client.clone(), data);
    publisher.publish()?;
    let files = LustreFs::new(&root, request, Arc::clone(&publisher))?;
    let mut config = Config::default();
    config.n_threads = Some(THREADS);
    let session = Session::from_fd(files, OwnedFd::from(device), SessionACL::All, config)?;
    Ok(Ready { session, client, publisher, _held: held })
}

/// A handle is held for every inode the kernel knows.
fn allow_many_open_files() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(())
}

fn mount_fuse(request: &Request, device: &File) -> io::Result<()> {
    let options = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other",
        device.as_raw_fd()
    );
    let flags = MsFlags::from_bits_truncate(request.flags);
    mount(
        Some(request.source.as_str()),
        &request.target,
        Some(mounted::TYPE),
        flags,
        Some(options.as_str()),
    )?;
    Ok(())
}
