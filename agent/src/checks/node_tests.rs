//! Every verdict of the checks of mounts, network and boot.

use super::Verdict::{Fail, Pass, Unknown, Warn};
use super::*;
use crate::facts::samples::{
    around, bare_debian, before_first_mount, clients, hardware, healthy, installed, mount, network,
    room,
};
use crate::facts::{
    Clients, Clock, Exceeded, Lnet, LustreMount, ModuleOption, MountAnswer, Nid, Package, PortUse,
    Target, TargetRoom, Traffic, Translated,
};

type Case<'a> = (&'a str, NodeFacts, Verdict, &'a str);

/// The worst finding of a check has that verdict and these words.
fn expect(check: &Check, table: Vec<Case<'_>>) {
    for (case, node, verdict, words) in table {
        let findings = (check.answer)(&around(node));
        let found = findings.iter().find(|finding| finding.verdict == verdict);
        let found = found.unwrap_or_else(|| panic!("{case}: {findings:?}"));
        assert!(format!("{found:?}").contains(words), "{case}: {found:?}");
        assert!(!found.evidence.is_empty(), "{case}");
        assert_eq!(found.remedy.is_empty(), verdict == Pass, "{case}");
    }
}

fn known<T>(value: T) -> Observed<T> {
    Observed::known(value, "somewhere")
}

fn denied<T>() -> Observed<T> {
    Observed::unknown("Permission denied", "somewhere")
}

/// The healthy node with something else.
fn with(change: impl FnOnce(&mut NodeFacts)) -> NodeFacts {
    let mut node = healthy();
    change(&mut node);
    node
}

fn with_mount(change: impl FnOnce(&mut LustreMount)) -> NodeFacts {
    let mut one = mount();
    change(&mut one);
    with(|node| node.mounts = known(vec![one]))
}

fn with_targets(change: impl Fn(&mut Target)) -> NodeFacts {
    let mut all = clients();
    all.targets.iter_mut().filter(|target| target.target == "OST0001").for_each(change);
    with(|node| node.clients = known(all))
}

#[test]
fn packages_and_modules() {
    let package =
        |name: &str, version: &str| Package { name: name.into(), version: version.into() };
    let packages = |all: &[(&str, &str)]| {
        let all = all.iter().map(|(name, version)| package(name, version)).collect();
        with(|node| node.packages = known(all))
    };
    let utils = ("lustre-client", "2.15.6-1");
    expect(
        &client_packages::CHECK,
        vec![
            ("one version", healthy(), Pass, "2.15.6"),
            (
                "two",
                packages(&[utils, ("kmod-lustre-client", "2.15.4-1")]),
                Warn,
                "2.15.4 and 2.15.6",
            ),
            ("two series", packages(&[utils, ("kmod-lustre-client", "2.12.8")]), Fail, "series"),
            ("own client", packages(&[]), Warn, "was not installed by a package"),
            ("nothing", bare_debian(), Fail, "no package of the Lustre client"),
            ("unread", with(|node| node.packages = denied()), Unknown, "denied"),
        ],
    );
    let other = |version: &str, source: &str| {
        let mut module = installed("6.1.112-122.189.amzn2023.x86_64", "x/lustre.ko");
        if let Observed::Known { value: Some(module), .. } = &mut module {
            module.version = Some(version.into());
            module.srcversion = Some(source.into());
        }
        with(|node| node.module_installed = module)
    };
    expect(
        &module_current::CHECK,
        vec![
            ("the same", healthy(), Pass, "2.15.6"),
            ("another version", other("2.15.8", "BBCEEF"), Warn, "2.15.8 is installed"),
            ("another build", other("2.15.6", "XX"), Warn, "another build"),
            ("gone", with(|node| node.module_installed = known(None)), Warn, "any more"),
            ("unread", with(|node| node.module_installed = denied()), Unknown, "modinfo"),
        ],
    );
    assert!((module_current::CHECK.answer)(&around(before_first_mount())).is_empty());
}

