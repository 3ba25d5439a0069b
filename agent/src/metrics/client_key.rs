//! Which mounted client a device or a mount is of.

use super::instances::Instance;
use fsxlustre_mount::host::{Host, Mount};
use fsxlustre_mount::record::MountRecord;

/// Whose child it is: a mounted client of a file system. Bind mounts of one client share it, and what
/// hangs in one client hangs in no other, also where both are of file systems of one name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClientKey {
    /// Lustre's name of the file system.
    pub(super) fs: String,
    /// The hexadecimal part of the names of its devices; the mount point of a mount of which nobody
    /// knows the client.
    client: String,
}

impl ClientKey {
    /// That of a device.
    pub(super) fn of(device: &Instance) -> Self {
        Self { fs: device.fs().to_owned(), client: device.client().to_owned() }
    }

    /// That of a mount: of the only client of its file system's name, else of the one that our record
    /// of the mount names. mountinfo cannot tell two clients of one name apart.
    pub(super) fn of_mount(host: &Host, clients: &[Instance], fs: &str, mount: &Mount) -> Self {
        let mut of_it = clients.iter().filter(|client| client.fs() == fs);
        if let (Some(only), None) = (of_it.next(), of_it.next()) {
            return Self::of(only);
        }
        let recorded = MountRecord::read_of(host, mount).and_then(|record| record.client);
        let known = recorded.and_then(|name| clients.iter().find(|client| client.name == name));
        known.map_or_else(
            || Self { fs: fs.to_owned(), client: mount.directory.to_string_lossy().into_owned() },
            Self::of,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::instances::Folder;
    use super::*;
    use fsxlustre_mount::host::MountTable;
    use fsxlustre_mount::source::Device;
    use std::path::Path;

    /// A host with these clients of `fsx`, and two mounts of that name from different servers.
    fn host(folder: &Path, clients: &[&str]) -> (Host, Vec<Instance>, MountTable) {
        let mut host = Host::default();
        host.paths.sysfs = folder.join("sys");
        host.paths.procfs = folder.join("proc");
        host.paths.state = folder.join("run");
        for client in clients {
            let instance = host.paths.sysfs.join("fs/lustre/llite").join(client);
            std::fs::create_dir_all(instance).expect("a client");
        }
        let boot = host.paths.procfs.join("sys/kernel/random");
        std::fs::create_dir_all(&boot).expect("folder");
        std::fs::write(boot.join("boot_id"), "b\n").expect("a boot");
        let parse = |name: &&str| Instance::parse(Folder::Llite, name);
        let lines = "7 1 0:50 / /a rw - lustre 10.0.0.5@tcp:/fsx rw\n\
                     8 1 0:50 / /b rw - lustre 10.0.0.6@tcp:/fsx rw\n";
        let instances = clients.iter().filter_map(parse).collect();
        (host, instances, MountTable::parse(lines.as_bytes()))
    }

    fn clients_of(host: &Host, clients: &[Instance], table: &MountTable) -> Vec<String> {
        let of = |mount| ClientKey::of_mount(host, clients, "fsx", mount).client;
        table.mounts.iter().map(of).collect()
    }

    #[test]
    fn mounts_of_the_only_client_share_it() {
        let folder = tempfile::tempdir().expect("folder");
        let (host, clients, table) = host(folder.path(), &["fsx-ff01", "other-ff09"]);
        assert_eq!(clients_of(&host, &clients, &table), ["ff01", "ff01"]);
    }

    #[test]
    fn of_two_clients_of_one_name_the_record_tells_and_else_each_mount_is_its_own() {
        let folder = tempfile::tempdir().expect("folder");
        let (host, clients, table) = host(folder.path(), &["fsx-ff01", "fsx-ff02"]);
        assert_eq!(clients_of(&host, &clients, &table), ["/a", "/b"]);
        let device = Device::parse("10.0.0.6@tcp:/fsx").expect("a device");
        let maker = fsxlustre_mount::record::Maker::Person;
        let mut record = MountRecord::intent(&host, "x".into(), &device, Path::new("/b"), maker);
        record.mount_id = Some(8);
        record.client = Some("fsx-ff02".into());
        record.write(&host).expect("a record");
        assert_eq!(clients_of(&host, &clients, &table), ["/a", "ff02"]);
    }
}
