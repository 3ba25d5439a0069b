//! Applying a profile to a directory: look, set what differs, look again.

use super::model::Layout;
use super::profile::LayoutProfile;
use super::shape::FileSystemShape;
use fsxlustre_mount::failure::{Code, Explain, Failure};
use fsxlustre_mount::host::{Deadline, Finished, Host, MountTable, RunLimits};
use fsxlustre_mount::mount::DirectoryReport;
use fsxlustre_mount::source::Device;
use fsxlustre_mount::worker::Work;
use std::path::{Path, PathBuf};

/// What became of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The layout held already; nothing was run.
    Already(Layout),
    /// It was set and proved.
    Changed {
        /// What was there.
        before: Layout,
        /// What is there now, as read back.
        after: Layout,
        /// The command that did it.
        command: String,
    },
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct LayoutRequest<'a> {
    /// The directory.
    pub directory: &'a Path,
    /// The profile's name, for messages.
    pub profile_name: &'a str,
    /// The profile.
    pub profile: &'a LayoutProfile,
    /// Whether another default that somebody set, or that of the root, may be replaced.
    pub replace: bool,
}

/// A layout could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The path is not a directory on Lustre.
    #[error("{} cannot carry a layout", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why.
        because: String,
        /// What to do.
        remedy: String,
    },
    /// It carries a layout that somebody set.
    #[error("{} carries another layout", path.display())]
    Stands {
        /// The path.
        path: PathBuf,
        /// What stands.
        stands: String,
    },
    /// `lfs` failed.
    #[error("lfs refused")]
    Command {
        /// The command.
        command: String,
        /// What it said.
        said: String,
    },
    /// What is read back is not what was set.
    #[error("the layout of {} is not the one that was set", path.display())]
    NotProved {
        /// The path.
        path: PathBuf,
        /// What was set.
        wanted: String,
        /// What was read back.
        found: String,
    },
    /// `lfs getstripe` printed something unknown.
    #[error("the answer of lfs is not understood")]
    Answer {
        /// The command.
        command: String,
        /// What it printed.
        said: String,
    },
}

impl Explain for LayoutError {
    fn code(&self) -> Code {
        match self {
            Self::Path { .. } => Code::LayoutPath,
            Self::Stands { .. } => Code::LayoutStands,
            Self::Command { .. } => Code::LayoutCommand,
            Self::NotProved { .. } => Code::LayoutNotProved,
            Self::Answer { .. } => Code::LayoutAnswer,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Path { path, .. } | Self::Stands { path, .. } => {
                format!("apply a layout to {}", path.display())
            }
            Self::NotProved { path, wanted, .. } => format!("{wanted} on {}", path.display()),
            Self::Command { command, .. } | Self::Answer { command, .. } => command.clone(),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Path { because, .. } => because.clone(),
            Self::Stands { stands, .. } => stands.clone(),
            Self::Command { said, .. } | Self::Answer { said, .. } => said.clone(),
            Self::NotProved { found, .. } => format!("lfs getstripe shows {found}"),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Path { remedy, .. } => remedy.clone(),
            Self::Stands { .. } => "leave it, or say --replace to set the profile over it".into(),
            Self::Command { .. } => {
                "correct the profile, or run the command by hand and see what it says".into()
            }
            Self::NotProved { .. } => {
                "check that pool and OSTs of the profile exist: `lfs pool_list`, `lfs osts`".into()
            }
            Self::Answer { .. } => {
                "report this with the output of `lfs getstripe -d` and `lfs --version`".into()
            }
        }
    }
}

