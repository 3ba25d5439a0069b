//! Does the FSx API's quota allow a fleet of this size to boot at one moment?

use super::Verdict::Warn;
use super::{Check, Evidence, Finding, Group};
use fsxlustre_mount::answer::{AnswerSettings, TIME_AFTER_SLOT};
use std::time::Duration;

const NAME: &str = "fleet_fits_quota";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Does the FSx API's quota allow a fleet of this size to boot at one moment?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads [fleet] of the configuration. Pass: every node has its turn within a mount's time, \
              or nodes have a map or a shared cache file. Warn: it does not. Left out where [fleet] \
              size is not set.",
    answer: |facts| check(&facts.fleet.0, facts.fleet.1).into_iter().collect(),
};

/// Pass: every node has its turn within a mount's time, or nodes have a map or a shared
/// cache file. Warn: it does not. Left out where `[fleet] size` is not set.
pub(super) fn check(answers: &AnswerSettings, budget: Duration) -> Option<Finding> {
    let size = answers.fleet.size?;
    let quota = answers.fleet.quota;
    let needed = answers.fleet.window().saturating_add(TIME_AFTER_SLOT).as_secs();
    // An eighth is kept for undoing what came up too late.
    let budget = budget.as_secs() - budget.as_secs() / 8;
    let told = format!(
        "the first calls of {size} nodes, spread to half of {quota} calls a second, take {needed} s; a \
         mount has {budget} s for it"
    );
    let finding = if needed <= budget {
        Finding::pass(NAME, told)
    } else if answers.shared.is_some() || !answers.map.is_empty() {
        let told = format!("{told}; the map or the shared cache file answers for what is in it");
        Finding::pass(NAME, told)
    } else {
        let remedy = "give the nodes a map (`fsxlustre resolve --export-map`) or a shared cache file \
                      (`fsxlustre resolve --write-cache FILE`, `[cache] shared`), or raise \
                      mount.timeout; else nodes beyond it use their last answer or fail at boot";
        Finding::other(NAME, Warn, told, remedy)
    };
    Some(finding.seen(Evidence::new(format!("size {size}, quota {quota}"), "[fleet]")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Verdict;
    use fsxlustre_mount::answer::Fleet;

    #[test]
    fn a_fleet_beyond_the_quota_is_warned_of_unless_nodes_need_no_call() {
        let with =
            |size| AnswerSettings { fleet: Fleet { size, quota: 10 }, ..AnswerSettings::default() };
        let budget = Duration::from_secs(80);
        let verdict = |answers: &AnswerSettings| check(answers, budget).map(|one| one.verdict);
        assert_eq!(verdict(&with(None)), None);
        assert_eq!(verdict(&with(Some(300))), Some(Verdict::Pass));
        assert_eq!(verdict(&with(Some(310))), Some(Warn));
        let shared = AnswerSettings { shared: Some("/x".into()), ..with(Some(10_000)) };
        assert_eq!(verdict(&shared), Some(Verdict::Pass));
    }
}
