//! Which clients are meant. Settings belong to a client instance, one for each mount that made a client:
//! two clients of one file system, and two file systems whose names begin alike, are never mixed.

use super::error::TuneError;
use fsxlustre_mount::host::{Host, Mount};
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::source::Device;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A client instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Client {
    /// Lustre's name of the file system.
    pub fs_name: String,
    /// The hexadecimal part of the names of its devices.
    pub address: String,
}

impl Client {
    /// Of `p7lsxbev-ff357431481cc000`. Read from the right: a file system's name may have a `-`.
    pub fn parse(name: &str) -> Option<Self> {
        let (fs_name, address) = name.rsplit_once('-')?;
        let is_address = (1..=16).contains(&address.len())
            && address.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_address && !fs_name.is_empty())
            .then(|| Self { fs_name: fs_name.to_owned(), address: address.to_owned() })
    }

    /// `p7lsxbev-ff357431481cc000`.
    pub fn name(&self) -> String {
        format!("{}-{}", self.fs_name, self.address)
    }

    /// Whether a device of that folder is one of its own: `FS-OST0000-osc-ADDRESS` in `osc`, both of
    /// osc and mdc in `ldlm/namespaces`, `FS-ADDRESS` in `llite`.
    pub fn has(&self, folder: &str, device: &str) -> bool {
        let Some(name) = device.strip_suffix(&self.address).and_then(|rest| rest.strip_suffix('-'))
        else {
            return false;
        };
        let is_target = |kind: &str| {
            let target = name.strip_suffix(kind).and_then(|rest| rest.strip_suffix('-'));
            let named = target.and_then(|target| target.rsplit_once('-'));
            named.is_some_and(|(fs_name, _)| fs_name == self.fs_name)
        };
        match folder {
            "llite" => name == self.fs_name,
            "osc" | "mdc" => is_target(folder),
            _ => is_target("osc") || is_target("mdc"),
        }
    }
}

/// A client that is meant, with the directories on which it is mounted here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meant {
    /// The client.
    #[serde(flatten)]
    pub client: Client,
    /// Where it is mounted in this namespace.
    pub directories: Vec<PathBuf>,
}

/// Every client of this node.
///
/// *Source*: names in `/sys/fs/lustre/llite` (`/proc/fs/lustre/llite` up to Lustre 2.11); a listing, no
/// device is asked.
pub(super) fn all(host: &Host) -> Vec<Client> {
    let roots = [&host.paths.sysfs, &host.paths.procfs];
    let names = |root: &PathBuf| {
        let entries = std::fs::read_dir(root.join("fs/lustre/llite")).ok()?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Some(names.filter_map(|name| Client::parse(&name)).collect::<Vec<_>>())
    };
    let mut all = roots.into_iter().find_map(names).unwrap_or_default();
    all.sort();
    all
}

/// The client of a mount: the only one of its file system's name, else the one that our record of the
/// mount names. mountinfo cannot tell two clients of one name apart.
pub(super) fn of_mount(host: &Host, clients: &[Client], mount: &Mount) -> Option<Client> {
    let fs_name = Device::shown_by(mount)?.fsname;
    let mut of_it = clients.iter().filter(|client| client.fs_name == fs_name);
    if let (Some(only), None) = (of_it.next(), of_it.next()) {
        return Some(only.clone());
    }
    let recorded = MountRecord::read_of(host, mount)?.client?;
    clients.iter().find(|client| client.name() == recorded).cloned()
}

/// The client of a mount, as far as it is known.
pub fn client_of(host: &Host, mount: &Mount) -> Option<Client> {
    of_mount(host, &all(host), mount)
}

