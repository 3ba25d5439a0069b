//! What `make install` puts where, in a folder of its own.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::prerequisites::workspace;
use crate::stage::built_program;

/// The workspace's programs, and where an installation puts them.
const PROGRAMS: [(&str, &str); 3] = [
    ("fsxlustre", "usr/bin/fsxlustre"),
    ("mount-fsxlustre", "sbin/mount.fsxlustre"),
    ("umount-fsxlustre", "sbin/umount.fsxlustre"),
];

/// Runs the lines of `make install` that install files of the checkout. The programs of a release build
/// are not made for it: links to those that were built stand in their places.
///
/// # Panics
///
/// When a line fails.
#[track_caller]
pub fn install_into(folder: &Path) {
    let output = Command::new("make")
        .args(["--dry-run", "--no-print-directory", "install"])
        .arg(format!("DESTDIR={}", folder.display()))
        .current_dir(workspace())
        .output()
        .expect("make is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let recipe = String::from_utf8(output.stdout).expect("UTF-8");
    let is_of_a_file = |line: &&str| line.contains(" packaging/") || line.contains(" agent/data/");
    for line in recipe.lines().filter(is_of_a_file) {
        let run = Command::new("sh").args(["-ec", line]).current_dir(workspace()).status();
        assert!(run.is_ok_and(|status| status.success()), "{line}");
    }
    for (name, to) in PROGRAMS {
        let to = folder.join(to);
        let made = to.parent().map(std::fs::create_dir_all);
        assert!(matches!(made, Some(Ok(()))), "{}", to.display());
        symlink(built_program(name), &to).expect("a link");
    }
}
