//! Settings of the client and profiles as roff, from the data.

use super::roff::tagged;
use crate::tune::{How, Rule, Setting, TuningData};

/// Every setting, with how it is set and its range.
pub(super) fn settings() -> String {
    let settings = TuningData::carried().into_iter().flat_map(|data| &data.settings);
    settings.map(setting).collect()
}

fn setting(setting: &Setting) -> String {
    let [least, most] = setting.range;
    let how = match setting.how {
        How::SetParam => "set on each client",
        How::Modprobe => "modprobe.d, by --persist",
        How::Lnetctl => "by AWS's EFA setup (lnetctl), shown only",
    };
    let unit = if setting.unit.is_empty() { String::new() } else { format!(" {}", setting.unit) };
    let bound = setting.bound().map_or_else(String::new, |(other, is_strict)| {
        format!("; {} {other}", if is_strict { "below" } else { "not above" })
    });
    let mut meaning = setting.meaning.clone();
    if let Some(first) = meaning.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    tagged(&setting.key, "", &format!("{meaning}. {least} to {most}{unit}{bound}; {how}."))
}

/// Every profile, with what it wants and where that is from.
pub(super) fn profiles() -> String {
    let Ok(data) = TuningData::carried() else { return String::new() };
    let profile = |row: &crate::tune::ProfileRow| {
        let base = match row.includes.as_slice() {
            [] => String::new(),
            names => format!(" Begins with {}.", names.join(", ")),
        };
        let rules: Vec<_> = row.rules.iter().map(|one| rule(data, one)).collect();
        tagged(&row.name, "", &format!("For {}.{base} {}.", row.about, rules.join("; ")))
    };
    data.profiles.iter().map(profile).collect()
}

fn rule(data: &TuningData, rule: &Rule) -> String {
    let value = match (rule.value, rule.per_cpu) {
        (Some(value), _) => value.to_string(),
        (None, each) => format!("{}*CPUs", each.unwrap_or_default()),
    };
    let at_least = if rule.at_least { " or more" } else { "" };
    let conditions = [
        rule.cpus_above.map(|above| format!("more than {above} CPUs")),
        rule.memory_gib_above.map(|above| format!("more than {above} GiB")),
        rule.client_at_least.as_ref().map(|least| format!("client {least} or later")),
        rule.efa.then(|| "EFA".to_owned()),
    ];
    let conditions: Vec<_> = conditions.into_iter().flatten().collect();
    let on = if conditions.is_empty() {
        String::new()
    } else {
        format!(" on {}", conditions.join(", "))
    };
    format!("`{}`={value}{at_least}{on} ({})", rule.set, data.source(rule))
}
