//! DescribeFileSystems: one file system by its id, or all of them.
//!
//! The call has no filter for tags, so a look-up by tags reads every page; tags come with it.

use super::{Aws, AwsError};
use aws_sdk_fsx::Client;
use aws_sdk_fsx::operation::describe_file_systems::DescribeFileSystemsError;
use aws_sdk_fsx::types;
use fsxlustre_mount::file_system::{AnswerOrigin, FileSystem};
use fsxlustre_mount::source::Tag;

const ACTION: &str = "fsx:DescribeFileSystems";
/// More pages than any account has; a service that never ends is not followed for ever.
const MOST_PAGES: usize = 10_000;

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

/// Asks for one file system.
///
/// # Errors
/// [`AwsError`].
pub async fn describe_one(aws: &Aws, id: &str) -> Result<Described, AwsError> {
    let answer = Client::new(&aws.settings)
        .describe_file_systems()
        .file_system_ids(id)
        .send()
        .await
        .map_err(|error| match error.as_service_error() {
            Some(DescribeFileSystemsError::FileSystemNotFound(_)) => {
                AwsError::FileSystemNotFound { id: id.into(), region: aws.region().into() }
            }
            _ => AwsError::of_call(ACTION, &error),
        })?;
    let found = answer.file_systems().iter().find(|found| found.file_system_id() == Some(id));
    let found = found.ok_or_else(|| AwsError::FileSystemNotFound {
        id: id.into(),
        region: aws.region().into(),
    })?;
    described(found, aws.region())
}

/// Asks for all file systems: every page, also after a short or empty one.
///
/// # Errors
/// [`AwsError`].
pub async fn describe_all(aws: &Aws) -> Result<Vec<FileSystem>, AwsError> {
    let client = Client::new(&aws.settings);
    let (mut all, mut token) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let answer = client
            .describe_file_systems()
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| AwsError::of_call(ACTION, &error))?;
        for found in answer.file_systems() {
            // One that is being made may lack its names yet; it is no mount's business.
            if let Ok(Described::Lustre(file_system)) = described(found, aws.region()) {
                all.push(*file_system);
            }
        }
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    Ok(all)
}

fn described(found: &types::FileSystem, region: &str) -> Result<Described, AwsError> {
    let lacks = |field: &str| AwsError::Answer {
        action: ACTION,
        because: format!("{field} is missing in the answer"),
    };
    let id = found.file_system_id().ok_or_else(|| lacks("FileSystemId"))?.to_owned();
    let kind = found.file_system_type().map_or("an unknown type", types::FileSystemType::as_str);
    if kind != "LUSTRE" {
        return Ok(Described::Other { id, kind: kind.to_owned() });
    }
    let lustre = found.lustre_configuration();
    let name = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Ok(Described::Lustre(Box::new(FileSystem {
        id,
        dns_name: name(found.dns_name()),
        mount_name: name(lustre.and_then(types::LustreFileSystemConfiguration::mount_name)),
        lifecycle: found.lifecycle().ok_or_else(|| lacks("Lifecycle"))?.as_str().to_owned(),
        failure: found.failure_details().and_then(|details| details.message()).map(str::to_owned),
        lustre_version: found.file_system_type_version().map(str::to_owned),
        deployment_type: lustre
            .and_then(|lustre| lustre.deployment_type())
            .map(|kind| kind.as_str().to_owned()),
        storage_capacity_gib: found.storage_capacity().and_then(|size| u32::try_from(size).ok()),
        vpc_id: found.vpc_id().map(str::to_owned),
        owner_id: found.owner_id().map(str::to_owned),
        created_unix_seconds: found.creation_time().map(aws_sdk_fsx::primitives::DateTime::secs),
        tags: found
            .tags()
            .iter()
            .filter_map(|tag| Some(Tag { key: tag.key()?.into(), value: tag.value()?.into() }))
            .collect(),
        region: region.to_owned(),
        origin: AnswerOrigin::default(),
        warnings: Vec::new(),
    })))
}
