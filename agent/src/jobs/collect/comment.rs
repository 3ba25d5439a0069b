//! The summary as a job's `AdminComment`: one line that sacct shows, bounded, of letters that no shell
//! and no table of Slurm's takes for its own.
//!
//! ```text
//! fsxlustre/1 nodes=2/3 missing=n3 shared=0 abcdefgh:read=1048576,written=0,ops=12,wait=0.5,evictions=0
//! ```

use super::JobSummary;
use crate::jobs::report::FileSystemReport;

/// The longest comment that is written.
pub const LONGEST_COMMENT_BYTES: usize = 1000;
/// What a comment of ours begins with.
pub(super) const BEGINS: &str = "fsxlustre/1 ";
/// So many missing nodes are named.
const MOST_NAMED: usize = 8;

fn known(number: Option<impl std::fmt::Display>) -> String {
    number.map_or("?".into(), |number| number.to_string())
}

fn of_file_system(fs: &str, one: &FileSystemReport) -> String {
    let operations = one.operations.values().fold(0_i64, |sum, of| sum.saturating_add(of.count));
    let mean = |mean: Option<f64>| known(mean.map(|mean| format!("{mean:.0}")));
    let rpcs = [&one.read_rpcs, &one.write_rpcs];
    let [read_rpc, write_rpc] =
        rpcs.map(|rpcs| mean(rpcs.as_ref().and_then(|rpcs| rpcs.mean_bytes)));
    format!(
        "{fs}:read={},written={},ops={operations},wait={},read_rpc={read_rpc},write_rpc={write_rpc},evictions={}",
        known(one.read_bytes),
        known(one.written_bytes),
        known(one.wait_seconds.map(|seconds| format!("{seconds:.3}"))),
        known(one.evictions),
    )
}

impl JobSummary {
    /// The comment; file systems that have no room in it are counted.
    pub fn comment(&self) -> String {
        let mut words = Vec::new();
        match &self.missing {
            None => words.push(format!("nodes={}/?", self.nodes.len())),
            Some(missing) => {
                words.push(format!(
                    "nodes={}/{}",
                    self.nodes.len(),
                    self.nodes.len() + missing.len()
                ));
                let named: Vec<_> = missing.iter().take(MOST_NAMED).map(String::as_str).collect();
                let more = missing.len().saturating_sub(MOST_NAMED);
                let more = if more > 0 { format!("+{more}") } else { String::new() };
                if !missing.is_empty() {
                    words.push(format!("missing={}{more}", named.join(",")));
                }
            }
        }
        words.push(format!("shared={}", self.shared.len()));
        if !self.stuck.is_empty() {
            words.push(format!("stuck={}", self.stuck.values().sum::<usize>()));
        }
        let mut text = format!("{BEGINS}{}", words.join(" "));
        let mut left_out = 0;
        for (fs, one) in &self.file_systems {
            let more = of_file_system(fs, one);
            // Room is kept for the number of those that have none.
            if text.len() + more.len() + 20 > LONGEST_COMMENT_BYTES {
                left_out += 1;
            } else {
                text = format!("{text} {more}");
            }
        }
        if left_out > 0 {
            text = format!("{text} left_out={left_out}");
        }
        text.chars().filter(|letter| is_plain(*letter)).take(LONGEST_COMMENT_BYTES).collect()
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || " /=:,.+-_?".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn a_comment_is_short_and_plain() {
        let of = FileSystemReport {
            read_bytes: Some(5),
            wait_seconds: Some(0.5),
            evictions: Some(0),
            ..FileSystemReport::default()
        };
        let mut summary = JobSummary {
            nodes: BTreeSet::from(["n1".into(), "n2".into()]),
            missing: Some(BTreeSet::from(["n3".into()])),
            file_systems: BTreeMap::from([("abcdefgh".to_owned(), of.clone())]),
            ..JobSummary::default()
        };
        assert_eq!(
            summary.comment(),
            "fsxlustre/1 nodes=2/3 missing=n3 shared=0 \
             abcdefgh:read=5,written=?,ops=0,wait=0.500,read_rpc=?,write_rpc=?,evictions=0"
        );
        summary.missing = Some((0..50).map(|number| format!("n{number}")).collect());
        summary.file_systems =
            (0..100).map(|number| (format!("fs{number}\"'|"), of.clone())).collect();
        let long = summary.comment();
        assert!(long.len() <= LONGEST_COMMENT_BYTES, "{}", long.len());
        assert!(long.contains("+42") && long.contains("left_out="), "{long}");
        assert!(!long.contains(['"', '\'', '|']), "{long}");
        let unknown = JobSummary::default().comment();
        assert_eq!(unknown, "fsxlustre/1 nodes=0/? shared=0");
    }
}
