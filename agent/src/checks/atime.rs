//! Are times of access kept where data is released by them?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, LustreMount};
use fsxlustre_mount::file_system::FileSystem;

const NAME: &str = "atime";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Are times of access kept where data may be released by them?",
    group: Group::Aws,
    is_required: false,
    meaning: "Compares the options of each mount with whether its file system is linked to a data \
              repository, from which data can be released by its last access. Pass: not linked, or \
              mounted with relatime. Warn: linked, and mounted with noatime: what is read daily looks \
              unused. Unknown: whether it is linked could not be asked. Left out for mounts of which AWS \
              told nothing.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let mounts = facts.node.mounts.value().into_iter().flatten();
    let found: Vec<&FileSystem> =
        facts.file_systems.iter().filter_map(|one| one.asked.file_system()).collect();
    let of_mount = |mount: &LustreMount| {
        let name = mount.fs_name.as_deref()?;
        let mut same = found.iter().filter(|one| one.mount_name == name);
        let only = same.next()?;
        // Every SCRATCH_1 file system has the same name.
        same.next().is_none().then(|| check(mount, only))
    };
    mounts.filter_map(of_mount).collect()
}

fn check(mount: &LustreMount, found: &FileSystem) -> Finding {
    let directory = &mount.directory;
    let is_noatime = mount.options.iter().any(|option| option == "noatime");
    let links = found.data_repositories.as_ref().map(Vec::len);
    let is_told = found.data_repositories_unknown.is_none();
    let finding = match (is_noatime, links) {
        (false, _) => Finding::pass(NAME, format!("{directory} keeps times of access")),
        (true, Some(count)) if count > 0 => {
            let summary = format!(
                "{directory} is mounted with noatime, and {} is linked to {count} data repositories",
                found.id
            );
            let remedy = format!(
                "if data is released by its last access (AUTO_RELEASE_DATA, RELEASE_DATA_FROM_FILESYSTEM): \
                 write relatime in place of noatime in fstab or [[jobs.mount]], and sudo mount -o \
                 remount,relatime {directory}"
            );
            Finding::warn(NAME, summary, remedy)
        }
        (true, None) if !is_told => {
            let summary =
                format!("whether {} is linked to a data repository is not known", found.id);
            let remedy = "allow fsx:DescribeDataRepositoryAssociations (packaging/iam/data-repositories.json)";
            Finding::unknown(NAME, summary, remedy)
        }
        (true, _) => Finding::pass(NAME, format!("{} is linked to no data repository", found.id)),
    };
    let why = found.data_repositories_unknown.clone();
    let told = why.unwrap_or_else(|| format!("{} data repositories", links.unwrap_or_default()));
    finding
        .about(directory)
        .seen(Evidence::new(mount.options.join(","), "/proc/self/mountinfo"))
        .seen(Evidence::new(told, "fsx:DescribeDataRepositoryAssociations"))
}
