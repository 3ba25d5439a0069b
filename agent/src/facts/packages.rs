//! Packages of the Lustre client.

use super::{Observed, Tree, child, place};
use fsxlustre_mount::host::{Deadline, Host};
use serde::Serialize;

/// An installed package whose name has `lustre` in it; fsxlustre's own are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Package {
    /// `lustre-client`.
    pub name: String,
    /// `2.15.6-1fsx28.amzn2023`.
    pub version: String,
}

impl Package {
    /// Lustre's own version in it, `2.15.6`.
    pub fn lustre_version(&self) -> &str {
        // Debian's epoch stands before a colon.
        let version = self.version.rsplit_once(':').map_or(&*self.version, |(_, rest)| rest);
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let end = version.find(|c: char| !is_part(c)).unwrap_or(version.len());
        version.get(..end).unwrap_or_default().trim_end_matches('.')
    }

    /// Whether it has kernel modules in it, and programs not.
    pub fn is_of_modules(&self) -> bool {
        self.name.starts_with("kmod-") || self.name.contains("-modules")
    }
}

/// *Source*: the database of the node's own package manager, by `rpm` or `dpkg-query`.
pub(super) fn read(host: &Host, deadline: Deadline) -> Observed<Vec<Package>> {
    let root = &host.paths.rootfs;
    let has = |path: &str| Tree::of(host).has(path);
    let other_root = (!place::is_this_machine(host)).then(|| root.display().to_string());
    if has("var/lib/dpkg/status") {
        let folder = root.join("var/lib/dpkg").display().to_string();
        let admin = other_root.map(|_| format!("--admindir={folder}"));
        let format = "--showformat=${db:Status-Status}\\t${Package}\\t${Version}\\n";
        let mut arguments: Vec<&str> = admin.as_deref().into_iter().collect();
        arguments.extend(["--show", format, "*lustre*"]);
        return asked(host, "dpkg-query", &arguments, "installed\t", deadline);
    }
    if ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"].into_iter().any(has) {
        let mut arguments = vec!["-qa", "--queryformat", "%{NAME}\\t%{VERSION}-%{RELEASE}\\n"];
        arguments.push("*lustre*");
        if let Some(root) = &other_root {
            arguments.splice(0..0, ["--root", root.as_str()]);
        }
        return asked(host, "rpm", &arguments, "", deadline);
    }
    Observed::unknown("neither dpkg's nor rpm's database is here", root.display().to_string())
}

fn asked(
    host: &Host,
    program: &str,
    arguments: &[&str],
    begin: &str,
    deadline: Deadline,
) -> Observed<Vec<Package>> {
    let done = match child::run(host, program, arguments, deadline) {
        Ok(done) => done,
        Err(because) => return Observed::unknown(because, program),
    };
    // dpkg-query fails where no name fits.
    let is_none = done.stderr.contains("no packages found matching");
    if !done.status.success() && !is_none {
        return Observed::unknown(done.last_words(), program);
    }
    Observed::known(packages(&done.stdout, begin), program)
}

fn packages(text: &str, begin: &str) -> Vec<Package> {
    let package = |line: &str| {
        let (name, version) = line.strip_prefix(begin)?.split_once('\t')?;
        let is_ours = name.starts_with("fsxlustre") || name.starts_with("fsx-lustre");
        (!is_ours).then(|| Package { name: name.to_owned(), version: version.trim().to_owned() })
    };
    let mut all: Vec<Package> = text.lines().filter_map(package).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_package_managers_print_is_read() {
        let rpm =
            packages("lustre-client\t2.15.6-1fsx28.amzn2023\nfsxlustre\t1.0-1\nrubbish\n", "");
        assert_eq!(rpm.len(), 1);
        assert_eq!(rpm[0].lustre_version(), "2.15.6");
        let text = "installed\tlustre-client-modules-6.8.0-1024-aws\t2.15.6-1fsx28\n\
                    config-files\tlustre-client-utils\t2.12.8\n";
        let dpkg = packages(text, "installed\t");
        assert_eq!((dpkg.len(), dpkg[0].is_of_modules()), (1, true));
        let odd = Package { name: "x".into(), version: "1:2.12.8_198_gde6da33".into() };
        assert_eq!(odd.lustre_version(), "2.12.8");
    }
}
