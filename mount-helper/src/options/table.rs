//! The option table: the one place where a mount option, its owner and its meaning stand.

/// Whose option it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// fsxlustre's: never passed on.
    Ours,
    /// The Lustre client's.
    Lustre,
    /// The kernel's, for any file system.
    Vfs,
    /// Of fstab and systemd only: never passed on, since the Lustre client refuses it.
    FstabOnly,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct OptionRow {
    /// Its name, without `=`.
    pub name: &'static str,
    /// What its value is, if it takes one.
    pub value: Option<&'static str>,
    /// Whose it is.
    pub owner: Owner,
    /// What holds when it is not given.
    pub default: &'static str,
    /// The setting of the configuration that holds where it is not given.
    pub setting: Option<&'static str>,
    /// What it does.
    pub meaning: &'static str,
    /// The first Lustre client that has it, major and minor number; `None` for all from 2.10 on.
    pub since: Option<(u32, u32)>,
}

const fn ours(
    name: &'static str,
    value: Option<&'static str>,
    default: &'static str,
    meaning: &'static str,
) -> OptionRow {
    OptionRow { name, value, owner: Owner::Ours, default, setting: None, meaning, since: None }
}

impl OptionRow {
    /// The same, with a setting of the configuration that stands in for it.
    const fn or(self, setting: &'static str) -> Self {
        Self { setting: Some(setting), ..self }
    }
}

const fn lustre(name: &'static str, value: Option<&'static str>) -> OptionRow {
    OptionRow {
        name,
        value,
        owner: Owner::Lustre,
        default: "",
        setting: None,
        meaning: "see mount.lustre(8)",
        since: None,
    }
}

const fn lustre_since(
    name: &'static str,
    value: Option<&'static str>,
    since: (u32, u32),
) -> OptionRow {
    OptionRow { since: Some(since), ..lustre(name, value) }
}

const fn vfs(name: &'static str) -> OptionRow {
    OptionRow { owner: Owner::Vfs, meaning: "see mount(8)", ..lustre(name, None) }
}

const fn fstab(name: &'static str) -> OptionRow {
    OptionRow { owner: Owner::FstabOnly, meaning: "see fstab(5)", ..lustre(name, None) }
}

const fn fstab_value(name: &'static str) -> OptionRow {
    OptionRow { value: Some("VALUE"), ..fstab(name) }
}

/// Every option that is known, by what Lustre 2.10 to 2.17 and util-linux 2.38 know.
///
/// *Source*: `llite_lib.c` and `mount_lustre.c` of Lustre, libmount's `optmap.c`.
pub const OPTIONS: &[OptionRow] = &[
    ours(
        "region",
        Some("REGION"),
        "AWS_REGION, AWS_DEFAULT_REGION, [aws] region, IMDSv2",
        "AWS Region to look in",
    )
    .or("aws.region"),
    ours("subdir", Some("/PATH"), "none", "mount this directory of the file system"),
    ours(
        "timeout",
        Some("SECONDS"),
        "80",
        "time for locks, resolution, every attempt, and taking away what came up too late",
    )
    .or("mount.timeout"),
    ours("wait", Some("SECONDS"), "0", "time on top for a file system that is still CREATING"),
    ours("retry", Some("COUNT"), "2", "more attempts within the timeout where another may help")
        .or("mount.retry"),
    ours(
        "verify",
        Some("none|stat|write"),
        "stat",
        "what must work before the mount counts as made: nothing, statvfs, or writing a file too",
    )
    .or("mount.verify"),
    ours(
        "prefer",
        Some("newest|same-subnet"),
        "none",
        "of several file systems with the same tags take the one that was created last, or the one \
         in this node's subnet",
    ),
    ours("layout", Some("PROFILE"), "off", "give the mounted directory this layout profile"),
    ours(
        "tune",
        Some("PROFILE"),
        "off",
        "set this profile of client settings on the client of the mount; off for none",
    )
    .or("tune.profile"),
    ours("require_empty", None, "off", "refuse a mount point that is not empty")
        .or("mount.require_empty"),
    ours("allow_same_fsname", None, "off", "mount beside another file system of the same name"),
    ours(
        "new_client",
        None,
        "off",
        "a client of its own instead of a bind mount of one that is there",
    ),
    lustre("flock", None),
    lustre("noflock", None),
    lustre("localflock", None),
    lustre("user_xattr", None),
    lustre("nouser_xattr", None),
    lustre("user_fid2path", None),
    lustre("nouser_fid2path", None),
    lustre("checksum", None),
    lustre("nochecksum", None),
    lustre("lruresize", None),
    lustre("nolruresize", None),
    lustre("lazystatfs", None),
    lustre("nolazystatfs", None),
    lustre("32bitapi", None),
    lustre("verbose", None),
    lustre("noverbose", None),
    lustre("always_ping", None),
    lustre_since("encrypt", None, (2, 15)),
    lustre_since("noencrypt", None, (2, 15)),
    lustre_since("statfs_project", None, (2, 16)),
    lustre_since("foreign_symlink", Some("PREFIX"), (2, 15)),
    lustre("network", Some("NET")),
    lustre("mgssec", Some("FLAVOR")),
    lustre("skpath", Some("PATH")),
    lustre("exclude", Some("TARGETS")),
    lustre("context", Some("CONTEXT")),
    lustre("fscontext", Some("CONTEXT")),
    lustre("defcontext", Some("CONTEXT")),
    lustre("rootcontext", Some("CONTEXT")),
    vfs("ro"),
    vfs("rw"),
    vfs("suid"),
    vfs("nosuid"),
    vfs("dev"),
    vfs("nodev"),
    vfs("exec"),
    vfs("noexec"),
    vfs("sync"),
    vfs("async"),
    vfs("dirsync"),
    vfs("atime"),
    vfs("noatime"),
    vfs("relatime"),
    vfs("norelatime"),
    vfs("strictatime"),
    vfs("nostrictatime"),
    vfs("lazytime"),
    vfs("nolazytime"),
    vfs("diratime"),
    vfs("nodiratime"),
    vfs("remount"),
    fstab("defaults"),
    fstab("auto"),
    fstab("noauto"),
    fstab("nofail"),
    fstab("_netdev"),
    fstab("user"),
    fstab("nouser"),
    fstab("users"),
    fstab("nousers"),
    fstab("owner"),
    fstab("noowner"),
    fstab("group"),
    fstab("nogroup"),
    fstab_value("user"),
    fstab_value("comment"),
    fstab_value("helper"),
    fstab_value("uhelper"),
];

/// The row of an option, told apart by whether it has a value.
pub(super) fn row(name: &str, has_value: bool) -> Option<&'static OptionRow> {
    OPTIONS.iter().find(|row| row.name == name && row.value.is_some() == has_value)
}

/// The known option whose name is nearest, when one is near enough to be meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    crate::nearest::nearest(name, OPTIONS.iter().map(|row| row.name))
}
