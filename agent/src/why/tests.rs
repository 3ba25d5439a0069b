//! The rules, one by one on facts made by hand, and on anything that a tree may say.

use super::facts::{EfaDevice, Facts, Sources};
use super::{Finding, Report, Verdict, rules};
use crate::facts::Observed;
use crate::metrics::Snapshot;
use crate::top::View;
use crate::window::{
    FileSystemWindow, Interface, Requests, Settings, Span, Spent, Step, TargetWindow, Window,
    between,
};
use fsxlustre_mount::file_system::FileSystem;
use proptest::prelude::*;
use std::collections::BTreeMap;

const CAPTURED: &str = include_str!("../../tests/fixtures/metrics/golden/lustre-2.15.8.prom");

/// A file system of four targets that does nothing.
fn idle() -> FileSystemWindow {
    let target = |kind: &str| TargetWindow {
        read_bytes: Some(0),
        write_bytes: Some(0),
        in_flight: [("read", 0), ("write", 0), ("modify", 0)]
            .map(|(way, n)| (way.into(), n))
            .into(),
        dirty_bytes: (kind == "OST").then_some(0),
        grant_bytes: (kind == "OST").then_some(100 << 20),
        state: Some("IDLE".into()),
        is_up: Some(true),
        nid: Some("10.0.0.5@tcp".into()),
        ..TargetWindow::default()
    };
    let names = ["OST0000", "OST0001", "OST0002", "OST0003", "MDT0000"];
    let steps = |edges: [Option<u64>; 3]| edges.map(|up_to| Step { up_to, count: 0 }).to_vec();
    let requests = || Requests {
        by_size: steps([Some(4096), Some(4 << 20), None]),
        by_concurrency: steps([Some(4), Some(8), None]),
    };
    FileSystemWindow {
        directories: vec!["/fsx".into()],
        answers: Some(true),
        read_bytes: Some(0),
        write_bytes: Some(0),
        operations: Some(BTreeMap::new()),
        mdc_wait: Some(Spent::default()),
        mdc_times: Some(BTreeMap::new()),
        reads: requests(),
        writes: requests(),
        pending_bytes: Some(0),
        evictions: Some(0),
        timeouts: Some(0),
        settings: Settings {
            osc_max_rpcs: Some(8),
            mdc_max_rpcs: Some(8),
            mdc_max_mod_rpcs: Some(7),
            osc_max_rpc_bytes: Some(4 << 20),
            osc_max_dirty_bytes: Some(100 << 20),
        },
        targets: names.map(|name| (name.to_owned(), target(&name[..3]))).into(),
        ..FileSystemWindow::default()
    }
}

fn window(fs: FileSystemWindow) -> Window {
    Window {
        seconds: Some(5.0),
        file_systems: BTreeMap::from([("x".to_owned(), fs)]),
        allowances: Some(BTreeMap::from([("ens5".into(), BTreeMap::from([("bw_in".into(), 0)]))])),
        lock_callbacks: Some(BTreeMap::new()),
        interfaces: BTreeMap::from([("10.0.0.9@tcp".into(), Interface::default())]),
        ..Window::default()
    }
}

fn facts(window: Window) -> Facts {
    let found = FileSystem {
        id: "fs-0123456789abcdef0".into(),
        region: "us-east-1".into(),
        throughput_mb_per_second_per_tib: Some(128),
        storage_capacity_gib: Some(1024),
        maintenance_window: Some("2:04:30".into()),
        data_repositories: Some(Vec::new()),
        ..FileSystem::default()
    };
    Facts {
        totals: Some(Window { span: Span::SinceMount, ..window.clone() }),
        window,
        sources: Sources::default(),
        efa: Observed::known(Vec::new(), "x"),
        described: BTreeMap::from([("x".into(), Observed::known(found, "api"))]),
        minute_of_week: Some(0),
        is_now: true,
    }
}

fn of<'f>(report: &'f Report, rule: &str) -> &'f Finding {
    report.findings.iter().find(|finding| finding.rule == rule).expect("every rule answers")
}

/// What a rule says when a file system is changed so.
#[track_caller]
fn says(rule: &str, change: impl Fn(&mut FileSystemWindow)) -> Finding {
    let mut changed = idle();
    change(&mut changed);
    of(&Report::of(&Facts { totals: Some(window(idle())), ..facts(window(changed)) }), rule).clone()
}

#[track_caller]
fn limits(finding: &Finding, words: &str) {
    assert_eq!(finding.verdict, Verdict::Limits, "{finding:?}");
    assert!(finding.weight > 0 && !finding.evidence.is_empty() && !finding.remedy.is_empty());
    let said = format!("{} {:?} {}", finding.summary, finding.evidence, finding.remedy);
    assert!(said.contains(words), "{said}");
}

