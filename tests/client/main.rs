//! The stand-in Lustre client.
//!
//! One multi-call binary. Under its own name it is the control program ([`control`]); called through one of the
//! symlinks that `install` puts below a root of its own (`ROOT/usr/sbin/mount.lustre`, `ROOT/usr/bin/lfs`, …) it is
//! that program, and the root is read off the path it was called by.
//!
//! Everything it prints in a Lustre program's name comes from captures of a real 2.15.8 client, kept in
//! `tests/fixtures/lustre-2.15.8`; `tests/tests/standin_matches_captures.rs` holds the two together. What no capture
//! shows is refused with exit status 125 instead of being made up.

#![expect(
    clippy::disallowed_methods,
    reason = "removes directories of its own: a stand-in for the kernel, which takes the tree of a client away"
)]

mod answer;
mod control;
mod fault;
mod fuse;
mod hsm;
mod layout;
mod lctl;
mod lfs;
mod modules;
mod mount;
mod mounted;
mod root;
mod server;
mod tree;

use std::env::args_os;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use answer::Answer;
use root::Root;

/// What the stand-in itself says when it cannot go on; no Lustre program uses this status.
const STANDIN_FAILED: u8 = 125;

fn main() -> ExitCode {
    let mut words = args_os().map(|word| word.to_string_lossy().into_owned());
    let called_as = PathBuf::from(words.next().unwrap_or_default());
    let args: Vec<String> = words.collect();
    match run(&called_as, &args) {
        Ok(answer) => answer.print(),
        Err(error) => {
            eprintln!("standin-client: {}: {error}", called_as.display());
            ExitCode::from(STANDIN_FAILED)
        }
    }
}

fn run(called_as: &Path, args: &[String]) -> std::io::Result<Answer> {
    let program = called_as.file_name().unwrap_or_default().to_string_lossy();
    let stand_in: fn(&Root, &[String]) -> std::io::Result<Answer> = match &*program {
        "mount.lustre" => mount::run,
        "lfs" => lfs::run,
        "lctl" => lctl::run,
        "modinfo" => modules::modinfo,
        "modprobe" => modules::modprobe,
        _ => return control::run(args),
    };
    let root = Root::of_program(called_as)?;
    root.log_call(&program, args)?;
    stand_in(&root, args)
}
