//! What a job's end does for the data repository of its file systems, where the rule of a mount says so: a
//! ticket for the head node, or a task that is begun here and followed for a while. Neither ever fails an end.

use super::report::hand_in;
use super::{FrozenMount, FrozenRequest, MountOutcome};
use crate::aws::RegionHints;
use crate::config::{AgentConfig, ExportAtEnd};
use crate::staging::export::{
    Named, Ticket, Wanted, ask, begin, follow, node_name, progress, wait_for_calls,
};
use fsxlustre_mount::failure::{Failure, one_line};
use fsxlustre_mount::host::{Bounds, Deadline, Host, unix_seconds};
use fsxlustre_mount::partition::name_parts;
use fsxlustre_mount::source::Device;
use nix::sys::signalfd::SignalFd;
use std::path::PathBuf;
use std::time::Duration;

/// What became of an export at a job's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedAtEnd {
    /// The directory that the job was given.
    pub directory: PathBuf,
    /// What was done; the error is what an administrator should know.
    pub told: Result<String, String>,
}

/// What a mount of a job is of.
struct Exported<'a> {
    mount: &'a FrozenMount,
    file_system_id: String,
    region: Option<String>,
    /// Below the file system's root; none for all of it.
    paths: Vec<String>,
}

impl<'a> Exported<'a> {
    /// `None` where the job went without it.
    fn of(mount: &'a FrozenMount) -> Option<Result<Self, String>> {
        let Some(outcome) = mount.outcome.as_ref() else {
            return Some(Err("it is not known how the job's start went".into()));
        };
        let (device, id) = match outcome {
            MountOutcome::Made { device, file_system_id }
            | MountOutcome::Found { device, file_system_id } => (device, file_system_id),
            // Its servers did not answer when the job began: they may have come back.
            MountOutcome::Missing { device, file_system_id, .. } => {
                (device.as_ref()?, file_system_id)
            }
        };
        let named = name_parts(device);
        let id = id.clone().or_else(|| named.as_ref().map(|named| named.id.clone()));
        let Some(file_system_id) = id else {
            return Some(Err(format!("the id of the file system of {device} is not known")));
        };
        let subdir = Device::parse(device).and_then(|device| device.subdir);
        let paths = subdir.iter().map(|path| path.trim_start_matches('/').to_owned()).collect();
        let region = named.map(|named| named.region);
        Some(Ok(Self { mount, file_system_id, region, paths }))
    }
}

/// Hands in a ticket for every mount of the request whose rule says so. The same request again hands in the same
/// tickets, whose tasks are then the same.
pub(super) fn leave_tickets(host: &Host, request: &FrozenRequest) -> Vec<ExportedAtEnd> {
    let wanted = request
        .mounts
        .iter()
        .enumerate()
        .filter(|(_, mount)| mount.export_at_end() == ExportAtEnd::Ticket);
    wanted
        .filter_map(|(index, mount)| {
            let left = Exported::of(mount)?.and_then(|exported| {
                leave_ticket(host, &format!("{}.{index}", request.job), &request.job, &exported)
            });
            let told = left.map_err(|because| format!("no export is asked for: {because}"));
            Some(ExportedAtEnd { directory: mount.directory.clone(), told })
        })
        .collect()
}

fn leave_ticket(
    host: &Host,
    id: &str,
    job: &str,
    exported: &Exported<'_>,
) -> Result<String, String> {
    let Exported { file_system_id, region, paths, .. } = exported;
    let ticket = Ticket {
        region: region.clone(),
        paths: paths.clone(),
        ..Ticket::new(id.to_owned(), node_name(), job.to_owned(), file_system_id.clone())
    };
    let name = ticket.file_name();
    let name = name.strip_suffix(".json").unwrap_or(&name);
    hand_in(host, name, &ticket).map_err(|failure| words(&failure))?;
    Ok(format!("export left as the ticket {id}"))
}

/// Begins a task for every mount of the request whose rule says `wait`, side by side, and follows each for as
/// long as it says.
pub fn wait_for_exports(
    config: &AgentConfig,
    request: &FrozenRequest,
    interrupt: Option<&SignalFd>,
) -> Vec<ExportedAtEnd> {
    let one = |mount: &FrozenMount, wait: Duration| {
        let told =
            Exported::of(mount)?.and_then(|exported| export(config, &exported, wait, interrupt));
        Some(ExportedAtEnd { directory: mount.directory.clone(), told })
    };
    std::thread::scope(|scope| {
        let begun: Vec<_> = request
            .mounts
            .iter()
            .filter_map(|mount| match mount.export_at_end() {
                ExportAtEnd::Wait(wait) => Some(scope.spawn(move || one(mount, wait))),
                ExportAtEnd::None | ExportAtEnd::Ticket => None,
            })
            .collect();
        begun.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
    })
}

fn export(
    config: &AgentConfig,
    exported: &Exported<'_>,
    wait: Duration,
    interrupt: Option<&SignalFd>,
) -> Result<String, String> {
    let Exported { mount, file_system_id, region, paths } = exported;
    let named = Named {
        mount: mount.directory.display().to_string(),
        ..Named::by_id(file_system_id, region.as_deref())
    };
    let hints = RegionHints { option: None, of_name: region.as_deref() };
    // All of the job is written by now.
    let unmounted = unix_seconds();
    let deadline = Deadline::after(wait);
    let bounds = Bounds { deadline, interrupt };
    // What is left for the last answer.
    let until = deadline.at_most(wait.mul_f64(0.9));
    let last = wait_for_calls(config, hints, bounds, async |aws| {
        let facts = match ask(aws, &named).await? {
            Ok(facts) => facts,
            Err(failure) => return Ok(Err(failure)),
        };
        let wanted = Wanted { paths, report: None, token: None, since: Some(unmounted) };
        let begun = match begin(aws, &facts, &wanted).await? {
            Ok(begun) => begun,
            Err(failure) => return Ok(Err(failure)),
        };
        Ok(Ok(follow(aws, begun.task, until, &|_| {}).await?))
    });
    let last = last.map_err(|failure| format!("not exported: {}", words(&failure)))?;
    match (last.is_proof(), last.is_open()) {
        (true, _) => Ok(format!("exported: {}", progress(&last))),
        (false, true) => Ok(format!("export goes on: {}", progress(&last))),
        (false, false) => Err(format!("not exported: {}", progress(&last))),
    }
}

fn words(failure: &Failure) -> String {
    one_line(&format!("{}: {} [{}]", failure.what, failure.because, failure.code))
}
