//! The process that brings a job's files: asks for each tree, waits for it, and writes down how far it is.

use super::begin::lock;
use super::state::{StageIn, Step, Tree, process_of};
use crate::staging::hsm::{
    Asked, Asking, Begun, Failed, HsmError, Questions, ScanOptions, Verb, Waited, ask, wait,
};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, MountTable};
use fsxlustre_mount::record::Attempt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Files of a tree that are looked at at a time.
const THREADS: usize = 4;
/// The longest time in which nothing moves on a mount.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long the first requests may wait for somebody who takes them.
const BEGIN_WITHIN: Duration = Duration::from_secs(8);
/// The longest that a job's files are waited for.
const LONGEST: Duration = Duration::from_hours(24 * 7);
/// Before it is tried again where another run asks for the same tree, or the mount does not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// Between two writes of what only grew.
const APART: Duration = Duration::from_millis(500);

/// Does what a start wrote down, all trees side by side; what came of it. `None` where nothing is written
/// down, or another process does it.
///
/// # Errors
/// The state or the table of mounts cannot be read, or the state not be written.
pub fn work(host: &Host, key: &str) -> Result<Option<StageIn>, Failure> {
    let Some(begun) = take(host, key)? else { return Ok(None) };
    let table = host.mounts().map_err(|error| error.failure())?;
    let paths: Vec<PathBuf> = begun.trees.iter().map(|tree| tree.path.clone()).collect();
    let kept = Kept { host, key, state: Mutex::new((begun, Instant::now())) };
    std::thread::scope(|scope| {
        for (index, path) in paths.iter().enumerate() {
            let (kept, table) = (&kept, &table);
            scope.spawn(move || Bringing { host, table, path, kept, index }.run());
        }
    });
    let (ended, _) = kept.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Some(ended))
}

/// Notes that this process does it.
fn take(host: &Host, key: &str) -> Result<Option<StageIn>, Failure> {
    let _lock = lock(host)?;
    let Some(mut begun) = StageIn::read(host, key).filter(|begun| !begun.is_running()) else {
        return Ok(None);
    };
    begun.process = Attempt::of(std::process::id());
    begun.write(host, key)?;
    Ok(Some(begun))
}

/// What is written down, and when it was.
struct Kept<'a> {
    host: &'a Host,
    key: &'a str,
    state: Mutex<(StageIn, Instant)>,
}

impl Kept<'_> {
    /// Notes how one tree stands: a new step at once, numbers now and then.
    fn note(&self, index: usize, tree: Tree) {
        let mut kept = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = kept.0.trees.get_mut(index) else { return };
        let is_step = before.step != tree.step;
        *before = tree;
        let is_due = is_step || kept.1.elapsed() >= APART;
        // What an end has taken away stays away.
        if is_due && process_of(self.host, self.key) == kept.0.process {
            kept.1 = Instant::now();
            // Who reads it sees an older state; the files come all the same.
            if let Err(failure) = kept.0.write(self.host, self.key) {
                tracing::warn!(
                    what = failure.what,
                    because = failure.because,
                    "a stage-in goes on untold"
                );
            }
        }
    }
}

/// One tree.
struct Bringing<'a> {
    host: &'a Host,
    table: &'a MountTable,
    path: &'a Path,
    kept: &'a Kept<'a>,
    index: usize,
}

impl Bringing<'_> {
    fn run(&self) {
        let mut tree = Tree::new(self.path.to_owned());
        tree.step = loop {
            match self.bring(&mut tree) {
                Ok(step) => break step,
                // Other jobs may need the same files; and servers come back.
                Err(HsmError::Busy { .. } | HsmError::Late { .. }) => std::thread::sleep(AGAIN),
                Err(error) => {
                    break Step::Failed(format!("{error}: {} [{}]", error.because(), error.code()));
                }
            }
        };
        self.kept.note(self.index, tree);
    }

    fn bring(&self, tree: &mut Tree) -> Result<Step, HsmError> {
        let asked = self.ask(tree)?;
        (tree.needed, tree.left) = (asked.counts.needed, asked.counts.needed);
        tree.step = match asked.begun {
            Some(Begun::Not(seconds)) => Step::Untaken(seconds),
            Some(Begun::Yes) | None => Step::Coming,
        };
        self.kept.note(self.index, tree.clone());
        let waited = self.wait(tree)?;
        Ok(step_of(&asked, &waited))
    }

    fn ask(&self, tree: &mut Tree) -> Result<Asked, HsmError> {
        let asking = Asking {
            verb: Verb::Restore,
            paths: &[self.path.to_owned()],
            threads: THREADS,
            patience: PATIENCE,
            begin_within: BEGIN_WITHIN,
        };
        ask(self.host, self.table, &asking, &mut |so_far| {
            (tree.needed, tree.left) = (so_far.counts.needed, so_far.counts.needed);
            self.kept.note(self.index, tree.clone());
        })
    }

    fn wait(&self, tree: &mut Tree) -> Result<Waited, HsmError> {
        let options = ScanOptions {
            threads: THREADS,
            verb: Some(Verb::Restore),
            questions: Questions::None,
            tell_files: true,
            patience: PATIENCE,
        };
        let what = (Verb::Restore, &[self.path.to_owned()][..]);
        wait(self.host, self.table, what, &options, Deadline::after(LONGEST), &mut |waited| {
            if waited.left().files < tree.left.files {
                tree.step = Step::Coming;
            }
            tree.left = waited.left();
            self.kept.note(self.index, tree.clone());
        })
    }
}

/// How it ended.
fn step_of(asked: &Asked, waited: &Waited) -> Step {
    let left = waited.left().files;
    let first = asked.failures.iter().chain(&waited.failures).next();
    let first = first
        .map(|Failed { path, because }| format!("; the first is {}: {because}", path.display()));
    let first = first.unwrap_or_default();
    if left > 0 && waited.is_over {
        Step::Failed(format!("{left} files had not come after {} s", LONGEST.as_secs()))
    } else if left > 0 {
        Step::Failed(format!("{left} files have no request any more{first}"))
    } else if asked.refused_files() > 0 {
        Step::Failed(format!("{} files cannot be restored{first}", asked.refused_files()))
    } else if waited.counts.is_whole() {
        Step::Here
    } else {
        Step::Failed("the state of some files could not be read".into())
    }
}
