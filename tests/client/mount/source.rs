//! A mount's source, `NID[,NID…][:NID…]:/NAME[/SUBDIR]`, with host names turned into addresses.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};

use crate::server::FileSystem;

/// The longest name a Lustre file system can have.
pub const LONGEST_FSNAME: usize = 8;

/// The networks that a NID can name.
const NETWORKS: &[&str] = &["tcp", "o2ib", "lo", "gni", "kfi"];

/// A source as the kernel gets it and mountinfo shows it.
#[derive(Debug)]
pub struct Source {
    /// The NIDs and what separates them, as given but for the addresses; the whole text when it names no servers.
    servers: String,
    /// What stands after `:/`, if that is there.
    path: Option<String>,
    pub fsname: String,
    /// The sub-directory, without slashes around it.
    pub subdirectory: String,
}

impl Source {
    /// `None` when a NID cannot be understood or a host name has no address.
    pub fn resolve(given: &str) -> Option<Self> {
        let Some((nids, path)) = given.split_once(":/") else {
            return Some(Self {
                servers: given.to_owned(),
                path: None,
                fsname: String::new(),
                subdirectory: String::new(),
            });
        };
        let mut servers = String::new();
        for piece in nids.split_inclusive([':', ',']) {
            let nid = piece.trim_end_matches([':', ',']);
            servers.push_str(&resolve_nid(nid)?);
            servers.push_str(&piece[nid.len()..]);
        }
        let (fsname, subdirectory) = path.split_once('/').unwrap_or((path, ""));
        Some(Self {
            servers,
            path: Some(path.to_owned()),
            fsname: fsname.to_owned(),
            subdirectory: subdirectory.trim_matches('/').to_owned(),
        })
    }

    /// Whether it names servers; else it would be a server's disk.
    pub fn is_client_mount(&self) -> bool {
        self.path.is_some()
    }

    pub fn nids(&self) -> impl Iterator<Item = String> {
        self.servers.split([':', ',']).map(str::to_owned)
    }

    /// The first NID that serves the file system.
    pub fn reached(&self, filesystem: &FileSystem) -> String {
        self.nids().find(|nid| filesystem.nids.contains(nid)).unwrap_or_default()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(formatter, "{}:/{path}", self.servers),
            None => formatter.write_str(&self.servers),
        }
    }
}

/// `HOST[@NET]` as `ADDRESS@NET`; without a network it is tcp.
fn resolve_nid(given: &str) -> Option<String> {
    let (host, network) = given.split_once('@').unwrap_or((given, "tcp"));
    let kind = network.trim_end_matches(|character: char| character.is_ascii_digit());
    // `o2ib` itself ends in a letter, so only numbers after the kind are taken off.
    if !NETWORKS.contains(&kind) {
        return None;
    }
    let address = match host.parse::<Ipv4Addr>() {
        Ok(address) => address,
        Err(_) => look_up(host)?,
    };
    Some(format!("{address}@{network}"))
}

fn look_up(host: &str) -> Option<Ipv4Addr> {
    (host, 0).to_socket_addrs().ok()?.find_map(|address| match address {
        SocketAddr::V4(address) => Some(*address.ip()),
        SocketAddr::V6(_) => None,
    })
}
