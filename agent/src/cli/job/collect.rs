//! `fsxlustre job collect`.

use super::super::{Outcome, json};
use crate::config::AgentConfig;
use crate::jobs::collect::{
    AccountingError, JobSummary, Wanted, collect, comment_stands, expand, write_comment,
};
use clap::Args;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// How long the shared folder is listened to.
const FOLDER: Duration = Duration::from_secs(20);
/// How long Slurm's accounting may take.
const ACCOUNTING: Duration = Duration::from_secs(30);
/// How long a job that has ended may take to be in the accounting.
const ACCOUNTING_LATE: Duration = Duration::from_mins(1);
/// How long a comment has to stand.
const ACCOUNTING_PAUSE: Duration = Duration::from_secs(3);
/// How soon missing reports are looked for again, at first and at most: the controller waits for many
/// jobs at once.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(15)];

/// Arguments of `fsxlustre job collect`.
#[derive(Debug, Args)]
#[command(after_help = "Needs no root, but an operator of Slurm. Call it on the controller, from \
                        EpilogSlurmctld or afterwards.\n\nExit status: 0, also when nodes are \
                        missing; 1 no report, or the comment was not written; 2 usage")]
pub(super) struct CollectArgs {
    /// The job's number
    #[arg(value_name = "JOB")]
    job: u32,
    /// The cluster's name [default: SLURM_CLUSTER_NAME, or any]
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Which run of the job [default: the last that has a report]
    #[arg(long, value_name = "N")]
    restart: Option<u32>,
    /// The job's nodes, as Slurm writes them [default: SLURM_JOB_NODELIST, or what the reports say]
    #[arg(long, value_name = "LIST")]
    nodes: Option<String>,
    /// How long to wait for nodes whose reports are missing
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=3600))]
    wait: u64,
    /// Print it, and write no AdminComment
    #[arg(long)]
    print: bool,
    /// Write over an AdminComment of somebody else
    #[arg(long)]
    replace: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl CollectArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let folder = config.jobs.report_dir.clone().ok_or_else(no_folder)?;
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let wanted = Wanted {
            folder,
            job_id: self.job,
            cluster: self.cluster.clone().or_else(|| variable("SLURM_CLUSTER_NAME")),
            restart: self.restart,
        };
        let summary = self.wait_for(&wanted)?;
        if summary.nodes.is_empty() {
            // Jobs without a file system have none: no matter for the journal of a controller that asks
            // for each job.
            let failed = Outcome::failed(&no_reports(&wanted, &summary));
            return Ok(Outcome { log: Vec::new(), ..failed });
        }
        if !self.print {
            let conf = variable("SLURM_CONF").map(PathBuf::from).filter(|path| path.is_absolute());
            self.write(config.host(), &summary, conf.as_ref()).map_err(|error| error.failure())?;
        }
        Ok(if self.json { json(&summary) } else { Outcome::done(summary.text()) })
    }

    /// Writes the comment. Who waits looks whether it stands: a job that has just ended may not be in
    /// the accounting yet, or its end be written over the comment.
    fn write(
        &self,
        host: &Host,
        summary: &JobSummary,
        conf: Option<&PathBuf>,
    ) -> Result<(), AccountingError> {
        let until = Deadline::after(Duration::from_secs(self.wait).min(ACCOUNTING_LATE));
        loop {
            let conf = || conf.cloned();
            let budget = || Deadline::after(ACCOUNTING);
            let written = write_comment(host, summary, conf(), self.replace, budget());
            let is_final = matches!(written, Err(AccountingError::Occupied { .. }));
            if is_final || until.has_passed() {
                return written;
            }
            std::thread::sleep(ACCOUNTING_PAUSE.min(until.left()));
            if written.is_ok() && comment_stands(host, summary, conf(), budget())? {
                return Ok(());
            }
        }
    }

    /// The summary, once no node is missing or the time for that is over.
    fn wait_for(&self, wanted: &Wanted) -> Result<JobSummary, Failure> {
        let deadline = Deadline::after(Duration::from_secs(self.wait));
        let [mut pause, longest] = AGAIN;
        loop {
            let (mut summary, named) = collect(wanted, Deadline::after(FOLDER))
                .map_err(|because| unread(wanted, because))?;
            self.compare(&mut summary, named)?;
            let is_whole = summary.missing.as_ref().is_some_and(BTreeSet::is_empty);
            if is_whole || deadline.has_passed() {
                return Ok(summary);
            }
            std::thread::sleep(pause.min(deadline.left()));
            pause = (pause * 2).min(longest);
        }
    }

    /// Names the nodes that are missing; where nobody says which the job had, that is not known.
    fn compare(&self, summary: &mut JobSummary, named: Option<String>) -> Result<(), Failure> {
        if let Some(list) = &self.nodes {
            summary.compare_with(&expand(list).map_err(|error| unfit_list(&error.to_string()))?);
            return Ok(());
        }
        let of_environment = std::env::var("SLURM_JOB_NODELIST").ok();
        if let Some(expected) = of_environment.or(named).and_then(|list| expand(&list).ok()) {
            summary.compare_with(&expected);
        }
        Ok(())
    }
}

fn no_folder() -> Failure {
    Failure {
        code: Code::NoReports,
        what: "there is no folder of reports".into(),
        asked: "read [jobs] report_dir".into(),
        because: "the configuration names none".into(),
        remedy: "name a folder that all nodes share in `[jobs] report_dir`, on the nodes and here"
            .into(),
    }
}

fn unread(wanted: &Wanted, because: String) -> Failure {
    Failure {
        code: Code::NoReports,
        what: "the folder of reports cannot be read".into(),
        asked: format!("read {}", wanted.folder.display()),
        because,
        remedy: "look whether the shared file system answers, and who may read the folder".into(),
    }
}

fn no_reports(wanted: &Wanted, summary: &JobSummary) -> Failure {
    let because = match summary.unread.first() {
        Some(first) => format!("no file there is a report of it; {first}"),
        None => "no file there is a report of it".into(),
    };
    Failure {
        code: Code::NoReports,
        what: format!("there is no report of job {}", wanted.job_id),
        asked: format!("look in {}", wanted.folder.display()),
        because,
        remedy: "set `[jobs] report_dir` on the nodes, too; jobs without a file system have none"
            .into(),
    }
}

fn unfit_list(because: &str) -> Failure {
    Failure {
        code: Code::Invocation,
        what: "the list of nodes is not understood".into(),
        asked: "read --nodes".into(),
        because: because.to_owned(),
        remedy: "write it as Slurm does: n[1-3,7],gpu-01".into(),
    }
}
