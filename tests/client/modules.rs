//! The kernel modules: `modinfo`, `modprobe`, and what /proc and /sys show because they are loaded.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::answer::{Answer, not_stood_in};
use crate::fault::Fault;
use crate::root::{Machine, Root, at};
use crate::tree::template::{self, Scope};

const MODINFO: &str = include_str!("../fixtures/lustre-2.15.8/env/modinfo_lustre.out");
const MODULES: &str = include_str!("../fixtures/lustre-2.15.8/01_modprobe/modules.out");
const FILESYSTEMS: &str = include_str!("../fixtures/lustre-2.15.8/01_modprobe/filesystems.out");
/// The captured client's kernel release, which is inside [`MODINFO`].
pub const CAPTURED_KERNEL: &str = "6.1.0-56-amd64";

/// The directories that exist as soon as the modules are loaded (`01_modprobe/tree/FIND.txt`).
const DIRECTORIES: [&str; 19] = [
    "proc/fs/lustre/lmv",
    "proc/fs/lustre/lov",
    "proc/fs/lustre/mdc",
    "proc/fs/lustre/osc",
    "proc/fs/lustre/sptlrpc",
    "sys/fs/lustre/llite",
    "sys/fs/lustre/lmv",
    "sys/fs/lustre/lov",
    "sys/fs/lustre/mdc",
    "sys/fs/lustre/osc",
    "sys/kernel/debug/lnet",
    "sys/kernel/debug/lustre/fld",
    "sys/kernel/debug/lustre/llite",
    "sys/kernel/debug/lustre/lmv",
    "sys/kernel/debug/lustre/lov",
    "sys/kernel/debug/lustre/mdc",
    "sys/kernel/debug/lustre/osc",
    "sys/kernel/debug/lustre/seq",
    "sys/kernel/debug/lustre/sptlrpc",
];

/// `modinfo [-F FIELD] MODULE`.
pub fn modinfo(root: &Root, args: &[String]) -> io::Result<Answer> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let (field, module) = match words.as_slice() {
        [module] => (None, *module),
        ["-F" | "--field", field, module] => (Some(*field), *module),
        _ => return Err(not_stood_in(&format!("modinfo {}", args.join(" ")))),
    };
    if module != "lustre" || Fault::ModulesMissing.is_set(root) {
        return Ok(Answer::fails(1, format!("modinfo: ERROR: Module {module} not found.\n")));
    }
    let text = MODINFO.replace(CAPTURED_KERNEL, &root.machine()?.kernel);
    let Some(field) = field else { return Ok(Answer::says(text)) };
    let values =
        text.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| *name == field);
    Ok(Answer::says(
        values.map(|(_, value)| format!("{}\n", value.trim_start())).collect::<String>(),
    ))
}

/// `modprobe MODULE`; options are accepted and make no difference.
pub fn modprobe(root: &Root, args: &[String]) -> io::Result<Answer> {
    let Some(module) = args.iter().find(|word| !word.starts_with('-')) else {
        return Err(not_stood_in(&format!("modprobe {}", args.join(" "))));
    };
    if !Fault::ModulesMissing.is_set(root) {
        return Ok(Answer::silent());
    }
    let kernel = root.machine()?.kernel;
    Ok(Answer::fails(
        1,
        format!("modprobe: FATAL: Module {module} not found in directory /lib/modules/{kernel}\n"),
    ))
}

/// What /proc shows of a machine whatever its modules: the processes and the kernel release.
pub fn describe_machine(root: &Root, machine: &Machine) -> io::Result<()> {
    let myself = root.join("proc/self");
    match symlink("/proc/self", &myself) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(at(&myself, error));
        }
        _ => {}
    }
    fs::create_dir_all(root.join("proc/sys/kernel"))?;
    root.write(&root.join("proc/sys/kernel/osrelease"), format!("{}\n", machine.kernel), 0o444)
}

/// Shows the modules as loaded, with nothing mounted.
pub fn load(root: &Root, machine: &Machine) -> io::Result<()> {
    let ours: String = MODULES
        .lines()
        .filter(|line| line.ends_with("(OE)"))
        .map(|line| format!("{line}\n"))
        .collect();
    root.write(&root.join("proc/modules"), ours, 0o444)?;
    root.write(&root.join("proc/filesystems"), FILESYSTEMS, 0o444)?;
    for directory in DIRECTORIES {
        let path = root.join(directory);
        fs::create_dir_all(&path).map_err(|error| at(&path, error))?;
    }
    fs::set_permissions(root.join("sys/kernel/debug"), fs::Permissions::from_mode(0o700))?;
    for file in template::files().into_iter().filter(|file| file.scope == Scope::Modules) {
        let content = file.content.replace(template::CLIENT_NID, &machine.client_nid);
        root.write(&root.join(&file.path), content, file.mode)?;
    }
    root.write(&root.join("sys/kernel/debug/lustre/devices"), "", 0o444)
}

/// Shows a machine on which the modules were never loaded.
pub fn unload(root: &Root) -> io::Result<()> {
    let others: String = FILESYSTEMS
        .lines()
        .filter(|line| *line != "nodev\tlustre")
        .map(|line| format!("{line}\n"))
        .collect();
    root.write(&root.join("proc/filesystems"), others, 0o444)?;
    root.write(&root.join("proc/modules"), "", 0o444)?;
    for directory in
        ["proc/fs/lustre", "sys/fs/lustre", "sys/kernel/debug/lustre", "sys/kernel/debug/lnet"]
    {
        let path = root.join(directory);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&path, error)),
            _ => {}
        }
    }
    Ok(())
}
