//! Which steps a node needs, in the order in which they are done.

use super::{Place, Planned, Step};
use crate::checks::Verdict;
use crate::compat::{Listing, Node, Task};
use crate::facts::InstalledModule;

/// Checks whose findings the steps speak of.
type Covered = Vec<&'static str>;

/// What says that the client is missing or broken.
const CLIENT: [&str; 3] = ["client_packages", "client_programs", "module_loadable"];

/// All steps, and the checks that they cover.
pub(super) fn all(planned: &Planned<'_>, place: &Place) -> (Vec<Step>, Covered) {
    let mut covered: Covered = Vec::new();
    let mut steps = Vec::new();
    if needs_client(planned) {
        covered.extend(CLIENT);
        // The rest of them follows from that.
        covered.extend(["kernel_supported", "next_kernel", "lnet_up", "client_healthy"]);
        match planned.matrix.kernel(planned.node) {
            Listing::Listed(_) => {
                let Some(lines) = commands(planned, Task::Install, planned.node) else {
                    let because = "os-release has no VERSION_CODENAME that the commands need";
                    return (vec![by_hand(planned, because)], covered);
                };
                steps.extend(client(planned, lines));
            }
            Listing::Refused(_) | Listing::KernelNotListed(_) => {
                steps.push(other_kernel(planned));
                return (steps, covered);
            }
            Listing::DistributionNotListed => {
                steps.push(by_hand(planned, NO_PACKAGE));
                return (steps, covered);
            }
        }
    }
    if let Some(step) = next_kernel(planned, place) {
        covered.push("next_kernel");
        steps.push(step);
    }
    steps.extend(hold(planned, !steps.is_empty()));
    if let Some(step) = settings(planned) {
        covered.push("tuning_advised");
        steps.push(step);
    }
    (steps, covered)
}

fn needs_client(planned: &Planned<'_>) -> bool {
    CLIENT.iter().any(|check| planned.has(check, Verdict::Fail))
        || planned.has("module_loadable", Verdict::Warn)
}

fn commands(planned: &Planned<'_>, task: Task, node: Node<'_>) -> Option<Vec<String>> {
    let codename = planned.facts.distribution.value().and_then(|found| found.codename.as_deref());
    planned.matrix.commands(task, node, codename, planned.as_root)
}

/// Fails where the module of that kernel is not there after all.
fn proof(planned: &Planned<'_>, kernel: &str) -> String {
    format!(
        "{}modinfo -k {kernel} lustre >/dev/null || {{ echo 'there is no Lustre module for {kernel}' >&2; exit 1; }}",
        planned.as_root
    )
}

fn client(planned: &Planned<'_>, lines: Vec<String>) -> Vec<Step> {
    let see = Step {
        title: "See that the module of this kernel is there".into(),
        reasons: Vec::new(),
        lines: vec![proof(planned, planned.node.kernel)],
        is_offered: false,
    };
    let install = Step {
        title: "Install AWS's Lustre client".into(),
        reasons: planned.reasons(&CLIENT),
        lines,
        is_offered: false,
    };
    vec![install, see]
}

fn other_kernel(planned: &Planned<'_>) -> Step {
    let mut reasons = planned.reasons(&["kernel_supported"]);
    reasons.extend(planned.reasons(&CLIENT));
    let lines = commands(planned, Task::UpdateKernel, planned.node);
    let after = "echo 'reboot, then: fsxlustre check --plan'".to_owned();
    match lines {
        Some(mut lines) => {
            reasons.push("the client is planned once a listed kernel runs".into());
            lines.push(after);
            let title = "Boot a kernel that AWS lists".into();
            Step { title, reasons, lines, is_offered: false }
        }
        None => by_hand(planned, NO_PACKAGE),
    }
}

const NO_PACKAGE: &str = "AWS has no package for it";

/// No package can be installed: the script says so and ends.
fn by_hand(planned: &Planned<'_>, because: &str) -> Step {
    let mut reasons = planned.reasons(&["kernel_supported"]);
    reasons.extend(planned.reasons(&CLIENT));
    reasons.extend([
        format!("{because}: build the Lustre 2.15 client for this kernel yourself"),
        "git clone git://git.whamcloud.com/fs/lustre-release.git, a tag of 2.15".to_owned(),
        "./configure --disable-server && make debs, or make rpms, and install what comes"
            .to_owned(),
    ]);
    Step {
        title: "Install a Lustre client of your own".into(),
        reasons,
        lines: vec![
            "echo 'fsxlustre knows no package of the Lustre client for this node' >&2".into(),
            "exit 1".into(),
        ],
        is_offered: false,
    }
}