/// The clients that words name: a directory, a file system by its id or by Lustre's name, or all.
///
/// # Errors
/// [`TuneError::Client`].
pub fn meant(host: &Host, words: &[String]) -> Result<Vec<Meant>, TuneError> {
    let clients = all(host);
    let mounts: Vec<Mount> = host
        .mounts()
        .map(|table| table.mounts.into_iter().filter(|mount| host.is_lustre(mount)).collect())
        .unwrap_or_default();
    let mut chosen: Vec<Client> = Vec::new();
    if words.is_empty() {
        chosen.clone_from(&clients);
    }
    for word in words {
        chosen.extend(of_word(host, &clients, &mounts, word)?);
    }
    chosen.sort();
    chosen.dedup();
    let with_directories = |client: Client| {
        let is_of_it = |mount: &&Mount| of_mount(host, &clients, mount).as_ref() == Some(&client);
        let directories =
            mounts.iter().filter(is_of_it).map(|mount| mount.directory.clone()).collect();
        Meant { client, directories }
    };
    Ok(chosen.into_iter().map(with_directories).collect())
}

fn of_word(
    host: &Host,
    clients: &[Client],
    mounts: &[Mount],
    word: &str,
) -> Result<Vec<Client>, TuneError> {
    let failed = |because: String, remedy: &str| TuneError::Client {
        asked: word.to_owned(),
        because,
        remedy: remedy.to_owned(),
    };
    if word.starts_with('/') {
        let directory = Path::new(word);
        let mount = mounts.iter().rev().find(|mount| mount.directory == directory);
        let mount = mount.ok_or_else(|| {
            let because = "no Lustre file system is mounted on that directory".to_owned();
            failed(because, "name the directory of a mount; `fsxlustre status` shows them")
        })?;
        let client = of_mount(host, clients, mount).ok_or_else(|| {
            let because = "which of this node's clients it is of is not known: mountinfo does not tell, \
                           and fsxlustre has not mounted it";
            failed(because.to_owned(), "name the file system instead: all its clients are then meant")
        })?;
        return Ok(vec![client]);
    }
    let recorded = |mount: &&Mount| {
        MountRecord::read_of(host, mount)
            .is_some_and(|record| record.file_system_id.as_deref() == Some(word))
    };
    let by_id = mounts.iter().filter(recorded);
    let mut found: Vec<Client> = by_id.filter_map(|mount| of_mount(host, clients, mount)).collect();
    if found.is_empty() {
        found.extend(clients.iter().filter(|client| client.fs_name == word).cloned());
    }
    if found.is_empty() {
        let because = "no client of it is on this node".to_owned();
        let remedy = "mount it, or name a directory, an id that fsxlustre mounted, or Lustre's name; \
                      `fsxlustre status` shows them";
        return Err(failed(because, remedy));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_of_another_client_or_of_a_longer_name_are_not_ours() {
        let client = Client::parse("fsx-ff01").expect("a client");
        for (folder, device) in [
            ("osc", "fsx-OST0000-osc-ff01"),
            ("mdc", "fsx-MDT0000-mdc-ff01"),
            ("ldlm.namespaces", "fsx-OST0000-osc-ff01"),
            ("ldlm.namespaces", "fsx-MDT0000-mdc-ff01"),
            ("llite", "fsx-ff01"),
        ] {
            assert!(client.has(folder, device), "{folder} {device}");
        }
        for (folder, device) in [
            ("osc", "fsx-OST0000-osc-ff02"),
            ("osc", "fsx2-OST0000-osc-ff01"),
            ("osc", "fsx-a-OST0000-osc-ff01"),
            ("osc", "x-fsx-OST0000-osc-ff01"),
            ("osc", "fsx-OST0000-osc-0ff01"),
            ("osc", "fsx-MDT0000-mdc-ff01"),
            ("ldlm.namespaces", "MGC10.0.0.5@tcp"),
            ("llite", "fsx-a-ff01"),
            ("llite", "ff01"),
        ] {
            assert!(!client.has(folder, device), "{folder} {device}");
        }
        assert_eq!(Client::parse("a-b-ff01").expect("a client").fs_name, "a-b");
        for name in ["fsx", "fsx-", "fsx-xyz", "-ff01"] {
            assert_eq!(Client::parse(name), None, "{name}");
        }
    }
}
