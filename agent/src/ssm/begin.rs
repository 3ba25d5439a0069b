//! The start of work in a unit of its own.

use crate::transient;
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::{Deadline, Host};
use std::time::Duration;

/// How long systemd may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Has the work of that name done where nothing of the caller ends it.
///
/// # Errors
/// Neither a unit nor a process could be begun.
pub fn begin(host: &Host, name: &str) -> Result<(), Failure> {
    let words = ["ssm", "work", name].map(str::to_owned);
    let unit = format!("fsxlustre-ssm-{name}");
    let about = "work that Systems Manager asked for";
    transient::begin(host, &unit, about, &words, Deadline::after(PATIENCE)).map_err(|because| {
        Failure {
            code: Code::SsmNotBegun,
            what: "the work could not be begun".into(),
            asked: format!("systemd-run --unit={unit}"),
            because,
            remedy: "run the same document again; see `systemctl --failed`".into(),
        }
    })
}
