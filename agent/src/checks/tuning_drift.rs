//! Have all targets of a file system the same client settings, and those that we set?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{ClientSetting, Clients, Facts};
use crate::tune::Drifted;
use std::collections::{BTreeMap, BTreeSet};

const NAME: &str = "tuning_drift";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Have all targets of each file system the same client settings, as they were set?",
    group: Group::Local,
    is_required: false,
    meaning: "Compares the settings that `fsxlustre tune` knows, and checksums, of each client's devices, and \
              with what it set. Pass: the same on all. Warn: a device has another value: it came after \
              `lctl set_param`, which nothing keeps; or somebody changed what fsxlustre had set, which \
              is left as it is. Left out where no client shows settings.",
    answer,
};

/// What has no value of its own: it shows how many locks there are until somebody sets it.
const MOVES: &str = "lru_size";

/// Where what we set is kept.
const STATE: &str = "/run/fsxlustre/tuning";
/// So many devices are named.
const MOST_SHOWN: usize = 4;

fn answer(facts: &Facts) -> Vec<Finding> {
    let clients = facts.node.clients.value();
    let settings = clients.map_or(&[][..], |clients: &Clients| clients.settings.as_slice());
    let settings: Vec<&ClientSetting> = settings.iter().filter(|one| one.name != MOVES).collect();
    let from = facts.node.clients.from();
    let uneven: Vec<Finding> = settings
        .iter()
        .filter(|one| one.values.len() > 1)
        .map(|one| uneven(one).about(&one.fs_name).seen(Evidence::new(shown(one), from)))
        .collect();
    let changed = changed(clients.map_or(&[], |clients| clients.drifted.as_slice()));
    let wrong: Vec<Finding> = uneven.into_iter().chain(changed).collect();
    if settings.is_empty() || !wrong.is_empty() {
        return wrong;
    }
    let count = settings.len();
    let told: Vec<String> = settings.iter().map(|one| shown(one)).collect();
    let pass = Finding::pass(NAME, format!("{count} client settings are the same on all devices"));
    vec![pass.seen(Evidence::new(told.join(", "), from))]
}

fn shown(setting: &ClientSetting) -> String {
    let values = setting.values.iter().map(|one| one.value.as_str());
    let ClientSetting { fs_name, kind, name, .. } = setting;
    format!("{kind}.{fs_name}-*.{name}={}", values.collect::<Vec<_>>().join(" and "))
}

fn uneven(setting: &ClientSetting) -> Finding {
    let ClientSetting { fs_name, kind, name, values } = setting;
    let told: Vec<String> = values
        .iter()
        .map(|one| format!("{} on {} ({})", one.value, one.devices, one.example))
        .collect();
    let most = values.first().map_or("VALUE", |one| one.value.as_str());
    let summary =
        format!("{kind} {name} of {fs_name} is not the same everywhere: {}", told.join(", "));
    let remedy = format!(
        "set it anew, and after each mount, since nothing keeps it: sudo lctl set_param \
         '{kind}.{fs_name}-*.{name}={most}'"
    );
    Finding::warn(NAME, summary, remedy)
}

/// One finding a file system of which somebody changed what we had set.
fn changed(drifted: &[Drifted]) -> Vec<Finding> {
    let mut by_fs: BTreeMap<&str, Vec<&Drifted>> = BTreeMap::new();
    for one in drifted {
        by_fs.entry(&one.fs_name).or_default().push(one);
    }
    let finding = |(fs_name, all): (&str, Vec<&Drifted>)| {
        let keys: BTreeSet<_> = all.iter().map(|one| one.key.as_str()).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let summary = format!("somebody changed {} of {fs_name} since it was set", keys.join(", "));
        let remedy = format!(
            "find who sets it, a site script perhaps; or set it anew: sudo fsxlustre tune apply --replace {fs_name}"
        );
        let seen = all.iter().take(MOST_SHOWN).map(|one| {
            let Drifted { key, device, set, now, .. } = one;
            Evidence::new(format!("{key} of {device} is {now}, set was {set}"), STATE)
        });
        seen.fold(Finding::warn(NAME, summary, remedy).about(fs_name), Finding::seen)
    };
    by_fs.into_iter().map(finding).collect()
}
