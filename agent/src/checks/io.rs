//! Does what is written come back? Asked by `--io` only.

use super::{Evidence, Finding};
use crate::facts::{IoResult, Observed};

const NAME: &str = "io";

/// Pass: it came back as it was written. Warn: it did, maybe from this client's memory. Fail: it came
/// back otherwise, or could not be written or read.
pub fn io(result: &Observed<IoResult>) -> Finding {
    let finding = match result {
        Observed::Unknown { because, .. } => {
            let remedy = "see `fsxlustre check --only mounts_answer,imports,targets_room`; it needs 1 GiB \
                          of room and a directory that you may write to";
            Finding::fail(NAME, format!("it could not be written and read back: {because}"), remedy)
        }
        Observed::Known { value, .. } => judge(value),
    };
    finding.seen(Evidence::of(result, told))
}

fn judge(result: &IoResult) -> Finding {
    let IoResult { bytes, write_ms, read_ms, .. } = *result;
    let rate = |ms: u64| bytes / 1000 / ms.max(1);
    let rates = format!(
        "{} MiB: written with {} MB/s, read with {} MB/s",
        bytes >> 20,
        rate(write_ms),
        rate(read_ms)
    );
    match (result.first_difference, result.were_locks_dropped) {
        (Some(block), _) => {
            let summary = format!("{rates}; MiB {block} came back otherwise than it was written");
            let remedy = "do not use this node for anything that matters; keep the Lustre lines of `dmesg` \
                          and `lctl get_param osc.*.checksums`, and ask AWS Support";
            Finding::fail(NAME, summary, remedy)
        }
        (None, true) => Finding::pass(NAME, format!("{rates}; what came back is what was written")),
        (None, false) => {
            let summary = format!("{rates}; it may have come back from this node's memory");
            let remedy =
                "run it as root on a Lustre mount, so that the client's locks can be dropped";
            Finding::warn(NAME, summary, remedy)
        }
    }
}

fn told(result: &IoResult) -> String {
    let dropped = if result.were_locks_dropped { "locks dropped" } else { "locks not dropped" };
    format!("{} bytes, {} ms, {} ms, {dropped}", result.bytes, result.write_ms, result.read_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Verdict::{Fail, Pass, Warn};

    #[test]
    fn what_came_back_decides() {
        let result = |were_locks_dropped, first_difference| {
            let result = IoResult {
                bytes: 1 << 30,
                write_ms: 1000,
                read_ms: 500,
                were_locks_dropped,
                first_difference,
            };
            io(&Observed::known(result, "a file"))
        };
        let good = result(true, None);
        assert_eq!(good.verdict, Pass);
        assert!(good.summary.starts_with("1024 MiB: written with 1073 MB/s, read with 2147 MB/s"));
        assert_eq!(result(false, None).verdict, Warn);
        assert_eq!(result(true, Some(7)).verdict, Fail);
        assert_eq!(io(&Observed::unknown("No space left on device", "a file")).verdict, Fail);
    }
}
