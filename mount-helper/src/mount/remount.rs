//! Changing the options of a mount that is there.
//!
//! A Lustre client takes `ro`, `rw` and the kernel's own words on a remount, and passes over the
//! rest without a word (`localflock` leaves `flock` as it is), so the rest is refused here. What
//! changes is this mount only: another mount of the same client keeps its options.

use super::occupied::{Occupied, occupied};
use super::way::{self, BindMount, OF_THE_MOUNT, Way};
use super::{Done, MountReport, MountRequest, Mounter};
use crate::failure::{Code, Explain as _, Failure};
use crate::host::{Bounds, Deadline, Host, Mount};
use crate::id_cache;
use crate::options::MountOptions;
use crate::record::Origin;
use crate::source::{Device, Source};
use std::path::Path;
use std::time::Duration;

impl Mounter<'_> {
    /// Changes the options of the mount that is there.
    pub(super) fn remount(
        &self,
        request: &MountRequest,
        source: &Source,
        deadline: Deadline,
    ) -> Result<MountReport, Failure> {
        let bounds = self.bounds(deadline);
        if let Some(device) = known_device(self.host, source) {
            let table = self.host.mounts().map_err(|error| error.failure())?;
            let on = occupied(self.host, &table, &request.directory, &device);
            if let Occupied::ByOther(failure) = on {
                return Err(failure);
            }
        }
        let mount = change(self.host, &request.directory, &request.options, &bounds)?;
        let device = Device::shown_by(&mount).ok_or_else(|| Failure {
            code: Code::NotVerified,
            what: "what is mounted is not a Lustre device".into(),
            asked: format!("remount {source}"),
            because: mount.source.clone(),
            remedy: "see what is mounted with `findmnt`".into(),
        })?;
        Ok(MountReport {
            waited: Duration::ZERO,
            done: Done::Remounted,
            device,
            file_system_id: None,
            origin: Origin::Given,
            way: Way::Client,
            options: request.options.passed.join(","),
            mount: Some(mount),
            warnings: Vec::new(),
        })
    }
}

/// The device of a source that nobody has to be asked about.
fn known_device(host: &Host, source: &Source) -> Option<Device> {
    match source {
        Source::Device(device) => Some(device.clone()),
        Source::Id { id, subdir } => id_cache::device_of(host, id, subdir.as_deref()),
        Source::Tags(_) => None,
    }
}

/// Changes the options, and proves it.
fn change(
    host: &Host,
    directory: &Path,
    options: &MountOptions,
    bounds: &Bounds<'_>,
) -> Result<Mount, Failure> {
    let mount = crate::unmount::lustre_mount(host, directory)?.ok_or_else(|| Failure {
        code: Code::NotMounted,
        what: format!("no Lustre file system is mounted on {}", directory.display()),
        asked: format!("remount {}", directory.display()),
        because: "mountinfo of this mount namespace does not show one".into(),
        remedy: "mount it first".into(),
    })?;
    check_changeable(host, &mount, options)?;
    let bind =
        BindMount { from: None, directory: directory.to_owned(), options: words(&mount, options) };
    way::run(&bind, bounds, |_| Ok(()))?;
    let table = host.mounts().map_err(|error| error.failure())?;
    let now = table.on(directory).cloned().unwrap_or(mount);
    let lost = options.passed.iter().find(|word| {
        matches!(word.as_str(), "ro" | "rw" | "nosuid" | "nodev" | "noexec")
            && !now.options.contains(*word)
    });
    match lost {
        None => Ok(now),
        Some(word) => Err(unable(directory, word, "mountinfo does not show it afterwards")),
    }
}

/// The words of the mount as it is, then those that are wanted, so that the last of a pair counts.
fn words(mount: &Mount, options: &MountOptions) -> Vec<String> {
    let is_of_the_mount = |word: &&String| OF_THE_MOUNT.contains(&word.as_str());
    let now = mount.options.iter().filter(is_of_the_mount);
    now.chain(options.passed.iter().filter(is_of_the_mount)).cloned().collect()
}

fn check_changeable(host: &Host, mount: &Mount, options: &MountOptions) -> Result<(), Failure> {
    let recorded = crate::record::MountRecord::read_of(host, mount).map(|record| record.options);
    for word in options.passed.iter().filter(|word| !OF_THE_MOUNT.contains(&word.as_str())) {
        let holds_already = mount.super_options.contains(word)
            || recorded.as_ref().is_some_and(|recorded| recorded.contains(word));
        if !holds_already {
            let because = "a Lustre client passes over it on a remount";
            return Err(unable(&mount.directory, word, because));
        }
    }
    Ok(())
}

fn unable(directory: &Path, word: &str, because: &str) -> Failure {
    let directory = directory.display();
    Failure {
        code: Code::RemountUnable,
        what: format!("{word} cannot be set while {directory} is mounted"),
        asked: format!("remount {directory} with {word}"),
        because: because.into(),
        remedy: format!("umount {directory}, then mount it with {word}"),
    }
}
