//! Work that outlives the call that asked for it: its state in a file of root's, one for each thing that
//! may be worked on.
//!
//! The agent of Systems Manager kills a script's whole process group at its time-out. So the script only
//! asks, and waits: the work is in a unit of its own, writes down what came of it, and the next call of the
//! same document tells that and begins nothing.

use super::Answer;
use super::document::Document;
use super::given::Given;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{
    Deadline, Host, Lock, boot_seconds, read_state, remove_state, unix_seconds, write_private_state,
};
use fsxlustre_mount::record::Attempt;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// The layout of the file.
const FORMAT: u32 = 1;
/// How long a unit may take until the work in it has begun.
const TO_BEGIN: Duration = Duration::from_secs(20);
/// For how long the next call tells what came of work whose call was killed, instead of doing it again.
const FRESH: Duration = Duration::from_hours(1);
/// How long a look at the state may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// One piece of work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Work {
    format: u32,
    /// The document's name.
    pub document: String,
    /// What it was given.
    pub given: Given,
    /// The command of Systems Manager that asked for it.
    pub command_id: Option<String>,
    boot_id: Option<String>,
    began_unix_seconds: u64,
    began_boot_seconds: u64,
    process: Option<Attempt>,
    /// What came of it.
    pub answer: Option<Answer>,
    /// Whether somebody was told that.
    was_told: bool,
    /// The boot in which a reboot was asked for.
    booted_from: Option<String>,
}

/// What a call finds.
#[derive(Debug)]
pub enum Found {
    /// Nothing that concerns it.
    Nothing,
    /// The same work goes on.
    Running(Box<Work>),
    /// Other work on the same thing goes on.
    Other(Box<Work>),
    /// The same work has ended, and nobody was told.
    Ended(Box<Work>),
    /// The node was rebooted for it: it is to be gone on with.
    Rebooted,
    /// A reboot was asked for, and did not happen yet.
    RebootPending,
}

/// The name of what is worked on: the document, and the directory where it has one.
pub fn name(document: &Document, given: &Given) -> String {
    let directory = given.text("Directory").unwrap_or_default();
    // Neither a slash nor anything that would have to be escaped is in a unit's name.
    format!("{}{}", document.name, directory.replace('/', ":"))
}

/// Whether it is a name that [`name`] makes.
pub fn is_name(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
    text.len() <= 240
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().all(is_plain)
}

fn path(host: &Host, name: &str) -> PathBuf {
    host.paths.data.join("ssm/work").join(format!("{name}.json"))
}

/// Keeps calls about the same thing apart while they look and write.
///
/// # Errors
/// It is held for too long.
pub fn lock(host: &Host, name: &str) -> Result<Lock, Failure> {
    Lock::take(&host.paths.state, &format!("ssm.{name}"), Deadline::after(PATIENCE))
        .map_err(|error| error.failure())
}

impl Work {
    /// New work, written down before it is begun.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin(
        host: &Host,
        name: &str,
        document: &Document,
        given: Given,
        command_id: Option<String>,
    ) -> Result<Self, Failure> {
        let work = Self {
            format: FORMAT,
            document: document.name.to_owned(),
            given,
            command_id,
            boot_id: host.boot_id(),
            began_unix_seconds: unix_seconds(),
            began_boot_seconds: boot_seconds(),
            process: None,
            answer: None,
            was_told: false,
            // One reboot for one piece of work: it stays known until the result is told.
            booted_from: Self::read(host, name)?.and_then(|before| before.booted_from),
        };
        work.write(host, name).map(|()| work)
    }

    /// Reads it; `None` where there is none, or one of another layout.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(host: &Host, name: &str) -> Result<Option<Self>, Failure> {
        let read: Option<Self> =
            read_state(&path(host, name)).map_err(|error| unkept(&error.because()))?;
        Ok(read.filter(|work| work.format == FORMAT))
    }

    fn write(&self, host: &Host, name: &str) -> Result<(), Failure> {
        write_private_state(&path(host, name), self).map_err(|error| unkept(&error.because()))
    }

    /// Notes that this process does it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn is_mine(&mut self, host: &Host, name: &str) -> Result<(), Failure> {
        self.process = Attempt::of(std::process::id());
        self.write(host, name)
    }

    /// Writes down what came of it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn end(&mut self, host: &Host, name: &str, answer: Answer) -> Result<(), Failure> {
        self.answer = Some(answer);
        self.write(host, name)
    }

    /// Notes that somebody hears what came of it. One reboot is all that it gets.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn told(mut self, host: &Host, name: &str) -> Result<(), Failure> {
        (self.was_told, self.booted_from) = (true, None);
        self.write(host, name)
    }

    /// Notes that the node is about to be rebooted for it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn reboots(mut self, host: &Host, name: &str) -> Result<(), Failure> {
        (self.was_told, self.booted_from) = (true, host.boot_id());
        self.write(host, name)
    }

    /// Whether the node was rebooted for it before.
    pub fn had_its_reboot(&self) -> bool {
        self.booted_from.is_some()
    }

    /// Whether another process does it.
    pub fn is_anothers(&self) -> bool {
        self.process.is_some_and(|process| process.is_alive() && process.pid != std::process::id())
    }

    /// Whether it goes on.
    pub fn is_running(&self, host: &Host) -> bool {
        let is_begun = || match self.process {
            Some(process) => process.is_alive(),
            None => boot_seconds().saturating_sub(self.began_boot_seconds) < TO_BEGIN.as_secs(),
        };
        self.answer.is_none() && self.boot_id == host.boot_id() && is_begun()
    }

    /// How long ago it was begun.
    pub fn age(&self) -> Duration {
        Duration::from_secs(unix_seconds().saturating_sub(self.began_unix_seconds))
    }

    /// It as it is written down, and whether it goes on.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn look(host: &Host, name: &str) -> Result<Option<(Self, bool)>, Failure> {
        if let Some(work) = Self::read(host, name)?
            && work.is_running(host)
        {
            return Ok(Some((work, true)));
        }
        // Its process may have written its result, and ended, since it was read.
        Ok(Self::read(host, name)?.map(|work| {
            let is_running = work.is_running(host);
            (work, is_running)
        }))
    }

    /// What there is for a call that is given this.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(host: &Host, name: &str, given: &Given) -> Result<Found, Failure> {
        let Some((work, is_running)) = Self::look(host, name)? else { return Ok(Found::Nothing) };
        let is_same = work.given.asks_the_same(given);
        let work = Box::new(work);
        Ok(match (is_running, is_same) {
            (true, true) => Found::Running(work),
            (true, false) => Found::Other(work),
            (false, true) if work.booted_from.is_some() && work.booted_from == host.boot_id() => {
                Found::RebootPending
            }
            (false, true) if work.booted_from.is_some() && work.was_told => Found::Rebooted,
            (false, true) if work.answer.is_some() && !work.was_told && work.age() < FRESH => {
                Found::Ended(work)
            }
            _ => {
                forget_other(host, name, is_same)?;
                Found::Nothing
            }
        })
    }
}

