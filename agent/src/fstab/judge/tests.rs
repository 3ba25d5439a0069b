//! A table of lines with what must be said of each.

use super::*;
use crate::fstab::migrate::{Target, migrate};
use fsxlustre_mount::fstab::entries;
use fsxlustre_mount::host::Paths;
use std::time::Duration;

/// A node whose systemd has these units.
fn node(units: &[&str]) -> (tempfile::TempDir, Host) {
    let folder = tempfile::tempdir().expect("folder");
    let there = folder.path().join("usr/lib/systemd/system");
    std::fs::create_dir_all(&there).expect("folder");
    for unit in units {
        std::fs::write(there.join(unit), "").expect("unit");
    }
    let paths = Paths { rootfs: folder.path().into(), ..Paths::default() };
    (folder, Host { paths, ..Host::default() })
}

fn judged(text: &str, defaults: &MountDefaults) -> Vec<Judged> {
    let (_folder, host) = node(&["network.service"]);
    judge(&entries(text), &Surroundings::of(&host, defaults))
}

/// Compares `verdict check` of each finding, and the line to write.
#[track_caller]
fn assert_said(text: &str, findings: &[&str], write: Option<&str>) {
    let mut judged = judged(text, &MountDefaults::default());
    let one = judged.remove(0);
    let of = |finding: &Finding| format!("{} {}", finding.verdict.word(), finding.check);
    assert_eq!(one.findings.iter().map(of).collect::<Vec<_>>(), findings, "{text}");
    assert_eq!(one.write.as_deref(), write, "{text}");
}

#[test]
fn lines_of_our_type() {
    for (text, findings, write) in [
        ("tag:a:b /x fsxlustre _netdev,nofail 0 0", vec![], None),
        ("a@tcp:/b /x fsxlustre _netdev,noauto", vec![], None),
        (
            "tag:a:b /x fsxlustre",
            vec!["FAIL netdev", "WARN boot"],
            Some("tag:a:b /x fsxlustre _netdev,nofail"),
        ),
        (
            "tag:a:b /x fsxlustre defaults,x-systemd.automount",
            vec!["FAIL netdev"],
            Some("tag:a:b /x fsxlustre _netdev,x-systemd.automount"),
        ),
        (
            "Project=a /x fsxlustre _netdev,nofail",
            vec!["FAIL source"],
            Some("tag:Project:a /x fsxlustre _netdev,nofail"),
        ),
        ("LABEL=a /x fsxlustre _netdev,nofail", vec!["FAIL source"], None),
        ("tag:a:b x fsxlustre _netdev,nofail", vec!["FAIL directory"], None),
        ("tag:a:b /x/../y fsxlustre _netdev,nofail", vec!["FAIL directory"], None),
        ("tag:a:b / fsxlustre _netdev,nofail", vec!["FAIL directory"], None),
        ("tag:a:b /x fsxlustre _netdev,nofail,flock,localflock", vec!["FAIL options"], None),
        ("tag:a:b /x fsxlustre _netdev,nofail,timeout=x", vec!["FAIL options"], None),
        ("fs-01234567:/a /x fsxlustre _netdev,nofail,subdir=/b", vec!["FAIL options"], None),
        (
            "tag:a:b /x fsxlustre _netdev,nofail,flok,noatim,zzzzzzzzzz",
            vec!["FAIL options"; 3],
            Some("tag:a:b /x fsxlustre _netdev,nofail,flock,noatime"),
        ),
        (
            "tag:a:b /x fsxlustre _netdev,nofail,remount",
            vec!["FAIL options"],
            Some("tag:a:b /x fsxlustre _netdev,nofail"),
        ),
        ("tag:a:b /x fsxlustre _netdev,nofail,users", vec!["WARN options"], None),
        ("tag:a:b /x fsxlustre _netdev,nofail,noatime,relatime", vec!["WARN options"], None),
    ] {
        assert_said(text, &findings, write);
    }
}

