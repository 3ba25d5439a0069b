//! Directories and the profiles that they are to have: planned, applied or verified.

use super::count::{CountLimits, Counted};
use super::decide::Decision;
use super::directories::{Directories, Stands, command};
use super::error::LayoutError;
use super::hand::Arrangement;
use super::model::Layout;
use super::shape::FileSystemShape;
use super::wanted::profile_layout;
use crate::config::AgentConfig;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::Deadline;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What one directory is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// Its whole path.
    pub directory: PathBuf,
    /// The profile's name; `None` where only the directory itself is cared for.
    pub profile: Option<String>,
    /// Make it where it is missing.
    pub create: bool,
    /// A user by name or number.
    pub user: Option<String>,
    /// A group by name or number.
    pub group: Option<String>,
    /// Permission bits.
    pub mode: Option<u32>,
}

/// What was found out or done about one directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The directory.
    pub directory: PathBuf,
    /// The profile's name.
    pub profile: Option<String>,
    /// What came of it.
    pub result: Result<Found, Failure>,
}

/// What stood, what is wanted, and what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What was done to the directory itself: made, owner, mode.
    pub arranged: Vec<String>,
    /// Its layout; `None` where no profile is wanted, or in a plan where the directory is yet to be made.
    pub layout: Option<LayoutFound>,
    /// What a plan would do before.
    pub missing: bool,
}

/// A directory's layout against the one that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutFound {
    /// What stood.
    pub before: Stands,
    /// What is wanted.
    pub wanted: Layout,
    /// What is to be done, or was.
    pub decision: Decision,
    /// The command that does it.
    pub command: String,
    /// What `lfs getstripe` read back, where it was set.
    pub after: Option<Layout>,
    /// The files below it, against what is wanted; `None` where nobody counted.
    pub files: Option<Result<Counted, Failure>>,
    /// What a user should know of the profile on this file system.
    pub notes: Vec<String>,
}

/// What is to be done with tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Say what would be done.
    Plan,
    /// Do it.
    Apply,
    /// Fail where something is to be done.
    Verify,
}

/// How tasks are done.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// What is done.
    pub verb: Verb,
    /// What somebody set may go.
    pub replace: bool,
    /// All of it.
    pub deadline: Deadline,
    /// How far files are counted where the layout changes, or would; `None` for not at all.
    pub count: Option<CountLimits>,
}

/// Hears how far a count is.
pub type TellCount<'a> = &'a mut dyn FnMut(&Path, &Counted);

/// Does all tasks, one after the other; one that fails keeps none from its turn.
///
/// # Errors
/// The table of mounts cannot be read.
pub fn run(
    config: &AgentConfig,
    tasks: &[Task],
    manner: Manner,
    tell: TellCount<'_>,
) -> Result<Vec<Report>, Failure> {
    let host = config.host();
    let table = host.mounts().map_err(|error| error.failure())?;
    let mut work = Work {
        config,
        manner,
        directories: Directories::new(host, &table, manner.deadline),
        wanted: BTreeMap::new(),
        tell,
    };
    Ok(work.all(tasks))
}

struct Work<'a> {
    config: &'a AgentConfig,
    manner: Manner,
    directories: Directories<'a>,
    /// What a profile means on a mount.
    wanted: BTreeMap<(i32, String), Result<Wanted, Failure>>,
    tell: TellCount<'a>,
}

/// A profile on a file system.
#[derive(Clone, Debug)]
struct Wanted {
    layout: Layout,
    shape: FileSystemShape,
}

