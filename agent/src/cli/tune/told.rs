//! What `fsxlustre tune` tells of each client, and the exit status that it comes to.

use crate::cli::{FAILED, Outcome};
use crate::tune::{
    Applied, Meant, ModuleRow, Persisted, Reverted, TuneError, TuningData, Wishes, applied_text,
    persist_path, reverted_text,
};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::Host;
use fsxlustre_mount::journal::{Entry, Priority};

/// Exit status: something is to be set (`plan`), or was changed by somebody else and left alone.
pub(super) const DIFFERS: u8 = 3;

pub(super) fn told(
    outcome: &mut Outcome,
    data: &TuningData,
    wishes: &Wishes,
    meant: &Meant,
    applied: &Applied,
) {
    let text = applied_text(data, wishes, meant, applied);
    if !applied.written.is_empty() {
        log_lines(outcome, &text);
    }
    outcome.stdout += &text;
    let because = applied.troubles();
    if !because.is_empty() {
        let error = TuneError::Refused {
            client: meant.client.name(),
            profile: wishes.profile.clone(),
            because: because.join("; "),
        };
        fails(outcome, &error.failure());
    } else if applied.plan.has_drifted() {
        outcome.status = outcome.status.max(DIFFERS);
        drifted(outcome, meant);
    }
}

/// What was left since somebody else set it, as a warning with its code.
fn drifted(outcome: &mut Outcome, meant: &Meant) {
    let row = Code::TuneDrift.row();
    let line = format!("{} [{}]: {}: {}", meant.client.name(), row.id, row.title, row.remedy);
    outcome.stderr.extend(["fsxlustre: warning: ", &line, "\n"]);
    outcome.log.push(Entry::new(Priority::Warning, line));
}

pub(super) fn put_back(
    outcome: &mut Outcome,
    data: &TuningData,
    meant: &Meant,
    reverted: &Reverted,
) {
    let text = reverted_text(data, meant, reverted);
    if !reverted.written.is_empty() {
        log_lines(outcome, &text);
    }
    outcome.stdout += &text;
    let because = reverted.troubles();
    if !because.is_empty() {
        let because = because.join("; ");
        fails(outcome, &TuneError::NotPutBack { client: meant.client.name(), because }.failure());
    } else if !reverted.left.is_empty() {
        outcome.status = outcome.status.max(DIFFERS);
    }
}

fn log_lines(outcome: &mut Outcome, text: &str) {
    outcome.log.extend(text.lines().map(|line| Entry::new(Priority::Info, line)));
}

/// A failure of one client; 1 goes before 3.
pub(super) fn fails(outcome: &mut Outcome, failure: &Failure) {
    let failed = Outcome::failed(failure);
    outcome.stderr += &failed.stderr;
    outcome.log.extend(failed.log);
    outcome.status = FAILED;
}

/// 1 stays when a later client differs.
pub(super) fn settled(outcome: Outcome) -> Outcome {
    let has_failed = outcome.stderr.contains("fsxlustre: FSXL-") || outcome.status == FAILED;
    Outcome { status: if has_failed { FAILED } else { outcome.status }, ..outcome }
}

pub(super) fn persisted_text(
    host: &Host,
    persisted: Option<Persisted>,
    modules: &[ModuleRow],
) -> String {
    let path = persist_path(host).display().to_string();
    match persisted {
        None if modules.iter().any(|row| !row.holds && !row.is_given) => {
            "modules: not set; `fsxlustre tune apply --persist` writes them for the next boot\n"
                .into()
        }
        None => String::new(),
        Some(Persisted::Written) => {
            format!("modules: {path} written; the modules take it after a reboot\n")
        }
        Some(Persisted::Removed) => {
            format!("modules: {path} removed; the modules go without after a reboot\n")
        }
        Some(Persisted::Already) => format!("modules: {path}: nothing done\n"),
    }
}
