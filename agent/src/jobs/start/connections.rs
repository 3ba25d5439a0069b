//! Whether a mount that was there already can be used: one whose servers do not answer is not ready.
//!
//! A mount that a start makes has just been proved. One that was there may have lost its servers long
//! ago, and statvfs answers from what the client remembers.

use super::{Lacking, Ready, Started};
use crate::status::{Imports, Reading};
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::{Deadline, Host};
use fsxlustre_mount::mount::Done;
use std::path::Path;
use std::time::Duration;

/// A connection that sleeps for want of work is CONNECTING for a moment when it is woken.
const COMES_BACK: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How many of them a message names.
const NAMED: usize = 4;

/// A look that goes on beside what else a start does.
#[derive(Debug, Default)]
pub(super) struct Look(Option<Reading>);

impl Look {
    /// Begins where something was there already. Nothing is sent to a server.
    pub(super) fn begin(host: &Host, started: &Started) -> Self {
        let was_there = started.ready.iter().any(|one| one.report.done != Done::Made);
        // What cannot be looked at is not known to be ill.
        Self(was_there.then(|| Reading::start(host).ok()).flatten())
    }

    /// Takes away from what is ready what cannot be used, with the reason.
    pub(super) fn finish(self, host: &Host, started: &mut Started, deadline: Deadline) {
        let Some(reading) = self.0 else { return };
        let mut imports = reading.finish();
        let until = deadline.at_most(COMES_BACK);
        while started.ready.iter().any(|one| is_dead(one, &imports)) && !until.has_passed() {
            std::thread::sleep(LOOK_AGAIN.min(until.left()));
            let Ok(again) = Reading::start(host) else { break };
            imports = again.finish();
        }
        let all = std::mem::take(&mut started.ready).into_iter();
        let (dead, well): (Vec<_>, Vec<_>) = all.partition(|one| is_dead(one, &imports));
        started.ready = well;
        started.lacking.extend(dead.into_iter().map(|one| Lacking {
            failure: failure(&one.directory, &imports.ill(&one.report.device.fsname)),
            directory: one.directory,
            is_mounted: true,
            report: Some(one.report),
        }));
    }
}

fn is_dead(one: &Ready, imports: &Imports) -> bool {
    one.report.done != Done::Made && !imports.ill(&one.report.device.fsname).is_empty()
}

fn failure(directory: &Path, ill: &[String]) -> Failure {
    let named = ill.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match ill.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Failure {
        code: Code::ServerUnreachable,
        what: format!("{} is mounted, but its servers do not answer", directory.display()),
        asked: format!("use {} as it is mounted", directory.display()),
        because: format!("the client's connections are not up: {named}{more}"),
        remedy: "see `fsxlustre status` and `fsxlustre check`; the client comes back by itself when the \
                 servers answer"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_a_few_of_them() {
        let ill: Vec<String> = (0..6).map(|ost| format!("OST000{ost} DISCONN")).collect();
        let failure = failure(Path::new("/mnt/a"), &ill);
        assert_eq!(
            failure.because,
            "the client's connections are not up: OST0000 DISCONN, OST0001 DISCONN, OST0002 DISCONN, \
             OST0003 DISCONN and 2 more"
        );
        assert_eq!(failure.code, Code::ServerUnreachable);
    }
}
