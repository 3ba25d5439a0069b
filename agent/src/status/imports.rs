//! The states of the connections, read in a child: a file may sleep while a file system is being
//! unmounted, and a thread that sleeps in the kernel would keep this process from ending.

use crate::metrics::{ImportState, tell_imports};
use fsxlustre_mount::host::{Deadline, Host, Paths, Program};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The first argument that makes `fsxlustre` such a child; the roots of procfs, sysfs and debugfs
/// follow.
const WORD: &str = "--fsxlustre-imports";
/// How long the child is listened to.
const PATIENCE: Duration = Duration::from_millis(100);

/// One line of the child.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Told {
    Import(usize, ImportState),
    Trouble(String),
    End,
}

/// The machine whose connections this process was started to read, if it was.
pub fn asked_for() -> Option<Host> {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().filter(|first| first == WORD)?;
    let mut path = || arguments.next().map(Into::into);
    let (procfs, sysfs, debugfs) = (path()?, path()?, path()?);
    let paths = Paths { procfs, sysfs, debugfs, ..Paths::default() };
    Some(Host { paths, ..Host::default() })
}

/// What the child does: tells each connection on a line of its own, at once.
pub fn tell(host: &Host, listener: &mut dyn Write) {
    let mut say = |told: &Told| {
        if let Ok(line) = serde_json::to_string(told) {
            // A listener that went away is no trouble of ours.
            let _ = writeln!(listener, "{line}").and_then(|()| listener.flush());
        }
    };
    let told = tell_imports(host, &mut |number, import| {
        say(&Told::Import(number, import.clone()));
    });
    if let Err(trouble) = told {
        say(&Told::Trouble(trouble));
    }
    say(&Told::End);
}

/// How many connections are in each state, by kind; `unknown` is a state here.
pub type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// What was read of all connections of this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imports {
    /// Each connection, by the child's number of it.
    connections: BTreeMap<usize, ImportState>,
    /// Why something is missing, if it is.
    pub trouble: Option<String>,
}

impl Imports {
    /// None, since they could not be read.
    pub(super) fn unread(because: String) -> Self {
        Self { trouble: Some(because), ..Self::default() }
    }

    /// Those of one file system. Two clients of one file system are counted together, since a mount
    /// does not tell which is its own.
    pub fn of(&self, fs_name: &str) -> Counts {
        let mut counts = Counts::new();
        for import in self.connections.values().filter(|import| import.fs == fs_name) {
            let state = import.state.clone().unwrap_or_else(|| "unknown".into());
            *counts.entry(import.kind.clone()).or_default().entry(state).or_default() += 1;
        }
        counts
    }

    /// Those of one file system that are known not to be up, each with its state. IDLE is up: it was
    /// closed for want of work. So is, for us, one that an administrator has switched off.
    pub fn ill(&self, fs_name: &str) -> Vec<String> {
        let own = self.connections.values().filter(|import| import.fs == fs_name);
        let state = |import: &ImportState| {
            let state = import.state.clone()?;
            let is_up = matches!(state.as_str(), "FULL" | "IDLE" | "DEACTIVATED");
            (!is_up).then(|| format!("{} {state}", import.target))
        };
        own.filter_map(state).collect()
    }

    /// Takes a line of the child; false after the last one.
    fn add(&mut self, told: Told) -> bool {
        match told {
            Told::Import(number, import) => drop(self.connections.insert(number, import)),
            Told::Trouble(trouble) => self.trouble = Some(trouble),
            Told::End => return false,
        }
        true
    }
}

/// A reading that goes on.
#[derive(Debug)]
pub struct Reading {
    child: Child,
    lines: Receiver<String>,
    deadline: Deadline,
}

impl Reading {
    /// Starts the child.
    ///
    /// # Errors
    /// Why it cannot be started.
    pub fn start(host: &Host) -> std::io::Result<Self> {
        let paths = &host.paths;
        let roots = [&paths.procfs, &paths.sysfs, &paths.debugfs].map(OsString::from);
        let mut child = Command::new(Program::own().path())
            .arg(WORD)
            .args(roots)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (sender, lines) = channel();
        if let Some(output) = child.stdout.take() {
            // This thread waits at a pipe, where the end of the process ends it.
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { child, lines, deadline: Deadline::after(PATIENCE) })
    }

    /// What the child has told until it was done, or until it had no more time.
    pub fn finish(mut self) -> Imports {
        let mut imports = Imports::default();
        loop {
            let Ok(line) = self.lines.recv_timeout(self.deadline.left()) else {
                imports.trouble.get_or_insert_with(|| {
                    format!("not every file answered within {} ms", PATIENCE.as_millis())
                });
                break;
            };
            let goes_on = match serde_json::from_str(&line) {
                Ok(told) => imports.add(told),
                Err(_) => true,
            };
            if !goes_on {
                break;
            }
        }
        // It may be asleep in the kernel, so its end is not waited for.
        let _ = self.child.kill();
        imports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(number: usize, target: &str, state: Option<&str>) -> Told {
        let kind = if target.starts_with("OST") { "osc" } else { "mdc" };
        let import = ImportState {
            fs: "abcdefgh".into(),
            kind: kind.into(),
            target: target.into(),
            state: state.map(Into::into),
        };
        Told::Import(number, import)
    }

    fn told(lines: Vec<Told>) -> Imports {
        let mut imports = Imports::default();
        for line in lines {
            imports.add(line);
        }
        imports
    }

    #[test]
    fn what_was_listed_and_not_read_is_unknown() {
        let imports = told(vec![
            import(0, "MDT0000", None),
            import(1, "OST0000", None),
            import(2, "OST0000", None),
            import(3, "OST0001", None),
            import(0, "MDT0000", Some("FULL")),
            import(1, "OST0000", Some("IDLE")),
        ]);
        let counts = imports.of("abcdefgh");
        assert_eq!(counts["mdc"], BTreeMap::from([("FULL".into(), 1)]));
        assert_eq!(counts["osc"], BTreeMap::from([("IDLE".into(), 1), ("unknown".into(), 2)]));
        assert!(imports.of("other").is_empty());
    }

    #[test]
    fn a_tree_of_a_real_client_is_told() {
        let tree = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/metrics/lustre-2.15.8");
        let paths = Paths {
            procfs: tree.join("proc"),
            sysfs: tree.join("sys"),
            debugfs: tree.join("sys/kernel/debug"),
            ..Paths::default()
        };
        let mut text = Vec::new();
        tell(&Host { paths, ..Host::default() }, &mut text);
        let text = String::from_utf8(text).expect("text");
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
        let imports = told(lines);
        assert_eq!(imports.trouble, None);
        assert!(!imports.of("p7lsxbev").is_empty(), "{imports:?}");
        assert!(text.ends_with("\"end\"\n"));
    }
}
