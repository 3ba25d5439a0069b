//! Does I/O go over TCP where it is to go over EFA?
//!
//! Lustre falls back without a word. The NID of a connection says nothing, since FSx servers are
//! known by their TCP address; what the EFA device moved says it, and whether LNet's EFA interface
//! has ever had to give a credit for a message.

use super::super::facts::{EfaDevice, bytes};
use super::{Facts, Finding, Rule};
use crate::facts::Observed;
use crate::metrics::families::{NI_CREDITS_MIN, NI_UP};
use crate::window::{Interface, sum};

pub(super) const RULE: Rule = Rule {
    name: "efa_fallback",
    about: "LNet sends over TCP though the node has EFA and the file system takes it",
};

const COUNTERS: &str = "/sys/class/infiniband/*/ports/1/hw_counters/{tx_bytes,rx_bytes}";
const REMEDY: &str =
    "systemctl restart configure-efa-fsx-lustre-client, then unmount and mount again";
/// LNet's own chatter, which is no I/O.
const LITTLE_BYTES: u64 = 10_000_000;

pub(super) fn judge(facts: &Facts) -> Finding {
    let (devices, from) = match &facts.efa {
        Observed::Known { value, from } => (value, from.as_str()),
        Observed::Unknown { because, .. } => {
            return Finding::unknown(RULE.name, because.clone())
                .mended_by("ls /sys/class/infiniband");
        }
    };
    let on_efa: Vec<_> =
        facts.window.interfaces.iter().filter(|(nid, _)| nid.contains("@efa")).collect();
    if !devices.is_empty() {
        let finding =
            if on_efa.is_empty() { not_configured(facts) } else { used(facts, devices, &on_efa) };
        let names: Vec<_> = devices.iter().map(|device| device.name.as_str()).collect();
        return finding.seen(format!("EFA devices: {}", names.join(", ")), from);
    }
    if let Some((nid, _)) = on_efa.first() {
        return Finding::limits(
            RULE.name,
            85,
            "LNet has an EFA interface and the node no EFA device",
        )
        .seen(nid.as_str(), NI_UP.row().source)
        .mended_by("attach an EFA interface to the instance, or remove the network from LNet");
    }
    Finding::clear(RULE.name, "this node has no EFA device, so TCP is the way").seen("none", from)
}

/// A device is there, and LNet does not use it.
fn not_configured(facts: &Facts) -> Finding {
    if facts.window.interfaces.is_empty() {
        return Finding::unknown(RULE.name, facts.why_unknown(NI_UP.row()))
            .mended_by("lnetctl net show");
    }
    let nids: Vec<_> = facts.window.interfaces.keys().cloned().collect();
    let takes = |one: &Observed<fsxlustre_mount::file_system::FileSystem>| {
        one.value().and_then(|found| found.efa_enabled)
    };
    let all: Vec<_> = facts.described.values().map(takes).collect();
    let finding = if all.contains(&Some(true)) {
        Finding::limits(RULE.name, 85, "the file system takes EFA and LNet has no EFA interface")
            .mended_by(REMEDY)
    } else if !all.is_empty() && all.iter().all(|takes| *takes == Some(false)) {
        Finding::clear(RULE.name, "no file system here takes EFA, so TCP is the way")
    } else {
        Finding::unknown(
            RULE.name,
            "LNet has no EFA interface, and whether the file system takes EFA is not known",
        )
        .mended_by(
            "aws fsx describe-file-systems --query 'FileSystems[].LustreConfiguration.EfaEnabled'",
        )
    };
    finding.seen(format!("LNet has {}", nids.join(", ")), NI_UP.row().source)
}

/// LNet has an interface on it: does anything go over it?
fn used(facts: &Facts, devices: &[EfaDevice], on_efa: &[(&String, &Interface)]) -> Finding {
    if let Some((nid, _)) = on_efa.iter().find(|(_, interface)| interface.is_up == Some(false)) {
        return Finding::limits(RULE.name, 85, "LNet's EFA interface is down: I/O goes over TCP")
            .seen(nid.as_str(), NI_UP.row().source)
            .mended_by(REMEDY);
    }
    let moved =
        facts.window.file_systems.values().map(crate::window::FileSystemWindow::moved_bytes);
    let lustre = sum(moved);
    let all_told = devices.iter().all(|device| device.moved_bytes.is_some());
    let efa = sum(devices.iter().map(|device| device.moved_bytes)).filter(|_| all_told);
    if let (Some(lustre), Some(efa)) = (lustre, efa)
        && lustre >= LITTLE_BYTES
    {
        let finding = if efa < lustre / 2 {
            Finding::limits(RULE.name, 85, "I/O goes over TCP though LNet has an EFA interface")
                .mended_by(REMEDY)
        } else {
            Finding::clear(RULE.name, "I/O goes over EFA, or as much else does")
        };
        return finding
            .seen(format!("{} over EFA, {} by Lustre", bytes(efa), bytes(lustre)), COUNTERS);
    }
    let never = on_efa.iter().all(|(_, interface)| interface.has_sent == Some(false));
    if never && !on_efa.is_empty() {
        return Finding::limits(RULE.name, 85, "LNet's EFA interface has never sent a message")
            .seen("every credit was always free", NI_CREDITS_MIN.row().source)
            .mended_by(REMEDY);
    }
    let because = "too little I/O in the window to tell which way it goes";
    Finding::unknown(RULE.name, because).mended_by("run it while the job reads and writes")
}
