//! What of the kernel's own rules may be in the way: lockdown, SELinux, signatures of modules.

use super::{Observed, place};
use fsxlustre_mount::host::{Host, read_text};
use serde::Serialize;

/// Rules of the running kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restrictions {
    /// `none`, `integrity`, `confidentiality`; `None` for a kernel without lockdown.
    /// *Source*: `kernel/security/lockdown` of sysfs, securityfs.
    pub lockdown: Observed<Option<String>>,
    /// Whether SELinux enforces; `None` where it is off. *Source*: `fs/selinux/enforce` of sysfs.
    pub selinux_enforces: Observed<Option<bool>>,
    /// Whether modules must be signed. *Source*: `module/module/parameters/sig_enforce` of sysfs.
    pub needs_signatures: Observed<Option<bool>>,
    /// Whether LNet's folder in debugfs can be listed; `None` where LNet is not loaded.
    pub debugfs_readable: Observed<Option<bool>>,
}

impl Restrictions {
    pub(super) fn read(host: &Host) -> Self {
        let text = |path: &str| place::text_if_any(&place::sys(host, path));
        let lockdown = text("kernel/security/lockdown");
        let enforce = text("fs/selinux/enforce");
        let signed = text("module/module/parameters/sig_enforce");
        Self {
            lockdown: match lockdown.value() {
                Some(None) if may_be_hidden(host) => {
                    Observed::unknown("securityfs is not mounted", lockdown.from())
                }
                _ => lockdown.map(|text| text.as_deref().and_then(chosen)),
            },
            selinux_enforces: enforce.map(|text| text.as_deref().map(|text| text.trim() == "1")),
            needs_signatures: signed.map(|text| text.as_deref().map(|text| text.trim() == "Y")),
            debugfs_readable: debugfs(host),
        }
    }
}

/// Whether securityfs is not mounted on a machine whose firmware may ask for lockdown. Where it is
/// mounted it shows at least the list of security modules.
fn may_be_hidden(host: &Host) -> bool {
    let is_shown =
        place::names(&place::sys(host, "kernel/security")).is_ok_and(|names| !names.is_empty());
    !is_shown && place::sys(host, "firmware/efi").is_dir()
}

/// The word in brackets of `none [integrity] confidentiality`.
fn chosen(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    rest.split_once(']').map(|(word, _)| word.to_owned())
}

/// Nothing of LNet's is asked: its line in the list of modules, and whether the file can be opened.
fn debugfs(host: &Host) -> Observed<Option<bool>> {
    let path = host.paths.debugfs.join("lnet/nis");
    let from = path.display().to_string();
    let modules = read_text(&place::proc(host, "modules"));
    let is_loaded = modules.is_ok_and(|text| text.lines().any(|line| line.starts_with("lnet ")));
    if !is_loaded {
        return Observed::known(None, from);
    }
    match std::fs::File::open(&path) {
        Ok(_) => Observed::known(Some(true), from),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Observed::known(Some(false), format!("{from}: debugfs is not mounted"))
        }
        Err(error) => Observed::known(Some(false), format!("{from}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_chosen_word_is_the_one_in_brackets() {
        assert_eq!(
            super::chosen("none [integrity] confidentiality\n").as_deref(),
            Some("integrity")
        );
        assert_eq!(super::chosen("none"), None);
    }
}
