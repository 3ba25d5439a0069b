//! `lctl`: devices, NIDs and parameters.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::answer::{Answer, not_stood_in, reason};
use crate::fault::Fault;
use crate::root::Root;
use crate::tree::client::Client;

const VERSION: &str = include_str!("../fixtures/lustre-2.15.8/10_mounted/lctl_version.out");
const HINT: &str = "hint: the kernel modules may not be loaded\n";

/// Where parameters are looked for, in this order.
const PARAMETERS: [&str; 4] =
    ["proc/fs/lustre", "sys/fs/lustre", "sys/kernel/debug/lnet", "sys/kernel/debug/lustre"];

/// Parameters with an upper limit, and the limit (`60_more/set_bad`, `60_more/set_mod_above`).
const LIMITS: [(&str, u64); 2] = [("max_rpcs_in_flight", 256), ("max_mod_rpcs_in_flight", 8)];

pub fn run(root: &Root, args: &[String]) -> io::Result<Answer> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--version" | "version"] => Ok(Answer::says(VERSION)),
        ["dl" | "device_list"] => devices(root, |_| String::new()),
        ["dl" | "device_list", "-t"] => {
            let clients = Client::all(root)?;
            devices(root, |line| server_of(&clients, line))
        }
        ["list_nids", ..] => list_nids(root),
        ["get_param", "-n", patterns @ ..] => get(root, patterns, Shown::Value),
        ["get_param", "-N", patterns @ ..] => get(root, patterns, Shown::Name),
        ["get_param", patterns @ ..] => get(root, patterns, Shown::Both),
        ["set_param", "-n", settings @ ..] => set(root, settings, Shown::Name),
        ["set_param", settings @ ..] => set(root, settings, Shown::Both),
        _ => Err(not_stood_in(&format!("lctl {}", args.join(" ")))),
    }
}

fn devices(root: &Root, after: impl Fn(&str) -> String) -> io::Result<Answer> {
    if Fault::ModulesMissing.is_set(root) {
        return Ok(Answer::fails(
            0,
            format!("opening /dev/obd failed: No such file or directory\n{HINT}"),
        ));
    }
    let lines = fs::read_to_string(root.join("sys/kernel/debug/lustre/devices"))?;
    Ok(Answer::says(
        lines.lines().map(|line| format!("{line}{}\n", after(line))).collect::<String>(),
    ))
}

/// `-t` adds the server to the lines of mdc and osc.
fn server_of(clients: &[Client], line: &str) -> String {
    let has_server = [" mdc ", " osc "].iter().any(|kind| line.contains(kind));
    let client = clients.iter().find(|client| has_server && line.contains(&client.instance));
    client.map_or_else(String::new, |client| format!(" {}", client.server_nid))
}

fn list_nids(root: &Root) -> io::Result<Answer> {
    if Fault::ModulesMissing.is_set(root) {
        let text = format!(
            "opening /dev/lnet failed: No such file or directory\n{HINT}IOC_LIBCFS_GET_NI error 2: No such file or directory\n"
        );
        return Ok(Answer::fails(1, text));
    }
    Ok(Answer::says(format!("{}\n", root.machine()?.client_nid)))
}

/// What is printed of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Name,
    Value,
    Both,
}

fn get(root: &Root, patterns: &[&str], shown: Shown) -> io::Result<Answer> {
    let mut answer = Answer::silent();
    for pattern in patterns {
        let found = find(root, pattern)?;
        if found.is_empty() {
            missing("get_param", pattern, &mut answer);
        }
        for (name, path) in found {
            if shown == Shown::Name {
                answer.stdout += &format!("{name}\n");
            } else if path.is_file() {
                let value = fs::read_to_string(&path)?;
                let between = if value.lines().count() > 1 { "=\n" } else { "=" };
                answer.stdout +=
                    &if shown == Shown::Value { value } else { format!("{name}{between}{value}") };
            }
        }
    }
    Ok(answer)
}

fn missing(command: &str, pattern: &str, answer: &mut Answer) {
    answer.stderr += &format!(
        "error: {command}: param_path '{}': No such file or directory\n",
        as_path(pattern)
    );
    answer.code = Errno::ENOENT as i32 as u8;
}

