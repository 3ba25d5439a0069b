//! Commands that several remedies name: how the client, or a kernel that has one, is come by here.

use super::{matrix, node};
use crate::compat::{Listing, NoCommand, OWN_FILE, Task, Words};
use crate::facts::{NodeFacts, Observed};

/// The series of Lustre that AWS has for new kernels, for one who builds it.
const NEWEST: &str = "2.15";

/// What the commands of this node need to know, with `as_root` before what must be root.
pub(crate) fn words<'a>(facts: &'a NodeFacts, as_root: &'a str) -> Words<'a> {
    Words {
        codename: facts.distribution.value().and_then(|found| found.codename.as_deref()),
        region: facts.region.value().map(String::as_str),
        as_root,
    }
}

/// How the client is brought here: a package manager leaves alone what is installed already.
pub(crate) fn client_task(facts: &NodeFacts) -> Task {
    let has_packages = facts.packages.value().is_some_and(|packages| !packages.is_empty());
    if has_packages { Task::Reinstall } else { Task::Install }
}

/// How that kernel is made the one that boots next; `None` where it is not known.
///
/// *Source*: grubby(8); for Ubuntu AWS's installation page.
pub(crate) fn keep_booting(distribution: &str, kernel: &str, as_root: &str) -> Option<Vec<String>> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte);
    kernel.bytes().all(is_plain).then_some(())?;
    match distribution {
        "amzn" | "rhel" | "rocky" | "centos" | "almalinux" => {
            Some(vec![format!("{as_root}grubby --set-default=/boot/vmlinuz-{kernel}")])
        }
        "ubuntu" => Some(vec![
            format!(
                "{as_root}sed -i 's/^GRUB_DEFAULT=.*/GRUB_DEFAULT=\"Advanced options for \
                 Ubuntu>Ubuntu, with Linux {kernel}\"/' /etc/default/grub"
            ),
            format!("{as_root}update-grub"),
        ]),
        _ => None,
    }
}

/// How the client is installed for another kernel of this node.
pub(super) fn install_for(facts: &NodeFacts, kernel: &str) -> String {
    let from = facts.kernel_release.from();
    let other =
        NodeFacts { kernel_release: Observed::known(kernel.to_owned(), from), ..facts.clone() };
    install(&other)
}

/// How the client is installed here, as far as AWS says so.
pub(super) fn install(facts: &NodeFacts) -> String {
    let kernel = facts.kernel_release.value().map_or("the running kernel", String::as_str);
    match command(facts, client_task(facts)) {
        Ok(command) => command,
        Err(NoCommand::KernelNotListed) => {
            format!("AWS has no client for {kernel}; {}", update(facts))
        }
        Err(because @ NoCommand::NoHost(_)) => elsewhere(&because),
        Err(because @ NoCommand::Word(_)) => format!("mend os-release, then again: {because}"),
        Err(NoCommand::NoPackage) => format!(
            "fsxlustre knows no AWS package for this node: build the Lustre {} client for {kernel} \
             from git.whamcloud.com/fs/lustre-release.git (`./configure --disable-server && make \
             debs` or `make rpms`) and install it",
            series(facts)
        ),
    }
}

/// How a kernel that AWS lists is come by.
pub(super) fn update(facts: &NodeFacts) -> String {
    match command(facts, Task::UpdateKernel) {
        Ok(command) => format!("boot a newer kernel: {command} && sudo reboot"),
        Err(because @ NoCommand::NoHost(_)) => {
            format!("boot a listed kernel; for its client: {}", elsewhere(&because))
        }
        Err(_) => "boot a listed kernel".to_owned(),
    }
}

fn elsewhere(because: &NoCommand) -> String {
    format!(
        "{because}: install by AWS's guide for that partition, or give its S3 host as a [[partition]] \
         of /{OWN_FILE}"
    )
}

/// The series of the client that belongs to this kernel.
pub(crate) fn series(facts: &NodeFacts) -> String {
    let looked_up = || Some(matrix(facts).ok()?.kernel(node(facts).ok()?));
    match looked_up() {
        Some(Listing::Listed(row)) => row.client.clone(),
        _ => NEWEST.to_owned(),
    }
}

