//! Do unmounts reach the mount namespaces that a plugin gives to jobs?

use super::{Trouble, finding};
use crate::checks::{Evidence, Finding};
use crate::facts::{Observed, Slurm};

pub(super) const NAME: &str = "slurm_namespace";

/// Warn: jobs have mount namespaces of their own with copies of our mounts, which an unmount does not
/// reach.
pub(super) fn check(slurm: &Slurm) -> Finding {
    let settings = &slurm.namespace_settings;
    let Some(plugin) = slurm.config.namespace_plugin() else {
        return Finding::pass(NAME, "jobs see the node's own mounts");
    };
    let evidence = vec![
        Evidence::new(plugin, "scontrol show config"),
        Evidence::of(settings, |text| {
            if is_shared(text.as_deref()) { "Shared=true" } else { "not shared" }.into()
        }),
    ];
    let told = format!(
        "{plugin} gives each job copies of the node's mounts: an unmount does not reach those of other \
         jobs, and the client stays connected until they end"
    );
    let trouble = match settings {
        Observed::Known { value, .. } if is_shared(value.as_deref()) => None,
        Observed::Known { .. } => Some(Trouble::warn(
            told,
            format!("set Shared=true in {} (Slurm 23.02 and later)", settings.from()),
        )),
        Observed::Unknown { .. } => {
            Some(Trouble::warn(told, format!("make {} readable", settings.from())))
        }
    };
    let troubles: Vec<_> = trouble.into_iter().collect();
    finding(NAME, &troubles, format!("{plugin} shares the node's mounts with jobs"), evidence)
}

/// *Source*: `job_container.conf(5)`, `Shared=true`; `namespace.yaml`, `shared: true`.
fn is_shared(text: Option<&str>) -> bool {
    let lines =
        text.unwrap_or_default().lines().map(|line| line.split('#').next().unwrap_or_default());
    let mut words = lines.flat_map(|line| {
        let line = line.to_ascii_lowercase().replace(": ", "=");
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    words.any(|word| matches!(word.as_str(), "shared=true" | "shared=yes" | "shared=1"))
}