#[test]
fn options_of_modules() {
    let option = |given: &str, loaded: Option<&str>| {
        let option = ModuleOption {
            module: "ksocklnd".into(),
            name: "credits".into(),
            given: given.into(),
            file: "/etc/modprobe.d/lustre.conf".into(),
            loaded: loaded.map(str::to_owned),
        };
        with(|node| node.module_options = known(vec![option]))
    };
    expect(
        &module_options::CHECK,
        vec![
            ("none", healthy(), Pass, "0 options"),
            ("the same", option("2560", Some("2560")), Pass, "none differs"),
            ("the same, written otherwise", option("0x10", Some("16")), Pass, "none differs"),
            ("not loaded", option("2560", None), Pass, "not shown"),
            ("changed since", option("2560", Some("256")), Warn, "says 2560"),
            ("unread", with(|node| node.module_options = denied()), Unknown, "denied"),
        ],
    );
}

#[test]
fn the_next_boot() {
    let next = "6.1.119-129.201.amzn2023.x86_64";
    let boots = |module| {
        with(|node| {
            node.next_kernel = known(next.into());
            node.next_module = module;
        })
    };
    let old = installed("6.1.112-122.189.amzn2023.x86_64", "extra/lustre.ko");
    let linked = installed("6.1.112-122.189.amzn2023.x86_64", "weak-updates/lustre.ko");
    expect(
        &next_kernel::CHECK,
        vec![
            ("this one", healthy(), Pass, "which runs already"),
            ("another, with a module", boots(installed(next, "lustre.ko")), Pass, "another one"),
            ("linked", boots(linked), Pass, "with a Lustre module"),
            ("no module", boots(known(None)), Warn, "grubby --set-default=/boot/vmlinuz-6.1.112"),
            ("another kernel's", boots(old), Warn, "for 6.1.112-122.189.amzn2023.x86_64 only"),
            ("no kernel", with(|node| node.next_kernel = denied()), Unknown, "grubby"),
            ("modinfo hangs", boots(denied()), Unknown, "modinfo -k"),
        ],
    );
}

#[test]
fn rules_of_the_kernel() {
    let locked = |word: &str| known(Some(word.to_owned()));
    let rules = |change: fn(&mut NodeFacts)| {
        let mut node = before_first_mount();
        change(&mut node);
        node
    };
    let mut shut = with(|node| node.restrictions.debugfs_readable = known(Some(false)));
    shut.restrictions.lockdown = locked("integrity");
    expect(
        &kernel_restrictions::CHECK,
        vec![
            ("nothing in the way", healthy(), Pass, "no rule"),
            (
                "unsigned under lockdown",
                rules(|node| node.restrictions.needs_signatures = known(Some(true))),
                Fail,
                "mokutil",
            ),
            (
                "unsigned, and lockdown is not seen",
                rules(|node| node.restrictions.lockdown = denied()),
                Unknown,
                "securityfs",
            ),
            ("lockdown shuts debugfs", shut, Warn, "lockdown (integrity)"),
            (
                "SELinux",
                with(|node| {
                    node.restrictions.debugfs_readable = known(Some(false));
                    node.restrictions.selinux_enforces = known(Some(true));
                }),
                Warn,
                "ausearch",
            ),
            (
                "unread",
                with(|node| {
                    node.restrictions.lockdown = denied();
                    node.restrictions.selinux_enforces = denied();
                }),
                Unknown,
                "could not be read",
            ),
        ],
    );
}

fn lnet(nid: &str) -> Observed<Lnet> {
    known(Lnet::Up(vec![Nid { nid: nid.into(), is_up: Some(true) }]))
}

