//! `fsxlustre tune`: settings of the Lustre client.

mod shown;
mod told;

use super::{FAILED, Outcome, json};
use crate::config::AgentConfig;
use crate::facts::node_size;
use crate::parameter_store::Asking;
use crate::tune::{
    ClientPlan, DataError, Meant, NodeSize, Profile, TuneError, TuningData, Wishes, apply, forget,
    lnet_rows, look, meant, persist, plan_text, revert, rows, show_text,
};
use clap::{Args, Subcommand};
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host};
use fsxlustre_mount::mount::check_root;
use fsxlustre_mount::options::OFF;
use shown::{ShownJson, client_json, wish_json};
use std::time::Duration;
use told::{DIFFERS, fails, persisted_text, put_back, settled, told};

/// Arguments of `fsxlustre tune`.
#[derive(Debug, Args)]
pub struct TuneArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What would be set, from what to what, and why; nothing is written
    #[command(
        after_help = "Exit status: 0 all is as wanted; 3 something is to be set, or somebody changed \
                            it; 1 the plan cannot be made, or a setting cannot be set"
    )]
    Plan(WishArgs),
    /// Set it on the clients that are mounted, and read it back; again does nothing
    #[command(
        after_help = "Exit status: 0 all is as wanted; 3 somebody changed a setting since, and it was \
                            left; 1 something could not be set, and is named"
    )]
    Apply(ApplyArgs),
    /// What the settings are, what was set and what was there before
    #[command(
        after_help = "Exit status: 0 what was set stands; 3 somebody changed a setting since; 1 a \
                            client could not be read"
    )]
    Show(Common),
    /// Put back what was there before, where it is still what was set
    #[command(
        after_help = "Exit status: 0 all is back; 3 somebody changed a setting since, and it was left; \
                            1 something could not be put back, and is named"
    )]
    Revert(RevertArgs),
}

#[derive(Debug, Args)]
struct Common {
    /// A directory of a mount, an id that fsxlustre has mounted, or Lustre's name of a file system [default:
    /// every client of this node]
    #[arg(value_name = "DIR or FILE SYSTEM")]
    what: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Time for all of it
    #[arg(long, value_name = "SECONDS", default_value_t = 20,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

#[derive(Debug, Args)]
struct WishArgs {
    #[command(flatten)]
    common: Common,
    /// aws-documented, metadata-heavy, streaming, or one of [tune.profiles] [default: `[tune] profile`]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

#[derive(Debug, Args)]
struct ApplyArgs {
    #[command(flatten)]
    wish: WishArgs,
    /// Set anew what somebody changed since
    #[arg(long)]
    replace: bool,
    /// Write the parameters of modules to /etc/modprobe.d/fsxlustre.conf, too
    #[arg(long)]
    persist: bool,
    /// Only --persist, before the modules load: no server is asked, and nothing is done where no profile
    /// is set. For fsxlustre-tune.service
    #[arg(long, conflicts_with_all = ["replace", "what"])]
    at_boot: bool,
}

#[derive(Debug, Args)]
struct RevertArgs {
    #[command(flatten)]
    common: Common,
    /// Remove /etc/modprobe.d/fsxlustre.conf, too
    #[arg(long)]
    persist: bool,
}

/// What one client came to.
type PerClient<T> = Vec<(Meant, Result<T, Failure>)>;

impl TuneArgs {
    /// Does it.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        let outcome = match &self.verb {
            Verb::Plan(args) => args.plan(config),
            Verb::Apply(args) => args.apply(config),
            Verb::Show(args) => args.show(config),
            Verb::Revert(args) => args.revert(config),
        };
        outcome.unwrap_or_else(|failure| {
            if self.common().json {
                Outcome::failed_json(&failure)
            } else {
                Outcome::failed(&failure)
            }
        })
    }

    fn common(&self) -> &Common {
        match &self.verb {
            Verb::Plan(args) => &args.common,
            Verb::Apply(args) => &args.wish.common,
            Verb::Show(args) => args,
            Verb::Revert(args) => &args.common,
        }
    }

