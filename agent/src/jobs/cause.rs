//! Why a job does not get what the configuration gives it, and what that leads to: the one table.
//!
//! Where a cause lies decides. What lies outside this node drains no node, or a file system that is
//! down would drain the fleet; a user's own mistake never does.

use fsxlustre_mount::failure::Code;
use serde::{Deserialize, Serialize};

/// Why a job does not get a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The Lustre client of this node.
    Module,
    /// LNet of this node.
    Lnet,
    /// Our state on this node.
    State,
    /// A mount of this file system on this node that could not be unmounted.
    Leaked,
    /// The mount point.
    Directory,
    /// The file system's servers.
    Unreachable,
    /// The file system's servers, or a rule of this node, let nobody in.
    Denied,
    /// The file system's lifecycle.
    NotAvailable,
    /// Tags that name none, or more than one.
    Ambiguous,
    /// The AWS API or IAM.
    Api,
    /// The job's other nodes use another file system.
    Disagrees,
    /// Versions of client and file system.
    Misfit,
    /// The layout.
    Layout,
    /// Time ran out, or a signal came.
    Late,
    /// The administrator's settings.
    Configuration,
    /// What the job itself said.
    Job,
    /// A fault of fsxlustre.
    Internal,
}

/// Where a cause lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lies {
    /// On this node only: the next node may be well.
    OnThisNode,
    /// Outside this node: all nodes have it.
    Outside,
    /// In the settings.
    InTheSettings,
    /// In the job.
    InTheJob,
}

/// What becomes of the job and the node; a worse one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The job runs, and is told by `FSXLUSTRE_STATUS`.
    Admit,
    /// The job's `TaskProlog` ends it; the node stays in service.
    Refuse,
    /// The start exits 1: Slurm drains the node and requeues the job.
    Drain,
}

/// One row of the table of causes.
#[derive(Clone, Copy, Debug)]
pub struct CauseRow {
    /// The cause.
    pub cause: Cause,
    /// Its name, in `[jobs] refuse` and `[jobs] drain`.
    pub word: &'static str,
    /// Where it lies.
    pub lies: Lies,
    /// What it is, after "because".
    pub meaning: &'static str,
}

/// Every cause.
pub const CAUSES: &[CauseRow] = &[
    row(
        Cause::Module,
        "module",
        Lies::OnThisNode,
        "the Lustre client is not installed, or its module cannot be loaded",
    ),
    row(
        Cause::Lnet,
        "lnet",
        Lies::OnThisNode,
        "LNet cannot start, or has no network of the server's kind",
    ),
    row(
        Cause::State,
        "state",
        Lies::OnThisNode,
        "/run/fsxlustre or the list of mounts cannot be used",
    ),
    row(
        Cause::Leaked,
        "leaked",
        Lies::OnThisNode,
        "an earlier mount of the file system is stuck or could not be unmounted",
    ),
    row(
        Cause::Directory,
        "directory",
        Lies::OnThisNode,
        "the mount point is unfit, in use, or has another file system on it",
    ),
    row(
        Cause::Unreachable,
        "unreachable",
        Lies::Outside,
        "the file system's servers do not answer, as in its maintenance window",
    ),
    row(
        Cause::Denied,
        "denied",
        Lies::Outside,
        "the file system's servers, or a security rule, do not let this client in",
    ),
    row(
        Cause::NotAvailable,
        "not-available",
        Lies::Outside,
        "the file system does not exist, is being made, failed or is being deleted",
    ),
    row(
        Cause::Ambiguous,
        "ambiguous",
        Lies::Outside,
        "its tags name no file system, or more than one",
    ),
    row(
        Cause::Api,
        "api",
        Lies::Outside,
        "the AWS API or IAM did not answer the question which file system it is",
    ),
    row(
        Cause::Disagrees,
        "disagrees",
        Lies::Outside,
        "another node of the job uses another file system",
    ),
    row(
        Cause::Misfit,
        "misfit",
        Lies::Outside,
        "the versions of client and file system do not work together",
    ),
    row(
        Cause::Layout,
        "layout",
        Lies::Outside,
        "it is mounted, and its layout could not be applied",
    ),
    row(
        Cause::Late,
        "late",
        Lies::Outside,
        "another call kept it busy until the deadline, a signal came, or the node is being taken away",
    ),
    row(
        Cause::Configuration,
        "configuration",
        Lies::InTheSettings,
        "the settings, or a source or an option in them, are not right",
    ),
    row(
        Cause::Job,
        "job",
        Lies::InTheJob,
        "the job lacks a field that the rule's source is made of, or Slurm's variables are not right",
    ),
    row(Cause::Internal, "internal", Lies::Outside, "a fault of fsxlustre itself"),
];

