//! Gathers files into requests, sends them, and sorts out a request that fails.

use super::Asking;
use super::asked::{Asked, Begun};
use super::begun::Watch;
use crate::layout::site::Site;
use crate::staging::hsm::decide::{Decision, Verb, decide};
use crate::staging::hsm::error::HsmError;
use crate::staging::hsm::file::FileSeen;
use crate::staging::hsm::hand::{AskOrder, FileRef, HsmHand, LookOrder, Order, Refused, Reply};
use crate::staging::hsm::journal::Journal;
use crate::staging::hsm::request::MOST_FILES;
use crate::staging::hsm::scan::{lfs, open, unexpected};
use crate::staging::hsm::state::{Current, Going};
use fsxlustre_mount::host::{Deadline, Host};
use nix::errno::Errno;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another run may have the journal.
const FOR_LOCK: Duration = Duration::from_secs(10);

/// So many requests are on their way at a time, once one was taken.
const AT_A_TIME: usize = 4;

/// A file that is to be asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub file: FileRef,
    pub bytes: u64,
}

/// What asks for one tree.
#[derive(Debug)]
pub(super) struct Asker<'a> {
    asking: &'a Asking<'a>,
    path: PathBuf,
    hand: HsmHand,
    lfs: Option<PathBuf>,
    /// Where names are below.
    pub top: PathBuf,
    pub journal: Option<Journal>,
    batch: Vec<Wanted>,
    /// Files that an earlier run asked for.
    doubtful: Vec<Wanted>,
    watch: Watch,
}

impl<'a> Asker<'a> {
    /// Starts its child, which locks the journal first, so that nobody else asks meanwhile.
    pub(super) fn open(
        host: &Host,
        site: &Site<'_>,
        asking: &'a Asking<'a>,
        journal: Option<&Path>,
    ) -> Result<Self, HsmError> {
        let (mut hand, top) = open(site, asking.patience)?;
        let path = site.path.clone();
        if let Some(file) = journal {
            match hand.ask(&Order::Hold(file.to_owned()), Deadline::after(FOR_LOCK)) {
                Ok(Reply::Done) => {}
                Ok(reply) => return Err(unexpected(&path, reply)),
                Err(_) => return Err(HsmError::Busy { path, verb: asking.verb }),
            }
        }
        Ok(Self {
            asking,
            path,
            hand,
            lfs: lfs(host),
            top,
            journal: None,
            batch: Vec::new(),
            doubtful: Vec::new(),
            watch: Watch::default(),
        })
    }

    pub(super) fn verb(&self) -> Verb {
        self.asking.verb
    }

    /// One more file that needs it.
    pub(super) fn wants(&mut self, seen: &FileSeen, asked: &mut Asked) -> Result<(), HsmError> {
        let file = FileRef { name: seen.name.clone(), fid: seen.fid };
        let wanted = Wanted { file, bytes: seen.bytes };
        if self.is_on_its_way(seen.going) {
            self.is_going(wanted, asked);
        } else if self.journal.as_ref().is_some_and(|journal| journal.knows(&self.key(&wanted))) {
            self.doubtful.push(wanted);
        } else {
            self.batch.push(wanted);
        }
        if self.doubtful.len() >= MOST_FILES {
            self.settle_doubts(asked)?;
        }
        self.send_full(asked)
    }

    /// Nothing more comes.
    pub(super) fn flush(&mut self, asked: &mut Asked) -> Result<(), HsmError> {
        self.settle_doubts(asked)?;
        self.send_full(asked)?;
        let rest = std::mem::take(&mut self.batch);
        self.send(rest, asked)
    }

    /// Whether somebody takes the first requests, once all are sent.
    pub(super) fn begun(&mut self, asked: &Asked) -> Result<Option<Begun>, HsmError> {
        if self.verb() == Verb::Release || asked.pending() == 0 {
            return Ok(None);
        }
        let mut watch = std::mem::take(&mut self.watch);
        watch.look(self.asking.begin_within, &mut |files| self.look(files))
    }

    /// The name by which the journal knows a file.
    fn key(&self, wanted: &Wanted) -> String {
        match wanted.file.fid {
            Some(fid) => fid.to_string(),
            None => wanted.file.name.below(&self.top).to_string_lossy().into_owned(),
        }
    }

    fn is_on_its_way(&self, going: Going) -> bool {
        matches!(going, Going::On(Current { action, .. }) if action == self.verb().action())
    }

    fn is_going(&mut self, wanted: Wanted, asked: &mut Asked) {
        asked.going.count(wanted.bytes);
        self.watch.add(wanted.file);
    }

    /// Files that an earlier run asked for are looked at: those without a request are asked for again.
    fn settle_doubts(&mut self, asked: &mut Asked) -> Result<(), HsmError> {
        let doubtful = std::mem::take(&mut self.doubtful);
        let looked = self.look(doubtful.iter().map(|wanted| wanted.file.clone()).collect())?;
        for (wanted, seen) in doubtful.into_iter().zip(looked) {
            match self.stands(&seen) {
                Stands::Holds => {}
                Stands::Going => self.is_going(wanted, asked),
                Stands::Needs => {
                    asked.again += 1;
                    self.batch.push(wanted);
                }
                Stands::Unknown(because) => {
                    asked.fail(wanted.file.name.below(&self.top), &because);
                }
            }
        }
        Ok(())
    }