#[test]
fn an_idle_node_is_limited_by_nothing() {
    let report = Report::of(&facts(window(idle())));
    assert_eq!(report.findings.len(), rules().count());
    for finding in &report.findings {
        assert!(matches!(finding.verdict, Verdict::Clear | Verdict::Unknown), "{finding:?}");
        assert_eq!(finding.remedy.is_empty(), finding.verdict == Verdict::Clear, "{finding:?}");
    }
    assert!(report.text().starts_with("x: nothing that limits the I/O was seen in 5.0 s\n"));
}

#[test]
fn connections() {
    let down = says("connections", |fs| {
        let target = fs.targets.get_mut("OST0002").expect("there");
        (target.is_up, target.state) = (Some(false), Some("DISCONN".into()));
    });
    limits(&down, "OST0002 DISCONN");
    limits(&says("connections", |fs| fs.evictions = Some(1)), "1 evictions");
    let unknown = says("connections", |fs| fs.targets.clear());
    assert_eq!(unknown.verdict, Verdict::Unknown);
    let silent = says("connections", |fs| fs.answers = Some(false));
    assert_eq!(silent.verdict, Verdict::Suspect);
}

#[test]
fn requests_that_are_small() {
    let counts = |small, large| {
        move |fs: &mut FileSystemWindow| {
            (fs.reads.by_size[0].count, fs.reads.by_size[1].count) = (small, large);
        }
    };
    limits(&says("small_rpcs", counts(90, 10)), "90 of 100 read requests");
    assert_eq!(says("small_rpcs", counts(30, 70)).verdict, Verdict::Suspect);
    assert_eq!(says("small_rpcs", counts(10, 90)).verdict, Verdict::Clear);
    assert_eq!(says("small_rpcs", counts(40, 0)).verdict, Verdict::Unknown, "too few");
    let low = says("small_rpcs", |fs| {
        counts(90, 10)(fs);
        fs.settings.osc_max_rpc_bytes = Some(65_536);
    });
    limits(&low, "lctl set_param osc.x-*.max_pages_per_rpc=1024");
}

#[test]
fn what_was_before_the_window_is_only_a_hint() {
    let mut before = idle();
    before.reads.by_size[0].count = 100;
    let all = Facts {
        totals: Some(Window { span: Span::SinceMount, ..window(before) }),
        ..facts(window(idle()))
    };
    let finding = of(&Report::of(&all), "small_rpcs").clone();
    assert_eq!(finding.verdict, Verdict::Suspect);
    assert!(finding.evidence[0].value.contains("since the mount"), "{finding:?}");
}

#[test]
fn requests_in_flight() {
    let crowded = |fs: &mut FileSystemWindow| {
        (fs.writes.by_concurrency[0].count, fs.writes.by_concurrency[1].count) = (10, 90);
    };
    assert_eq!(says("rpcs_in_flight", crowded).verdict, Verdict::Suspect, "nothing waits now");
    let waits = says("rpcs_in_flight", |fs| {
        crowded(fs);
        fs.pending_bytes = Some(1);
    });
    limits(&waits, "osc.x-OST*.max_rpcs_in_flight=32");
    let changes = says("rpcs_in_flight", |fs| {
        fs.targets.get_mut("MDT0000").expect("there").in_flight.insert("modify".into(), 7);
    });
    limits(&changes, "max_mod_rpcs_in_flight=50");
    let unset = says("rpcs_in_flight", |fs| fs.settings = Settings::default());
    assert_eq!(unset.verdict, Verdict::Unknown);
}

#[test]
fn grants() {
    let change = |grant, dirty| {
        move |fs: &mut FileSystemWindow| {
            let target = fs.targets.get_mut("OST0001").expect("there");
            (target.grant_bytes, target.dirty_bytes) = (Some(grant), Some(dirty));
        }
    };
    limits(&says("grants", change(1000, 4096)), "OST0001");
    assert_eq!(says("grants", change(0, 0)).verdict, Verdict::Clear, "nobody writes to it");
    assert_eq!(says("grants", change(100 << 20, 99 << 20)).verdict, Verdict::Suspect);
    let unknown = says("grants", |fs| {
        fs.targets.get_mut("OST0001").expect("there").grant_bytes = None;
    });
    assert_eq!(unknown.verdict, Verdict::Unknown);
}

