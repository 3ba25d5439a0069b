//! The line of fstab for a source and a directory.

use super::judge::{Surroundings, has, longest_mount, timeout_word};
use super::order::has_unit;
use super::{LUSTRE, OURS};
use crate::facts::Distribution;
use fsxlustre_mount::failure::{Code, Explain as _, Failure, one_line};
use fsxlustre_mount::fstab::{escape, options};
use fsxlustre_mount::host::Host;
use fsxlustre_mount::options::MountOptions;
use fsxlustre_mount::source::Source;
use std::path::Path;

/// What a line is wanted for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The source.
    pub source: &'a str,
    /// The mount point.
    pub directory: &'a Path,
    /// More options.
    pub options: &'a str,
    /// Whether it is to be mounted at its first use.
    pub is_automount: bool,
}

/// The unit that every systemd has, and that waits for whatever brings the network up.
const ANYWHERE: &str = "network-online.target";

/// The unit after which this distribution's network can be used.
///
/// *Source*: the FSx for Lustre User Guide, "Mounting your file system automatically", for Amazon
/// Linux and Ubuntu; `network.service` is a script of Red Hat's up to 7.
pub fn network_unit(distribution: Option<&Distribution>) -> &'static str {
    let Some(distribution) = distribution else { return ANYWHERE };
    let version = distribution.version.as_deref().unwrap_or_default();
    let major = version.split('.').next().and_then(|text| text.parse().ok()).unwrap_or(0_u32);
    match (distribution.id.as_str(), major) {
        ("amzn", 2023..) | ("ubuntu", 22..) => "systemd-networkd-wait-online.service",
        ("amzn", 2) | ("rhel" | "centos", 1..=7) => "network.service",
        _ => ANYWHERE,
    }
}

/// [`network_unit`], unless this node does not have it.
fn network_unit_here(host: &Host) -> &'static str {
    let distribution = Distribution::of(host);
    let unit = network_unit(distribution.value());
    if has_unit(host, unit) == Some(false) { ANYWHERE } else { unit }
}

/// The recommended line, without its newline.
///
/// # Errors
/// Source, directory or options are none that a line could have.
pub fn line(wanted: &Wanted<'_>, around: &Surroundings<'_>) -> Result<String, Failure> {
    let source = Source::parse(wanted.source).map_err(|error| error.failure())?;
    let parsed = MountOptions::parse(wanted.options).map_err(|error| error.failure())?;
    let directory = directory(wanted.directory)?;
    let mut words = vec!["_netdev".to_owned(), "nofail".into()];
    let given = options(wanted.options);
    if given.iter().any(|word| !word.starts_with("x-")) {
        add(&mut words, given.iter().filter(|word| *word != "defaults").cloned());
    } else {
        // What holds where nothing is said, said all the same: a line should show what it does.
        add(&mut words, parsed.passed.iter().cloned());
        add(&mut words, given);
    }
    if wanted.is_automount {
        add(&mut words, ["x-systemd.automount".to_owned()]);
    }
    if !has(&words, "x-systemd.requires") {
        add(&mut words, [format!("x-systemd.requires={}", network_unit_here(around.host))]);
    }
    if !has(&words, "x-systemd.mount-timeout") {
        let longest = longest_mount(&parsed, around.defaults.timeout);
        add(&mut words, timeout_word(longest, around.unit_timeout));
    }
    let list = escape(&words.join(","));
    Ok(format!(
        "{}  {}  {OURS}  {list}  0 0",
        escape(&source_text(&source, wanted)),
        escape(&directory)
    ))
}

/// The source as it was given, which a person knows it by; only `name:` and the like are not
/// rewritten into their longer form.
fn source_text(source: &Source, wanted: &Wanted<'_>) -> String {
    match source {
        Source::Device(device) => device.to_string(),
        Source::Id { .. } | Source::Tags(_) => wanted.source.to_owned(),
    }
}

fn add(words: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for word in more {
        if !words.contains(&word) {
            words.push(word);
        }
    }
}

fn directory(path: &Path) -> Result<String, Failure> {
    let failed = |because: &str| Failure {
        code: Code::Invocation,
        what: "this directory cannot stand in fstab".into(),
        asked: format!(
            "a line of type {OURS} (as of {LUSTRE}) for {}",
            one_line(&path.display().to_string())
        ),
        because: because.into(),
        remedy: "name the mount point by its whole path".into(),
    };
    let text = path.to_str().ok_or_else(|| failed("it is not UTF-8"))?;
    if !path.is_absolute() || text == "/" {
        return Err(failed("a mount point is an absolute path, and not the root of the node"));
    }
    if text.chars().any(char::is_control) || text.split('/').any(|part| part == "..") {
        return Err(failed("it has a control character or a '..'"));
    }
    let whole: std::path::PathBuf = path.components().collect();
    Ok(whole.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fstab::judge::judge;
    use fsxlustre_mount::config::MountDefaults;
    use fsxlustre_mount::fstab::entries;
    use fsxlustre_mount::host::Paths;

    fn distribution(id: &str, version: &str) -> Distribution {
        Distribution { id: id.into(), version: Some(version.into()), codename: None, name: None }
    }

    #[test]
    fn each_distribution_has_its_unit() {
        for (id, version, unit) in [
            ("amzn", "2023", "systemd-networkd-wait-online.service"),
            ("amzn", "2", "network.service"),
            ("ubuntu", "24.04", "systemd-networkd-wait-online.service"),
            ("ubuntu", "20.04", "network-online.target"),
            ("rhel", "7.9", "network.service"),
            ("rocky", "9.6", "network-online.target"),
            ("debian", "12", "network-online.target"),
        ] {
            assert_eq!(network_unit(Some(&distribution(id, version))), unit, "{id} {version}");
        }
        assert_eq!(network_unit(None), "network-online.target");
    }

    #[test]
    fn a_recommended_line_has_nothing_to_be_found_in_it() {
        let folder = tempfile::tempdir().expect("folder");
        let paths = Paths { rootfs: folder.path().into(), ..Paths::default() };
        let host = Host { paths, ..Host::default() };
        let defaults = MountDefaults::default();
        let around = Surroundings::of(&host, &defaults);
        for (options, is_automount, wanted) in [
            ("", false, "_netdev,nofail,noatime,flock,x-systemd.requires=network-online.target"),
            (
                "defaults,ro,region=us-east-1",
                true,
                "_netdev,nofail,ro,region=us-east-1,x-systemd.automount,x-systemd.requires=network-online.target",
            ),
            (
                "wait=600,x-systemd.requires=a.service",
                false,
                "_netdev,nofail,wait=600,x-systemd.requires=a.service,x-systemd.mount-timeout=690",
            ),
        ] {
            let directory = Path::new("/mnt/a b#c/");
            let wanted_line =
                Wanted { source: "tag:Project:genomics", directory, options, is_automount };
            let line = line(&wanted_line, &around).expect("a line");
            assert_eq!(
                line,
                format!("tag:Project:genomics  /mnt/a\\040b\\043c  fsxlustre  {wanted}  0 0")
            );
            let judged = judge(&entries(&line), &around);
            assert!(judged[0].findings.is_empty(), "{judged:?}");
        }
        let refused = |source, directory, options| {
            let directory = Path::new(directory);
            line(&Wanted { source, directory, options, is_automount: false }, &around)
                .expect_err("refused")
                .code
        };
        assert_eq!(refused("Project=x", "/a", ""), Code::SourceForm);
        assert_eq!(refused("fs-01234567", "a", ""), Code::Invocation);
        assert_eq!(refused("fs-01234567", "/a", "flok"), Code::OptionUnknown);
    }
}
