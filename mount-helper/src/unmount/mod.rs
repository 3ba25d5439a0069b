//! Taking a mount away: who uses it, is it safe, the call itself, and what became of the client.
//!
//! umount2(2) of a Lustre client can wait for ever in the kernel, so it is made in a child, and
//! mountinfo and the client's devices say what became of it. A mount that is gone from mountinfo
//! proves nothing by itself: its client lives on while another namespace has it.

mod child;
mod client;
mod flush;
mod holders;
mod made_directory;
mod probers;
mod request;
mod said;
mod steps;
mod target;
mod write_errors;

pub use child::{Begun, How};
pub use client::{ClientFate, ClientFiles, ClientState, Connection};
pub use flush::Flushed;
pub use holders::{Holder, HolderKind, Holders, find_holders};
pub(crate) use holders::{MappingQuestion, look_inside, mounts_inside};
pub(crate) use made_directory::remove_here;
pub use made_directory::remove_made_directory;
pub use probers::PROBER_WORD;
pub use request::{Others, UnmountError, UnmountReport, UnmountRequest};
pub use said::bytes;
pub use target::Target;
pub use write_errors::write_errors;

use crate::failure::{Explain as _, Failure};
use crate::hooks::{self, About, Event};
use crate::host::{Bounds, Deadline, Host, Mount};
use crate::record::MountRecord;
use crate::source::Device;
use nix::sys::signalfd::SignalFd;
use std::path::Path;
use std::time::Duration;

/// What a hook has at least, also where the unmount took all of its time.
const LEAST_FOR_HOOK: Duration = Duration::from_secs(1);

/// Unmounts the Lustre file system that is mounted on the directory, plainly, and tells no hook: for
/// what a mount has to take away again.
///
/// # Errors
/// A [`Failure`] that names who uses it, or what the unmount waits for. The mount then stays as it
/// was, unless the code is [`UnmountTimeout`](crate::failure::Code::UnmountTimeout) or
/// [`ClientStays`](crate::failure::Code::ClientStays).
pub fn unmount(
    host: &Host,
    directory: &Path,
    deadline: Deadline,
    interrupt: Option<&SignalFd>,
) -> Result<(), Failure> {
    let request = UnmountRequest { interrupt, ..UnmountRequest::plain(directory, deadline) };
    let unmounting = steps::Unmounting { host, request: &request };
    unmounting.go(&mut |_| ()).map(drop).map_err(|error| error.failure)
}

/// Unmounts as the request says, and tells the hook when the file system has left this node. `say` is told, before it is done, what a forced or lazy unmount
/// will cost.
///
/// # Errors
/// [`UnmountError`]: a failure, and who uses the mount where that is the cause.
pub fn unmount_as(
    host: &Host,
    request: &UnmountRequest<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<UnmountReport, Box<UnmountError>> {
    let record = MountRecord::read(host, request.directory).ok().flatten();
    let mut report = steps::Unmounting { host, request }.go(say)?;
    let deadline = request.deadline.at_least(LEAST_FOR_HOOK);
    let bounds = Bounds { deadline, interrupt: request.interrupt };
    report.warnings.extend(tell_hook(host, &report, record.as_ref(), &bounds));
    Ok(report)
}

/// Settles an unmount that was stuck, or whose client lived on, and that has ended since. Nothing is
/// unmounted. `None` when it has not ended, or something is mounted there by now.
///
/// # Errors
/// State cannot be read or written until the deadline.
pub fn settle_ended(
    host: &Host,
    directory: &Path,
    deadline: Deadline,
) -> Result<Option<UnmountReport>, Failure> {
    let record = MountRecord::read(host, directory).ok().flatten();
    let request = UnmountRequest::plain(directory, deadline);
    let settled = steps::Unmounting { host, request: &request }.settle_ended()?;
    Ok(settled.map(|mut report| {
        let bounds = deadline.at_least(LEAST_FOR_HOOK).into();
        report.warnings.extend(tell_hook(host, &report, record.as_ref(), &bounds));
        report
    }))
}

/// Tells the hook when that was the file system's last mount on this node.
fn tell_hook(
    host: &Host,
    report: &UnmountReport,
    record: Option<&MountRecord>,
    bounds: &Bounds<'_>,
) -> Option<String> {
    let fsname = report.target.fsname();
    let is_left = host.mounts().is_ok_and(|table| {
        let mut lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
        lustre.any(|mount| Device::shown_by(mount).map(|device| device.fsname) == fsname)
    });
    if is_left {
        return None;
    }
    let id = record.and_then(|record| record.file_system_id.as_deref());
    let about = About {
        source: record.map_or("", |record| &record.source),
        directory: &report.target.directory.to_string_lossy(),
        device: &report.target.device,
        file_system_id: id.unwrap_or_default(),
        code: "",
    };
    hooks::run(host, Event::Unmounted, &about, bounds)
}

/// Waits for an unmount of the directory that is going on, so that what it is about to take away is
/// not taken for what is there.
///
/// # Errors
/// [`Code::UnmountTimeout`](crate::failure::Code::UnmountTimeout) when it is stuck,
/// [`Code::Interrupted`](crate::failure::Code::Interrupted) at a signal.
pub fn wait_for_unmount(host: &Host, directory: &Path, bounds: &Bounds<'_>) -> Result<(), Failure> {
    let Some(begun) = Begun::read(host, directory)? else { return Ok(()) };
    match child::wait_for(&begun, bounds.deadline, bounds.interrupt) {
        Ok(true) => Ok(()),
        Ok(false) => Err(said::still_at_work(host, &begun)),
        Err(child::Interrupted) => {
            let pid = begun.process.map(|process| process.pid);
            Err(said::interrupted(&begun.target, true, pid))
        }
    }
}

/// The Lustre mount that one sees in the directory.
///
/// # Errors
/// [`Code::MountInfoUnreadable`](crate::failure::Code::MountInfoUnreadable).
pub fn lustre_mount(host: &Host, directory: &Path) -> Result<Option<Mount>, Failure> {
    let table = host.mounts().map_err(|error| error.failure())?;
    Ok(table.on(directory).filter(|mount| host.is_lustre(mount)).cloned())
}
