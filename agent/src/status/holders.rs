//! Who uses each Lustre mount of this node, by user: what an administrator of a login node asks.
//!
//! Found in procfs and sysfs, without touching a mount. Processes of others are seen by root only.

use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{Deadline, Host};
use fsxlustre_mount::unmount::{Holder, Holders, Target, find_holders};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// The layout of the JSON.
const FORMAT: u32 = 1;
/// How long the search may take for one mount.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many processes of a user are named.
const MOST_NAMED: usize = 8;

/// Everybody who uses a Lustre mount of this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AllHolders {
    /// The layout of this object.
    pub format: u32,
    /// Each mount, in the order of the list of mounts.
    pub directories: Vec<DirectoryHolders>,
}

/// Who uses one mount, or its client elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectoryHolders {
    /// Where it is mounted.
    pub directory: PathBuf,
    /// Its source.
    pub source: String,
    /// Its users; those with most processes first, the kernel itself last.
    pub users: Vec<UserHolders>,
    /// What could not be looked at, and why.
    pub unread: Vec<String>,
}

/// What one user holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserHolders {
    /// The user's number; null for the kernel itself.
    pub uid: Option<u32>,
    /// The user's name, where `/etc/passwd` has it.
    pub user: Option<String>,
    /// The processes.
    pub processes: BTreeSet<u32>,
    /// In which ways.
    pub holders: Vec<Holder>,
}

/// Looks for everybody.
///
/// # Errors
/// The list of mounts cannot be read.
pub fn all_holders(host: &Host) -> Result<AllHolders, Failure> {
    let table = host.mounts().map_err(|error| error.failure())?;
    let lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
    let directories = lustre.map(|mount| {
        let target = Target::new(mount, &table);
        let found = find_holders(host, &target, Deadline::after(PATIENCE));
        DirectoryHolders::of(mount.directory.clone(), mount.source.clone(), found)
    });
    Ok(AllHolders { format: FORMAT, directories: directories.collect() })
}

impl DirectoryHolders {
    fn of(directory: PathBuf, source: String, found: Holders) -> Self {
        let mut users: BTreeMap<Option<u32>, UserHolders> = BTreeMap::new();
        for holder in found.found {
            let of_user = users.entry(holder.uid).or_insert_with(|| UserHolders {
                uid: holder.uid,
                user: holder.user.clone(),
                processes: BTreeSet::new(),
                holders: Vec::new(),
            });
            of_user.processes.extend(holder.pid);
            of_user.holders.push(holder);
        }
        let mut users: Vec<_> = users.into_values().collect();
        users.sort_by_key(|one| (one.uid.is_none(), std::cmp::Reverse(one.processes.len())));
        Self { directory, source, users, unread: found.unread }
    }
}

impl UserHolders {
    fn name(&self) -> String {
        match (&self.user, self.uid) {
            (Some(user), _) => user.clone(),
            (None, Some(uid)) => format!("uid {uid}"),
            (None, None) => "(kernel)".into(),
        }
    }

    /// How many processes, and the first of them by number and command.
    fn words(&self) -> String {
        let mut named: BTreeMap<u32, &str> = BTreeMap::new();
        for holder in &self.holders {
            if let Some(pid) = holder.pid {
                named.insert(pid, holder.command.as_deref().unwrap_or("?"));
            }
        }
        let shown: Vec<_> = named
            .iter()
            .take(MOST_NAMED)
            .map(|(pid, command)| format!("{pid} {command}"))
            .collect();
        let more = named.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let count = self.processes.len();
        let word = if count == 1 { "process" } else { "processes" };
        format!("{count} {word}: {}{more}", shown.join(", "))
    }
}

impl AllHolders {
    /// The text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        for one in &self.directories {
            let _ = writeln!(text, "{}  {}", one.directory.display(), one_line(&one.source));
            if one.users.is_empty() {
                text.push_str("  nobody was found\n");
            }
            for user in &one.users {
                let words = if user.processes.is_empty() {
                    user.holders.iter().map(Holder::phrase).collect::<Vec<_>>().join(", ")
                } else {
                    user.words()
                };
                let _ = writeln!(text, "  {:<13}{}", user.name(), one_line(&words));
            }
            for unread in &one.unread {
                let _ = writeln!(text, "  could not be read: {}", one_line(unread));
            }
        }
        if self.directories.is_empty() {
            text.push_str("no Lustre file system is mounted here\n");
        }
        text
    }
}
