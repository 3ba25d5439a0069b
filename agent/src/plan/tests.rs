//! Which steps nodes need, and what their scripts say.

use super::*;
use crate::checks::{Selection, answers};
use crate::facts::samples::{
    around, bare_debian, before_first_mount, distribution, hardware, healthy, installed,
};
use crate::facts::{ClientPrograms, Observed};

fn planned(node: NodeFacts, place: Place) -> Plan {
    let facts = around(node);
    let local = Selection::of(&["local".into()], &[]).expect("a group");
    Plan::of(&facts.node, &answers(&facts, &local), place).expect("a plan")
}

fn script(node: NodeFacts) -> String {
    planned(node, Place::Node).script()
}

/// Without the client, on that kernel.
fn without_client(id: &str, version: &str, codename: Option<&str>, kernel: &str) -> NodeFacts {
    let none = || Observed::known(None, "modinfo");
    let absent = || Observed::known(None, "/usr/bin");
    NodeFacts {
        kernel_release: Observed::known(kernel.into(), "osrelease"),
        distribution: distribution(id, version, codename, "A distribution"),
        module_installed: none(),
        next_kernel: Observed::known(kernel.into(), "/boot"),
        next_module: none(),
        packages: Observed::known(Vec::new(), "a package manager"),
        programs: ClientPrograms { mount: absent(), lfs: absent(), lctl: absent() },
        ..before_first_mount()
    }
}

/// The lines that would be run, in their order.
fn run(script: &str) -> Vec<&str> {
    let lines = script.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.filter(|line| !line.starts_with("set ") && !line.starts_with("[ ")).collect()
}

#[test]
fn a_healthy_node_needs_nothing_and_is_offered_the_hold() {
    let script = script(healthy());
    assert_eq!(run(&script), Vec::<&str>::new(), "{script}");
    assert!(script.contains("# Nothing has to be installed."), "{script}");
    assert!(script.contains("#grep -qx 'excludepkgs=kernel\\*' /etc/dnf/dnf.conf ||"), "{script}");
}

#[test]
fn the_client_is_installed_proved_and_its_kernel_held() {
    let kernel = "6.1.112-122.189.amzn2023.x86_64";
    let script = script(without_client("amzn", "2023", None, kernel));
    let lines = run(&script);
    assert_eq!(lines[0], "dnf install -y lustre-client");
    let modinfo = format!("modinfo -k {kernel}");
    let first = format!("module=$({modinfo} -F vermagic lustre && {modinfo} -n lustre) || true");
    assert_eq!(lines[1], first, "{script}");
    assert_eq!((lines[2], lines[6]), ("case $module in", "esac"), "{script}");
    assert!(lines[7].contains("excludepkgs=kernel*"), "{script}");
    assert_eq!(lines.len(), 8, "{script}");
    // How the hold is let go stands with it.
    assert!(script.contains("sed -i '/^excludepkgs=kernel\\*$/d' /etc/dnf/dnf.conf"), "{script}");
    assert!(!script.contains("sudo"), "{script}");
}

#[test]
fn an_image_is_changed_from_outside_for_a_kernel_that_does_not_run() {
    let node = without_client("ubuntu", "24.04", Some("noble"), "6.8.0-1024-aws");
    let script = planned(node, Place::Image("/mnt/an image's".into())).script();
    assert!(script.contains("root='/mnt/an image'\\''s'"), "{script}");
    assert!(
        script.contains("chroot \"$root\" apt-get install -y lustre-client-modules-6.8.0-1024-aws"),
        "{script}"
    );
    let of_shell = ["root=", "case ", "'", "*", "esac"];
    let commands = run(&script);
    let commands =
        commands.iter().filter(|line| !of_shell.iter().any(|word| line.starts_with(word)));
    for line in commands {
        assert!(line.contains("chroot \"$root\" "), "{line}");
    }
}

