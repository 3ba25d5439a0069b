//! What `mount.lustre` refuses and what a mount looks like.

use std::fs::{self, File};
use std::process::Command;

use crate::captures::{assert_like, at_captured_mount_point, captured};
use crate::sandbox::{HOST_NAME, MOUNT_POINT, SOURCE, mount, path_of, program, sandboxed, shell};

#[test]
fn mount_refuses_as_captured() {
    sandboxed("mounting::mount_refuses_as_captured", || {
        let refusals: [(&str, &str, &str, &str, i32); 10] = [
            (
                "40_mount/wrong_fsname",
                "192.168.77.10@tcp:/wrongfs",
                MOUNT_POINT,
                "rw,noatime,flock",
                2,
            ),
            (
                "40_mount/dns_unresolvable",
                "no-such-host.example.invalid@tcp:/p7lsxbev",
                MOUNT_POINT,
                "rw",
                22,
            ),
            ("40_mount/nid_badnet", "192.168.77.10@foo:/p7lsxbev", MOUNT_POINT, "rw", 22),
            ("40_mount/bad_option", SOURCE, MOUNT_POINT, "rw,nosuchopt", 22),
            ("40_mount/bad_option", SOURCE, MOUNT_POINT, "rw,_netdev,nofail", 22),
            ("40_mount/no_fsname", "192.168.77.10@tcp:/", MOUNT_POINT, "rw", 22),
            ("40_mount/fsname_long", "192.168.77.10@tcp:/abcdefghi", MOUNT_POINT, "rw", 36),
            (
                "40_mount/subdir_nosuch",
                "192.168.77.10@tcp:/p7lsxbev/nosuchdir",
                MOUNT_POINT,
                "rw",
                2,
            ),
            ("40_mount/mountpoint_file", SOURCE, "/run/afile", "rw", 20),
            (
                "41_mount_unreachable/nohost_retry0",
                "192.168.77.99@tcp:/p7lsxbev",
                MOUNT_POINT,
                "rw,retry=0",
                5,
            ),
        ];
        for (capture, source, target, options, code) in refusals {
            assert_like(capture, &program("mount.lustre", &[source, target, "-o", options]), code);
        }
        assert_like(
            "40_mount/no_colon",
            &program("mount.lustre", &["192.168.77.10/p7lsxbev", MOUNT_POINT]),
            22,
        );
        assert_like(
            "40_mount/missing_mountpoint",
            &program("mount.lustre", &[SOURCE, "/nosuchmp"]),
            2,
        );
        mount();
        assert_like(
            "40_mount/already_mounted_same",
            &program("mount.lustre", &[SOURCE, MOUNT_POINT]),
            17,
        );
    });
}

#[test]
fn mountinfo_shows_resolved_source_and_flags() {
    sandboxed("mounting::mountinfo_shows_resolved_source_and_flags", || {
        let by_name = format!("{HOST_NAME}@tcp:/p7lsxbev");
        assert_eq!(
            program("mount.lustre", &[&by_name, MOUNT_POINT, "-o", "rw,noatime,flock,_netdev"])
                .code,
            0
        );
        assert_same_mount("40_mount/dns.mountinfo.out", MOUNT_POINT);
        shell(&format!("mkdir {MOUNT_POINT}/io; umount {MOUNT_POINT}"));
        assert_eq!(
            program(
                "mount.lustre",
                &[&format!("{SOURCE}/io"), MOUNT_POINT, "-o", "rw,noatime,flock"]
            )
            .code,
            0
        );
        assert_same_mount("40_mount/subdir.mountinfo.out", MOUNT_POINT);
    });
}

/// Root, mount point, flags and source are those of the captured line; device, ids and type are the stand-in's own.
fn assert_same_mount(capture: &str, target: &str) {
    let fields = |text: &str| -> Vec<String> {
        let line = text
            .lines()
            .find(|line| line.contains("lustre "))
            .unwrap_or_else(|| panic!("no Lustre mount in {text}"));
        let (mount, filesystem) = line.split_once(" - ").expect("mountinfo has a separator");
        let mount = mount.split(' ').skip(3).take(3);
        mount.chain(filesystem.split(' ').skip(1).take(1)).map(str::to_owned).collect()
    };
    let ours = shell(&format!("grep ' {target} .*- fuse.lustre ' /proc/self/mountinfo"));
    assert_eq!(fields(&at_captured_mount_point(&ours)), fields(&captured(capture)), "{capture}");
}

#[test]
fn verbose_mount_narrates_as_captured() {
    sandboxed("mounting::verbose_mount_narrates_as_captured", || {
        let mut said = program("mount.lustre", &["-v", SOURCE, MOUNT_POINT]);
        // The real helper prints the word it was called by.
        said.stdout =
            said.stdout.replace(&path_of("mount.lustre").display().to_string(), "mount.lustre");
        assert_like("40_mount/helper_direct", &said, 0);
    });
}

#[test]
fn open_file_keeps_the_mount_busy_and_data_stays() {
    sandboxed("mounting::open_file_keeps_the_mount_busy_and_data_stays", || {
        mount();
        fs::write(format!("{MOUNT_POINT}/kept"), "data").expect("the mount takes a file");
        let open = File::open(format!("{MOUNT_POINT}/kept")).expect("the file opens");
        let busy = Command::new("umount").arg(MOUNT_POINT).output().expect("umount runs");
        assert_eq!(
            at_captured_mount_point(&String::from_utf8_lossy(&busy.stderr)),
            "umount: /fsx: target is busy.\n"
        );
        drop(open);
        assert_eq!(program("mount.lustre", &[SOURCE, "/run/mnt2"]).code, 0);
        assert_eq!(
            fs::read_to_string("/run/mnt2/kept").expect("both mounts show the file"),
            "data"
        );
        shell(&format!("umount {MOUNT_POINT}; umount /run/mnt2"));
        mount();
        assert_eq!(
            fs::read_to_string(format!("{MOUNT_POINT}/kept")).expect("the file is still there"),
            "data"
        );
    });
}
