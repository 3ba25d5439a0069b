//! Allowances of the instance's network that were used up, as the ENA driver counts them since the
//! interface came up.

use super::{Interface, Observed, child};
use fsxlustre_mount::host::{Deadline, Host};
use serde::Serialize;

/// What the names of their counters end in.
const ALLOWANCE: &str = "_allowance_exceeded";

/// An allowance that was used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exceeded {
    /// `ens5`.
    pub interface: String,
    /// `bw_in_allowance_exceeded`.
    pub counter: String,
    /// Packets that were queued or dropped for it.
    pub packets: u64,
}

/// *Source*: `ethtool -S INTERFACE`; "Monitor network performance for ENA settings" of the EC2 guide.
pub(super) fn read(
    host: &Host,
    interfaces: &Observed<Vec<Interface>>,
    deadline: Deadline,
) -> Observed<Vec<Exceeded>> {
    let Some(all) = interfaces.value() else { return interfaces.map(|_| Vec::new()) };
    let is_ena = |interface: &&Interface| interface.driver.as_deref() == Some("ena");
    let mut exceeded = Vec::new();
    let mut from = interfaces.from().to_owned();
    for interface in all.iter().filter(is_ena) {
        let name = interface.name.as_str();
        from = format!("ethtool -S {name}");
        let done = match child::run(host, "ethtool", &["-S", name], deadline) {
            Ok(done) if done.status.success() => done,
            Ok(done) => return Observed::unknown(done.last_words(), from),
            Err(because) => return Observed::unknown(because, from),
        };
        if !done.stdout.contains(ALLOWANCE) {
            return Observed::unknown("it shows no allowance", from);
        }
        exceeded.extend(parse(&done.stdout, name));
    }
    Observed::known(exceeded, from)
}

fn parse(text: &str, interface: &str) -> Vec<Exceeded> {
    let counter = |line: &str| {
        let (name, value) = line.trim().split_once(':')?;
        let packets = value.trim().parse().ok().filter(|packets| *packets > 0)?;
        let is_allowance = name.ends_with(ALLOWANCE);
        is_allowance.then(|| Exceeded {
            interface: interface.to_owned(),
            counter: name.to_owned(),
            packets,
        })
    };
    text.lines().filter_map(counter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_used_up_is_told() {
        let text = "NIC statistics:\n     bw_in_allowance_exceeded: 0\n     \
                    bw_out_allowance_exceeded: 12\n     conntrack_allowance_available: 9\n     x: y\n";
        let told = parse(text, "ens5");
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].counter.as_str(), told[0].packets), ("bw_out_allowance_exceeded", 12));
    }
}
