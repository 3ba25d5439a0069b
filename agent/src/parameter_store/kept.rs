//! When Parameter Store is asked, and what serves when it cannot be.

use super::{SetError, read};
use crate::aws::{Aws, AwsError, block_on};
use crate::config::AgentConfig;
use crate::resolve::node_key;
use fsxlustre_mount::config::ParameterSet;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, unix_seconds};
use std::time::Duration;

/// For how long after a failure the kept answer serves without another try, seconds.
const TRY_AGAIN_AFTER: u64 = 30;

/// Whether a command may ask Parameter Store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Whatever is kept.
    Anew,
    /// When what is kept is not fresh any more, and within half of this time.
    WhenDue(Duration),
    /// Only where nothing that is kept may serve, and then in this node's turn: for what all nodes do
    /// at the same moment. It must be over within this time.
    InTurn(Duration),
    /// Never: what is kept serves, however old. For what must work without AWS, such as an unmount.
    Never,
}

/// What the fleet's settings are.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The set.
    pub set: ParameterSet,
    /// Whether it was read just now, and is to be kept once it is found right.
    pub must_be_kept: bool,
    /// What the user must hear.
    pub warnings: Vec<String>,
}

/// How long what is kept serves, seconds.
#[derive(Clone, Copy, Debug)]
struct Ages {
    fresh: u64,
    stale_max: u64,
}

/// What to do about what is kept. A pure question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Use,
    UseAfterFailure,
    /// Others are asking at this moment.
    UseForNow,
    Ask,
}

fn step(kept: Option<&ParameterSet>, ages: Ages, asking: Asking, now: u64) -> Step {
    let Some(kept) = kept else { return Step::Ask };
    let age = kept.age(now);
    let failed_just_now = kept
        .failed_unix_seconds
        .is_some_and(|failed| (failed..failed.saturating_add(TRY_AGAIN_AFTER)).contains(&now));
    match asking {
        Asking::Never => Step::Use,
        Asking::WhenDue(_) | Asking::InTurn(_) if age.is_some_and(|age| age < ages.fresh) => {
            Step::Use
        }
        Asking::InTurn(_) if may_be_stale(kept, ages, now) => Step::UseForNow,
        Asking::WhenDue(_) if failed_just_now && may_be_stale(kept, ages, now) => {
            Step::UseAfterFailure
        }
        Asking::WhenDue(_) | Asking::InTurn(_) | Asking::Anew => Step::Ask,
    }
}

fn may_be_stale(kept: &ParameterSet, ages: Ages, now: u64) -> bool {
    kept.age(now).is_some_and(|age| age <= ages.stale_max)
}

/// The fleet's settings; `None` where the files name no path, or where none are kept and none may be
/// asked for.
///
/// # Errors
/// Why there are none: the failure to read them, where nothing that is kept may serve.
pub fn fleet(local: &AgentConfig, asking: Asking) -> Result<Option<Fleet>, Failure> {
    let Some(path) = local.config.ssm_path.as_deref() else { return Ok(None) };
    let now = unix_seconds();
    let kept = ParameterSet::kept(local.host(), path);
    let asking = match asking {
        Asking::InTurn(budget) if local.base.answers.fleet.size.is_none() => {
            Asking::WhenDue(budget)
        }
        asking => asking,
    };
    let ages = Ages { fresh: local.config.fresh(), stale_max: local.config.stale_max() };
    match (step(kept.as_ref(), ages, asking, now), kept) {
        (Step::Ask, None) if asking == Asking::Never => Ok(None),
        (Step::Use, Some(set)) => Ok(Some(Fleet { set, must_be_kept: false, warnings: vec![] })),
        (Step::UseAfterFailure, Some(set)) => {
            let warnings = vec![warning(&set, "asking failed less than 30 s ago", now)];
            Ok(Some(Fleet { set, must_be_kept: false, warnings }))
        }
        (Step::UseForNow, Some(set)) => {
            let warnings = vec![warning(&set, "other nodes of the fleet may be asking now", now)];
            Ok(Some(Fleet { set, must_be_kept: false, warnings }))
        }
        (_, kept) => {
            match wait_for_turn(local, path, asking).and_then(|()| ask(local, path, asking, now)) {
                Ok(set) => Ok(Some(Fleet { set, must_be_kept: true, warnings: vec![] })),
                Err(error) => stale(local, kept, ages, &error, now).map(Some),
            }
        }
    }
}

/// The fleet's settings as Parameter Store has them now, whatever is kept; nothing is kept of it.
///
/// # Errors
/// Why it could not be read.
pub fn read_now(local: &AgentConfig) -> Result<Option<ParameterSet>, Failure> {
    let Some(path) = local.config.ssm_path.as_deref() else { return Ok(None) };
    ask(local, path, Asking::Anew, unix_seconds()).map(Some).map_err(|error| error.failure())
}

