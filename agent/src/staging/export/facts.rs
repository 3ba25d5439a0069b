//! The asking: the file system, its data repositories, its tasks, and what `CloudWatch` says of it.

use super::{ExportError, Place};
use crate::aws::fsx::{Described, describe_all, describe_one};
use crate::aws::metric::{FsxMetric, Point, points};
use crate::aws::tasks::{Task, tasks_of};
use crate::aws::{self, Aws, AwsError, RegionHints};
use crate::config::AgentConfig;
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::file_system::{DataRepository, FileSystem};
use fsxlustre_mount::host::{Bounds, unix_seconds};

/// What names a file system: its id, or Lustre's name of it where that is all there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub id: Option<String>,
    /// Lustre's name of it, which FSx calls the mount name.
    pub mount_name: String,
    /// The Region that the name it was mounted by has.
    pub region: Option<String>,
    /// Where it is mounted, for messages.
    pub mount: String,
}

impl Named {
    /// The file system that a path is on, or the one that the caller names.
    pub fn of(place: &Place, id: Option<&str>) -> Self {
        Self {
            id: id.map(str::to_owned).or_else(|| place.file_system_id.clone()),
            mount_name: place.device.fsname.clone(),
            region: place.region.clone(),
            mount: place.mount.directory.display().to_string(),
        }
    }

    /// One that is named by its id alone.
    pub fn by_id(id: &str, region: Option<&str>) -> Self {
        Self {
            id: Some(id.to_owned()),
            region: region.map(str::to_owned),
            mount: id.to_owned(),
            ..Self::default()
        }
    }
}

/// What AWS says of a file system. What could not be had is the reason, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The id.
    pub id: String,
    /// The Region.
    pub region: String,
    /// Lustre's name of it.
    pub mount_name: String,
    /// Its lifecycle.
    pub lifecycle: String,
    /// Its data repositories.
    pub repositories: Result<Vec<DataRepository>, String>,
    /// Its tasks.
    pub tasks: Result<Vec<Task>, String>,
    /// How long the oldest change waits for its automatic export, by the minute, newest first.
    pub queue: Result<Vec<Point>, String>,
    /// How many connections its clients have, by the minute, newest first.
    pub clients: Result<Vec<Point>, String>,
    /// When this was asked, seconds since 1970 UTC.
    pub asked_unix_seconds: u64,
}

/// Connects to AWS and makes calls, to their end or to the bounds.
///
/// # Errors
/// A failure that names what was asked and what mends it.
pub fn wait_for_calls<T>(
    config: &AgentConfig,
    hints: RegionHints<'_>,
    bounds: Bounds<'_>,
    calls: impl AsyncFnOnce(&Aws) -> Result<Result<T, Failure>, AwsError>,
) -> Result<T, Failure> {
    let asked = aws::block_on(bounds, async {
        let aws = Aws::connect(&config.aws, hints, bounds.deadline).await?;
        calls(&aws).await
    });
    asked.map_err(|error| error.failure())?
}

/// Asks for everything, side by side. Only that the file system itself is not known is a failure.
///
/// # Errors
/// [`AwsError`] of the look-up; the failure says that no one file system of FSx is meant.
pub async fn ask(aws: &Aws, named: &Named) -> Result<Result<Facts, Failure>, AwsError> {
    let found = match &named.id {
        Some(id) => match describe_one(aws, id).await? {
            Described::Lustre(found) => *found,
            Described::Other { id, kind } => {
                return Ok(Err(unknown(named, format!("{id} is of type {kind}")).failure()));
            }
        },
        None => match by_mount_name(describe_all(aws).await?.lustre, named) {
            Ok(found) => found,
            Err(error) => return Ok(Err(error.failure())),
        },
    };
    let id = found.id.as_str();
    let (repositories, tasks, queue, clients) = Box::pin(async {
        tokio::join!(
            aws::data_repositories(aws, id),
            tasks_of(aws, id),
            points(aws, id, FsxMetric::ExportQueueAge),
            points(aws, id, FsxMetric::ClientConnections),
        )
    })
    .await;
    let repositories = repositories.map_err(|error| words(&error)).map(|more| {
        // The one link that older file systems are made with, and the associations.
        found.data_repositories.iter().flatten().cloned().chain(more).collect()
    });
    Ok(Ok(Facts {
        region: found.region.clone(),
        mount_name: found.mount_name.clone(),
        lifecycle: found.lifecycle.clone(),
        repositories,
        tasks: tasks.map_err(|error| words(&error)),
        queue: queue.map_err(|error| words(&error)),
        clients: clients.map_err(|error| words(&error)),
        asked_unix_seconds: unix_seconds(),
        id: found.id,
    }))
}

fn words(error: &AwsError) -> String {
    format!("{} [{}]", error.because(), error.code())
}

fn unknown(named: &Named, because: String) -> ExportError {
    ExportError::FileSystem { mount: named.mount.clone(), because }
}

/// The one file system with the mount's name; the name of older ones is that of many.
fn by_mount_name(all: Vec<FileSystem>, named: &Named) -> Result<FileSystem, ExportError> {
    let mut found: Vec<FileSystem> =
        all.into_iter().filter(|one| one.mount_name == named.mount_name).collect();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => {
            Err(unknown(named, format!("no file system has the mount name {}", named.mount_name)))
        }
        (Some(_), false) => {
            let because = format!(
                "{} file systems have the mount name {}",
                found.len() + 1,
                named.mount_name
            );
            Err(unknown(named, because))
        }
    }
}