    fn stands(&self, seen: &FileSeen) -> Stands {
        match &seen.state {
            Err(because) => Stands::Unknown(because.clone()),
            Ok(state) => match decide(self.verb(), *state) {
                Decision::Holds => Stands::Holds,
                Decision::Refused(because) => Stands::Unknown(because.to_owned()),
                Decision::Ask if self.is_on_its_way(seen.going) => Stands::Going,
                Decision::Ask => Stands::Needs,
            },
        }
    }

    fn send_full(&mut self, asked: &mut Asked) -> Result<(), HsmError> {
        loop {
            // One is enough to know that nothing is taken.
            let at_a_time = if asked.asked.files == 0 { 1 } else { AT_A_TIME };
            let most = MOST_FILES * at_a_time;
            if self.batch.len() < most {
                return Ok(());
            }
            let rest = self.batch.split_off(most);
            let full = std::mem::replace(&mut self.batch, rest);
            self.send(full, asked)?;
        }
    }

    /// Sends some requests, named in the journal before.
    fn send(&mut self, files: Vec<Wanted>, asked: &mut Asked) -> Result<(), HsmError> {
        if files.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = files.iter().map(|wanted| self.key(wanted)).collect();
        if let Some(journal) = &mut self.journal {
            journal.about_to_ask(&keys)?;
        }
        match self.request(&files)? {
            Ok(()) => self.is_sent(files, asked),
            Err(refused) => self.one_by_one(files, &refused, asked)?,
        }
        Ok(())
    }

    fn is_sent(&mut self, files: Vec<Wanted>, asked: &mut Asked) {
        asked.requests += files.len().div_ceil(MOST_FILES) as u64;
        for wanted in files {
            asked.asked.count(wanted.bytes);
            self.watch.add(wanted.file);
        }
    }

    /// A request that failed may have been taken in part: each file is looked at, and asked for by itself where it
    /// still needs it.
    fn one_by_one(
        &mut self,
        files: Vec<Wanted>,
        refused: &Refused,
        asked: &mut Asked,
    ) -> Result<(), HsmError> {
        if let [wanted] = files.as_slice() {
            asked.fail(wanted.file.name.below(&self.top), &because(refused));
            return Ok(());
        }
        let (count, failed) = (files.len(), asked.failed);
        let looked = self.look(files.iter().map(|wanted| wanted.file.clone()).collect())?;
        for (wanted, seen) in files.into_iter().zip(looked) {
            let path = wanted.file.name.below(&self.top);
            match self.stands(&seen) {
                Stands::Holds | Stands::Going => self.is_sent(vec![wanted], asked),
                Stands::Unknown(because) => asked.fail(path, &because),
                Stands::Needs => match self.request(std::slice::from_ref(&wanted))? {
                    Ok(()) => self.is_sent(vec![wanted], asked),
                    Err(refused) => asked.fail(path, &because(&refused)),
                },
            }
        }
        // Nothing is gained by asking a server that refuses everybody for each of a million.
        let is_of_user =
            [Errno::EPERM, Errno::EACCES, Errno::EROFS].contains(&Errno::from_raw(refused.errno));
        if is_of_user && asked.failed - failed == count as u64 && asked.asked.files == 0 {
            let (path, verb) = (self.path.clone(), self.verb());
            return Err(HsmError::Permission { path, verb, because: because(refused) });
        }
        Ok(())
    }

    fn request(&mut self, files: &[Wanted]) -> Result<Result<(), Refused>, HsmError> {
        let files = files.iter().map(|wanted| wanted.file.clone()).collect();
        let order = Order::Ask(AskOrder { verb: self.verb(), files, lfs: self.lfs.clone() });
        let reply = self.hand.ask(&order, Deadline::after(self.asking.patience));
        match reply.map_err(|lost| HsmError::lost(&self.path, lost))? {
            Reply::Done => Ok(Ok(())),
            Reply::Refused(Refused { errno, .. }) if errno == Errno::EAGAIN as i32 => {
                Err(HsmError::Disabled { path: self.path.clone(), verb: self.verb() })
            }
            Reply::NoWay => Err(HsmError::NoWay { path: self.path.clone(), verb: self.verb() }),
            Reply::Refused(refused) => Ok(Err(refused)),
            reply => Err(unexpected(&self.path, reply)),
        }
    }

    fn look(&mut self, files: Vec<FileRef>) -> Result<Vec<FileSeen>, HsmError> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let order = Order::Look(LookOrder { files, lfs: self.lfs.clone() });
        let reply = self.hand.ask(&order, Deadline::after(self.asking.patience));
        match reply.map_err(|lost| HsmError::lost(&self.path, lost))? {
            Reply::Looked(seen) => Ok(seen),
            reply => Err(unexpected(&self.path, reply)),
        }
    }
}

/// How a file stands that was asked for.
enum Stands {
    Holds,
    Going,
    Needs,
    Unknown(String),
}

fn because(refused: &Refused) -> String {
    if refused.said.is_empty() {
        Errno::from_raw(refused.errno).desc().to_owned()
    } else {
        refused.said.clone()
    }
}
