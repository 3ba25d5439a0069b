//! Every verdict of every check, and whole reports as they are shown.

use super::Verdict::{Fail, Pass, Unknown, Warn};
use super::*;
use crate::facts::samples::{
    around, bare_debian, before_first_mount, clients, distribution, hardware, healthy, installed,
};
use crate::facts::{
    Asked, ClientSetting, Clients, Lnet, ModuleParameter, NamedFileSystem, Nid, SettingValue,
};
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::file_system::FileSystem;

fn unreadable<T>() -> Observed<T> {
    Observed::unknown("Permission denied (os error 13)", "/somewhere")
}

fn file_system(lifecycle: &str, version: Option<&str>) -> FileSystem {
    FileSystem {
        id: "fs-0123456789abcdef0".into(),
        dns_name: "fs-0123456789abcdef0.fsx.eu-west-1.amazonaws.com".into(),
        mount_name: "abcdefgh".into(),
        lifecycle: lifecycle.into(),
        lustre_version: version.map(str::to_owned),
        region: "eu-west-1".into(),
        ..FileSystem::default()
    }
}

fn found(lifecycle: &str, version: Option<&str>) -> Asked {
    Asked::FileSystem(Box::new(Ok(file_system(lifecycle, version))))
}

fn failed(code: Code) -> Asked {
    Asked::FileSystem(Box::new(Err(Failure {
        code,
        what: code.row().title.into(),
        asked: "tag:Project:genomics in eu-west-1".into(),
        because: "an example".into(),
        remedy: "mend the example".into(),
    })))
}

/// Runs one table: every finding has evidence, and a remedy unless it is Pass.
fn expect(check: &Check, table: Vec<(&str, NodeFacts, Verdict, &str)>) {
    for (case, facts, verdict, words) in table {
        let mut findings = (check.answer)(&around(facts));
        assert_eq!(findings.len(), 1, "{case}");
        let finding = findings.remove(0);
        assert_eq!(finding.verdict, verdict, "{case}: {finding:?}");
        assert!(format!("{finding:?}").contains(words), "{case}: {finding:?}");
        assert!(!finding.evidence.is_empty(), "{case}");
        assert_eq!(finding.remedy.is_empty(), verdict == Pass, "{case}");
    }
}

fn kernel(release: &str) -> Observed<String> {
    Observed::known(release.into(), "/proc/sys/kernel/osrelease")
}

#[test]
fn kernel_supported() {
    let rhel = |release: &str| NodeFacts {
        kernel_release: kernel(release),
        distribution: distribution("rhel", "9.2", None, "Red Hat Enterprise Linux 9.2 (Plow)"),
        module_loaded: Observed::known(false, "/proc/modules"),
        ..healthy()
    };
    let refused = rhel("5.14.0-284.11.1.el9_2.x86_64");
    let own_client =
        NodeFacts { module_loaded: Observed::known(true, "/proc/modules"), ..refused.clone() };
    let sles = NodeFacts {
        kernel_release: kernel("4.12.14-122.37-default"),
        distribution: distribution("sles", "12.5", None, "SLES 12 SP5"),
        ..healthy()
    };
    let old = NodeFacts { kernel_release: kernel("6.1.19-30.43.amzn2023.x86_64"), ..healthy() };
    let mut no_architecture = healthy();
    no_architecture.hardware.architecture = unreadable();
    expect(
        &kernel_supported::CHECK,
        vec![
            ("listed", healthy(), Pass, "with the Lustre 2.15 client, for file systems 2.12, 2.15"),
            ("not listed kernel", old, Warn, "6.1.79-99.167 or newer of 6.1"),
            ("not listed distribution", bare_debian(), Warn, "is not listed by AWS"),
            ("refused", refused, Fail, "no Lustre client for release 9.2"),
            ("refused, with a client of its own", own_client, Warn, "9.2"),
            ("listed by hearsay", sles, Warn, "no source confirms it"),
            (
                "no kernel",
                NodeFacts { kernel_release: unreadable(), ..healthy() },
                Unknown,
                "denied",
            ),
            (
                "no distribution",
                NodeFacts { distribution: unreadable(), ..healthy() },
                Unknown,
                "denied",
            ),
            ("no architecture", no_architecture, Unknown, "denied"),
        ],
    );
}

