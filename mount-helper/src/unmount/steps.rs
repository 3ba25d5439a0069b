//! The steps of one unmount, in their order.

use super::child::{self, Begun, Ending, How, Interrupted};
use super::client::{ClientFate, ClientState};
use super::holders::{Holder, Holders, find_holders};
use super::made_directory::remove_made_directory;
use super::probers;
use super::request::{Others, UnmountError, UnmountReport, UnmountRequest};
use super::said;
use super::target::Target;
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, Deadline, Host, Lock, MountTable, StateError};
use crate::record::MountRecord;
use crate::source::encode;
use nix::errno::Errno;
use std::time::Duration;

/// How long a client's devices may stay after its last mount is gone: milliseconds are usual.
const CLIENT_PATIENCE: Duration = Duration::from_secs(2);
/// How long an evicted client's unwritten bytes may take to be written after all.
const DIRTY_PATIENCE: Duration = Duration::from_secs(2);
/// The pause before an unmount is tried again, while those who hold the mount end.
const AGAIN: Duration = Duration::from_millis(200);
/// How often a plain unmount is tried again.
const MOST_LOOKS: u32 = 3;
/// How long the search for holders may take, also after the deadline of the unmount.
const HOLDERS_PATIENCE: Duration = Duration::from_secs(5);

type Outcome = Result<UnmountReport, Box<UnmountError>>;
type Before = Result<ClientState, String>;

/// One unmount.
pub(super) struct Unmounting<'a> {
    pub(super) host: &'a Host,
    pub(super) request: &'a UnmountRequest<'a>,
}

