//! This node's network as LNet meets it: interfaces, addresses, routes, the namespace.
//!
//! *Source*: `class/net` of sysfs; `/proc/net/route` and `/proc/net/fib_trie` (IPv4; FSx serves Lustre
//! by it). Only files are read, no program is run.

use super::{Observed, place};
use fsxlustre_mount::host::{Host, read_text};
use serde::Serialize;
use std::net::Ipv4Addr;

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// `ens5`.
    pub name: String,
    /// The driver of its device, `ena`; `None` for one without a device (`lo`, `docker0`, `veth…`).
    pub driver: Option<String>,
    /// The largest packet, bytes.
    pub mtu: Option<u32>,
}

/// A line of the routing table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The interface.
    pub interface: String,
    /// Where it leads.
    pub destination: Ipv4Addr,
    /// How many bits of that count.
    pub prefix: u32,
    /// Whether there is a gateway, so that it leads beyond the subnet.
    pub has_gateway: bool,
    /// The lower one of several is taken.
    pub metric: u32,
}

/// The network of this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Its interfaces.
    pub interfaces: Observed<Vec<Interface>>,
    /// Its own IPv4 addresses, loopback left out.
    pub addresses: Observed<Vec<Ipv4Addr>>,
    /// Its routes.
    pub routes: Observed<Vec<Route>>,
    /// Whether this is the network namespace of process 1, in which LNet lives.
    pub is_initial_namespace: Observed<bool>,
    /// The container that this runs in: `docker`, `podman`; `None` for none.
    pub container: Observed<Option<String>>,
}

impl Network {
    pub(super) fn read(host: &Host) -> Self {
        let parsed = |path: &str| place::text(&place::proc(host, path));
        Self {
            interfaces: interfaces(host),
            addresses: parsed("net/fib_trie").map(|text| local_addresses(text)),
            routes: parsed("net/route").map(|text| routes(text)),
            is_initial_namespace: is_initial_namespace(host),
            container: container(host),
        }
    }

    /// The interface that packets to an address leave by: the longest prefix, then the lowest metric.
    pub fn interface_to(&self, address: Ipv4Addr) -> Option<&str> {
        let routes = self.routes.value()?.iter();
        let fitting = routes.filter(|route| route.leads_to(address));
        let best = fitting.max_by_key(|route| (route.prefix, u32::MAX - route.metric))?;
        Some(&best.interface)
    }

    /// The interfaces that an own address may be of: those whose subnet it is in.
    pub fn interfaces_of(&self, own: Ipv4Addr) -> Vec<&str> {
        let Some(routes) = self.routes.value() else { return Vec::new() };
        let fitting = || routes.iter().filter(|route| !route.has_gateway && route.leads_to(own));
        let Some(longest) = fitting().map(|route| route.prefix).max() else { return Vec::new() };
        let mut names: Vec<&str> = fitting()
            .filter(|route| route.prefix == longest && route.prefix > 0)
            .map(|route| route.interface.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The interface of that name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.value()?.iter().find(|interface| interface.name == name)
    }
}

impl Route {
    fn leads_to(&self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - self.prefix.min(32)).unwrap_or_default();
        u32::from(address) & mask == u32::from(self.destination) & mask
    }
}

fn interfaces(host: &Host) -> Observed<Vec<Interface>> {
    let folder = place::sys(host, "class/net");
    let from = folder.display().to_string();
    let names = match place::names(&folder) {
        Ok(names) if !names.is_empty() => names,
        Ok(_) => return Observed::unknown("it lists no interface", from),
        Err(because) => return Observed::unknown(because, from),
    };
    let interface = |name: String| {
        let own = folder.join(&name);
        let mtu = read_text(&own.join("mtu")).ok().and_then(|text| text.trim().parse().ok());
        Interface { driver: place::link_name(&own.join("device/driver")), mtu, name }
    };
    // bonding_masters is a file.
    let is_one = |name: &String| folder.join(name).is_dir();
    Observed::known(names.into_iter().filter(is_one).map(interface).collect(), from)
}

