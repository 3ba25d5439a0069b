//! What modprobe.d says of Lustre's modules, against what the loaded ones have.

use super::{Observed, Tree, place};
use fsxlustre_mount::host::{Host, read_text};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A parameter that modprobe.d gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleOption {
    /// `ksocklnd`.
    pub module: String,
    /// `credits`.
    pub name: String,
    /// What is given.
    pub given: String,
    /// The file that gives it.
    pub file: String,
    /// What the loaded module has; `None` where it is not loaded, or does not show it.
    pub loaded: Option<String>,
}

/// modprobe(8)'s folders: a file of an earlier one hides a file of the same name in a later one.
const FOLDERS: [&str; 5] = [
    "etc/modprobe.d",
    "run/modprobe.d",
    "usr/local/lib/modprobe.d",
    "usr/lib/modprobe.d",
    "lib/modprobe.d",
];

/// Lustre's modules that take parameters.
pub(super) const MODULES: [&str; 13] = [
    "libcfs", "lnet", "ksocklnd", "kefalnd", "ko2iblnd", "obdclass", "ptlrpc", "fid", "fld", "osc",
    "mdc", "lov", "lustre",
];

/// *Source*: modprobe.d(5); `module/*/parameters` of sysfs.
pub(super) fn read(host: &Host) -> Observed<Vec<ModuleOption>> {
    let tree = Tree::of(host);
    let from = tree.shown("etc/modprobe.d");
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in FOLDERS.map(Path::new) {
        let names = match tree.names(folder) {
            Ok(names) => names,
            Err(because) => return Observed::unknown(because, from),
        };
        for name in names.into_iter().filter(|name| is_conf(name)) {
            files.entry(name.clone()).or_insert_with(|| folder.join(name));
        }
    }
    let mut options: BTreeMap<(String, String), ModuleOption> = BTreeMap::new();
    for path in files.values() {
        let text = match tree.read(path) {
            Ok(text) => text,
            Err(error) => return Observed::unknown(error.to_string(), tree.shown(path)),
        };
        for (module, name, given) in given(&text) {
            let shown = place::sys(host, &format!("module/{module}/parameters/{name}"));
            let loaded = read_text(&shown).ok().map(|text| text.trim().to_owned());
            let file = tree.shown(path);
            let option =
                ModuleOption { module: module.clone(), name: name.clone(), given, file, loaded };
            // A later line is in place of an earlier one.
            options.insert((module, name), option);
        }
    }
    Observed::known(options.into_values().collect(), from)
}

/// modprobe(8) reads no other files.
fn is_conf(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "conf")
}

/// Module, parameter and value of each `options` line of Lustre's modules.
fn given(text: &str) -> Vec<(String, String, String)> {
    let whole = text.replace("\\\n", " ");
    let mut all = Vec::new();
    for line in whole.lines() {
        let Some(rest) =
            line.trim().strip_prefix("options").filter(|rest| rest.starts_with([' ', '\t']))
        else {
            continue;
        };
        let mut words = words(rest).into_iter();
        let Some(module) = words.next().filter(|name| MODULES.contains(&name.as_str())) else {
            continue;
        };
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((&word, "Y"));
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if !name.is_empty() && name.bytes().all(is_name) {
                all.push((module.clone(), name.to_owned(), value.to_owned()));
            }
        }
    }
    all
}

/// Words parted by blanks, with quotes and brackets kept together and quotes taken away.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in text.chars() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            (' ' | '\t', None) => words.push(std::mem::take(&mut word)),
            ('#', None) if word.is_empty() => break,
            _ => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_lines_are_read() {
        let text = "# options lnet networks=x\noptions lnet networks=\"tcp(eth1), efa(rdma0)\" accept=all\n\
                    options ksocklnd \\\n credits=2560 # more\noptions snd x=1\nalias a b\noptionslnet a=1\n";
        let all: Vec<String> =
            given(text).into_iter().map(|(m, n, v)| format!("{m} {n} {v}")).collect();
        assert_eq!(
            all,
            ["lnet networks tcp(eth1), efa(rdma0)", "lnet accept all", "ksocklnd credits 2560"]
        );
        assert!(given("options\noptions lnet ../x=1\n").is_empty());
    }
}