    /// When Parameter Store may be asked: not where there is no network yet.
    pub fn asking(&self) -> Asking {
        match &self.verb {
            Verb::Apply(args) if args.at_boot => Asking::Never,
            _ => Asking::WhenDue(Duration::MAX),
        }
    }

    /// Prints JSON from now on.
    pub(super) fn as_json(&mut self) {
        let common = match &mut self.verb {
            Verb::Plan(args) => &mut args.common,
            Verb::Apply(args) => &mut args.wish.common,
            Verb::Show(args) => args,
            Verb::Revert(args) => &mut args.common,
        };
        common.json = true;
    }

    /// Whether the node's journal hears of it.
    pub fn changes_the_node(&self) -> bool {
        matches!(self.verb, Verb::Apply(_) | Verb::Revert(_))
    }
}

fn data() -> Result<&'static TuningData, Failure> {
    TuningData::carried().map_err(DataError::failure)
}

impl Common {
    fn deadline(&self) -> Deadline {
        Deadline::after(Duration::from_secs(self.timeout))
    }

    fn clients(&self, host: &Host) -> Result<Vec<Meant>, Failure> {
        meant(host, &self.what).map_err(|error| error.failure())
    }

    /// Each client by itself: one that does not answer keeps no other from its settings.
    fn each<T: Send>(
        &self,
        host: &Host,
        work: impl Fn(&Meant, Deadline) -> Result<T, Failure> + Sync,
    ) -> Result<PerClient<T>, Failure> {
        let (clients, deadline) = (self.clients(host)?, self.deadline());
        Ok(std::thread::scope(|threads| {
            let begun: Vec<_> = clients
                .into_iter()
                .map(|meant| {
                    let work = &work;
                    let of = meant.clone();
                    (meant, threads.spawn(move || work(&of, deadline)))
                })
                .collect();
            begun
                .into_iter()
                .map(|(meant, thread)| (meant, thread.join().unwrap_or_else(|_| lost())))
                .collect()
        }))
    }

    fn show(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let (host, data) = (config.host(), data()?);
        let clients = self.each(host, |meant, deadline| look(host, &meant.client, deadline))?;
        let mut outcome = Outcome::default();
        for (meant, result) in &clients {
            match result {
                Ok((values, kept)) => {
                    outcome.stdout += &show_text(data, meant, values, kept);
                    if kept.drift(|place| values.value(place)).next().is_some() {
                        outcome.status = outcome.status.max(DIFFERS);
                    }
                }
                Err(failure) => fails(&mut outcome, failure),
            }
        }
        if clients.is_empty() {
            outcome.stdout = "no Lustre client is on this node\n".into();
        }
        if self.json {
            let shown = clients.into_iter().map(|(meant, result)| {
                client_json(meant, result.map(|(values, kept)| ShownJson::of(&values, &kept)))
            });
            outcome.stdout = json(&shown.collect::<Vec<_>>()).stdout;
        }
        Ok(settled(outcome))
    }
}

impl WishArgs {
    fn wishes(&self, config: &AgentConfig, node: &NodeSize) -> Result<Wishes, Failure> {
        let named = self.profile.as_deref().or(config.tune.profile.as_deref());
        let name = named.filter(|name| *name != OFF).ok_or(TuneError::NoProfile);
        let data = data()?;
        let profile = name.and_then(|name| Profile::named(data, &config.tune, name));
        Ok(Wishes::of(data, &profile.map_err(|error| error.failure())?, node))
    }