#[test]
fn lnet_on_its_interface_and_port() {
    let on = |nid: &str| with(|node| node.lnet = lnet(nid));
    let two = with(|node| {
        let mut network = network();
        if let Observed::Known { value, .. } = &mut network.interfaces {
            for interface in value {
                interface.driver = Some("ena".into());
            }
        }
        node.network = network;
        node.lnet = lnet("172.17.0.1@tcp");
    });
    let no_routes = with(|node| node.network.routes = denied());
    expect(
        &lnet_interface::CHECK,
        vec![
            ("the right one", healthy(), Pass, "LNet is on ens5"),
            ("docker's", on("172.17.0.1@tcp"), Fail, "networks=tcp(ens5)"),
            ("another device", two, Warn, "docker0"),
            ("nobody's", on("10.9.9.9@tcp"), Fail, "does not have"),
            ("unread", no_routes, Unknown, "ip -br addr"),
        ],
    );
    let used = |remote_port, lnet: Observed<Lnet>| {
        let process = Some("rpc.statd (process 7)".to_owned());
        let used = PortUse { is_listening: remote_port == 0, remote_port, process };
        with(|node| {
            node.lnet_port = known(vec![used]);
            node.lnet = lnet;
        })
    };
    expect(
        &lnet_port::CHECK,
        vec![
            ("LNet's", used(0, lnet("10.0.1.5@tcp")), Pass, "LNet is up and has its port"),
            (
                "nobody listens",
                with(|node| node.lnet_port = known(Vec::new())),
                Unknown,
                "no socket on port 988",
            ),
            ("another port", with(|node| node.lnet_accept_port = 1988), Warn, "1988"),
            ("free", before_first_mount(), Pass, "nobody uses"),
            ("taken", used(0, known(Lnet::NotLoaded)), Fail, "rpc.statd (process 7) listens"),
            ("NFS", used(2049, known(Lnet::Down)), Fail, "noresvport"),
            ("taken, LNet unread", used(0, denied()), Warn, "988"),
            ("unread", with(|node| node.lnet_port = denied()), Unknown, "ss -tnlp"),
        ],
    );
    let container = with(|node| node.network.container = known(Some("docker".into())));
    let elsewhere = with(|node| node.network.is_initial_namespace = known(false));
    let unread = with(|node| node.network.is_initial_namespace = denied());
    expect(
        &network_namespace::CHECK,
        vec![
            ("the node's", healthy(), Pass, "the node's own"),
            ("a container", container, Warn, "docker"),
            ("another namespace", elsewhere, Warn, "process 1"),
            ("unread", unread, Unknown, "sudo"),
        ],
    );
}

#[test]
fn ways_through_the_network() {
    let one = Translated { own: "10.0.1.5:1021".into(), seen: "10.0.1.5:42017".into() };
    expect(
        &address_translation::CHECK,
        vec![
            ("none", healthy(), Pass, "no connection"),
            ("one", with(|node| node.translated = known(vec![one])), Fail, "masquerade"),
            ("unread", with(|node| node.translated = denied()), Unknown, "iptables"),
        ],
    );
    let small = with(|node| {
        if let Observed::Known { value, .. } = &mut node.network.interfaces {
            for interface in value {
                interface.mtu = Some(1500);
            }
        }
    });
    expect(
        &mtu::CHECK,
        vec![
            ("jumbo", healthy(), Pass, "9001"),
            ("small", small, Warn, "ip link set dev ens5 mtu 9001"),
            ("unread", with(|node| node.network.routes = denied()), Unknown, "ip link"),
        ],
    );
    let exceeded = Exceeded {
        interface: "ens5".into(),
        counter: "bw_in_allowance_exceeded".into(),
        packets: 12,
    };
    expect(
        &network_allowances::CHECK,
        vec![
            ("enough", healthy(), Pass, "no allowance"),
            ("used up", with(|node| node.allowances = known(vec![exceeded])), Warn, "12 bw_in"),
            ("no ethtool", with(|node| node.allowances = denied()), Unknown, "install ethtool"),
        ],
    );
}

#[test]
fn efa_and_what_goes_over_it() {
    let efa = |nids: &str, sent: Option<u64>| {
        with(|node| {
            node.efa.devices = known(vec!["rdmap0s6".into()]);
            node.lnet = lnet(nids);
            let traffic = |network: &str, sent| Traffic {
                network: network.into(),
                nid: format!("10.0.1.5@{network}"),
                sent,
                received: 0,
            };
            node.efa.traffic = sent
                .map_or_else(denied, |sent| known(vec![traffic("efa", sent), traffic("tcp", 9)]));
        })
    };
    let forgotten = with(|node| node.lnet = lnet("10.0.1.5@efa"));
    let mut before = efa("10.0.1.5@tcp", None);
    before.lnet = known(Lnet::NotLoaded);
    expect(
        &efa::CHECK,
        vec![
            ("no EFA", healthy(), Pass, "no EFA device"),
            ("used", efa("10.0.1.5@efa", Some(7)), Pass, "7 messages went over EFA"),
            ("silent fall-back", efa("10.0.1.5@efa", Some(0)), Warn, "went over TCP"),
            ("not told to LNet", efa("10.0.1.5@tcp", None), Warn, "LNet only TCP"),
            ("network without device", forgotten, Warn, "no EFA device"),
            ("not asked", efa("10.0.1.5@efa", None), Unknown, "lnetctl net show -v"),
            ("not up yet", before, Unknown, "not up yet"),
            ("unread", with(|node| node.efa.devices = denied()), Unknown, "infiniband"),
        ],
    );
}

