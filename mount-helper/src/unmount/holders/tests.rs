use super::*;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

/// mountinfo of a real 2.15.8 client, with a namespace held by a file.
const MOUNTINFO: &str = "27 1 254:0 / / rw - ext4 /dev/vda rw\n\
    222 27 3428:831820 / /fsx rw,noatime shared:96 - lustre 192.168.77.10@tcp:/p7lsxbev rw,flock\n\
    223 27 3428:831820 / /two rw - lustre 192.168.77.11@tcp:/p7lsxbev rw,flock\n\
    224 27 3428:831820 /more /bind rw - lustre 192.168.77.10@tcp:/p7lsxbev rw,flock\n\
    225 222 0:50 / /fsx/tmp rw - tmpfs tmpfs rw\n\
    226 27 0:51 / /merged rw - overlay overlay rw,lowerdir=/fsx/lower:/etc,upperdir=/u\n\
    263 27 0:4 mnt:[4026532416] /run/ns/m rw - nsfs nsfs rw\n";

struct Node {
    root: tempfile::TempDir,
    host: Host,
}

impl Node {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("folder");
        let mut host = Host::default();
        host.paths.processes = root.path().join("proc");
        host.paths.block_devices = root.path().join("block");
        host.paths.rootfs = root.path().to_owned();
        let node = Self { root, host };
        node.write("proc/self/mountinfo", MOUNTINFO);
        node.link("proc/self/ns/mnt", "mnt:[1]");
        node.write("etc/passwd", "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n");
        node
    }

    fn path(&self, path: &str) -> PathBuf {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        path
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).expect("file");
    }

    fn link(&self, path: &str, to: &str) {
        symlink(to, self.path(path)).expect("link");
    }

    fn process(&self, pid: u32, namespace: u32, state: char) {
        self.link(&format!("proc/{pid}/ns/mnt"), &format!("mnt:[{namespace}]"));
        self.write(&format!("proc/{pid}/comm"), &format!("command{pid}\n"));
        self.write(&format!("proc/{pid}/stat"), &format!("{pid} (a) b) {state} 1"));
    }

    fn target() -> Target {
        let table = MountTable::parse(MOUNTINFO.as_bytes());
        Target::new(table.on(Path::new("/fsx")).expect("the mount"), &table)
    }

    /// What is found without a child: what was read of files only.
    fn found(&self) -> Vec<(Option<u32>, HolderKind, String, bool)> {
        let own = MountTable::parse(MOUNTINFO.as_bytes());
        let mut holders = Holders::default();
        let namespaces = Namespaces::read(&self.host, own, &mut holders.unread);
        let deadline = Deadline::after(Duration::from_mins(1));
        processes::find(&self.host, &Self::target(), &namespaces, deadline, &mut holders);
        kernel::find(&self.host, &Self::target(), &namespaces, &mut holders);
        let tell = |one: Holder| (one.pid, one.kind, one.path.unwrap_or_default(), one.busy);
        holders.found.into_iter().map(tell).collect()
    }
}

#[test]
fn a_process_is_found_by_mount_id_and_by_path_and_not_by_the_device() {
    let node = Node::new();
    node.process(1314, 1, 'D');
    node.write("proc/1314/fdinfo/0", "pos:\t0\nflags:\t0100000\nmnt_id:\t222\nino:\t14411523\n");
    node.link("proc/1314/fd/0", "/fsx/more/f1");
    node.link("proc/1314/cwd", "/fsx/gone (deleted)");
    node.link("proc/1314/exe", "/two/program");
    node.process(1315, 1, 'S');
    node.write("proc/1315/fdinfo/3", "pos:\t0\nmnt_id:\t223\n");
    node.link("proc/1315/root", "/fsx2");
    node.process(1316, 1, 'S');
    node.link("proc/1316/cwd", "/bind/here");
    let found = node.found();
    let of = |pid| found.iter().filter(|one| one.0 == Some(pid)).cloned().collect::<Vec<_>>();
    assert_eq!(
        of(1314),
        [
            (Some(1314), HolderKind::OpenFile, "/fsx/more/f1".into(), true),
            (Some(1314), HolderKind::CurrentDirectory, "/fsx/gone (deleted)".into(), true),
        ]
    );
    assert_eq!(of(1315), [], "another client of the same name and device number");
    let bind = (Some(1316), HolderKind::CurrentDirectory, "/bind/here".into(), false);
    assert_eq!(of(1316), [bind], "it keeps the client, not this mount");
}

