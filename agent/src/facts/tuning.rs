//! What the client's settings are on each of its devices.
//!
//! They belong to the client, so that no server is asked; `lctl set_param` changes them until the file
//! system is unmounted.

use super::place;
use crate::tune::{How, Place, Setting, TuningData};
use fsxlustre_mount::host::{Host, read_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Settings that are compared beside those that are tuned: folder and name.
const MORE: [(&str, &str); 1] = [("osc", "checksums")];

/// The folders of settings, as lctl(8) names them, and the names that are read there.
fn folders() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut folders: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let tuned = TuningData::carried().into_iter().flat_map(|data| &data.settings);
    let tuned = tuned.filter(|setting| setting.how == How::SetParam);
    for (folder, name) in tuned.map(Setting::folder_and_name).chain(MORE) {
        folders.entry(folder).or_default().push(name);
    }
    folders
}

/// Parameters of modules that are tuned.
fn module_parameters() -> impl Iterator<Item = (&'static str, &'static str)> {
    let tuned = TuningData::carried().into_iter().flat_map(|data| &data.settings);
    tuned.filter(|setting| setting.how == How::Modprobe).map(Setting::folder_and_name)
}

/// A longer value is no setting that is compared.
const LONGEST: usize = 64;

/// The settings of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeviceSettings {
    fs_name: String,
    kind: String,
    device: String,
    values: Vec<(String, String)>,
}

/// A setting, with the values that it has on the devices of a file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClientSetting {
    /// Lustre's name of the file system.
    pub fs_name: String,
    /// `osc`, `mdc`, `ldlm.namespaces`, `llite`.
    pub kind: String,
    /// `max_rpcs_in_flight`.
    pub name: String,
    /// Each value, the most frequent first.
    pub values: Vec<SettingValue>,
}

/// A value of a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SettingValue {
    /// As the file has it.
    pub value: String,
    /// How many devices have it.
    pub devices: usize,
    /// One of them.
    pub example: String,
}

/// A parameter of a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleParameter {
    /// `ptlrpc`.
    pub module: String,
    /// `ptlrpcd_per_cpt_max`.
    pub name: String,
    /// What the loaded module has; `None` where it is not loaded, or does not show it.
    pub value: Option<String>,
}

/// The parameters for which AWS advises values.
///
/// *Source*: `module/*/parameters` of sysfs.
pub(super) fn parameters(host: &Host) -> Vec<ModuleParameter> {
    let read = |(module, name): (&str, &str)| {
        let text = read_text(&place::sys(host, &format!("module/{module}/parameters/{name}"))).ok();
        let value = text.map(|text| text.trim().to_owned()).filter(|text| is_value(text));
        ModuleParameter { module: module.to_owned(), name: name.to_owned(), value }
    };
    module_parameters().map(read).collect()
}

fn is_value(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_plain)
}

/// Reads the settings of every device, each told by itself.
///
/// *Source*: `fs/lustre/{osc,mdc,ldlm/namespaces,llite}/*` of sysfs, up to Lustre 2.11 of procfs.
pub(super) fn tell(sysfs: &Path, procfs: &Path, tell: &mut dyn FnMut(DeviceSettings)) {
    for (kind, names) in folders() {
        let of = |root: &Path| root.join("fs/lustre").join(kind.replace('.', "/"));
        let devices = place::names(&of(sysfs)).unwrap_or_default();
        let is_older = devices.is_empty();
        let root = of(if is_older { procfs } else { sysfs });
        let devices = if is_older { place::names(&root).unwrap_or_default() } else { devices };
        for device in devices {
            let Some(fs_name) = fs_name(&device) else { continue };
            let read = |name: &&'static str| {
                let text = read_text(&root.join(&device).join(name)).ok()?;
                let value = text.trim().to_owned();
                is_value(&value).then(|| ((*name).to_owned(), value))
            };
            let values: Vec<_> = names.iter().filter_map(read).collect();
            if !values.is_empty() {
                tell(DeviceSettings { fs_name, kind: kind.to_owned(), device, values });
            }
        }
    }
}

/// `p7lsxbev` of `p7lsxbev-OST0000-osc-ff357431481cc000` and of `p7lsxbev-ff357431481cc000`; the
/// management server's devices have none.
fn fs_name(device: &str) -> Option<String> {
    let name = device.split_once('-')?.0;
    (!name.is_empty() && !name.starts_with("MGC")).then(|| name.to_owned())
}

/// What a setting of a device is; `None` where it was not read, or is no number.
pub(super) fn value_of(devices: &[DeviceSettings], place: &Place) -> Option<u64> {
    let (kind, name) = place.key.rsplit_once('.')?;
    let device = devices.iter().find(|one| one.kind == kind && one.device == place.device)?;
    device.values.iter().find(|(known, _)| known == name)?.1.parse().ok()
}

/// File system, kind and name of a setting.
type Named<'s> = (&'s str, &'s str, &'s str);

/// Puts the devices of each setting together.
pub(super) fn joined(devices: &[DeviceSettings]) -> Vec<ClientSetting> {
    let mut all: BTreeMap<Named<'_>, Vec<SettingValue>> = BTreeMap::new();
    for device in devices {
        for (name, value) in &device.values {
            let values = all.entry((&device.fs_name, &device.kind, name)).or_default();
            match values.iter_mut().find(|known| known.value == *value) {
                Some(known) => known.devices += 1,
                None => values.push(SettingValue {
                    value: value.clone(),
                    devices: 1,
                    example: device.device.clone(),
                }),
            }
        }
    }
    let setting = |((fs_name, kind, name), mut values): (Named<'_>, Vec<SettingValue>)| {
        values.sort_by_key(|value| std::cmp::Reverse(value.devices));
        let [fs_name, kind, name] = [fs_name, kind, name].map(str::to_owned);
        ClientSetting { fs_name, kind, name, values }
    };
    all.into_iter().map(setting).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_a_real_client_are_put_together() {
        let tree =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metrics/lustre-2.15.8");
        let mut devices = Vec::new();
        tell(&tree.join("sys"), &tree.join("proc"), &mut |one| devices.push(one));
        let settings = joined(&devices);
        let find = |kind: &str, name: &str| {
            let found = settings.iter().find(|one| one.kind == kind && one.name == name);
            found.expect(name).clone()
        };
        let rpcs = find("osc", "max_rpcs_in_flight");
        assert_eq!((rpcs.fs_name.as_str(), rpcs.values.len()), ("p7lsxbev", 1));
        assert_eq!((rpcs.values[0].value.as_str(), rpcs.values[0].devices), ("8", 2));
        let locks = find("ldlm.namespaces", "lru_size");
        assert_eq!(locks.values.iter().map(|value| value.devices).sum::<usize>(), 4);
        assert_eq!(find("mdc", "max_mod_rpcs_in_flight").values.len(), 1);
        assert_eq!(fs_name("MGC10.0.0.1@tcp-x"), None);
    }
}
