//! Which operation moves which counters.
//!
//! The counters and their order are those of the captured files (`10_mounted/tree`): `llite/*/stats`,
//! `osc/*/stats`, `mdc/*/stats`, `mdc/*/md_stats`, `lmv/*/md_stats`.

use std::time::Duration;

use super::client::Client;
use super::counters::{Counter, CounterFile, bytes, events, microseconds, requests};
use super::lnet::Traffic;
use super::template;
use crate::root::Root;

const LLITE: &[Counter] = &[
    bytes("read_bytes"),
    bytes("write_bytes"),
    microseconds("read"),
    microseconds("write"),
    microseconds("open"),
    microseconds("close"),
    microseconds("fsync"),
    microseconds("readdir"),
    microseconds("setattr"),
    microseconds("truncate"),
    microseconds("getattr"),
    microseconds("link"),
    microseconds("unlink"),
    microseconds("symlink"),
    microseconds("mkdir"),
    microseconds("mknod"),
    microseconds("rename"),
    microseconds("statfs"),
];

const OSC: &[Counter] = &[
    microseconds("req_waittime"),
    requests("req_active"),
    bytes("read_bytes"),
    bytes("write_bytes"),
    microseconds("ost_read"),
    microseconds("ost_write"),
    microseconds("ost_connect"),
    microseconds("ost_disconnect"),
    microseconds("ost_statfs"),
    microseconds("obd_ping"),
];

const MDC: &[Counter] = &[
    microseconds("req_waittime"),
    requests("req_active"),
    requests("ldlm_ibits_enqueue"),
    microseconds("mds_getattr"),
    microseconds("mds_close"),
    microseconds("mds_readpage"),
    microseconds("mds_connect"),
    microseconds("mds_get_root"),
    microseconds("mds_statfs"),
    microseconds("mds_sync"),
    microseconds("obd_ping"),
    microseconds("fld_query"),
];

const MD: &[Counter] = &[
    events("close"),
    events("create"),
    events("getattr"),
    events("intent_lock"),
    events("link"),
    events("rename"),
    events("setattr"),
    events("fsync"),
    events("read_page"),
    events("unlink"),
];

/// A metadata operation that a mount was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Lookup,
    Getattr,
    Setattr,
    Truncate,
    /// A new file; Lustre counts it as `mknod`.
    Create,
    Mkdir,
    Rmdir,
    Unlink,
    Symlink,
    Link,
    Rename,
    Open,
    Close,
    Fsync,
    Readdir,
    Statfs,
}

impl Operation {
    /// Its name in `llite/*/stats`; a lookup has none, and no capture shows what a rmdir is called.
    fn in_llite(self) -> Option<&'static str> {
        Some(match self {
            Self::Lookup | Self::Rmdir => return None,
            Self::Getattr => "getattr",
            Self::Setattr => "setattr",
            Self::Truncate => "truncate",
            Self::Create => "mknod",
            Self::Mkdir => "mkdir",
            Self::Unlink => "unlink",
            Self::Symlink => "symlink",
            Self::Link => "link",
            Self::Rename => "rename",
            Self::Open => "open",
            Self::Close => "close",
            Self::Fsync => "fsync",
            Self::Readdir => "readdir",
            Self::Statfs => "statfs",
        })
    }

    /// Its name in the `md_stats` of lmv and mdc. The attributes of a file come with the lock a lookup took.
    fn in_md(self) -> Option<&'static str> {
        Some(match self {
            Self::Lookup | Self::Open => "intent_lock",
            Self::Getattr | Self::Statfs | Self::Truncate => return None,
            Self::Setattr => "setattr",
            Self::Create | Self::Mkdir | Self::Symlink => "create",
            Self::Rmdir | Self::Unlink => "unlink",
            Self::Link => "link",
            Self::Rename => "rename",
            Self::Close => "close",
            Self::Fsync => "fsync",
            Self::Readdir => "read_page",
        })
    }

    /// Its own counter of requests in `mdc/*/stats`; the captures count changes of the name space in none.
    fn in_mdc(self) -> Option<&'static str> {
        match self {
            Self::Lookup | Self::Open | Self::Create => Some("ldlm_ibits_enqueue"),
            Self::Close => Some("mds_close"),
            Self::Readdir => Some("mds_readpage"),
            Self::Fsync => Some("mds_sync"),
            Self::Statfs => Some("mds_statfs"),
            _ => None,
        }
    }
}

