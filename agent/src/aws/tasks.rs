//! Data repository tasks of a file system: what there are, and an export that is begun.

use super::{Action, Aws, AwsError};
use aws_sdk_fsx::primitives::DateTime;
use aws_sdk_fsx::types::{
    self, CompletionReport, DataRepositoryTaskFilter, DataRepositoryTaskFilterName,
    DataRepositoryTaskType, ReportFormat, ReportScope,
};
use serde::{Deserialize, Serialize};

/// What a compute node may have, too.
const READ_ONLY: &str = "data-repositories.json";
const DESCRIBE: &Action =
    &Action { name: "fsx:DescribeDataRepositoryTasks", service: "fsx", policy: READ_ONLY };
const CREATE: &Action =
    &Action { name: "fsx:CreateDataRepositoryTask", service: "fsx", policy: "export.json" };
/// A service that never ends is not followed for ever.
const MOST_PAGES: usize = 1_000;
/// The type of an export, as the API names it.
const EXPORT: &str = "EXPORT_TO_REPOSITORY";

/// A data repository task as the API told it.
///
/// *Source*: `DescribeDataRepositoryTasks` of the FSx API (2018-03-01). The service counts about every
/// 30 s, and the total may still grow while a task is executing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// `task-…`.
    pub id: String,
    /// `EXPORT_TO_REPOSITORY`, `IMPORT_METADATA_FROM_REPOSITORY`, `RELEASE_DATA_FROM_FILESYSTEM`.
    pub kind: String,
    /// `PENDING`, `EXECUTING`, `SUCCEEDED`, `FAILED`, `CANCELING`, `CANCELED`.
    pub lifecycle: String,
    /// Paths below the file system's root, without a `/` before them; none for all of it.
    #[serde(default)]
    pub paths: Vec<String>,
    /// When it was made, seconds since 1970 UTC.
    #[serde(default)]
    pub created_unix_seconds: Option<u64>,
    /// When it began.
    #[serde(default)]
    pub started_unix_seconds: Option<u64>,
    /// When it ended.
    #[serde(default)]
    pub ended_unix_seconds: Option<u64>,
    /// Files in all, as far as they are counted.
    #[serde(default)]
    pub total: Option<u64>,
    /// Files that are done.
    #[serde(default)]
    pub succeeded: Option<u64>,
    /// Files that failed.
    #[serde(default)]
    pub failed: Option<u64>,
    /// When these were counted.
    #[serde(default)]
    pub counted_unix_seconds: Option<u64>,
    /// Where its report of failed files goes, `s3://BUCKET/PREFIX`; `None` where it writes none.
    #[serde(default)]
    pub report: Option<String>,
    /// Why it failed, in the API's own words.
    #[serde(default)]
    pub failure: Option<String>,
}

impl Task {
    /// Whether it exports.
    pub fn is_export(&self) -> bool {
        self.kind == EXPORT
    }

    /// Whether it goes on, or waits to: it then keeps the file system from being deleted.
    pub fn is_open(&self) -> bool {
        !matches!(self.lifecycle.as_str(), "SUCCEEDED" | "FAILED" | "CANCELED")
    }

    /// Whether every file of it was exported, as it told.
    pub fn is_proof(&self) -> bool {
        self.is_export() && self.lifecycle == "SUCCEEDED" && self.failed == Some(0)
    }
}

/// An export that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOrder {
    /// The file system.
    pub file_system_id: String,
    /// Paths below its root, without a `/` before them; none for all of it.
    pub paths: Vec<String>,
    /// Where the report of failed files goes, `s3://BUCKET/PREFIX`.
    pub report: Option<String>,
    /// What tells this request from others: the same again makes no second task. At most 63 ASCII
    /// characters.
    pub token: String,
}

