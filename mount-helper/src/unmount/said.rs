//! The texts of an unmount: each failure with its cause and what mends it.

use super::child::{Begun, How};
use super::client::ClientFate;
use super::client::ClientState;
use super::holders::{Holder, Holders};
use super::request::{Others, UnmountReport, UnmountRequest};
use super::target::Target;
use crate::failure::{Code, Failure};
use crate::host::{Deadline, Host, MountTable, unix_seconds};
use crate::record::Attempt;
use nix::errno::Errno;
use std::path::Path;

/// Why the state of the client before is unknown when only the end of an unmount was seen.
pub(super) const NOT_ASKED: &str = "the unmount was begun by an earlier call";
/// Why nothing is known of a client without a name.
pub(super) const NO_NAME: &str = "the source of the mount names no Lustre file system";

/// A number of bytes as a person reads it.
pub fn bytes(count: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let (mut whole, mut rest, mut name) = (count, 0, "bytes");
    for unit in units {
        if whole < 1024 {
            break;
        }
        (whole, rest, name) = (whole / 1024, whole % 1024, unit);
    }
    if name == "bytes" {
        format!("{whole} bytes")
    } else {
        format!("{whole}.{} {name}", rest * 10 / 1024)
    }
}

fn dirty(before: Option<&ClientState>) -> String {
    match before.and_then(ClientState::dirty_bytes) {
        Some(0) => "no unwritten bytes".into(),
        Some(count) => format!("{} not written yet", bytes(count)),
        None => "an unknown number of bytes not written yet".into(),
    }
}

fn asked(target: &Target) -> String {
    format!("unmount {} ({})", target.directory.display(), target.source)
}

pub(super) fn not_mounted(directory: &Path, table: &MountTable) -> Failure {
    let because = match table.on(directory) {
        Some(mount) => {
            format!("what is mounted there is {} (type {})", mount.source, mount.fs_type)
        }
        None => "mountinfo of this mount namespace does not show one".into(),
    };
    Failure {
        code: Code::NotMounted,
        what: format!("no Lustre file system is mounted on {}", directory.display()),
        asked: format!("unmount {}", directory.display()),
        because,
        remedy: "see what is mounted with `findmnt -t lustre`".into(),
    }
}

pub(super) fn busy(target: &Target, request: &UnmountRequest<'_>, holders: &Holders) -> Failure {
    let directory = target.directory.display();
    if request.how == How::Force {
        let remedy = if request.others == Others::CutBlocked {
            "nothing can be saved any more: end them with SIGKILL and run the same command again; \
             if one does not end, a reboot is needed"
                .to_owned()
        } else {
            format!(
                "end them and run `umount {directory}`; if the servers still exist, \
                 `lctl set_param osc.*.active=1 mdc.*.active=1` connects it again; else reboot"
            )
        };
        return Failure {
            code: Code::StaysCutOff,
            what: format!("{directory} is still mounted, and its client is cut off"),
            asked: asked(target),
            because: format!(
                "the kernel aborts all requests before it looks who uses the mount: {}",
                holders.summary(|holder| holder.busy)
            ),
            remedy,
        };
    }
    let busy = holders.found.iter().filter(|holder| holder.busy).count();
    let remedy = if busy > 2 {
        format!("end them and unmount again; `fsxlustre umount {directory}` lists them all")
    } else if busy > 0 {
        format!("end them and run `umount {directory}` again")
    } else {
        format!(
            "end processes that are blocked (`ps -eo pid,stat,wchan:20,args`, state D) and NFS \
             exports (`exportfs -v`), then run `umount {directory}` again"
        )
    };
    Failure {
        code: Code::Busy,
        what: format!("{directory} is in use"),
        asked: asked(target),
        because: holders.summary(|holder| holder.busy),
        remedy,
    }
}

