//! The kernel that the next boot takes.

use super::{Observed, Tree};
use fsxlustre_mount::failure::one_line;
use fsxlustre_mount::host::Host;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// Where grub keeps what is booted next.
const GRUB_ENVIRONMENTS: [&str; 3] =
    ["boot/grub2/grubenv", "boot/grub/grubenv", "boot/efi/EFI/redhat/grubenv"];

/// The releases of all kernels that can be booted, oldest first.
///
/// *Source*: `/boot/vmlinuz-RELEASE`, and `/lib/modules/RELEASE/vmlinuz`.
pub(super) fn installed(host: &Host) -> Observed<Vec<String>> {
    let tree = Tree::of(host);
    let from = tree.shown("boot/vmlinuz-*");
    let boot = tree.names("boot").unwrap_or_default();
    let mut releases: Vec<String> = boot
        .iter()
        .filter_map(|name| name.strip_prefix("vmlinuz-"))
        .filter(|release| !release.contains("rescue") && is_release(release))
        .map(str::to_owned)
        .collect();
    for folder in ["lib/modules", "usr/lib/modules"].map(Path::new) {
        let has_image = |release: &String| tree.is_file(folder.join(release).join("vmlinuz"));
        let names = tree.names(folder).unwrap_or_default();
        releases.extend(names.into_iter().filter(|name| is_release(name) && has_image(name)));
    }
    releases.sort_by(|one, other| compare(one, other));
    releases.dedup();
    if releases.is_empty() {
        Observed::unknown("no kernel is installed here", from)
    } else {
        Observed::known(releases, from)
    }
}

/// What grub is told to boot.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    /// The first entry of the menu, which is the newest kernel.
    First,
    /// An entry, by its name, title or place.
    Entry(String),
}

/// The release that the next boot takes: what grub is told to boot once, else what `GRUB_DEFAULT` names,
/// else what grub keeps as its choice, else the newest that is installed. A choice of which nothing here
/// tells the kernel leaves it unknown.
///
/// *Source*: `next_entry` and `saved_entry` of grub's environment, `GRUB_DEFAULT` of
/// `/etc/default/grub`, the entry of that name
/// (<https://uapi-group.org/specifications/specs/boot_loader_specification>).
pub(super) fn next(host: &Host, installed: &Observed<Vec<String>>) -> Observed<String> {
    let (choice, from) = choice(host);
    let Choice::Entry(entry) = choice else {
        return match installed.value().and_then(|releases| releases.last()) {
            Some(newest) => Observed::known(newest.clone(), installed.from()),
            None => installed.map(|_| String::new()),
        };
    };
    if let Some(release) = release_of_entry(host, &entry, installed) {
        return Observed::known(release, from);
    }
    let entry = one_line(&entry);
    let because = format!("grub is told to boot '{entry}', and nothing tells its kernel");
    Observed::unknown(because, from)
}

fn choice(host: &Host) -> (Choice, String) {
    let of = |word: &str| {
        let is_first = word.is_empty() || word == "0";
        if is_first { Choice::First } else { Choice::Entry(word.to_owned()) }
    };
    if let Some((once, from)) = kept(host, "next_entry=").filter(|(entry, _)| !entry.is_empty()) {
        return (of(&once), from);
    }
    match grub_default(host) {
        Some((from, entry)) if entry != "saved" && !entry.is_empty() => (of(&entry), from),
        _ => kept(host, "saved_entry=")
            .map_or((Choice::First, String::new()), |(entry, from)| (of(&entry), from)),
    }
}

/// A value of grub's environment, and the file that has it.
fn kept(host: &Host, name: &str) -> Option<(String, String)> {
    let tree = Tree::of(host);
    GRUB_ENVIRONMENTS.iter().find_map(|path| {
        let text = tree.read(path).ok()?;
        let value = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some((value.trim().to_owned(), tree.shown(path)))
    })
}

/// The last `GRUB_DEFAULT=` of grub's settings, and the file that has it.
fn grub_default(host: &Host) -> Option<(String, String)> {
    let tree = Tree::of(host);
    let folder = Path::new("etc/default");
    let more = tree.names(folder.join("grub.d")).unwrap_or_default();
    let more = more
        .iter()
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "cfg"));
    let files = std::iter::once(folder.join("grub"));
    let files = files.chain(more.map(|name| folder.join("grub.d").join(name)));
    let given = |path: PathBuf| {
        let text = tree.read(&path).ok()?;
        let line = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("GRUB_DEFAULT="))
            .next_back()?;
        let entry = line.trim().trim_matches(['"', '\'']).to_owned();
        Some((tree.shown(path), entry))
    };
    files.filter_map(given).next_back()
}