/// Other work has had its time, and its reboot is no reboot of this.
fn forget_other(host: &Host, name: &str, is_same: bool) -> Result<(), Failure> {
    if is_same {
        return Ok(());
    }
    remove_state(&path(host, name)).map_err(|error| unkept(&error.because()))
}

fn unkept(because: &str) -> Failure {
    Failure {
        code: Code::SsmState,
        what: "the state of this work cannot be kept".into(),
        asked: "read and write below /var/lib/fsxlustre/ssm/work".into(),
        because: because.to_owned(),
        remedy: "run it as root, with room on /var/lib".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Word;
    use super::super::document::document;
    use super::*;

    fn node() -> (tempfile::TempDir, Host) {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.data = folder.path().to_owned();
        host.paths.state = folder.path().to_owned();
        (folder, host)
    }

    fn given(profile: &str) -> Given {
        let tune = document("tune").expect("tune");
        let of = |name: &str| (name == "SSM_Profile").then(|| profile.into());
        Given::read(tune, of).expect("fits")
    }

    #[test]
    fn what_came_of_it_is_told_once_and_only_to_who_asks_the_same() {
        let (_folder, host) = node();
        let tune = document("tune").expect("tune");
        assert!(matches!(Work::find(&host, "tune", &given("a")), Ok(Found::Nothing)));
        let mut work = Work::begin(&host, "tune", tune, given("a"), None).expect("written");
        assert!(
            matches!(Work::find(&host, "tune", &given("a")), Ok(Found::Running(_))),
            "it may still begin"
        );
        assert!(matches!(Work::find(&host, "tune", &given("b")), Ok(Found::Other(_))));
        work.is_mine(&host, "tune").expect("written");
        work.end(&host, "tune", Answer::new("tune", Word::Pass, "", 0)).expect("written");
        assert!(matches!(Work::find(&host, "tune", &given("a")), Ok(Found::Ended(_))));
        work.told(&host, "tune").expect("written");
        assert!(matches!(Work::find(&host, "tune", &given("a")), Ok(Found::Nothing)));
    }

    #[test]
    fn a_reboot_is_asked_for_once() {
        let (_folder, host) = node();
        let tune = document("tune").expect("tune");
        let mut work = Work::begin(&host, "tune", tune, given("a"), None).expect("written");
        work.end(&host, "tune", Answer::new("tune", Word::Warn, "", 75)).expect("written");
        assert!(!work.had_its_reboot());
        work.reboots(&host, "tune").expect("written");
        assert!(matches!(Work::find(&host, "tune", &given("a")), Ok(Found::RebootPending)));
        let mut after = Work::read(&host, "tune").expect("read").expect("there");
        after.booted_from = Some("another boot".into());
        after.write(&host, "tune").expect("written");
        assert!(matches!(Work::find(&host, "tune", &given("a")), Ok(Found::Rebooted)));
        let again = Work::begin(&host, "tune", tune, given("a"), None).expect("written");
        assert!(again.had_its_reboot());
    }

    #[test]
    fn a_name_is_a_unit_and_a_file_and_nothing_else() {
        let mount = document("unmount").expect("unmount");
        let of = |name: &str| (name == "SSM_Directory").then(|| "/mnt/a_b.c-d".into());
        let name = name(mount, &Given::read(mount, of).expect("fits"));
        assert_eq!(name, "unmount:mnt:a_b.c-d");
        assert!(is_name(&name));
        for bad in ["", "../x", "a/b", "a b", "$(id)", "-x", "a\n"] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