/// A module for the kernel of the next boot, or that boot with the running kernel.
fn next_kernel(planned: &Planned<'_>, place: &Place) -> Option<Step> {
    planned.has("next_kernel", Verdict::Warn).then_some(())?;
    let next = planned.facts.next_kernel.value()?;
    if next == planned.node.kernel {
        return None;
    }
    let reasons = planned.reasons(&["next_kernel"]);
    let node = Node { kernel: next, ..planned.node };
    let is_listed = matches!(planned.matrix.kernel(node), Listing::Listed(_));
    if is_listed && let Some(mut lines) = commands(planned, Task::Install, node) {
        lines.push(proof(planned, next));
        let title = "Install the module for the kernel of the next boot".into();
        return Some(Step { title, reasons, lines, is_offered: false });
    }
    let is_here = *place == Place::Node && has_module(planned.facts.module_installed.value());
    let lines = stay(planned).filter(|_| is_here)?;
    let title = "Boot the running kernel again, for which there is a module".into();
    Some(Step { title, reasons, lines, is_offered: false })
}

fn has_module(module: Option<&Option<InstalledModule>>) -> bool {
    matches!(module, Some(Some(_)))
}

/// How the running kernel is made the one that boots next.
fn stay(planned: &Planned<'_>) -> Option<Vec<String>> {
    let Node { kernel, distribution, .. } = planned.node;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte);
    kernel.bytes().all(is_plain).then_some(())?;
    Some(match distribution {
        "amzn" | "rhel" | "rocky" | "centos" | "almalinux" => {
            vec![format!("grubby --set-default=/boot/vmlinuz-{kernel}")]
        }
        "ubuntu" => vec![
            format!(
                "sed -i 's/^GRUB_DEFAULT=.*/GRUB_DEFAULT=\"Advanced options for Ubuntu>Ubuntu, with Linux {kernel}\"/' /etc/default/grub"
            ),
            "update-grub".to_owned(),
        ],
        _ => return None,
    })
}

/// What AWS advises for a node of this size; offered, since a mounted client is changed by it.
fn settings(planned: &Planned<'_>) -> Option<Step> {
    planned.has("tuning_advised", Verdict::Warn).then_some(())?;
    let (modules, client) = crate::checks::advised_settings(planned.facts);
    let mut reasons = planned.reasons(&["tuning_advised"]);
    let mut lines = Vec::new();
    if !modules.is_empty() {
        let quoted: Vec<String> = modules.iter().map(|line| format!("'{line}'")).collect();
        let file = "/etc/modprobe.d/fsx-lustre.conf";
        lines.push(format!("printf '%s\\n' {} | tee {file}", quoted.join(" ")));
        reasons.push("the modules take theirs when they load: after a reboot".into());
    }
    if !client.is_empty() {
        let quoted: Vec<String> = client.iter().map(|word| format!("'{word}'")).collect();
        lines.push(format!("lctl set_param {}", quoted.join(" ")));
        reasons.push("lctl sets what is mounted now; nothing keeps it over a mount".into());
    }
    let title = "Set what AWS advises for a node of this size".into();
    (!lines.is_empty()).then_some(Step { title, reasons, lines, is_offered: true })
}

/// The hold of the kernel, with how it is let go; offered where nothing else is to be done.
fn hold(planned: &Planned<'_>, is_needed: bool) -> Option<Step> {
    let lines = commands(planned, Task::HoldKernel, planned.node)?;
    let free = commands(planned, Task::FreeKernel, planned.node).unwrap_or_default();
    let mut reasons = vec![
        "an update of the kernel would boot one without a Lustre module".to_owned(),
        "a hold also keeps security updates of the kernel away: let it go for each planned update,"
            .to_owned(),
        "and see `fsxlustre check --gate reboot` before the reboot. It is let go by:".to_owned(),
    ];
    reasons.extend(free.into_iter().map(|line| format!("    {line}")));
    let title = "Keep the package manager from bringing another kernel".into();
    Some(Step { title, reasons, lines, is_offered: !is_needed })
}
