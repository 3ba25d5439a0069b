//! Every failure of a real mount.lustre that was captured, told again by the stand-in: what
//! mount.fsxlustre makes of it stands in `tests/expected/mount_failures`, for a reader to review.
//!
//! `FSXLUSTRE_UPDATE_EXPECTED=1` writes the files anew.

use fsxlustre_tests::{Output, Sandbox};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DEVICE: &str = "10.0.0.5@tcp:/genomics";
const DIRECTORY: &str = "/mnt/fsx";
const UPDATE: &str = "FSXLUSTRE_UPDATE_EXPECTED";
/// The one failure of which mount.lustre itself said nothing, since it was not there.
const NO_HELPER: &str = "no_helper";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn captures() -> PathBuf {
    folder("fixtures/lustre-2.15.8/mount_failures")
}

fn expected() -> PathBuf {
    folder("expected/mount_failures")
}

/// The names, without their ending, of the files that have it.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    files
        .filter_map(|name| name.to_str().unwrap().strip_suffix(ending).map(str::to_owned))
        .collect()
}

/// What the real client said: the first line, for that of the usage would fill pages, the exit
/// status, and the kernel's lines.
fn captured(name: &str) -> String {
    let read = |ending: &str| fs::read_to_string(captures().join(format!("{name}{ending}")));
    let (said, ended) = (read(".err").unwrap(), read(".out").unwrap());
    let (said, ended) = (said.lines().next().unwrap(), ended.trim().strip_prefix("rc=").unwrap());
    // Most failures left nothing in the kernel's log, and then there is no file.
    let logged = read(".dmesg").unwrap_or_default();
    let logged: String = logged.lines().map(|line| format!("  kernel: {line}\n")).collect();
    format!("real client, exit {ended}: {said}\n{logged}")
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox
}

fn mount(sandbox: &Sandbox) -> Output {
    sandbox.run(["mount.fsxlustre", DEVICE, DIRECTORY, "-o", "retry=0"])
}

fn assert_nothing_left(sandbox: &Sandbox, name: &str) {
    assert!(!sandbox.read_file("/proc/self/mountinfo").contains(DIRECTORY), "{name}");
    let records = sandbox.run(["find", "/run/fsxlustre", "-name", "*.json", "-path", "*/mounts/*"]);
    assert_eq!(records.stdout, "", "{name}");
}

/// Compares a whole answer with its file, or writes the file. The difference, if there is one.
fn differs(name: &str, said_before: &str, output: &Output) -> Option<String> {
    let code = output.code().unwrap();
    let ours = format!("{said_before}ours, exit {code}:\n{}", output.stderr);
    let path = expected().join(format!("{name}.txt"));
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &ours).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    (ours != wanted).then(|| format!("{name}: expected\n{wanted}but it was\n{ours}"))
}

#[test]
fn every_captured_failure_is_told_as_a_reader_has_approved() {
    let sandbox = sandbox();
    let mut differences = Vec::new();
    for name in names(&captures(), ".out") {
        sandbox.client_fault(&format!("replay:{name}"), true);
        let output = mount(&sandbox);
        sandbox.client_fault(&format!("replay:{name}"), false);
        assert_eq!(output.stdout, "", "{name}");
        assert_nothing_left(&sandbox, &name);
        differences.extend(differs(&name, &captured(&name), &output));
    }
    let calls = sandbox.client_calls().len();
    assert_eq!(calls, names(&captures(), ".out").len(), "retry=0 is one attempt");
    assert!(differences.is_empty(), "{}\n{UPDATE}=1 accepts it", differences.join("\n"));
}

#[test]
fn no_mount_lustre_is_told_as_a_reader_has_approved() {
    let sandbox = sandbox();
    sandbox.remove("/run/standin/usr/sbin/mount.lustre");
    let real = "real client, exit 32: mount: /fsx: wrong fs type, bad option, bad superblock …\n";
    let difference = differs(NO_HELPER, real, &mount(&sandbox));
    assert_nothing_left(&sandbox, NO_HELPER);
    assert!(difference.is_none(), "{}{UPDATE}=1 accepts it", difference.unwrap_or_default());
}

#[test]
fn there_is_an_expected_file_for_each_and_none_besides() {
    let mut wanted = names(&captures(), ".out");
    wanted.insert(NO_HELPER.to_owned());
    assert_eq!(names(&expected(), ".txt"), wanted);
}

/// Where the module is not loaded yet it is our own modprobe that LNet fails in, and the kernel does
/// not say the same twice within a moment.
#[test]
fn what_the_kernel_says_while_the_module_is_loaded_counts() {
    let sandbox = sandbox();
    sandbox.client_fault("modules-missing", true);
    let line = "[ 1381.9] LNetError: 4347:0:(socklnd.c:2518:ksocknal_startup()) ksocklnd: failed to \
                find interface eth9";
    let modprobe = format!("#!/bin/sh\necho '{line}' >>/run/standin/state/kmsg\nexit 1\n");
    sandbox.remove("/run/standin/usr/sbin/modprobe");
    sandbox.write_program("/run/standin/usr/sbin/modprobe", &modprobe);
    let output = mount(&sandbox);
    assert_eq!(output.code(), Some(32), "{output}");
    assert!(output.stderr.contains("FSXL-K103") && output.stderr.contains("eth9"), "{output}");
}