#[test]
fn one_target() {
    let moved = |bytes: [u64; 4]| {
        move |fs: &mut FileSystemWindow| {
            for (target, bytes) in
                fs.targets.iter_mut().filter(|(n, _)| n.starts_with("OST")).zip(bytes)
            {
                target.1.write_bytes = Some(bytes);
            }
        }
    };
    limits(&says("one_target", moved([1, 90_000_000, 2, 3])), "lfs setstripe -c -1 /fsx");
    assert_eq!(says("one_target", moved([30_000_000; 4])).verdict, Verdict::Clear);
    assert_eq!(says("one_target", moved([0, 9, 0, 0])).verdict, Verdict::Unknown, "too little");
    let unknown = says("one_target", |fs| {
        moved([90_000_000, 0, 0, 0])(fs);
        fs.targets.get_mut("OST0003").expect("there").read_bytes = None;
    });
    assert_eq!(unknown.verdict, Verdict::Unknown, "the one that is not known may have more");
}

#[test]
fn metadata_latency() {
    let change = |count, seconds: f64, open: f64, read: f64| {
        move |fs: &mut FileSystemWindow| {
            fs.mdc_wait = Some(Spent { count, seconds });
            let spent = |seconds| Spent { count: 100, seconds };
            fs.operation_times =
                [("open", open), ("read", read)].map(|(n, s)| (n.into(), spent(s))).into();
        }
    };
    limits(&says("metadata_latency", change(100, 2.0, 2.0, 0.1)), "100 calls of open took 2.000 s");
    limits(
        &says("metadata_latency", change(100, 0.6, 2.0, 0.1)),
        "a metadata request takes 6.0 ms",
    );
    assert_eq!(says("metadata_latency", change(100, 0.1, 2.0, 0.1)).verdict, Verdict::Suspect);
    assert_eq!(says("metadata_latency", change(100, 0.1, 0.1, 2.0)).verdict, Verdict::Clear);
    let unknown = says("metadata_latency", |fs| fs.mdc_wait = None);
    assert_eq!(unknown.verdict, Verdict::Unknown);
}

#[test]
fn locks() {
    let of_counts = |bl: u64, calls: u64| {
        let mut changed = idle();
        changed.operations = Some(BTreeMap::from([("write".into(), calls)]));
        let callbacks = BTreeMap::from([("ldlm_bl_callback".to_owned(), bl)]);
        let window = Window { lock_callbacks: Some(callbacks), ..window(changed) };
        of(&Report::of(&facts(window)), "lock_contention").clone()
    };
    limits(&of_counts(100, 200), "100 locks back");
    assert_eq!(of_counts(100, 1_000_000).verdict, Verdict::Suspect);
    assert_eq!(of_counts(2, 2).verdict, Verdict::Clear);
    let none = Window { lock_callbacks: None, ..window(idle()) };
    let all = Facts {
        sources: Sources { debugfs: Some("debugfs is not mounted".into()) },
        ..facts(none)
    };
    let unknown = of(&Report::of(&all), "lock_contention").clone();
    assert_eq!(
        (unknown.verdict, unknown.summary.as_str()),
        (Verdict::Unknown, "debugfs is not mounted")
    );
    assert!(unknown.remedy.contains("mount -t debugfs"), "{unknown:?}");
}

#[test]
fn the_network() {
    let of_packets = |allowance: &str, packets| {
        let all =
            BTreeMap::from([("ens5".into(), BTreeMap::from([(allowance.to_owned(), packets)]))]);
        let window = Window { allowances: Some(all), ..window(idle()) };
        of(&Report::of(&facts(window)), "network_allowance").clone()
    };
    limits(&of_packets("bw_in", 50), "50 packets of ens5 above bw_in");
    limits(&of_packets("conntrack", 70), "security group");
    let few = of_packets("pps", 49);
    assert_eq!((few.verdict, few.evidence.len()), (Verdict::Suspect, 1), "{few:?}");
    let names = of_packets("linklocal", 5000);
    assert_eq!((names.verdict, names.evidence.len()), (Verdict::Clear, 1), "{names:?}");
    assert!(names.remedy.is_empty(), "{names:?}");
    assert_eq!(of_packets("bw_in", 0).verdict, Verdict::Clear);
    let none = Window { allowances: None, ..window(idle()) };
    assert_eq!(of(&Report::of(&facts(none)), "network_allowance").verdict, Verdict::Unknown);
}

