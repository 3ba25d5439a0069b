//! `FsxLustre-InstallClient` and the reload of `FsxLustre-Tune`: steps, their proof, and the one reboot.

use fsxlustre_tests::ssm::{Agent, Document, Invocation};
use fsxlustre_tests::{FileSystem, Running, Sandbox, Setup};

const LISTED: &str = "6.1.112-122.189.amzn2023.x86_64";
/// Of a series that AWS lists no client for.
const NOT_LISTED: &str = "6.9.1-1.amzn2023.x86_64";
const KERNEL: &str = "/run/standin/proc/sys/kernel/osrelease";
/// What was called of the package manager's.
const CALLS: &str = "/mnt/calls";

/// An Amazon Linux without a Lustre client, whose package manager brings one and writes down its calls.
fn node(kernel: &str) -> (Sandbox, Running) {
    let node =
        Setup::standard().aws_of("127.0.0.1:1").start().unwrap_or_else(|error| panic!("{error}"));
    node.serve_file_system(&FileSystem::of_device("abcdefgh", "10.0.0.5"), 4);
    let servers = node.answering_servers();
    let release = "ID=amzn\nVERSION_ID=\"2023\"\nPRETTY_NAME=\"Amazon Linux 2023\"\n";
    node.write_file("/etc/os-release", release);
    boot_kernel(&node, kernel);
    node.client_fault("modules-missing", true);
    for name in ["dnf", "grubby", "rpm"] {
        let brings = "case \"$0 $*\" in *'dnf install'*lustre*) rm -f /run/standin/state/faults/modules-missing ;; esac";
        let script = format!("#!/bin/sh\necho \"{name} $*\" >>{CALLS}\n{brings}\n");
        node.write_program(&format!("/usr/bin/{name}"), &script);
    }
    // What is installed has a module for the kernel that runs.
    let answer = format!(
        "[ ! -e /run/standin/state/faults/modules-missing ] || exit 1\n\
         case $* in *vermagic*) echo \"$(cat {KERNEL}) SMP\" ;; *) echo /lib/modules/lustre.ko ;; esac"
    );
    node.write_program("/usr/local/sbin/modinfo", &format!("#!/bin/sh\n{answer}\n"));
    (node, servers)
}

fn boot_kernel(node: &Sandbox, kernel: &str) {
    node.write_file(KERNEL, &format!("{kernel}\n"));
}

/// Another boot, as far as anybody can tell.
fn reboot(node: &Sandbox) {
    node.write_file("/mnt/boot_id", "0c7b1f0e-0000-4000-8000-000000000001\n");
    node.run(["mount", "--bind", "/mnt/boot_id", "/proc/sys/kernel/random/boot_id"])
        .assert_success();
}

fn install(agent: &Agent<'_>, given: &[(&str, &str)]) -> Invocation {
    agent.run(&Document::packaged("FsxLustre-InstallClient"), given)
}

#[test]
fn the_plan_is_carried_out_step_by_step_and_proved() {
    let (node, _servers) = node(LISTED);
    let agent = Agent::of(&node);
    let planned = install(&agent, &[("PlanOnly", "true"), ("Detail", "true")]);
    assert_eq!(planned.verdict(), "PASS install-client: steps are to be done", "{planned:?}");
    let calls = node.run(["cat", CALLS]);
    assert!(!calls.stdout.contains("dnf install"), "planning has installed: {calls}");
    let told = install(&agent, &[]);
    assert_eq!((told.code, told.verdict()), (0, "PASS install-client: installed"), "{told:?}");
    let json = told.json();
    assert_eq!(json["items"][0]["ending"], "exit 0", "{json}");
    let log = json["items"][0]["output"].as_str().expect("where its output is");
    let about = node.run(["stat", "-c", "%a %u", log]).assert_success();
    assert_eq!(about.stdout.trim(), "600 0");
    let script =
        node.run(["stat", "-c", "%a %u", &log.replace(".log.json", ".sh")]).assert_success();
    assert_eq!(script.stdout.trim(), "700 0");
    assert!(node.read_file(CALLS).contains("dnf install -y lustre-client"));
    let again = install(&agent, &[]);
    assert_eq!((again.code, again.reboots), (0, 0), "{again:?}");
}

