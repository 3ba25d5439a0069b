//! The metrics service as hardened as its packaged unit: what it may not do, what it tells all the same, and that its copy of
//! the node's mounts keeps none of them alive.

#[path = "booted_systemd/node.rs"]
#[expect(dead_code, reason = "of the node only what a service needs")]
mod node;

use std::collections::BTreeSet;
use std::time::Duration;

use fsxlustre_tests::stage::source;
use node::{Node, Said};

const SERVICE: &str = "fsxlustre-exporter.service";
/// Where a mount can be: on a directory of the root, of one that the service may only read, below a home, below
/// another mount, by an automount.
const PLACES: [&str; 5] = ["/mnt/x", "/usr/share/x", "/home/x", "/tmp/x", "/srv/x"];
const FILE_SYSTEMS: [&str; 5] = ["abcdefgh", "one", "two", "three", "four"];

fn fstab() -> String {
    let of_systemd = FILE_SYSTEMS.iter().zip(PLACES).filter(|(_, place)| *place != "/tmp/x");
    let lines = of_systemd.map(|(name, place)| {
        let when = if place == "/srv/x" { "noauto,x-systemd.automount" } else { "noauto" };
        format!("10.0.0.5@tcp:/{name} {place} fsxlustre _netdev,noatime,flock,{when} 0 0\n")
    });
    lines.collect()
}

/// Puts the packaged files where a package puts them.
fn installed() -> String {
    let files = [
        (format!("usr/lib/systemd/system/{SERVICE}"), SERVICE),
        ("usr/lib/sysusers.d/fsxlustre.conf".into(), "fsxlustre.sysusers"),
        ("usr/lib/tmpfiles.d/fsxlustre.conf".into(), "fsxlustre.tmpfiles"),
    ];
    let put = files.map(|(path, name)| {
        let text = source(&format!("packaging/systemd/{name}"));
        format!("mkdir -p ${{path%/*}}\ncat >{path} <<'END'\n{text}END\n")
            .replace("${path%/*}", path.rsplit_once('/').map_or("", |(folder, _)| folder))
    });
    put.concat()
}

/// A node of which nothing is mounted yet, with the kernel's own number of this boot: that of the container is a mount
/// in procfs, which a copy of the mounts has not.
fn booted() -> Node {
    let node = Node::boot_with(&fstab(), &installed());
    node.run("umount /proc/sys/kernel/random/boot_id");
    node
}

/// A node with a mount in each place, and the service at work.
fn serving() -> Node {
    let node = booted();
    // Below a folder of everybody's by the tool of Lustre alone; an automount by a look.
    node.ask("mkdir /tmp/x && /usr/local/lib/client/mount.lustre 10.0.0.5@tcp:/three /tmp/x -o rw");
    node.ask("for place in /mnt/x /usr/share/x /home/x; do mkdir -p $place; mount $place; done; ls /srv/x");
    assert_eq!(node.lustre_mounts().len(), PLACES.len());
    node.ask("systemd-sysusers; systemd-tmpfiles --create fsxlustre.conf");
    node.ask(&format!("systemctl start {SERVICE}"));
    node
}

fn scrape_at(node: &Node, port: u16) -> String {
    let get = "printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3";
    let text = node.ask(&format!("exec 3<>/dev/tcp/127.0.0.1/{port} && {get}"));
    text.split_once("\r\n\r\n").expect("a head").1.to_owned()
}

fn scrape(node: &Node) -> String {
    scrape_at(node, 9988)
}

/// Every process of the service.
const PROCESSES: &str =
    "cat $(find /sys/fs/cgroup -path '*fsxlustre-exporter.service/cgroup.procs' | head -n 1)";

/// The clients that there are.
fn clients(node: &Node) -> String {
    node.ask("ls /run/standin/sys/fs/lustre/llite 2>/dev/null | sort || true")
}

