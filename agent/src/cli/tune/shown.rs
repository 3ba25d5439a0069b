//! What `fsxlustre tune` prints as JSON.

use super::PerClient;
use crate::cli::json;
use crate::tune::{
    ClientValues, Kept, LnetRow, Meant, ModuleRow, NodeSize, Persisted, Place, TuningData, Wishes,
};
use fsxlustre_mount::failure::{Failure, FailureRecord};
use serde::Serialize;

/// One client in JSON.
#[derive(Serialize)]
pub(super) struct ClientJson<T> {
    #[serde(flatten)]
    meant: Meant,
    #[serde(flatten)]
    done: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureRecord>,
}

#[derive(Serialize)]
struct WishJson<'a, T> {
    node: &'a NodeSize,
    data: &'a str,
    #[serde(flatten)]
    wishes: &'a Wishes,
    modules: Vec<ModuleRow>,
    /// Of a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    lnet: Option<Vec<LnetRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    persisted: Option<Persisted>,
    clients: Vec<ClientJson<T>>,
}

/// A client's settings in JSON.
#[derive(Serialize)]
pub(super) struct ShownJson {
    profile: Option<String>,
    settings: Vec<ShownSetting>,
}

#[derive(Serialize)]
struct ShownSetting {
    key: String,
    device: String,
    now: Option<u64>,
    set: Option<u64>,
    before: Option<u64>,
    has_drifted: bool,
}

impl ShownJson {
    pub(super) fn of(values: &ClientValues, kept: &Kept) -> Self {
        let setting = |place: &Place| {
            let now = values.value(place);
            let entry = kept.entry(place).filter(|entry| !entry.is_raised);
            ShownSetting {
                key: place.key.clone(),
                device: place.device.clone(),
                now,
                set: entry.map(|entry| entry.set),
                before: entry.map(|entry| entry.before),
                has_drifted: entry.is_some_and(|entry| now.is_some_and(|now| now != entry.set)),
            }
        };
        let profile = Some(kept.profile.clone()).filter(|name| !name.is_empty());
        Self { profile, settings: values.values.keys().map(setting).collect() }
    }
}

pub(super) fn client_json<T>(meant: Meant, result: Result<T, Failure>) -> ClientJson<T> {
    let (done, failure) = match result {
        Ok(done) => (Some(done), None),
        Err(failure) => (None, Some(FailureRecord::from(&failure))),
    };
    ClientJson { meant, done, failure }
}

pub(super) fn wish_json<T: Serialize>(
    data: &TuningData,
    node: &NodeSize,
    wishes: &Wishes,
    (modules, lnet): (Vec<ModuleRow>, Option<Vec<LnetRow>>),
    persisted: Option<Persisted>,
    clients: PerClient<T>,
) -> String {
    let clients = clients.into_iter().map(|(meant, one)| client_json(meant, one)).collect();
    json(&WishJson { node, data: &data.date, wishes, modules, lnet, persisted, clients }).stdout
}
