//! Which steps a node needs, in the order in which they are done.

use super::{Place, Planned, Step};
use crate::checks::{Verdict, client_task, keep_booting, series, words};
use crate::compat::{NoCommand, Node, OWN_FILE, Task};
use crate::facts::InstalledModule;

/// Checks whose findings the steps speak of.
type Covered = Vec<&'static str>;

/// The title of the step after which another kernel has to be booted.
pub(super) const OTHER_KERNEL: &str = "Boot a kernel that AWS lists";

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
        match commands(planned, client_task(planned.facts), planned.node) {
            Ok(lines) => steps.extend(client(planned, lines)),
            Err(NoCommand::KernelNotListed) => {
                steps.push(other_kernel(planned));
                return (steps, covered);
            }
            Err(because) => {
                steps.push(by_hand(planned, &because));
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

fn commands(planned: &Planned<'_>, task: Task, node: Node<'_>) -> Result<Vec<String>, NoCommand> {
    planned.matrix.commands(task, node, words(planned.facts, planned.as_root))
}

/// Fails where the module that modprobe(8) would load for that kernel is not there after all, or was
/// built for another one and not linked to this one by weak-modules(8).
fn proof(planned: &Planned<'_>, kernel: &str) -> Vec<String> {
    let modinfo = format!("{}modinfo -k {kernel}", planned.as_root);
    vec![
        format!("module=$({modinfo} -F vermagic lustre && {modinfo} -n lustre) || true"),
        "case $module in".to_owned(),
        format!("'{kernel} '*) ;;"),
        "*' modversions'*/weak-updates/*) ;;".to_owned(),
        format!(
            "*) echo \"there is no Lustre module for {kernel}: ${{module:-none}}\" >&2; exit 1 ;;"
        ),
        "esac".to_owned(),
    ]
}

fn client(planned: &Planned<'_>, lines: Vec<String>) -> Vec<Step> {
    let see = Step {
        title: "See that the module of this kernel is there".into(),
        reasons: Vec::new(),
        lines: proof(planned, planned.node.kernel),
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
    let after = "echo 'reboot, then: fsxlustre check --plan'".to_owned();
    match commands(planned, Task::UpdateKernel, planned.node) {
        Ok(mut lines) => {
            reasons.push("the client is planned once a listed kernel runs".into());
            lines.push(after);
            let title = OTHER_KERNEL.into();
            Step { title, reasons, lines, is_offered: false }
        }
        Err(because) => by_hand(planned, &because),
    }
}

/// Nothing can be installed by this script: it says so and ends.
fn by_hand(planned: &Planned<'_>, because: &NoCommand) -> Step {
    let mut reasons = planned.reasons(&["kernel_supported"]);
    reasons.extend(planned.reasons(&CLIENT));
    let series = series(planned.facts);
    let (title, told) = match because {
        NoCommand::NoPackage | NoCommand::KernelNotListed => {
            reasons.extend([
                format!("{because}: build the Lustre {series} client for this kernel yourself"),
                format!(
                    "git clone git://git.whamcloud.com/fs/lustre-release.git, a tag of {series}"
                ),
                "./configure --disable-server && make debs, or make rpms, and install what comes"
                    .to_owned(),
            ]);
            (
                "Install a Lustre client of your own",
                "knows no package of the Lustre client for this node",
            )
        }
        NoCommand::NoHost(_) => {
            reasons.push(format!(
                "{because}: install by AWS's guide for that partition, or give its S3 host as a \
                 [[partition]] of /{OWN_FILE}"
            ));
            (
                "Install AWS's Lustre client",
                "does not know where AWS has packages for this partition",
            )
        }
        NoCommand::Word(_) => {
            reasons.push(format!("{because}: mend it, then ask for the plan again"));
            ("Install AWS's Lustre client", "does not know enough of this distribution")
        }
    };
    let lines = vec![format!("echo 'fsxlustre {told}' >&2"), "exit 1".to_owned()];
    Step { title: title.to_owned(), reasons, lines, is_offered: false }
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
    if let Ok(mut lines) = commands(planned, client_task(planned.facts), node) {
        lines.extend(proof(planned, next));
        let title = "Install the module for the kernel of the next boot".into();
        return Some(Step { title, reasons, lines, is_offered: false });
    }
    let is_here = *place == Place::Node && has_module(planned.facts.module_installed.value());
    let Node { kernel, distribution, .. } = planned.node;
    let lines = keep_booting(distribution, kernel, "").filter(|_| is_here)?;
    let title = "Boot the running kernel again, for which there is a module".into();
    Some(Step { title, reasons, lines, is_offered: false })
}

fn has_module(module: Option<&Option<InstalledModule>>) -> bool {
    matches!(module, Some(Some(_)))
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
        reasons.push(
            "lctl sets what is mounted now; nothing keeps it over a mount but fsxlustre:".into(),
        );
        reasons.push("    `[tune] profile = \"aws-documented\"`, or -o tune=aws-documented".into());
    }
    let title = "Set what AWS advises for a node of this size".into();
    (!lines.is_empty()).then_some(Step { title, reasons, lines, is_offered: true })
}

/// The hold of the kernel, with how it is let go; offered where nothing else is to be done.
fn hold(planned: &Planned<'_>, is_needed: bool) -> Option<Step> {
    let lines = commands(planned, Task::HoldKernel, planned.node).ok()?;
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