impl Unmounting<'_> {
    pub(super) fn go(&self, say: &mut dyn FnMut(&str)) -> Outcome {
        let earlier = Begun::read(self.host, self.request.directory)?;
        let target = self.target()?;
        let fsname = target
            .as_ref()
            .or(earlier.as_ref().map(|begun| &begun.target))
            .map(|target| target.fsname().unwrap_or_else(|| target.device.clone()));
        let Some(fsname) = fsname else {
            let table = self.table()?;
            return Err(said::not_mounted(self.request.directory, &table).into());
        };
        // One unmount of a file system at a time: which client's devices are gone is told by
        // comparing two listings.
        let _lock = self.lock(&fsname, earlier.as_ref())?;
        // Both again: whoever had the lock may have been at work on the same.
        let earlier = Begun::read(self.host, self.request.directory)?;
        if let Some(begun) = &earlier {
            self.wait_for(begun)?;
        }
        match (self.target()?, earlier) {
            (Some(target), _) => self.take_away(&target, say),
            (None, Some(begun)) => {
                self.settle(&begun, Err(said::NOT_ASKED.into()), Holders::default(), true)
            }
            (None, None) => Err(said::not_mounted(self.request.directory, &self.table()?).into()),
        }
    }

    /// What is left of an unmount that has ended is written down; `None` when there is none such, or its
    /// client still lives.
    pub(super) fn settle_ended(&self) -> Result<Option<UnmountReport>, Failure> {
        let read = || Begun::read(self.host, self.request.directory);
        let Some(begun) = read()? else { return Ok(None) };
        let device = || begun.target.device.clone();
        let _lock = self.lock(&begun.target.fsname().unwrap_or_else(device), Some(&begun))?;
        let Some(begun) = read()?.filter(|begun| !begun.is_running()) else { return Ok(None) };
        if self.target()?.is_some() {
            return Ok(None);
        }
        match self.settle(&begun, Err(said::NOT_ASKED.into()), Holders::default(), true) {
            Ok(report) => Ok(Some(report)),
            Err(error) if error.failure.code == Code::ClientStays => Ok(None),
            Err(error) => Err(error.failure),
        }
    }

    fn table(&self) -> Result<MountTable, Failure> {
        self.host.mounts().map_err(|error| error.failure())
    }

    /// The Lustre mount on the directory.
    fn target(&self) -> Result<Option<Target>, Failure> {
        let table = self.table()?;
        let mount = table.on(self.request.directory).filter(|mount| self.host.is_lustre(mount));
        Ok(mount.map(|mount| Target::new(mount, &table)))
    }

    fn lock(&self, fsname: &str, earlier: Option<&Begun>) -> Result<Lock, Failure> {
        let name = format!("unmount.{}", encode(fsname));
        let UnmountRequest { deadline, interrupt, .. } = *self.request;
        let bounds = Bounds { deadline, interrupt };
        Lock::take(&self.host.paths.state, &name, bounds).map_err(|error| {
            match earlier.filter(|begun| begun.is_running()) {
                Some(begun) if error.code() != Code::Interrupted => {
                    said::still_at_work(self.host, begun)
                }
                _ => error.failure(),
            }
        })
    }

    /// Waits for the child of an earlier call: a second one would only get stuck beside it.
    fn wait_for(&self, begun: &Begun) -> Result<(), Failure> {
        let UnmountRequest { deadline, interrupt, .. } = *self.request;
        match child::wait_for(begun, deadline, interrupt) {
            Ok(true) => Ok(()),
            Ok(false) => Err(said::still_at_work(self.host, begun)),
            Err(Interrupted) => {
                let is_listed = begun.target.is_in(&self.table()?);
                Err(said::interrupted(
                    &begun.target,
                    is_listed,
                    begun.process.map(|process| process.pid),
                ))
            }
        }
    }

    /// Is it safe, who is hit, and then the call.
    fn take_away(&self, target: &Target, say: &mut dyn FnMut(&str)) -> Outcome {
        let begun = Begun::new(self.host, target.clone(), self.request.how);
        let before = self.check_risk(&begun)?;
        let cut_off = match self.request.how {
            How::Plain => Holders::default(),
            How::Force | How::Lazy => self.check_others(target, &before)?,
        };
        if self.request.how != How::Plain {
            say(&said::cost(target, self.request.how, &before, &cut_off));
        }
        let ending = self.call(&begun)?;
        self.judge(&begun, ending, before, cut_off)
    }

    /// Reads what the client says of itself. An evicted one with unwritten bytes is refused, after
    /// those that only wait for their turn had time to be written.
    fn check_risk(&self, begun: &Begun) -> Result<Before, Box<UnmountError>> {
        let Some(files) = &begun.files else { return Ok(Err(said::NO_NAME.into())) };
        let deadline = self.request.deadline.at_most(DIRTY_PATIENCE);
        loop {
            let before = files.state(self.request.deadline);
            let Ok(state) = &before else { return Ok(before) };
            if self.request.accept_risk || state.evicted_and_dirty().is_empty() {
                return Ok(before);
            }
            if deadline.has_passed() {
                let failure = said::evicted_and_dirty(&begun.target, state);
                let before = Some(state.clone());
                return Err(Box::new(UnmountError { failure, holders: None, before }));
            }
            if child::pause(u32::MAX, deadline, self.request.interrupt) {
                return Err(said::interrupted(&begun.target, true, None).into());
            }
        }
    }

    /// Refuses to cut others off, unless that was asked for.
    fn check_others(&self, target: &Target, before: &Before) -> Result<Holders, Box<UnmountError>> {
        let holders = self.holders(target);
        let spared = match self.request.others {
            Others::CutAll => false,
            // Whoever could not be looked at may be one.
            Others::Spare => !holders.found.is_empty() || !holders.unread.is_empty(),
            Others::CutBlocked => holders.found.iter().any(|holder| !holder.blocked),
        };
        if !spared {
            return Ok(holders);
        }
        let failure = said::others_spared(target, self.request, &holders);
        let before = before.as_ref().ok().cloned();
        Err(Box::new(UnmountError { failure, holders: Some(holders), before }))
    }

    fn holders(&self, target: &Target) -> Holders {
        let patience = Deadline::after(HOLDERS_PATIENCE);
        let until = self.request.search_until.map_or(patience, |at| at.at_most(HOLDERS_PATIENCE));
        find_holders(self.host, target, until)
    }

    /// The call; again where those who were cut off need a moment to end, and a few times where the
    /// mount is busy: whoever only looks at it, as statvfs(2) does, holds it for a moment.
    fn call(&self, begun: &Begun) -> Result<Ending, Failure> {
        let UnmountRequest { deadline, interrupt, how, others, .. } = *self.request;
        if how == How::Force {
            // A forced unmount of a mount that is busy would only leave the client dead.
            probers::end_sleeping(self.host);
        }
        let mut looks = 0..MOST_LOOKS;
        let mut was_busy = false;
        loop {
            if child::is_interrupted(interrupt) {
                return Ok(Ending::Interrupted(None));
            }
            let ending = match child::carry_out(self.host, begun, deadline, interrupt)? {
                // No time was left for another try: who uses it says more.
                Ending::Late(None) if was_busy => Ending::Errno(Errno::EBUSY),
                ending => ending,
            };
            let is_worth_it = match how {
                How::Force => others != Others::Spare,
                How::Plain => looks.next().is_some(),
                How::Lazy => false,
            };
            let is_busy = ending == Ending::Errno(Errno::EBUSY);
            if !is_worth_it || !is_busy || deadline.left() <= AGAIN {
                return Ok(ending);
            }
            was_busy = true;
            probers::end_sleeping(self.host);
            // A signal ends this early, and the next turn finds it.
            let next = deadline.at_most(AGAIN);
            while !next.has_passed() && !child::pause(u32::MAX, next, interrupt) {}
        }
    }

    fn judge(&self, begun: &Begun, ending: Ending, before: Before, cut_off: Holders) -> Outcome {
        let target = &begun.target;
        let is_listed = target.is_in(&self.table()?);
        match ending {
            Ending::Late(Some(pid)) => {
                let state = before.ok();
                let failure = said::left_behind(self.host, begun, pid, is_listed, state.as_ref());
                Err(Box::new(UnmountError { failure, holders: None, before: state }))
            }
            Ending::Interrupted(pid) => {
                if pid.is_none() {
                    begun.forget()?;
                }
                if !is_listed {
                    self.remove_directory(begun, None)?;
                    self.forget_mount(begun)?;
                }
                Err(said::interrupted(target, is_listed, pid).into())
            }
            _ if !is_listed => self.settle(begun, before, cut_off, false),
            _ => {
                begun.forget()?;
                Err(self.refused(begun, ending, before.ok()))
            }
        }
    }

    /// The mount is still there.
    fn refused(
        &self,
        begun: &Begun,
        ending: Ending,
        before: Option<ClientState>,
    ) -> Box<UnmountError> {
        let target = &begun.target;
        let errno = match ending {
            Ending::Errno(errno) => errno,
            Ending::Late(_) => Errno::ETIMEDOUT,
            Ending::Done | Ending::Interrupted(_) => Errno::EAGAIN,
        };
        if errno != Errno::EBUSY {
            let failure = said::refused(target, errno, self.request.deadline);
            return Box::new(UnmountError { failure, holders: None, before });
        }
        let holders = self.holders(target);
        let failure = said::busy(target, self.request, &holders);
        Box::new(UnmountError { failure, holders: Some(holders), before })
    }

    /// The mount is gone: is its client?
    fn settle(
        &self,
        begun: &Begun,
        before: Before,
        cut_off: Holders,
        was_begun_before: bool,
    ) -> Outcome {
        let client = self.fate(begun)?;
        if client == ClientFate::Alive {
            begun.keep()?;
            self.forget_mount(begun)?;
            // Whatever has it mounted now keeps it, also what would have followed.
            let holders = self.holders_elsewhere(begun);
            let failure = said::client_stays(&begun.target, &holders);
            let before = before.ok();
            return Err(Box::new(UnmountError { failure, holders: Some(holders), before }));
        }
        let warnings = self.remove_directory(begun, Some(&client))?;
        self.forget_mount(begun)?;
        begun.forget()?;
        let (target, how) = (begun.target.clone(), begun.how);
        Ok(UnmountReport { target, how, client, before, cut_off, was_begun_before, warnings })
    }

    /// Who has what was mounted in another mount namespace.
    fn holders_elsewhere(&self, begun: &Begun) -> Holders {
        self.holders(&Target { parent_group: None, ..begun.target.clone() })
    }

    /// Removes a directory that was made for the mount. Where another namespace has a mount on it, that
    /// would take it away there, lazily and from whoever uses it: then the directory stays.
    fn remove_directory(
        &self,
        begun: &Begun,
        client: Option<&ClientFate>,
    ) -> Result<Vec<String>, Failure> {
        if !begun.made_directory || self.is_taken(begun)? {
            return Ok(Vec::new());
        }
        let directory = &begun.target.directory;
        if client != Some(&ClientFate::Gone) {
            let holders = self.holders_elsewhere(begun);
            if holders.found.iter().any(Holder::is_elsewhere) || !holders.unread.is_empty() {
                let who = holders.summary(Holder::is_elsewhere);
                let kept = format!("the directory {} was not removed", directory.display());
                return Ok(vec![format!("{kept}: {who}")]);
            }
        }
        let failed = remove_made_directory(directory).err();
        Ok(failed
            .map(|failure| format!("{}: {}", failure.what, failure.because))
            .into_iter()
            .collect())
    }

    /// Whether another mount is on the directory by now, or on its way.
    fn is_taken(&self, begun: &Begun) -> Result<bool, Failure> {
        let Target { directory, mount_id, .. } = &begun.target;
        let record =
            MountRecord::read(self.host, directory).map_err(|error: StateError| error.failure())?;
        let is_on_its_way = record.as_ref().is_some_and(|record| {
            record.mount_id != Some(*mount_id) && record.stuck_attempt(self.host).is_some()
        });
        Ok(is_on_its_way || self.target()?.is_some())
    }

    /// Removes what was written down of the mount, unless another one is there by now, or on its
    /// way.
    fn forget_mount(&self, begun: &Begun) -> Result<(), Failure> {
        if self.is_taken(begun)? {
            return Ok(());
        }
        let Target { directory, mount_id, .. } = &begun.target;
        let record =
            MountRecord::read(self.host, directory).map_err(|error: StateError| error.failure())?;
        // In another namespace a directory of that name is another one's.
        if record.is_some_and(|record| record.mount_id.is_some_and(|id| id != *mount_id)) {
            return Ok(());
        }
        MountRecord::remove(self.host, directory).map_err(|error: StateError| error.failure())?;
        // An entry that stays behind misleads nobody: umount(8) finds no such mount.
        let _ = crate::utab::forget(directory);
        Ok(())
    }

    fn fate(&self, begun: &Begun) -> Result<ClientFate, Failure> {
        let others = begun.target.other_mounts(&self.table()?);
        let Some(files) = &begun.files else {
            return Ok(ClientFate::Unknown(said::NO_NAME.into()));
        };
        let patience = if others.is_empty() { CLIENT_PATIENCE } else { Duration::ZERO };
        let patience = Deadline::after(patience);
        let mut looks = 0;
        loop {
            match files.is_one_gone(&begun.instances) {
                Ok(true) => return Ok(ClientFate::Gone),
                Err(because) => return Ok(ClientFate::Unknown(because)),
                Ok(false) if !others.is_empty() => return Ok(ClientFate::Shared(others)),
                Ok(false) if patience.has_passed() => return Ok(ClientFate::Alive),
                // The mount is gone already: a signal changes nothing any more.
                Ok(false) => drop(child::pause(looks, patience, None)),
            }
            looks += 1;
        }
    }
}