pub(super) fn refused(target: &Target, errno: Errno, deadline: Deadline) -> Failure {
    let (code, because, remedy) = match errno {
        Errno::ETIMEDOUT => (
            Code::UnmountTimeout,
            format!(
                "it had not begun after {} s and was called off; the mount is as it was",
                deadline.budget().as_secs()
            ),
            "run `fsxlustre check`, then unmount again: a directory above the mount may be on a \
             file system that does not answer",
        ),
        Errno::EAGAIN | Errno::ESTALE | Errno::EINVAL => (
            Code::UnmountFailed,
            "what is mounted there changed meanwhile".to_owned(),
            "unmount again",
        ),
        Errno::EPERM => (
            Code::UnmountFailed,
            "the kernel did not permit it (EPERM)".to_owned(),
            "run it as root, in the namespace in which it was mounted",
        ),
        Errno::UnknownErrno => (
            Code::UnmountFailed,
            "the process that was to make the call could not write its record, or read mountinfo"
                .to_owned(),
            "run this as root, with /run writable and not full",
        ),
        other => (
            Code::UnmountFailed,
            format!("umount2: {} ({other:?})", other.desc()),
            "see the kernel log: `dmesg | tail`",
        ),
    };
    Failure {
        code,
        what: format!("{} could not be unmounted", target.directory.display()),
        asked: asked(target),
        because,
        remedy: remedy.into(),
    }
}

/// The child of this call is still in the kernel.
pub(super) fn left_behind(
    host: &Host,
    begun: &Begun,
    pid: u32,
    is_listed: bool,
    before: Option<&ClientState>,
) -> Failure {
    let process = Attempt::of(pid).or(begun.process);
    let trouble = before.and_then(ClientState::troubles).map(|text| format!("; {text}"));
    let mut failure = still_at_work(host, &Begun { process, ..begun.clone() });
    failure.because = format!(
        "{}; there were {} before{}",
        failure.because,
        dirty(before),
        trouble.unwrap_or_default()
    );
    if is_listed {
        failure.because.push_str("; the mount is still listed, and the process was told to end");
    }
    failure
}

/// An unmount is going on, in a process that nobody can end.
pub(super) fn still_at_work(host: &Host, begun: &Begun) -> Failure {
    let directory = begun.target.directory.display();
    let pid = begun.process.map_or_else(|| "?".to_owned(), |process| process.pid.to_string());
    let age = unix_seconds().saturating_sub(begun.since_unix_seconds);
    let state = begun.process_state(host).map_or_else(String::new, |s| format!(" (state {s})"));
    Failure {
        code: Code::UnmountTimeout,
        what: format!("the unmount of {directory} did not end within its deadline"),
        asked: asked(&begun.target),
        because: format!("process {pid}{state} has been at it in the kernel for {age} s"),
        remedy: format!(
            "restore the way to the servers (`fsxlustre check`): it then ends by itself, and \
             `fsxlustre umount {directory}` waits for it and starts no second one; if they are \
             gone for good, reboot the node"
        ),
    }
}

pub(super) fn interrupted(target: &Target, is_listed: bool, pid: Option<u32>) -> Failure {
    let directory = target.directory.display();
    let state = match (is_listed, pid) {
        (true, None) => "the mount is as it was".to_owned(),
        (true, Some(pid)) => format!("the mount is still listed, and process {pid} is at it"),
        (false, None) => "the mount is gone".to_owned(),
        (false, Some(pid)) => {
            format!("the mount is not listed any more, and process {pid} finishes the unmount")
        }
    };
    Failure {
        code: Code::Interrupted,
        what: format!("the unmount of {directory} was interrupted"),
        asked: asked(target),
        because: format!("a signal asked this program to stop; {state}"),
        remedy: "run the same command again".into(),
    }
}

pub(super) fn evicted_and_dirty(target: &Target, state: &ClientState) -> Failure {
    let risky = state.evicted_and_dirty();
    let first = risky.first().map_or("", |one| one.target.as_str());
    let count = match risky.iter().map(|one| one.dirty_bytes).sum::<Option<u64>>() {
        Some(count) => bytes(count),
        None => "an unknown number of bytes".into(),
    };
    let directory = target.directory.display();
    Failure {
        code: Code::EvictedAndDirty,
        what: format!("{directory} is not unmounted: that can panic the node"),
        asked: asked(target),
        because: format!(
            "{} of its servers' targets evicted this client ({first} first) while {} were not \
             written; a Lustre client in that state can panic the kernel when it is unmounted",
            risky.len(),
            count
        ),
        remedy: format!(
            "save what else this node does, then reboot it, or take the risk: \
             `fsxlustre umount --accept-risk {directory}`"
        ),
    }
}

