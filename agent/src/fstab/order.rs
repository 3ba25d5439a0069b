//! systemd's own words among the options: their names, what units they may name, and time spans.
//!
//! *Source*: systemd.mount(5), systemd.time(7), systemd 219 to 257.

use fsxlustre_mount::host::{Host, read_text};
use std::time::Duration;

/// systemd's own default for the start of a unit.
const USUAL_TIMEOUT: Duration = Duration::from_secs(90);

/// Every `x-systemd.` word that systemd knows.
const WORDS: &[&str] = &[
    "after",
    "automount",
    "before",
    "device-bound",
    "device-timeout",
    "growfs",
    "idle-timeout",
    "makefs",
    "mount-timeout",
    "pcrfs",
    "pcrfs-root",
    "required-by",
    "requires",
    "requires-mounts-for",
    "rw-only",
    "validatefs",
    "verity",
    "wanted-by",
    "wants",
    "wants-mounts-for",
];

/// The endings of a unit's name that order a mount.
const UNIT_TYPES: &[&str] = &[
    ".service",
    ".target",
    ".mount",
    ".automount",
    ".socket",
    ".device",
    ".path",
    ".timer",
    ".slice",
    ".scope",
    ".swap",
];

/// Whether systemd knows the word, given without `x-systemd.` and value.
pub fn is_known(name: &str) -> bool {
    WORDS.contains(&name)
}

/// The known word that may be meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    WORDS
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min()
        .map(|(_, known)| known)
}

/// Whether this is the whole name of a unit, or a path, from which systemd makes one.
pub fn is_unit(name: &str) -> bool {
    name.starts_with('/') || UNIT_TYPES.iter().any(|ending| name.ends_with(ending))
}

/// Where units are, below the root of the distribution's files.
const UNIT_FOLDERS: &[&str] = &[
    "etc/systemd/system",
    "run/systemd/system",
    "run/systemd/generator",
    "run/systemd/generator.late",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];

/// Whether this node has the unit; `None` where there is no systemd to have one.
///
/// A service that comes from `/etc/init.d` counts too.
pub fn has_unit(host: &Host, name: &str) -> Option<bool> {
    let root = &host.paths.rootfs;
    let is_systemd_here = ["usr/lib/systemd/system", "lib/systemd/system"]
        .iter()
        .any(|folder| root.join(folder).is_dir());
    if !is_systemd_here {
        return None;
    }
    if name.starts_with('/') || name.ends_with(".device") || name.ends_with("mount") {
        return Some(true);
    }
    let template = name.split_once('@').and_then(|(stem, rest)| {
        rest.rsplit_once('.').map(|(_, ending)| format!("{stem}@.{ending}"))
    });
    let init_script = name.strip_suffix(".service").map(|stem| root.join("etc/init.d").join(stem));
    let is_there = |name: &str| {
        let paths = UNIT_FOLDERS.iter().map(|folder| root.join(folder).join(name));
        paths.into_iter().any(|path| path.symlink_metadata().is_ok())
    };
    Some(
        is_there(name)
            || template.is_some_and(|template| is_there(&template))
            || init_script.is_some_and(|script| script.is_file()),
    )
}

/// A time span: `90`, `1min 30s`, `infinity` (which `0` means too, for a mount's time-out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// As long as it takes.
    Endless,
    /// So long.
    Of(Duration),
}

/// Reads a time span; seconds where no unit is said.
pub fn span(text: &str) -> Option<Span> {
    let text = text.trim();
    if text == "infinity" {
        return Some(Span::Endless);
    }
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        seconds += digits.parse::<f64>().ok()? * unit_seconds(unit)?;
        rest = after.trim_start();
    }
    if text.is_empty() {
        return None;
    }
    let length = Duration::try_from_secs_f64(seconds).ok()?;
    Some(if length.is_zero() { Span::Endless } else { Span::Of(length) })
}

