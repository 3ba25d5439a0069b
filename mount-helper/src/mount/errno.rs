//! What the exit code of mount.lustre means.
//!
//! mount.lustre exits with a raw errno (2, 5, 17, 19, 22, …), which collides with mount(8)'s own
//! codes, so it is never handed on.
//!
//! *Source*: captured from a real 2.15.8 client; `mount_lustre.c` of Lustre 2.10 to 2.17.

use crate::failure::Code;

/// One cause of a failure of mount.lustre.
#[derive(Clone, Copy, Debug)]
pub struct ErrnoMeaning {
    /// The exit codes; none for "any other".
    pub errnos: &'static [i32],
    /// A text that stderr or the kernel's log must have for it.
    pub said: Option<&'static str>,
    /// The code of the failure.
    pub code: Code,
    /// What did not work.
    pub what: &'static str,
    /// What mends it.
    pub remedy: &'static str,
}

const OPEN_PORTS: &str = "open TCP 988 and 1018-1023 between node and file system in both security \
                          groups; `lctl list_nids` must show an address that reaches the server; \
                          `fsxlustre check SOURCE` says whether the versions fit";

/// All of them; the first that fits holds.
pub const ERRNO_MEANINGS: &[ErrnoMeaning] = &[
    ErrnoMeaning {
        errnos: &[1],
        said: None,
        code: Code::MountPermission,
        what: "this process may not mount",
        remedy: "allow it: a container needs CAP_SYS_ADMIN in the node's own user namespace",
    },
    ErrnoMeaning {
        errnos: &[1, 13],
        said: None,
        code: Code::MountDenied,
        what: "the mount was denied, though this process may mount",
        remedy: "let this client in on the file system's side (its root squash and security groups); \
                 see in the kernel log and the audit log whether a seccomp or SELinux rule of this \
                 node denied it",
    },
    ErrnoMeaning {
        errnos: &[2],
        said: Some("can't add initial connection"),
        code: Code::NoNetwork,
        what: "this node's LNet has no network of the server's kind",
        remedy: "configure LNet for the network of the NID (FSx uses tcp): `lctl list_nids` shows \
                 what there is",
    },
    ErrnoMeaning {
        errnos: &[2],
        said: Some("can't add initial connection"),
        code: Code::OtherLnetNetwork,
        what: "the source names a network of LNet that this node is not made for",
        remedy: "write the server as FSx does, HOST@tcp; another network must be configured on every \
                 node first: `lctl list_nids` shows what there is",
    },
    ErrnoMeaning {
        errnos: &[2],
        said: Some("cannot resolve"),
        code: Code::MountPointMissing,
        what: "the mount point does not exist",
        remedy: "make it: mkdir -p",
    },
    ErrnoMeaning {
        errnos: &[2],
        said: Some("cannot mds_connect"),
        code: Code::SubdirUnfit,
        what: "the sub-directory does not exist",
        remedy: "mount the whole file system once and make the directory: mkdir -p",
    },
    ErrnoMeaning {
        errnos: &[2],
        said: None,
        code: Code::FsnameUnknown,
        what: "the server does not know this mount name",
        remedy: "name the file system by its id or tags, so that fsxlustre finds its mount name",
    },
    ErrnoMeaning {
        errnos: &[5],
        said: None,
        code: Code::ServerUnreachable,
        what: "the file system's server does not answer, or refuses this client's version",
        remedy: OPEN_PORTS,
    },
    ErrnoMeaning {
        errnos: &[110, 111, 113],
        said: None,
        code: Code::ServerUnreachable,
        what: "the file system's server does not answer",
        remedy: OPEN_PORTS,
    },
    ErrnoMeaning {
        errnos: &[16, 114, 115],
        said: None,
        code: Code::MountRace,
        what: "another mount is going on",
        remedy: "try again in a few seconds",
    },
    ErrnoMeaning {
        errnos: &[17],
        said: None,
        code: Code::MountExists,
        what: "mount.lustre says that it is mounted already",
        remedy: "if `findmnt` does not show it, /etc/mtab is stale: ln -sf ../proc/self/mounts \
                 /etc/mtab",
    },
    ErrnoMeaning {
        errnos: &[19],
        said: Some("LNetError"),
        code: Code::LnetDown,
        what: "LNet could not start",
        remedy: "correct `options lnet networks=…` in /etc/modprobe.d (FSx needs tcp on an interface \
                 that exists: `ip link`), then `lustre_rmmod` and mount again",
    },
    ErrnoMeaning {
        errnos: &[19],
        said: None,
        code: Code::ModuleMissing,
        what: "the Lustre module could not be loaded",
        remedy: "install the Lustre client for the running kernel: `fsxlustre check` prints the \
                 command",
    },
    ErrnoMeaning {
        errnos: &[20],
        said: None,
        code: Code::MountPointUnfit,
        what: "the mount point is not a directory",
        remedy: "name a directory as the mount point",
    },
    ErrnoMeaning {
        errnos: &[22],
        said: Some("Can't parse NID"),
        code: Code::NameUnresolved,
        what: "a server's name could not be resolved",
        remedy: "check that DNS works on this node and the VPC has DNS resolution on: \
                 `getent hosts NAME`",
    },
    ErrnoMeaning {
        errnos: &[22],
        said: Some("Unknown option"),
        code: Code::LustreOption,
        what: "the Lustre client does not know an option",
        remedy: "remove the option that the kernel names (above) from the -o list",
    },
    ErrnoMeaning {
        errnos: &[22],
        said: Some("no server support"),
        code: Code::NotADevice,
        what: "the source is not a Lustre client's device",
        remedy: "write it as HOST@tcp:/MOUNTNAME[/DIRECTORY]",
    },
    ErrnoMeaning {
        errnos: &[36],
        said: None,
        code: Code::NotADevice,
        what: "the mount name is longer than Lustre allows",
        remedy: "correct it: a mount name has at most 8 characters",
    },
    ErrnoMeaning {
        errnos: &[22],
        said: None,
        code: Code::LustreOption,
        what: "the Lustre client refused an option or the device",
        remedy: "see which one in the kernel log: `dmesg | tail`",
    },
    ErrnoMeaning {
        errnos: &[126, 127],
        said: None,
        code: Code::MountHelperMissing,
        what: "mount.lustre cannot be run: a part of the Lustre client is missing",
        remedy: "install the package lustre-client again; `ldd /sbin/mount.lustre` names a library \
                 that is missing",
    },
    ErrnoMeaning {
        errnos: &[],
        said: None,
        code: Code::MountFailed,
        what: "mount.lustre failed",
        remedy: "see the kernel log (`dmesg | tail`) and run `fsxlustre check`",
    },
];