    fn plan(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let (host, data) = (config.host(), data()?);
        let node = node_size(host);
        let wishes = self.wishes(config, &node)?;
        let modules = rows(host, &wishes);
        let lnet = lnet_rows(host, &wishes, self.common.deadline());
        let clients = self.common.each(host, |meant, deadline| {
            let (values, kept) = look(host, &meant.client, deadline)?;
            Ok(ClientPlan::of(data, &wishes, &values, &kept, false))
        })?;
        let mut outcome = Outcome::default();
        if modules.iter().any(|row| !row.holds && !row.is_given) {
            outcome.status = DIFFERS;
        }
        let mut plans = Vec::new();
        for (meant, result) in &clients {
            match result {
                Ok(plan) => {
                    if plan.differs() || plan.has_drifted() {
                        outcome.status = outcome.status.max(DIFFERS);
                    }
                    if !plan.impossible().is_empty() {
                        outcome.status = FAILED;
                    }
                    plans.push((meant.clone(), plan.clone()));
                }
                Err(failure) => fails(&mut outcome, failure),
            }
        }
        outcome.stdout = if self.common.json {
            wish_json(data, &node, &wishes, (modules, Some(lnet)), None, clients)
        } else {
            let mut text = plan_text(data, &wishes, &node, &plans, (&modules, &lnet));
            if clients.is_empty() {
                text += "\nno Lustre client is on this node: its settings are set after a mount\n";
            }
            text
        };
        Ok(settled(outcome))
    }
}

impl ApplyArgs {
    fn apply(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        check_root("tune")?;
        if self.at_boot {
            return self.at_boot(config);
        }
        let (host, data) = (config.host(), data()?);
        let node = node_size(host);
        let wishes = self.wish.wishes(config, &node)?;
        let persisted = self.persist.then(|| persist(host, data, &wishes)).transpose();
        let persisted = persisted.map_err(|error| error.failure())?;
        let clients = self.wish.common.each(host, |meant, deadline| {
            apply(host, data, meant, &wishes, self.replace, deadline)
        })?;
        let mut outcome = Outcome::default();
        for (meant, result) in &clients {
            match result {
                Ok(applied) => told(&mut outcome, data, &wishes, meant, applied),
                Err(failure) => fails(&mut outcome, failure),
            }
        }
        if clients.is_empty() {
            outcome.stdout +=
                "no Lustre client is on this node: its settings are set after a mount\n";
        }
        let modules = rows(host, &wishes);
        outcome.stdout += &persisted_text(host, persisted, &modules);
        if self.wish.common.json {
            outcome.stdout = wish_json(data, &node, &wishes, (modules, None), persisted, clients);
        }
        Ok(settled(outcome))
    }
}

impl ApplyArgs {
    fn at_boot(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        let (host, data) = (config.host(), data()?);
        let named = self.wish.profile.as_deref().or(config.tune.profile.as_deref());
        if named.is_none_or(|name| name == OFF) {
            return Ok(Outcome::done("nothing is done: no [tune] profile is set\n"));
        }
        let wishes = self.wish.wishes(config, &node_size(host))?;
        let persisted = persist(host, data, &wishes).map_err(|error| error.failure())?;
        let stdout = persisted_text(host, Some(persisted), &rows(host, &wishes));
        Ok(settled(Outcome { stdout, ..Outcome::default() }))
    }
}

impl RevertArgs {
    fn revert(&self, config: &AgentConfig) -> Result<Outcome, Failure> {
        check_root("tune")?;
        let (host, data) = (config.host(), data()?);
        let forgotten = self.persist.then(|| forget(host)).transpose();
        let forgotten = forgotten.map_err(|error| error.failure())?;
        let clients =
            self.common.each(host, |meant, deadline| revert(host, data, meant, deadline))?;
        let mut outcome = Outcome::default();
        for (meant, result) in &clients {
            match result {
                Ok(reverted) => put_back(&mut outcome, data, meant, reverted),
                Err(failure) => fails(&mut outcome, failure),
            }
        }
        outcome.stdout += &persisted_text(host, forgotten, &[]);
        if self.common.json {
            let all: Vec<_> =
                clients.into_iter().map(|(meant, one)| client_json(meant, one)).collect();
            outcome.stdout = json(&all).stdout;
        }
        Ok(settled(outcome))
    }
}

fn lost<T>() -> Result<T, Failure> {
    Err(Failure {
        code: Code::Internal,
        what: "a thread ended without a result".into(),
        asked: "tune a client".into(),
        because: "it ended early".into(),
        remedy: "report this with the output of `fsxlustre tune show --json`".into(),
    })
}
