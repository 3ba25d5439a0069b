//! One look-up from what is at hand to the API and back: does what [`Situation::next`] says.

use super::at_hand::Kept;
use super::{AnswerSettings, Api, AtHand, Caller, Fleet, Situation, Step, Wanted, Why};
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, Deadline, Host, sleep_unless_interrupted};
use crate::id_cache;
use crate::resolve::{Question, Resolve};
use std::time::Duration;

/// Everything that a look-up needs.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Where the cache is.
    pub host: &'a Host,
    /// The map, the limits and the fleet.
    pub settings: &'a AnswerSettings,
    /// Who is asked, and knows this node's slot.
    pub resolver: &'a dyn Resolve,
    /// When it must have ended, and what ends it early.
    pub bounds: Bounds<'a>,
}

impl std::fmt::Debug for Asking<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asking").finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// An answer that was at hand.
    Kept(Kept),
    /// What the API said.
    Asked(T),
}

/// An answer, and what an administrator should know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer.
    pub found: Found<T>,
    /// One line each.
    pub warnings: Vec<String>,
}

impl Asking<'_> {
    /// Looks at hand, waits for this node's slot, asks, and falls back upon what is at hand.
    ///
    /// # Errors
    /// What `ask` failed with, or why nobody was asked.
    pub fn answer<T>(
        &self,
        question: &Question<'_>,
        wanted: Wanted,
        ask: impl Fn(Deadline) -> Result<T, Failure>,
    ) -> Result<Answer<T>, Failure> {
        let at_hand = AtHand::gather(self.host, self.settings, question, &self.bounds)
            .map_err(|error| error.failure())?;
        self.answer_with(at_hand, question, wanted, ask)
    }

    /// The same, when this is all that is at hand.
    ///
    /// # Errors
    /// As [`Asking::answer`].
    pub fn answer_with<T>(
        &self,
        at_hand: AtHand,
        question: &Question<'_>,
        wanted: Wanted,
        ask: impl Fn(Deadline) -> Result<T, Failure>,
    ) -> Result<Answer<T>, Failure> {
        let mut api = Api::NotAsked { slot: Duration::ZERO };
        let mut failure = None;
        let mut knows_slot = false;
        loop {
            match self.step(&at_hand, question.caller, wanted, api) {
                Step::Serve { holder, is_stale, .. } => {
                    let kept = at_hand.kept(holder, is_stale).ok_or_else(|| lost(question))?;
                    let failure = failure.or_else(|| self.not_our_turn(question, api));
                    let stale = failure.filter(|_| is_stale).map(|why| stale_warning(&kept, &why));
                    let warnings = at_hand.warnings.into_iter().chain(stale).collect();
                    return Ok(Answer { found: Found::Kept(kept), warnings });
                }
                Step::Fail(why) => {
                    let failure = failure.or_else(|| self.not_our_turn(question, api));
                    let most = self.settings.ages.stale_max(question.caller);
                    let mut failure =
                        explained(failure.unwrap_or_else(|| lost(question)), why, most);
                    for warning in &at_hand.warnings {
                        failure.because = format!("{}; {warning}", failure.because);
                    }
                    return Err(failure);
                }
                Step::Ask { .. } if !knows_slot => {
                    knows_slot = true;
                    let slot = self.resolver.slot(question.caller, self.bounds.deadline);
                    api = Api::NotAsked { slot };
                }
                Step::Ask { after, within } => {
                    if !after.is_zero() && sleep_unless_interrupted(after, self.bounds.interrupt) {
                        return Err(interrupted(question));
                    }
                    match ask(self.bounds.deadline.at_most(within)) {
                        Ok(found) => {
                            let warnings = at_hand.warnings;
                            return Ok(Answer { found: Found::Asked(found), warnings });
                        }
                        Err(failed) => {
                            api = api_after(failed.code);
                            if is_taken_back(failed.code) {
                                id_cache::forget_tags(self.host, &question.key());
                            }
                            failure = Some(failed);
                        }
                    }
                }
            }
        }
    }

    fn step(&self, at_hand: &AtHand, caller: Caller, wanted: Wanted, api: Api) -> Step {
        let known = at_hand.known();
        let left = self.bounds.deadline.left();
        Situation { caller, wanted, known, api, left, ages: &self.settings.ages }.next()
    }

    /// Why nobody was asked, where a slot is the reason.
    fn not_our_turn(&self, question: &Question<'_>, api: Api) -> Option<Failure> {
        let Api::NotAsked { slot } = api else { return None };
        let Fleet { size, quota } = self.settings.fleet;
        let (nodes, left) = (size.unwrap_or_default(), self.bounds.deadline.left().as_secs());
        (!slot.is_zero()).then(|| Failure {
            code: Code::SlotBeyondBudget,
            what: "this node's turn to ask the FSx API comes after this call must have ended"
                .into(),
            asked: format!("resolve {} for {}", question.source, question.caller.word()),
            because: format!(
                "{nodes} nodes share {quota} calls a second ([fleet] size and quota): its turn is \
                 in {} s, {left} s are left",
                slot.as_secs()
            ),
            remedy: "give the nodes a map (`fsxlustre resolve --export-map`) or a shared cache \
                     file (`fsxlustre resolve --write-cache FILE`), or raise timeout="
                .into(),
        })
    }
}

/// Whether an older answer may stand in for this failure: only where nobody answered. A refusal is
/// an answer: somebody may have taken the permission away, or the file system.
fn api_after(code: Code) -> Api {
    match code {
        Code::ApiUnavailable
        | Code::ApiTimeout
        | Code::ApiThrottled
        | Code::ClockSkew
        | Code::NoCredentials
        | Code::NoRegion
        | Code::ProgramFailed
        | Code::SlotBeyondBudget => Api::NotReached,
        _ => Api::Refused,
    }
}

/// Whether the API says that an earlier answer for the same tags is not right any more.
fn is_taken_back(code: Code) -> bool {
    matches!(
        code,
        Code::TagUnknown
            | Code::TagAmbiguous
            | Code::FileSystemUnusable
            | Code::FileSystemCreating
            | Code::OtherNetwork
    )
}

fn stale_warning(kept: &Kept, failure: &Failure) -> String {
    let (origin, id) = (kept.origin, &kept.id);
    let why = &failure.because;
    format!("{}: {why}; the last answer serves: {id} ({origin})", failure.what)
}

fn explained(mut failure: Failure, why: Why, most: Duration) -> Failure {
    if let Why::TooOld { age } = why {
        let (age, most) = (age.as_secs(), most.as_secs());
        let too_old = format!("the last answer is {age} s old, and may be {most} s");
        failure.because = format!("{}; {too_old}", failure.because);
    }
    failure
}

fn interrupted(question: &Question<'_>) -> Failure {
    Failure {
        code: Code::Interrupted,
        what: "the wait for this node's turn was interrupted".into(),
        asked: format!("resolve {}", question.source),
        because: "a signal asked this program to stop".into(),
        remedy: "run the same command again".into(),
    }
}

fn lost(question: &Question<'_>) -> Failure {
    Failure {
        code: Code::Internal,
        what: "an answer that was at hand is gone".into(),
        asked: format!("resolve {}", question.source),
        because: "the decision names an answer that nobody holds".into(),
        remedy: "report this".into(),
    }
}