/// What the package manager of this node is told for a task, as one line.
fn command(facts: &NodeFacts, task: Task) -> Result<String, NoCommand> {
    let known = matrix(facts).and_then(|matrix| Ok((matrix, node(facts)?)));
    let (matrix, node) = known.map_err(|_| NoCommand::NoPackage)?;
    matrix.command(task, node, words(facts, "sudo "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::Task::{Install, Reinstall};
    use crate::facts::samples::{before_first_mount, distribution, healthy};

    fn on(id: &str, version: &str, codename: Option<&str>, kernel: &str) -> NodeFacts {
        NodeFacts {
            kernel_release: Observed::known(kernel.into(), "osrelease"),
            distribution: distribution(id, version, codename, "A distribution"),
            packages: Observed::known(Vec::new(), "a package manager"),
            ..before_first_mount()
        }
    }

    fn in_region(region: &str, node: NodeFacts) -> NodeFacts {
        NodeFacts { region: Observed::known(region.into(), "[aws] region"), ..node }
    }

    #[test]
    fn a_kernel_that_aws_does_not_list_is_told_no_package() {
        for (id, version, kernel, command) in [
            (
                "ubuntu",
                "24.04",
                "6.8.0-1050-aws",
                "linux-aws lustre-client-modules-aws && sudo reboot",
            ),
            ("rhel", "9.2", "5.14.0-284.11.1.el9_2.x86_64", "sudo yum update -y 'kernel*'"),
            ("rocky", "9.3", "5.14.0-362.24.1.el9_3.x86_64", "sudo yum update -y 'kernel*'"),
        ] {
            let told = install(&on(id, version, Some("noble"), kernel));
            assert!(told.starts_with(&format!("AWS has no client for {kernel}; ")), "{told}");
            assert!(told.contains(command), "{told}");
            assert!(!told.contains("lustre-client-modules-6"), "{told}");
            assert!(!told.contains("aws-fsx.repo"), "{told}");
        }
    }

    #[test]
    fn a_partition_whose_host_nobody_names_is_told_so() {
        let ubuntu = || on("ubuntu", "24.04", Some("noble"), "6.8.0-1024-aws");
        for region in ["cn-north-1", "us-iso-east-1", "eusc-de-east-1"] {
            let told = install(&in_region(region, ubuntu()));
            assert!(!told.contains("s3.amazonaws.com"), "{told}");
            assert!(told.contains("[[partition]]"), "{told}");
        }
        for region in ["us-east-1", "us-gov-west-1"] {
            let told = install(&in_region(region, ubuntu()));
            assert!(told.contains("fsx-lustre-client-repo.s3.amazonaws.com/ubuntu"), "{told}");
        }
        // Amazon Linux has the client in its own repositories.
        let amazon = on("amzn", "2023", None, "6.1.112-122.189.amzn2023.x86_64");
        assert_eq!(install(&in_region("cn-north-1", amazon)), "sudo dnf install -y lustre-client");
    }

    #[test]
    fn packages_that_are_there_are_put_in_again() {
        assert_eq!(client_task(&healthy()), Reinstall);
        assert_eq!(client_task(&on("amzn", "2023", None, "6.1.0")), Install);
        let told = install(&healthy());
        assert!(told.ends_with("&& sudo dnf reinstall -y lustre-client"), "{told}");
    }

    #[test]
    fn who_builds_a_client_is_told_the_series_of_the_kernels_row() {
        let old = install(&on("ubuntu", "16.04", Some("xenial"), "4.4.0-1092-aws"));
        assert!(old.contains("build the Lustre 2.10 client for 4.4.0-1092-aws"), "{old}");
        let none = install(&on("debian", "12", None, "6.1.0-56-amd64"));
        assert!(none.contains("build the Lustre 2.15 client"), "{none}");
    }

    #[test]
    fn the_kernel_that_boots_next_is_chosen_by_commands() {
        let ubuntu = keep_booting("ubuntu", "6.8.0-1024-aws", "sudo ").expect("commands");
        assert!(ubuntu[0].starts_with("sudo sed -i 's/^GRUB_DEFAULT="), "{ubuntu:?}");
        assert!(ubuntu[0].contains(">Ubuntu, with Linux 6.8.0-1024-aws\"/'"), "{ubuntu:?}");
        assert_eq!(ubuntu[1], "sudo update-grub");
        assert_eq!(keep_booting("sles", "4.12.14-1-default", ""), None);
        assert_eq!(keep_booting("rhel", "5; reboot", ""), None);
    }
}