pub(super) fn others_spared(
    target: &Target,
    request: &UnmountRequest<'_>,
    holders: &Holders,
) -> Failure {
    let directory = target.directory.display();
    let spared = |holder: &Holder| request.others != Others::CutBlocked || !holder.blocked;
    let (what, cost, flag) = match request.how {
        How::Lazy => (
            "unmounted lazily",
            "its client would live on, hidden, for as long as they do",
            "--lazy",
        ),
        How::Force | How::Plain => (
            "unmounted by force",
            "that would abort their I/O and leave the mount dead, without taking it away",
            "--force",
        ),
    };
    Failure {
        code: Code::OthersUseIt,
        what: if holders.found.is_empty() {
            format!("{directory} is not {what}: others may use it")
        } else {
            format!("{directory} is not {what}: others use it")
        },
        asked: asked(target),
        because: format!("{cost}: {}", holders.summary(spared)),
        remedy: format!(
            "end them and run `umount {directory}`, or accept what they lose: \
             `fsxlustre umount {flag} --force-for-all {directory}`"
        ),
    }
}

/// What a forced or lazy unmount is about to cost.
pub(super) fn cost(
    target: &Target,
    how: How,
    before: &Result<ClientState, String>,
    cut_off: &Holders,
) -> String {
    let directory = target.directory.display();
    let state = before.as_ref().ok();
    let unknown = before.as_ref().err().map_or_else(String::new, |why| format!(" ({why})"));
    let cost = match how {
        How::Lazy => "is hidden now; its client ends with its last user, and has",
        How::Force | How::Plain => "is cut off from its servers now; what is lost:",
    };
    let mut text = format!("{directory} {cost} {}{unknown}\n", dirty(state));
    if cut_off.found.is_empty() {
        text.push_str("  nobody else is seen to use it\n");
    } else {
        text.push_str("  these use it and are hit:\n");
    }
    text + &cut_off.table()
}

pub(super) fn client_stays(target: &Target, holders: &Holders) -> Failure {
    let directory = target.directory.display();
    Failure {
        code: Code::ClientStays,
        what: format!("{directory} is unmounted here, but its Lustre client lives on"),
        asked: asked(target),
        because: holders.summary(|_| true),
        remedy: format!(
            "end what keeps it (a process in another mount namespace, or `umount` of the file that \
             holds one), then see with `fsxlustre umount {directory}` that it is gone; until then \
             the servers count this node as a client"
        ),
    }
}

impl UnmountReport {
    /// What was done, in lines that end with a newline.
    pub fn text(&self) -> String {
        let directory = self.target.directory.display();
        let verb = match (self.how, self.was_begun_before) {
            (_, true) => "unmounted; an earlier call had begun it",
            (How::Plain, _) => "unmounted",
            (How::Force, _) => "unmounted by force",
            (How::Lazy, _) => "unmounted lazily",
        };
        let client = match &self.client {
            ClientFate::Gone => "its client is gone".to_owned(),
            ClientFate::Shared(others) => {
                let first = others.first().map_or_else(String::new, |at| at.display().to_string());
                format!("its client stays for {} other mount(s): {first}", others.len())
            }
            ClientFate::Unknown(because) => {
                format!("whether its client is gone is unknown: {because}")
            }
            ClientFate::Alive => "its client lives on".to_owned(),
        };
        let mut text = format!("{directory}: {verb}; {client}\n");
        for warning in &self.warnings {
            text = format!("{text}  warning: {warning}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_readable() {
        for (count, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (8_536_064, "8.1 MiB"),
            (1 << 30, "1.0 GiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}
