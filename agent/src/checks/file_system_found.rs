//! Was the file system found, and can it be mounted?

use super::Verdict::{Fail, Unknown, Warn};
use super::{Check, Evidence, Finding, Group};
use crate::facts::{Asked, Facts};
use fsxlustre_mount::failure::{Class, Failure};
use fsxlustre_mount::file_system::FileSystem;

const NAME: &str = "file_system_found";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does AWS know each configured file system, and can it be mounted?",
    group: Group::Aws,
    is_required: true,
    meaning: "Asks fsx:DescribeFileSystems for the source that was given, or for those of fstab, of \
              [[jobs.mount]] and of our mounts. Pass: found and usable. Warn: still being created, or \
              misconfigured. Fail: failed, being deleted, or not found for a reason that somebody can \
              mend. Unknown: AWS could not be asked, or its lifecycle is new.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let all = facts.file_systems.iter();
    all.filter_map(|one| check(&one.asked).map(|finding| finding.about(&one.source))).collect()
}

/// Left out for a device, which needs no finding.
pub(super) fn check(asked: &Asked) -> Option<Finding> {
    let Asked::FileSystem(result) = asked else { return None };
    Some(match result.as_ref() {
        Ok(file_system) => found(file_system),
        Err(failure) => not_found(failure),
    })
}

fn found(file_system: &FileSystem) -> Finding {
    let FileSystem { id, lifecycle, region, .. } = file_system;
    let summary = format!("{id} in {region} is {lifecycle}");
    let evidence = Evidence::new(lifecycle, format!("fsx:DescribeFileSystems in {region}"));
    let show = format!("aws fsx describe-file-systems --region {region} --file-system-ids {id}");
    let finding = match lifecycle.as_str() {
        "AVAILABLE" | "UPDATING" => Finding::pass(NAME, summary),
        "CREATING" => {
            let remedy = "wait until it is AVAILABLE; a mount waits with `-o wait=SECONDS`";
            Finding::other(NAME, Warn, summary, remedy)
        }
        "MISCONFIGURED" => {
            let remedy = format!("it can be mounted; see what is wrong: {show}");
            Finding::other(NAME, Warn, summary, remedy)
        }
        "FAILED" | "DELETING" => {
            Finding::other(NAME, Fail, summary, "use another file system, or create it anew")
        }
        _ => Finding::other(NAME, Unknown, summary, format!("see what that means: {show}")),
    };
    let why = file_system.failure.as_ref();
    let finding = finding.seen(evidence);
    why.into_iter().fold(finding, |finding, why| finding.seen(Evidence::new(why, "FailureDetails")))
}

fn not_found(failure: &Failure) -> Finding {
    let verdict = match failure.code.row().class {
        Class::UserCanFix => Fail,
        Class::MayPass | Class::OurBug => Unknown,
    };
    let finding = Finding::other(NAME, verdict, &failure.what, &failure.remedy)
        .seen(Evidence::new(&failure.because, &failure.asked));
    Finding { code: Some(failure.code.to_string()), ..finding }
}
