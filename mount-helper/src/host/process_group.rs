//! Whether our children must stay in our process group.
//!
//! autofs lets one process group past its trigger: that of whoever makes the mount. systemd runs
//! mount(8) in it, for `x-systemd.automount`. A child in another group that looks at the mount
//! point would wait for the very mount that waits for it.
//!
//! *Source*: `autofs_oz_mode` of Linux 6.1; mountinfo shows the group as `pgrp=` of type autofs.

use super::MountTable;
use std::path::Path;
use std::sync::OnceLock;

/// True when an automount's trigger lets our group pass. It is looked up once: the group does not
/// change while we run.
pub fn must_stay() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let group = nix::unistd::getpgrp().as_raw();
        MountTable::read(Path::new("/proc/self/mountinfo"))
            .is_ok_and(|table| is_let_past(&table, group))
    })
}

fn is_let_past(table: &MountTable, group: i32) -> bool {
    let word = format!("pgrp={group}");
    table
        .mounts
        .iter()
        .any(|mount| mount.fs_type == "autofs" && mount.super_options.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_group_of_an_automount_stays() {
        let line = "36 25 0:32 / /mnt/x rw,relatime shared:16 - autofs systemd-1 \
                    rw,fd=42,pgrp=1,timeout=0,minproto=5,maxproto=5,direct,pipe_ino=1";
        let table = MountTable::parse(line.as_bytes());
        assert!(is_let_past(&table, 1));
        assert!(!is_let_past(&table, 4711));
        assert!(!is_let_past(&MountTable::default(), 1));
    }
}
