//! Gathers the facts: two looks some seconds apart, the node's EFA devices, and what the FSx API says.

use super::facts::{EfaDevice, Facts, Sources};
use crate::config::AgentConfig;
use crate::facts::Observed;
use crate::resolve::AgentResolver;
use crate::window::{Look, Looker, Window, between, of_job, sum};
use fsxlustre_mount::answer::Caller;
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::{Deadline, Host, read_text, unix_seconds};
use fsxlustre_mount::options::Prefer;
use fsxlustre_mount::resolve::{Question, Resolve as _, Tell};
use fsxlustre_mount::source::{Source, is_file_system_id};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// A job, in place of the node's present.
    pub job: Option<&'a str>,
    /// How far apart the two looks are.
    pub apart: Duration,
    /// Whether the FSx API may be asked.
    pub asks_api: bool,
}

/// How long the FSx API may take for one file system.
const API_TIMEOUT: Duration = Duration::from_secs(10);
/// The most file systems that it is asked of.
const MOST_ASKED: usize = 16;

/// Looks at everything that the rules want to know.
///
/// # Errors
/// The job is not known, or a fault of ours.
pub fn gather(config: &AgentConfig, asked: &Asked<'_>, tell: Tell<'_>) -> Result<Facts, Failure> {
    let host = config.host();
    let job = asked.job.map(|name| of_job(host, name)).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| fault(&error))?;
    let looker = Looker::new(host, Duration::ZERO)?;
    let first = runtime.block_on(looker.look());
    let efa_before = efa_devices(host);
    let ids = ids(&between(None, &first.seen, None));
    let (second, described) = std::thread::scope(|scope| {
        let describing = scope.spawn(|| describe(config, &ids, asked.asks_api));
        let second = if job.is_none() {
            tell(&format!("looking at the counters for {} s", asked.apart.as_secs()));
            let left = asked.apart.saturating_sub(first.at.elapsed());
            runtime.block_on(async {
                tokio::time::sleep(left).await;
                looker.look().await
            })
        } else {
            first.clone()
        };
        (second, describing.join().unwrap_or_default())
    });
    // Not waited for: a look may be stuck in the kernel.
    runtime.shutdown_background();
    let window = match &job {
        Some(job) if job.is_live => with_states(&job.window, &between(None, &second.seen, None)),
        Some(job) => job.window.clone(),
        None => of_now(&first, &second),
    };
    let ended = job.as_ref().map_or_else(|| Some(unix_seconds()), |job| job.ended_unix_seconds);
    let efa_after = if job.is_none() {
        efa_devices(host)
    } else {
        Observed::unknown("a job's time on EFA is not kept", EFA)
    };
    Ok(Facts {
        totals: job.is_none().then(|| between(None, &second.seen, None)),
        sources: Sources::of(&second.seen),
        efa: moved(&efa_before, &efa_after),
        described,
        minute_of_week: ended.map(minute_of_week),
        is_now: job.as_ref().is_none_or(|job| job.is_live),
        window,
    })
}

fn of_now(first: &Look, second: &Look) -> Window {
    let seconds = second.at.duration_since(first.at).as_secs_f64();
    between(Some(&first.seen), &second.seen, Some(seconds))
}

/// A running job's counters with the states of now.
fn with_states(job: &Window, now: &Window) -> Window {
    let mut window = job.clone();
    window.interfaces = now.interfaces.clone();
    for (fs, own) in &mut window.file_systems {
        let Some(now) = now.file_systems.get(fs) else { continue };
        own.directories.clone_from(&now.directories);
        own.file_system_id.clone_from(&now.file_system_id);
        own.answers = now.answers;
        own.pending_bytes = now.pending_bytes;
        own.settings = now.settings;
        own.targets = now.targets.clone();
        for target in own.targets.values_mut() {
            (target.read_bytes, target.write_bytes, target.requests) = (None, None, None);
        }
    }
    window
}

fn fault(error: &std::io::Error) -> Failure {
    Failure {
        code: Code::Internal,
        what: "the counters cannot be looked at".into(),
        asked: "start the runtime".into(),
        because: error.to_string(),
        remedy: "report this".into(),
    }
}

/// Monday is the first day; 1970 began on a Thursday.
fn minute_of_week(unix_seconds: u64) -> u64 {
    (unix_seconds / 60 + 3 * 1440) % (7 * 1440)
}

/// The ids of file systems, by Lustre's name; `None` where no mount of ours told it.
fn ids(window: &Window) -> BTreeMap<String, Option<String>> {
    let is_id = |id: &String| is_file_system_id(id);
    let of = window.file_systems.iter();
    of.map(|(fs, found)| (fs.clone(), found.file_system_id.clone().filter(is_id))).collect()
}

fn describe(
    config: &AgentConfig,
    ids: &BTreeMap<String, Option<String>>,
    asks_api: bool,
) -> BTreeMap<String, Observed<FileSystem>> {
    let deadline = Deadline::after(API_TIMEOUT);
    let one = |(fs, id): (&String, &Option<String>)| {
        let described = match id {
            _ if !asks_api => {
                Observed::unknown("the FSx API was not to be asked", "run it without --no-api")
            }
            None => Observed::unknown(
                "the file system's id is not known, since fsxlustre did not mount it",
                format!("mount it by its id: mount -t fsxlustre fs-ID {fs}"),
            ),
            Some(id) => described(config, id, deadline),
        };
        (fs.clone(), described)
    };
    ids.iter().take(MOST_ASKED).map(one).collect()
}