/// Addresses whose route is `/32 host LOCAL`.
fn local_addresses(trie: &str) -> Vec<Ipv4Addr> {
    let (mut addresses, mut last) = (Vec::new(), None);
    for line in trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL" {
            addresses.extend(last.filter(|address| !address.is_loopback()));
        }
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

fn routes(table: &str) -> Vec<Route> {
    let number = |word: &str| u32::from_str_radix(word, 16).ok().map(u32::swap_bytes);
    let route = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let word = |place: usize| words.get(place).copied();
        Some(Route {
            interface: word(0)?.to_owned(),
            destination: number(word(1)?)?.into(),
            has_gateway: number(word(2)?)? != 0,
            metric: word(6)?.parse().ok()?,
            prefix: number(word(7)?)?.count_ones(),
        })
    };
    table.lines().skip(1).filter_map(route).collect()
}

fn is_initial_namespace(host: &Host) -> Observed<bool> {
    let [own, first] = ["self/ns/net", "1/ns/net"].map(|path| place::proc(host, path));
    let from = own.display().to_string();
    match (std::fs::read_link(&own), std::fs::read_link(&first)) {
        (Ok(own), Ok(first)) => Observed::known(own == first, from),
        (Err(error), _) => Observed::unknown(error.to_string(), from),
        (_, Err(error)) => Observed::unknown(error.to_string(), first.display().to_string()),
    }
}

/// *Source*: systemd's `/run/systemd/container`, docker's and podman's own marks.
fn container(host: &Host) -> Observed<Option<String>> {
    let root = &host.paths.rootfs;
    let named = root.join("run/systemd/container");
    if let Some(Some(name)) = place::text_if_any(&named).value() {
        return Observed::known(Some(name.trim().to_owned()), named.display().to_string());
    }
    for (mark, name) in [(".dockerenv", "docker"), ("run/.containerenv", "podman")] {
        let path = root.join(mark);
        if path.exists() {
            return Observed::known(Some(name.to_owned()), path.display().to_string());
        }
    }
    Observed::known(None, root.join("run/systemd/container").display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &str = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
ens5\t00000000\t0101000A\t0003\t0\t0\t512\t00000000\t0\t0\t0
ens5\t0001000A\t00000000\t0001\t0\t0\t512\t00FFFFFF\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
";

    fn network() -> Network {
        Network {
            interfaces: Observed::known(Vec::new(), "x"),
            addresses: Observed::known(Vec::new(), "x"),
            routes: Observed::known(routes(ROUTES), "x"),
            is_initial_namespace: Observed::known(true, "x"),
            container: Observed::known(None, "x"),
        }
    }

    #[test]
    fn routes_say_which_interface_is_taken() {
        let network = network();
        let to = |text: &str| network.interface_to(text.parse().expect("an address"));
        assert_eq!(to("10.0.7.9"), Some("ens5"));
        assert_eq!(to("172.17.0.9"), Some("docker0"));
        let of = |text: &str| network.interfaces_of(text.parse().expect("an address"));
        assert_eq!(of("10.0.1.5"), ["ens5"]);
        assert!(of("192.168.0.1").is_empty());
    }

    #[test]
    fn own_addresses_are_those_that_are_local() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     \
                    |-- 10.0.1.5\n        /32 host LOCAL\n     |-- 10.0.1.255\n        /32 link \
                    BROADCAST\n     |-- 127.0.0.1\n        /32 host LOCAL\n";
        assert_eq!(local_addresses(trie), [Ipv4Addr::new(10, 0, 1, 5)]);
        assert!(local_addresses("|-- rubbish\n/32 host LOCAL\n").is_empty());
        assert!(routes("x\nens5 zz\n").is_empty());
    }
}