#[test]
fn a_mount_is_unmounted_while_the_service_has_it_and_its_client_is_gone() {
    let node = serving();
    let pid = node.property(SERVICE, "MainPID");
    let own = node.ask(&format!("readlink /proc/{pid}/ns/mnt"));
    assert_ne!(own, node.ask("readlink /proc/1/ns/mnt"), "else this shows nothing");
    let seen = || node.ask(&format!("grep -c ' - fuse.lustre ' /proc/{pid}/mountinfo || true"));
    assert_ne!(seen(), "0", "its copy has them");
    scrape(&node);
    assert_eq!(clients(&node).lines().count(), PLACES.len());
    for (place, name) in PLACES.iter().zip(FILE_SYSTEMS) {
        node.ask(&format!("umount {place}"));
        // The client's process needs a moment for its own end.
        node.wait_until(&format!("{place}: its client is gone"), || !clients(&node).contains(name));
        assert!(!scrape(&node).contains(&format!("fs=\"{name}\"")), "{place}");
    }
    assert_eq!((seen(), clients(&node)), ("0".into(), String::new()));
    // What comes later comes to the service too, and goes again: by all that unmounts.
    for end in [
        "umount /mnt/x",
        "umount --lazy /mnt/x",
        "fsxlustre umount /mnt/x",
        "systemctl stop mnt-x.mount",
    ] {
        node.ask("mount /mnt/x");
        // systemd learns of a mount by itself and later; what it does not know of yet it does not stop.
        node.wait_for("mnt-x.mount", "active", Duration::from_secs(10));
        assert!(
            scrape(&node)
                .contains("lustre_client_mount_up{fs=\"abcdefgh\",mountpoint=\"/mnt/x\"} 1")
        );
        node.ask(end);
        node.wait_for("mnt-x.mount", "inactive", Duration::from_secs(10));
        node.wait_until(end, || clients(&node).is_empty());
        assert_eq!(seen(), "0", "{end}");
    }
    assert_eq!(node.property(SERVICE, "MainPID"), pid, "it ran all the time");
}

/// The one way in which its copy would keep a mount, and what is said of it then.
#[test]
fn where_the_root_is_not_shared_the_drop_in_keeps_mounts_from_being_held() {
    let node = booted();
    node.ask("mkdir -p /mnt/x; systemd-sysusers; mount --make-rprivate /; mount /mnt/x");
    node.ask(&format!("systemctl start {SERVICE}"));
    let held = node.run("fsxlustre umount --timeout 10 /mnt/x");
    assert_ne!(held.code, Some(0), "{held}");
    assert!(held.stderr.contains("mount namespace") && held.stderr.contains("fsxlustre"), "{held}");
    node.ask(&format!("systemctl stop {SERVICE}"));
    node.wait_until("its end frees the client", || !clients(&node).contains("abcdefgh"));

    let unit = source(&format!("packaging/systemd/{SERVICE}"));
    let copying = ["InaccessiblePaths", "PrivateDevices", "PrivateMounts", "PrivateTmp"];
    let copying = unit.lines().filter_map(|line| {
        let key = line.split('=').next()?;
        (copying.contains(&key)
            || (key.starts_with("Protect") && !["ProtectClock", "ProtectHostname"].contains(&key)))
        .then(|| format!("{key}={}", if key == "InaccessiblePaths" { "" } else { "no" }))
    });
    let lines: Vec<String> = copying.collect();
    let folder = format!("/run/systemd/system/{SERVICE}.d");
    node.ask(&format!(
        "mkdir -p {folder} && printf '[Service]\\n{}\\n' >{folder}/shared.conf && systemctl daemon-reload",
        lines.join("\\n")
    ));
    node.ask(&format!("mount /mnt/x && systemctl start {SERVICE}"));
    let pid = node.property(SERVICE, "MainPID");
    let same = node.ask(&format!("readlink /proc/{pid}/ns/mnt /proc/1/ns/mnt | uniq | wc -l"));
    assert_eq!(same, "1", "no setting that is left makes a copy: {lines:?}");
    scrape(&node);
    node.ask("fsxlustre umount /mnt/x");
    node.wait_until("the client is gone", || !clients(&node).contains("abcdefgh"));
}

/// A line without its value, and without what is the service's own: its process, how long it took.
fn series(metrics: &str) -> BTreeSet<String> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    let own = ["process_", "fsxlustre_collector_duration", "fsxlustre_scrape", "promhttp_"];
    let lines = lines.filter(|line| !own.iter().any(|start| line.starts_with(start)));
    lines.filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned())).collect()
}

#[test]
fn it_tells_all_that_root_would_be_told() {
    let node = serving();
    let hidden = "umount /tmp/x";
    node.ask(hidden);
    node.ask("systemd-run --quiet --unit as-root /usr/bin/fsxlustre serve --web.listen-address 127.0.0.1:9999");
    node.wait_until("it listens", || node.run("exec 3<>/dev/tcp/127.0.0.1/9999").code == Some(0));
    // Of a rate and a change the second scrape tells.
    let both = || (series(&scrape(&node)), series(&scrape_at(&node, 9999)));
    both();
    let (service, root) = both();
    let lacks: Vec<_> = root.difference(&service).collect();
    let more: Vec<_> = service.difference(&root).collect();
    assert!(lacks.is_empty() && more.is_empty(), "lacks {lacks:#?}, more {more:#?}");
    assert!(root.len() > 200, "{}", root.len());
    let text = scrape(&node);
    let failed: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("fsxlustre_collector_success") && line.ends_with(" 0"))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    // By the numbers of the node's own mounts it knows which are ours.
    assert!(
        text.contains("fsxlustre_drift{fs=\"abcdefgh\",mountpoint=\"/mnt/x\",kind=\"mounted\"} 0"),
        "{text}"
    );
}

