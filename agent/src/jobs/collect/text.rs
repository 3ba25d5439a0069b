//! The summary for a person.

use super::JobSummary;
use std::collections::BTreeSet;
use std::fmt::Write as _;

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

impl JobSummary {
    /// The whole.
    pub fn text(&self) -> String {
        let Self { cluster, job_id, restart, .. } = self;
        let mut text = format!("job {job_id} (restart {restart}) of cluster {cluster}\n");
        // Writing to a String does not fail.
        let _ = writeln!(text, "  nodes: {}", joined(&self.nodes));
        let _ = match &self.missing {
            None => writeln!(text, "  missing: not known, since nobody said which nodes it had"),
            Some(missing) if missing.is_empty() => Ok(()),
            Some(missing) => writeln!(text, "  missing: {}", joined(missing)),
        };
        if !self.shared.is_empty() {
            let shared = joined(&self.shared);
            let _ = writeln!(text, "  with other jobs, so not of this one alone: {shared}");
        }
        for (node, count) in &self.stuck {
            let _ = writeln!(text, "  stuck in the kernel on {node}: {count} threads");
        }
        for (fs, one) in &self.file_systems {
            let _ = writeln!(text, "  {fs}");
            for (name, words) in one.rows() {
                let _ = writeln!(text, "    {name:<21}{words}");
            }
        }
        for because in &self.unread {
            let _ = writeln!(text, "  no report: {because}");
        }
        let _ = writeln!(text, "  AdminComment: {}", self.comment());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_shared_nodes_are_named() {
        let mut summary = JobSummary {
            cluster: "prod".into(),
            job_id: 7,
            nodes: BTreeSet::from(["n1".into()]),
            shared: BTreeSet::from(["n1".into()]),
            unread: vec!["x.json: torn".into()],
            ..JobSummary::default()
        };
        assert!(summary.text().contains("missing: not known"), "{}", summary.text());
        summary.missing = Some(BTreeSet::from(["n2".into()]));
        let text = summary.text();
        for line in
            ["  nodes: n1\n", "  missing: n2\n", "not of this one alone: n1", "no report: x.json"]
        {
            assert!(text.contains(line), "{line}:\n{text}");
        }
    }
}
