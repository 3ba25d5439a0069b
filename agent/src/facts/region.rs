//! Which AWS Region this node belongs to, as far as its own files say.

use super::{Observed, Tree, named};
use crate::config::AgentConfig;
use fsxlustre_mount::host::Host;
use fsxlustre_mount::options::checked_region;
use fsxlustre_mount::partition::name_parts;
use serde::Deserialize;

/// What cloud-init keeps of the instance, below the root of the distribution's files.
const CLOUD_INIT: &str = "run/cloud-init/instance-data.json";

/// `[aws] region`; else the Region of a file system that is named, by an option or in its DNS name;
/// else cloud-init's.
pub(super) fn of(config: &AgentConfig) -> Observed<String> {
    if let Some(region) = &config.aws.region {
        return Observed::known(region.clone(), "[aws] region");
    }
    let systems = named(config);
    let of_system = systems.iter().find_map(|one| {
        let given = one.region.as_deref().and_then(checked_region);
        let region = given.or_else(|| Some(name_parts(&one.text)?.region))?;
        Some(Observed::known(region, &one.by))
    });
    of_system.unwrap_or_else(|| of_host(config.host()))
}

#[derive(Deserialize)]
struct InstanceData {
    v1: Standard,
}

#[derive(Deserialize)]
struct Standard {
    cloud_name: String,
    region: String,
}

/// *Source*: `v1.cloud_name` and `v1.region` of cloud-init's instance data
/// (<https://cloudinit.readthedocs.io/en/latest/explanation/instancedata.html>).
pub(super) fn of_host(host: &Host) -> Observed<String> {
    let text = Tree::of(host).text(CLOUD_INIT);
    let Observed::Known { value, from } = &text else { return text };
    let data = serde_json::from_str::<InstanceData>(value).ok();
    let region = data.filter(|data| data.v1.cloud_name == "aws");
    region.and_then(|data| checked_region(&data.v1.region)).map_or_else(
        || Observed::unknown("it names no Region of AWS", from),
        |region| Observed::known(region, from),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::{PathOverrides, Paths};

    fn cloud_init(text: &str) -> Option<String> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join(CLOUD_INIT);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        std::fs::write(path, text).expect("file");
        let rootfs = Some(folder.path().to_owned());
        let overrides = PathOverrides { rootfs, ..PathOverrides::default() };
        let host = Host { paths: Paths::default().with(&overrides), ..Host::default() };
        of_host(&host).value().cloned()
    }

    #[test]
    fn what_cloud_init_keeps_is_read() {
        let data = |cloud: &str, region: &str| {
            format!(r#"{{"ds": {{}}, "v1": {{"cloud_name": "{cloud}", "region": "{region}"}}}}"#)
        };
        assert_eq!(cloud_init(&data("aws", "cn-north-1")).as_deref(), Some("cn-north-1"));
        assert_eq!(cloud_init(&data("azure", "westeurope")), None);
        assert_eq!(cloud_init(&data("aws", "x; reboot")), None);
        assert_eq!(cloud_init("{"), None);
    }
}
