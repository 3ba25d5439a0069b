//! Owner and mode of an open directory, through its descriptor: never by a name.

use super::open::{Place, call, reach};
use super::orders::{Arrangement, Trouble};
use nix::unistd::{Group, User};
use rustix::fs::{AtFlags, Gid, Mode, Uid, chmod, chownat, statat};

/// The bits that a directory may be given: no set-user-id.
const BITS: u32 = 0o3777;

/// Gives it both; says what was changed.
pub(super) fn arrange(place: &Place, wanted: &Arrangement) -> Result<Vec<String>, Trouble> {
    let path = &place.path;
    let look = || {
        statat(&place.itself, "", AtFlags::EMPTY_PATH).map_err(|errno| call("look at", path, errno))
    };
    let stat = look()?;
    let user = wanted.user.as_deref().map(user_id).transpose()?;
    let group = wanted.group.as_deref().map(group_id).transpose()?;
    let mut changed = Vec::new();
    let new_user = user.filter(|user| *user != stat.st_uid);
    let new_group = group.filter(|group| *group != stat.st_gid);
    if new_user.is_some() || new_group.is_some() {
        let (uid, gid) = (new_user.map(Uid::from_raw), new_group.map(Gid::from_raw));
        chownat(&place.itself, "", uid, gid, AtFlags::EMPTY_PATH)
            .map_err(|errno| call("change the owner of", path, errno))?;
        let said = [wanted.user.as_deref(), wanted.group.as_deref()].map(Option::unwrap_or_default);
        changed.push(format!("owner {}", said.join(":")));
    }
    // After the owner: a change of owner may take bits away.
    let new_mode = wanted.mode.filter(|mode| look().is_ok_and(|now| now.st_mode & 0o7777 != *mode));
    if let Some(mode) = new_mode {
        // chmod(2) of a place that is only known: by the kernel's own link to it.
        chmod(reach(&place.itself), Mode::from_raw_mode(mode & BITS))
            .map_err(|errno| call("change the mode of", path, errno))?;
        changed.push(format!("mode {mode:04o}"));
    }
    Ok(changed)
}

fn user_id(name: &str) -> Result<u32, Trouble> {
    let found = |name| User::from_name(name).ok().flatten().map(|user| user.uid.as_raw());
    name.parse()
        .ok()
        .or_else(|| found(name))
        .ok_or_else(|| Trouble::Unknown(format!("user {name}")))
}

fn group_id(name: &str) -> Result<u32, Trouble> {
    let found = |name| Group::from_name(name).ok().flatten().map(|group| group.gid.as_raw());
    let unknown = || Trouble::Unknown(format!("group {name}"));
    name.parse().ok().or_else(|| found(name)).ok_or_else(unknown)
}