#[test]
fn module_loadable() {
    let with = |module_installed| NodeFacts { module_installed, ..before_first_mount() };
    let other_kernel = "6.1.79-99.167.amzn2023.x86_64";
    let mut strict = installed(other_kernel, "extra/lustre.ko");
    if let Observed::Known { value: Some(module), .. } = &mut strict {
        module.vermagic = Some(format!("{other_kernel} SMP preempt mod_unload "));
    }
    let no_kernel = NodeFacts { kernel_release: unreadable(), ..before_first_mount() };
    let unread = NodeFacts { module_loaded: unreadable(), ..healthy() };
    let nothing = NodeFacts { module_installed: unreadable(), ..unread.clone() };
    expect(
        &module_loadable::CHECK,
        vec![
            ("loaded", healthy(), Pass, "the Lustre client 2.15.6 is loaded"),
            ("installed", before_first_mount(), Pass, "installed for the running kernel"),
            (
                "weak update",
                with(installed(other_kernel, "weak-updates/l/lustre.ko")),
                Pass,
                "linked to",
            ),
            (
                "another kernel's",
                with(installed(other_kernel, "extra/lustre.ko")),
                Warn,
                "modprobe lustre",
            ),
            ("another kernel's, strict", with(strict), Fail, "sudo dnf install -y lustre-client"),
            ("missing", with(Observed::known(None, "modinfo lustre")), Fail, "sudo dnf install"),
            ("missing, no package", bare_debian(), Fail, "lustre-release.git"),
            ("modinfo hangs", with(unreadable()), Unknown, "denied"),
            ("no kernel", no_kernel, Unknown, "uname -r"),
            ("installed, modules unread", unread, Pass, "installed for"),
            ("nothing readable", nothing, Unknown, "modinfo"),
        ],
    );
}

#[test]
fn client_programs() {
    let mut no_lfs = healthy();
    no_lfs.programs.lfs = Observed::known(None, "/usr/bin");
    let mut unread = healthy();
    unread.programs.mount = unreadable();
    expect(
        &client_programs::CHECK,
        vec![
            ("both", healthy(), Pass, "/usr/sbin/mount.lustre"),
            ("no lfs", no_lfs, Fail, "not installed: lfs"),
            ("none", bare_debian(), Fail, "not installed: mount.lustre, lfs, lctl"),
            ("unread", unread, Unknown, "denied"),
        ],
    );
}

#[test]
fn lnet_up() {
    let with =
        |lnet: Lnet, facts: NodeFacts| NodeFacts { lnet: Observed::known(lnet, "nis"), ..facts };
    let down = Lnet::Up(vec![Nid { nid: "10.0.1.5@tcp".into(), is_up: Some(false) }]);
    let unread = NodeFacts { module_loaded: unreadable(), ..healthy() };
    let denied = NodeFacts { lnet: unreadable(), ..healthy() };
    let denied_before = NodeFacts { lnet: unreadable(), ..before_first_mount() };
    expect(
        &lnet_up::CHECK,
        vec![
            ("up", healthy(), Pass, "10.0.1.5@tcp"),
            ("all down", with(down, healthy()), Warn, "is down"),
            ("no network", with(Lnet::Down, healthy()), Fail, "/etc/modprobe.d/lustre.conf"),
            ("bad interface", with(Lnet::Down, before_first_mount()), Warn, "not started"),
            ("before the first mount", before_first_mount(), Warn, "a mount loads it"),
            ("not root, before", denied_before, Warn, "a mount loads it"),
            ("not root", denied, Unknown, "sudo fsxlustre check"),
            ("modules unread", with(Lnet::NotLoaded, unread.clone()), Unknown, "could not be read"),
            ("down, modules unread", with(Lnet::Down, unread), Unknown, "could not be read"),
            ("contradiction", with(Lnet::NotLoaded, healthy()), Unknown, "does not fit"),
        ],
    );
}

