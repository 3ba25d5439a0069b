//! `fsxlustre ssm work`: the work that `ssm run` has begun, in a unit of its own.

use crate::cli::{Outcome, USAGE};
use crate::config::AgentConfig;
use crate::ssm::document::document;
use crate::ssm::perform::perform;
use crate::ssm::work::{Work, is_name, lock};
use clap::Args;
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::mount::check_root;

/// Arguments of `fsxlustre ssm work`.
#[derive(Debug, Args)]
pub(super) struct WorkArgs {
    /// The name of its state
    name: String,
}

impl WorkArgs {
    pub(super) fn run(&self, config: &AgentConfig) -> Outcome {
        self.try_run(config).into()
    }

    fn try_run(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        check_root("work for Systems Manager on")?;
        let host = config.host();
        // Whoever has begun this lets go of it first, and two units for one piece of work are one too many.
        let lock = is_name(&self.name).then(|| lock(host, &self.name)).transpose()?;
        let work = if lock.is_some() { Work::read(host, &self.name)? } else { None };
        let Some((mut work, document)) =
            work.and_then(|work| document(&work.document).map(|document| (work, document)))
        else {
            return Ok(Outcome { status: USAGE, ..Outcome::failed(&nothing(&self.name)) });
        };
        if work.answer.is_some() || work.is_anothers() {
            return Ok(Outcome::default());
        }
        work.is_mine(host, &self.name)?;
        drop(lock);
        let told = perform(config, document, &work.given, work.command_id.as_deref());
        let line = format!("{} {}: {}\n", told.word.text(), told.about, told.words);
        let status = told.exit;
        work.end(host, &self.name, told)?;
        Ok(Outcome { status, ..Outcome::done(line) })
    }
}

fn nothing(name: &str) -> Failure {
    Failure {
        code: Code::SsmNotBegun,
        what: "there is no such work".into(),
        asked: format!("{name:?}"),
        because: "`fsxlustre ssm run` writes down what is to be done, and begins this".into(),
        remedy: "call `fsxlustre ssm run`".into(),
    }
}
