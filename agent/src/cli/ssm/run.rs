//! `fsxlustre ssm run`: what the script of a document becomes.

use crate::cli::{Outcome, USAGE};
use crate::config::AgentConfig;
use crate::ssm::document::{DOCUMENTS, Document, document};
use crate::ssm::perform::{busy, failed, is_long, needs_idle_node, not_idle, perform};
use crate::ssm::work::{self, Found, Work};
use crate::ssm::{Answer, Before, DETAILED, Given, SHORT, Word, begin, exit, print};
use clap::Args;
use clap::builder::PossibleValuesParser;
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::{Deadline, Host, sleep_unless_interrupted};
use fsxlustre_mount::mount::check_root;
use std::time::Duration;

/// How often a call looks whether the work has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// What is left of a document's time when a call says that the work goes on.
const MARGIN: Duration = Duration::from_secs(20);
/// The longest id of a command that is believed.
const LONGEST_ID: usize = 64;

/// Arguments of `fsxlustre ssm run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: that of the command which it is (`check`, `mount`, `umount`, `layout apply`, \
                  `tune`), 2 for a parameter that is not right, and: 71 the node is in use, nothing was done; \
                  72 the work goes on, run it again for its result; 75 a reboot is needed and was not \
                  allowed; 194 the SSM Agent reboots the node and runs the document again. The script of a \
                  document itself ends with 73 where the SSM Agent is too old, with 74 where fsxlustre is not installed"
)]
pub(super) struct RunArgs {
    /// The document; its parameters stand in the environment, as `SSM_` and their names
    #[arg(value_parser = PossibleValuesParser::new(DOCUMENTS.iter().map(|document| document.name)))]
    document: String,
}

impl RunArgs {
    /// Settings that cannot be read end it before anything is done.
    pub(super) fn broken_configuration(&self, failure: &Failure) -> Outcome {
        let told = failed(&self.document, failure, USAGE);
        Outcome { status: told.exit, ..Outcome::done(print(&Host::default(), &told, SHORT)) }
    }

    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        let Some(document) = document(&self.document) else {
            return Outcome { status: USAGE, ..Outcome::default() };
        };
        let given = check_root("work for Systems Manager on")
            .and_then(|()| Given::read(document, |name| std::env::var_os(name)));
        let (told, is_detailed) = match given {
            Ok(given) => {
                let is_detailed = given.is("Detail");
                let call = Call { config, document, given: &given };
                (
                    call.answer().unwrap_or_else(|failure| failed(document.name, &failure, 1)),
                    is_detailed,
                )
            }
            Err(failure) => (failed(document.name, &failure, USAGE), false),
        };
        let room = if is_detailed { DETAILED } else { SHORT };
        Outcome { status: told.exit, ..Outcome::done(print(config.host(), &told, room)) }
    }
}

/// One call of a document.
struct Call<'a> {
    config: &'a AgentConfig,
    document: &'static Document,
    given: &'a Given,
}

impl Call<'_> {
    fn host(&self) -> &Host {
        self.config.host()
    }

    fn answer(&self) -> Result<Answer, Failure> {
        let id = command_id();
        if !is_long(self.document) {
            return Ok(perform(self.config, self.document, self.given, id.as_deref()));
        }
        let name = work::name(self.document, self.given);
        let lock = work::lock(self.host(), &name)?;
        match Work::find(self.host(), &name, self.given)? {
            Found::Running(_) => {}
            Found::Ended(work) => {
                let age = work.age().as_secs();
                return self.tell(&name, *work).map(|told| told.with("begun_seconds_ago", age));
            }
            Found::Other(work) => {
                let said = "other work of this document goes on";
                return Ok(Answer::new(self.document.name, Word::Busy, said, exit::BUSY)
                    .with("begun_seconds_ago", work.age().as_secs()));
            }
            Found::RebootPending => {
                let said = "the reboot that was asked for did not happen";
                return Ok(Answer::new(self.document.name, Word::Fail, said, 1));
            }
            Found::Nothing | Found::Rebooted => {
                if let Some(refused) = self.refused(Before::Work) {
                    return Ok(refused);
                }
                Work::begin(self.host(), &name, self.document, self.given.clone(), id)?;
                begin(self.host(), &name)?;
            }
        }
        drop(lock);
        self.wait(&name)
    }

    /// Why it is not done on a node that is in use, or may be.
    fn refused(&self, before: Before) -> Option<Answer> {
        let is_asked = needs_idle_node(self.document, self.given) || before == Before::Reboot;
        if !is_asked || self.given.is("AllowBusy") {
            return None;
        }
        not_idle(self.host(), before).map(|seen| busy(self.document.name, before, &seen))
    }

    /// Waits for the end of the work, for as long as the script may run.
    fn wait(&self, name: &str) -> Result<Answer, Failure> {
        let time = Duration::from_secs(self.document.seconds.into()).saturating_sub(MARGIN);
        let deadline = Deadline::after(time);
        let is_it = |work: &Work| work.given.asks_the_same(self.given);
        let other = || lost(self.document, "other work of this document was begun since");
        loop {
            let Some((work, is_running)) = Work::look(self.host(), name)? else {
                return Err(lost(self.document, "its state is gone"));
            };
            if !is_it(&work) {
                return Err(other());
            }
            if work.answer.is_some() {
                let _lock = work::lock(self.host(), name)?;
                // Whoever had the lock may have begun other work.
                let now = Work::read(self.host(), name)?.filter(is_it).ok_or_else(other)?;
                return self.tell(name, now);
            }
            if !is_running {
                return Err(lost(self.document, "its process ended without one"));
            }
            if deadline.has_passed() {
                let said = "the work goes on; run this document again for its result";
                return Ok(Answer::new(self.document.name, Word::Running, said, exit::RUNNING)
                    .with("begun_seconds_ago", work.age().as_secs()));
            }
            sleep_unless_interrupted(LOOK_AGAIN, None);
        }
    }

    /// Tells what came of it, or has the node rebooted and tells that.
    fn tell(&self, name: &str, work: Work) -> Result<Answer, Failure> {
        let Some(told) = work.answer.clone() else {
            return Err(lost(self.document, "it has none"));
        };
        let is_needed = told.head.get("needs_reboot").is_some_and(|needed| needed == true);
        if !is_needed || !self.given.is("Reboot") {
            work.told(self.host(), name)?;
            return Ok(told);
        }
        if work.had_its_reboot() {
            work.told(self.host(), name)?;
            let said = "a reboot did not mend it, and there is no second one";
            return Ok(Answer { word: Word::Fail, words: said.into(), exit: 1, ..told });
        }
        // Asked for once more where it was refused: nothing is done twice for that.
        if let Some(refused) = self.refused(Before::Reboot) {
            return Ok(refused);
        }
        work.reboots(self.host(), name)?;
        Ok(Answer {
            word: Word::Reboot,
            words: "the node is rebooted, and this goes on".into(),
            exit: exit::REBOOT,
            ..told
        })
    }
}

/// The id of Systems Manager's command, where it looks like one.
fn command_id() -> Option<String> {
    let id = std::env::var("SSM_COMMAND_ID").ok()?;
    let is_plain = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    (!id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(is_plain)).then_some(id)
}

fn lost(document: &Document, because: &str) -> Failure {
    Failure {
        code: Code::SsmNotBegun,
        what: "the work ended without a result".into(),
        asked: document.title.into(),
        because: because.into(),
        remedy: "run the same document again; `journalctl -u 'fsxlustre-ssm-*'` has what it said"
            .into(),
    }
}
