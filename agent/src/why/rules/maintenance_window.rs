//! Is it the half hour in which AWS may patch the file system?

use super::{Facts, FileSystemWindow, Finding, Rule};
use crate::facts::Observed;
use crate::window::{Span, float};

pub(super) const RULE: Rule = Rule {
    name: "maintenance_window",
    about: "it is the half hour of the week in which AWS may patch the servers; I/O then waits for minutes",
};

const MINUTES: u64 = 30;
const WEEK: u64 = 7 * 24 * 60;
const ACCOUNTING: &str = "sacct --jobs JOB --format=Start,End";

/// Minutes from Monday 00:00 to the begin of `2:04:30`.
fn begin(window: &str) -> Option<u64> {
    let mut parts = window.split(':').map(|part| {
        let is_number =
            !part.is_empty() && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse::<u64>().ok()).flatten()
    });
    let (day, hour, minute) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = (1..=7).contains(&day) && hour < 24 && minute < 60 && parts.next().is_none();
    fits.then(|| ((day - 1) * 24 + hour) * 60 + minute)
}

pub(super) fn judge(facts: &Facts, fs: &str, window: &FileSystemWindow) -> Finding {
    let found = match facts.described.get(fs) {
        Some(Observed::Known { value, .. }) => value,
        Some(Observed::Unknown { because, from }) => {
            return Finding::unknown(RULE.name, because.clone()).mended_by(from.clone());
        }
        None => {
            return Finding::unknown(RULE.name, "nobody asked the FSx API")
                .mended_by("run it without --no-api");
        }
    };
    let from = format!("fsx:DescribeFileSystems, {} in {}", found.id, found.region);
    let Some((text, begin)) =
        found.maintenance_window.as_ref().and_then(|text| Some((text, begin(text)?)))
    else {
        return Finding::unknown(RULE.name, "the FSx API gave no maintenance window")
            .mended_by(format!("aws fsx describe-file-systems --file-system-ids {}", found.id));
    };
    let seen = format!("WeeklyMaintenanceStartTime is {text} UTC");
    let Some(end) = facts.minute_of_week else {
        return Finding::unknown(RULE.name, "it is not known when the job ended")
            .seen(seen, from)
            .mended_by(ACCOUNTING);
    };
    let since = (end % WEEK + WEEK - begin) % WEEK;
    if !(facts.is_now && since < MINUTES) && facts.window.span == Span::Job {
        return of_job(facts.window.seconds, since).seen(seen, from);
    }
    if since >= MINUTES {
        let next = WEEK - since;
        let (days, hours) = (next / 1440, next % 1440 / 60);
        return Finding::clear(
            RULE.name,
            format!("the next one begins in {days} days and {hours} hours"),
        )
        .seen(seen, from);
    }
    let is_cut = window.targets.values().any(|target| target.is_up == Some(false));
    let finding = if is_cut {
        Finding::limits(RULE.name, 100, "the maintenance window is on, and servers do not answer")
    } else {
        Finding::suspect(
            RULE.name,
            50,
            "the maintenance window is on; nothing shows that it is used",
        )
    };
    finding.seen(seen, from).mended_by(format!(
        "wait {} minutes: I/O goes on by itself when the servers are back",
        MINUTES - since
    ))
}

/// Of a job that ended so many minutes after the last begin of a window, or runs beyond that one's end.
fn of_job(seconds: Option<f64>, since: u64) -> Finding {
    let Some(seconds) = seconds else {
        return Finding::unknown(RULE.name, "it is not known when the job began")
            .mended_by(ACCOUNTING);
    };
    let minutes_before = since.saturating_sub(MINUTES);
    if seconds <= float(minutes_before) * 60.0 {
        return Finding::clear(RULE.name, "none fell into the job's time");
    }
    Finding::suspect(
        RULE.name,
        50,
        "a maintenance window fell into the job's time; nothing shows that it was used",
    )
    .mended_by("compare the job's report with one of another hour")
}

#[cfg(test)]
mod tests {
    use super::begin;

    #[test]
    fn the_begin_of_a_window() {
        assert_eq!(begin("1:00:00"), Some(0));
        assert_eq!(begin("7:23:59"), Some(7 * 1440 - 1));
        for text in [
            "",
            "0:00:00",
            "8:00:00",
            "1:24:00",
            "1:00:60",
            "1:00",
            "1:00:00:00",
            "+1:00:00",
            "1:-1:0",
        ] {
            assert_eq!(begin(text), None, "{text}");
        }
    }
}
