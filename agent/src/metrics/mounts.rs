//! Which Lustre file systems are mounted, as the list of mounts shows it. No mount is touched.

use super::encode::Encoder;
use super::families::MOUNT_INFO;
use super::sources::Sources;
use super::verdict::Verdict;
use fsxlustre_mount::host::{Host, Mount, MountInfoError, MountTable};
use fsxlustre_mount::source::Device;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The mounts of Lustre.
#[derive(Debug, Default)]
pub(super) struct LustreMounts {
    /// Each with the name of its file system; `None` where the source is not understood. In the kernel's
    /// order: a later one on the same directory covers an earlier one.
    all: Vec<(Option<String>, Mount)>,
    /// The numbers of those that nothing covers.
    on_top: BTreeSet<i32>,
    /// The numbers of those that this process does not have at their place.
    elsewhere: BTreeSet<i32>,
    /// Each once.
    labels: BTreeSet<Labels>,
    /// Lines and sources that were not understood.
    oddities: u64,
}

/// Labels of one mount: file system, mount point, source, options.
type Labels = [String; 4];

fn labels(fs: Option<&String>, mount: &Mount) -> Labels {
    let options: BTreeSet<&str> =
        mount.options.iter().chain(&mount.super_options).map(String::as_str).collect();
    let options: Vec<&str> = options.into_iter().collect();
    let directory = mount.directory.to_string_lossy().into_owned();
    [fs.cloned().unwrap_or_default(), directory, mount.source.clone(), options.join(",")]
}

impl LustreMounts {
    /// Those of a list of mounts. Where that is of another mount namespace, `own` is this process's: a
    /// mount that was not propagated is not there, and a call of its directory tells of the folder
    /// that lies below it.
    pub(super) fn of(host: &Host, table: MountTable, own: Option<&OwnMounts>) -> Self {
        let is_on_top =
            |mount: &&Mount| table.on(&mount.directory).is_some_and(|top| top.id == mount.id);
        let lustre = table.mounts.iter().filter(|mount| host.is_lustre(mount));
        let on_top = lustre.filter(is_on_top).map(|mount| mount.id).collect();
        let lustre = table.mounts.into_iter().filter(|mount| host.is_lustre(mount));
        let all: Vec<_> = lustre
            .map(|mount| (Device::parse(&mount.source).map(|device| device.fsname), mount))
            .collect();
        let is_elsewhere = |mount: &&Mount| own.is_some_and(|own| !own.has(mount));
        let elsewhere = all.iter().map(|(_, mount)| mount).filter(is_elsewhere);
        let elsewhere = elsewhere.map(|mount| mount.id).collect();
        let nameless = all.iter().filter(|(fs, _)| fs.is_none()).count();
        Self {
            labels: all.iter().map(|(fs, mount)| labels(fs.as_ref(), mount)).collect(),
            oddities: u64::try_from(nameless + table.unread_lines).unwrap_or(u64::MAX),
            all,
            on_top,
            elsewhere,
        }
    }

    /// All of them.
    pub(super) fn mounts(&self) -> impl DoubleEndedIterator<Item = &Mount> {
        self.all.iter().map(|(_, mount)| mount)
    }

    /// Those that a call of their directory reaches, with the names of their file systems.
    pub(super) fn reached(&self) -> impl Iterator<Item = (&str, &Mount)> {
        self.on_top().filter(|(_, mount)| !self.elsewhere.contains(&mount.id))
    }

    /// Those that are not there for this process, with the names of their file systems.
    pub(super) fn unseen(&self) -> impl Iterator<Item = (&str, &Mount)> {
        self.on_top().filter(|(_, mount)| self.elsewhere.contains(&mount.id))
    }

    fn on_top(&self) -> impl Iterator<Item = (&str, &Mount)> {
        self.named().filter(|(_, mount)| self.on_top.contains(&mount.id))
    }

    /// Those whose source is understood, with the names of their file systems.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &Mount)> {
        self.all.iter().filter_map(|(fs, mount)| Some((fs.as_deref()?, mount)))
    }
}

/// The mounts that this process has, where the list of the node's is of another mount namespace.
#[derive(Debug)]
pub(super) struct OwnMounts {
    table: MountTable,
    /// The node's root, by its real path.
    root: PathBuf,
}