fn set(root: &Root, settings: &[&str], shown: Shown) -> io::Result<Answer> {
    let mut answer = Answer::silent();
    for setting in settings {
        let Some((pattern, value)) = setting.split_once('=') else {
            return Err(not_stood_in(&format!("lctl set_param {setting}")));
        };
        let found = find(root, pattern)?;
        if found.is_empty() {
            missing("set_param", pattern, &mut answer);
        }
        for (name, path) in found {
            if is_out_of_range(&path, value) {
                let shown = Path::new("/").join(path.strip_prefix(root.path()).unwrap_or(&path));
                let errno = Errno::ERANGE;
                answer.stderr += &format!(
                    "error: set_param: setting {}={value}: {}\n",
                    shown.display(),
                    reason(errno as i32)
                );
                answer.code = errno as i32 as u8;
                continue;
            }
            if let Err(error) = assign(root, &path, value) {
                // Files that answer as the kernel's cannot be replaced: they are written to.
                if error.kind() != io::ErrorKind::ResourceBusy {
                    return Err(error);
                }
                fs::write(&path, value)?;
            }
            if shown == Shown::Both {
                answer.stdout += &format!("{name}={value}\n");
            }
        }
    }
    Ok(answer)
}

fn is_out_of_range(path: &Path, value: &str) -> bool {
    let limit = LIMITS.iter().find(|(name, _)| path.ends_with(name)).map(|(_, limit)| *limit);
    limit.zip(value.parse::<u64>().ok()).is_some_and(|(limit, value)| value > limit)
}

/// Puts a value into a parameter's file. Clearing the cache of locks leaves none; `max_cached_mb` shows its value in
/// the line of its name.
fn assign(root: &Root, path: &Path, value: &str) -> io::Result<()> {
    let old = fs::read_to_string(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = match (&*name, value) {
        ("lru_size", "clear") => "0\n".to_owned(),
        ("max_cached_mb", _) => {
            let line = |line: &str| {
                if line.starts_with("max_cached_mb:") {
                    format!("max_cached_mb: {value}\n")
                } else {
                    format!("{line}\n")
                }
            };
            old.lines().map(line).collect()
        }
        _ if old.lines().count() > 1 => {
            return Err(not_stood_in(&format!("lctl set_param …{name}={value}")));
        }
        _ => format!("{value}\n"),
    };
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions()) & 0o7777;
    root.write(path, new, mode)
}

/// The parameters that a pattern means, by name.
fn find(root: &Root, pattern: &str) -> io::Result<Vec<(String, PathBuf)>> {
    let path = as_path(pattern);
    let mut found = Vec::new();
    for top in PARAMETERS {
        let mut level = vec![(String::new(), root.join(top))];
        for piece in path.split('/') {
            level = level
                .iter()
                .flat_map(|(name, directory)| children(name, directory, piece))
                .collect();
        }
        found.extend(level);
    }
    Ok(found)
}

/// The entries of a directory that match one piece of a pattern, with the names they have as parameters.
fn children(parent: &str, directory: &Path, piece: &str) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| matches(piece, name));
    names.sort();
    let dot = if parent.is_empty() { "" } else { "." };
    names.into_iter().map(|name| (format!("{parent}{dot}{name}"), directory.join(name))).collect()
}

/// Dots separate, except inside an address.
fn as_path(pattern: &str) -> String {
    let piece = |(index, character): (usize, char)| {
        let rest = &pattern[index + character.len_utf8()..];
        let address = rest.trim_start_matches(|next: char| next.is_ascii_digit() || next == '.');
        let inside_address = pattern[..index].ends_with(|before: char| before.is_ascii_digit())
            && address.starts_with('@');
        if character == '.' && !inside_address { '/' } else { character }
    };
    pattern.char_indices().map(piece).collect()
}

/// `*` stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            name.char_indices()
                .map(|(index, _)| index)
                .chain([name.len()])
                .any(|index| matches(rest, &name[index..]))
        }),
    }
}
