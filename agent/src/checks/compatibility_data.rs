//! Does the administrator's own compatibility data serve?

use super::{Check, Evidence, Finding, Group};
use crate::compat::{InUse, OWN_FILE, OwnFile};
use crate::facts::{Facts, NodeFacts};

const NAME: &str = "compatibility_data";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does the compatibility data in /etc/fsxlustre serve?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads /etc/fsxlustre/compatibility.toml, which serves in place of what fsxlustre carries. \
              Pass: it is newer, and serves. Warn: it is no newer, is not root's alone, or is wrong; what \
              fsxlustre carries serves. Left out where there is no such file.",
    answer: |facts: &Facts| check(&facts.node).into_iter().collect(),
};

fn check(facts: &NodeFacts) -> Option<Finding> {
    let in_use = facts.compatibility.value()?;
    let finding = judge(in_use, in_use.own_file.as_ref()?);
    Some(
        finding.seen(Evidence::new(format!("data of {}", in_use.date), facts.compatibility.from())),
    )
}

fn judge(in_use: &InUse, own_file: &OwnFile) -> Finding {
    let date = &in_use.date;
    match own_file {
        OwnFile::Used { path } => Finding::pass(NAME, format!("{path} of {date} serves")),
        OwnFile::Older { path, date: own } => Finding::warn(
            NAME,
            format!("{path} of {own} is not used: fsxlustre carries data of {date}"),
            format!("take /{OWN_FILE} away, or put a newer one there"),
        ),
        OwnFile::Bad { path, because } => Finding::warn(
            NAME,
            format!("{path} is not used: {because}"),
            format!(
                "mend /{OWN_FILE}, or take it away; /usr/share/fsxlustre/compatibility.toml is one that \
                 is right"
            ),
        ),
    }
}
