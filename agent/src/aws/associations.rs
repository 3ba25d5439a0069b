//! `DescribeDataRepositoryAssociations`: what a file system is linked to. For people; no mount
//! needs it.

use super::{Action, Aws, AwsError};
use aws_sdk_fsx::types;
use fsxlustre_mount::file_system::DataRepository;

const ACTION: &Action = &Action {
    name: "fsx:DescribeDataRepositoryAssociations",
    service: "fsx",
    policy: "data-repositories.json",
};
/// A file system has at most 8; a service that never ends is not followed for ever.
const MOST_PAGES: usize = 100;

/// The data repositories of a file system: every page, also after a short or empty one.
///
/// # Errors
/// [`AwsError`].
pub async fn data_repositories(aws: &Aws, id: &str) -> Result<Vec<DataRepository>, AwsError> {
    let filter = types::Filter::builder().name(types::FilterName::FileSystemId).values(id).build();
    let (mut all, mut token) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let answer = aws
            .call(aws.asked(ACTION, "*"), || {
                aws.fsx
                    .describe_data_repository_associations()
                    .filters(filter.clone())
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let of_it = answer.associations().iter().filter(|one| one.file_system_id() == Some(id));
        all.extend(of_it.map(data_repository));
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    Ok(all)
}

fn data_repository(found: &types::DataRepositoryAssociation) -> DataRepository {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let words = |events: &[types::EventType]| {
        events.iter().map(|event| event.as_str().to_owned()).collect::<Vec<_>>()
    };
    let s3 = found.s3();
    let imported = s3.and_then(|s3| s3.auto_import_policy());
    let exported = s3.and_then(|s3| s3.auto_export_policy());
    DataRepository {
        id: found.association_id().map(str::to_owned),
        path: text(found.file_system_path()),
        location: text(found.data_repository_path()),
        import_events: imported.map(|policy| words(policy.events())).unwrap_or_default(),
        export_events: exported.map(|policy| words(policy.events())).unwrap_or_default(),
        lifecycle: found.lifecycle().map(|state| state.as_str().to_owned()),
        failure: found.failure_details().and_then(|why| why.message()).map(str::to_owned),
    }
}
