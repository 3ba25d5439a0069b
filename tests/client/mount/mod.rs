//! `mount.lustre`. What it says and how it ends is in `40_mount`, `41_mount_unreachable` and `42_mount_modules`.

pub mod daemon;
mod options;
pub mod replay;
mod source;
pub mod stuck;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::geteuid;

use crate::answer::{Answer, not_stood_in, reason};
use crate::fault::{Fault, wait_until_cleared};
use crate::mounted::Mounted;
use crate::root::Root;
use crate::server::FileSystem;
use crate::tree::client::Client;
use options::MountOptions;
use replay::Capture;
use source::Source;

const USAGE: &str = include_str!("../../fixtures/lustre-2.15.8/40_mount/dns_unresolvable.err");
const VERSION: &str = "mount.lustre 2.15.8\n";
/// How long an unreachable server takes here; on the real client 38 to 210 s.
const UNREACHABLE_AFTER: Duration = Duration::from_secs(1);
/// The pause between attempts that `retry=` asks for; on the real client 32 s.
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(1);

/// The command line.
#[derive(Debug, Default)]
struct Arguments {
    source: String,
    target: String,
    options: String,
    fake: bool,
    verbose: bool,
    help: bool,
    version: bool,
}

/// A mount that has passed the checks of user space.
#[derive(Debug)]
struct Attempt {
    source: Source,
    target: PathBuf,
    options: MountOptions,
}

pub fn run(root: &Root, args: &[String]) -> io::Result<Answer> {
    let Some(arguments) = read_arguments(args)? else { return Ok(usage(Errno::EINVAL)) };
    if arguments.help {
        return Ok(Answer::says(usage(Errno::EINVAL).stderr));
    }
    if arguments.version {
        return Ok(Answer::says(VERSION));
    }
    if let Some(capture) = Capture::to_replay(root) {
        return capture.replay(root, &arguments.source, &arguments.target);
    }
    let attempt = match check(&arguments)? {
        Ok(attempt) => attempt,
        Err(answer) => return Ok(answer),
    };
    let mut answer =
        if arguments.verbose { Answer::says(narrate(args, &attempt)) } else { Answer::silent() };
    if arguments.fake {
        return Ok(answer);
    }
    let result = mount_with_retries(root, &attempt)?;
    if let Err(errno) = result {
        answer.stderr = explain(&attempt, errno);
        answer.code = errno as i32 as u8;
    }
    Ok(answer)
}

/// `None` when source and mount point are not both there.
fn read_arguments(args: &[String]) -> io::Result<Option<Arguments>> {
    let mut arguments = Arguments::default();
    let (mut places, mut lists) = (Vec::new(), Vec::new());
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-o" | "--options" => lists.extend(words.next().cloned()),
            "-f" | "--fake" => arguments.fake = true,
            "-v" | "--verbose" => arguments.verbose = true,
            "-h" | "--help" => arguments.help = true,
            "-V" | "--version" => arguments.version = true,
            "-n" | "--nomtab" | "--force" => {}
            option if option.starts_with('-') => {
                return Err(not_stood_in(&format!("mount.lustre {option}")));
            }
            place => places.push(place.to_owned()),
        }
    }
    arguments.options = lists.join(",");
    match <[String; 2]>::try_from(places) {
        Ok([source, target]) => Ok(Some(Arguments { source, target, ..arguments })),
        Err(_) if arguments.help || arguments.version => Ok(Some(arguments)),
        Err(_) => Ok(None),
    }
}

/// The checks that the real helper makes itself, in its order.
fn check(arguments: &Arguments) -> io::Result<Result<Attempt, Answer>> {
    let Some(source) = Source::resolve(&arguments.source) else {
        let usage = usage(Errno::EINVAL);
        let text =
            format!("mount.lustre: Can't parse NID '{}'\n{}", arguments.source, usage.stderr);
        return Ok(Err(Answer { stderr: text, ..usage }));
    };
    let target = match fs::canonicalize(&arguments.target) {
        Ok(target) => target,
        Err(error) => {
            let code = error.raw_os_error().unwrap_or(1);
            let text = format!("warning: {}: cannot resolve: {}\n", arguments.target, reason(code));
            return Ok(Err(Answer::fails(code as u8, text)));
        }
    };
    if !source.is_client_mount() {
        let text = format!("mount.lustre: cannot mount {}: no server support\n", arguments.source);
        return Ok(Err(Answer::fails(Errno::EINVAL as u8, text)));
    }
    let already =
        |mounted: &Mounted| mounted.target == target && mounted.source == source.to_string();
    if Mounted::all()?.iter().any(already) {
        let target = target.display();
        let text = format!(
            "mount.lustre: according to /etc/mtab {source} is already mounted on {target}\n"
        );
        return Ok(Err(Answer::fails(Errno::EEXIST as u8, text)));
    }
    let options = MountOptions::read(&arguments.options);
    Ok(Ok(Attempt { source, target, options }))
}

/// The usage, after an empty line: the captured text without its first line.
fn usage(errno: Errno) -> Answer {
    Answer::fails(errno as i32 as u8, USAGE.split_once('\n').map_or("", |(_, usage)| usage))
}

