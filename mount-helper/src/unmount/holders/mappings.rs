//! Files mapped into the memory of processes. Reading `/proc/PID/maps` waits for the process's
//! own work on its memory, so it is done in a child, and not for a process that is blocked.

use super::namespaces::Namespaces;
use super::processes::busy_at;
use super::{Holder, HolderKind, Holders, Owner, process_ids};
use crate::failure::Explain as _;
use crate::host::{Deadline, Host, Program, RunLimits, read_text};
use crate::unmount::Target;
use crate::unmount::child::state_of;
use crate::worker::Work;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// How long all mappings of the machine may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which mappings are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingQuestion {
    processes: PathBuf,
    /// `MAJOR:MINOR`, decimal.
    device: String,
    pids: Vec<u32>,
}

/// What the child found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mappings {
    /// Process, path of the file.
    found: Vec<(u32, String)>,
    /// Processes that are blocked, whose mappings were left alone.
    blocked: Vec<u32>,
}

/// Adds the mapped files.
pub(super) fn find(
    host: &Host,
    target: &Target,
    namespaces: &Namespaces,
    deadline: Deadline,
    holders: &mut Holders,
) {
    let question = MappingQuestion {
        processes: host.paths.processes.clone(),
        device: target.device.clone(),
        pids: process_ids(host),
    };
    let answer = match ask(&question, deadline) {
        Ok(answer) => answer,
        Err(because) => {
            holders.unread.push(format!("files mapped into processes: {because}"));
            return;
        }
    };
    for (pid, path) in answer.found {
        let busy = namespaces.table_of(pid).and_then(|table| busy_at(path.as_ref(), target, table));
        let Some(busy) = busy else { continue };
        let is_told = |one: &Holder| one.pid == Some(pid) && one.path.as_deref() == Some(&path);
        if !holders.found.iter().any(is_told) {
            let owner = Owner::read(host, pid);
            holders.found.push(owner.holder(pid, HolderKind::Mapping, Some(path), busy));
        }
    }
    let is_told = |pid: &u32| holders.found.iter().any(|one| one.pid == Some(*pid));
    let untold: Vec<_> = answer.blocked.into_iter().filter(|pid| !is_told(pid)).collect();
    for pid in untold {
        let command = Owner::read(host, pid).command.unwrap_or_default();
        holders.unread.push(format!(
            "process {pid} ({command}) is blocked in the kernel: what it maps and what it waits for"
        ));
    }
}

fn ask(question: &MappingQuestion, deadline: Deadline) -> Result<Mappings, String> {
    let limits = RunLimits::until(deadline.at_most(PATIENCE));
    let done = Program::own()
        .run(&Work::ReadMappings(question.clone()).arguments(), &limits)
        .map_err(|error| error.because())?;
    serde_json::from_str(&done.stdout).map_err(|_| done.last_words())
}

impl MappingQuestion {
    /// Reads the mappings; only ever called in the child.
    pub(crate) fn answer(&self) -> Mappings {
        let mut answer = Mappings::default();
        for pid in &self.pids {
            let folder = self.processes.join(pid.to_string());
            let Ok(stat) = read_text(&folder.join("stat")) else { continue };
            if state_of(&stat) == Some('D') {
                answer.blocked.push(*pid);
                continue;
            }
            let Ok(maps) = read_text(&folder.join("maps")) else { continue };
            let mut paths: Vec<_> =
                maps.lines().filter_map(|line| mapped(line, &self.device)).collect();
            paths.sort_unstable();
            paths.dedup();
            answer.found.extend(paths.into_iter().map(|path| (*pid, path.to_owned())));
        }
        answer
    }
}

/// The path of a mapping of a file on that device.
///
/// *Source*: proc(5): `ADDRESS PERMISSIONS OFFSET MAJOR:MINOR INODE PATH`, the device hexadecimal.
fn mapped<'a>(line: &'a str, device: &str) -> Option<&'a str> {
    let mut fields = line.splitn(6, ' ').skip(3);
    let shown = fields.next()?;
    let _inode = fields.next()?;
    let path = fields.next()?.trim_start();
    let (major, minor) = shown.split_once(':')?;
    let decimal = |hex: &str| u32::from_str_radix(hex, 16).ok();
    let is_same = format!("{}:{}", decimal(major)?, decimal(minor)?) == device;
    (is_same && path.starts_with('/')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_mapping_is_found_by_its_device() {
        let captured =
            "7f5aa5b41000-7f5aa5b42000 rw-s 00000000 d64:cb14c 144115238826934286     /fsx/more/f2";
        assert_eq!(mapped(captured, "3428:831820"), Some("/fsx/more/f2"));
        assert_eq!(mapped(captured, "3428:831821"), None);
        assert_eq!(mapped("7f5aa5b41000-7f5aa5b42000 rw-p 00000000 00:00 0", "0:0"), None);
        assert_eq!(mapped("7f5aa5b41000-7f5aa5b42000 rw-p 00000000 00:00 0 [heap]", "0:0"), None);
        let spaced = "1-2 r--p 00000000 00:32 7      /mnt/a b (deleted)";
        assert_eq!(mapped(spaced, "0:50"), Some("/mnt/a b (deleted)"));
    }
}