/// Sleeps until this node's turn, which the same hash gives as for the FSx API. A signal ends the
/// process meanwhile: nothing has been begun.
fn wait_for_turn(local: &AgentConfig, path: &str, asking: Asking) -> Result<(), SetError> {
    let Asking::InTurn(budget) = asking else { return Ok(()) };
    let fleet = local.base.answers.fleet;
    let key = node_key(local, Deadline::after(budget).into());
    let slot = fleet.slot_of_settings(&key);
    let needed = slot.saturating_add(Duration::from_secs(local.config.timeout()));
    if needed > budget {
        let nodes = fleet.size.unwrap_or_default();
        return Err(SetError::Turn { path: path.to_owned(), nodes, slot, budget });
    }
    std::thread::sleep(slot);
    Ok(())
}

fn ask(
    local: &AgentConfig,
    path: &str,
    asking: Asking,
    now: u64,
) -> Result<ParameterSet, SetError> {
    let timeout = Duration::from_secs(local.config.timeout());
    let deadline = Deadline::after(match asking {
        // The rest is for what the settings are wanted for.
        Asking::WhenDue(budget) => timeout.min(budget / 2),
        _ => timeout,
    });
    let calls = async {
        let aws = Aws::connect(&local.aws, None, deadline).await?;
        Ok::<_, AwsError>(read(&aws, path).await)
    };
    let whole =
        block_on(deadline.into(), calls).map_err(|source| SetError::unasked(path, source))??;
    Ok(ParameterSet::new(path.to_owned(), whole.version, whole.parameters, now))
}

/// The last good answer, with a warning, while it is not too old.
fn stale(
    local: &AgentConfig,
    kept: Option<ParameterSet>,
    ages: Ages,
    error: &SetError,
    now: u64,
) -> Result<Fleet, Failure> {
    let failure = error.failure();
    let Some(mut set) = kept else { return Err(failure) };
    if !may_be_stale(&set, ages, now) {
        let age = set.age(now).map_or("of another time".to_owned(), |age| format!("{age} s old"));
        let because = format!(
            "{}; the last answer is {age}, and serves for {} s",
            failure.because, ages.stale_max
        );
        return Err(Failure { because, ..failure });
    }
    let warnings = vec![warning(&set, &format!("{}: {}", failure.code, failure.because), now)];
    set.failed_unix_seconds = Some(now);
    // Another process may have had an answer meanwhile: a newer one is not put away for this.
    let is_last = ParameterSet::kept(local.host(), &set.path)
        .is_none_or(|last| last.read_unix_seconds <= set.read_unix_seconds);
    if is_last {
        // Costs the next call another try, and nothing else.
        let _ = set.keep(local.host());
    }
    Ok(Fleet { set, must_be_kept: false, warnings })
}

fn warning(set: &ParameterSet, because: &str, now: u64) -> String {
    format!(
        "the settings below {} could not be read anew ({because}); those of version {}, {} s old, are used",
        set.path,
        set.version,
        set.age(now).unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(read: u64, failed: Option<u64>) -> ParameterSet {
        let mut set = ParameterSet::new("/p".into(), "7".into(), Vec::new(), read);
        set.failed_unix_seconds = failed;
        set
    }

    const DUE: Asking = Asking::WhenDue(Duration::from_mins(1));

    #[test]
    fn parameter_store_is_asked_when_what_is_kept_is_not_fresh() {
        let ages = Ages { fresh: 300, stale_max: 1_000 };
        let at = |now, failed| step(Some(&kept(10_000, failed)), ages, DUE, now);
        assert_eq!(step(None, ages, DUE, 0), Step::Ask);
        assert_eq!(at(10_299, None), Step::Use);
        assert_eq!(at(10_300, None), Step::Ask);
        assert_eq!(at(10_400, Some(10_390)), Step::UseAfterFailure);
        assert_eq!(at(10_430, Some(10_390)), Step::Ask);
        assert_eq!(at(11_010, Some(11_000)), Step::Ask, "too old to serve");
        assert_eq!(at(5_000, None), Step::Ask, "the clock went back");
        let turn = Asking::InTurn(Duration::from_secs(80));
        let in_turn = |now| step(Some(&kept(10_000, None)), ages, turn, now);
        assert_eq!((in_turn(10_299), in_turn(10_300)), (Step::Use, Step::UseForNow));
        assert_eq!(in_turn(11_001), Step::Ask, "too old to serve");
        assert_eq!(step(None, ages, turn, 0), Step::Ask);
        let set = kept(10_000, None);
        assert_eq!(step(Some(&set), ages, Asking::Never, 99_000), Step::Use);
        assert_eq!(step(Some(&set), ages, Asking::Anew, 10_001), Step::Ask);
    }
}
