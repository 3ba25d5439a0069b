//! Whatever is in the files of a node: facts are gathered in time, and every check answers.

use super::client::ClientLook;
use super::{Image, LONGEST_GATHERING, NodeFacts, Scope, samples};
use crate::checks::{Colours, Report, Selection, answers, brief};
use crate::plan::{Place, Plan};
use fsxlustre_mount::host::{Deadline, Host, PathOverrides, Paths};
use proptest::prelude::*;
use std::path::Path;
use std::time::Instant;

/// Every file that is read.
const FILES: [&str; 42] = [
    "etc/dnf/vars/releasever",
    "etc/yum.repos.d/redhat.repo",
    "run/cloud-init/instance-data.json",
    "etc/default/grub",
    "sys/fs/lustre/osc/abcdefgh-OST0000-osc-ff00/max_rpcs_in_flight",
    "sys/fs/lustre/ldlm/namespaces/abcdefgh-OST0000-osc-ff00/lru_size",
    "sys/module/ksocklnd/parameters/credits",
    "etc/fsxlustre/compatibility.toml",
    "proc/sys/kernel/osrelease",
    "proc/sys/kernel/arch",
    "proc/stat",
    "proc/meminfo",
    "proc/modules",
    "proc/self/mountinfo",
    "proc/net/route",
    "proc/net/fib_trie",
    "proc/net/tcp",
    "proc/net/tcp6",
    "proc/net/nf_conntrack",
    "proc/fs/lustre/osc/abcdefgh-OST0000-osc-ff00/import",
    "proc/fs/lustre/osc/abcdefgh-OST0000-osc-ff00/state",
    "proc/fs/lustre/osc/abcdefgh-OST0000-osc-ff00/ost_server_uuid",
    "proc/fs/lustre/osc/-osc-/import",
    "etc/os-release",
    "etc/fstab",
    "etc/modprobe.d/lustre.conf",
    "boot/grub2/grubenv",
    "boot/loader/entries/a.conf",
    "boot/vmlinuz-6.1.0",
    "run/systemd/container",
    "sys/fs/lustre/version",
    "sys/fs/lustre/health_check",
    "sys/fs/lustre/osc/abcdefgh-OST0000-osc-ff00/kbytestotal",
    "sys/fs/lustre/osc/abcdefgh-OST0000-osc-ff00/kbytesavail",
    "sys/fs/lustre/llite/abcdefgh-ff00/fstype",
    "sys/module/lustre/srcversion",
    "sys/module/lnet/parameters/networks",
    "sys/class/net/ens5/mtu",
    "sys/kernel/security/lockdown",
    "sys/fs/selinux/enforce",
    "sys/kernel/debug/lnet/nis",
    "sys/kernel/debug/lustre/llite/abcdefgh-ff00/root_squash",
];

/// Words and marks that these files have, in any order, and any text.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("lustre ".to_owned()),
        Just("options lnet networks=".to_owned()),
        Just("saved_entry=a".to_owned()),
        Just("linux /boot/vmlinuz-".to_owned()),
        Just("|-- ".to_owned()),
        Just("/32 host LOCAL".to_owned()),
        Just("1 2 0:1 / /fsx rw - lustre 10.0.0.1@tcp:/abcdefgh rw".to_owned()),
        Just("tcp src=1 dst=2 sport=3 dport=988 ".to_owned()),
        Just("    state: ".to_owned()),
        Just(" - [ 99999999999999999999, EVICTED ]".to_owned()),
        Just("nid status\n".to_owned()),
        Just("[rhel-9-baseos-eus-rpms]\nenabled=".to_owned()),
        Just("{\"v1\":{\"cloud_name\":\"aws\",\"region\":\"".to_owned()),
        Just("ID=ubuntu\nVERSION_ID=".to_owned()),
        Just("MemTotal: ".to_owned()),
        Just("cpu0".to_owned()),
        "[0-9A-F:]{1,20}",
        "-?[0-9]{1,30}",
        "[\\t\\n =:,'\"\\\\\\[\\]]{1,4}",
        "\\PC{0,8}",
        any::<String>(),
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

fn host(root: &Path) -> Host {
    let overrides = PathOverrides {
        procfs: Some(root.join("proc")),
        sysfs: Some(root.join("sys")),
        rootfs: Some(root.to_owned()),
        state: Some(root.join("run/fsxlustre")),
        ..PathOverrides::default()
    };
    let paths = Paths::default().with(&overrides);
    Host { paths, program_folders: vec![root.join("bin")], ..Host::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_text_in_any_file_makes_it_panic_or_hang(
        texts in proptest::collection::vec(text(), FILES.len())
    ) {
        let folder = tempfile::tempdir().expect("folder");
        let root = folder.path();
        for (file, text) in FILES.iter().zip(&texts) {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
            std::fs::write(path, text).expect("file");
        }
        let host = host(root);
        let began = Instant::now();
        let node = NodeFacts::gather(&host, Scope::WHOLE);
        prop_assert!(began.elapsed() < LONGEST_GATHERING, "{:?}", began.elapsed());
        let mut told = 0;
        ClientLook::of(&host, true).tell(&mut |_| told += 1);
        prop_assert!(told > 0);
        let facts = samples::around(node);
        let report = Report::new(answers(&facts, &Selection::all()), facts.node.clone());
        prop_assert!(brief(&report).chars().count() < 2000);
        let text = report.text(Colours::None);
        let is_plain = |c: char| c == '\n' || !c.is_control();
        prop_assert!(text.chars().all(is_plain), "{text}");
        report.json().expect("JSON");
        let image = Image::of(&host, Some(root), None).gather(&host, Deadline::after(LONGEST_GATHERING));
        for (node, place) in [(report.node.clone(), Place::Node), (image, Place::Image(root.to_owned()))] {
            let Ok(plan) = Plan::of(&node, &report.findings, place) else { continue };
            let script = plan.script();
            prop_assert!(script.chars().all(is_plain), "{script}");
        }
    }
}
