//! `lfs getstripe [-d] [-r] [-v] [-y] PATH…`.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::print::{self, Form};
use super::store::Layouts;
use crate::answer::{Answer, not_stood_in, reason};
use crate::fault::Fault;
use crate::lfs::USAGE_ERROR;
use crate::mounted::Mounted;
use crate::root::Root;

/// A usage error's text and the usage; the error is the first line.
const USAGE: &str = include_str!("../../fixtures/lustre-2.15.8/20_layout/getstripe_root.err");

#[derive(Debug, Default)]
struct Request {
    form: Form,
    /// `-d`: of directories the default only, not what is in them.
    directories_only: bool,
    recursive: bool,
    /// `-c` or `-S`: one value of a plain file.
    only: Option<char>,
    paths: Vec<String>,
}

pub fn run(root: &Root, args: &[String]) -> io::Result<Answer> {
    let mut request = Request::default();
    for word in args {
        match word.as_str() {
            "-d" | "--directory" => request.directories_only = true,
            "-r" | "--recursive" => request.recursive = true,
            "-v" | "--verbose" => request.form.verbose = true,
            option @ ("-y" | "--yaml") if Fault::OldLfs.is_set(root) => {
                return Ok(usage_error(option));
            }
            "-y" | "--yaml" => request.form.yaml = true,
            "-c" => request.only = Some('c'),
            "-S" => request.only = Some('S'),
            option if option.starts_with("--") => return Ok(usage_error(option)),
            option if option.starts_with('-') => {
                return Err(not_stood_in(&format!("lfs getstripe {option}")));
            }
            path => request.paths.push(path.to_owned()),
        }
    }
    let mut answer = Answer::silent();
    for path in &request.paths {
        if let Err(error) = describe(root, &request, Path::new(path), &mut answer) {
            fail(&request, path, &error, &mut answer);
            break;
        }
    }
    Ok(answer)
}

fn usage_error(option: &str) -> Answer {
    let usage = USAGE.split_once('\n').map_or("", |(_, usage)| usage);
    Answer::fails(USAGE_ERROR, format!("lfs: unrecognized option '{option}'\n{usage}"))
}

/// The paths after the first that fails stay unread; the last line names the last path, whichever failed
/// (`60_more/getstripe_d_missing_middle.err`).
fn fail(request: &Request, path: &str, error: &io::Error, answer: &mut Answer) {
    let code = error.raw_os_error().unwrap_or(1);
    if code == nix::errno::Errno::ENOTTY as i32 {
        answer.stderr = format!(
            "lfs getstripe: cb_getstripe: '{path}' not on a Lustre fs?: {} ({code})\n",
            reason(code)
        );
    }
    let last = request.paths.last().map_or("", String::as_str);
    answer.stderr += &format!("error: getstripe failed for {last}.\n");
    answer.code = u8::try_from(code).unwrap_or(1);
}

/// Adds the layout of one path, and of what is in a directory.
fn describe(root: &Root, request: &Request, path: &Path, answer: &mut Answer) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() || metadata.file_type().is_fifo() {
        // Nothing is asked of them (`20_layout/getstripe_symlink`, `getstripe_fifo`).
        answer.stdout += &format!("{} has no stripe info\n", path.display());
        return Ok(());
    }
    let Some(mounted) = Mounted::holding(path)? else {
        return Err(io::Error::from_raw_os_error(nix::errno::Errno::ENOTTY as i32));
    };
    let layouts = Layouts::of(root, mounted.fsname())?;
    if metadata.is_file() {
        return describe_file(request, &layouts, path, &metadata, answer);
    }
    if metadata.is_dir() {
        describe_directory(request, &layouts, path, &metadata, answer)?;
        return if request.directories_only {
            Ok(())
        } else {
            describe_children(root, request, path, answer)
        };
    }
    Ok(())
}

fn describe_file(
    request: &Request,
    layouts: &Layouts,
    path: &Path,
    metadata: &fs::Metadata,
    answer: &mut Answer,
) -> io::Result<()> {
    let layout = layouts.of_file(metadata.ino())?;
    if let Some(only) = request.only {
        let value = if only == 'c' {
            layout.stripes(0).to_string()
        } else {
            layout.layout.components[0].size().to_string()
        };
        answer.stdout += &format!("{value}\n\n");
        return Ok(());
    }
    if names_paths(request) {
        answer.stdout += &format!("{}\n", path.display());
    }
    answer.stdout += &print::file(&layout, metadata.len(), request.form);
    Ok(())
}

fn describe_directory(
    request: &Request,
    layouts: &Layouts,
    path: &Path,
    metadata: &fs::Metadata,
    answer: &mut Answer,
) -> io::Result<()> {
    let layout = layouts.default_of(metadata.ino())?;
    if names_paths(request) {
        let default = if request.form.verbose && layout.is_none() { "(Default) " } else { "" };
        answer.stdout += &format!("{default}{}\n", path.display());
    }
    answer.stdout += &print::directory_default(layout.as_ref(), metadata.ino(), request.form);
    Ok(())
}

/// YAML never names paths; `-d` does so only together with `-r` or `-v`.
fn names_paths(request: &Request) -> bool {
    !request.form.yaml && (!request.directories_only || request.recursive || request.form.verbose)
}

/// What is in a directory: its files, and with `-r` its directories too.
fn describe_children(
    root: &Root,
    request: &Request,
    path: &Path,
    answer: &mut Answer,
) -> io::Result<()> {
    let mut children: Vec<PathBuf> = fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    children.sort();
    for child in children {
        let kind = fs::symlink_metadata(&child)?.file_type();
        if kind.is_file() || (kind.is_dir() && request.recursive) {
            describe(root, request, &child, answer)?;
        }
    }
    Ok(())
}
