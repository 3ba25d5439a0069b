//! `lfs`: layouts and how full the targets are.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::geteuid;

use crate::answer::{Answer, not_stood_in, reason};
use crate::fault::Fault;
use crate::hsm;
use crate::layout::setstripe::{self, Refusal, Request};
use crate::layout::store::Layouts;
use crate::layout::{Layout, getstripe};
use crate::mounted::Mounted;
use crate::root::Root;
use crate::tree::client::Client;

/// The exit status of usage errors.
pub const USAGE_ERROR: u8 = 4;

const VERSION: &str = include_str!("../fixtures/lustre-2.15.8/10_mounted/lfs_version.out");
const SETSTRIPE_USAGE: &str =
    include_str!("../fixtures/lustre-2.15.8/21_setstripe_errors/unknown_opt.err");

pub fn run(root: &Root, args: &[String]) -> io::Result<Answer> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--version" | "-v"] if Fault::OldLfs.is_set(root) => Ok(Answer::says("lfs 2.10.8\n")),
        ["--version" | "-v"] => Ok(Answer::says(VERSION)),
        ["setstripe", ..] => set_stripe(root, &args[1..]),
        ["getstripe", ..] => getstripe::run(root, &args[1..]),
        [verb, ..] if verb.starts_with("hsm_") => hsm::lfs::run(root, verb, &args[1..]),
        ["df"] => df_all(root),
        ["df", path] if !path.starts_with('-') => df(root, path),
        _ => Err(not_stood_in(&format!("lfs {}", args.join(" ")))),
    }
}

fn set_stripe(root: &Root, args: &[String]) -> io::Result<Answer> {
    let usage = SETSTRIPE_USAGE.split_once('\n').map_or("", |(_, usage)| usage);
    let (layout, paths) = match setstripe::read(args) {
        Ok(Request::Set { layout, paths }) => (Some(layout), paths),
        Ok(Request::Delete { paths }) => (None, paths),
        Err(Refusal::Usage(message)) => {
            return Ok(Answer::fails(
                USAGE_ERROR,
                format!("lfs setstripe setstripe: {message}\n{usage}"),
            ));
        }
        Err(Refusal::UnknownOption(option)) => {
            return Ok(Answer::fails(
                USAGE_ERROR,
                format!("lfs setstripe: unrecognized option '{option}'\n{usage}"),
            ));
        }
        Err(Refusal::Invalid(text)) => return Ok(Answer::fails(Errno::EINVAL as u8, text)),
        Err(Refusal::NotStoodIn(what)) => {
            return Err(not_stood_in(&format!("lfs setstripe {what}")));
        }
    };
    let mut answer = Answer::silent();
    for path in &paths {
        if let Err(failure) = give_layout(root, Path::new(path), layout.as_ref()) {
            if let Failure::NotStoodIn(what) = failure {
                return Err(not_stood_in(what));
            }
            let (stderr, code) = failure.explain(path);
            answer.stderr += &stderr;
            answer.code = code;
        }
    }
    Ok(answer)
}

/// Why a path did not get its layout.
enum Failure {
    Open(io::Error),
    Set(Errno),
    NotStoodIn(&'static str),
}

impl Failure {
    fn explain(&self, path: &str) -> (String, u8) {
        let (text, code) = match self {
            Self::Open(error) => {
                let code = error.raw_os_error().unwrap_or(1);
                (
                    format!("lfs setstripe: unable to open '{path}': {} ({code})\n", reason(code)),
                    code,
                )
            }
            Self::Set(errno) => {
                let why = if *errno == Errno::EEXIST {
                    "stripe already set".to_owned()
                } else {
                    reason(*errno as i32)
                };
                (format!("lfs setstripe: setstripe error for '{path}': {why}\n"), *errno as i32)
            }
            Self::NotStoodIn(what) => (format!("{what}\n"), 125),
        };
        (text, u8::try_from(code).unwrap_or(1))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Set(Errno::from_raw(error.raw_os_error().unwrap_or(Errno::EIO as i32)))
    }
}

/// Makes `path` what was asked for: a directory gets a default (or none), a missing file is created with the layout.
fn give_layout(root: &Root, path: &Path, layout: Option<&Layout>) -> Result<(), Failure> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return create_with_layout(root, path, layout);
        }
        other => other.map_err(Failure::Open)?,
    };
    let layouts = layouts_at(root, path, layout)?;
    if metadata.file_type().is_fifo() {
        // It is opened for writing, which waits for a reader (`21_setstripe_errors/fifo`).
        OpenOptions::new().write(true).open(path).map_err(Failure::Open)?;
    }
    if !metadata.is_dir() {
        return Err(Failure::Set(Errno::EEXIST));
    }
    // Only its owner may give a directory a default, whatever its mode (`21_setstripe_errors/group_member_writable_dir`).
    if !geteuid().is_root() && geteuid().as_raw() != metadata.uid() {
        return Err(Failure::Set(Errno::EPERM));
    }
    match layout.filter(|layout| !layout.is_default()) {
        Some(layout) if layout.components.iter().any(|part| !part.osts.is_empty()) => {
            return Err(Failure::NotStoodIn("a directory's default with a list of OSTs"));
        }
        Some(layout) => layouts.set(metadata.ino(), layout)?,
        None => layouts.clear(metadata.ino())?,
    }
    Ok(())
}

