//! The captured tree that every client instance is made from.
//!
//! `tests/fixtures/lustre-2.15.8/tree-template` holds a real client's files before its first I/O, for one MDT and one
//! OST: `VALUES.txt` the files of one line (in the form of `grep -r`), a file of its own for each longer one, and
//! `FIND.txt` the modes. All of it is compiled in, so the program needs no repository when it runs.

/// Names inside the template that an instance replaces by its own.
pub const FSNAME: &str = "p7lsxbev";
pub const INSTANCE: &str = "ff3391038293f800";
pub const CLIENT_UUID: &str = "7d2bda4b-f891-4741-87db-879585e87252";
pub const MGC_UUID: &str = "37649632-d5b9-44a6-b9a7-d920a2620363";
pub const SERVER_NID: &str = "192.168.77.10@tcp";
pub const CLIENT_NID: &str = "192.168.77.20@tcp";
/// The second at which the captured client was mounted: other times in the template count from here.
pub const MOUNTED_AT: u64 = 1_795_211_346;

const VALUES: &str = include_str!("../../fixtures/lustre-2.15.8/tree-template/VALUES.txt");
const MODES: &str = include_str!("../../fixtures/lustre-2.15.8/tree-template/FIND.txt");

/// The path a captured file had on the client, and its text.
macro_rules! captured {
    ($path:literal) => {
        ($path, include_str!(concat!("../../fixtures/lustre-2.15.8/tree-template", $path)))
    };
}

const LONG_FILES: &[(&str, &str)] = &[
    captured!("/proc/fs/lustre/lmv/p7lsxbev-clilmv-ff3391038293f800/md_stats"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/import"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/md_stats"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/mdc_cached_mb"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/mdc_stats"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/mds_server_uuid"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/rpc_stats"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/state"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/timeouts"),
    captured!("/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/unstable_stats"),
    captured!("/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/import"),
    captured!("/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/osc_cached_mb"),
    captured!("/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/osc_stats"),
    captured!("/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/ost_server_uuid"),
    captured!("/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/rpc_stats"),
    captured!("/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/state"),
    captured!("/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/timeouts"),
    captured!("/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/unstable_stats"),
    captured!("/sys/kernel/debug/lnet/nis"),
    captured!("/sys/kernel/debug/lnet/peers"),
    captured!("/sys/kernel/debug/lnet/stats"),
    captured!("/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/extents_stats"),
    captured!("/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/max_cached_mb"),
    captured!("/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/read_ahead_stats"),
    captured!("/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/statahead_stats"),
    captured!("/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/stats"),
    captured!("/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/unstable_stats"),
    captured!("/sys/kernel/debug/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/stats"),
    captured!("/sys/kernel/debug/lustre/mgc/MGC192.168.77.10@tcp/import"),
    captured!("/sys/kernel/debug/lustre/mgc/MGC192.168.77.10@tcp/mgs_server_uuid"),
    captured!("/sys/kernel/debug/lustre/mgc/MGC192.168.77.10@tcp/state"),
    captured!("/sys/kernel/debug/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/stats"),
];

/// What a file of the tree belongs to, and so when it appears and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// There as soon as the modules are loaded.
    Modules,
    /// One for each MGS a client is connected to.
    Mgc,
    /// One for each client instance.
    Client,
    /// One for each OST of each client instance.
    Ost,
}

/// One file of the template.
#[derive(Debug, Clone)]
pub struct TemplateFile {
    /// Where it is on a client, below `/`.
    pub path: String,
    pub content: String,
    pub mode: u32,
    pub scope: Scope,
}

/// Every file of the template.
pub fn files() -> Vec<TemplateFile> {
    let short = VALUES
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(path, value)| (path, format!("{value}\n")));
    let long = LONG_FILES.iter().map(|(path, content)| (*path, (*content).to_owned()));
    short
        .chain(long)
        .map(|(path, content)| TemplateFile {
            path: path.to_owned(),
            content,
            mode: mode_of(path),
            scope: scope_of(path),
        })
        .collect()
}

/// The text of the long file whose path ends in `name`.
pub fn text_of(name: &str) -> &'static str {
    LONG_FILES.iter().find(|(path, _)| path.ends_with(name)).map_or("", |(_, content)| content)
}

fn scope_of(path: &str) -> Scope {
    if path.contains("OST0000") {
        Scope::Ost
    } else if path.contains(INSTANCE) {
        Scope::Client
    } else if path.contains(SERVER_NID) {
        Scope::Mgc
    } else {
        Scope::Modules
    }
}

/// The octal mode in `FIND.txt`: `-rw-r--r-- 644 root root f 4096 PATH`.
fn mode_of(path: &str) -> u32 {
    let fields = MODES.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let mode = fields
        .into_iter()
        .find(|fields| fields.get(6) == Some(&path))
        .and_then(|fields| u32::from_str_radix(fields[1], 8).ok());
    mode.unwrap_or(0o444)
}
