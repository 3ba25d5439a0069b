//! What the other programs print, with and without the kernel modules.

use std::fs;
use std::path::Path;

use crate::captures::{assert_like, at_captured_mount_point, captured};
use crate::sandbox::{MOUNT_POINT, ROOT, SOURCE, control, mount, program, sandboxed};

#[test]
fn missing_modules_are_told_as_captured() {
    sandboxed("programs::missing_modules_are_told_as_captured", || {
        let before = program("modinfo", &["lustre"]);
        assert_like("env/modinfo_lustre", &before, 0);
        assert_eq!(program("modinfo", &["-F", "version", "lustre"]).stdout, "2.15.8\n");
        control("fault", &["set", "modules-missing"]);
        assert_like(
            "42_mount_modules/no_modules",
            &program("mount.lustre", &[SOURCE, MOUNT_POINT]),
            19,
        );
        let tools: [(&str, &[&str], i32); 5] = [
            ("modprobe", &["lustre"], 1),
            ("modinfo", &["lustre"], 1),
            ("lctl", &["dl"], 0),
            ("lctl", &["get_param", "version"], 2),
            ("lctl", &["list_nids"], 1),
        ];
        let mut told = String::new();
        for (name, args, code) in tools {
            let said = program(name, args);
            assert_eq!((said.code, said.stdout.as_str()), (code, ""), "{name} {args:?}");
            told += &said.stderr;
        }
        // The capture ends with lnetctl, which is not stood in for.
        assert!(captured("42_mount_modules/no_modules_modprobe.err").starts_with(&told), "{told}");
        assert!(!Path::new(ROOT).join("sys/fs/lustre").exists());
        assert_eq!(fs::read_to_string(Path::new(ROOT).join("proc/modules")).expect("readable"), "");
        control("fault", &["clear", "modules-missing"]);
        mount();
    });
}

#[test]
fn devices_nids_and_space_are_listed_as_captured() {
    sandboxed("programs::devices_nids_and_space_are_listed_as_captured", || {
        assert_eq!(program("lctl", &["dl"]).stdout, "");
        mount();
        for (args, capture) in
            [(&["dl"][..], "10_mounted/lctl_dl.out"), (&["dl", "-t"], "10_mounted/lctl_dl_t.out")]
        {
            assert_eq!(
                devices(&program("lctl", args).stdout),
                devices(&captured(capture)),
                "{capture}"
            );
        }
        assert_like("10_mounted/lctl_list_nids", &program("lctl", &["list_nids"]), 0);
        assert_like("10_mounted/lctl_version", &program("lctl", &["--version"]), 0);
        assert_like(
            "10_mounted/lctl_get_param_missing",
            &program("lctl", &["get_param", "no.such.param"]),
            2,
        );
        assert_like("10_mounted/lfs_version", &program("lfs", &["--version"]), 0);
        assert_like("10_mounted/lfs_df__tmp", &program("lfs", &["df", "/tmp"]), 95);
        assert_like("10_mounted/lfs_df__nosuch", &program("lfs", &["df", "/nosuch"]), 2);
        let without_numbers = |table: &str| -> Vec<(String, usize)> {
            let rows = at_captured_mount_point(table);
            let rows = rows.lines().filter(|row| !row.contains("MDT0001"));
            rows.map(|row| {
                (
                    row.chars()
                        .filter(|character| !character.is_ascii_digit() && *character != ' ')
                        .collect(),
                    row.len(),
                )
            })
            .collect()
        };
        assert_eq!(
            without_numbers(&program("lfs", &["df", MOUNT_POINT]).stdout),
            without_numbers(&captured("10_mounted/lfs_df_FSX.out"))
        );
    });
}

/// Lines of `lctl dl` without numbers and UUIDs, with the captured instance; the stand-in has one MDT.
fn devices(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.contains("MDT0001"));
    let line = |line: &str| -> String {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], line[..3].trim(), "the number takes three columns in {line}");
        assert_eq!(words[4].len(), 36, "a UUID in {line}");
        let name = words[3].rsplit_once('-').map_or(words[3], |(name, _)| name).to_owned();
        words.splice(3..5, [name.as_str()]);
        words[1..].join(" ")
    };
    lines.map(line).collect()
}
