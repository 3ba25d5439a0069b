//! Sets what a plan says on one client, and puts it back: kept first, written in order, read back.

use super::client::{self, Client, Meant};
use super::data::TuningData;
use super::error::TuneError;
use super::files::{self, ClientValues, Place};
use super::kept::{Entry, Kept, forget_gone};
use super::order::{Change, ordered};
use super::plan::{self, ClientPlan};
use super::wanted::Wishes;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, Lock};
use serde::Serialize;
use std::path::PathBuf;

/// What became of a value that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Of which device.
    #[serde(flatten)]
    pub place: Place,
    /// What was there.
    pub before: u64,
    /// What was written.
    pub wanted: u64,
    /// What is read back; `None` where nothing can be read.
    pub now: Option<u64>,
    /// Why it is not what was written; `None` where it is.
    pub because: Option<String>,
}

/// What was done on a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// What was planned.
    pub plan: ClientPlan,
    /// What was written.
    pub written: Vec<Written>,
}

impl Applied {
    /// What could not be set, in words.
    pub fn troubles(&self) -> Vec<String> {
        let mut all = troubles(&self.written);
        all.extend(self.plan.impossible());
        all
    }
}

impl Reverted {
    /// What could not be put back, in words.
    pub fn troubles(&self) -> Vec<String> {
        troubles(&self.written)
    }
}

fn troubles(written: &[Written]) -> Vec<String> {
    let told = |one: &Written| {
        let because = one.because.as_ref()?;
        Some(format!("{} of {}={}: {because}", one.place.key, one.place.device, one.wanted))
    };
    written.iter().filter_map(told).collect()
}

/// What was put back on a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reverted {
    /// What was written.
    pub written: Vec<Written>,
    /// Values that somebody else set since, and that stay: which, what we had set, what is there.
    pub left: Vec<(Place, u64, u64)>,
}

/// What a client's files and our own say, under its lock.
struct Held {
    values: ClientValues,
    kept: Kept,
    _lock: Lock,
}

/// What is read of a client and kept of it, for those who only look.
///
/// # Errors
/// [`TuneError::Unread`], or the failure of our own file.
pub fn look(
    host: &Host,
    client: &Client,
    deadline: Deadline,
) -> Result<(ClientValues, Kept), Failure> {
    let unread = |because: String| TuneError::Unread { client: client.name(), because }.failure();
    let values = files::read(host, client, deadline).map_err(unread)?;
    if !values.is_whole {
        return Err(unread("its files did not answer within the deadline".into()));
    }
    if values.values.is_empty() {
        return Err(unread("it shows no settings: it is gone, or on its way".into()));
    }
    let kept = Kept::read(host, client, &values).map_err(|error| error.failure())?;
    Ok((values, kept))
}

fn hold(host: &Host, client: &Client, deadline: Deadline) -> Result<Held, Failure> {
    let name = format!("tuning.{}", client.name());
    let lock = Lock::take(&host.paths.state, &name, deadline).map_err(|error| error.failure())?;
    let (values, kept) = look(host, client, deadline)?;
    Ok(Held { values, kept, _lock: lock })
}

/// Forgets what was set on clients that are gone.
pub fn forget_gone_clients(host: &Host) {
    forget_gone(host, &client::all(host));
}

/// Sets what a profile wants on a client. Doing it again writes nothing.
///
/// # Errors
/// A [`Failure`]; nothing was written then. What was refused is in the result.
pub fn apply(
    host: &Host,
    data: &TuningData,
    meant: &Meant,
    wishes: &Wishes,
    replace: bool,
    deadline: Deadline,
) -> Result<Applied, Failure> {
    let Held { values, mut kept, _lock } = hold(host, &meant.client, deadline)?;
    forget_gone_clients(host);
    let plan = ClientPlan::of(data, wishes, &values, &kept, replace);
    let changes = plan.changes(data);
    let known = kept.clone();
    kept.profile.clone_from(&wishes.profile);
    if changes.is_empty() {
        // One that was killed after the write has its values there.
        adopt(&mut kept, &values);
        if kept != known {
            kept.write(host).map_err(|error| error.failure())?;
        }
        return Ok(Applied { plan, written: Vec::new() });
    }
    intend(data, &values, &mut kept, &changes);
    kept.write(host).map_err(|error| error.failure())?;
    let (written, after) = write(host, &meant.client, &values, &changes, deadline);
    note(&mut kept, &known, wishes, &written, after.as_ref());
    kept.write(host).map_err(|error| error.failure())?;
    Ok(Applied { plan, written })
}

/// Takes what a call that was killed after it had written has set.
fn adopt(kept: &mut Kept, values: &ClientValues) {
    for entry in kept.entries.iter_mut().filter(|entry| !entry.is_set) {
        let Some(now) = values.value(&entry.place) else { continue };
        if entry.is_raised {
            entry.set = now;
        }
        entry.is_set = entry.set == now;
    }
}

