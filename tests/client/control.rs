//! The control program: what a test or the demo tells the stand-in.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;

use crate::answer::Answer;
use crate::fault::Fault;
use crate::hsm;
use crate::modules;
use crate::mount::{daemon, stuck};
use crate::root::{Machine, Root, at};
use crate::server::FileSystem;
use crate::tree::template;

const USAGE: &str = "\
usage: standin-client install ROOT [--kernel RELEASE] [--client-nid NID]
       standin-client filesystem ROOT add NAME --nid NID [--nid NID …] [--osts N] [--pool NAME=OST,OST…]…
       standin-client filesystem ROOT remove NAME
       standin-client hsm ROOT NAME off|on|copytool WAITS_MS TAKES_MS|set PATH FLAGS|lose PATH
       standin-client fault ROOT set|clear mount-hang[:NAME]|mount-stuck:NAME|replay:CAPTURE|io-hang|modules-missing|no-lov-attribute|no-hsm-ioctl|lfs-2.10
       standin-client calls ROOT
";

/// Runs one control command.
pub fn run(args: &[String]) -> io::Result<Answer> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["install", root, options @ ..] => install(&Root::at(*root), options),
        ["filesystem", root, "add", name, options @ ..] => add(&Root::at(*root), name, options),
        ["filesystem", root, "remove", name] => {
            FileSystem::remove(&Root::at(*root), name)?;
            Ok(Answer::silent())
        }
        ["hsm", root, name, words @ ..] => {
            hsm::control::run(&Root::at(*root), name, words)?.map_or_else(usage, Ok)
        }
        ["fault", root, "set", fault] => {
            Fault::named(fault).map_or_else(usage, |fault| set(&Root::at(*root), &fault))
        }
        ["fault", root, "clear", fault] => {
            Fault::named(fault).map_or_else(usage, |fault| clear(&Root::at(*root), &fault))
        }
        ["calls", root] => fs::read_to_string(Root::at(*root).state("calls")).map(Answer::says),
        [daemon::SUBCOMMAND, request] => daemon::serve(request),
        [stuck::SUBCOMMAND, request] => stuck::hold(request),
        _ => usage(),
    }
}

fn usage() -> io::Result<Answer> {
    Ok(Answer::fails(2, USAGE))
}

/// The value of `--NAME VALUE` in `options`; `None` when another option stands there.
fn values<'a>(options: &[&'a str], known: &[&str]) -> Option<Vec<(&'a str, &'a str)>> {
    options
        .chunks(2)
        .map(|pair| match pair {
            [name, value] if known.contains(name) => Some((*name, *value)),
            _ => None,
        })
        .collect()
}

fn install(root: &Root, options: &[&str]) -> io::Result<Answer> {
    let Some(options) = values(options, &["--kernel", "--client-nid"]) else { return usage() };
    let given = |name| {
        options.iter().rfind(|(option, _)| *option == name).map(|(_, value)| (*value).to_owned())
    };
    let machine = Machine {
        kernel: given("--kernel").unwrap_or_else(|| modules::CAPTURED_KERNEL.to_owned()),
        client_nid: given("--client-nid").unwrap_or_else(|| template::CLIENT_NID.to_owned()),
    };
    for directory in ["usr/sbin", "usr/bin", "proc", "sys"] {
        fs::create_dir_all(root.join(directory)).map_err(|error| at(root.path(), error))?;
    }
    for directory in ["servers", "faults", "clients", "held", "stuck", "tmp"] {
        fs::create_dir_all(root.state(directory))?;
    }
    for file in ["calls", "lock", "kmsg"] {
        fs::File::create(root.state(file))?;
    }
    // Programs that an ordinary user runs write temporary files and the log of calls.
    for (path, mode) in [("tmp", 0o1777), ("calls", 0o666), ("lock", 0o666)] {
        fs::set_permissions(root.state(path), std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    }
    link_programs(root)?;
    root.write_json(&root.state("machine.json"), &machine)?;
    modules::describe_machine(root, &machine)?;
    modules::load(root, &machine)?;
    Ok(Answer::silent())
}

fn link_programs(root: &Root) -> io::Result<()> {
    let myself = fs::read_link("/proc/self/exe")?;
    for program in ["sbin/mount.lustre", "sbin/lctl", "sbin/modinfo", "sbin/modprobe", "bin/lfs"] {
        let link = root.join(format!("usr/{program}"));
        match symlink(&myself, &link) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(at(&link, error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn add(root: &Root, name: &str, options: &[&str]) -> io::Result<Answer> {
    let Some(options) = values(options, &["--nid", "--osts", "--pool"]) else { return usage() };
    let mut filesystem =
        FileSystem { name: name.to_owned(), nids: Vec::new(), osts: 4, pools: BTreeMap::new() };
    for (option, value) in options {
        match option {
            "--nid" => filesystem.nids.push(value.to_owned()),
            "--pool" => {
                let Some((pool, osts)) = value.split_once('=') else { return usage() };
                let Ok(osts) = osts.split(',').map(str::parse).collect() else { return usage() };
                filesystem.pools.insert(pool.to_owned(), osts);
            }
            _ => match value.parse() {
                Ok(osts) if osts > 0 => filesystem.osts = osts,
                _ => return usage(),
            },
        }
    }
    if filesystem.nids.is_empty() {
        return usage();
    }
    filesystem.add(root)?;
    Ok(Answer::silent())
}

fn set(root: &Root, fault: &Fault) -> io::Result<Answer> {
    if *fault == Fault::ModulesMissing {
        if fs::read_dir(root.state("clients"))?.next().is_some() {
            return Ok(Answer::fails(1, "rmmod: ERROR: Module lustre is in use\n"));
        }
        modules::unload(root)?;
    }
    fault.set(root)?;
    Ok(Answer::silent())
}

fn clear(root: &Root, fault: &Fault) -> io::Result<Answer> {
    if *fault == Fault::ModulesMissing && fault.is_set(root) {
        modules::load(root, &root.machine()?)?;
    }
    fault.clear(root)?;
    Ok(Answer::silent())
}
