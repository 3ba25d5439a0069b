//! Which Lustre client can use which file system.
//!
//! *Source*: Amazon FSx for Lustre user guide, client compatibility matrix; by its rows a 2.15
//! client cannot use a 2.10 file system, nor a 2.10 client a 2.15 one, and a 2.12 client can use
//! all three.

use crate::failure::{Code, Failure};
use crate::file_system::FileSystem;
use crate::host::{Host, read_text};

/// The major and minor number of a version, `2.15.8` → (2, 15).
pub fn series(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().split(['.', '-', '_']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Whether two versions are known not to work together.
pub fn are_misfits(client: &str, file_system: &str) -> bool {
    matches!(
        (series(client), series(file_system)),
        (Some((2, 15)), Some((2, 10))) | (Some((2, 10)), Some((2, 15)))
    )
}

/// The version of the Lustre client that is loaded.
///
/// *Source*: `/sys/fs/lustre/version`, Lustre 2.10 to 2.17. `None` while no module is loaded.
pub fn loaded_client(host: &Host) -> Option<String> {
    let text = read_text(&host.paths.sysfs.join("fs/lustre/version")).ok()?;
    let version = text.trim().trim_start_matches("lustre:").trim();
    series(version).map(|_| version.to_owned())
}

/// Refuses a file system that the client is known not to work with.
///
/// # Errors
/// [`Code::VersionMisfit`].
pub(crate) fn check_fit(client: &str, file_system: &FileSystem) -> Result<(), Failure> {
    match &file_system.lustre_version {
        Some(version) if are_misfits(client, version) => {
            Err(misfit(client, version, &file_system.id))
        }
        _ => Ok(()),
    }
}

/// The failure of a client and a file system that do not work together: a mount would end with
/// EIO after most of a minute.
fn misfit(client: &str, file_system: &str, id: &str) -> Failure {
    Failure {
        code: Code::VersionMisfit,
        what: format!("client {client} cannot use file system {file_system}"),
        asked: format!("mount {id} (Lustre {file_system})"),
        because: "Lustre 2.15 and 2.10 do not work together, whichever is the client".into(),
        remedy:
            "upgrade the file system (`aws fsx update-file-system --file-system-type-version`), \
                 or use a node with a 2.12 client; `fsxlustre check SOURCE` shows what fits"
                .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documented_pairs_are_misfits() {
        for (client, file_system, expected) in [
            ("2.15.8", "2.10", true),
            ("2.15.6-1fsx28", "2.10", true),
            ("2.10.8", "2.15", true),
            ("2.12.9", "2.10", false),
            ("2.12.9", "2.15", false),
            ("2.15.8", "2.12", false),
            ("2.15.8", "2.15", false),
            ("rubbish", "2.10", false),
        ] {
            assert_eq!(are_misfits(client, file_system), expected, "{client} {file_system}");
        }
    }
}
