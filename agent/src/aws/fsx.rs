//! DescribeFileSystems: file systems by their ids, or all of them.
//!
//! The call has no filter for tags, so a look-up by tags reads every page; tags come with it.

use super::{Action, Asked, Aws, AwsError};
use aws_sdk_fsx::operation::describe_file_systems::DescribeFileSystemsOutput;
use aws_sdk_fsx::types;
use fsxlustre_mount::file_system::{AnswerOrigin, DataRepository, FileSystem};
use fsxlustre_mount::partition::Partition;
use fsxlustre_mount::source::Tag;

const ACTION: &Action =
    &Action { name: "fsx:DescribeFileSystems", service: "fsx", policy: "resolve.json" };
/// More pages than any account has; a service that never ends is not followed for ever.
const MOST_PAGES: usize = 10_000;
/// The most ids that one call takes.
const MOST_IDS: usize = 50;

/// One file system as the API gave it.
#[derive(Clone, Debug)]
pub enum Described {
    /// A Lustre file system.
    Lustre(Box<FileSystem>),
    /// One of another kind, by id and type.
    Other {
        /// Its id.
        id: String,
        /// `WINDOWS`, `ONTAP`, `OPENZFS`.
        kind: String,
    },
}

/// All Lustre file systems, and how many of other kinds there are.
#[derive(Clone, Debug, Default)]
pub struct AllFileSystems {
    /// Every Lustre file system.
    pub lustre: Vec<FileSystem>,
    /// How many are of another kind.
    pub others: usize,
    /// How many answers it took.
    pub pages: usize,
}

/// What a call for file systems asks, for messages.
pub fn asked(aws: &Aws) -> Asked {
    aws.asked(ACTION, "*")
}

/// Asks for one file system.
///
/// # Errors
/// [`AwsError`].
pub async fn describe_one(aws: &Aws, id: &str) -> Result<Described, AwsError> {
    let answer = page(aws, &[id.to_owned()], None).await.map_err(|error| match error {
        AwsError::Refused { code, .. } if code == "FileSystemNotFound" => {
            AwsError::unknown_file_system(aws, id)
        }
        other => other,
    })?;
    let found = answer.file_systems().iter().find(|found| found.file_system_id() == Some(id));
    described(found.ok_or_else(|| AwsError::unknown_file_system(aws, id))?, aws)
}

/// Asks for file systems by their ids, 50 in a call. Those that do not exist are left out: the
/// service refuses a call for one of them, so such a call is made in halves.
///
/// # Errors
/// [`AwsError`].
pub async fn describe_ids(aws: &Aws, ids: &[String]) -> Result<Vec<Described>, AwsError> {
    let mut all = Vec::new();
    let mut waiting: Vec<&[String]> = ids.chunks(MOST_IDS).rev().collect();
    while let Some(batch) = waiting.pop() {
        let mut token = None;
        for _ in 0..MOST_PAGES {
            let answer = match page(aws, batch, token).await {
                Ok(answer) => answer,
                Err(AwsError::Refused { code, .. }) if code == "FileSystemNotFound" => {
                    if batch.len() > 1 {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        waiting.extend([second, first]);
                    }
                    break;
                }
                Err(error) => return Err(error),
            };
            for found in answer.file_systems() {
                all.push(described(found, aws)?);
            }
            token = next(&answer);
            if token.is_none() {
                break;
            }
        }
    }
    Ok(all)
}

/// Asks for all file systems: every page, also after a short or empty one.
///
/// # Errors
/// [`AwsError`].
pub async fn describe_all(aws: &Aws) -> Result<AllFileSystems, AwsError> {
    let (mut all, mut token) = (AllFileSystems::default(), None);
    for _ in 0..MOST_PAGES {
        let answer = page(aws, &[], token).await?;
        all.pages += 1;
        for found in answer.file_systems() {
            match described(found, aws) {
                Ok(Described::Lustre(file_system)) => all.lustre.push(*file_system),
                // One that lacks what every file system has is no mount's business.
                Ok(Described::Other { .. }) | Err(_) => all.others += 1,
            }
        }
        token = next(&answer);
        if token.is_none() {
            break;
        }
    }
    Ok(all)
}

