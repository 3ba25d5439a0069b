//! Are the lines of fstab right?

use super::{Check, Evidence, Finding, Group};
use crate::facts::Facts;
use crate::fstab::judge::{Judged, Verdict as Grade};

const NAME: &str = "fstab";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Are fstab's lines of type fsxlustre and lustre right?",
    group: Group::Local,
    is_required: false,
    meaning: "Judges each line as `fsxlustre fstab check` does, which says more. Pass: nothing to say but \
              notes. Warn: a line works until something else goes wrong. Fail: a line does not do what it \
              is there for, or harms the boot. Unknown: the file cannot be read. Left out without lines.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    if let Some(lines) = facts.fstab.value() {
        return lines.iter().map(|line| check(line, facts.fstab.from())).collect();
    }
    let finding = Finding::unknown(NAME, "fstab could not be read", "make it readable");
    vec![finding.seen(Evidence::unknown(&facts.fstab))]
}

fn check(line: &Judged, file: &str) -> Finding {
    let worst = line.findings.iter().min_by_key(|finding| finding.verdict);
    let seen = Evidence::new(
        format!("line {}: {} {} {}", line.line, line.source, line.directory, line.fs_type),
        file,
    );
    let finding = match worst {
        Some(found) if found.verdict != Grade::Note => {
            let verdict = match found.verdict {
                Grade::Fail => super::Verdict::Fail,
                Grade::Warn | Grade::Note => super::Verdict::Warn,
            };
            let summary = format!("line {}: {}: {}", line.line, found.what, found.because);
            let write =
                line.write.as_ref().map(|text| format!("; the line: {text}")).unwrap_or_default();
            Finding::other(NAME, verdict, summary, format!("{}{write}", found.remedy))
        }
        _ => Finding::pass(NAME, format!("line {} is right", line.line)),
    };
    finding.about(&line.directory).seen(seen)
}
