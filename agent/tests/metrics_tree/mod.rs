//! Trees of a client's files for the metrics tests, and scrapes of them.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's own tree: what goes wrong with it ends the test"
)]
#![allow(dead_code, reason = "each test program uses a part of it")]

use fsxlustre_agent::metrics::{ScrapeSettings, Scraper, Selection};
use fsxlustre_mount::host::{Host, Program};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Where the captured trees are.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metrics")
}

/// The host whose `proc` and `sys` are below a folder.
pub(crate) fn host(root: &Path) -> Host {
    let mut host = Host::default();
    host.paths.procfs = root.join("proc");
    host.paths.sysfs = root.join("sys");
    host.paths.debugfs = root.join("sys/kernel/debug");
    // So that a mount point of the capture is not looked for on this machine.
    root.clone_into(&mut host.paths.rootfs);
    host.paths.state = root.join("run/fsxlustre");
    host
}

/// A tree that a test may change; it goes away with the value.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
}

impl Tree {
    /// A node without Lustre.
    pub(crate) fn empty() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("fsxl-metrics-{}-{number}", std::process::id());
        let tree = Self { root: std::env::temp_dir().join(name) };
        tree.write("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/x rw\n");
        std::fs::create_dir_all(tree.root.join("sys/kernel/debug")).expect("folder");
        tree
    }

    /// A copy of a captured client.
    pub(crate) fn of(version: &str) -> Self {
        let tree = Self::empty();
        copy(&fixtures().join(version), &tree.root);
        tree
    }

    pub(crate) fn host(&self) -> Host {
        host(&self.root)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folder");
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Copies a folder of the tree.
    pub(crate) fn copy_within(&self, from: &str, to: &str) {
        copy(&self.root.join(from), &self.root.join(to));
    }

    pub(crate) fn remove(&self, path: &str) {
        let path = self.root.join(path);
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        removed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("a captured folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("copy");
        }
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Children of the program that was built; captures are old, and what they tell counts.
pub(crate) fn settings() -> ScrapeSettings {
    let program = Program::at(Path::new(env!("CARGO_BIN_EXE_fsxlustre")));
    ScrapeSettings { program, counts_since: 0, ..ScrapeSettings::default() }
}

/// The collectors that run by default, without probes: a copy of a client's files has no mounts.
pub(crate) fn without_probes() -> Selection {
    let mut collectors = Selection::default();
    collectors.set("probe", false).expect("there is such a collector");
    collectors
}

/// A scraper with [`settings`].
pub(crate) fn scraper(host: &Host) -> Scraper {
    Scraper::new(host, &settings()).expect("a scraper")
}

/// The same with another age of what is read slowly.
pub(crate) fn scraper_with_slow_tier(host: &Host, slow_tier: Duration) -> Scraper {
    Scraper::new(host, &ScrapeSettings { slow_tier, ..settings() }).expect("a scraper")
}

/// The text of one scrape of a scraper.
pub(crate) fn scrape_of(scraper: &Scraper, collectors: Selection) -> String {
    let text = runtime().block_on(scraper.scrape(Duration::from_secs(5), collectors));
    String::from_utf8(text).expect("UTF-8")
}

/// One scrape.
pub(crate) fn scrape(host: &Host) -> String {
    scrape_of(&scraper(host), without_probes())
}

/// The value of a sample, `name{labels}`.
pub(crate) fn value<'t>(text: &'t str, sample: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '))
}

/// Whether a collector succeeded.
pub(crate) fn success(text: &str, collector: &str) -> bool {
    let sample = format!("fsxlustre_collector_success{{collector=\"{collector}\"}}");
    value(text, &sample).expect("every collector is told of") == "1"
}
