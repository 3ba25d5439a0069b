//! Completions as the shells themselves give them, from where `make install` puts them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is typed before the TAB, and what the line's last word is then: a subcommand, a flag, values
/// that clap knows, and values from tables of ours. The last one has no option before it.
const TYPED: [(&str, &str); 6] = [
    ("fsxlustre mo", "mount"),
    ("fsxlustre umount --if-g", "--if-gone"),
    ("fsxlustre check --gate r", "reboot"),
    ("fsxlustre tune plan --profile aws-d", "aws-documented"),
    ("fsxlustre layout apply --profile checkpoint-per-p", "checkpoint-per-process"),
    ("fsxlustre explain FSXL-X", "FSXL-X101"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// PREFIX/share with the completions, by the recipe's own lines.
fn installed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let destination = format!("DESTDIR={}", folder.path().display());
    let output = Command::new("make")
        .args(["--dry-run", "install", &destination])
        .current_dir(root())
        .output()
        .unwrap();
    let recipe = String::from_utf8(output.stdout).unwrap();
    for line in recipe.lines().filter(|line| line.contains(" packaging/completions/")) {
        let run = Command::new("sh").args(["-ec", line]).current_dir(root()).status().unwrap();
        assert!(run.success(), "{line}");
    }
    folder
}

fn assert_a_tab_completes(shell: &str) {
    let folder = installed();
    let share = folder.path().join("usr/share");
    for (typed, wanted) in TYPED {
        let output = Command::new(root().join("tests/completions/typed"))
            .args([shell, share.to_str().unwrap(), typed, wanted])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_tab_completes_in_bash() {
    assert_a_tab_completes("bash");
}

#[test]
fn a_tab_completes_in_zsh() {
    assert_a_tab_completes("zsh");
}

#[test]
fn a_tab_completes_in_fish() {
    let folder = installed();
    let share = folder.path().join("usr/share");
    // fish loads the completions of a program that is there.
    let program = Path::new(env!("CARGO_BIN_EXE_sandbox-init")).with_file_name("fsxlustre");
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    // What clap writes for fish has no values of arguments without a name.
    let (_, named) = TYPED.split_last().unwrap();
    for (typed, wanted) in named {
        let output = Command::new("fish")
            .args(["-c", "complete -C $argv[1]", typed])
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("PATH", &path)
            .env("XDG_DATA_DIRS", format!("{}:/usr/share", share.display()))
            .output()
            .unwrap();
        let offered = String::from_utf8(output.stdout).unwrap();
        let words: Vec<_> = offered.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, [*wanted], "{typed}");
    }
}

#[test]
fn what_help_does_not_show_is_not_completed() {
    for file in ["fsxlustre", "_fsxlustre", "fsxlustre.fish"] {
        let text =
            std::fs::read_to_string(root().join("packaging/completions").join(file)).unwrap();
        assert!(!text.contains("Writes the man pages"), "{file}");
        assert!(!text.contains("fsxlustre,manual)"), "{file}");
    }
}