#[test]
fn efa() {
    let device = |moved_bytes| vec![EfaDevice { name: "efa_0".into(), moved_bytes }];
    let interface =
        |has_sent| Interface { is_up: Some(true), credits_max: Some(32), has_sent: Some(has_sent) };
    let of_these = |devices, efa: Option<Interface>, takes, moved| {
        let mut changed = idle();
        changed.targets.get_mut("OST0000").expect("there").read_bytes = Some(moved);
        let mut window = window(changed);
        window.interfaces.extend(efa.map(|efa| ("10.0.0.9@efa".to_owned(), efa)));
        let mut all = facts(window);
        all.efa = Observed::known(devices, "class/infiniband");
        let Some(Observed::Known { value, .. }) = all.described.get_mut("x") else {
            panic!("known")
        };
        value.efa_enabled = takes;
        of(&Report::of(&all), "efa_fallback").clone()
    };
    let sent = Some(interface(true));
    limits(
        &of_these(device(Some(9)), sent, Some(true), 50_000_000),
        "9 B over EFA, 50.0 MB by Lustre",
    );
    assert_eq!(of_these(device(Some(60_000_000)), sent, None, 50_000_000).verdict, Verdict::Clear);
    limits(&of_these(device(None), Some(interface(false)), None, 0), "never sent");
    assert_eq!(of_these(device(None), sent, None, 50_000_000).verdict, Verdict::Unknown);
    limits(&of_these(device(None), None, Some(true), 0), "no EFA interface");
    assert_eq!(of_these(device(None), None, None, 0).verdict, Verdict::Unknown);
    assert_eq!(of_these(device(None), None, Some(false), 0).verdict, Verdict::Clear);
    limits(&of_these(Vec::new(), sent, None, 0), "the node no EFA device");
    let down = Interface { is_up: Some(false), ..interface(true) };
    limits(&of_these(device(Some(9)), Some(down), None, 0), "down");
    let mut all = facts(window(idle()));
    all.efa = Observed::unknown("Permission denied", "class/infiniband");
    assert_eq!(of(&Report::of(&all), "efa_fallback").verdict, Verdict::Unknown);
}

#[test]
fn what_the_api_says() {
    // 128 MB/s: 640 MB in 5 s.
    let of_bytes = |bytes: u64| {
        says("file_system_throughput", |fs| {
            fs.targets.get_mut("OST0000").expect("there").read_bytes = Some(bytes);
        })
    };
    limits(&of_bytes(600_000_000), "128.0 MB a second is given");
    assert_eq!(of_bytes(400_000_000).verdict, Verdict::Suspect);
    assert_eq!(of_bytes(10).verdict, Verdict::Clear);
    let mut all = facts(window(idle()));
    all.minute_of_week = Some(1440 + 4 * 60 + 35);
    let on = of(&Report::of(&all), "maintenance_window").clone();
    assert_eq!(on.verdict, Verdict::Suspect);
    assert!(on.remedy.contains("wait 25 minutes"), "{on:?}");
    let mut cut = all.clone();
    let fs = cut.window.file_systems.get_mut("x").expect("there");
    fs.targets.get_mut("OST0000").expect("there").is_up = Some(false);
    assert_eq!(of(&Report::of(&cut), "maintenance_window").verdict, Verdict::Limits);
    for described in
        [BTreeMap::new(), BTreeMap::from([("x".into(), Observed::unknown("no route", "check"))])]
    {
        let all = Facts { described, ..facts(window(idle())) };
        for rule in ["file_system_throughput", "maintenance_window"] {
            let unknown = of(&Report::of(&all), rule).clone();
            assert_eq!(unknown.verdict, Verdict::Unknown);
            assert!(!unknown.remedy.is_empty());
        }
    }
}

#[test]
fn restores() {
    let asked = |fs: &mut FileSystemWindow| {
        let times = BTreeMap::from([("hsm_request".to_owned(), Spent { count: 3, seconds: 0.1 })]);
        fs.mdc_times = Some(times);
    };
    let linked = |window, totals| {
        let mut all = Facts { totals: Some(totals), ..facts(window) };
        let Some(Observed::Known { value, .. }) = all.described.get_mut("x") else {
            panic!("known")
        };
        value.data_repositories = None;
        of(&Report::of(&all), "s3_restores").clone()
    };
    let mut busy = idle();
    asked(&mut busy);
    limits(&linked(window(busy.clone()), window(busy.clone())), "3 restores");
    assert_eq!(linked(window(idle()), window(busy)).verdict, Verdict::Suspect);
    assert_eq!(linked(window(idle()), window(idle())).verdict, Verdict::Unknown, "never: no");
    assert_eq!(says("s3_restores", |_| ()).verdict, Verdict::Clear, "it is linked to no bucket");
}

