//! The words of `-o`: which ones become mount flags, which go to the kernel, which are unknown there.

use nix::mount::MsFlags;

/// The words of the VFS and what they do. The real helper compares only as many letters as stand here, so `rodeo` is
/// `ro`.
const VFS: &[(&str, MsFlags, Change)] = &[
    ("defaults", MsFlags::empty(), Change::Set),
    ("rw", MsFlags::MS_RDONLY, Change::Clear),
    ("ro", MsFlags::MS_RDONLY, Change::Set),
    ("exec", MsFlags::MS_NOEXEC, Change::Clear),
    ("noexec", MsFlags::MS_NOEXEC, Change::Set),
    ("suid", MsFlags::MS_NOSUID, Change::Clear),
    ("nosuid", MsFlags::MS_NOSUID, Change::Set),
    ("dev", MsFlags::MS_NODEV, Change::Clear),
    ("nodev", MsFlags::MS_NODEV, Change::Set),
    ("async", MsFlags::MS_SYNCHRONOUS, Change::Clear),
    ("sync", MsFlags::MS_SYNCHRONOUS, Change::Set),
    ("atime", MsFlags::MS_NOATIME, Change::Clear),
    ("noatime", MsFlags::MS_NOATIME, Change::Set),
    ("diratime", MsFlags::MS_NODIRATIME, Change::Clear),
    ("nodiratime", MsFlags::MS_NODIRATIME, Change::Set),
    ("relatime", MsFlags::MS_RELATIME, Change::Set),
    ("norelatime", MsFlags::MS_RELATIME, Change::Clear),
    ("strictatime", MsFlags::MS_STRICTATIME, Change::Set),
    ("auto", MsFlags::empty(), Change::Set),
    ("noauto", MsFlags::empty(), Change::Set),
    ("_netdev", MsFlags::empty(), Change::Set),
];

/// The words that the 2.15 client's kernel side knows, each also with `no` in front.
const SWITCHES: &[&str] = &[
    "flock",
    "user_xattr",
    "acl",
    "checksum",
    "lruresize",
    "lazystatfs",
    "user_fid2path",
    "32bitapi",
    "verbose",
    "always_ping",
    "encrypt",
];
/// And those that stand alone or take a value.
const OTHERS: &[&str] = &[
    "localflock",
    "exclude=",
    "mgssec=",
    "skpath=",
    "network=",
    "context=",
    "fscontext=",
    "defcontext=",
    "rootcontext=",
    "foreign_symlink=",
];

/// The most retries that the helper takes.
const MOST_RETRIES: u32 = 99;

#[derive(Debug, Clone, Copy)]
enum Change {
    Set,
    Clear,
}

/// The list of `-o`, sorted out.
#[derive(Debug)]
pub struct MountOptions {
    /// The list as it was given.
    pub given: String,
    pub flags: MsFlags,
    /// Attempts after the first.
    pub retries: u32,
    /// The words that go to the kernel.
    pub for_kernel: Vec<String>,
    /// Those of them that the kernel refuses.
    pub unknown: Vec<String>,
}

impl MountOptions {
    pub fn read(given: &str) -> Self {
        let mut options = Self {
            given: given.to_owned(),
            flags: MsFlags::empty(),
            retries: 0,
            for_kernel: Vec::new(),
            unknown: Vec::new(),
        };
        for word in given.split(',').filter(|word| !word.is_empty()) {
            options.take(word);
        }
        // Lustre keeps exact access times unless told otherwise.
        if !options.flags.intersects(MsFlags::MS_NOATIME | MsFlags::MS_RELATIME) {
            options.flags |= MsFlags::MS_STRICTATIME;
        }
        options
    }

    fn take(&mut self, word: &str) {
        if let Some(retries) = word.strip_prefix("retry=") {
            // What is no number counts as none (`40_mount/bad_retry`).
            self.retries = retries.parse().unwrap_or(0).min(MOST_RETRIES);
        } else if let Some((_, flag, change)) =
            VFS.iter().find(|(known, ..)| word.starts_with(known))
        {
            match change {
                Change::Set => self.flags |= *flag,
                Change::Clear => self.flags &= !*flag,
            }
        } else {
            if !is_known_to_kernel(word) {
                self.unknown.push(word.to_owned());
            }
            self.for_kernel.push(word.to_owned());
        }
    }
}

fn is_known_to_kernel(word: &str) -> bool {
    let switch = word.strip_prefix("no").unwrap_or(word);
    SWITCHES.contains(&switch)
        || OTHERS.iter().any(|known| {
            if known.ends_with('=') { word.starts_with(known) } else { word == *known }
        })
}