/// How long systemd gives a mount unit that says nothing.
///
/// *Source*: systemd-system.conf(5), `DefaultTimeoutStartSec=`; 90 s where no file sets it.
pub fn default_timeout(host: &Host) -> Span {
    let root = &host.paths.rootfs;
    let mut files = vec![root.join("etc/systemd/system.conf")];
    for folder in ["usr/lib/systemd/system.conf.d", "etc/systemd/system.conf.d"] {
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        let mut more: Vec<_> = entries.map(|entry| entry.path()).collect();
        more.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
        more.sort();
        files.extend(more);
    }
    let texts = files.iter().filter_map(|path| read_text(path).ok());
    let mut said = texts.filter_map(|text| {
        let values =
            text.lines().filter_map(|line| line.trim().strip_prefix("DefaultTimeoutStartSec="));
        values.filter_map(span).next_back()
    });
    said.next_back().unwrap_or(Span::Of(USUAL_TIMEOUT))
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "" | "s" | "sec" | "second" | "seconds" => Some(1.0),
        "us" | "usec" => Some(1e-6),
        "ms" | "msec" => Some(1e-3),
        "m" | "min" | "minute" | "minutes" => Some(60.0),
        "h" | "hr" | "hour" | "hours" => Some(3600.0),
        "d" | "day" | "days" => Some(86_400.0),
        "w" | "week" | "weeks" => Some(604_800.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::Paths;

    #[test]
    fn spans_are_read_as_systemd_reads_them() {
        let of = |seconds| Some(Span::Of(Duration::from_millis(seconds)));
        for (text, wanted) in [
            ("90", of(90_000)),
            ("1min 40s", of(100_000)),
            ("1min40s", of(100_000)),
            ("1.5 m", of(90_000)),
            ("500ms", of(500)),
            ("2h", of(7_200_000)),
            ("0", Some(Span::Endless)),
            ("infinity", Some(Span::Endless)),
            ("", None),
            ("blah", None),
            ("5 parsecs", None),
            ("1..5", None),
            ("-5", None),
        ] {
            assert_eq!(span(text), wanted, "{text}");
        }
    }

    #[test]
    fn words_and_units_are_told_from_others() {
        assert!(is_known("requires") && !is_known("requirs"));
        assert_eq!(nearest("requirs"), Some("requires"));
        assert_eq!(nearest("foo"), None);
        assert!(is_unit("network.service") && is_unit("/fsx") && !is_unit("network"));
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn the_default_is_the_last_one_that_a_file_sets() {
        let folder = tempfile::tempdir().expect("folder");
        let paths = Paths { rootfs: folder.path().into(), ..Paths::default() };
        let host = Host { paths, ..Host::default() };
        assert_eq!(default_timeout(&host), Span::Of(Duration::from_secs(90)));
        let etc = folder.path().join("etc/systemd/system.conf.d");
        std::fs::create_dir_all(&etc).expect("folder");
        let main = folder.path().join("etc/systemd/system.conf");
        std::fs::write(main, "[Manager]\n#DefaultTimeoutStartSec=5\nDefaultTimeoutStartSec=1min\n")
            .expect("file");
        assert_eq!(default_timeout(&host), Span::Of(Duration::from_mins(1)));
        std::fs::write(etc.join("a.conf"), "DefaultTimeoutStartSec=45s\n").expect("file");
        assert_eq!(default_timeout(&host), Span::Of(Duration::from_secs(45)));
    }

    #[test]
    fn a_unit_is_looked_for_where_systemd_looks() {
        let folder = tempfile::tempdir().expect("folder");
        let paths = Paths { rootfs: folder.path().into(), ..Paths::default() };
        let host = Host { paths, ..Host::default() };
        assert_eq!(has_unit(&host, "a.service"), None);
        let units = folder.path().join("usr/lib/systemd/system");
        std::fs::create_dir_all(&units).expect("folder");
        std::fs::create_dir_all(folder.path().join("etc/init.d")).expect("folder");
        for file in [
            "usr/lib/systemd/system/a.service",
            "usr/lib/systemd/system/t@.service",
            "etc/init.d/network",
        ] {
            std::fs::write(folder.path().join(file), "").expect("file");
        }
        for (name, there) in [
            ("a.service", true),
            ("t@x.service", true),
            ("network.service", true),
            ("b.service", false),
            ("u@x.service", false),
            ("/fsx", true),
        ] {
            assert_eq!(has_unit(&host, name), Some(there), "{name}");
        }
    }
}