const fn row(cause: Cause, word: &'static str, lies: Lies, meaning: &'static str) -> CauseRow {
    CauseRow { cause, word, lies, meaning }
}

/// The causes of failures, by their codes; every other code is about the settings.
const CODES_OF: &[(Cause, &[Code])] = &[
    (Cause::Module, &[Code::MountHelperMissing, Code::ModuleMissing, Code::MountPermission]),
    (Cause::Lnet, &[Code::LnetDown, Code::NoNetwork, Code::NetworkNamespace]),
    (
        Cause::State,
        &[Code::StateUnwritable, Code::MountInfoUnreadable, Code::JobState, Code::NotRoot],
    ),
    (
        Cause::Leaked,
        &[
            Code::MountStuck,
            Code::Busy,
            Code::UnmountTimeout,
            Code::UnmountFailed,
            Code::ClientStays,
            Code::EvictedAndDirty,
            Code::OthersUseIt,
            Code::StaysCutOff,
        ],
    ),
    (
        Cause::Directory,
        &[
            Code::MountPointMissing,
            Code::MountPointUnfit,
            Code::MountPointNotEmpty,
            Code::MountPointBusy,
            Code::MountExists,
            Code::SameFsname,
            Code::DirectoryKept,
            Code::NotMounted,
            Code::NamespaceUnusable,
        ],
    ),
    (
        Cause::Unreachable,
        &[
            Code::ServerUnreachable,
            Code::NameUnresolved,
            Code::MountTimeout,
            Code::NoAnswer,
            Code::MountFailed,
            Code::ProgramFailed,
            Code::NotGone,
        ],
    ),
    (Cause::Denied, &[Code::MountDenied]),
    (
        Cause::NotAvailable,
        &[
            Code::FileSystemUnknown,
            Code::FileSystemUnusable,
            Code::FileSystemCreating,
            Code::FsnameUnknown,
            Code::NotLustre,
        ],
    ),
    (Cause::Ambiguous, &[Code::TagUnknown, Code::TagAmbiguous, Code::OtherNetwork]),
    (
        Cause::Api,
        &[
            Code::NoRegion,
            Code::NoCredentials,
            Code::AccessDenied,
            Code::ApiUnavailable,
            Code::ApiTimeout,
            Code::ApiAnswer,
            Code::CredentialsRefused,
            Code::ClockSkew,
            Code::ApiThrottled,
            Code::ApiRefused,
            Code::NodeUnknown,
            Code::ResolverFailed,
            Code::SlotBeyondBudget,
        ],
    ),
    (Cause::Disagrees, &[Code::PinDisagrees]),
    (Cause::Misfit, &[Code::VersionMisfit]),
    (
        Cause::Layout,
        &[
            Code::LayoutProfile,
            Code::LayoutPath,
            Code::LayoutCommand,
            Code::LayoutNotProved,
            Code::LayoutAnswer,
            Code::LayoutStands,
            Code::LayoutDiffers,
            Code::LayoutPermission,
            Code::LayoutFeature,
            Code::LayoutLate,
        ],
    ),
    (Cause::Late, &[Code::LockTimeout, Code::MountRace, Code::Interrupted, Code::NodeLeaves]),
    (Cause::Job, &[Code::JobVariable]),
    (Cause::Internal, &[Code::Internal]),
];

impl Cause {
    /// Its row.
    pub fn row(self) -> Option<&'static CauseRow> {
        CAUSES.iter().find(|row| row.cause == self)
    }

    /// Its name.
    pub fn word(self) -> &'static str {
        self.row().map_or("internal", |row| row.word)
    }

    /// The cause of a failure of that code.
    pub fn of(code: Code) -> Self {
        let row = CODES_OF.iter().find(|(_, codes)| codes.contains(&code));
        row.map_or(Self::Configuration, |(cause, _)| *cause)
    }
}

