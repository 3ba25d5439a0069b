//! How a start ended, for `job show`, the report and whoever looks at the node.

use crate::jobs::{Cause, Phase, Verdict};
use fsxlustre_mount::failure::{Failure, one_line};
use fsxlustre_mount::mount::{Done, MountReport};
use serde::{Deserialize, Serialize};

/// What became of one file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "became")]
pub enum MountOutcome {
    /// This start mounted it.
    Made {
        /// The Lustre device.
        device: String,
        /// The file system's id, where a source was resolved.
        file_system_id: Option<String>,
    },
    /// It was there: of an earlier job, or of somebody else.
    Found {
        /// The Lustre device.
        device: String,
        /// The file system's id, where a source was resolved.
        file_system_id: Option<String>,
    },
    /// The job goes without it.
    Missing {
        /// Why, as the table of causes has it.
        cause: Cause,
        /// The failure's code.
        code: String,
        /// What did not work, and why.
        because: String,
        /// The Lustre device, where it is mounted all the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<String>,
        /// The file system's id, where it is mounted all the same and a source was resolved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file_system_id: Option<String>,
    },
}

impl MountOutcome {
    /// Of a mount that is there.
    pub fn of_report(report: &MountReport) -> Self {
        let (device, file_system_id) = (report.device.to_string(), report.file_system_id.clone());
        if report.done == Done::Made {
            Self::Made { device, file_system_id }
        } else {
            Self::Found { device, file_system_id }
        }
    }

    /// Of one that is not, or not as it should be: then with what is mounted.
    pub fn of_failure(failure: &Failure, mounted: Option<&MountReport>) -> Self {
        Self::Missing {
            device: mounted.map(|report| report.device.to_string()),
            file_system_id: mounted.and_then(|report| report.file_system_id.clone()),
            cause: Cause::of(failure.code),
            code: failure.code.to_string(),
            because: one_line(&format!("{}: {}", failure.what, failure.because)),
        }
    }
}

/// How long a phase took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTime {
    /// The phase.
    pub phase: Phase,
    /// From its own start to its end.
    pub milliseconds: u64,
}

/// How a start ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartOutcome {
    /// What becomes of the job; `None` where all is ready.
    pub verdict: Option<Verdict>,
    /// When it ended, seconds since 1970 UTC.
    pub ended_unix_seconds: u64,
    /// Its phases, in their order.
    pub phases: Vec<PhaseTime>,
}