fn described(config: &AgentConfig, id: &str, deadline: Deadline) -> Observed<FileSystem> {
    let source = Source::Id { id: id.to_owned(), subdir: None };
    let question =
        Question { source: &source, region: None, prefer: Prefer::None, caller: Caller::Person };
    let resolver =
        AgentResolver { with_data_repositories: true, ..AgentResolver::new(config, None) };
    match resolver.resolve(&question, deadline) {
        Ok(found) => Observed::known(found, "fsx:DescribeFileSystems"),
        Err(failure) => {
            Observed::unknown(format!("{}: {}", failure.what, failure.because), failure.remedy)
        }
    }
}

const EFA: &str = "/sys/class/infiniband";

/// The devices whose driver is EFA's.
///
/// *Source*: `class/infiniband/*/device/driver` below sysfs, `ports/1/hw_counters`, as "EFA driver
/// metrics" of the EC2 user guide names them.
fn efa_devices(host: &Host) -> Observed<Vec<EfaDevice>> {
    let folder = host.paths.sysfs.join("class/infiniband");
    let from = folder.display().to_string();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        // The module ib_core is not loaded, so no such device is.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Observed::known(Vec::new(), from);
        }
        Err(error) => return Observed::unknown(error.to_string(), from),
    };
    let mut devices: Vec<EfaDevice> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let driver = entry.path().join("device/driver").read_link().ok()?;
            let is_efa = driver.file_name().is_some_and(|name| name == "efa");
            is_efa.then(|| EfaDevice {
                name: entry.file_name().to_string_lossy().into_owned(),
                moved_bytes: moved_bytes(&entry.path().join("ports/1/hw_counters")),
            })
        })
        .collect();
    devices.sort_by(|a, b| a.name.cmp(&b.name));
    Observed::known(devices, from)
}

/// What went and came; data that is fetched or put by RDMA is counted apart, where it is at all.
fn moved_bytes(counters: &Path) -> Option<u64> {
    let read = |name: &str| read_text(&counters.join(name)).ok()?.trim().parse::<u64>().ok();
    let basic = read("tx_bytes")?.checked_add(read("rx_bytes")?)?;
    let rdma =
        sum(["rdma_read_bytes", "rdma_write_bytes", "rdma_write_recv_bytes"].into_iter().map(read));
    basic.checked_add(rdma.unwrap_or_default())
}

/// What the devices moved in between.
fn moved(
    before: &Observed<Vec<EfaDevice>>,
    after: &Observed<Vec<EfaDevice>>,
) -> Observed<Vec<EfaDevice>> {
    let earlier = before.value().cloned().unwrap_or_default();
    after.map(|devices| {
        let difference = |device: &EfaDevice| {
            let then = earlier.iter().find(|one| one.name == device.name)?.moved_bytes?;
            device.moved_bytes?.checked_sub(then)
        };
        let one = |device: &EfaDevice| EfaDevice {
            moved_bytes: difference(device),
            name: device.name.clone(),
        };
        devices.iter().map(one).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_begins_on_monday() {
        assert_eq!(minute_of_week(0), 3 * 1440, "a Thursday");
        // 2026-11-23, a Monday.
        assert_eq!(minute_of_week(1_795_392_000), 0);
        assert_eq!(minute_of_week(1_795_391_999), 7 * 1440 - 1);
    }

    #[test]
    fn efa_devices_are_known_by_their_driver() {
        let folder = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        folder.path().clone_into(&mut host.paths.sysfs);
        assert_eq!(efa_devices(&host).value(), Some(&Vec::new()), "no such class");
        for (name, driver) in [("efa_0", "efa"), ("mlx5_0", "mlx5_core")] {
            let device = folder.path().join("class/infiniband").join(name);
            std::fs::create_dir_all(device.join("device")).expect("folder");
            std::fs::create_dir_all(device.join("ports/1/hw_counters")).expect("folder");
            std::os::unix::fs::symlink(format!("../../{driver}"), device.join("device/driver"))
                .expect("link");
        }
        let counters = folder.path().join("class/infiniband/efa_0/ports/1/hw_counters");
        let before = efa_devices(&host);
        assert_eq!(before.value().expect("known").len(), 1);
        assert_eq!(before.value().expect("known")[0].moved_bytes, None);
        let count = |tx: &str| {
            std::fs::write(counters.join("tx_bytes"), tx).expect("written");
            std::fs::write(counters.join("rx_bytes"), "5\n").expect("written");
            efa_devices(&host)
        };
        let (before, after) = (count("10\n"), count("25\n"));
        assert_eq!(moved(&before, &after).value().expect("known")[0].moved_bytes, Some(15));
        let (before, after) = (count("10\n"), count("9\n"));
        assert_eq!(moved(&before, &after).value().expect("known")[0].moved_bytes, None);
    }
}
