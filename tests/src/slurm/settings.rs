//! What a cluster is to be like: its slurm.conf, and the configuration of our programs on its
//! nodes.

use std::fmt::Write as _;

use super::cluster::NODES;
use super::network::{controller_address, node_address};
use crate::stage::source;

/// What a test cluster is, whatever its settings are. Several processors of a node are made up, so
/// that many jobs share it.
const BASE: &str = "\
ClusterName=prod
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=cred_expire=10
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=/run/slurm/state
SlurmdSpoolDir=/run/slurm/spool
SlurmctldPidFile=/run/slurm/slurmctld.pid
SlurmdPidFile=/run/slurm/slurmd.pid
SlurmctldLogFile=/run/slurm/slurmctld.log
SlurmdLogFile=/run/slurm/slurmd.log
SlurmctldDebug=verbose
SlurmdDebug=debug2
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
MailProg=/bin/true
KillWait=1
SlurmdTimeout=60
InactiveLimit=0
Licenses=fsx_scratch:10
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,requeue_delay=1,sched_interval=1,bf_interval=1,nohold_on_prolog_fail
";

/// What a cluster is to be like.
#[derive(Debug, Clone)]
pub struct Settings {
    lines: Vec<(String, String)>,
    node_config: String,
    job_container: Option<String>,
    has_accounting: bool,
    has_slurmd: bool,
}

impl Settings {
    /// A cluster with what `packaging/slurm/slurm.conf` says, and nothing configured for jobs.
    pub fn packaged() -> Self {
        let text = source("packaging/slurm/slurm.conf");
        let base = BASE.lines().chain(text.lines()).filter(|line| !line.starts_with('#'));
        let pairs = base.filter_map(|line| line.split_once('='));
        let mut settings = Self {
            lines: Vec::new(),
            node_config: String::new(),
            job_container: None,
            has_accounting: false,
            has_slurmd: true,
        };
        for (name, value) in pairs {
            settings = settings.set(name, value);
        }
        settings
    }

    /// Sets a parameter of slurm.conf, in place of what it had.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.lines.retain(|(old, _)| old != name);
        self.lines.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a parameter of slurm.conf out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.lines.retain(|(old, _)| old != name);
        self
    }

    /// Adds to the configuration of our programs on every node.
    #[must_use]
    pub fn config(mut self, text: &str) -> Self {
        self.node_config.push_str(text);
        self
    }

    /// Gives every machine this job_container.conf.
    #[must_use]
    pub fn job_container(mut self, text: &str) -> Self {
        self.job_container = Some(text.to_owned());
        self
    }

    /// Keeps what jobs did in slurmdbd, as AdminComment and accounts need.
    #[must_use]
    pub fn accounting(mut self) -> Self {
        self.has_accounting = true;
        self.set("AccountingStorageType", "accounting_storage/slurmdbd")
            .set("AccountingStorageHost", "ctl")
    }

    pub(super) fn no_slurmd(mut self) -> Self {
        self.has_slurmd = false;
        self
    }

    pub(super) fn has_slurmd(&self) -> bool {
        self.has_slurmd
    }

    pub(super) fn has_accounting(&self) -> bool {
        self.has_accounting
    }

    pub(super) fn job_container_conf(&self) -> Option<&str> {
        self.job_container.as_deref()
    }

    pub(super) fn node_config(&self) -> &str {
        &self.node_config
    }

    /// The text of slurm.conf.
    pub(super) fn slurm_conf(&self) -> String {
        let mut text = format!("SlurmctldHost=ctl({})\n", controller_address());
        for (name, value) in &self.lines {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{name}={value}");
        }
        for (number, node) in (1..).zip(NODES) {
            let address = node_address(number);
            let _ = writeln!(text, "NodeName={node} NodeAddr={address} CPUs=32 Feature=fsx,{node}");
        }
        text + "PartitionName=cpu Nodes=ALL Default=YES MaxTime=60 OverSubscribe=NO State=UP\n\
                PartitionName=gpu Nodes=ALL MaxTime=60 State=UP\n"
    }
}
