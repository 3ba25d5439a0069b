//! Can this client use that file system?

use super::Verdict::{Fail, Unknown, Warn};
use super::{Check, Evidence, Finding, Group, install, matrix, node};
use crate::compat::{Fit, Listing, Matrix};
use crate::facts::{Asked, Facts, NodeFacts};
use fsxlustre_mount::file_system::FileSystem;

const NAME: &str = "file_system_version";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Can this client use each configured file system?",
    group: Group::Aws,
    is_required: true,
    meaning: "Compares the client's version (loaded, else installed) with FileSystemTypeVersion. Pass: \
              AWS says that they fit. Warn: AWS lists no such client or file system, or not on this \
              kernel. Fail: AWS says that they do not fit. Unknown: one of the two is not known.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let named = facts.file_systems.iter().filter(|one| !matches!(one.asked, Asked::Nothing));
    named.map(|one| check(&facts.node, one.asked.file_system()).about(&one.source)).collect()
}

/// Pass: AWS says that they fit. Warn: AWS lists no such client or file system, or not on this
/// kernel. Fail: AWS says that they do not fit. Unknown: one of the two versions is not known.
pub(super) fn check(facts: &NodeFacts, file_system: Option<&FileSystem>) -> Finding {
    let client = facts.client_version();
    let version = file_system.and_then(|found| found.lustre_version.as_deref());
    let file_system_evidence = Evidence::new(
        version.map_or_else(
            || "unknown: no answer of the API has it".into(),
            |v| format!("file system {v}"),
        ),
        "FileSystemTypeVersion, fsx:DescribeFileSystems",
    );
    judge(facts, client.value().map(String::as_str), version)
        .seen(Evidence::of(&client, |version| format!("client {version}")))
        .seen(file_system_evidence)
}

fn judge(facts: &NodeFacts, client: Option<&str>, version: Option<&str>) -> Finding {
    let other =
        |verdict, summary: String, remedy: String| Finding::other(NAME, verdict, summary, remedy);
    let Some(version) = version else {
        let remedy = "only the FSx API tells it: mend what `file_system_found` says, or name the file system by id, tag or name instead of its device";
        let summary = "the file system's Lustre version is not known";
        return other(Unknown, summary.into(), remedy.into());
    };
    let Some(client) = client else {
        let summary = format!("the client's version is not known; the file system has {version}");
        return other(Unknown, summary, format!("install the client first: {}", install(facts)));
    };
    let matrix = match matrix(facts) {
        Ok(matrix) => matrix,
        Err(evidence) => {
            let remedy = "install the fsxlustre package anew, and report this as a bug";
            let summary = "fsxlustre's compatibility data cannot be read";
            return other(Unknown, summary.into(), remedy.into()).seen(evidence);
        }
    };
    match matrix.client_fits(client, version) {
        Fit::Usable if !lists(matrix, facts, client, version) => other(
            Warn,
            format!(
                "client {client} can use file system {version}, but AWS does not list it on this kernel"
            ),
            "use a file system of a version that the row of `kernel_supported` names".into(),
        ),
        Fit::Usable => {
            Finding::pass(NAME, format!("client {client} can use file system {version}"))
        }
        Fit::Unusable => other(
            Fail,
            format!("client {client} cannot use file system {version}"),
            format!(
                "use a Lustre client {} here (a kernel that AWS lists with it), or another version of \
                 file system: `aws fsx update-file-system --file-system-type-version` raises one",
                matrix.clients_for(version).join(" or ")
            ),
        ),
        Fit::NotListed => other(
            Warn,
            format!("client {client} with file system {version} is not listed by AWS"),
            "use a client of series 2.12 or 2.15 that AWS lists, or try a mount on one node first"
                .into(),
        ),
    }
}

/// Whether the row of this kernel has that version too, where it is a row of the client's series.
fn lists(matrix: &Matrix, facts: &NodeFacts, client: &str, version: &str) -> bool {
    match node(facts).map(|node| matrix.kernel(node)) {
        Ok(Listing::Listed(row)) if client.starts_with(&row.client) => {
            row.file_systems.iter().any(|listed| listed == version)
        }
        _ => true,
    }
}
