//! Have all targets of a file system the same client settings?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{ClientSetting, Clients, Facts};

const NAME: &str = "tuning_drift";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Have all targets of each file system the same client settings?",
    group: Group::Local,
    is_required: false,
    meaning: "Compares max_rpcs_in_flight, max_dirty_mb, checksums, max_mod_rpcs_in_flight, lru_max_age \
              and statahead_max of each client's devices. Pass: the same on all. Warn: a device has \
              another value: it came after `lctl set_param`, which nothing keeps. Left out where no \
              client shows settings.",
    answer,
};

/// What has no value of its own: it shows how many locks there are until somebody sets it.
const MOVES: &str = "lru_size";

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
    if settings.is_empty() || !uneven.is_empty() {
        return uneven;
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
