//! The real programs on a kernel whose file-system type is exactly `lustre`: what no FUSE stand-in can
//! show. Each test boots a user-mode-linux of its own; `tests/uml/build` makes what it needs.

#[path = "kernel_type_lustre/guest.rs"]
mod guest;

use guest::{CLIENT, Guest, Said};

const SOURCE: &str = "10.0.0.5@tcp:/abcdefgh";
const DIRECTORY: &str = "/mnt/x";

/// What a real 2.15.8 client shows behind the source (`40_mount/plain.mountinfo.out`).
const SUPER_OPTIONS: &str =
    "rw,checksum,flock,nouser_xattr,lruresize,lazystatfs,nouser_fid2path,verbose,noencrypt";

/// A guest with a mount point.
fn guest() -> Guest {
    let guest = Guest::boot();
    guest.run(["mkdir", DIRECTORY]).assert_success();
    guest
}

fn mount(guest: &Guest, options: &[&str], source: &str, directory: &str) -> Said {
    let words = ["mount", "-t", "fsxlustre"].iter().chain(options);
    guest.run(words.copied().chain([source, directory]))
}

/// The lines of mountinfo whose type is `lustre`, without the numbers in front.
fn lustre_mounts(guest: &Guest) -> Vec<String> {
    let all = guest.run(["cat", "/proc/self/mountinfo"]).assert_success().stdout;
    let lustre = all.lines().filter(|line| line.contains(" - lustre "));
    lustre.map(|line| line.splitn(4, ' ').nth(3).unwrap_or_default().to_owned()).collect()
}

#[test]
fn mount_8_makes_what_a_real_client_shows() {
    let guest = guest();
    mount(&guest, &[], SOURCE, DIRECTORY).assert_success();
    assert_eq!(
        lustre_mounts(&guest),
        [format!("/ {DIRECTORY} rw,noatime - lustre {SOURCE} {SUPER_OPTIONS}")]
    );
    let magic = guest.run(["stat", "-f", "-c", "%t", DIRECTORY]).assert_success();
    assert_eq!(magic.stdout, "bd00bd0\n");
    let listed = guest.run(["findmnt", "-n", "-t", "lustre", "-o", "TARGET,SOURCE,FSTYPE"]);
    let listed = listed.assert_success().stdout;
    assert_eq!(listed.split_whitespace().collect::<Vec<_>>(), [DIRECTORY, SOURCE, "lustre"]);
}

#[test]
fn mounting_again_succeeds_and_mounts_nothing() {
    let guest = guest();
    mount(&guest, &[], SOURCE, DIRECTORY).assert_success();
    let before = lustre_mounts(&guest);
    let again = mount(&guest, &["-v"], SOURCE, DIRECTORY).assert_success();
    assert!(again.stdout.contains("is mounted already"), "{again}");
    assert_eq!(lustre_mounts(&guest), before);
}

#[test]
fn mount_all_of_fstab_twice_is_fine() {
    let guest = guest();
    guest.write_file(
        "/etc/fstab",
        &format!("{SOURCE} {DIRECTORY} fsxlustre _netdev,noatime,flock,nofail 0 0\n"),
    );
    guest.run(["mount", "-a"]).assert_success();
    let before = lustre_mounts(&guest);
    assert_eq!(before.len(), 1, "{before:?}");
    guest.run(["mount", "-a"]).assert_success();
    assert_eq!(lustre_mounts(&guest), before);
}

#[test]
fn localflock_is_seen_in_mountinfo() {
    let guest = guest();
    mount(&guest, &["-o", "localflock"], SOURCE, DIRECTORY).assert_success();
    let mounts = lustre_mounts(&guest);
    assert!(mounts[0].contains("rw,checksum,localflock,"), "{mounts:?}");
}

#[test]
fn umount_8_and_umount_fsxlustre_unmount() {
    let guest = guest();
    mount(&guest, &[], SOURCE, DIRECTORY).assert_success();
    guest.run(["umount", DIRECTORY]).assert_success();
    assert!(lustre_mounts(&guest).is_empty());
    mount(&guest, &[], SOURCE, DIRECTORY).assert_success();
    let done = guest.run(["umount.fsxlustre", DIRECTORY, "-v"]).assert_success();
    assert!(done.stdout.contains("unmounted"), "{done}");
    assert!(lustre_mounts(&guest).is_empty());
}

