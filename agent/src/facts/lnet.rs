//! Lustre's networks on this node.

use super::{Observed, child};
use fsxlustre_mount::host::{Deadline, Finished, Host};
use serde::Serialize;

/// The state of LNet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "nids")]
pub enum Lnet {
    /// Its module is not loaded.
    NotLoaded,
    /// It is loaded and has no network but the loopback one.
    Down,
    /// It has these networks.
    Up(Vec<Nid>),
}

/// One of this node's own addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Nid {
    /// `192.168.77.20@tcp`.
    pub nid: String,
    /// Whether its status reads `up`; `null` where lctl told the NID, which prints no status.
    pub is_up: Option<bool>,
}

/// *Source*: `lnet/nis` in debugfs, else `lctl list_nids`; both need root (Lustre 2.15, 2.16).
pub(super) fn read(host: &Host, deadline: Deadline) -> Observed<Lnet> {
    let path = host.paths.debugfs.join("lnet/nis");
    let from_file = path.display().to_string();
    let because_file = match child::read_file(host, &path, deadline) {
        Ok(text) => match parse_nis(&text) {
            Some(lnet) => return Observed::known(lnet, from_file),
            None => "its first line is not the known one".to_owned(),
        },
        Err(because) => because,
    };
    let from = "lctl list_nids";
    match child::run(host, "lctl", &["list_nids"], deadline) {
        Ok(done) => match understand(&done) {
            Ok(lnet) => Observed::known(lnet, from),
            Err(because) => Observed::unknown(because, from),
        },
        Err(because) => {
            Observed::unknown(format!("{because_file}; {because}"), format!("{from_file}, {from}"))
        }
    }
}

/// The file's lines are `NID STATUS …` below a heading.
fn parse_nis(text: &str) -> Option<Lnet> {
    let mut lines = text.lines().map(|line| line.split_whitespace());
    let mut heading = lines.next()?;
    (heading.next() == Some("nid") && heading.next() == Some("status")).then_some(())?;
    let nids = lines.filter_map(|mut words| {
        let nid = words.next().filter(|nid| is_of_a_network(nid))?;
        Some(Nid { nid: nid.to_owned(), is_up: words.next().map(|status| status == "up") })
    });
    Some(Lnet::of(nids.collect()))
}

/// What `lctl list_nids` said. Its exit status alone tells nothing apart, and an error with exit 0
/// must not pass for "no networks".
fn understand(done: &Finished) -> Result<Lnet, String> {
    let nids = done.stdout.lines().map(str::trim).filter(|nid| is_of_a_network(nid));
    let nids: Vec<Nid> = nids.map(|nid| Nid { nid: nid.to_owned(), is_up: None }).collect();
    let says = |words: &str| done.stderr.contains(words);
    if !nids.is_empty() || done.status.success() && done.stderr.trim().is_empty() {
        Ok(Lnet::of(nids))
    } else if says("IOC_LIBCFS_GET_NI error 2:") {
        Ok(Lnet::NotLoaded)
    } else if says("IOC_LIBCFS_GET_NI error 100:") {
        Ok(Lnet::Down)
    } else {
        Err(done.last_words())
    }
}

fn is_of_a_network(nid: &str) -> bool {
    nid.contains('@') && !nid.ends_with("@lo")
}

impl Lnet {
    fn of(nids: Vec<Nid>) -> Self {
        if nids.is_empty() { Self::Down } else { Self::Up(nids) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::samples::NIS;

    #[test]
    fn the_file_of_debugfs_is_read() {
        let up = |nid: &str, is_up| Lnet::Up(vec![Nid { nid: nid.into(), is_up: Some(is_up) }]);
        assert_eq!(parse_nis(NIS), Some(up("192.168.77.20@tcp", true)));
        let down = NIS.replace("tcp            up ", "tcp            down");
        assert_eq!(parse_nis(&down), Some(up("192.168.77.20@tcp", false)));
        let lines: Vec<&str> = NIS.lines().take(2).collect();
        assert_eq!(parse_nis(&lines.join("\n")), Some(Lnet::Down));
        assert_eq!(parse_nis(""), None);
        assert_eq!(parse_nis("something else\n"), None);
    }
}
