//! The Lustre module: loaded, installed, healthy.

use super::observed::read_trimmed;
use super::{Observed, child, place};
use fsxlustre_mount::failure::one_line;
use fsxlustre_mount::host::{Deadline, Host, read_text};
use serde::Serialize;

/// The module `lustre` that modprobe(8) would load for the running kernel.
///
/// *Source*: `modinfo lustre` (kmod 26 to 33; Lustre 2.15.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstalledModule {
    /// Its file, maybe below `weak-updates`.
    pub file: Option<String>,
    /// Lustre's version.
    pub version: Option<String>,
    /// The kernel it was built for, and the options that must be the same.
    pub vermagic: Option<String>,
    /// The checksum of its source.
    pub srcversion: Option<String>,
    /// Who signed it.
    pub signer: Option<String>,
}

impl InstalledModule {
    /// The kernel it was built for: the first word of its vermagic.
    pub fn built_for(&self) -> Option<&str> {
        self.vermagic.as_deref()?.split_whitespace().next()
    }

    /// Whether each symbol has a checksum. The kernel then looks at those and not at the first
    /// word of vermagic.
    pub fn has_symbol_versions(&self) -> bool {
        self.vermagic
            .as_deref()
            .is_some_and(|magic| magic.split_whitespace().any(|w| w == "modversions"))
    }

    /// Whether the RHEL family's weak-modules(8) linked it to this kernel, having compared the
    /// symbols.
    pub fn is_weak_update(&self) -> bool {
        self.file.as_deref().is_some_and(|file| file.contains("/weak-updates/"))
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            let value =
                lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned());
            value.filter(|value| !value.is_empty())
        };
        let module = Self {
            file: field("filename"),
            version: field("version"),
            vermagic: field("vermagic"),
            srcversion: field("srcversion"),
            signer: field("signer"),
        };
        (module.file.is_some() || module.vermagic.is_some()).then_some(module)
    }
}

pub(super) fn loaded(host: &Host) -> Observed<bool> {
    let path = place::proc(host, "modules");
    let from = path.display().to_string();
    match read_text(&path) {
        Ok(text) => Observed::known(text.lines().any(|line| line.starts_with("lustre ")), from),
        Err(error) => Observed::unknown(error.to_string(), from),
    }
}

/// A fixed text that no lock stands before, so it is read here and not in a child.
pub(super) fn loaded_version(host: &Host) -> Observed<String> {
    read_trimmed(&host.paths.sysfs.join("fs/lustre/version"))
}

pub(super) fn health(host: &Host, deadline: Deadline) -> Observed<String> {
    let path = host.paths.sysfs.join("fs/lustre/health_check");
    let from = path.display().to_string();
    match child::read_file(host, &path, deadline) {
        Ok(text) if text.trim().is_empty() => Observed::unknown("the file is empty", from),
        Ok(text) => Observed::known(one_line(&text), from),
        Err(because) => Observed::unknown(because, from),
    }
}

/// The checksum of the loaded module's source.
pub(super) fn loaded_source(host: &Host) -> Observed<String> {
    read_trimmed(&place::sys(host, "module/lustre/srcversion"))
}

/// The module for that kernel; for the running one when none is given.
pub(super) fn installed(
    host: &Host,
    kernel: Option<&str>,
    deadline: Deadline,
) -> Observed<Option<InstalledModule>> {
    let root = (!place::is_this_machine(host)).then(|| host.paths.rootfs.display().to_string());
    let running = host.kernel_release().ok();
    // Below another root modinfo must be told the kernel, too.
    let kernel = kernel.or(running.as_deref().filter(|_| root.is_some()));
    let mut arguments = Vec::new();
    arguments.extend(root.iter().flat_map(|root| ["-b", root.as_str()]));
    arguments.extend(kernel.iter().flat_map(|kernel| ["-k", kernel]));
    arguments.push("lustre");
    let from = format!("modinfo {}", arguments.join(" "));
    let done = match child::run(host, "modinfo", &arguments, deadline) {
        Ok(done) => done,
        Err(because) => return Observed::unknown(because, from),
    };
    if !done.status.success() {
        let missing = done.stderr.contains("Module lustre not found");
        return if missing {
            Observed::known(None, from)
        } else {
            Observed::unknown(done.last_words(), from)
        };
    }
    match InstalledModule::parse(&done.stdout) {
        Some(module) => Observed::known(Some(module), from),
        None => Observed::unknown("it printed neither filename nor vermagic", from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_modinfo_prints_is_read() {
        let module = InstalledModule::parse(crate::facts::samples::MODINFO).expect("module");
        assert_eq!(module.version.as_deref(), Some("2.15.8"));
        assert_eq!(module.built_for(), Some("6.1.0-56-amd64"));
        assert!(module.has_symbol_versions());
        assert!(!module.is_weak_update());
        let weak = "filename: /lib/modules/5.14.0-570.17.1.el9_6.x86_64/weak-updates/lustre-client/fs/lustre.ko\n";
        assert!(InstalledModule::parse(weak).expect("module").is_weak_update());
        assert_eq!(InstalledModule::parse("license: GPL\n"), None);
    }
}
