//! Is the clock right enough for AWS and for logs?

use super::{Check, Evidence, Finding, Group, utc};
use crate::facts::{Clock, Facts};

const NAME: &str = "clock";
/// Nobody runs this before it was written: 2026-01-01.
const EARLIEST: u64 = 1_767_225_600;
/// A century later.
const LATEST: u64 = EARLIEST + 100 * 365 * 86_400;
/// AWS refuses a signature that is five minutes off; a tenth of it is worth to be known.
const MOST_MILLISECONDS: u64 = 30_000;

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is the clock right?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads the clock, and asks chrony (else looks for the mark of systemd-timesyncd) whether it \
              is kept. Pass: it is kept, and less than 30 s off. Warn: more, or nobody keeps it in time. \
              Fail: it stands before 2026 or a century later: AWS refuses every call. Unknown: who keeps \
              it could not be asked.",
    answer: |facts: &Facts| vec![check(&facts.node.clock)],
};

const REMEDY: &str = "sudo systemctl enable --now chronyd (Ubuntu: chrony) with `server 169.254.169.123 \
                      prefer iburst`; at once: sudo chronyc makestep";

fn check(clock: &Clock) -> Finding {
    let finding = match (clock.unix_seconds, clock.off_milliseconds.value()) {
        (now, _) if !(EARLIEST..LATEST).contains(&now) => {
            Finding::fail(NAME, format!("the clock stands at {}", utc(now)), REMEDY)
        }
        (_, Some(Some(off))) if *off > MOST_MILLISECONDS => {
            Finding::warn(NAME, format!("the clock is {off} ms off"), REMEDY)
        }
        (_, Some(Some(_) | None)) => Finding::pass(NAME, "the clock is kept in time"),
        (_, None) => {
            Finding::unknown(NAME, "whether the clock is kept in time is not known", REMEDY)
        }
    };
    let told = |off: &Option<u64>| {
        off.map_or_else(|| "synchronized".to_owned(), |off| format!("{off} ms off"))
    };
    finding.seen(Evidence::of(&clock.off_milliseconds, told))
}