#[test]
fn a_kernel_that_is_not_listed_is_changed_first() {
    let table = [
        ("rhel", "9.2", "5.14.0-284.11.1.el9_2.x86_64", "yum update -y 'kernel*'"),
        (
            "ubuntu",
            "24.04",
            "6.8.0-1050-aws",
            "apt-get install -y linux-aws lustre-client-modules-aws",
        ),
    ];
    for (id, version, kernel, line) in table {
        let script = script(without_client(id, version, Some("noble"), kernel));
        let lines = run(&script);
        assert!(lines.contains(&line), "{script}");
        assert_eq!(lines.last(), Some(&"echo 'reboot, then: fsxlustre check --plan'"), "{script}");
        assert!(!script.contains(&format!("lustre-client-modules-{kernel}")), "{script}");
    }
}

#[test]
fn a_node_without_a_package_ends_with_an_error() {
    let script = script(bare_debian());
    assert_eq!(run(&script).last(), Some(&"exit 1"), "{script}");
    assert!(script.contains("./configure --disable-server"), "{script}");
}

#[test]
fn the_kernel_of_the_next_boot_gets_its_module_or_the_running_one_stays() {
    let next = |kernel: &str| NodeFacts {
        next_kernel: Observed::known(kernel.into(), "/boot"),
        next_module: Observed::known(None, "modinfo"),
        ..healthy()
    };
    let listed = script(next("6.1.130-1.2.amzn2023.x86_64"));
    assert!(run(&listed).contains(&"dnf install -y lustre-client"), "{listed}");
    assert!(listed.contains("modinfo -k 6.1.130-1.2.amzn2023.x86_64 -n lustre"), "{listed}");
    let strange = script(next("6.6.1-1.2.amzn2023.x86_64"));
    let stay = "grubby --set-default=/boot/vmlinuz-6.1.112-122.189.amzn2023.x86_64";
    assert!(run(&strange).contains(&stay), "{strange}");
    // Without a module for the running kernel there is nothing to stay with.
    let none = NodeFacts {
        module_installed: Observed::known(None, "modinfo"),
        ..next("6.6.1-1.2.amzn2023.x86_64")
    };
    let told = script(none);
    assert!(!run(&told).iter().any(|line| line.starts_with("grubby")), "{told}");
}

/// The lines that prove it, run by sh(1) with a modinfo(8) that answers so.
fn is_proved(vermagic: &str, file: &str) -> bool {
    let kernel = "5.14.0-570.12.1.el9_6.x86_64";
    let script = script(without_client("rhel", "9.6", None, kernel));
    let from = script.find("module=$(").expect("the proof");
    let to = script.find("esac").expect("its end") + "esac\n".len();
    let answer = format!(
        "modinfo() {{ if [ \"$3\" = -n ]; then echo '{file}'; else echo '{vermagic}'; fi; }}\nset -eu\n"
    );
    let done = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("{answer}{}", &script[from..to])])
        .stderr(std::process::Stdio::null())
        .status();
    done.expect("sh").success()
}

#[test]
fn a_module_for_another_kernel_is_no_proof() {
    let (own, other) = ("5.14.0-570.12.1.el9_6.x86_64", "5.14.0-503.19.1.el9_5.x86_64");
    let extra = format!("/lib/modules/{own}/extra/lustre-client/fs/lustre.ko");
    let weak = format!("/lib/modules/{own}/weak-updates/lustre-client/fs/lustre.ko");
    assert!(is_proved(&format!("{own} SMP preempt mod_unload modversions "), &extra));
    assert!(!is_proved(&format!("{other} SMP preempt mod_unload modversions "), &extra));
    assert!(is_proved(&format!("{other} SMP preempt mod_unload modversions "), &weak));
    assert!(!is_proved(&format!("{other} SMP preempt mod_unload "), &weak));
    assert!(!is_proved(&format!("{own}0 SMP"), &extra));
    assert!(!is_proved("", ""));
}