#[test]
fn what_systemd_makes_of_lines_of_our_type() {
    for (text, findings, write) in [
        (
            "tag:a:b /x fsxlustre _netdev,nofail,timeout=100,x-systemd.mount-timeout=1min",
            vec!["WARN timeout"],
            Some("tag:a:b /x fsxlustre _netdev,nofail,timeout=100,x-systemd.mount-timeout=110"),
        ),
        ("tag:a:b /x fsxlustre _netdev,nofail,wait=900,x-systemd.mount-timeout=0", vec![], None),
        ("tag:a:b /x fsxlustre _netdev,nofail,x-systemd.idle-timeout=60", vec!["NOTE boot"], None),
        (
            "tag:a:b /x fsxlustre _netdev,nofail,x-systemd.before=local-fs.target",
            vec!["FAIL order"],
            Some("tag:a:b /x fsxlustre _netdev,nofail"),
        ),
        ("tag:a:b /x fsxlustre _netdev,nofail,x-systemd.after=network", vec!["WARN order"], None),
        ("tag:a:b /x fsxlustre _netdev,nofail,x-systemd.requires=network.service", vec![], None),
        (
            "tag:a:b /x fsxlustre _netdev,nofail,x-systemd.requires=none.service",
            vec!["FAIL order"],
            Some("tag:a:b /x fsxlustre _netdev,nofail"),
        ),
    ] {
        assert_said(text, &findings, write);
    }
}

#[test]
fn lines_of_lustres_type() {
    for (text, findings, write) in [
        ("a@tcp:/b /x lustre noatime,flock,_netdev,x-systemd.automount 0 0", vec![], None),
        (
            "a@tcp:/b /x lustre flock,_netdev,nofail",
            vec!["FAIL options"],
            Some("a@tcp:/b /x fsxlustre flock,_netdev,nofail"),
        ),
        (
            "tag:a:b /x lustre noauto",
            vec!["FAIL source"],
            Some("tag:a:b /x fsxlustre noauto,_netdev"),
        ),
        (
            "a@tcp:/b /x lustre noauto,timeout=5",
            vec!["FAIL options"],
            Some("a@tcp:/b /x fsxlustre noauto,timeout=5,_netdev"),
        ),
        (
            "a@tcp:/b /x lustre noauto,syncfoo",
            vec!["FAIL options"],
            Some("a@tcp:/b /x lustre noauto"),
        ),
        ("a@tcp:/b /x lustre noauto,retry=5", vec!["WARN options"], None),
        ("a@tcp:/b /x lustre flock", vec!["WARN boot"], None),
        ("nonsense /x lustre noauto", vec!["FAIL source"], None),
    ] {
        assert_said(text, &findings, write);
    }
}

#[test]
fn other_types_are_left_alone_unless_they_collide() {
    let text = "UUID=1 / ext4 defaults 0 1\nnone none swap sw\nnone none swap sw\n\
                tag:a:b /x fsxlustre _netdev,nofail\nhost:/x /x/ nfs defaults\n";
    let judged = judged(text, &MountDefaults::default());
    let lines: Vec<_> = judged.iter().map(|one| (one.line, one.findings.len())).collect();
    assert_eq!(lines, [(4, 0), (5, 1)]);
}

#[test]
fn the_configurations_timeout_counts() {
    let defaults = MountDefaults { timeout: Some(300), ..MountDefaults::default() };
    let judged = judged("tag:a:b /x fsxlustre _netdev,nofail", &defaults);
    assert_eq!(judged[0].findings[0].check, "timeout");
    assert!(judged[0].write.as_ref().expect("a line").ends_with("x-systemd.mount-timeout=310"));
    assert_eq!(timeout_word(Duration::from_secs(80), Span::Endless), None);
}

#[test]
fn no_text_makes_it_panic() {
    let text = "tag:a\\040:b\t/x\\ fsxlustre _netdev,\"a,b,x-systemd.after= 0 0\r\n\
                a@tcp:/b /é lustre x=,,nofail,x-systemd.=y # z";
    for place in 0..text.len() {
        for byte in *b" \t\n\\,=\"#\0" {
            let mut mangled = text.as_bytes().to_vec();
            mangled[place] = byte;
            let mangled = String::from_utf8_lossy(&mangled);
            judged(&mangled, &MountDefaults::default());
            for target in [Target::Lustre, Target::Fsxlustre] {
                let lines = migrate(&mangled, target, &|_| None).text.split('\n').count();
                assert_eq!(lines, mangled.split('\n').count());
            }
        }
    }
}
