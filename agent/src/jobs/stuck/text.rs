//! What is stuck, for a person and for the journal.

use super::{Connections, Stuck, StuckThread, WaitsFor};
use fsxlustre_mount::unmount::bytes;
use std::fmt::Write as _;

impl WaitsFor {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Data => "object storage targets",
            Self::Metadata => "a metadata target",
            Self::Lock => "a lock",
            Self::Lustre => "Lustre",
        }
    }
}

impl StuckThread {
    /// In one line.
    pub fn line(&self) -> String {
        let mut line = format!("process {} ({})", self.pid, self.command);
        // Writing to a String does not fail.
        if self.tid != self.pid {
            let _ = write!(line, " thread {}", self.tid);
        }
        if let Some(uid) = self.uid {
            let _ = write!(line, " of uid {uid}");
        }
        if let Some(job) = self.job_id {
            let _ = write!(line, " of job {job}");
        }
        match &self.mount {
            Some(mount) => {
                let _ = write!(line, " on {} ({})", mount.directory.display(), mount.source);
            }
            None if self.uses.is_empty() => {}
            None => {
                let uses: Vec<_> =
                    self.uses.iter().map(|path| path.display().to_string()).collect();
                let _ = write!(line, ", which uses {}", uses.join(", "));
            }
        }
        if let Some(what) = self.waits_for {
            let _ = write!(line, ", waits for {}", what.words());
        }
        match self.kernel_stack.first() {
            Some(function) => {
                let _ = write!(line, ", in {function}");
            }
            None => line.push_str(", the kernel does not show where"),
        }
        line
    }
}

impl Connections {
    /// In one line, behind the file system's name.
    fn words(&self) -> String {
        if let Some(because) = &self.unknown {
            return format!("unknown: {because}");
        }
        let mut words = format!("{} connections up or idle", self.well);
        // Writing to a String does not fail.
        let ill: Vec<_> = self.ill.iter().map(|(to, state)| format!("{to} {state}")).collect();
        if !ill.is_empty() {
            let _ = write!(words, ", not up: {}", ill.join(", "));
        }
        if !self.evicted.is_empty() {
            let names: Vec<_> = self.evicted.iter().map(String::as_str).collect();
            let _ = write!(words, ", evicted lately by {}", names.join(", "));
        }
        let dirty = self.dirty_bytes.map_or("unknown".into(), bytes);
        let _ = write!(words, ", not written yet: {dirty}");
        words
    }
}

impl Stuck {
    /// What is told first: how many, and on which targets that may depend.
    pub fn headline(&self) -> String {
        let of = self.job_id.map_or(String::new(), |job| {
            format!(", {} of them of job {job}", self.of_the_job().count())
        });
        let ill: Vec<_> = self.connections.iter().filter(|(_, one)| !one.ill.is_empty()).collect();
        let targets: Vec<_> = ill.iter().flat_map(|(_, one)| one.ill.keys()).cloned().collect();
        let connections = if targets.is_empty() {
            String::new()
        } else {
            format!("; not connected: {}", targets.join(", "))
        };
        match self.total {
            0 => format!("no process is stuck in the kernel{connections}"),
            total => format!("{total} threads are stuck in the kernel (state D){of}{connections}"),
        }
    }

    /// The whole for a person.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.headline());
        // Writing to a String does not fail.
        for thread in &self.threads {
            let _ = writeln!(text, "  {}", thread.line());
            for function in &thread.kernel_stack {
                let _ = writeln!(text, "      {function}");
            }
        }
        let untold = self.total.saturating_sub(self.threads.len());
        if untold > 0 {
            let _ = writeln!(text, "  and {untold} more");
        }
        for (fs, connections) in &self.connections {
            let _ = writeln!(text, "  {fs}: {}", connections.words());
        }
        for because in &self.unread {
            let _ = writeln!(text, "  missing: {because}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::StuckMount;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_text_says_who_where_and_why() {
        let thread = StuckThread {
            pid: 12,
            tid: 13,
            command: "solver".into(),
            uid: Some(1000),
            job_id: Some(7),
            kernel_stack: vec!["cl_sync_io_wait".into(), "ll_file_read_iter".into()],
            waits_for: Some(WaitsFor::Data),
            mount: Some(StuckMount {
                directory: "/fsx".into(),
                source: "10.0.0.5@tcp:/abcd".into(),
                ..StuckMount::default()
            }),
            ..StuckThread::default()
        };
        let connections = Connections {
            well: 4,
            ill: BTreeMap::from([("abcd-OST0002".into(), "DISCONN".into())]),
            dirty_bytes: Some(4096),
            ..Connections::default()
        };
        let stuck = Stuck {
            job_id: Some(7),
            total: 3,
            threads: vec![thread],
            connections: BTreeMap::from([("abcd".into(), connections)]),
            ..Stuck::default()
        };
        assert_eq!(
            stuck.text(),
            "3 threads are stuck in the kernel (state D), 1 of them of job 7; not connected: \
             abcd-OST0002\n  \
             process 12 (solver) thread 13 of uid 1000 of job 7 on /fsx (10.0.0.5@tcp:/abcd), waits \
             for object storage targets, in cl_sync_io_wait\n      cl_sync_io_wait\n      \
             ll_file_read_iter\n  and 2 more\n  abcd: 4 connections up or idle, not up: \
             abcd-OST0002 DISCONN, not written yet: 4.0 KiB\n"
        );
        assert_eq!(Stuck::default().headline(), "no process is stuck in the kernel");
    }
}