impl OwnMounts {
    /// `None` where there is one namespace, and where the node's root is no directory of this one
    /// (`/proc/1/root`).
    ///
    /// *Source*: `/proc/self/mountinfo`, whatever procfs is named: that of this process.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub(super) fn read(host: &Host) -> Result<Option<Self>, MountInfoError> {
        if host.paths.mountinfo.is_none() {
            return Ok(None);
        }
        let table = MountTable::read(&host.paths.processes.join("self/mountinfo"))?;
        let which = |path: &Path| path.metadata().map(|is| (is.dev(), is.ino())).ok();
        let rootfs = &host.paths.rootfs;
        let root = rootfs.canonicalize().ok().filter(|root| which(root) == which(rootfs));
        Ok(root.map(|root| Self { table, root }))
    }

    /// Whether a mount of the node is at its place. Here it has another number; what is mounted has
    /// the same.
    fn has(&self, mount: &Mount) -> bool {
        let own = self.table.on(&below(&self.root, &mount.directory));
        let what = |mount: &Mount| (mount.device.clone(), mount.root.clone(), mount.source.clone());
        own.is_some_and(|own| what(own) == what(mount))
    }
}

/// The path of a directory of the node, from its root on.
pub(super) fn below(root: &Path, directory: &Path) -> PathBuf {
    directory.strip_prefix("/").map_or_else(|_| directory.to_owned(), |below| root.join(below))
}

/// The collector.
///
/// *Source*: `/proc/self/mountinfo`, or the one that is named: the mounts of its mount namespace.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    match sources.mounts() {
        Ok(mounts) => {
            verdict.oddities = mounts.oddities;
            let mut family = encoder.family(&MOUNT_INFO);
            for labels in &mounts.labels {
                family.sample(labels.each_ref().map(String::as_str), true);
            }
        }
        Err(error) => verdict.note(error.into()),
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_that_another_one_covers_is_not_reached() {
        let lustre = |fs: &str| format!("lustre 192.168.77.10@tcp:/{fs} rw\n");
        let (old, new) = (lustre("abcdefgh"), lustre("p7lsxbev"));
        let text = format!(
            "1 0 8:1 / /fsx rw - {old}2 0 8:1 / /fsx rw - {new}3 0 8:1 / /b rw - {old}\
             4 0 0:9 / /b rw - tmpfs x rw\n5 0 0:9 / /c rw - tmpfs x rw\n6 0 8:1 / /c rw - {old}"
        );
        let mounts = LustreMounts::of(&Host::default(), MountTable::parse(text.as_bytes()), None);
        let shown: Vec<_> =
            mounts.reached().map(|(fs, mount)| (fs, mount.directory.to_str())).collect();
        assert_eq!(shown, [("p7lsxbev", Some("/fsx")), ("abcdefgh", Some("/c"))]);
        assert_eq!(mounts.named().count(), 4);
    }

    #[test]
    fn what_another_namespace_has_and_this_one_has_not_is_not_reached() {
        let lustre = "lustre 192.168.77.10@tcp:/p7lsxbev rw\n";
        let mount = |id: u32, root: &str, directory: &str| {
            format!("{id} 0 3428:831820 {root} {directory} rw shared:9 - {lustre}")
        };
        let places = ["/fsx", "/none", "/other", "/part"];
        let node: String =
            (1..).zip(places).map(|(id, directory)| mount(id, "/", directory)).collect();
        let own = mount(77, "/", "/host/fsx")
            + "78 0 8:1 /other /host/other rw - xfs /dev/sda1 rw\n"
            + &mount(79, "/part", "/host/part");
        let table = |text: &str| MountTable::parse(text.as_bytes());
        let own = OwnMounts { table: table(&own), root: "/host".into() };
        let mounts = LustreMounts::of(&Host::default(), table(&node), Some(&own));
        let shown = |all: &mut dyn Iterator<Item = (&str, &Mount)>| {
            all.map(|(_, mount)| mount.directory.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(shown(&mut mounts.reached()), ["/fsx"]);
        assert_eq!(shown(&mut mounts.unseen()), places[1..]);
        let all = LustreMounts::of(&Host::default(), table(&node), None);
        assert_eq!(shown(&mut all.reached()), places);
    }

    #[test]
    fn a_mount_is_named_once_whatever_its_source() {
        let line = "lustre 192.168.77.10@tcp:/p7lsxbev/sub rw\n";
        let text = format!(
            "1 0 8:1 / /fsx rw - {line}2 0 8:1 / /fsx rw - {line}3 0 8:1 / /a\\040b rw - {line}\
             4 0 8:1 / /z rw - lustre what rw\n"
        );
        let mounts = LustreMounts::of(&Host::default(), MountTable::parse(text.as_bytes()), None);
        let shown: Vec<(&str, &str)> =
            mounts.labels.iter().map(|[fs, mountpoint, ..]| (&**fs, &**mountpoint)).collect();
        assert_eq!(shown, [("", "/z"), ("p7lsxbev", "/a b"), ("p7lsxbev", "/fsx")]);
        assert_eq!((mounts.oddities, mounts.mounts().count(), mounts.named().count()), (1, 4, 3));
    }
}