#[test]
fn packages_that_are_there_for_another_kernel_are_put_in_again() {
    let kernel = "5.14.0-570.12.1.el9_6.x86_64";
    let module = installed("5.14.0-503.19.1.el9_5.x86_64", "extra/lustre.ko");
    let packages = healthy().packages;
    let node = NodeFacts {
        module_installed: module.clone(),
        next_module: module,
        packages,
        ..without_client("rhel", "9.6", None, kernel)
    };
    let script = script(node);
    let lines = run(&script);
    let place = |line: &str| lines.iter().position(|one| *one == line).expect(line);
    let install = place("yum install -y kmod-lustre-client lustre-client");
    let sync = place("yum distro-sync -y kmod-lustre-client lustre-client");
    let again = place("yum reinstall -y kmod-lustre-client lustre-client");
    assert!(install < sync && sync < again, "{script}");
}

#[test]
fn where_the_packages_of_a_partition_are_is_not_guessed() {
    let node = without_client("rhel", "9.6", None, "5.14.0-570.12.1.el9_6.x86_64");
    let china = NodeFacts { region: Observed::known("cn-north-1".into(), "[aws] region"), ..node };
    let script = script(china);
    assert!(script.contains("# partition: aws-cn, of cn-north-1 ([aws] region)"), "{script}");
    assert_eq!(run(&script).last(), Some(&"exit 1"), "{script}");
    assert!(!script.contains("s3.amazonaws.com"), "{script}");
    assert!(!script.contains("./configure"), "{script}");
}

#[test]
fn old_ubuntu_is_told_the_right_series_and_the_right_reason() {
    let xenial = without_client("ubuntu", "16.04", Some("xenial"), "4.4.0-1092-aws");
    let script = script(xenial);
    assert!(script.contains("build the Lustre 2.10 client"), "{script}");
    assert!(!script.contains("VERSION_CODENAME"), "{script}");
    let bionic = without_client("ubuntu", "18.04", Some("bionic"), "4.15.0-1054-aws");
    let told = self::script(bionic);
    assert!(told.contains("apt-get install -y lustre-client-modules-4.15.0-1054-aws"), "{told}");
}

#[test]
fn settings_that_aws_advises_are_offered() {
    let script = script(NodeFacts { hardware: hardware(96, 192), ..healthy() });
    assert_eq!(run(&script), Vec::<&str>::new(), "{script}");
    assert!(script.contains("#printf '%s\\n' 'options ptlrpc ptlrpcd_per_cpt_max=32'"), "{script}");
    assert!(script.contains("#lctl set_param 'osc.*OST*.max_rpcs_in_flight=32'"), "{script}");
    assert!(!script.contains("tuning_advised: "), "{script}");
}

#[test]
fn what_no_command_mends_is_told() {
    let node = NodeFacts {
        health: Observed::known("NOT HEALTHY".into(), "health_check"),
        module_installed: installed("6.1.112-122.189.amzn2023.x86_64", "a\nrm -rf /"),
        ..healthy()
    };
    let script = script(node);
    assert!(script.contains("# - FAIL client_healthy: "), "{script}");
    assert_eq!(run(&script), Vec::<&str>::new(), "{script}");
}

#[test]
fn names_from_outside_are_comments_or_nothing() {
    let mut node = without_client("amzn", "2023", None, "6.1.112-122.189.amzn2023.x86_64");
    node.distribution = distribution("amzn", "2023", None, "X\nrm -rf / #\u{1b}[2J");
    let script = script(node);
    assert!(!run(&script).iter().any(|line| line.contains("rm -rf")), "{script}");
    assert!(!script.contains('\u{1b}'), "{script}");
    // A codename that is no word is put into no command.
    let odd = without_client("ubuntu", "24.04", Some("x'; rm -rf /"), "6.8.0-1024-aws");
    let told = self::script(odd);
    assert_eq!(run(&told).last(), Some(&"exit 1"), "{told}");
    assert!(!told.contains("rm -rf"), "{told}");
}

#[test]
fn a_node_of_which_nothing_is_known_has_no_plan() {
    let node = NodeFacts { kernel_release: Observed::unknown("denied", "osrelease"), ..healthy() };
    let error = Plan::of(&node, &[], Place::Node).expect_err("no plan");
    assert!(error.failure().because.contains("denied"));
    assert!(!error.remedy().is_empty());
}
