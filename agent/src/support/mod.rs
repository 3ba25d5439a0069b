//! The support bundle: what somebody who was never on this node needs to understand it, in one file.
//!
//! Everything in it is gathered within a time, cut to a size and without secrets, also while every
//! mount is dead.

mod archive;
mod redact;
#[cfg(test)]
mod tests;

use crate::checks::{Colours, Report, Selection, answers};
use crate::config::{AgentConfig, settings};
use crate::facts::{Facts, Scope, import_texts, named};
use crate::status;
use fsxlustre_mount::failure::{Code, Explain};
use fsxlustre_mount::fstab::{Field, entries};
use fsxlustre_mount::host::{Deadline, Host, KernelLog, read_text, unix_seconds};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The most of one part, characters.
const LARGEST_PART: usize = 4 << 20;
/// The most lines of the kernel's log, the newest ones.
const MOST_KERNEL_LINES: usize = 4000;
/// How long connections may take to be read.
const PATIENCE: Duration = Duration::from_secs(3);

/// The bundle cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the support bundle cannot be written")]
pub struct BundleError {
    path: PathBuf,
    because: String,
}

impl Explain for BundleError {
    fn code(&self) -> Code {
        Code::BundleUnwritable
    }
    fn asked(&self) -> String {
        format!("write {}", self.path.display())
    }
    fn because(&self) -> String {
        self.because.clone()
    }
    fn remedy(&self) -> String {
        "name a directory with room that is not on Lustre: fsxlustre support-bundle --to DIR".into()
    }
}

/// Parts of a bundle: name and text.
type Parts = Vec<(&'static str, String)>;

/// Gathers a bundle and writes it into that directory; says where it is.
///
/// # Errors
/// [`BundleError`], also for a directory on Lustre: a dead mount would keep it for ever.
pub fn write(config: &AgentConfig, directory: &Path) -> Result<PathBuf, BundleError> {
    let host = config.host();
    let refused =
        |because: &str| BundleError { path: directory.to_owned(), because: because.into() };
    let table = host.mounts().unwrap_or_default();
    if table.containing(directory).is_some_and(|mount| host.is_lustre(mount)) {
        return Err(refused("the directory is on a Lustre mount"));
    }
    if !directory.is_absolute() {
        return Err(refused("the path is not absolute"));
    }
    let now = unix_seconds();
    let folder = name(host, now);
    let path = directory.join(format!("{folder}.tar.gz"));
    let parts = gather(config, now);
    archive::write(&path, &folder, &parts, now)
        .map_err(|error| BundleError { path: path.clone(), because: error.to_string() })?;
    Ok(path)
}

/// `fsxlustre-support-NODE-20261121-061500-4711`.
fn name(host: &Host, now: u64) -> String {
    let node = read_text(&host.paths.processes.join("sys/kernel/hostname")).unwrap_or_default();
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let node: String = node.trim().chars().filter(is_plain).take(64).collect();
    let is_digit = |c: &char| c.is_ascii_digit();
    let at: String = crate::checks::utc(now).chars().filter(is_digit).collect();
    format!("fsxlustre-support-{node}-{at}-{}", std::process::id())
}

/// Every part, cut and without secrets.
fn gather(config: &AgentConfig, now: u64) -> Parts {
    let host = config.host();
    let (report, connections) = std::thread::scope(|threads| {
        let connections = threads.spawn(|| imports(host));
        (report(config), connections.join().unwrap_or_default())
    });
    let parts = [
        ("check.txt", report.text(Colours::None)),
        (
            "check.json",
            report.json().map_or_else(|error| error.to_string(), |text| json_text(&text)),
        ),
        ("status.json", status_part(host)),
        ("imports.txt", connections),
        ("kernel-log.txt", kernel_log(host)),
        ("settings.json", settings_part(config, now)),
        ("fstab.txt", fstab(host)),
    ];
    let parts: Parts = parts
        .into_iter()
        .map(|(name, text)| (name, if is_json(name) { text } else { redact::text(&cut(text)) }))
        .collect();
    std::iter::once(("about.txt", about(&parts, now))).chain(parts).collect()
}

fn is_json(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "json")
}

/// Texts end at a size; the newest lines of the kernel were chosen before.
fn cut(text: String) -> String {
    match text.char_indices().nth(LARGEST_PART) {
        Some((place, _)) => {
            format!("{}\n(cut here)\n", text.get(..place).unwrap_or_default())
        }
        None => text,
    }
}