/// What `-v` prints (`40_mount/helper_direct.out`).
fn narrate(args: &[String], attempt: &Attempt) -> String {
    let Attempt { source, target, options } = attempt;
    let words = ["mount.lustre"].into_iter().chain(args.iter().map(String::as_str));
    let words: String =
        words.enumerate().map(|(index, word)| format!("arg[{index}] = {word}\n")).collect();
    let (given, target) = (&options.given, target.display());
    let kernel: String = options.for_kernel.iter().map(|word| format!("{word},")).collect();
    format!(
        "{words}source = {source} ({source}), target = {target}\noptions({}/4096) = {given}\n\
         mounting device {source} at {target}, flags={:#x} options={kernel}device={source}\n",
        given.len(),
        options.flags.bits()
    )
}

fn mount_with_retries(root: &Root, attempt: &Attempt) -> io::Result<Result<(), Errno>> {
    let of_this_name = Some(attempt.source.fsname.clone());
    for hang in [Fault::MountHang(None), Fault::MountHang(of_this_name)] {
        if hang.is_set(root) {
            stand_still(&hang.flag(root))?;
        }
    }
    let mut left = attempt.options.retries;
    loop {
        let result = mount_once(root, attempt)?;
        if result.is_ok() || left == 0 {
            return Ok(result);
        }
        left -= 1;
        sleep(BETWEEN_ATTEMPTS);
    }
}

/// Waits as a mount in the kernel does: SIGTERM and its like stay without effect, also afterwards.
fn stand_still(flag: &Path) -> io::Result<()> {
    be_deaf()?;
    wait_until_cleared(flag);
    Ok(())
}

/// From here on SIGTERM and its like stay without effect.
fn be_deaf() -> io::Result<()> {
    let deaf = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT];
    Ok(deaf.into_iter().collect::<SigSet>().thread_block()?)
}

/// What the kernel would do with the mount, and the mount itself.
fn mount_once(root: &Root, attempt: &Attempt) -> io::Result<Result<(), Errno>> {
    let Attempt { source, target, options } = attempt;
    if !geteuid().is_root() {
        return Ok(Err(Errno::EPERM));
    }
    if Fault::ModulesMissing.is_set(root) {
        return Ok(Err(Errno::ENODEV));
    }
    if !options.unknown.is_empty() || source.fsname.is_empty() {
        return Ok(Err(Errno::EINVAL));
    }
    if source.fsname.len() > source::LONGEST_FSNAME {
        return Ok(Err(Errno::ENAMETOOLONG));
    }
    let filesystem = match find_filesystem(root, source)? {
        Ok(filesystem) => filesystem,
        Err(errno) => return Ok(Err(errno)),
    };
    let backing = FileSystem::data(root, &filesystem.name).join(&source.subdirectory);
    if !backing.is_dir() {
        return Ok(Err(Errno::ENOENT));
    }
    if !target.is_dir() {
        return Ok(Err(Errno::ENOTDIR));
    }
    Client::remove_dead(root)?;
    let stuck = Fault::MountStuck(filesystem.name.clone());
    let request = daemon::Request {
        root: root.path().to_owned(),
        server_nid: source.reached(&filesystem),
        filesystem,
        backing,
        source: source.to_string(),
        target: target.clone(),
        flags: options.flags.bits(),
    };
    // A mount of the kernel's is made or not, whatever signal comes; it has no process that could be ended.
    be_deaf()?;
    if stuck.is_set(root) { stuck::start(root, &request) } else { daemon::start(&request) }
}

/// No NID answers: EIO after a while. One answers but does not know the name, or is on a network that the client is
/// not on: ENOENT.
fn find_filesystem(root: &Root, source: &Source) -> io::Result<Result<FileSystem, Errno>> {
    let client_net = root
        .machine()?
        .client_nid
        .rsplit_once('@')
        .map_or(String::new(), |(_, net)| net.to_owned());
    let nids: Vec<String> = source
        .nids()
        .filter(|nid| nid.rsplit_once('@').is_some_and(|(_, net)| net == client_net))
        .collect();
    if nids.is_empty() {
        return Ok(Err(Errno::ENOENT));
    }
    let served = FileSystem::served_by(root, &nids)?;
    if served.is_empty() {
        sleep(UNREACHABLE_AFTER);
        return Ok(Err(Errno::EIO));
    }
    Ok(served.into_iter().find(|filesystem| filesystem.name == source.fsname).ok_or(Errno::ENOENT))
}

/// The helper's words for a failed mount.
fn explain(attempt: &Attempt, errno: Errno) -> String {
    let Attempt { source, target, .. } = attempt;
    let hint = match errno {
        Errno::ENODEV => {
            "Are the lustre modules loaded?\n Check /etc/modprobe.conf and /proc/filesystems\n"
                .to_owned()
        }
        Errno::EIO => "Is the MGS running?\n".to_owned(),
        Errno::ENOENT => "Is the MGS specification correct?\nIs the filesystem name correct?\n\
             If upgrading, is the copied client log valid? (see upgrade docs)\n"
            .to_owned(),
        Errno::EINVAL => {
            let name = match source.fsname.as_str() {
                "" => String::new(),
                fsname => format!("Is '{fsname}' the correct filesystem name?\n"),
            };
            format!(
                "This may have multiple causes.\n{name}Are the mount options correct?\nCheck the syslog for more info.\n"
            )
        }
        _ => String::new(),
    };
    format!(
        "mount.lustre: mount {source} at {} failed: {}\n{hint}",
        Path::new(target).display(),
        reason(errno as i32)
    )
}