#[test]
fn client_healthy() {
    let says = |words: &str| NodeFacts { health: Observed::known(words.into(), "h"), ..healthy() };
    expect(
        &client_healthy::CHECK,
        vec![
            ("healthy", healthy(), Pass, "does not judge servers"),
            ("not healthy", says("NOT HEALTHY"), Fail, "NOT HEALTHY"),
            ("LBUG", says("LBUG"), Fail, "reboot"),
            ("not loaded", before_first_mount(), Unknown, "not loaded yet"),
            ("unread", NodeFacts { health: unreadable(), ..healthy() }, Unknown, "denied"),
        ],
    );
}

#[test]
fn tuning_advised() {
    let size = |cpus, gib| NodeFacts { hardware: hardware(cpus, gib), ..healthy() };
    let mut unread = size(65, 1);
    unread.hardware.memory_bytes = unreadable();
    let mut small = unread.clone();
    small.hardware.cpus = Observed::known(4, "/proc/stat");
    let mut no_cpus = size(1, 65);
    no_cpus.hardware.cpus = unreadable();
    expect(
        &tuning_advised::CHECK,
        vec![
            ("small", size(64, 64), Pass, "advises no client settings"),
            ("many CPUs", size(96, 64), Warn, "ptlrpcd_per_cpt_max=32"),
            ("much memory", size(96, 192), Warn, "lru_size=9600"),
            ("many CPUs, memory unread", unread, Warn, "max_mod_rpcs_in_flight=50"),
            ("few CPUs, memory unread", small, Unknown, "could not be read"),
            ("CPUs unread", no_cpus, Warn, "100*CPUS"),
            ("as advised", tuned(|_| {}), Pass, "the 7 client settings that AWS advises"),
            ("more is right", tuned(|all| all[0].values[0].value = "48".into()), Pass, "hold"),
            (
                "less is not",
                tuned(|all| all[0].values[0].value = "8".into()),
                Warn,
                "osc max_rpcs_in_flight is 8",
            ),
            ("locks", tuned(|all| all[4].values[0].value = "67".into()), Warn, "lru_size is 67"),
            ("rubbish", tuned(|all| all[3].values[0].value = "x".into()), Warn, "lru_max_age is x"),
            (
                "settings unread",
                NodeFacts { clients: unreadable(), ..size(96, 192) },
                Unknown,
                "nothing here shows 7",
            ),
        ],
    );
}

/// A node of 96 processors and 192 GiB with the settings that AWS advises, changed.
fn tuned(change: fn(&mut Vec<ClientSetting>)) -> NodeFacts {
    let setting = |kind: &str, name: &str, value: &str| ClientSetting {
        fs_name: "abcdefgh".into(),
        kind: kind.into(),
        name: name.into(),
        values: vec![SettingValue { value: value.into(), devices: 2, example: "a".into() }],
    };
    let mut settings = vec![
        setting("osc", "max_rpcs_in_flight", "32"),
        setting("mdc", "max_rpcs_in_flight", "64"),
        setting("mdc", "max_mod_rpcs_in_flight", "50"),
        setting("ldlm.namespaces", "lru_max_age", "600000"),
        setting("ldlm.namespaces", "lru_size", "9600"),
    ];
    change(&mut settings);
    let parameter = |module: &str, name: &str, value: &str| ModuleParameter {
        module: module.into(),
        name: name.into(),
        value: Some(value.into()),
    };
    NodeFacts {
        hardware: hardware(96, 192),
        module_parameters: vec![
            parameter("ptlrpc", "ptlrpcd_per_cpt_max", "32"),
            parameter("ksocklnd", "credits", "2560"),
        ],
        clients: Observed::known(Clients { settings, ..clients() }, "/sys/fs/lustre"),
        ..healthy()
    }
}