fn about(parts: &Parts, now: u64) -> String {
    let mut text = format!(
        "A support bundle of fsxlustre {}, made {}.\n\nKeys, tokens, passwords and whatever looks so were \
         taken out. Names of file systems,\naddresses, account and VPC ids are in it. Read it before you \
         send it.\n\n",
        env!("CARGO_PKG_VERSION"),
        crate::checks::utc(now)
    );
    for (name, part) in parts {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name:<16} {:>9} bytes", part.len());
    }
    text
}

fn report(config: &AgentConfig) -> Report {
    let facts = Facts::gather(config, &named(config), Scope::WHOLE);
    Report::new(answers(&facts, &Selection::all()), facts.node)
}

/// A JSON text without secrets; one that is too long says so.
fn json_text(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|error| error.to_string(), json_value)
}

fn json_value(mut value: Value) -> String {
    redact::value(&mut value);
    let text = serde_json::to_string_pretty(&value).unwrap_or_default() + "\n";
    if text.len() > LARGEST_PART {
        return format!("{{\"left_out\": \"{} bytes\"}}\n", text.len());
    }
    text
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_value(value).map_or_else(|error| error.to_string(), json_value)
}

fn status_part(host: &Host) -> String {
    match status::gather(host) {
        Ok(status) => json(&status),
        Err(failure) => json(&serde_json::json!({ "unknown": failure.because })),
    }
}

fn settings_part(config: &AgentConfig, now: u64) -> String {
    let mut all = serde_json::to_value(settings(config, now)).unwrap_or_default();
    for one in all.as_array_mut().into_iter().flatten() {
        let is_secret = one.get("key").and_then(Value::as_str).is_some_and(redact::is_secret_name);
        if let Some(value) = one.get_mut("value").filter(|value| is_secret && !value.is_null()) {
            *value = Value::String(redact::REMOVED.into());
        }
    }
    json_value(serde_json::json!({ "settings": all, "warnings": config.warnings }))
}

fn imports(host: &Host) -> String {
    let (texts, is_whole) = match import_texts(host, Deadline::after(PATIENCE)) {
        Ok(told) => told,
        Err(because) => return format!("unknown: {because}\n"),
    };
    let mut text = String::new();
    for one in texts {
        let said = one.text.unwrap_or_else(|because| format!("unknown: {because}\n"));
        let _ = writeln!(text, "== {}\n{said}", one.file);
    }
    text.push_str(if is_whole { "" } else { "\n(the rest did not answer in time)\n" });
    text
}

/// Lines of Lustre, LNet, and the drivers of ENA and EFA, with the seconds since boot.
fn kernel_log(host: &Host) -> String {
    let Some(lines) = KernelLog::kept(&host.paths.kernel_log) else {
        return format!("unknown: {} cannot be read\n", host.paths.kernel_log.display());
    };
    let wanted: Vec<_> = lines.into_iter().filter(|(_, text)| is_wanted(text)).collect();
    let newest = wanted.len().saturating_sub(MOST_KERNEL_LINES);
    let mut told = String::new();
    for (at, text) in wanted.into_iter().skip(newest) {
        let at = at.map(|at| format!("[{:>12.6}] ", at.as_secs_f64())).unwrap_or_default();
        let text: String = text.chars().take(1000).collect();
        let _ = writeln!(told, "{at}{text}");
    }
    told
}

fn is_wanted(line: &str) -> bool {
    let begins = ["Lustre", "LNet", "libcfs", "ksocklnd", "kefalnd", "ena ", "efa "];
    begins.iter().any(|begin| line.starts_with(begin))
}

/// The lines of our types and of Lustre's; others may have passwords in them.
fn fstab(host: &Host) -> String {
    let path = host.paths.rootfs.join("etc/fstab");
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(error) => return format!("unknown: {}: {error}\n", path.display()),
    };
    let mut told = String::new();
    for line in entries(&text) {
        let kind = line.word(Field::Type);
        if kind != "lustre" && kind != "fsxlustre" {
            continue;
        }
        let (source, directory) = (line.word(Field::Source), line.word(Field::Directory));
        let _ = writeln!(
            told,
            "{}: {source} {directory} {kind} {}",
            line.number,
            line.options().join(",")
        );
    }
    told
}