#[test]
fn what_the_kernel_holds_is_found() {
    let node = Node::new();
    node.write("block/loop0/loop/backing_file", "/fsx/more/img\n");
    node.write("block/loop1/loop/backing_file", "/two/img\n");
    node.write("block/vda/size", "1");
    node.write(
        "proc/swaps",
        "Filename Type Size\n/fsx/a\\040b file 1 0 -2\n/dev/sda partition 1\n",
    );
    assert_eq!(
        node.found(),
        [
            (None, HolderKind::LoopDevice, "/fsx/more/img".into(), true),
            (None, HolderKind::Swap, "/fsx/a b".into(), true),
            (None, HolderKind::BindMount, "/bind".into(), false),
            (None, HolderKind::MountBelow, "/fsx/tmp".into(), true),
            (None, HolderKind::Overlay, "/merged".into(), false),
        ]
    );
}

#[test]
fn an_owner_is_told_from_files_that_do_not_wait() {
    let node = Node::new();
    node.process(7, 1, 'D');
    let owner = Owner::read(&node.host, 7);
    assert_eq!((owner.command.as_deref(), owner.blocked), (Some("command7"), true));
    assert_eq!(user_name(node.root.path(), 1000).as_deref(), Some("alice"));
    assert_eq!(user_name(node.root.path(), 7), None);
    node.write("proc/7/task/8/stat", "8 (x) S");
    assert!(!is_blocked(&node.path("proc/7")), "its threads are asked where they are known");
}

#[test]
fn a_mount_that_follows_ours_goes_with_it() {
    let table = |parent: &str, mount: &str| {
        let text = format!(
            "27 1 254:0 / / rw {parent} - ext4 /dev/vda rw\n\
             222 27 3428:831820 / /fsx rw {mount} - lustre 192.168.77.10@tcp:/p7lsxbev rw\n"
        );
        MountTable::parse(text.as_bytes())
    };
    let ours = table("shared:1", "shared:96");
    let target = Target::new(ours.on(Path::new("/fsx")).expect("the mount"), &ours);
    for (parent, follows) in
        [("master:1", true), ("shared:1", true), ("", false), ("master:2", false)]
    {
        let theirs = table(parent, "master:96");
        let mount = theirs.on(Path::new("/fsx")).expect("the mount");
        assert_eq!(target.is_followed_by(mount, &theirs), follows, "{parent}");
    }
}

#[test]
fn a_table_has_safe_columns_and_says_what_it_does_not_know() {
    let holder = Holder {
        pid: Some(12),
        command: Some("py\u{1b}[31mthon\n".into()),
        uid: Some(1000),
        user: Some("alice".into()),
        kind: HolderKind::OpenFile,
        path: Some("/fsx/a\nb".into()),
        inside: None,
        count: 3,
        blocked: true,
        busy: true,
    };
    let image =
        Holder::of_kernel(HolderKind::LoopDevice, Some("loop0".into()), "/fsx/i".into(), true);
    let holders =
        Holders { found: vec![holder, image], unread: vec!["process 13: its mappings".into()] };
    assert_eq!(
        holders.table(),
        "  PID  USER   COMMAND        USES\n   \
         12  alice  py / [31mthon  open file /fsx/a / b (and 2 more) [blocked]\n    \
         -  -      loop0          loop device on /fsx/i\n  \
         not known: process 13: its mappings\n"
    );
    assert!(Holders::default().summary(|_| true).starts_with("an unknown holder"));
}
