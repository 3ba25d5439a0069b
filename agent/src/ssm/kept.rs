//! What did not fit, in a file of root's, and the text that names it.

use super::{Answer, Room};
use fsxlustre_mount::host::{Host, remove_state, state_names, unix_seconds, write_private_state};
use std::path::Path;

/// So many answers are kept, the newest.
const MOST_KEPT: usize = 20;

/// The text of an answer; what does not fit is kept in a file that is named in it.
pub fn print(host: &Host, answer: &Answer, room: Room) -> String {
    print_within(&host.paths.data.join("ssm/answers"), answer, room)
}

/// The same, with the file in this folder.
pub fn print_within(folder: &Path, answer: &Answer, room: Room) -> String {
    let name = format!("{}-{}-{}.json", unix_seconds(), answer.about, std::process::id());
    let path = folder.join(name);
    let fitted = answer.fitted(room, path.to_str());
    if !fitted.is_cut {
        return fitted.text;
    }
    // Who is not root, or has no room, is told all that fits.
    if keep(folder, &path, answer).is_none() { answer.fitted(room, None).text } else { fitted.text }
}

fn keep(folder: &Path, path: &Path, answer: &Answer) -> Option<()> {
    nix::unistd::geteuid().is_root().then_some(())?;
    write_private_state(path, answer).ok()?;
    let names = state_names(folder).ok()?;
    // They begin with their time, so the oldest stand first.
    for name in names.iter().rev().skip(MOST_KEPT) {
        remove_state(&folder.join(name)).ok()?;
    }
    Some(())
}