/// Every task of a file system that the service still knows, whatever its type.
///
/// # Errors
/// [`AwsError`].
pub async fn tasks_of(aws: &Aws, file_system_id: &str) -> Result<Vec<Task>, AwsError> {
    let filter = DataRepositoryTaskFilter::builder()
        .name(DataRepositoryTaskFilterName::FileSystemId)
        .values(file_system_id)
        .build();
    let (mut all, mut token) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let ask = || {
            aws.fsx
                .describe_data_repository_tasks()
                .filters(filter.clone())
                .set_next_token(token.clone())
                .send()
        };
        let answer = aws.call(aws.asked(DESCRIBE, "*"), ask).await?;
        let of_it = answer
            .data_repository_tasks()
            .iter()
            .filter(|task| task.file_system_id() == Some(file_system_id));
        for task in of_it {
            all.push(told(aws, DESCRIBE, task)?);
        }
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(all);
        }
    }
    let because = format!("there is no end to the pages of the tasks of {file_system_id}");
    Err(AwsError::Answer { asked: aws.asked(DESCRIBE, "*"), because })
}

/// One task by its id; `None` where the service does not know it any more.
///
/// # Errors
/// [`AwsError`].
pub async fn task(aws: &Aws, id: &str) -> Result<Option<Task>, AwsError> {
    let ask = || aws.fsx.describe_data_repository_tasks().task_ids(id).send();
    match aws.call(aws.asked(DESCRIBE, "*"), ask).await {
        Ok(answer) => {
            let found = answer.data_repository_tasks().iter().find(|one| one.task_id() == Some(id));
            found.map(|task| told(aws, DESCRIBE, task)).transpose()
        }
        Err(AwsError::Refused { code, .. }) if code == "DataRepositoryTaskNotFound" => Ok(None),
        Err(error) => Err(error),
    }
}

/// Begins an export, or answers with the one that the same token has begun.
///
/// # Errors
/// [`AwsError`].
pub async fn create_export(aws: &Aws, order: &ExportOrder) -> Result<Task, AwsError> {
    let report = CompletionReport::builder().enabled(order.report.is_some());
    let report = match &order.report {
        Some(path) => report
            .path(path)
            .format(ReportFormat::ReportCsv20191124)
            .scope(ReportScope::FailedFilesOnly),
        None => report,
    };
    // Only `enabled` is needed, which is there.
    let report = report.build();
    let ask = || {
        aws.fsx
            .create_data_repository_task()
            .r#type(DataRepositoryTaskType::Export)
            .file_system_id(&order.file_system_id)
            .set_paths((!order.paths.is_empty()).then(|| order.paths.clone()))
            .report(report.clone())
            .client_request_token(&order.token)
            .send()
    };
    let answer = aws.call(aws.asked(CREATE, "*"), ask).await?;
    let lacks = || AwsError::Answer {
        asked: aws.asked(CREATE, "*"),
        because: "DataRepositoryTask is missing in the answer".into(),
    };
    told(aws, CREATE, answer.data_repository_task().ok_or_else(lacks)?)
}

fn told(
    aws: &Aws,
    action: &'static Action,
    task: &types::DataRepositoryTask,
) -> Result<Task, AwsError> {
    let lacks = |field: &str| AwsError::Answer {
        asked: aws.asked(action, "*"),
        because: format!("{field} is missing in the answer"),
    };
    let seconds = |time: Option<&DateTime>| time.and_then(|time| u64::try_from(time.secs()).ok());
    let count = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
    let status = task.status();
    let report = task.report().filter(|report| report.enabled() == Some(true));
    Ok(Task {
        id: task.task_id().ok_or_else(|| lacks("TaskId"))?.to_owned(),
        kind: task.r#type().ok_or_else(|| lacks("Type"))?.as_str().to_owned(),
        lifecycle: task.lifecycle().ok_or_else(|| lacks("Lifecycle"))?.as_str().to_owned(),
        paths: task.paths().to_vec(),
        created_unix_seconds: seconds(task.creation_time()),
        started_unix_seconds: seconds(task.start_time()),
        ended_unix_seconds: seconds(task.end_time()),
        total: count(status.and_then(types::DataRepositoryTaskStatus::total_count)),
        succeeded: count(status.and_then(types::DataRepositoryTaskStatus::succeeded_count)),
        failed: count(status.and_then(types::DataRepositoryTaskStatus::failed_count)),
        counted_unix_seconds: seconds(
            status.and_then(types::DataRepositoryTaskStatus::last_updated_time),
        ),
        report: report.and_then(CompletionReport::path).map(str::to_owned),
        failure: task.failure_details().and_then(|why| why.message()).map(str::to_owned),
    })
}
