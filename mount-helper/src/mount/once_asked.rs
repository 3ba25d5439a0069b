//! A mount by an answer that was kept: when the server does not know it, the API's word explains
//! more than the server's silence.

use crate::failure::{Code, Failure};
use crate::host::{Deadline, Host};
use crate::options::MountOptions;
use crate::record::Origin;
use crate::resolve::{LookUp, Resolved};
use crate::source::Source;
use crate::versions;
use std::time::Duration;

/// Kept back of a mount's time for the one question.
const TIME_TO_ASK: Duration = Duration::from_secs(5);

/// Whether the answer may be out of date. The map is the administrator's word: nobody is asked,
/// since its nodes may have no way to the API.
fn may_be_old(origin: Origin) -> bool {
    matches!(origin, Origin::Cache | Origin::SharedCache | Origin::StaleCache)
}

/// The deadline of the mount itself: before the caller's, so that there is time to ask.
pub(super) fn deadline_before_asking(deadline: Deadline, resolved: &Resolved) -> Deadline {
    let left = deadline.left();
    if may_be_old(resolved.origin) && left > TIME_TO_ASK * 3 {
        deadline.at_most(left.saturating_sub(TIME_TO_ASK))
    } else {
        deadline
    }
}

/// What the API says of a mount that failed, asked once where that may tell more.
///
/// # Errors
/// The failure as it is, where nobody is asked or the API explains nothing.
pub(super) fn explain(
    failure: Failure,
    resolved: &Resolved,
    look_up: &LookUp<'_>,
    (source, options): (&Source, &MountOptions),
    deadline: Deadline,
) -> Result<Failure, Failure> {
    if !may_be_old(resolved.origin) || !is_about_the_server(&failure) {
        return Err(failure);
    }
    // Nobody waits for one that is CREATING here: the failure is there already.
    let now = MountOptions { wait_seconds: 0, ..options.clone() };
    let in_turn = LookUp { caller: look_up.caller.after_its_turn(), ..*look_up };
    match in_turn.ask(source, &now, deadline) {
        Err(told) if matches!(told.code, Code::FileSystemUnusable | Code::FileSystemUnknown) => {
            Ok(told)
        }
        Ok(now) if misfit(look_up.host, &now).is_some() => {
            misfit(look_up.host, &now).ok_or(failure)
        }
        Ok(now) if now.id != resolved.id => {
            let id = |of: &Resolved| of.id.clone().unwrap_or_default();
            let (old, new) = (id(resolved), id(&now));
            Ok(Failure {
                because: format!("{}; {source} was {old}, and is {new} by now", failure.because),
                remedy: format!("mount again: {new} is taken then"),
                ..failure
            })
        }
        _ => Err(failure),
    }
}

/// The client may be another one than when the answer was kept.
fn misfit(host: &Host, now: &Resolved) -> Option<Failure> {
    let client = versions::loaded_client(host)?;
    versions::check_fit(&client, now.file_system.as_ref()?).err()
}

fn is_about_the_server(failure: &Failure) -> bool {
    matches!(
        failure.code,
        Code::FsnameUnknown | Code::ServerUnreachable | Code::NameUnresolved | Code::MountTimeout
    )
}
