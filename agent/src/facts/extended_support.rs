//! Whether the package manager brings kernels of Red Hat's Extended Update Support (EUS).

use super::{Observed, Tree};
use fsxlustre_mount::failure::one_line;
use fsxlustre_mount::host::Host;
use std::path::Path;

/// Files that hold dnf(8) or yum(8) to a release.
const RELEASE_FILES: [&str; 2] = ["etc/dnf/vars/releasever", "etc/yum/vars/releasever"];
const REPOSITORIES: &str = "etc/yum.repos.d";

/// What brings them: an enabled repository with `-eus` in its name, or a minor release that dnf is
/// held to, which only EUS has updates for once the next one is out. `None` where nothing does.
///
/// *Source*: yum.repos.d and vars of dnf.conf(5).
pub(super) fn read(host: &Host) -> Observed<Option<String>> {
    let tree = Tree::of(host);
    let from = tree.shown(REPOSITORIES);
    let names = match tree.names(REPOSITORIES) {
        Ok(names) => names,
        Err(because) => return Observed::unknown(because, from),
    };
    let is_file = |name: &&String| Path::new(name).extension().is_some_and(|end| end == "repo");
    for name in names.iter().filter(is_file) {
        let text = tree.text(Path::new(REPOSITORIES).join(name));
        let Observed::Known { value, from } = &text else { return text.map(|_| None) };
        if let Some(repository) = enabled(value) {
            return Observed::known(Some(format!("the repository {repository}")), from);
        }
    }
    for path in RELEASE_FILES {
        let text = tree.text_if_any(path);
        let Observed::Known { value, from } = &text else { return text.map(|_| None) };
        let release = value.as_deref().unwrap_or_default().trim();
        if is_minor_release(release) {
            return Observed::known(Some(format!("releasever {release}")), from);
        }
    }
    Observed::known(None, from)
}

/// The first enabled repository of EUS in a file of yum.repos.d.
fn enabled(text: &str) -> Option<String> {
    let mut sections: Vec<(&str, bool)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            // What does not say is enabled.
            sections.push((name, true));
        } else if let Some((key, value)) = line.split_once('=')
            && key.trim() == "enabled"
            && let Some(section) = sections.last_mut()
        {
            section.1 = matches!(value.trim(), "1" | "yes" | "true" | "on");
        }
    }
    let is_extended = |name: &str| name.contains("-eus-") || name.ends_with("-eus");
    let found = sections.into_iter().find(|(name, is_on)| *is_on && is_extended(name));
    found.map(|(name, _)| one_line(name))
}

/// `9.4`: `9` follows the minor releases.
fn is_minor_release(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(major, minor)| digits(major) && digits(minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enabled_repositories_of_eus_are_found() {
        for (text, found) in [
            ("[rhel-9-baseos-eus-rpms]\nname=x\nenabled = 1\n", Some("rhel-9-baseos-eus-rpms")),
            ("[rhel-9-baseos-eus-rpms]\nname=x\n", Some("rhel-9-baseos-eus-rpms")),
            ("[rhel-9-baseos-eus-rpms]\nenabled=0\n[rhel-9-baseos-rpms]\nenabled=1\n", None),
            ("[a]\nenabled=0\n[b-eus]\nenabled=1\n", Some("b-eus")),
            ("[rhel-9-baseos-rhui-rpms]\nenabled=1\nbaseurl=https://x/-eus-/\n", None),
            ("enabled=1\n", None),
        ] {
            assert_eq!(enabled(text).as_deref(), found, "{text}");
        }
        assert!(is_minor_release("9.4") && !is_minor_release("9") && !is_minor_release("9.x"));
    }
}