fn create_with_layout(root: &Root, path: &Path, layout: Option<&Layout>) -> Result<(), Failure> {
    let parent =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A missing parent is reported by the open below.
    let layouts = if parent.is_dir() { Some(layouts_at(root, parent, layout)?) } else { None };
    let mut options = OpenOptions::new();
    // A name that ends in a slash is opened again as a directory (`21_setstripe_errors/dir_trailing_slash`).
    let not_there = |error: io::Error| match error.raw_os_error() {
        Some(code) if code == Errno::EISDIR as i32 => {
            io::Error::from_raw_os_error(Errno::ENOENT as i32)
        }
        _ => error,
    };
    let opened = options.write(true).create(true).truncate(false).mode(0o644).open(path);
    let file = opened.map_err(|error| Failure::Open(not_there(error)))?;
    if let (Some(layouts), Some(layout)) = (layouts, layout) {
        layouts.set(file.metadata()?.ino(), layout)?;
    }
    Ok(())
}

/// The layouts of the file system that `path` is on, when it is one that can have `layout`.
fn layouts_at(root: &Root, path: &Path, layout: Option<&Layout>) -> Result<Layouts, Failure> {
    let Some(mounted) = Mounted::holding(path)? else { return Err(Failure::Set(Errno::ENOTTY)) };
    let layouts = Layouts::of(root, mounted.fsname())?;
    let mut asked = layout.iter().flat_map(|layout| &layout.components);
    if !asked.all(|component| layouts.targets().take(component)) {
        return Err(Failure::Set(Errno::EINVAL));
    }
    Ok(layouts)
}

fn df_all(root: &Root) -> io::Result<Answer> {
    let mut text = String::new();
    for mounted in Mounted::all()? {
        text += &space_of(root, &mounted)?;
    }
    Ok(Answer::says(text))
}

/// The error for a path that is not on Lustre goes to standard output (`10_mounted/lfs_df__tmp`).
fn df(root: &Root, path: &str) -> io::Result<Answer> {
    match Mounted::holding(Path::new(path)) {
        Ok(Some(mounted)) => space_of(root, &mounted).map(Answer::says),
        Ok(None) => {
            Ok(Answer { code: 95, ..Answer::says(format!("df:{path} Not a Lustre filesystem\n")) })
        }
        Err(error) => {
            let code = error.raw_os_error().unwrap_or(1);
            Ok(Answer::fails(
                u8::try_from(code).unwrap_or(1),
                format!("error: invalid path '{path}': {}\n", reason(code)),
            ))
        }
    }
}

/// The table of `lfs df`, from the same files of the tree that anyone may read.
fn space_of(root: &Root, mounted: &Mounted) -> io::Result<String> {
    let client = Client::all(root)?.into_iter().find(|client| client.device == mounted.device);
    let Some(client) = client else {
        return Err(io::Error::other(format!("no client for {}", mounted.source)));
    };
    let (Client { fsname, instance, osts, .. }, target) = (&client, mounted.target.display());
    let value = |path: &str| -> io::Result<u64> {
        let text = fs::read_to_string(root.join(format!("sys/fs/lustre/{path}")))?;
        text.trim().parse().map_err(io::Error::other)
    };
    let row = |name: &str, device: &str, on: &str| -> io::Result<String> {
        let (total, free) =
            (value(&format!("{device}/kbytestotal"))?, value(&format!("{device}/kbytesfree"))?);
        let available = value(&format!("{device}/kbytesavail"))?;
        let used = total - free;
        let percent = (used * 100).div_ceil((used + available).max(1));
        Ok(format!(
            "{name:<20} {total:>11} {used:>11} {available:>11} {percent:>3}% {target}{on}\n"
        ))
    };
    let mut text = format!(
        "{:<20} {:>11} {:>11} {:>11} {:>4} Mounted on\n",
        "UUID", "1K-blocks", "Used", "Available", "Use%"
    );
    text += &row(
        &format!("{fsname}-MDT0000_UUID"),
        &format!("mdc/{fsname}-MDT0000-mdc-{instance}"),
        "[MDT:0]",
    )?;
    for ost in 0..*osts {
        let device = format!("osc/{fsname}-OST{ost:04x}-osc-{instance}");
        text += &row(&format!("{fsname}-OST{ost:04x}_UUID"), &device, &format!("[OST:{ost}]"))?;
    }
    text += &format!(
        "\n{}\n",
        row("filesystem_summary:", &format!("lov/{fsname}-clilov-{instance}"), "")?
    );
    Ok(text)
}