#[test]
fn tuning_drift() {
    let other = SettingValue { value: "8".into(), devices: 1, example: "b-OST0001".into() };
    let mut uneven = tuned(|_| {});
    let mut uneven_locks = uneven.clone();
    for (node, place) in [(&mut uneven, 0), (&mut uneven_locks, 4)] {
        let Observed::Known { value, .. } = &mut node.clients else { panic!("known") };
        value.settings[place].values.push(other.clone());
    }
    expect(
        &tuning_drift::CHECK,
        vec![
            ("even", tuned(|_| {}), Pass, "4 client settings are the same"),
            ("one is another", uneven, Warn, "set_param 'osc.abcdefgh-*.max_rpcs_in_flight=32'"),
            ("counts of locks differ", uneven_locks, Pass, "4 client settings"),
        ],
    );
    assert_eq!((tuning_drift::CHECK.answer)(&around(healthy())), []);
}

#[test]
fn file_system_version() {
    let client = |version: &str| NodeFacts {
        loaded_version: Observed::known(version.into(), "/sys/fs/lustre/version"),
        ..healthy()
    };
    let rocky = NodeFacts {
        kernel_release: kernel("6.12.0-124.8.1.el10_1.x86_64"),
        distribution: distribution("rocky", "10.1", None, "Rocky Linux 10.1"),
        ..healthy()
    };
    let version = |version| file_system("AVAILABLE", Some(version));
    let table = vec![
        (healthy(), Some(version("2.15")), Pass),
        (healthy(), Some(version("2.12")), Pass),
        (healthy(), Some(version("2.10")), Fail),
        (client("2.12.8_198_gde6da33"), Some(version("2.10")), Pass),
        (client("2.10.8"), Some(version("2.15")), Fail),
        (client("2.16.1"), Some(version("2.15")), Warn),
        (healthy(), Some(version("2.17")), Warn),
        (rocky.clone(), Some(version("2.12")), Warn),
        (rocky, Some(version("2.15")), Pass),
        (before_first_mount(), Some(version("2.15")), Pass),
        (bare_debian(), Some(version("2.15")), Unknown),
        (healthy(), Some(file_system("AVAILABLE", None)), Unknown),
        (healthy(), None, Unknown),
    ];
    for (facts, file_system, verdict) in table {
        let finding = file_system_version::check(&facts, file_system.as_ref());
        assert_eq!(finding.verdict, verdict, "{finding:?}");
        assert_eq!(finding.evidence.len(), 2);
        assert_eq!(finding.remedy.is_empty(), verdict == Pass);
    }
}

#[test]
fn file_system_found() {
    let table = [
        (found("AVAILABLE", None), Pass),
        (found("UPDATING", None), Pass),
        (found("CREATING", None), Warn),
        (found("MISCONFIGURED", None), Warn),
        (found("FAILED", None), Fail),
        (found("DELETING", None), Fail),
        (found("SLEEPING", None), Unknown),
        (failed(Code::TagUnknown), Fail),
        (failed(Code::ApiUnavailable), Unknown),
        (failed(Code::Internal), Unknown),
    ];
    for (asked, verdict) in table {
        let finding = file_system_found::check(&asked).expect("a finding");
        assert_eq!(finding.verdict, verdict, "{finding:?}");
        assert_eq!(finding.remedy.is_empty(), verdict == Pass);
        assert!(!finding.evidence.is_empty());
    }
    let finding = file_system_found::check(&failed(Code::TagUnknown)).expect("a finding");
    assert_eq!(finding.code.as_deref(), Some("FSXL-A201"));
    for asked in [Asked::Nothing, Asked::Device("a@tcp:/b".into())] {
        assert_eq!(file_system_found::check(&asked), None);
    }
}

fn named(asked: &Asked) -> NamedFileSystem {
    NamedFileSystem {
        source: "tag:Project:genomics".into(),
        named_by: "the command line".into(),
        asked: asked.clone(),
        reached: None,
    }
}

fn report(facts: NodeFacts, asked: &Asked) -> Report {
    let mut around = around(facts);
    if !matches!(asked, Asked::Nothing) {
        around.file_systems.push(named(asked));
    }
    Report::new(answers(&around, &Selection::all()), around.node)
}

