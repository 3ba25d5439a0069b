//! The Debian package in a clean root, by the real dpkg, from its installation to its purge, with the
//! stand-in Lustre client of the sandbox.

#[path = "packages/built.rs"]
mod built;
#[path = "packages/chroot.rs"]
mod chroot;

use built::{deb, older_deb};
use chroot::Chroot;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const MOUNT: &str = "mount -t fsxlustre tag:Project:genomics /mnt/genomics";
const FSTAB: &str = "UUID=1 / ext4 defaults 0 1\n\
                     10.0.0.5@tcp:/abcdefgh /mnt/a fsxlustre _netdev,nofail,flock 0 0\n\
                     tag:Project:genomics /mnt/c fsxlustre _netdev,nofail 0 0\n\
                     tag:Project:gone /mnt/d fsxlustre _netdev,nofail 0 0\n\
                     # 10.0.0.6@tcp:/abcdefgh /mnt/b fsxlustre _netdev 0 0\n";

/// A root with the package.
fn installed() -> Chroot {
    let chroot = Chroot::of("clean");
    chroot.dpkg(&deb());
    chroot
}

/// What the metrics service answers, as soon as it does.
fn scraped(chroot: &Chroot) -> String {
    let started = Instant::now();
    loop {
        match chroot.sandbox.request("GET", "http://127.0.0.1:9988/metrics").try_send() {
            Ok(response) if response.status == 200 => return response.body,
            other => assert!(started.elapsed() < Duration::from_secs(10), "{other:?}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Lines of one list that the other does not have.
fn beyond<'a>(more: &'a [String], less: &[String]) -> Vec<&'a String> {
    more.iter().filter(|line| !less.contains(line)).collect()
}

#[test]
fn installed_in_a_clean_root_it_does_the_main_job() {
    let chroot = installed();
    let made = chroot.genomics();
    let _servers = chroot.sandbox.answering_servers();
    let found = chroot.ask("fsxlustre resolve tag:Project:genomics");
    assert!(found.contains(&made.id), "{found}");
    let checked = chroot.sh("fsxlustre check tag:Project:genomics");
    assert!(checked.stdout.contains("PASS     client_programs"), "{checked}");
    assert!(checked.stdout.contains("file_system_version"), "{checked}");
    chroot.ask(&format!("mkdir /mnt/genomics && {MOUNT}"));
    assert!(chroot.mountinfo("/mnt/genomics").contains("noatime"));
    chroot.ask("mkdir /mnt/genomics/results");
    let laid = chroot.ask("fsxlustre layout apply --profile large /mnt/genomics/results");
    assert!(laid.contains("proved:"), "{laid}");
    let _service = chroot.sandbox.spawn(["chroot", chroot::ROOT, "fsxlustre", "serve"]);
    let metrics = scraped(&chroot);
    assert!(
        metrics.contains(&format!("lustre_client_read_bytes_total{{fs=\"{}\"}}", made.mount_name))
    );
    chroot.ask("umount /mnt/genomics");
    let start = chroot.job("start", "1").assert_success();
    assert!(start.stdout.contains("mounted on /mnt/genomics"), "{start}");
    let end = chroot.job("end", "1").assert_success();
    assert!(end.stdout.contains("unmounted"), "{end}");
    assert_eq!(chroot.mountinfo("/mnt/genomics"), "");
}

#[test]
fn upgrade_and_downgrade_leave_a_mount_in_use_a_job_and_the_configuration_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let chroot = Chroot::of("clean");
    let older = older_deb(folder.path());
    chroot.dpkg(&older);
    let wants = "/etc/systemd/system/multi-user.target.wants";
    chroot.ask(&format!(
        "echo '# ours' >>/etc/fsxlustre/fsxlustre.toml; mkdir -p {wants}; \
         for unit in gone exporter; do \
         ln -s /usr/lib/systemd/system/fsxlustre-$unit.service {wants}/; done"
    ));
    chroot.genomics();
    chroot.job("start", "7").assert_success();
    let mount = chroot.mountinfo("/mnt/genomics");
    let holder = chroot.holder("/mnt/genomics");
    // What a job and the resolver have left: records, leases, caches.
    let state = "find /run/fsxlustre /var/cache/fsxlustre -type f | sort | xargs cksum";
    let kept = chroot.ask(state);
    assert!(kept.contains("/leases/") && kept.contains("/var/cache/fsxlustre/tags/"), "{kept}");
    let settings = chroot.ask("cat /etc/fsxlustre/fsxlustre.toml /etc/fsxlustre/fsxlustre.d/*");
    for (package, is_downgrade) in [(deb(), false), (older, true), (deb(), false)] {
        let said = chroot.dpkg(&package);
        assert_eq!(said.stderr.contains("downgrading"), is_downgrade, "{said}");
        assert_eq!(chroot.mountinfo("/mnt/genomics"), mount, "{said}");
        assert!(holder.pid().is_some(), "{said}");
        assert_eq!(chroot.ask(state), kept);
        let now = chroot.ask("cat /etc/fsxlustre/fsxlustre.toml /etc/fsxlustre/fsxlustre.d/*");
        assert_eq!(now, settings);
    }
    assert!(chroot.has(&format!("{wants}/fsxlustre-exporter.service")));
    assert!(!chroot.has(&format!("{wants}/fsxlustre-gone.service")), "the unit is gone");
    drop(holder);
    let end = chroot.job("end", "7").assert_success();
    assert!(end.stdout.contains("unmounted"), "{end}");
}

#[test]
fn purge_leaves_nothing_behind() {
    let chroot = Chroot::of("clean");
    chroot.ask("rm -f /etc/fstab");
    let before = chroot.files();
    chroot.dpkg(&deb());
    let made = chroot.genomics();
    chroot.job("start", "7").assert_success();
    chroot.job("end", "7").assert_success();
    let wants = "/etc/systemd/system/multi-user.target.wants";
    let tuned = "# Written by `fsxlustre tune apply --persist`.\noptions ptlrpc x=1\n";
    chroot.write("/etc/modprobe.d/fsxlustre.conf", tuned);
    chroot.write("/etc/fstab", FSTAB);
    chroot.ask(&format!(
        "mkdir -p {wants}; ln -s /usr/lib/systemd/system/fsxlustre-exporter.service {wants}/"
    ));
    let removed = chroot.sh("dpkg --remove fsxlustre").assert_success();
    for part in [
        "lines of /etc/fstab need this package",
        "+10.0.0.5@tcp:/abcdefgh /mnt/a lustre _netdev,flock 0 0",
        &format!("+{}@tcp:/{} /mnt/c lustre _netdev 0 0", made.dns_name, made.mount_name),
        "line 4 (tag:Project:gone) stays as it is",
    ] {
        assert!(removed.stderr.contains(part), "{removed}");
    }
    assert!(!removed.stderr.contains("10.0.0.6@tcp:/abcdefgh /mnt/b lustre"), "{removed}");
    assert!(!chroot.has(&format!("{wants}/fsxlustre-exporter.service")), "it led nowhere");
    for kept in [
        "/etc/fsxlustre/fsxlustre.toml",
        "/etc/modprobe.d/fsxlustre.conf",
        "/var/cache/fsxlustre/tags",
    ] {
        assert!(chroot.has(kept), "{kept}");
    }
    // What the administrator has written is the administrator's.
    chroot.ask(
        "rm -r /etc/fsxlustre/fsxlustre.d /etc/fstab; rmdir /mnt/genomics /etc/modprobe.d || true",
    );
    let purged = chroot.sh("dpkg --purge fsxlustre").assert_success();
    assert!(!purged.stderr.contains("stay"), "{purged}");
    chroot.ask("rmdir /etc/modprobe.d 2>/dev/null || true; cp /etc/hosts /tmp/; : >/etc/hosts");
    let after = chroot.files();
    assert_eq!(beyond(&after, &before), Vec::<&String>::new(), "{purged}");
    assert_eq!(beyond(&before, &after), Vec::<&String>::new());
}

#[test]
fn a_purge_under_a_job_leaves_its_mount_and_what_is_mounted_in_our_folders() {
    let chroot = installed();
    chroot.genomics();
    chroot.job("start", "7").assert_success();
    let mount = chroot.mountinfo("/mnt/genomics");
    chroot.ask(
        "mkdir -p /data /var/lib/fsxlustre/jobs && echo precious >/data/file && \
         mount --bind /data /var/lib/fsxlustre/jobs",
    );
    let purged = chroot.sh("dpkg --purge fsxlustre").assert_success();
    for part in [
        "these stay mounted, and nobody unmounts them at a job's end: /mnt/genomics",
        "jobs that use them: prod_7_0_node-1",
        "/run/fsxlustre stays until the next boot",
        "/var/lib/fsxlustre stays: something is mounted there",
    ] {
        assert!(purged.stderr.contains(part), "{part}: {purged}");
    }
    assert_eq!(chroot.mountinfo("/mnt/genomics"), mount);
    assert_eq!(chroot.ask("cat /data/file"), "precious\n");
    assert!(!chroot.has("/var/cache/fsxlustre"));
    // Installed again, it ends what it had begun.
    chroot.ask("umount /var/lib/fsxlustre/jobs");
    chroot.dpkg(&deb());
    let end = chroot.job("end", "7").assert_success();
    assert!(end.stdout.contains("unmounted"), "{end}");
}

#[test]
fn installing_makes_nothing_but_the_files_and_the_user() {
    let chroot = Chroot::of("clean");
    let before = chroot.files();
    chroot.dpkg(&deb());
    let packaged = built::run(std::process::Command::new("dpkg-deb").arg("--contents").arg(deb()));
    let packaged: Vec<&str> =
        packaged.lines().filter_map(|line| Some(line.split_once(" ./")?.1)).collect();
    let after = chroot.files();
    let more: BTreeSet<_> = beyond(&after, &before)
        .into_iter()
        .filter_map(|line| line.split(' ').find(|word| word.starts_with('/')))
        .map(|path| path.trim_start_matches('/'))
        // /sbin is a link there.
        .filter(|path| {
            !packaged
                .iter()
                .any(|one| one.trim_end_matches('/').ends_with(path.trim_start_matches("usr/")))
        })
        .collect();
    assert_eq!(more, BTreeSet::from(["etc/group", "etc/gshadow", "etc/passwd", "etc/shadow"]));
    let user = chroot.ask("getent passwd fsxlustre");
    assert!(user.contains(":fsxlustre's metrics service:/:/usr/sbin/nologin"), "{user}");
}

/// What an image must not carry to the next node.
#[test]
fn a_check_while_an_image_is_made_leaves_nothing_on_the_disk() {
    let chroot = installed();
    chroot.genomics();
    let before = chroot.files();
    chroot.sh("fsxlustre check; fsxlustre check --plan >/dev/null; fsxlustre status");
    let after = chroot.files();
    let left: Vec<_> = beyond(&after, &before);
    // /run is the boot's own.
    let on_disk = left.iter().filter(|line| !line.contains(" /run"));
    assert_eq!(on_disk.count(), 0, "{left:#?}");
}
