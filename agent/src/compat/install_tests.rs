//! The commands against what AWS's installation page prints.

use super::tests::{KERNELS, matrix};
use super::{Listing, Matrix, NoCommand, Node, Task, Words};
use fsxlustre_mount::partition::Partition;

const WORDS: Words<'static> =
    Words { codename: Some("name"), region: Some("us-east-1"), as_root: "sudo " };

fn node(of: (&'static str, &'static str, &'static str, &'static str)) -> Node<'static> {
    let (distribution, release, kernel, architecture) = of;
    Node { distribution, release, kernel, architecture }
}

fn command(task: Task, of: (&'static str, &'static str, &'static str)) -> String {
    let architecture =
        if of.2.contains("aarch64") || of.2.ends_with("64k") { "aarch64" } else { "x86_64" };
    let node = node((of.0, of.1, of.2, architecture));
    matrix().command(task, node, WORDS).unwrap_or_else(|error| error.to_string())
}

/// Distribution, release, kernel; what its commands have, and what they do not.
type Case = ((&'static str, &'static str, &'static str), &'static [&'static str], &'static str);

const INSTALL: &[Case] = &[
    (
        ("amzn", "2023", "6.1.79-99.167.amzn2023.x86_64"),
        &["sudo dnf install -y lustre-client"],
        "http",
    ),
    (
        ("amzn", "2", "5.10.220-209.869.amzn2.x86_64"),
        &["sudo amazon-linux-extras install -y lustre"],
        "lustre2.10",
    ),
    (
        ("amzn", "2", "4.14.104-95.84.amzn2.x86_64"),
        &["sudo amazon-linux-extras install -y lustre2.10"],
        "install -y lustre ",
    ),
    (
        ("rhel", "10.1", "6.12.0-124.8.1.el10_1.x86_64"),
        &[
            "/el/10/fsx-lustre-client.repo",
            "s#/el/10#/el/10.1#",
            "&& sudo yum clean all && sudo yum install",
        ],
        "centos",
    ),
    // The kernel that runs decides, not the release that is installed.
    (
        ("rocky", "9.6", "5.14.0-503.40.1.el9_5.x86_64"),
        &[
            "/el/9/fsx-lustre-client.repo",
            "s#/el/9#/el/9.5#",
            "&& sudo yum clean all && sudo yum install",
        ],
        "9.6",
    ),
    (
        ("rhel", "7.7", "3.10.0-1062.1.1.el7.x86_64"),
        &[
            "/el/7/fsx-lustre-client.repo",
            "s#/el/7#/el/7.7#",
            "&& sudo yum clean all && sudo yum install",
        ],
        "whamcloud",
    ),
    (
        ("centos", "7", "3.10.0-957.27.2.el7.x86_64"),
        &["/lustre-2.10.8/el7/client/", "/kmod-lustre-client-2.10.8-1.el7.x86_64.rpm"],
        "amazonaws",
    ),
    (
        ("rhel", "7.5", "3.10.0-862.14.4.el7.x86_64"),
        &["/lustre-2.10.5/el7.5.1804/client/", "/lustre-client-2.10.5-1.el7.x86_64.rpm"],
        "amazonaws",
    ),
    (
        ("centos", "7", "4.18.0-193.28.1.el7.aarch64"),
        &["s3.amazonaws.com/centos/7/fsx-lustre-client.repo", "s#/centos/7#/centos/7.9#"],
        "/el/7",
    ),
    (
        ("centos", "7", "4.18.0-147.8.1.el7.aarch64"),
        &["s3.amazonaws.com/centos/7/fsx-lustre-client.repo", "s#/centos/7#/centos/7.8#"],
        "/el/7",
    ),
    (
        ("ubuntu", "24.04", "6.8.0-1024-aws"),
        &["/ubuntu name main", "apt-get install -y lustre-client-modules-6.8.0-1024-aws"],
        "linux-aws",
    ),
    (
        ("ubuntu", "24.04", "6.14.0-1019-aws-64k"),
        &["apt-get install -y lustre-client-modules-6.14.0-1019-aws-64k"],
        "linux-aws",
    ),
    (
        ("ubuntu", "18.04", "4.15.0-1054-aws"),
        &["/ubuntu name main", "apt-get install -y lustre-client-modules-4.15.0-1054-aws"],
        "linux-aws",
    ),
    (
        ("sles", "12.4", "4.12.14-95.3-default"),
        &["/suse/sles-12/SLES-12/fsx-lustre-client.repo", "s#SLES-12#SP4#"],
        "SP5",
    ),
    (
        ("sles", "12.5", "4.12.14-122.37-default"),
        &["/suse/sles-12/SLES-12/fsx-lustre-client.repo"],
        "sed",
    ),
];

#[test]
fn the_client_is_installed_as_aws_says() {
    for (of, has, has_not) in INSTALL {
        let told = command(Task::Install, *of);
        for words in *has {
            assert!(told.contains(words), "{of:?}: {words}: {told}");
        }
        assert!(!told.contains(has_not), "{of:?}: {has_not}: {told}");
        assert!(!told.contains(['{', '}', '\n']), "{told}");
        // What is there already is put in again after that.
        let again = command(Task::Reinstall, *of);
        assert!(again.starts_with(&told), "{again}");
        assert_eq!(again == told, told.contains("whamcloud"), "{again}");
    }
}

#[test]
fn another_kernel_comes_with_its_modules_where_ubuntu_has_them_as_packages() {
    for (of, packages) in [
        (("ubuntu", "24.04", "6.14.0-1017-aws-64k"), "linux-aws-64k lustre-client-modules-aws-64k"),
        (("ubuntu", "24.04", "6.8.0-1050-aws"), "linux-aws lustre-client-modules-aws"),
        (("ubuntu", "18.04", "4.15.0-1044-aws"), "linux-aws lustre-client-modules-aws"),
    ] {
        let told = command(Task::UpdateKernel, of);
        // The modules are in AWS's repository.
        assert!(told.contains("/ubuntu name main"), "{told}");
        assert!(told.ends_with(&format!("apt-get install -y {packages}")), "{told}");
    }
}

#[test]
fn a_word_that_is_missing_or_no_word_is_named() {
    let ubuntu = node(("ubuntu", "24.04", "6.8.0-1024-aws", "x86_64"));
    for codename in [None, Some(""), Some("x; rm -rf /")] {
        let words = Words { codename, ..WORDS };
        let told = matrix().commands(Task::Install, ubuntu, words);
        assert_eq!(told, Err(NoCommand::Word("VERSION_CODENAME")), "{codename:?}");
    }
    let debian = node(("debian", "12", "6.1.0-56-amd64", "x86_64"));
    assert_eq!(matrix().commands(Task::Install, debian, WORDS), Err(NoCommand::NoPackage));
}

/// Of all those real kernels: what is listed has commands, what is not is told none.
#[test]
fn only_listed_kernels_are_told_to_install_a_client() {
    let old = ["16.04"];
    for (of, _) in KERNELS {
        let (node, release) = (node(*of), of.1);
        let told = matrix().commands(Task::Install, node, WORDS);
        match matrix().kernel(node) {
            Listing::Listed(_) => assert_eq!(told.is_ok(), !old.contains(&release), "{of:?}"),
            Listing::Refused(_) | Listing::KernelNotListed(_) => {
                assert_eq!(told, Err(NoCommand::KernelNotListed), "{of:?}");
            }
            Listing::DistributionNotListed => assert_eq!(told, Err(NoCommand::NoPackage), "{of:?}"),
        }
    }
}

#[test]
fn each_kernel_with_an_install_command_can_be_held_and_freed() {
    for (of, _) in KERNELS {
        let has = |task| matrix().commands(task, node(*of), WORDS).is_ok();
        for task in [Task::UpdateKernel, Task::HoldKernel, Task::FreeKernel] {
            assert!(has(task) || !has(Task::Install), "{of:?}: {task:?}");
        }
    }
}

#[test]
fn hosts_are_those_of_the_partition_and_a_file_of_ones_own_may_name_more() {
    let carried = include_str!("../../data/compatibility.toml");
    let more = "[[partition]]\nnames = [\"aws-cn\"]\nhost = \"s3.cn-north-1.example\"\nsource = \"guide-2026\"\n";
    let own = Matrix::parse(&format!("{carried}\n{more}")).expect("one more partition");
    let ubuntu = node(("ubuntu", "24.04", "6.8.0-1024-aws", "x86_64"));
    let china = Words { region: Some("cn-northwest-1"), ..WORDS };
    let none = matrix().commands(Task::Install, ubuntu, china);
    assert_eq!(none, Err(NoCommand::NoHost(Partition::of_region("cn-north-1"))));
    let told = own.command(Task::Install, ubuntu, china).expect("commands");
    assert!(told.contains("https://fsx-lustre-client-repo.s3.cn-north-1.example/ubuntu"), "{told}");
    assert!(!told.contains("amazonaws.com"), "{told}");
}