async fn page(
    aws: &Aws,
    ids: &[String],
    token: Option<String>,
) -> Result<DescribeFileSystemsOutput, AwsError> {
    let ids = (!ids.is_empty()).then(|| ids.to_vec());
    aws.call(asked(aws), || {
        aws.fsx
            .describe_file_systems()
            .set_file_system_ids(ids.clone())
            .set_next_token(token.clone())
            .send()
    })
    .await
}

fn next(answer: &DescribeFileSystemsOutput) -> Option<String> {
    answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned)
}

impl Described {
    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Lustre(found) => &found.id,
            Self::Other { id, .. } => id,
        }
    }
}

fn described(found: &types::FileSystem, aws: &Aws) -> Result<Described, AwsError> {
    let lacks = |field: &str| AwsError::Answer {
        asked: asked(aws),
        because: format!("{field} is missing in the answer"),
    };
    let id = found.file_system_id().ok_or_else(|| lacks("FileSystemId"))?.to_owned();
    let kind = found.file_system_type().map_or("an unknown type", types::FileSystemType::as_str);
    if kind != "LUSTRE" {
        return Ok(Described::Other { id, kind: kind.to_owned() });
    }
    let lifecycle = found.lifecycle().ok_or_else(|| lacks("Lifecycle"))?.as_str().to_owned();
    // The API gives the name; the partition's suffix makes the same one where it does not.
    let region = aws.region();
    let dns_name = found
        .dns_name()
        .map_or_else(|| Partition::of_region(region).dns_name(&id, region), str::to_owned);
    let whole = FileSystem {
        id,
        dns_name,
        lifecycle,
        failure: found.failure_details().and_then(|details| details.message()).map(str::to_owned),
        lustre_version: found.file_system_type_version().map(str::to_owned),
        storage_capacity_gib: found.storage_capacity().and_then(number),
        storage_type: found.storage_type().map(|kind| kind.as_str().to_owned()),
        arn: found.resource_arn().map(str::to_owned),
        subnet_ids: found.subnet_ids().to_vec(),
        vpc_id: found.vpc_id().map(str::to_owned),
        owner_id: found.owner_id().map(str::to_owned),
        created_unix_seconds: found.creation_time().map(aws_sdk_fsx::primitives::DateTime::secs),
        tags: found
            .tags()
            .iter()
            .filter_map(|tag| Some(Tag { key: tag.key()?.into(), value: tag.value()?.into() }))
            .collect(),
        region: aws.region().to_owned(),
        origin: AnswerOrigin::default(),
        ..FileSystem::default()
    };
    Ok(Described::Lustre(Box::new(match found.lustre_configuration() {
        Some(lustre) => with_lustre(whole, lustre),
        None => whole,
    })))
}

/// Adds what only Lustre file systems have.
fn with_lustre(whole: FileSystem, lustre: &types::LustreFileSystemConfiguration) -> FileSystem {
    FileSystem {
        mount_name: lustre.mount_name().unwrap_or_default().to_owned(),
        deployment_type: lustre.deployment_type().map(|kind| kind.as_str().to_owned()),
        throughput_mb_per_second_per_tib: lustre.per_unit_storage_throughput().and_then(number),
        throughput_mb_per_second: lustre.throughput_capacity().and_then(number),
        efa_enabled: lustre.efa_enabled(),
        maintenance_window: lustre.weekly_maintenance_start_time().map(str::to_owned),
        data_repositories: lustre.data_repository_configuration().map(|link| vec![older(link)]),
        ..whole
    }
}

/// The one link that SCRATCH and `PERSISTENT_1` file systems may be created with.
fn older(link: &types::DataRepositoryConfiguration) -> DataRepository {
    let events: &[&str] = match link.auto_import_policy() {
        Some(types::AutoImportPolicyType::New) => &["NEW"],
        Some(types::AutoImportPolicyType::NewChanged) => &["NEW", "CHANGED"],
        Some(types::AutoImportPolicyType::NewChangedDeleted) => &["NEW", "CHANGED", "DELETED"],
        _ => &[],
    };
    let location = link.import_path().or(link.export_path());
    DataRepository {
        id: None,
        path: "/".into(),
        location: location.unwrap_or_default().to_owned(),
        import_events: events.iter().map(|event| (*event).to_owned()).collect(),
        export_events: Vec::new(),
        lifecycle: link.lifecycle().map(|state| state.as_str().to_owned()),
        failure: link.failure_details().and_then(|why| why.message()).map(str::to_owned),
    }
}

fn number(given: i32) -> Option<u32> {
    u32::try_from(given).ok()
}