fn release_of_entry(host: &Host, entry: &str, installed: &Observed<Vec<String>>) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte);
    let file_name = !entry.is_empty() && entry.bytes().all(is_plain) && !entry.starts_with('.');
    let file =
        file_name.then(|| Tree::of(host).read(format!("boot/loader/entries/{entry}.conf")).ok());
    let of_file = file.flatten().and_then(|text| {
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.trim().strip_prefix(name));
            lines.find(|rest| rest.starts_with([' ', '\t'])).map(|rest| rest.trim().to_owned())
        };
        let image = field("linux")?;
        let release = image.rsplit_once("vmlinuz-").map(|(_, release)| release.to_owned());
        release.or_else(|| field("version"))
    });
    // Without such entries the choice is a title with the release in it.
    let of_title = || {
        let releases = installed.value()?.iter();
        releases.filter(|release| entry.contains(release.as_str())).max_by_key(|r| r.len()).cloned()
    };
    of_file.filter(|release| is_release(release)).or_else(of_title)
}

/// Whether a text is a kernel's release, as `uname -r` prints it.
pub fn is_release(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte);
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.len() <= 128
        && text.bytes().all(is_plain)
}

/// By runs of digits as numbers and what is between them as text, as rpm and dpkg sort.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (pieces(one), pieces(other));
    one.cmp(&other)
}

fn pieces(text: &str) -> Vec<(u128, String)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let words = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (word, after) = after.split_at(words);
        pieces.push((number.parse().unwrap_or_default(), word.to_owned()));
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::{PathOverrides, Paths};

    #[test]
    fn what_grub_is_told_to_boot_is_booted() {
        let (old, new) = ("6.8.0-1024-aws", "6.8.0-1030-aws");
        let title =
            format!("GRUB_DEFAULT=\"Advanced options for Ubuntu>Ubuntu, with Linux {old}\"\n");
        let saved = |entry: &str| format!("saved_entry={entry}\n");
        let once = |entry: &str| format!("next_entry={entry}\n");
        let of_old = format!("x>Linux {old}");
        for (settings, more, environment, expected) in [
            ("", "", String::new(), Some(new)),
            ("GRUB_DEFAULT=0\n", "", String::new(), Some(new)),
            ("GRUB_DEFAULT=saved\n", "", saved(&of_old), Some(old)),
            ("GRUB_DEFAULT=saved\n", "", saved(""), Some(new)),
            ("GRUB_DEFAULT=saved\n", "", saved("1"), None),
            // Grub looks at its own choice only where it is told to.
            ("GRUB_DEFAULT=0\n", "", saved(&of_old), Some(new)),
            (&title, "", String::new(), Some(old)),
            (&title, "GRUB_DEFAULT=0\n", String::new(), Some(new)),
            ("#GRUB_DEFAULT=0\nGRUB_TIMEOUT=0\n", &title, String::new(), Some(old)),
            ("GRUB_DEFAULT=\"\"\n", "", String::new(), Some(new)),
            ("GRUB_DEFAULT=\"1>2\"\n", "", String::new(), None),
            ("GRUB_DEFAULT=\"Windows Boot Manager\"\n", "", String::new(), None),
            // What it boots once is before everything else.
            ("GRUB_DEFAULT=0\n", "", once(&of_old), Some(old)),
            ("GRUB_DEFAULT=0\n", "", once("another") + &saved(""), None),
            ("GRUB_DEFAULT=0\n", "", once(""), Some(new)),
        ] {
            let folder = tempfile::tempdir().expect("folder");
            let file = |path: &str, text: &str| {
                let path = folder.path().join(path);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
                std::fs::write(path, text).expect("file");
            };
            file("etc/default/grub", settings);
            file("etc/default/grub.d/50-x.cfg", more);
            file("boot/grub/grubenv", &environment);
            let rootfs = Some(folder.path().to_owned());
            let overrides = PathOverrides { rootfs, ..PathOverrides::default() };
            let host = Host { paths: Paths::default().with(&overrides), ..Host::default() };
            let installed = Observed::known(vec![old.to_owned(), new.to_owned()], "/boot");
            let found = next(&host, &installed);
            let found = found.value().map(String::as_str);
            assert_eq!(found, expected, "{settings}{more}{environment}");
        }
    }

    #[test]
    fn releases_are_sorted_by_their_numbers() {
        let mut releases = ["6.8.0-1024-aws", "6.8.0-1008-aws", "6.14.0-1001-aws", "5.15.0-9-aws"];
        releases.sort_by(|one, other| compare(one, other));
        assert_eq!(
            releases,
            ["5.15.0-9-aws", "6.8.0-1008-aws", "6.8.0-1024-aws", "6.14.0-1001-aws"]
        );
        assert_eq!(compare("", ""), Ordering::Equal);
        assert!(!is_release("../x") && !is_release("x") && is_release("6.1.0-56-amd64"));
    }
}
