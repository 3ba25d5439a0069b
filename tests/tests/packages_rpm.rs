//! The RPM in an old root, by the real rpm: scripts run in there. The files that a job leaves are laid down by
//! hand, since the root's C library is older than that of the stand-in client.

#[path = "packages/built.rs"]
mod built;
#[path = "packages/chroot.rs"]
mod chroot;

use built::{older_rpm, rpm};
use chroot::Chroot;

/// Requirements are those of another distribution than the root's.
const INSTALL: [&str; 3] = ["--install", "--nodeps", "--verbose"];
const UPGRADE: [&str; 4] = ["--upgrade", "--oldpackage", "--nodeps", "--verbose"];

const WANTS: &str = "/etc/systemd/system/multi-user.target.wants";
const STATE: &str =
    "find /run/fsxlustre /var/cache/fsxlustre /var/lib/fsxlustre -type f | sort | xargs cksum";

fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

/// What jobs and mounts leave.
fn use_it(chroot: &Chroot) {
    chroot.ask("mkdir -p /mnt/genomics && mount -t tmpfs genomics /mnt/genomics");
    chroot
        .write("/run/fsxlustre/mounts/one.json", "{\"format\":1,\"directory\":\"/mnt/genomics\"}");
    chroot.write("/run/fsxlustre/leases/prod_7_0_node-1.json", "{}");
    chroot.write("/var/cache/fsxlustre/ids/fs-1", "{}");
    chroot.write("/var/lib/fsxlustre/jobs/1.json", "{}");
}

#[test]
fn it_is_installed_upgraded_downgraded_and_erased_under_a_mount() {
    let folder = tempfile::tempdir().unwrap();
    let (older, newer) = (older_rpm(folder.path()), rpm());
    let chroot = Chroot::of("old");
    let said = chroot.rpm(&INSTALL, path(&older)).assert_success();
    assert_eq!(said.stderr, "", "no script complains");
    chroot.ask(&format!(
        "getent passwd fsxlustre; mkdir -p {WANTS}; \
         ln -s /usr/lib/systemd/system/fsxlustre-exporter.service {WANTS}/; \
         echo '# ours' >>/etc/fsxlustre/fsxlustre.toml"
    ));
    use_it(&chroot);
    let (mount, state) = (chroot.mountinfo("/mnt/genomics"), chroot.ask(STATE));
    let holder = chroot.holder("/mnt/genomics");
    for package in [&newer, &older, &newer] {
        let said = chroot.rpm(&UPGRADE, path(package)).assert_success();
        assert_eq!(said.stderr, "", "{said}");
        assert_eq!(chroot.mountinfo("/mnt/genomics"), mount);
        assert_eq!(chroot.ask(STATE), state);
        assert!(chroot.ask("tail -n 1 /etc/fsxlustre/fsxlustre.toml").contains("# ours"));
        assert!(chroot.has(&format!("{WANTS}/fsxlustre-exporter.service")));
        for program in ["/usr/bin/fsxlustre", "/sbin/mount.fsxlustre", "/sbin/umount.fsxlustre"] {
            assert!(chroot.has(program));
        }
    }
    let erased = chroot.rpm(&["--erase"], "fsxlustre").assert_success();
    for part in ["these stay mounted", "/mnt/genomics", "prod_7_0_node-1", ".rpmsave"] {
        assert!(erased.stderr.contains(part), "{part}: {erased}");
    }
    assert_eq!(chroot.mountinfo("/mnt/genomics"), mount);
    assert!(holder.pid().is_some());
    assert!(chroot.has("/run/fsxlustre/leases/prod_7_0_node-1.json"));
    // What Distributor does next, where there is no rpm that would erase it again.
    let uninstall = "../packaging/ways-in/distributor/rpm/uninstall.sh";
    chroot.ask(&std::fs::read_to_string(uninstall).unwrap());
    chroot.rpm(&INSTALL, path(&newer)).assert_success();
    assert!(chroot.ask("tail -n 1 /etc/fsxlustre/fsxlustre.toml").contains("# ours"));
}

#[test]
fn erased_it_leaves_nothing_but_changed_configuration() {
    let chroot = Chroot::of("old");
    // What every distribution with systemd has.
    chroot.ask(
        "rm -f /etc/fstab; mkdir -p /run/mount /etc/modprobe.d /etc/systemd/system /usr/lib/sysusers.d \
         /usr/lib/tmpfiles.d /usr/lib/systemd/system /usr/lib/systemd/system-preset",
    );
    let before = chroot.files();
    chroot.rpm(&INSTALL, path(&rpm())).assert_success();
    let verified = chroot.rpm(&["--verify", "--nodeps"], "fsxlustre").assert_success();
    assert_eq!(verified.stdout, "", "{verified}");
    use_it(&chroot);
    chroot.ask(&format!(
        "umount /mnt/genomics; rmdir /mnt/genomics; rm -r /run/fsxlustre/leases; mkdir -p {WANTS}; \
         ln -s /usr/lib/systemd/system/fsxlustre-exporter.service {WANTS}/; \
         echo '# ours' >>/etc/fsxlustre/fsxlustre.toml"
    ));
    chroot.write("/etc/fstab", "10.0.0.5@tcp:/abcdefgh /mnt/a fsxlustre _netdev,nofail 0 0\n");
    chroot.write(
        "/etc/modprobe.d/fsxlustre.conf",
        "# Written by `fsxlustre tune apply --persist`.\n",
    );
    let erased = chroot.rpm(&["--erase", "--nodeps"], "fsxlustre").assert_success();
    assert!(
        erased.stderr.contains("+10.0.0.5@tcp:/abcdefgh /mnt/a lustre _netdev 0 0"),
        "{erased}"
    );
    assert!(chroot.ask("cat /etc/fsxlustre/fsxlustre.toml.rpmsave").ends_with("# ours\n"));
    chroot.ask("rm -r /etc/fsxlustre /etc/fstab");
    let after = chroot.files();
    let (more, less): (Vec<_>, Vec<_>) = (
        after.iter().filter(|line| !before.contains(line)).collect(),
        before.iter().filter(|line| !after.contains(line)).collect(),
    );
    assert!(more.is_empty() && less.is_empty(), "{more:#?}\n{less:#?}");
}
