//! What `scontrol show config` prints.

use serde::Serialize;
use std::collections::BTreeMap;

/// What is kept of it.
const KEPT: &[&str] = &[
    "AuthInfo",
    "BatchStartTimeout",
    "Epilog",
    "EpilogTimeout",
    "JobContainerType",
    "MessageTimeout",
    "NamespaceType",
    "Prolog",
    "PrologEpilogTimeout",
    "PrologFlags",
    "PrologTimeout",
    "SLURM_CONF",
    "SLURM_VERSION",
    "SchedulerParameters",
    "TaskProlog",
    "UnkillableStepProgram",
    "UnkillableStepTimeout",
];

/// How Slurm writes a time that has no end, in 16 and in 32 bits.
const NO_END: &[u64] = &[65_534, 65_535, 4_294_967_294, 4_294_967_295];

/// Settings of the running controller.
///
/// *Source*: `scontrol show config` of Slurm 22.05.8; from 23.11 on a list has a line for each of its
/// entries, `Prolog[0] = …`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SlurmConfig {
    /// Each setting with its values; one that is `(null)` or empty has none.
    pub settings: BTreeMap<String, Vec<String>>,
}

impl SlurmConfig {
    pub(in crate::facts) fn parse(text: &str) -> Self {
        let mut settings: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let name = name.trim().split('[').next().unwrap_or_default();
            let value = value.trim();
            if !KEPT.contains(&name) {
                continue;
            }
            let values = settings.entry(name.to_owned()).or_default();
            if !value.is_empty() && value != "(null)" && value != "n/a" {
                values.push(value.to_owned());
            }
        }
        Self { settings }
    }

    /// The values of a setting.
    pub fn list(&self, name: &str) -> &[String] {
        self.settings.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of a setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.list(name).first().map(String::as_str)
    }

    /// The words of a setting that is a list with commas.
    pub fn words(&self, name: &str) -> Vec<&str> {
        self.get(name).map_or(Vec::new(), |value| value.split(',').collect())
    }

    /// The time of a setting in seconds; `None` when there is none, or it has no end.
    pub fn seconds(&self, name: &str) -> Option<u64> {
        let seconds = self.get(name)?.split_whitespace().next()?.parse().ok()?;
        (!NO_END.contains(&seconds)).then_some(seconds)
    }

    /// The plugin that gives jobs mount namespaces of their own.
    pub fn namespace_plugin(&self) -> Option<&str> {
        let plugins = ["NamespaceType", "JobContainerType"];
        let mut plugins = plugins.iter().filter_map(|name| self.get(name));
        plugins.find(|plugin| !plugin.ends_with("/none"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scontrol_prints_is_read() {
        let config = SlurmConfig::parse(crate::facts::samples::SHOW_CONFIG);
        assert_eq!(config.get("SLURM_VERSION"), Some("22.05.8"));
        assert_eq!(config.list("Prolog"), ["/etc/slurm/prolog.d/*"]);
        assert_eq!(config.words("PrologFlags"), ["Alloc", "Contain"]);
        assert_eq!(config.seconds("MessageTimeout"), Some(60));
        assert_eq!(config.seconds("PrologEpilogTimeout"), Some(120));
        assert_eq!(config.get("EpilogSlurmctld"), None, "what nobody looks at is not kept");
        assert_eq!(config.namespace_plugin(), None);
    }

    #[test]
    fn lists_of_later_versions_and_times_without_end() {
        let config = SlurmConfig::parse(
            "Prolog[0]               = /opt/slurm/etc/scripts/prolog.d/*\n\
             Prolog[1]               = /etc/slurm/more\n\
             PrologEpilogTimeout     = 65534\n\
             EpilogTimeout           = (null)\n\
             JobContainerType        = job_container/tmpfs\n",
        );
        assert_eq!(config.list("Prolog").len(), 2);
        assert_eq!(config.seconds("PrologEpilogTimeout"), None);
        assert_eq!(config.seconds("EpilogTimeout"), None);
        assert_eq!(config.namespace_plugin(), Some("job_container/tmpfs"));
    }
}