#[test]
fn what_is_mounted_where_it_does_not_see_is_unknown_and_not_down() {
    let node = serving();
    let text = scrape(&node);
    assert!(text.contains("mountpoint=\"/tmp/x\""), "the list of mounts has it");
    assert!(!text.contains("lustre_client_mount_up{fs=\"three\""));
    assert!(text.contains("lustre_client_mount_up{fs=\"two\",mountpoint=\"/home/x\"} 1"));
    let told: Vec<_> =
        text.lines().filter(|line| line.starts_with("fsxlustre_collector_success")).collect();
    assert_eq!(told.iter().filter(|line| line.ends_with(" 0")).count(), 1, "{told:?}");
    assert!(told.contains(&"fsxlustre_collector_success{collector=\"probe\"} 0"), "{told:?}");
}

/// Runs a line of bash as the service: the same unit, but for what it runs.
fn as_the_service(node: &Node, script: &str) -> Said {
    let folder = format!("/run/systemd/system/{SERVICE}.d");
    node.ask(&format!(
        "systemctl stop {SERVICE}; mkdir -p {folder}; cat >/usr/share/asked <<'END'\n{script}\nEND\n\
         printf '[Service]\\nType=oneshot\\nRestart=no\\nExecStart=\\nExecStart=/bin/bash -eu /usr/share/asked\\n\
                 StandardOutput=file:/run/said\\n' >{folder}/asked.conf; systemctl daemon-reload; : >/run/said"
    ));
    node.run(&format!("systemctl start {SERVICE}; status=$?; cat /run/said; exit $status"))
}

#[test]
fn it_may_read_what_the_kernel_tells_and_do_nothing_else() {
    let node = serving();
    node.ask("echo secret >/root/key; echo root:secret: >/etc/shadow; chmod 600 /etc/shadow; install -m 600 /dev/null /run/roots");
    let allowed = "cat /run/roots; ls /proc/fs >/dev/null; ls /sys/kernel >/dev/null; cat /proc/1/mountinfo >/dev/null; \
                   echo id $(id -u) $(grep -E '^(CapEff|Seccomp|NoNewPrivs):' /proc/self/status)";
    let ran = as_the_service(&node, allowed);
    assert_eq!(ran.code, Some(0), "{ran}");
    let user = node.ask("id -u fsxlustre");
    assert_eq!(
        ran.stdout.trim_end(),
        format!("id {user} CapEff: 0000000000000004 NoNewPrivs: 1 Seccomp: 2")
    );
    let refused = [
        ": >/etc/fsxlustre/ours",
        ": >/usr/share/ours",
        ": >/run/fsxlustre/ours",
        // Nothing is in what stands there for it.
        "grep . /etc/shadow",
        "ls /root | grep .",
        "kill -0 1",
        "mount -t tmpfs none /mnt",
        "umount /mnt/x",
        "unshare --mount true",
        "unshare --user true",
        "nsenter --target 1 --mount true",
        "dmesg",
        "ls /usr/lib/modules | grep .",
        "date --set now",
        "hostname ours",
        "echo 1 >/proc/sys/vm/drop_caches",
        "mkdir /sys/fs/cgroup/ours",
        "chown root /tmp",
    ];
    let tries =
        refused.map(|one| format!("if ({one}) >/dev/null 2>&1; then echo 'it may: {one}'; fi\n"));
    let ran = as_the_service(&node, &tries.concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran}");
}

#[test]
fn what_it_needs_is_far_below_its_limits() {
    let node = serving();
    for _ in 0..5 {
        scrape(&node);
    }
    let processes: Vec<String> = node.ask(PROCESSES).lines().map(str::to_owned).collect();
    assert!(
        processes.len() > PLACES.len(),
        "the service and a child for each client: {processes:?}"
    );
    let sum = |name: &str| -> u64 {
        let values = processes.iter().map(|pid| {
            let status = node.ask(&format!("cat /proc/{pid}/status"));
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
            line.trim_start_matches(':')
                .split_whitespace()
                .next()
                .expect("a number")
                .parse::<u64>()
                .expect("a number")
        });
        values.sum()
    };
    let (memory, tasks) = (sum("RssAnon") * 1024, sum("Threads"));
    let limit = |name: &str| -> u64 { node.property(SERVICE, name).parse().expect("a number") };
    println!(
        "{} processes, {tasks} threads, {memory} bytes for {} clients",
        processes.len(),
        PLACES.len()
    );
    assert!(memory * 3 < limit("MemoryMax"), "{memory}");
    assert!(tasks * 8 < limit("TasksMax"), "{tasks}");
}