#[test]
fn mounts_and_what_they_cover() {
    let silent = |mut node: NodeFacts| {
        let one = LustreMount { answer: MountAnswer::Silent(600), ..mount() };
        node.mounts = known(vec![one]);
        node
    };
    let evicted = with_targets(|target| target.state = Some("DISCONN".into()));
    let fails = with_mount(|mount| mount.answer = MountAnswer::Fails("ESHUTDOWN".into()));
    let not_asked = with_mount(|mount| mount.answer = MountAnswer::NotAsked("no child".into()));
    expect(
        &mounts_answer::CHECK,
        vec![
            ("answers", healthy(), Pass, "/fsx answers"),
            ("slow", silent(healthy()), Warn, "all its connections are up"),
            ("dead", silent(evicted.clone()), Fail, "does not answer"),
            ("dead, imports unread", silent(with(|node| node.clients = denied())), Fail, "988"),
            ("an error", fails, Fail, "ESHUTDOWN"),
            ("not asked", not_asked, Unknown, "no child"),
            ("unread", with(|node| node.mounts = denied()), Unknown, "mountinfo"),
        ],
    );
    let missing = with_mount(|mount| mount.missing = known(vec!["noatime".into()]));
    let unread = with_mount(|mount| mount.missing = denied());
    expect(
        &mounts_as_asked::CHECK,
        vec![
            ("as asked", healthy(), Pass, "the options that were asked for"),
            ("an option is missing", missing, Warn, "remount,noatime"),
            ("unread", unread, Unknown, "denied"),
        ],
    );
    let covered = with_mount(|mount| mount.covered = known(vec!["out.dat".into()]));
    let unseen = with_mount(|mount| mount.covered = denied());
    expect(
        &mount_point_empty::CHECK,
        vec![
            ("empty", healthy(), Pass, "nothing lies"),
            ("files", covered, Warn, "out.dat"),
            ("not root", unseen, Unknown, "sudo"),
        ],
    );
}

#[test]
fn what_fstab_asks_for_is_mounted() {
    let line = |options: &str| {
        let text = format!("fs-0123456789abcdef0 /data fsxlustre {options} 0 0\n");
        let host = fsxlustre_mount::host::Host::default();
        let defaults = fsxlustre_mount::config::MountDefaults::default();
        let around_it = crate::fstab::judge::Surroundings::of(&host, &defaults);
        let mut facts = around(healthy());
        let entries = fsxlustre_mount::fstab::entries(&text);
        facts.fstab = known(crate::fstab::judge::judge(&entries, &around_it));
        facts
    };
    let verdict = |options| {
        let findings = (mounts_as_asked::CHECK.answer)(&line(options));
        findings.iter().find(|one| one.subject.as_deref() == Some("/data")).map(|one| one.verdict)
    };
    assert_eq!(verdict("_netdev,noatime,flock"), Some(Fail));
    assert_eq!(verdict("_netdev,noatime,flock,nofail"), Some(Warn));
    assert_eq!(verdict("_netdev,noauto"), None);
    assert_eq!(verdict("_netdev,x-systemd.automount"), None);
    let graded = |options| (fstab::CHECK.answer)(&line(options))[0].verdict;
    assert_eq!(graded("noatime"), Fail, "without _netdev");
    let mut unread = around(healthy());
    unread.fstab = denied();
    assert_eq!((fstab::CHECK.answer)(&unread)[0].verdict, Unknown);
}

