//! What this client says of a file system: its OSTs and pools, and who is how old.
//!
//! *Source*: `lov/*/target_obd` (`0: NAME-OST0000_UUID ACTIVE`), `lov/*/pools/POOL` (`NAME-OST0000_UUID`),
//! `lmv/*/target_obd`, `version`, and `target_version` in `mdc/*/import`; procfs up to 2.15, debugfs after it.

use super::orders::{ShapeOrder, ShapeSaid};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads it. Several clients of one name may be of different file systems; what they do not agree on is
/// not known.
pub(super) fn read_shape(of: &ShapeOrder) -> ShapeSaid {
    let tops = [of.procfs.join("fs/lustre"), of.debugfs.join("lustre")];
    let by_data = devices(&tops, "lov", &format!("{}-clilov-", of.fs_name));
    let by_metadata = devices(&tops, "lmv", &format!("{}-clilmv-", of.fs_name));
    let mdcs = devices(&tops, "mdc", &format!("{}-MDT", of.fs_name));
    let targets = |device: &PathBuf| Some(indices(&text(&device.join("target_obd"))?));
    let version = [of.sysfs.join("fs/lustre/version"), of.procfs.join("fs/lustre/version")];
    let version = version.iter().find_map(|file| text(file));
    ShapeSaid {
        osts: agreed(by_data.iter().filter_map(targets)),
        pools: agreed(by_data.iter().map(|lov| pools(lov))),
        mdts: agreed(by_metadata.iter().filter_map(targets))
            .and_then(|all| u32::try_from(all.len()).ok()),
        client: version.as_deref().and_then(|text| text.lines().find_map(version_word)),
        servers: agreed(mdcs.iter().filter_map(|mdc| {
            let import = text(&mdc.join("import"))?;
            let line =
                import.lines().find_map(|line| line.trim().strip_prefix("target_version:"))?;
            Some(line.trim().to_owned())
        })),
    }
}

/// `2.15.8`, or `lustre: 2.10.1`.
fn version_word(line: &str) -> Option<String> {
    let word = line.strip_prefix("lustre:").unwrap_or(line).trim();
    word.starts_with(|first: char| first.is_ascii_digit()).then(|| word.to_owned())
}

/// What all say alike.
fn agreed<T: PartialEq>(mut said: impl Iterator<Item = T>) -> Option<T> {
    let first = said.next()?;
    said.all(|other| other == first).then_some(first)
}

fn devices(tops: &[PathBuf], class: &str, prefix: &str) -> Vec<PathBuf> {
    let folders = tops.iter().filter_map(|top| std::fs::read_dir(top.join(class)).ok());
    let entries = folders.flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    named.map(|entry| entry.path()).collect()
}

fn pools(lov: &Path) -> BTreeMap<String, Vec<u32>> {
    let Ok(entries) = std::fs::read_dir(lov.join("pools")) else { return BTreeMap::new() };
    let pool = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, indices(&text(&path)?)))
    };
    entries.flatten().filter_map(|entry| pool(entry.path())).collect()
}

/// The numbers of `NAME-OST0003_UUID` and `NAME-MDT0001_UUID`, which are hexadecimal.
fn indices(text: &str) -> Vec<u32> {
    let words = text.split_whitespace().filter_map(|word| word.strip_suffix("_UUID"));
    let number = |word: &str| {
        let digits = word.rsplit_once("-OST").or_else(|| word.rsplit_once("-MDT"))?.1;
        u32::from_str_radix(digits, 16).ok()
    };
    words.filter_map(number).collect()
}

fn text(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_numbered_in_hexadecimal() {
        let listed = "0: p7lsxbev-OST0000_UUID ACTIVE\n31: p7lsxbev-OST001f_UUID INACTIVE\n";
        assert_eq!(indices(listed), [0, 31]);
        assert_eq!(indices("p7lsxbev-OST0001_UUID\n"), [1]);
        assert!(indices("rubbish").is_empty());
    }

    #[test]
    fn versions_stand_in_two_ways() {
        assert_eq!(version_word("2.15.8").as_deref(), Some("2.15.8"));
        assert_eq!(version_word("lustre: 2.10.1").as_deref(), Some("2.10.1"));
        assert_eq!(version_word("kernel: patchless_client"), None);
    }
}
