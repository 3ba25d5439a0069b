//! The `replay` fault: a failure of a real `mount.lustre`, told again with the names of this call.

use std::fs::OpenOptions;
use std::io::{self, Write};

use crate::answer::Answer;
use crate::fault::Fault;
use crate::root::{Root, at};

/// One captured failure.
#[derive(Debug, PartialEq, Eq)]
pub struct Capture {
    pub name: &'static str,
    /// What was to be mounted, and where.
    source: &'static str,
    target: &'static str,
    /// Standard error of mount(8), on which `mount.lustre` wrote.
    stderr: &'static str,
    /// Standard output, with the exit status that the capturing shell echoed.
    stdout: &'static str,
    /// What the kernel logged meanwhile.
    logged: &'static str,
}

/// The text of one file of a capture.
macro_rules! text {
    ($name:literal, $ending:literal) => {
        include_str!(concat!("../../fixtures/lustre-2.15.8/mount_failures/", $name, $ending))
    };
}

macro_rules! captures {
    ($($name:literal $source:literal on $target:literal $(with $ending:literal)?;)*) => {
        /// Every failure of `mount.lustre` that was captured; `with` names the file of the kernel's lines.
        pub const CAPTURES: &[Capture] = &[$(Capture {
            name: $name,
            source: $source,
            target: $target,
            stderr: text!($name, ".err"),
            stdout: text!($name, ".out"),
            logged: concat!("" $(, text!($name, $ending))?),
        },)*];
    };
}

captures! {
    "already_mounted_same" "192.168.77.10@tcp:/p7lsxbev" on "/fsx";
    "as_user" "192.168.77.10@tcp:/p7lsxbev" on "/fsx";
    "bad_dev" "/dev/vda" on "/fsx";
    "bad_lnet_iface" "192.168.77.10@tcp:/p7lsxbev" on "/fsx" with ".dmesg";
    "bad_option" "192.168.77.10@tcp:/p7lsxbev" on "/fsx" with ".dmesg";
    "dns_unresolvable" "no-such-host.example.invalid@tcp:/p7lsxbev" on "/fsx";
    "dns_unresolvable2" "fs-0123.fsx.eu-west-1.amazonaws.com@tcp:/p7lsxbev" on "/fsx";
    "fsname_bad" "192.168.77.10@tcp:/ab.cd" on "/fsx" with ".dmesg";
    "fsname_long" "192.168.77.10@tcp:/abcdefghi" on "/fsx" with ".dmesg";
    "helper_user" "192.168.77.10@tcp:/p7lsxbev" on "/fsx";
    "missing_mountpoint" "192.168.77.10@tcp:/p7lsxbev" on "/nosuchmp";
    "mountpoint_file" "192.168.77.10@tcp:/p7lsxbev" on "/tmp/afile";
    "netdev_systemd" "192.168.77.10@tcp:/p7lsxbev" on "/fsx" with ".dmesg";
    "nid_bad" "999.1.1.1@tcp:/p7lsxbev" on "/fsx";
    "nid_badnet" "192.168.77.10@foo:/p7lsxbev" on "/fsx";
    "nid_o2ib" "192.168.77.10@o2ib:/p7lsxbev" on "/fsx" with ".dmesg";
    "nid_tcp1" "192.168.77.10@tcp1:/p7lsxbev" on "/fsx" with ".dmesg";
    "no_colon" "192.168.77.10/p7lsxbev" on "/fsx";
    "no_fsname" "192.168.77.10@tcp:/" on "/fsx" with ".dmesg";
    "no_lnet_options" "192.168.77.10@tcp:/p7lsxbev" on "/fsx" with ".dmesg";
    "no_modules" "192.168.77.10@tcp:/p7lsxbev" on "/fsx";
    "no_slash" "192.168.77.10@tcp" on "/fsx";
    "nohost_retry0" "192.168.77.99@tcp:/p7lsxbev" on "/fsx" with ".dmesg";
    "nosuch_dev" "/dev/nosuch" on "/fsx";
    "subdir_nosuch" "192.168.77.10@tcp:/p7lsxbev/nosuchdir" on "/fsx" with ".dmesg";
    "subdir_o" "192.168.77.10@tcp:/p7lsxbev" on "/fsx" with ".dmesg";
    "wrong_fsname" "192.168.77.10@tcp:/wrongfs" on "/fsx" with ".dmesg";
    "wrong_fsname_retry0" "192.168.77.10@tcp:/wrongfs" on "/fsx" with ".dmesg";
    "wrong_fsname_retry2" "192.168.77.10@tcp:/wrongfs" on "/fsx" with ".dmesg";
}

impl Capture {
    pub fn named(name: &str) -> Option<&'static Self> {
        CAPTURES.iter().find(|capture| capture.name == name)
    }

    /// The capture that the fault names.
    pub fn to_replay(root: &Root) -> Option<&'static Self> {
        CAPTURES.iter().find(|capture| Fault::Replay(capture).is_set(root))
    }

    /// Fails as captured, and writes the kernel's lines to `ROOT/state/kmsg`.
    pub fn replay(&self, root: &Root, source: &str, target: &str) -> io::Result<Answer> {
        let path = root.state("kmsg");
        let mut log =
            OpenOptions::new().append(true).open(&path).map_err(|error| at(&path, error))?;
        log.write_all(self.with_names(self.logged, source, target).as_bytes())?;
        Ok(Answer::fails(self.code()?, self.with_names(self.stderr, source, target)))
    }

    fn code(&self) -> io::Result<u8> {
        let echoed = self.stdout.lines().find_map(|line| line.strip_prefix("rc=")?.parse().ok());
        echoed.ok_or_else(|| io::Error::other(format!("{} has no exit status", self.name)))
    }

    /// A captured text with another source, NID, file system name and mount point in it.
    fn with_names(&self, text: &str, source: &str, target: &str) -> String {
        let (servers, name) = parts(self.source);
        let (other_servers, other_name) = parts(source);
        let text = text
            .replace(&format!(" {}", self.target), &format!(" {target}"))
            .replace(self.source, source)
            .replace(servers, other_servers);
        if name.is_empty() { text } else { text.replace(name, other_name) }
    }
}

/// Servers and file system name of a source; one that names no file system is all servers.
fn parts(source: &str) -> (&str, &str) {
    let (servers, path) = source.split_once(":/").unwrap_or((source, ""));
    (servers, path.split('/').next().unwrap_or_default())
}