/// Bytes to or from one OST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnOst {
    pub ost: usize,
    pub bytes: u64,
}

/// The counters of one client instance.
#[derive(Debug)]
pub struct Activity {
    llite: CounterFile,
    lmv: CounterFile,
    mdc_md: CounterFile,
    mdc: CounterFile,
    oscs: Vec<CounterFile>,
    pub traffic: Traffic,
}

impl Activity {
    pub fn new(root: &Root, client: &Client) -> Self {
        let file = |path: &str, counters, ost| {
            let captured = template::text_of(path);
            CounterFile::new(client.path_of(root, path, ost), counters, captured)
        };
        let oscs = (0..client.osts).map(|ost| {
            file(
                "/sys/kernel/debug/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/stats",
                OSC,
                ost,
            )
        });
        Self {
            llite: file("/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/stats", LLITE, 0),
            lmv: file("/proc/fs/lustre/lmv/p7lsxbev-clilmv-ff3391038293f800/md_stats", MD, 0),
            mdc_md: file(
                "/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/md_stats",
                MD,
                0,
            ),
            mdc: file(
                "/sys/kernel/debug/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/stats",
                MDC,
                0,
            ),
            oscs: oscs.collect(),
            traffic: Traffic::default(),
        }
    }

    /// The files that may have changed.
    pub fn files(&mut self) -> impl Iterator<Item = &mut CounterFile> {
        [&mut self.llite, &mut self.lmv, &mut self.mdc_md, &mut self.mdc]
            .into_iter()
            .chain(&mut self.oscs)
    }

    /// Counts a metadata operation that took `time`.
    pub fn metadata(&mut self, operation: Operation, time: Duration) {
        let micros = micros(time);
        if let Some(name) = operation.in_llite() {
            self.llite.count(name, micros);
        }
        if let Some(name) = operation.in_md() {
            self.lmv.count(name, 1);
            // With one MDT a rename never leaves it, and the captured mdc counts none.
            if operation != Operation::Rename {
                self.mdc_md.count(name, 1);
            }
        }
        if let Some(name) = operation.in_mdc() {
            self.mdc.count("req_waittime", micros);
            self.mdc.count("req_active", 1);
            self.mdc.count(name, if name == "ldlm_ibits_enqueue" { 1 } else { micros });
            self.traffic.rpc(0, 0);
        }
        if operation == Operation::Statfs {
            self.oscs.iter_mut().for_each(|osc| request(osc, "ost_statfs", micros));
        }
    }

    /// Counts a write of the given bytes.
    pub fn write(&mut self, parts: &[OnOst], bytes: u64, time: Duration) {
        self.llite.count("write_bytes", bytes);
        self.llite.count("write", micros(time));
        for part in parts {
            self.oscs[part.ost].count("write_bytes", part.bytes);
            request(&mut self.oscs[part.ost], "ost_write", micros(time));
            self.traffic.rpc(part.bytes, 0);
        }
    }

    /// Counts a read; one that met the end of the file counts nowhere.
    pub fn read(&mut self, parts: &[OnOst], bytes: u64, time: Duration) {
        if bytes == 0 {
            return;
        }
        self.llite.count("read_bytes", bytes);
        self.llite.count("read", micros(time));
        for part in parts {
            self.oscs[part.ost].count("read_bytes", part.bytes);
            request(&mut self.oscs[part.ost], "ost_read", micros(time));
            self.traffic.rpc(0, part.bytes);
        }
    }
}

fn request(file: &mut CounterFile, name: &str, micros: u64) {
    file.count("req_waittime", micros);
    file.count("req_active", 1);
    file.count(name, micros);
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}