#[test]
fn the_exit_status_follows_the_worst_that_matters() {
    let denied = || NodeFacts { lnet: unreadable(), ..healthy() };
    let table = vec![
        ("all well", healthy(), Asked::Nothing, Pass, 0),
        ("fits its file system", healthy(), found("AVAILABLE", Some("2.15")), Pass, 0),
        ("unknown that only advises", before_first_mount(), Asked::Nothing, Warn, 0),
        ("does not fit", healthy(), found("AVAILABLE", Some("2.10")), Fail, 1),
        ("nothing installed", bare_debian(), Asked::Nothing, Fail, 1),
        ("required unknown", denied(), Asked::Nothing, Unknown, 3),
        ("a device", healthy(), Asked::Device("a@tcp:/b".into()), Unknown, 3),
        ("API unreachable", healthy(), failed(Code::ApiUnavailable), Unknown, 3),
        ("a Fail goes before", denied(), failed(Code::TagUnknown), Fail, 1),
    ];
    for (case, facts, asked, verdict, exit) in table {
        let report = report(facts, &asked);
        let text = report.text(Colours::None);
        assert_eq!((report.verdict, report.exit()), (verdict, exit), "{case}: {text}");
    }
}

/// `FSXLUSTRE_UPDATE_GOLDEN=1` writes what is compared here.
fn golden(name: &str, text: &str) {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks/golden").join(name);
    if std::env::var_os("FSXLUSTRE_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("written");
    }
    assert_eq!(text, std::fs::read_to_string(&path).expect("a golden file"), "{name}");
}

#[test]
fn the_text_of_a_fresh_node() {
    let report = report(before_first_mount(), &failed(Code::ApiUnavailable));
    golden("fresh.txt", &report.text(Colours::None));
}

#[test]
fn the_text_of_a_bare_debian() {
    let report = report(bare_debian(), &Asked::Nothing);
    golden("debian.txt", &report.text(Colours::None));
    golden("debian-brief.txt", &brief(&report));
    golden("debian-colours.txt", &report.text(Colours::Terminal));
}

#[test]
fn what_is_brief_is_short_and_says_how_much_it_leaves_out() {
    let finding = |_| Finding::fail("lnet_up", "x".repeat(400), "y").about("z");
    let brief = brief(&Report::new((0..50).map(finding).collect(), healthy()));
    assert!(brief.chars().count() < 2000, "{}", brief.len());
    assert!(brief.starts_with("FAIL fsxlustre check: not fit (50 answers"), "{brief}");
    assert!(brief.ends_with("more: fsxlustre check\n"), "{brief}");
}

#[test]
fn words_from_outside_cannot_forge_a_line() {
    let mut facts = bare_debian();
    facts.distribution =
        distribution("x", "1", None, "X\nPASS     kernel_supported  fine\u{1b}[2J");
    let report = report(facts, &Asked::Nothing);
    for text in [report.text(Colours::None), brief(&report)] {
        assert!(!text.lines().any(|line| line.starts_with("PASS     kernel_supported")), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn the_same_facts_give_the_same_answers_with_evidence_and_remedy() {
    for node in [healthy(), before_first_mount(), bare_debian()] {
        let facts = around(node);
        let findings = answers(&facts, &Selection::all());
        assert_eq!(findings, answers(&facts, &Selection::all()));
        for finding in findings {
            assert!(!finding.evidence.is_empty(), "{finding:?}");
            assert_eq!(finding.remedy.is_empty(), finding.verdict == Pass, "{finding:?}");
        }
    }
}

#[test]
fn times_are_told_in_utc() {
    for (seconds, text) in [
        (0, "1970-01-01 00:00:00 UTC"),
        (951_782_399, "2000-02-28 23:59:59 UTC"),
        (951_868_800, "2000-03-01 00:00:00 UTC"),
        (1_795_211_346, "2026-11-20 21:49:06 UTC"),
    ] {
        assert_eq!(utc(seconds), text);
    }
}
