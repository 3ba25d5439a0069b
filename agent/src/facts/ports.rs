//! Who uses TCP port 988 here, and whether connections to servers are translated on their way.
//!
//! LNet accepts connections on 988, and a server refuses a connection whose source port is not a
//! privileged one of Lustre's.

use super::{Observed, place};
use fsxlustre_mount::host::{Deadline, Host, read_text};
use serde::Serialize;
use std::path::Path;

/// LNet's port unless its module parameter says otherwise.
pub const LNET_PORT: u16 = 988;

/// The port on which LNet accepts connections.
///
/// *Source*: `module/lnet/parameters/accept_port` of sysfs; 988 where LNet is not loaded.
pub(super) fn accept_port(host: &Host) -> u16 {
    let text = read_text(&place::sys(host, "module/lnet/parameters/accept_port"));
    text.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(LNET_PORT)
}

/// A socket whose own port is LNet's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortUse {
    /// Whether it listens; else it is a connection.
    pub is_listening: bool,
    /// The other side's port, 0 for one that listens.
    pub remote_port: u16,
    /// The process that has it, `NAME (PID)`; `None` for one of the kernel's own, and where processes
    /// were not looked at.
    pub process: Option<String>,
}

/// A connection to a server's port that leaves under another address or port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Translated {
    /// As this side has it, `10.0.1.5:1021`.
    pub own: String,
    /// As the server sees it.
    pub seen: String,
}

/// Uses of a port, from the kernel's tables of sockets.
///
/// *Source*: `/proc/net/tcp`, `/proc/net/tcp6`; owners by `/proc/PID/fd` where LNet is not up, since
/// its own socket has none.
pub(super) fn uses(
    host: &Host,
    port: u16,
    with_owner: bool,
    deadline: Deadline,
) -> Observed<Vec<PortUse>> {
    let table = place::text(&place::proc(host, "net/tcp"));
    let Some(text) = table.value() else { return table.map(|_| Vec::new()) };
    let more = read_text(&place::proc(host, "net/tcp6")).unwrap_or_default();
    let lines = text.lines().chain(more.lines());
    let found: Vec<(PortUse, u64)> = lines.filter_map(|line| socket(line, port)).collect();
    let uses = found.into_iter().map(|(used, inode)| {
        let process = with_owner.then(|| owner(&host.paths.rootfs.join("proc"), inode, deadline));
        PortUse { process: process.flatten(), ..used }
    });
    Observed::known(uses.collect(), table.from())
}

/// A line whose own port is that one, with its inode. One that only waits for its end is none.
fn socket(line: &str, port: u16) -> Option<(PortUse, u64)> {
    const TIME_WAIT: &str = "06";
    const LISTEN: &str = "0A";
    let words: Vec<&str> = line.split_whitespace().collect();
    let port_of = |word: &str| u16::from_str_radix(word.rsplit_once(':')?.1, 16).ok();
    let (own, remote) = (port_of(words.get(1)?)?, port_of(words.get(2)?)?);
    let state = *words.get(3)?;
    let inode = words.get(9)?.parse().ok()?;
    let counts = own == port && state != TIME_WAIT;
    let used = PortUse { is_listening: state == LISTEN, remote_port: remote, process: None };
    counts.then_some((used, inode))
}

/// The process that has the socket of that inode.
fn owner(proc: &Path, inode: u64, deadline: Deadline) -> Option<String> {
    let wanted = format!("socket:[{inode}]");
    for pid in
        place::names(proc).ok()?.iter().filter(|name| name.bytes().all(|b| b.is_ascii_digit()))
    {
        if deadline.has_passed() {
            return None;
        }
        let folder = proc.join(pid);
        let descriptors = place::names(&folder.join("fd")).unwrap_or_default();
        let has_it = |name: &String| {
            let target = std::fs::read_link(folder.join("fd").join(name));
            target.is_ok_and(|target| target.as_os_str() == wanted.as_str())
        };
        if descriptors.iter().any(has_it) {
            let name = read_text(&folder.join("comm")).unwrap_or_default();
            return Some(format!("{} (process {pid})", name.trim()));
        }
    }
    None
}

/// Connections to servers that are translated on this node, by the kernel's table of connections.
///
/// *Source*: `/proc/net/nf_conntrack`; where the module `nf_nat` is not loaded, nothing is translated.
pub(super) fn translated(host: &Host) -> Observed<Vec<Translated>> {
    let table = place::text(&place::proc(host, "net/nf_conntrack"));
    if table.value().is_some() {
        return table.map(|text| text.lines().filter_map(translation).collect());
    }
    let modules = place::text(&place::proc(host, "modules"));
    match modules.value() {
        Some(text) if !text.lines().any(|line| line.starts_with("nf_nat ")) => {
            Observed::known(Vec::new(), modules.from())
        }
        _ => table.map(|_| Vec::new()),
    }
}

/// A line of a TCP connection to port 988 whose answers go elsewhere than it came from.
fn translation(line: &str) -> Option<Translated> {
    let values = |name: &str| {
        let found =
            line.split_whitespace().filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.collect::<Vec<_>>()
    };
    let second = |name: &str| {
        let all = values(name);
        Some((*all.first()?, *all.get(1)?))
    };
    let is_tcp = line.split_whitespace().any(|word| word == "tcp");
    let (source, _) = second("src")?;
    let (_, answered) = second("dst")?;
    let (source_port, _) = second("sport")?;
    let (port, answered_port) = second("dport")?;
    let is_other = (source, source_port) != (answered, answered_port);
    (is_tcp && port == LNET_PORT.to_string() && is_other).then(|| Translated {
        own: format!("{source}:{source_port}"),
        seen: format!("{answered}:{answered_port}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_of_the_port_are_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
        let line = |own: &str, remote: &str, state: &str| {
            format!(
                "   0: 0100007F:{own} 0100007F:{remote} {state} 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0"
            )
        };
        assert_eq!(socket(table, 988), None);
        let (listening, inode) = socket(&line("03DC", "0000", "0A"), 988).expect("it listens");
        assert!(listening.is_listening && inode == 12345);
        let (connected, _) = socket(&line("03DC", "0801", "01"), 988).expect("it is connected");
        assert_eq!((connected.is_listening, connected.remote_port), (false, 2049));
        assert_eq!(socket(&line("03DC", "0801", "06"), 988), None, "at its end");
        assert_eq!(socket(&line("0016", "0801", "01"), 988), None);
    }

    #[test]
    fn a_translated_connection_is_told() {
        let line = |answered: &str, port: &str| {
            format!(
                "ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.1.5 dst=10.0.9.9 sport=1021 dport=988 src=10.0.9.9 dst={answered} sport=988 dport={port} [ASSURED] mark=0 use=1"
            )
        };
        assert_eq!(translation(&line("10.0.1.5", "1021")), None);
        let told = translation(&line("10.0.1.5", "42017")).expect("translated");
        assert_eq!((told.own.as_str(), told.seen.as_str()), ("10.0.1.5:1021", "10.0.1.5:42017"));
        assert_eq!(translation("rubbish"), None);
    }
}
