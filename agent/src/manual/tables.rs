//! Options, exit statuses and codes as roff.

use super::roff::{tagged, text};
use crate::cli::explain::cause;
use fsxlustre_mount::failure::{CODES, CodeRow};
use fsxlustre_mount::mount::{ERRNO_MEANINGS, ErrnoMeaning};
use fsxlustre_mount::options::{OPTIONS, OptionRow, Owner};

/// What each exit status of the mount helpers means, as mount(8) has them.
pub(super) const EXITS: &[(u8, &str)] = &[
    (0, "it is done, or was done already"),
    (1, "the call is not right: command line, source or options; or the caller is not root"),
    (2, "the system is not right: configuration, state folder, list of mounts"),
    (4, "a fault of fsxlustre itself"),
    (8, "SIGTERM, SIGINT or SIGHUP came first"),
    (32, "the mount or unmount failed; the message says why and what to do"),
];

fn term(row: &OptionRow) -> (String, &'static str) {
    let equals = if row.value.is_some() { "=" } else { "" };
    (format!("{}{equals}", row.name), row.value.unwrap_or_default())
}

/// Ours, each with its meaning and default.
pub(super) fn our_options() -> String {
    let ours = OPTIONS.iter().filter(|row| row.owner == Owner::Ours);
    ours.map(|row| {
        let (name, value) = term(row);
        let setting = row.setting.map(|key| format!("; setting: {key}")).unwrap_or_default();
        let meaning = format!("{} (default: {}{setting})", sentence(row.meaning), row.default);
        tagged(&name, value, &meaning)
    })
    .collect()
}

/// The names of all others, by whose they are.
pub(super) fn other_options() -> String {
    let owners = [
        (Owner::Lustre, "Passed to the Lustre client, see mount.lustre(8):"),
        (Owner::Vfs, "Passed on for any file system, see mount(8):"),
        (
            Owner::FstabOnly,
            "Of fstab(5) and systemd.mount(5), understood and never passed on, since \
                            the client refuses them (so are all that begin with x- or X-):",
        ),
    ];
    let list = |owner| {
        let names = OPTIONS.iter().filter(|row| row.owner == owner).map(|row| {
            let (name, value) = term(row);
            format!("`{name}`{value}")
        });
        names.collect::<Vec<_>>().join(", ")
    };
    let paragraphs =
        owners.map(|(owner, lead)| format!("{}\n{}.\n", text(lead), text(&list(owner))));
    paragraphs.join(".PP\n")
}

/// Every exit status.
pub(super) fn exit_status() -> String {
    EXITS.iter().map(|(status, meaning)| tagged(&status.to_string(), "", meaning)).collect()
}

/// The codes whose id is wanted.
pub(super) fn codes(is_wanted: fn(&str) -> bool) -> String {
    CODES.iter().filter(|row| is_wanted(row.id)).map(code).collect()
}

fn code(row: &CodeRow) -> String {
    let (class, exit, remedy) = (row.class.word(), row.mount_exit, sentence(row.remedy));
    let meaning = format!("{} ({class}, exit {exit}) Do: {remedy}.", row.title);
    tagged(row.id, "", &meaning)
}

/// What each exit code of mount.lustre is taken for.
pub(super) fn errnos() -> String {
    let row = |meaning: &ErrnoMeaning| {
        let text = format!("{}: {}. {}", meaning.code, meaning.what, sentence(meaning.remedy));
        tagged(&cause(meaning), "", &text)
    };
    ERRNO_MEANINGS.iter().map(row).collect()
}

/// With a capital at its beginning.
fn sentence(meaning: &str) -> String {
    let mut letters = meaning.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_status_of_a_code_is_described() {
        for row in CODES {
            assert!(EXITS.iter().any(|(status, _)| *status == row.mount_exit), "{}", row.id);
        }
    }

    #[test]
    fn every_option_and_code_is_in_its_table() {
        let (ours, others, all) = (our_options(), other_options(), codes(|_| true));
        for row in OPTIONS {
            let name = row.name.replace('-', "\\-");
            assert!(ours.contains(&name) || others.contains(&name), "{}", row.name);
        }
        assert_eq!(all.matches(".TP\n").count(), CODES.len());
    }
}
