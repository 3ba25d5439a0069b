//! Sends what a client has not written yet to its servers, before the unmount does.
//!
//! Unused locks are dropped, and with them go their pages: `lru_size=clear`. That the count of
//! unwritten bytes is 0 afterwards proves that they were sent. What the servers have committed is
//! known of what was fsynced alone.
//!
//! The write into the kernel may wait for a server for as long as there is none, so it is made in a
//! child that can be left behind.

use super::client::{ClientFiles, names};
use super::said::bytes;
use crate::failure::Explain as _;
use crate::host::{Bounds, Program, sleep_unless_interrupted};
use crate::worker::Work;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The pause between two looks at what is left.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How long a look at what is left may take at least, also when the time is over.
const LAST_LOOK: Duration = Duration::from_millis(500);
/// How many namespaces of locks are cleared side by side: one dead server delays none of the others.
const SIDE_BY_SIDE: usize = 32;

/// What a flush came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Bytes that were not written before; `None` where that is unknown.
    pub before: Option<u64>,
    /// Bytes that are not written now; `None` where that is unknown.
    pub left: Option<u64>,
    /// How long it took.
    pub took: Duration,
    /// Why it ended early or could not be done.
    pub trouble: Option<String>,
}

impl Flushed {
    /// Bytes that were sent meanwhile, as far as that is known.
    pub fn sent(&self) -> Option<u64> {
        Some(self.before?.saturating_sub(self.left?))
    }

    /// In words, such as "8.1 MiB sent to servers in 0.2 s".
    pub fn text(&self) -> String {
        let (whole, rest) = (self.took.as_secs(), self.took.subsec_millis() / 100);
        let mut text = match (self.sent(), self.left) {
            (Some(0), Some(0)) => "nothing was left to send to servers".to_owned(),
            (Some(sent), Some(0)) => format!("{} sent to servers in {whole}.{rest} s", bytes(sent)),
            (Some(sent), Some(left)) => format!(
                "{} sent to servers in {whole}.{rest} s, {} not written yet",
                bytes(sent),
                bytes(left)
            ),
            _ => "unknown how much is not written yet".to_owned(),
        };
        if let Some(trouble) = &self.trouble {
            text = format!("{text} ({trouble})");
        }
        text
    }
}

impl ClientFiles {
    /// Sends what is not written yet, until nothing is left or the time is over.
    pub fn flush(&self, bounds: &Bounds<'_>) -> Flushed {
        let begun = Instant::now();
        let dirty = |deadline| self.state(deadline).map(|state| state.dirty_bytes());
        let mut flushed = Flushed::default();
        // However little time there is: what is left must be said.
        match dirty(bounds.deadline.at_least(LAST_LOOK)) {
            Ok(before) => (flushed.before, flushed.left) = (before, before),
            Err(trouble) => flushed.trouble = Some(trouble),
        }
        // Unknown is not nothing: locks are dropped then as well.
        while flushed.left != Some(0) && !bounds.deadline.has_passed() {
            let done = Program::own()
                .run(&Work::DropLocks(self.clone()).arguments(), &bounds.run_limits());
            flushed.trouble = match done {
                Ok(done) if done.status.success() => None,
                Ok(done) => Some(done.last_words()),
                Err(error) => Some(error.because()),
            };
            match dirty(bounds.deadline.at_least(LAST_LOOK)) {
                Ok(left) => flushed.left = left,
                Err(trouble) => {
                    flushed.left = None;
                    flushed.trouble.get_or_insert(trouble);
                }
            }
            let is_unknown = flushed.left.is_none();
            if is_unknown || sleep_unless_interrupted(bounds.pause(LOOK_AGAIN), bounds.interrupt) {
                break;
            }
        }
        flushed.took = begun.elapsed();
        flushed
    }

    /// Drops the unused locks; only ever called in the child.
    ///
    /// # Errors
    /// The namespaces cannot be listed, or the first error of those that refused.
    pub(crate) fn drop_locks(&self) -> std::io::Result<()> {
        let folder = self.lock_namespaces();
        let is_meant =
            |name: &String| ["osc", "mdc"].iter().any(|kind| self.target_of(name, kind).is_some());
        let paths: Vec<PathBuf> = names(&folder)?
            .into_iter()
            .filter(is_meant)
            .map(|name| folder.join(name).join("lru_size"))
            .collect();
        let side_by_side = SIDE_BY_SIDE.min(paths.len());
        let paths = Mutex::new(paths.into_iter());
        let next = || paths.lock().ok().and_then(|mut paths| paths.next());
        let clear_all = || {
            let mut first = Ok(());
            while let Some(path) = next() {
                let cleared = OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .and_then(|mut file| file.write_all(b"clear\n"));
                first = first.and(cleared);
            }
            first
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..side_by_side).map(|_| scope.spawn(clear_all)).collect();
            all.into_iter().try_for_each(|one| one.join().unwrap_or(Ok(())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;

    #[test]
    fn only_the_locks_of_this_client_are_dropped() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.sysfs = folder.path().to_owned();
        let namespaces = folder.path().join("fs/lustre/ldlm/namespaces");
        let names = [
            "MGC192.168.77.10@tcp",
            "p7lsxbev-MDT0000-mdc-ff370fc88a79b000",
            "p7lsxbev-OST0001-osc-ff370fc88a79b000",
            "p7lsxbev-OST0001-osc-ff370fc88a79c800",
            "other-OST0001-osc-ff370fc88a79d000",
        ];
        for name in names {
            std::fs::create_dir_all(namespaces.join(name)).expect("folder");
            std::fs::write(namespaces.join(name).join("lru_size"), "200\n").expect("file");
        }
        let cleared = || -> Vec<bool> {
            let text =
                |name: &&str| std::fs::read_to_string(namespaces.join(name).join("lru_size"));
            names.iter().map(|name| text(name).expect("read").starts_with("clear")).collect()
        };
        let files = ClientFiles::new(&host, "p7lsxbev");
        let one = files.clone().of_instance(Some("p7lsxbev-ff370fc88a79b000"));
        one.drop_locks().expect("dropped");
        assert_eq!(cleared(), [false, true, true, false, false]);
        files.drop_locks().expect("dropped");
        assert_eq!(cleared(), [false, true, true, true, false]);
        let nowhere = ClientFiles::new(&Host::default(), "x").of_instance(None);
        assert!(nowhere.drop_locks().is_err() || nowhere.lock_namespaces().exists());
    }

    #[test]
    fn what_is_sent_is_not_called_committed_and_unknown_is_not_zero() {
        let flushed = |before, left, trouble: Option<&str>| Flushed {
            before,
            left,
            took: Duration::from_millis(1250),
            trouble: trouble.map(str::to_owned),
        };
        let mib = 1 << 20;
        for (one, text) in [
            (flushed(Some(0), Some(0), None), "nothing was left to send to servers"),
            (flushed(Some(8 * mib), Some(0), None), "8.0 MiB sent to servers in 1.2 s"),
            (
                flushed(Some(8 * mib), Some(mib), Some("late")),
                "7.0 MiB sent to servers in 1.2 s, 1.0 MiB not written yet (late)",
            ),
            (flushed(None, Some(0), None), "unknown how much is not written yet"),
        ] {
            assert_eq!(one.text(), text);
        }
    }
}