/// Applies a profile to a directory, and proves it. A second time runs nothing.
///
/// # Errors
/// The failure of what was wrong; a layout that stands is then as it was.
pub fn apply(
    host: &Host,
    request: &LayoutRequest<'_>,
    deadline: Deadline,
) -> Result<Applied, Failure> {
    let table = host.mounts().map_err(|error| error.failure())?;
    let is_root =
        check_path(host, &table, request.directory, deadline).map_err(|error| error.failure())?;
    let shape = FileSystemShape::default();
    let wanted = request.profile.layout(request.profile_name, &shape);
    let wanted = wanted.map_err(|error| error.failure())?;
    let before = read_layout(host, request.directory, deadline)?;
    if wanted.is_met_by(&before) {
        return Ok(Applied::Already(before));
    }
    let stands = match (is_root, &before) {
        (true, _) => Some("it is the root of its file system".to_owned()),
        (false, Layout::Inherited { .. }) => None,
        (false, set) => Some(format!("somebody set {set}")),
    };
    if let Some(stands) = stands.filter(|_| !request.replace) {
        let path = request.directory.to_owned();
        return Err(LayoutError::Stands { path, stands }.failure());
    }
    let mut arguments = vec!["setstripe".to_owned()];
    arguments.extend(wanted.setstripe_arguments());
    let (command, done) = lfs(host, arguments, request.directory, deadline)?;
    if !done.status.success() {
        return Err(LayoutError::Command { command, said: done.last_words() }.failure());
    }
    let after = read_layout(host, request.directory, deadline)?;
    if !wanted.is_met_by(&after) {
        return Err(LayoutError::NotProved {
            path: request.directory.to_owned(),
            wanted: wanted.to_string(),
            found: after.to_string(),
        }
        .failure());
    }
    Ok(Applied::Changed { before, after, command })
}

/// Checks that a path is a directory on Lustre, named without a symbolic link; true for the root
/// of the file system. The directory itself is looked at in an expendable child.
fn check_path(
    host: &Host,
    table: &MountTable,
    path: &Path,
    deadline: Deadline,
) -> Result<bool, LayoutError> {
    let unfit = |because: String, remedy: &str| LayoutError::Path {
        path: path.to_owned(),
        because,
        remedy: remedy.to_owned(),
    };
    if !path.is_absolute() {
        return Err(unfit("it does not begin with '/'".into(), "name it with its whole path"));
    }
    let mount = table.containing(path).filter(|mount| host.is_lustre(mount));
    let Some(mount) = mount else {
        let kind = table.containing(path).map_or("nothing", |mount| mount.fs_type.as_str());
        let because = format!("it is not on Lustre but on {kind}");
        return Err(unfit(because, "mount the file system, or name a directory on it"));
    };
    let done = fsxlustre_mount::host::Program::own()
        .run(&Work::Inspect(path.to_owned()).arguments(), &RunLimits::until(deadline))
        .map_err(|error| unfit(error.because(), "run `fsxlustre check`"))?;
    let report: DirectoryReport = serde_json::from_str(&done.stdout)
        .map_err(|_| unfit(done.last_words(), "make the directory first: mkdir"))?;
    if !report.is_directory {
        return Err(unfit("it is not a directory".into(), "name a directory"));
    }
    if report.real_path != path {
        let because = format!("a symbolic link leads from it to {}", report.real_path.display());
        return Err(unfit(because, "name the directory itself"));
    }
    let is_whole = Device::shown_by(mount).is_none_or(|shown| shown.subdir.is_none());
    Ok(is_whole && mount.directory == path)
}

fn read_layout(host: &Host, path: &Path, deadline: Deadline) -> Result<Layout, Failure> {
    let arguments = ["getstripe", "-d"].map(str::to_owned).to_vec();
    let (command, done) = lfs(host, arguments, path, deadline)?;
    if !done.status.success() {
        return Err(LayoutError::Command { command, said: done.last_words() }.failure());
    }
    Layout::parse_text(&done.stdout).map_err(|error| {
        let said = error.to_string();
        LayoutError::Answer { command, said }.failure()
    })
}

fn lfs(
    host: &Host,
    mut arguments: Vec<String>,
    path: &Path,
    deadline: Deadline,
) -> Result<(String, Finished), Failure> {
    arguments.push(path.display().to_string());
    let command = format!("lfs {}", arguments.join(" "));
    let program = host.program("lfs").map_err(|error| error.failure())?;
    let done =
        program.run(&arguments, &RunLimits::until(deadline)).map_err(|error| error.failure())?;
    Ok((command, done))
}