impl Verdict {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Refuse => "refuse",
            Self::Drain => "drain",
        }
    }

    /// The exit status of the start.
    pub fn exit(self) -> u8 {
        u8::from(self == Self::Drain)
    }
}

impl Lies {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::OnThisNode => "on this node",
            Self::Outside => "outside",
            Self::InTheSettings => "in the settings",
            Self::InTheJob => "in the job",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::JobsSection;
    use crate::jobs::Policy;
    use fsxlustre_mount::failure::CODES;
    use std::collections::BTreeSet;

    #[test]
    fn each_cause_has_one_row_and_its_word() {
        let words: BTreeSet<_> = CAUSES.iter().map(|row| row.word).collect();
        let causes: BTreeSet<_> = CAUSES.iter().map(|row| row.cause).collect();
        assert_eq!((words.len(), causes.len()), (CAUSES.len(), CAUSES.len()));
        for row in CAUSES {
            let json = serde_json::to_string(&row.cause).expect("text");
            assert_eq!(json, format!("\"{}\"", row.word));
        }
    }

    #[test]
    fn by_default_only_what_lies_on_this_node_drains_it() {
        let policy = JobsSection::default().policy();
        for code in CODES.iter().filter_map(|row| Code::from_id(row.id)) {
            let cause = Cause::of(code);
            let drains = policy.verdict(cause) == Verdict::Drain;
            assert!(!drains || cause.row().map(|row| row.lies) == Some(Lies::OnThisNode), "{code}");
        }
        let of_a_job = Policy::new([], [Cause::Job]);
        assert_eq!(of_a_job.verdict(Cause::Job), Verdict::Admit, "a user drains no node");
    }

    #[test]
    fn only_codes_of_settings_are_taken_for_the_settings() {
        for row in CODES {
            let code = Code::from_id(row.id).expect("a code");
            if Cause::of(code) == Cause::Configuration {
                let is_setting = row.id.starts_with("FSXL-C") || row.id.starts_with("FSXL-E");
                let is_option = matches!(
                    code,
                    Code::LustreOption
                        | Code::NotADevice
                        | Code::OtherLnetNetwork
                        | Code::NotVerified
                        | Code::WriteRefused
                        | Code::RemountUnable
                        | Code::SubdirUnfit
                        | Code::UnmountKind
                );
                // What no start of a job meets.
                let is_of_no_start = matches!(
                    code,
                    Code::AccountingFailed
                        | Code::CommentStands
                        | Code::ManagedIdUnknown
                        | Code::NoPlan
                        | Code::NoReports
                        | Code::SpotUnknown
                ) || row.id.starts_with("FSXL-D");
                // To a job it is a warning.
                let is_warning = row.id.starts_with("FSXL-T") || row.id.starts_with("FSXL-H");
                let is_known = is_setting || is_option || is_of_no_start || is_warning;
                assert!(is_known, "{}: {}", row.id, row.title);
            }
        }
    }

    #[test]
    fn what_mount_lustre_fails_with_drains_only_where_its_parts_or_lnet_are_the_cause() {
        use fsxlustre_mount::mount::ERRNO_MEANINGS;
        let policy = JobsSection::default().policy();
        let said: Vec<_> = ERRNO_MEANINGS
            .iter()
            .map(|row| {
                let cause = Cause::of(row.code);
                (row.errnos, cause.word(), policy.verdict(cause).exit())
            })
            .collect();
        let wanted: &[(&[i32], &str, u8)] = &[
            (&[1], "module", 1),
            (&[1, 13], "denied", 0),
            (&[2], "lnet", 1),
            (&[2], "configuration", 0),
            (&[2], "directory", 0),
            (&[2], "configuration", 0),
            (&[2], "not-available", 0),
            (&[5], "unreachable", 0),
            (&[110, 111, 113], "unreachable", 0),
            (&[16, 114, 115], "late", 0),
            (&[17], "directory", 0),
            (&[19], "lnet", 1),
            (&[19], "module", 1),
            (&[20], "directory", 0),
            (&[22], "unreachable", 0),
            (&[22], "configuration", 0),
            (&[22], "configuration", 0),
            (&[36], "configuration", 0),
            (&[22], "configuration", 0),
            (&[126, 127], "module", 1),
            (&[], "unreachable", 0),
        ];
        assert_eq!(said, wanted);
    }
}
