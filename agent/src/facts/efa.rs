//! EFA: whether this node has it, whether LNet was told of it, and what really goes over it.

use super::{Lnet, Observed, child, place};
use fsxlustre_mount::host::{Deadline, Host};
use serde::{Deserialize, Serialize};

/// EFA on this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Efa {
    /// Its EFA devices, `rdmap0s6`. *Source*: `class/infiniband/*/device/driver` of sysfs.
    pub devices: Observed<Vec<String>>,
    /// Messages of each of LNet's networks; not asked where there is neither device nor network of
    /// EFA. *Source*: `lnetctl net show -v` (Lustre 2.15, 2.16).
    pub traffic: Observed<Vec<Traffic>>,
}

/// What went over an address of LNet's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// `tcp`, `efa`.
    pub network: String,
    /// `10.0.1.5@tcp`.
    pub nid: String,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
}

impl Efa {
    pub(super) fn read(host: &Host, lnet: &Observed<Lnet>, deadline: Deadline) -> Self {
        let devices = devices(host);
        let has_network = match lnet.value() {
            Some(Lnet::Up(nids)) => nids.iter().any(|nid| nid.nid.contains("@efa")),
            _ => false,
        };
        let has_device = devices.value().is_some_and(|devices| !devices.is_empty());
        let traffic = if has_network || has_device {
            traffic(host, deadline)
        } else {
            Observed::unknown("there is no EFA here to ask of", "lnetctl net show -v")
        };
        Self { devices, traffic }
    }
}

pub(super) fn devices(host: &Host) -> Observed<Vec<String>> {
    let folder = place::sys(host, "class/infiniband");
    let from = folder.display().to_string();
    let is_efa = |name: &String| {
        place::link_name(&folder.join(name).join("device/driver")).as_deref() == Some("efa")
    };
    match place::names(&folder) {
        Ok(names) => Observed::known(names.into_iter().filter(is_efa).collect(), from),
        Err(because) => Observed::unknown(because, from),
    }
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    net: Vec<Net>,
}

#[derive(Deserialize)]
struct Net {
    #[serde(rename = "net type")]
    kind: String,
    #[serde(rename = "local NI(s)", default)]
    interfaces: Vec<Ni>,
}

#[derive(Deserialize)]
struct Ni {
    nid: String,
    statistics: Option<Statistics>,
    #[serde(default)]
    tunables: Tunables,
}

#[derive(Default, Deserialize)]
struct Tunables {
    peer_credits: Option<u64>,
}

/// How many messages an address of EFA's may have on their way to one peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EfaCredits {
    /// `10.0.1.5@efa`.
    pub nid: String,
    /// `None` where it is not printed.
    pub peer_credits: Option<u64>,
}

/// Those of every address of EFA's.
///
/// *Source*: `tunables` in `lnetctl net show -v` (Lustre 2.15, 2.16).
pub fn efa_credits(host: &Host, deadline: Deadline) -> Observed<Vec<EfaCredits>> {
    let from = "lnetctl net show -v";
    match child::run(host, "lnetctl", &["net", "show", "-v"], deadline) {
        Ok(done) if done.status.success() => match credits(&done.stdout) {
            Ok(all) => Observed::known(all, from),
            Err(because) => Observed::unknown(because, from),
        },
        Ok(done) => Observed::unknown(done.last_words(), from),
        Err(because) => Observed::unknown(because, from),
    }
}

fn credits(text: &str) -> Result<Vec<EfaCredits>, String> {
    let shown: Shown = serde_norway::from_str(text).map_err(|error| error.to_string())?;
    let of_efa = shown.net.into_iter().filter(|net| net.kind.starts_with("efa"));
    let credits = |ni: Ni| EfaCredits { nid: ni.nid, peer_credits: ni.tunables.peer_credits };
    Ok(of_efa.flat_map(|net| net.interfaces).map(credits).collect())
}

#[derive(Deserialize)]
struct Statistics {
    send_count: u64,
    recv_count: u64,
}

fn traffic(host: &Host, deadline: Deadline) -> Observed<Vec<Traffic>> {
    let from = "lnetctl net show -v";
    match child::run(host, "lnetctl", &["net", "show", "-v"], deadline) {
        Ok(done) if done.status.success() => match parse(&done.stdout) {
            Ok(traffic) => Observed::known(traffic, from),
            Err(because) => Observed::unknown(because, from),
        },
        Ok(done) => Observed::unknown(done.last_words(), from),
        Err(because) => Observed::unknown(because, from),
    }
}

fn parse(text: &str) -> Result<Vec<Traffic>, String> {
    let shown: Shown = serde_norway::from_str(text).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    for net in shown.net.into_iter().filter(|net| net.kind != "lo") {
        for ni in net.interfaces {
            let counted = ni.statistics.ok_or("it prints no statistics")?;
            let (sent, received) = (counted.send_count, counted.recv_count);
            all.push(Traffic { network: net.kind.clone(), nid: ni.nid, sent, received });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lnetctl_prints_is_read() {
        let text = "net:\n    - net type: lo\n      local NI(s):\n        - nid: 0@lo\n          status: up\n    \
                    - net type: tcp\n      local NI(s):\n        - nid: 192.168.77.20@tcp\n          status: up\n          \
                    interfaces:\n              0: eth1\n          statistics:\n              send_count: 7\n              \
                    recv_count: 5\n              drop_count: 0\n          CPT: \"[0]\"\n";
        let traffic = parse(text).expect("understood");
        let tcp = Traffic {
            network: "tcp".into(),
            nid: "192.168.77.20@tcp".into(),
            sent: 7,
            received: 5,
        };
        assert_eq!(traffic, [tcp]);
        let with_efa = text.to_owned()
            + "    - net type: efa\n      local NI(s):\n        - nid: 10.0.1.5@efa\n          tunables:\n              \
               peer_timeout: 180\n              peer_credits: 32\n";
        let found = credits(&with_efa).expect("understood");
        assert_eq!(found, [EfaCredits { nid: "10.0.1.5@efa".into(), peer_credits: Some(32) }]);
        assert_eq!(credits(text), Ok(Vec::new()));
        assert!(parse("- [").is_err() && credits("- [").is_err());
        assert!(parse("net:\n - net type: tcp\n   local NI(s):\n    - nid: a@tcp\n").is_err());
    }
}