#[test]
fn connections_evictions_and_room() {
    let state = |state: &str| with_targets(|target| target.state = Some(state.to_owned()));
    let late = with(|node| node.clients = known(Clients { is_whole: false, ..clients() }));
    let none = with(|node| node.clients = known(Clients { targets: Vec::new(), ..clients() }));
    expect(
        &imports::CHECK,
        vec![
            ("up", healthy(), Pass, "3 connections are up"),
            ("idle is up", state("IDLE"), Pass, "3 connections"),
            ("evicted", state("EVICTED"), Fail, "OST0001 EVICTED at 10.0.1.9@tcp"),
            ("deactivated", with_targets(|target| target.is_deactivated = true), Fail, "active=1"),
            ("coming", state("CONNECTING"), Warn, "lctl ping 10.0.1.9@tcp"),
            ("unread", with_targets(|target| target.state = None), Unknown, "OST0001 unknown"),
            ("late", late, Unknown, "run it again"),
            ("denied", with(|node| node.clients = denied()), Unknown, "denied"),
            ("none is shown", none, Unknown, "none of its connections"),
        ],
    );
    let evicted = with_targets(|target| target.evicted_unix_seconds = Some(1_795_211_346));
    expect(
        &evictions::CHECK,
        vec![
            ("none", healthy(), Pass, "no eviction"),
            ("one", evicted, Warn, "2026-11-20 21:49:06 UTC: OST0001"),
            (
                "unread",
                with_targets(|target| target.is_history_read = false),
                Unknown,
                "could not be read: OST0001",
            ),
        ],
    );
}

#[test]
fn room_on_targets_and_root_squash() {
    let room = |free_kib, free_files| {
        let room = TargetRoom { kib: 1000, free_kib, files: 1000, free_files };
        with_targets(move |target| target.room = Some(room))
    };
    let mut all = clients();
    all.targets[0].room = Some(TargetRoom { kib: 9, free_kib: 9, files: 9, free_files: 0 });
    let full = with(|node| node.clients = known(all));
    let mut unasked = clients();
    unasked.targets.iter_mut().for_each(|target| target.room = None);
    let nothing = with_targets(|target| target.room = Some(TargetRoom::default()));
    let asleep = with_targets(|target| {
        target.room = None;
        target.state = Some("IDLE".to_owned());
    });
    expect(
        &targets_room::CHECK,
        vec![
            ("room", healthy(), Pass, "50 % of space and 90 % of files"),
            ("one OST is full", room(4, 500), Warn, "OST0001 has 0 % of its space"),
            ("no inodes on one", room(500, 10), Warn, "1 % of its files"),
            ("no inodes on the MDT", full, Fail, "MDT0000"),
            ("nobody told", with(|node| node.clients = known(unasked)), Unknown, "lfs df"),
            ("one did not", with_targets(|one| one.room = None), Unknown, "OST0001"),
            ("one has no size", nothing, Unknown, "OST0001"),
            ("one sleeps", asleep, Pass, "(1 not asked)"),
        ],
    );
    let squashed = |left_alone: &str| {
        let mut all = clients();
        all.instances[0].root_squash = Some("365534:365534".into());
        all.instances[0].no_squash_nids = Some(left_alone.into());
        with(|node| node.clients = known(all))
    };
    let mut unread = clients();
    unread.instances[0].root_squash = None;
    expect(
        &root_squash::CHECK,
        vec![
            ("root", healthy(), Pass, "root is root"),
            ("squashed", squashed("NONE"), Warn, "NoSquashNids=[10.0.1.5@tcp]"),
            ("left alone", squashed("10.0.1.5@tcp"), Pass, "root here"),
            ("unread", with(|node| node.clients = known(unread)), Unknown, "lctl get_param"),
        ],
    );
}

#[test]
fn clock_and_disks() {
    let clock =
        |unix_seconds, off| with(|node| node.clock = Clock { unix_seconds, off_milliseconds: off });
    let now = healthy().clock.unix_seconds;
    expect(
        &clock::CHECK,
        vec![
            ("kept", healthy(), Pass, "kept in time"),
            ("kept, distance unknown", clock(now, known(None)), Pass, "synchronized"),
            ("off", clock(now, known(Some(61_000))), Warn, "61000 ms off"),
            ("long ago", clock(86_400, known(Some(0))), Fail, "1970-01-02"),
            ("nobody knows", clock(now, denied()), Unknown, "169.254.169.123"),
        ],
    );
    let free = |of, bytes| with(|node| node.room = vec![room(of, bytes)]);
    let mut unread = room("logs", 0);
    unread.free = denied();
    expect(
        &disk_space::CHECK,
        vec![
            ("room", healthy(), Pass, "there is room"),
            ("little", free("logs", 1 << 20), Warn, "1 MiB"),
            ("none for logs", free("logs", 0), Warn, "0 MiB"),
            ("none for state", free("state", 0), Fail, "nothing is free"),
            ("unread", with(|node| node.room = vec![unread]), Unknown, "df /run"),
        ],
    );
    assert_eq!(hardware(2, 8).cpus.value(), Some(&2));
}
