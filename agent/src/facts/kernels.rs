//! The kernel that the next boot takes.

use super::{Observed, place};
use fsxlustre_mount::host::{Host, read_text};
use std::cmp::Ordering;
use std::path::PathBuf;

/// Where grub keeps what is booted next.
const GRUB_ENVIRONMENTS: [&str; 3] =
    ["boot/grub2/grubenv", "boot/grub/grubenv", "boot/efi/EFI/redhat/grubenv"];

/// The releases of all kernels that can be booted, oldest first.
///
/// *Source*: `/boot/vmlinuz-RELEASE`, and `/lib/modules/RELEASE/vmlinuz`.
pub(super) fn installed(host: &Host) -> Observed<Vec<String>> {
    let root = &host.paths.rootfs;
    let from = root.join("boot/vmlinuz-*").display().to_string();
    let boot = place::names(&root.join("boot")).unwrap_or_default();
    let mut releases: Vec<String> = boot
        .iter()
        .filter_map(|name| name.strip_prefix("vmlinuz-"))
        .filter(|release| !release.contains("rescue") && is_release(release))
        .map(str::to_owned)
        .collect();
    for folder in ["lib/modules", "usr/lib/modules"].map(|folder| root.join(folder)) {
        let has_image = |release: &String| folder.join(release).join("vmlinuz").is_file();
        let names = place::names(&folder).unwrap_or_default();
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

/// The release that the next boot takes: what grub keeps as its choice, else the newest that is
/// installed.
///
/// *Source*: `saved_entry` of grub's environment with the entry of that name
/// (<https://uapi-group.org/specifications/specs/boot_loader_specification>).
pub(super) fn next(host: &Host, installed: &Observed<Vec<String>>) -> Observed<String> {
    for path in GRUB_ENVIRONMENTS.map(|path| host.paths.rootfs.join(path)) {
        let Ok(text) = read_text(&path) else { continue };
        let saved = text.lines().find_map(|line| line.strip_prefix("saved_entry="));
        let named = saved.and_then(|entry| release_of_entry(host, entry.trim(), installed));
        if let Some(release) = named {
            return Observed::known(release, path.display().to_string());
        }
    }
    match installed.value().and_then(|releases| releases.last()) {
        Some(newest) => Observed::known(newest.clone(), installed.from()),
        None => installed.map(|_| String::new()),
    }
}

fn release_of_entry(host: &Host, entry: &str, installed: &Observed<Vec<String>>) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte);
    let file_name = !entry.is_empty() && entry.bytes().all(is_plain) && !entry.starts_with('.');
    let file = file_name.then(|| {
        let path: PathBuf = host.paths.rootfs.join("boot/loader/entries");
        read_text(&path.join(format!("{entry}.conf"))).ok()
    });
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