#[test]
fn of_a_job_what_was_not_kept_is_unknown() {
    let io = FileSystemWindow {
        read_bytes: Some(600_000_000),
        write_bytes: Some(40_000_000),
        ..FileSystemWindow::default()
    };
    let job = Window {
        span: Span::Job,
        seconds: Some(5.0),
        file_systems: BTreeMap::from([("x".into(), io)]),
        ..Window::default()
    };
    let report = Report::of(&Facts { totals: None, ..facts(job) });
    limits(of(&report, "file_system_throughput"), "100 %");
    for rule in ["small_rpcs", "one_target", "lock_contention", "network_allowance", "grants"] {
        let finding = of(&report, rule);
        assert_eq!(finding.verdict, Verdict::Unknown, "{finding:?}");
        assert!(finding.summary.contains("did not keep"), "{finding:?}");
    }
    assert!(report.text().contains("of the job's 5 s"), "{}", report.text());
}

/// The captured look with each number replaced by a chosen one, and some lines left out.
fn changed(values: &[f64], left_out: usize) -> Snapshot {
    let lines = CAPTURED.lines().filter(|line| !line.starts_with('#')).enumerate();
    let kept = lines.filter(|(place, _)| left_out == 0 || place % left_out != 0);
    let text: Vec<String> = kept
        .map(|(place, line)| {
            let name = line.rsplit_once(' ').map_or(line, |(name, _)| name);
            format!("{name} {}", values[place % values.len()])
        })
        .collect();
    Snapshot::parse(text.join("\n").as_bytes())
}

fn any_number() -> impl Strategy<Value = f64> {
    let odd = [0.0, -1.0, 1.0, f64::NAN, f64::INFINITY, f64::MAX, 9.007_199_254_740_993e15, 1.8e19];
    prop_oneof![any::<f64>(), proptest::sample::select(odd.to_vec()), 0.0..1e9]
}

/// The window of the file system is on Tuesdays from 04:30 to 05:00.
#[test]
fn a_job_is_judged_by_the_windows_of_its_own_time() {
    let tuesday = |hour: u64, minute: u64| Some(1440 + hour * 60 + minute);
    let verdict = |end: Option<u64>, hours: Option<f64>, is_now: bool| {
        let seconds = hours.map(|hours| hours * 3600.0);
        let window = Window { span: Span::Job, seconds, ..window(idle()) };
        let all = Facts { minute_of_week: end, is_now, ..facts(window) };
        of(&Report::of(&all), "maintenance_window").clone()
    };
    for (end, hours, wanted) in [
        (tuesday(6, 0), 2.0, Verdict::Suspect),
        (tuesday(6, 0), 1.0, Verdict::Clear),
        (tuesday(4, 45), 1.0, Verdict::Suspect),
        (tuesday(4, 30), 1.0, Verdict::Suspect),
        (tuesday(4, 29), 1.0, Verdict::Clear),
        (tuesday(4, 29), 24.0 * 7.0, Verdict::Suspect),
    ] {
        let found = verdict(end, Some(hours), false);
        assert_eq!(found.verdict, wanted, "{hours} h until {end:?}: {found:?}");
        assert!(!found.remedy.contains("wait"), "{found:?}");
    }
    assert!(verdict(tuesday(4, 45), Some(1.0), true).remedy.contains("wait 15 minutes"));
    assert_eq!(verdict(tuesday(6, 0), Some(2.0), true).verdict, Verdict::Suspect);
    assert_eq!(verdict(None, Some(1.0), false).verdict, Verdict::Unknown);
    assert_eq!(verdict(tuesday(6, 0), None, false).verdict, Verdict::Unknown);
}

proptest! {
    #[test]
    fn no_number_makes_a_rule_panic(
        before in proptest::collection::vec(any_number(), 1..40),
        now in proptest::collection::vec(any_number(), 1..40),
        left_out in 0..5_usize,
        seconds in any_number(),
        minute_of_week in any::<Option<u64>>(),
        is_now in any::<bool>(),
    ) {
        let (earlier, later) = (changed(&before, left_out), changed(&now, left_out / 2));
        let window = between(Some(&earlier), &later, Some(seconds));
        let view = View::of(&window, &between(None, &earlier, None).jobs);
        prop_assert!(serde_json::to_string(&view).is_ok() && !view.text().is_empty());
        let totals = Some(between(None, &later, None));
        let all = Facts { totals, minute_of_week, is_now, ..facts(window) };
        let report = Report::of(&all);
        prop_assert!(report.findings.iter().all(|finding| finding.weight <= 100));
        prop_assert!(serde_json::to_string(&report).is_ok() && !report.text().is_empty());
    }
}