#[test]
fn a_step_that_fails_is_named_and_nothing_follows_it() {
    let (node, _servers) = node(LISTED);
    node.write_program(
        "/usr/bin/dnf",
        "#!/bin/sh\necho 'No match for argument: $(id)' >&2\nexit 1\n",
    );
    let told = install(&Agent::of(&node), &[]);
    assert_eq!((told.code, told.verdict()), (1, "FAIL install-client: a step failed"), "{told:?}");
    let items = told.json()["items"].clone();
    assert_eq!(items.as_array().map(Vec::len), Some(1), "{items}");
    assert!(items[0]["said"].as_str().is_some_and(|text| text.contains("No match")), "{items}");
}

#[test]
fn a_reboot_is_asked_for_when_it_is_allowed_and_the_work_goes_on_after_it() {
    let (node, _servers) = node(NOT_LISTED);
    let refused = install(&Agent::of(&node), &[]);
    assert_eq!(refused.code, 75, "{refused:?}");
    assert_eq!(refused.verdict(), "WARN install-client: done, and a reboot is needed");
    let agent = Agent::of(&node).on_reboot(|node| {
        reboot(node);
        boot_kernel(node, LISTED);
    });
    let told = install(&agent, &[("Reboot", "true")]);
    assert_eq!((told.code, told.reboots), (0, 1), "{told:?}");
    assert_eq!(told.verdict(), "PASS install-client: installed");
}

#[test]
fn there_is_no_second_reboot() {
    let (node, _servers) = node(NOT_LISTED);
    let told = install(&Agent::of(&node).on_reboot(reboot), &[("Reboot", "true")]);
    assert_eq!((told.code, told.reboots), (1, 1), "{told:?}");
    assert!(told.verdict().contains("a reboot did not mend it"), "{told:?}");
}

#[test]
fn a_reboot_that_does_not_come_is_not_asked_for_again() {
    let (node, _servers) = node(NOT_LISTED);
    let told = install(&Agent::of(&node).on_reboot(|_| ()), &[("Reboot", "true")]);
    assert_eq!((told.code, told.reboots), (1, 1), "{told:?}");
    assert!(told.verdict().contains("did not happen"), "{told:?}");
}

#[test]
fn a_node_that_is_used_by_then_is_not_rebooted() {
    let (node, _servers) = node(NOT_LISTED);
    // A job's step begins while the kernel is installed.
    node.run(["cp", "/usr/bin/sleep", "/mnt/slurmstepd"]).assert_success();
    let step = "exec -a 'slurmstepd: [17.batch]' /mnt/slurmstepd 60";
    let brings = format!("#!/bin/bash\n({step}) </dev/null >/dev/null 2>&1 &\nexit 0\n");
    node.write_program("/usr/bin/dnf", &brings);
    let told = install(&Agent::of(&node).on_reboot(reboot), &[("Reboot", "true")]);
    assert_eq!((told.code, told.reboots), (71, 0), "{told:?}");
    assert_eq!(
        told.verdict(),
        "BUSY install-client: in use: live Slurm steps; nothing was done",
        "{told:?}"
    );
    assert_eq!(told.json()["in_use"]["slurm_jobs"][0], "17");
    // The step has ended: what was done is not done again, and the reboot comes.
    node.run(["pkill", "slurmstepd"]).assert_success();
    node.remove(CALLS);
    let told = install(&Agent::of(&node).on_reboot(reboot), &[("Reboot", "true")]);
    assert_eq!(told.reboots, 1, "{told:?}");
}

#[test]
fn modules_are_loaded_anew_for_their_parameters() {
    let (node, _servers) = self::node(LISTED);
    node.client_fault("modules-missing", false);
    let rmmod = format!("#!/bin/sh\necho lustre_rmmod >>{CALLS}\n");
    node.write_program("/run/standin/usr/sbin/lustre_rmmod", &rmmod);
    let given = [("Action", "apply"), ("Profile", "aws-documented"), ("Reload", "true")];
    let document = Document::packaged("FsxLustre-Tune");
    let told = Agent::of(&node).run(&document, &given);
    assert!(matches!(told.code, 0 | 3), "{told:?}");
    assert_eq!(told.json()["reloaded"], true, "{told:?}");
    assert!(node.read_file(CALLS).contains("lustre_rmmod"));
    // In use by something that nobody sees: what is left is a reboot.
    node.write_program(
        "/run/standin/usr/sbin/lustre_rmmod",
        "#!/bin/sh\necho 'Module is in use' >&2\nexit 1\n",
    );
    let told = Agent::of(&node).run(&document, &given);
    assert_eq!(told.code, 75, "{told:?}");
    assert!(
        told.json()["because"].as_str().is_some_and(|text| text.contains("in use")),
        "{told:?}"
    );
}
