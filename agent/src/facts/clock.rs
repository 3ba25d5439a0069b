//! The clock: AWS refuses a request that is signed for another time than its own.

use super::{Observed, child};
use fsxlustre_mount::host::{Deadline, Host, unix_seconds};
use serde::Serialize;

/// The node's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// What it shows, seconds since 1970 UTC.
    pub unix_seconds: u64,
    /// How far it is from its source of time, milliseconds, as who keeps it says. `None` where it is
    /// kept and the distance is not told.
    pub off_milliseconds: Observed<Option<u64>>,
}

impl Clock {
    /// *Source*: `chronyc -n -c tracking` (chrony 3 and newer), else the mark of systemd-timesyncd,
    /// `/run/systemd/timesync/synchronized`.
    pub(super) fn read(host: &Host, deadline: Deadline) -> Self {
        let from = "chronyc tracking";
        let off = match child::run(host, "chronyc", &["-n", "-c", "tracking"], deadline) {
            Ok(done) if done.status.success() => match tracking(&done.stdout) {
                Ok(off) => Observed::known(Some(off), from),
                Err(because) => Observed::unknown(because, from),
            },
            other => {
                let mark = host.paths.rootfs.join("run/systemd/timesync/synchronized");
                if mark.exists() {
                    Observed::known(None, mark.display().to_string())
                } else {
                    let because = other.map_or_else(|because| because, |done| done.last_words());
                    Observed::unknown(because, from)
                }
            }
        };
        Self { unix_seconds: unix_seconds(), off_milliseconds: off }
    }
}

/// Fields: reference, name, stratum, reference time, offset in seconds, …, the last is the leap state.
fn tracking(text: &str) -> Result<u64, String> {
    let line = text.lines().next().unwrap_or_default().trim();
    let fields: Vec<&str> = line.split(',').collect();
    if fields.last().is_some_and(|state| *state == "Not synchronised") {
        return Err("chrony is not synchronised".into());
    }
    let offset = fields.get(4).and_then(|field| field.parse::<f64>().ok());
    let offset = offset.filter(|offset| offset.is_finite()).ok_or("it is not understood")?;
    let milliseconds = (offset.abs() * 1e3).min(1e15);
    // Whole, positive and small enough by now.
    Ok(format!("{milliseconds:.0}").parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_chrony_says_is_read() {
        let line =
            "A9FEA97B,169.254.169.123,4,1763712345.123,-0.012345,0.0,0.0,1,2,3,4,5,64.2,Normal\n";
        assert_eq!(super::tracking(line), Ok(12));
        assert!(super::tracking("7F7F0101,,0,0,0.0,0,0,0,0,0,0,0,0,Not synchronised\n").is_err());
        assert!(super::tracking("").is_err());
    }
}