/// The row for an exit code and what was said, on stderr and in the kernel's log; `is_out` tells which
/// codes cannot be meant on this node.
pub(super) fn meaning(
    errno: i32,
    said: &str,
    is_out: impl Fn(Code) -> bool,
) -> &'static ErrnoMeaning {
    const ANY_OTHER: &ErrnoMeaning = &ERRNO_MEANINGS[ERRNO_MEANINGS.len() - 1];
    ERRNO_MEANINGS
        .iter()
        .filter(|row| row.errnos.contains(&errno) && !is_out(row.code))
        .find(|row| row.said.is_none_or(|text| said.contains(text)))
        .unwrap_or(ANY_OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_captured_failure_has_its_meaning() {
        let no_interface = "LNetError: 4347:0:(socklnd.c:2518:ksocknal_startup()) ksocklnd: failed \
                            to find interface eth9";
        for (errno, said, code) in [
            (2, "Is the MGS specification correct?", Code::FsnameUnknown),
            (2, "(ldlm_lib.c:562) can't add initial connection", Code::NoNetwork),
            (2, "warning: /mnt: cannot resolve: No such file", Code::MountPointMissing),
            (2, "llite: cannot mds_connect: rc = -2", Code::SubdirUnfit),
            (17, "according to /etc/mtab a is already mounted on b", Code::MountExists),
            (22, "mount.lustre: cannot mount /dev/x: no server support", Code::NotADevice),
            (5, "Is the MGS running?", Code::ServerUnreachable),
            (19, "Are the lustre modules loaded?", Code::ModuleMissing),
            (19, no_interface, Code::LnetDown),
            (20, "failed: Not a directory", Code::MountPointUnfit),
            (22, "mount.lustre: Can't parse NID 'x@tcp:/y'", Code::NameUnresolved),
            (22, "152-6: Unknown option 'nosuchopt', won't mount.", Code::LustreOption),
            (22, "This may have multiple causes.", Code::LustreOption),
            (36, "", Code::NotADevice),
            (1, "Operation not permitted", Code::MountPermission),
            (13, "Permission denied", Code::MountDenied),
            (127, "error while loading shared libraries: libyaml", Code::MountHelperMissing),
            (114, "", Code::MountRace),
            (110, "", Code::ServerUnreachable),
            (77, "", Code::MountFailed),
        ] {
            let found = meaning(errno, said, |_| false);
            assert_eq!(found.code, code, "{errno} {said}");
            assert!(!found.remedy.is_empty());
            assert_eq!(found.code.row().mount_exit, 32);
        }
    }

    #[test]
    fn what_cannot_be_meant_on_this_node_leaves_the_other() {
        let of = |errno, said, out| meaning(errno, said, |code| code == out).code;
        assert_eq!(of(1, "", Code::MountPermission), Code::MountDenied);
        let no_network = "can't add initial connection";
        assert_eq!(of(2, no_network, Code::NoNetwork), Code::OtherLnetNetwork);
    }
}