#[test]
fn another_file_system_of_the_same_name_is_refused() {
    let guest = guest();
    guest.run(["mkdir", "/mnt/y"]).assert_success();
    mount(&guest, &[], SOURCE, DIRECTORY).assert_success();
    let refused = mount(&guest, &[], "10.0.0.6@tcp:/abcdefgh", "/mnt/y");
    assert_eq!(refused.code, 32, "{refused}");
    assert!(refused.stderr.contains("FSXL-M105"), "{refused}");
    assert_eq!(lustre_mounts(&guest).len(), 1);
}

/// The kernel's own ways, which the tests above rely on; a real client has them too.
#[test]
fn all_clients_of_a_name_share_a_device() {
    let guest = guest();
    let client = format!("{CLIENT}/mount.lustre");
    let mounts = [(SOURCE, DIRECTORY), (SOURCE, "/mnt/y"), ("10.0.0.6@tcp:/other", "/mnt/z")];
    for (source, directory) in mounts {
        guest.run(["mkdir", "-p", directory]).assert_success();
        guest.run([&client, source, directory]).assert_success();
    }
    guest.run(["touch", "/mnt/x/file"]).assert_success();
    assert_eq!(guest.run(["ls", "/mnt/y"]).stdout, "", "each has a superblock of its own");
    let devices = guest.run(["stat", "-c", "%d", DIRECTORY, "/mnt/y", "/mnt/z"]).assert_success();
    let [one, two, other] = devices.stdout.lines().collect::<Vec<_>>()[..] else {
        panic!("{devices}")
    };
    assert_eq!(one, two);
    assert_ne!(one, other);
    let refused = guest.run([&client, SOURCE, DIRECTORY, "-o", "flokc"]);
    assert_eq!(refused.code, 17, "it is mounted already: {refused}");
    guest.run(["umount", DIRECTORY]).assert_success();
    let refused = guest.run([&client, SOURCE, DIRECTORY, "-o", "flokc"]);
    assert_eq!(refused.code, 22, "{refused}");
}

/// The number of superblocks of the type, each of which holds the module.
fn superblocks(guest: &Guest) -> u32 {
    let modules = guest.run(["cat", "/proc/modules"]).assert_success().stdout;
    let line = modules.lines().find(|line| line.starts_with("lustre ")).expect("it is loaded");
    line.split(' ').nth(2).and_then(|count| count.parse().ok()).expect("a count")
}

/// As systemd makes one for a service that may only read some folders.
fn namespace(propagation: &str) -> String {
    format!(
        "mount --make-rshared /; unshare --mount --propagation {propagation} bash -c \
         'mount --rbind /usr /usr && mount -o remount,bind,ro /usr && exec sleep 1000' \
         >/dev/null 2>&1 </dev/null & \
         until grep -qs ' /usr ro' /proc/$!/mountinfo; do sleep 0.05; done; echo $!"
    )
}

#[test]
fn a_copy_of_the_mounts_that_follows_the_nodes_holds_no_superblock() {
    let guest = guest();
    let follower = guest.run(["bash", "-c", &namespace("slave")]).assert_success();
    let place = format!("/proc/{}/mountinfo", follower.stdout.trim());
    let seen = || guest.run(["grep", "-c", " - lustre ", &place]).stdout.trim().to_owned();
    // Mounted when it is there already, it has it too.
    mount(&guest, &[], SOURCE, DIRECTORY).assert_success();
    assert_eq!((superblocks(&guest), seen().as_str()), (1, "1"));
    guest.run(["umount", DIRECTORY]).assert_success();
    assert_eq!((superblocks(&guest), seen().as_str()), (0, "0"), "kill_sb has run");
    // And what was there before it.
    mount(&guest, &[], SOURCE, DIRECTORY).assert_success();
    guest.run(["bash", "-c", &namespace("slave")]).assert_success();
    guest.run(["umount", DIRECTORY]).assert_success();
    assert_eq!(superblocks(&guest), 0);
    // A copy that does not follow keeps it: so this can be told here.
    mount(&guest, &[], SOURCE, DIRECTORY).assert_success();
    let alone = guest.run(["bash", "-c", &namespace("private")]).assert_success();
    guest.run(["umount", "-i", DIRECTORY]).assert_success();
    assert_eq!(superblocks(&guest), 1);
    guest.run(["kill", alone.stdout.trim()]).assert_success();
}