/// Notes what is about to be set, and what Lustre may raise with it.
fn intend(data: &TuningData, values: &ClientValues, kept: &mut Kept, changes: &[Change]) {
    for change in changes {
        let place = change.place.clone();
        let before = plan::before(data, values, kept, &place, change.from);
        kept.intend(Entry { place, before, set: change.to, is_set: false, is_raised: false });
        let raised = data.setting(&change.place.key).and_then(|setting| setting.raises.clone());
        let Some(key) = raised.filter(|_| change.to > change.from) else { continue };
        let place = Place { key, device: change.place.device.clone() };
        let is_named = changes.iter().any(|other| other.place == place);
        let Some(now) = values.value(&place).filter(|_| !is_named) else { continue };
        if kept.entry(&place).is_none() {
            kept.intend(Entry { place, before: now, set: now, is_set: false, is_raised: true });
        }
    }
}

/// Writes in order and reads back.
fn write(
    host: &Host,
    client: &Client,
    values: &ClientValues,
    changes: &[Change],
    deadline: Deadline,
) -> (Vec<Written>, Option<ClientValues>) {
    let file = |change: &Change| -> (PathBuf, u64) {
        let file = values.values.get(&change.place).map(|(file, _)| file.clone());
        (file.unwrap_or_default(), change.to)
    };
    let writes: Vec<_> = changes.iter().map(file).collect();
    let results = files::write_all(&writes, deadline);
    let after = files::read(host, client, deadline).ok().filter(|after| after.is_whole);
    let one = |(change, result): (&Change, Result<(), String>)| {
        let now = after.as_ref().and_then(|after| after.value(&change.place));
        let moves =
            after.as_ref().is_some_and(|after| change.to == 0 && after.moves(&change.place));
        let because = match (result, now) {
            (Err(because), _) => Some(because),
            (Ok(()), None) => Some("it cannot be read back".into()),
            (Ok(()), Some(now)) if now != change.to && !moves => {
                Some(format!("it reads {now} afterwards"))
            }
            _ => None,
        };
        let (place, before, wanted) = (change.place.clone(), change.from, change.to);
        Written { place, before, wanted, now, because }
    };
    (changes.iter().zip(results).map(one).collect(), after)
}

/// What is known afterwards: values that were set, and none that was refused or is back.
fn note(
    kept: &mut Kept,
    known: &Kept,
    wishes: &Wishes,
    written: &[Written],
    after: Option<&ClientValues>,
) {
    kept.entries.retain_mut(|entry| {
        if entry.is_raised {
            let now = after.and_then(|after| after.value(&entry.place)).unwrap_or(entry.set);
            (entry.set, entry.is_set) = (now, true);
            return now != entry.before;
        }
        let Some(one) = written.iter().find(|one| one.place == entry.place) else { return true };
        match one.now {
            Some(now) if one.because.is_none() || now != one.before => {
                (entry.set, entry.is_set) = (now, true);
                let is_back = one.wanted == entry.before;
                !is_back || wishes.speaks_of(&entry.place.key)
            }
            _ => match known.entry(&entry.place) {
                Some(before) => {
                    *entry = before.clone();
                    true
                }
                // Refused, or nobody knows: then it may have been set.
                None => one.now.is_none(),
            },
        }
    });
}

/// Puts back what was there before us, where the value is still ours. Doing it again does nothing.
///
/// # Errors
/// A [`Failure`]; nothing was written then. What was refused is in the result.
pub fn revert(
    host: &Host,
    data: &TuningData,
    meant: &Meant,
    deadline: Deadline,
) -> Result<Reverted, Failure> {
    let Held { values, mut kept, _lock } = hold(host, &meant.client, deadline)?;
    adopt(&mut kept, &values);
    let mut reverted = Reverted::default();
    let mut changes = Vec::new();
    for entry in &kept.entries {
        let Some(now) = values.value(&entry.place) else { continue };
        let is_back = now == entry.before || entry.before == 0 && values.moves(&entry.place);
        if now == entry.set && now != entry.before {
            let place = entry.place.clone();
            changes.push(Change { place, from: now, to: entry.before });
        } else if !is_back && !entry.is_raised {
            reverted.left.push((entry.place.clone(), entry.set, now));
        }
    }
    let (written, after) = write(host, &meant.client, &values, &ordered(data, changes), deadline);
    reverted.written = written;
    let failed = |entry: &Entry| {
        let one = reverted.written.iter().find(|one| one.place == entry.place);
        one.is_some_and(|one| one.because.is_some())
    };
    let is_gone = after.is_none() && !reverted.written.is_empty();
    kept.entries.retain(|entry| is_gone || failed(entry));
    kept.write(host).map_err(|error| error.failure())?;
    Ok(reverted)
}