impl Work<'_> {
    fn all(&mut self, tasks: &[Task]) -> Vec<Report> {
        let arranged: Vec<_> = tasks.iter().map(|task| self.arrange(task)).collect();
        let paths: Vec<PathBuf> = tasks.iter().map(|task| task.directory.clone()).collect();
        let looked = self.directories.look_all(&paths);
        let each = tasks.iter().zip(arranged).zip(looked);
        let report = |((task, arranged), looked): ((&Task, Result<_, Failure>), _)| {
            let result = arranged.and_then(|arranged| self.one(task, arranged, looked));
            let (directory, profile) = (task.directory.clone(), task.profile.clone());
            Report { directory, profile, result }
        };
        each.map(report).collect()
    }

    /// Makes the directory and gives it owner and mode, where that is asked for and this is no plan.
    fn arrange(&mut self, task: &Task) -> Result<Vec<String>, Failure> {
        let Task { user, group, mode, .. } = task.clone();
        let wishes = Arrangement { user, group, mode };
        if self.manner.verb != Verb::Apply || (!task.create && wishes == Arrangement::default()) {
            return Ok(Vec::new());
        }
        // A profile that does not fit is no reason to leave an empty directory behind.
        self.wanted(task)?;
        self.directories
            .arrange(&task.directory, task.create, &wishes)
            .map_err(|error| error.failure())
    }

    /// What the profile means on the file system of this directory; asked once for each mount.
    fn wanted(&mut self, task: &Task) -> Result<Option<Wanted>, Failure> {
        let Some(profile) = &task.profile else { return Ok(None) };
        let mount = self.directories.mount_of(&task.directory)?;
        let key = (mount.id, profile.clone());
        if let Some(known) = self.wanted.get(&key) {
            return known.clone().map(Some);
        }
        let computed = self.directories.shape(&task.directory).map_err(|error| error.failure());
        let computed = computed.and_then(|shape| {
            Ok(Wanted { layout: profile_layout(self.config, profile, &shape)?, shape })
        });
        self.wanted.insert(key, computed.clone());
        computed.map(Some)
    }

    fn one(
        &mut self,
        task: &Task,
        arranged: Vec<String>,
        looked: Result<Stands, LayoutError>,
    ) -> Result<Found, Failure> {
        let wanted = self.wanted(task)?;
        let before = match looked {
            Err(LayoutError::Path { .. }) if task.create && self.manner.verb == Verb::Plan => {
                return Ok(Found { arranged, layout: None, missing: true });
            }
            Err(LayoutError::Path { path, because, .. })
                if task.create && self.manner.verb == Verb::Verify =>
            {
                let wanted = "a directory".into();
                return Err(LayoutError::Differs { path, wanted, found: because }.failure());
            }
            looked => looked.map_err(|error| error.failure())?,
        };
        let Some(wanted) = wanted else {
            return Ok(Found { arranged, layout: None, missing: false });
        };
        if before.file_bytes.is_some() {
            return Err(not_a_directory(&before.path).failure());
        }
        let layout = self.settle(before, wanted).map_err(|error| error.failure())?;
        Ok(Found { arranged, layout: Some(layout), missing: false })
    }

    fn settle(&mut self, before: Stands, asked: Wanted) -> Result<LayoutFound, LayoutError> {
        let Manner { verb, replace, .. } = self.manner;
        let Wanted { layout: wanted, shape } = asked;
        let decision = before.decide(&wanted, replace);
        let path = before.path.clone();
        let command = command(&wanted, &path);
        let after = match (&decision, verb) {
            (Decision::Holds, _) | (_, Verb::Plan) => None,
            (_, Verb::Verify) => return Err(LayoutError::differs(&path, &wanted, &before.layout)),
            (Decision::Leave(stands), Verb::Apply) => {
                return Err(LayoutError::Stands { path, stands: stands.clone() });
            }
            (Decision::Set, Verb::Apply) => Some(self.directories.set(&path, &wanted)?),
        };
        let is_of_interest = verb == Verb::Plan || after.is_some();
        let files = if is_of_interest { self.count(&path, &wanted, &shape) } else { None };
        let notes = wanted.notes(&shape);
        Ok(LayoutFound { before, wanted, decision, command, after, files, notes })
    }

    fn count(
        &mut self,
        path: &Path,
        wanted: &Layout,
        shape: &FileSystemShape,
    ) -> Option<Result<Counted, Failure>> {
        let limits = self.manner.count?;
        let width = |pool: Option<&str>| match pool {
            None => shape.ost_count(),
            Some(pool) => {
                let members = shape.pools.as_ref()?.get(pool)?;
                u32::try_from(members.len()).ok()
            }
        };
        let tell = &mut |counted: &Counted| (self.tell)(path, counted);
        let counted = self.directories.count(path, wanted, limits, (&width, tell));
        Some(counted.map_err(|error| error.failure()))
    }
}

fn not_a_directory(path: &Path) -> LayoutError {
    LayoutError::Path {
        path: path.to_owned(),
        because: "it is a file, and a file keeps the layout that it was made with".into(),
        remedy: "name a directory; `lfs migrate` gives an existing file another layout".into(),
    }
}

/// Whether a failure says that something is known to be wrong, not that it could not be looked at.
pub fn is_known(failure: &Failure) -> bool {
    matches!(failure.code, Code::LayoutDiffers | Code::LayoutStands)
}
