//! Which run of a job an end is for.
//!
//! *Source*: Slurm 22.05.8. A job that is requeued has a restart count in its epilog that is one higher
//! than in the prolog of the same run: the controller counts before it ends the run. A job runs on a
//! node once at a time, so an end is for the last run that began there.

use super::traces::Traces;
use super::{JobVariables, Lease};
use fsxlustre_mount::host::{Deadline, Host, state_names};

/// The job as its start here had it: with the highest restart count, up to its own, of which
/// something is recorded. The job itself where nothing is, or it cannot be told.
pub fn as_started(host: &Host, job: JobVariables) -> JobVariables {
    let began = ["leases", "requests"].iter().flat_map(|folder| {
        let names = state_names(&host.paths.state.join(folder)).unwrap_or_default();
        names.into_iter().filter_map(|name| job.restart_of(name.strip_suffix(".json")?))
    });
    let last = began.filter(|restart| *restart <= job.restart()).max();
    match last {
        Some(restart) => job.with_restart(restart),
        None => job,
    }
}

/// Whether an end is a late one of an earlier run, and the run that is recorded goes on: it has another
/// id, or, where Slurm has no ids of runs, a step of it is still here. slurmd runs no epilog before the
/// last step of its run is gone; with `RunInJob` it runs in one of them, which is above us.
///
/// A first run has no earlier one. What cannot be looked at is taken for over.
pub fn is_of_a_run_that_lasts(host: &Host, job: &JobVariables, deadline: Deadline) -> bool {
    let Ok(Some(lease)) = Lease::read(host, job) else { return false };
    if let (Some(own), Some(recorded)) = (&job.sluid, lease.sluid()) {
        return own != recorded;
    }
    let processes = || Traces::of_processes(host, deadline);
    job.restart() > 0 && processes().is_some_and(|seen| seen.has_other_step(&lease.names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(restart: &str) -> JobVariables {
        let variables = [
            ("SLURM_CLUSTER_NAME", "prod"),
            ("SLURM_JOB_ID", "17"),
            ("SLURM_JOB_RESTART_COUNT", restart),
            ("SLURMD_NODENAME", "c_5"),
        ];
        let get = |name: &'static str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        JobVariables::read(get).expect("fits")
    }

    #[test]
    fn an_end_is_for_the_last_run_that_began() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().to_owned();
        let ends = |restart: &str| as_started(&host, job(restart)).key();
        assert_eq!(ends("1"), "prod_17_1_c_5", "nothing is recorded");
        let leases = folder.path().join("leases");
        std::fs::create_dir(&leases).expect("folder");
        let begin =
            |key: &str| std::fs::write(leases.join(format!("{key}.json")), "").expect("file");
        begin("prod_17_0_c_5");
        begin("prod_17_3_c_5");
        begin("prod_17_1_other_c_5");
        begin("prod_170_1_c_5");
        assert_eq!(ends("1"), "prod_17_0_c_5", "requeued");
        assert_eq!(ends("0"), "prod_17_0_c_5");
        begin("prod_17_1_c_5");
        assert_eq!(ends("1"), "prod_17_1_c_5");
        assert_eq!(ends("2"), "prod_17_1_c_5");
    }

    #[test]
    fn an_end_with_another_runs_id_is_of_an_earlier_run() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.state = folder.path().to_owned();
        let of = |sluid: Option<&str>| {
            let mut job = job("1");
            job.sluid = sluid.map(Into::into);
            job
        };
        let deadline = Deadline::after(std::time::Duration::from_secs(5));
        let lasts = |sluid| is_of_a_run_that_lasts(&host, &of(sluid), deadline);
        assert!(!lasts(Some("sA")), "nothing is recorded");
        Lease::new(&host, &of(Some("sB"))).write(&host).expect("written");
        assert_eq!((lasts(Some("sA")), lasts(Some("sB"))), (true, false));
    }
}
