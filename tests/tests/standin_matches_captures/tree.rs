//! The tree and its counters.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration;

use crate::captures::{INSTANCE, captured};
use crate::sandbox::{MOUNT_POINT, ROOT, eventually, mount, program, sandboxed, shell};

/// The instance of the only mount.
fn instance() -> String {
    let name = shell(&format!("ls {ROOT}/sys/fs/lustre/llite"));
    let (fsname, instance) = name.trim().split_once('-').expect("one client instance");
    assert_eq!((fsname, instance.len()), ("p7lsxbev", INSTANCE.len()));
    instance.to_owned()
}

/// Every file of the tree with its mode; names as captured.
fn tree() -> BTreeSet<(String, u32)> {
    let found = shell(&format!(
        "cd {ROOT}; find proc/fs/lustre sys/fs/lustre sys/kernel/debug/l* -type f -printf '%m /%p\\n'"
    ));
    let file = |line: &str| {
        let (mode, path) = line.split_once(' ').expect("find prints two fields");
        (path.to_owned(), u32::from_str_radix(mode, 8).expect("an octal mode"))
    };
    found.lines().map(file).collect()
}

#[test]
fn tree_is_part_of_the_captured_one_and_goes_with_the_mount() {
    sandboxed("tree::tree_is_part_of_the_captured_one_and_goes_with_the_mount", || {
        let unmounted = tree();
        mount();
        let instance = instance();
        let real: BTreeSet<(String, u32)> = captured("10_mounted/tree/FIND.txt")
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .map(|fields| {
                (fields[6].to_owned(), u32::from_str_radix(fields[1], 8).expect("an octal mode"))
            })
            .collect();
        let ours: BTreeSet<_> = tree()
            .into_iter()
            .map(|(path, mode)| (path.replace(&instance, INSTANCE), mode))
            .collect();
        let invented: Vec<_> = ours.difference(&real).collect();
        assert!(invented.is_empty(), "no real client shows {invented:?}");
        assert!(ours.len() > 300, "only {} files", ours.len());
        let text =
            shell(&format!("cat {ROOT}/proc/fs/lustre/*/*/import {ROOT}/sys/fs/lustre/*/*/*uuid"));
        assert!(
            !text.contains(INSTANCE) && !text.contains("7d2bda4b"),
            "a captured name is left in {text}"
        );
        shell(&format!("umount {MOUNT_POINT}"));
        eventually("the end of the instance", || program("lctl", &["dl"]).stdout.is_empty());
        assert_eq!(tree(), unmounted);
        let directories = shell(&format!(
            "find {ROOT}/sys/fs/lustre {ROOT}/proc/fs/lustre {ROOT}/sys/kernel/debug/lustre -maxdepth 2"
        ));
        let real = captured("40_mount/umount_ok.trees.out");
        for path in directories.lines().map(|path| path.trim_start_matches(ROOT)) {
            assert!(
                real.lines().any(|line| line.trim_end_matches('/') == path),
                "{path} stays behind"
            );
        }
    });
}

/// The counters of a file: name, unit, and the numbers after it.
fn counters(text: &str) -> Vec<(String, String, Vec<u64>)> {
    let times: Vec<&str> =
        text.lines().take(3).map(|line| &line[..25]).map(str::trim_end).collect();
    assert_eq!(times, ["snapshot_time", "start_time", "elapsed_time"]);
    assert!(text.lines().take(3).all(|line| {
        line.ends_with(" secs.nsecs")
            && line
                .split_whitespace()
                .nth(1)
                .is_some_and(|time| time.split_once('.').is_some_and(|(_, nanos)| nanos.len() == 9))
    }));
    let counter = |line: &str| {
        assert_eq!(&line[25..26], " ", "names take 25 columns in {line}");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[2], "samples", "{line}");
        let numbers = [words[1]]
            .iter()
            .chain(&words[4..])
            .map(|word| word.parse().expect("a number"))
            .collect();
        (words[0].to_owned(), words[3].to_owned(), numbers)
    };
    text.lines().skip(3).map(counter).collect()
}

fn sum_of(path: &str, name: &str) -> u64 {
    let text = shell(&format!("cat {ROOT}/{path}"));
    counters(&text)
        .into_iter()
        .find(|(counter, ..)| counter == name)
        .map_or(0, |(_, _, numbers)| numbers[3])
}

/// The sum of a counter over all OSTs.
fn on_osts(name: &str) -> u64 {
    let list = shell(&format!("cd {ROOT}; ls -d sys/kernel/debug/lustre/osc/*/stats"));
    list.lines().map(|path| sum_of(path, name)).sum()
}

#[test]
fn io_moves_the_counters_by_its_bytes() {
    sandboxed("tree::io_moves_the_counters_by_its_bytes", || {
        mount();
        let llite = format!("sys/kernel/debug/lustre/llite/p7lsxbev-{}/stats", instance());
        assert_eq!((sum_of(&llite, "write_bytes"), on_osts("write_bytes")), (0, 0));
        let file = format!("{MOUNT_POINT}/striped");
        assert_eq!(program("lfs", &["setstripe", "-c", "4", "-S", "64K", &file]).code, 0);
        let data = vec![7; 3 * 1024 * 1024 + 17];
        let mut writer = File::options().write(true).open(&file).expect("the file opens");
        writer.write_all(&data).expect("the file takes data");
        drop(writer);
        // After close(2) the tree is up to date: no waiting here.
        assert_eq!(
            (sum_of(&llite, "write_bytes"), on_osts("write_bytes")),
            (data.len() as u64, data.len() as u64)
        );
        let mut read = Vec::new();
        File::open(&file).expect("the file opens").read_to_end(&mut read).expect("the file reads");
        assert_eq!(read, data);
        assert_eq!(
            (sum_of(&llite, "read_bytes"), on_osts("read_bytes")),
            (data.len() as u64, data.len() as u64)
        );
        for ost in 0..4 {
            let path = format!(
                "sys/kernel/debug/lustre/osc/p7lsxbev-OST{ost:04x}-osc-{}/stats",
                instance()
            );
            assert!(
                sum_of(&path, "write_bytes").abs_diff(data.len() as u64 / 4) <= 65_536,
                "stripes are spread evenly"
            );
        }
        let lnet: Vec<u64> = shell(&format!("cat {ROOT}/sys/kernel/debug/lnet/stats"))
            .split_whitespace()
            .map(|word| word.parse().expect("a number"))
            .collect();
        assert_eq!(lnet.len(), 11);
        assert!(lnet[7] > data.len() as u64 && lnet[8] > data.len() as u64);
    });
}

#[test]
fn counter_files_keep_the_captured_grammar() {
    sandboxed("tree::counter_files_keep_the_captured_grammar", || {
        mount();
        shell(&format!(
            "cd {MOUNT_POINT}; mkdir d; echo x > d/f; cat d/f; mv d/f d/g; ln d/g d/h; ln -s g d/s; chmod 600 d/g; truncate -s 5 d/g; \
             sync d/g; ls -l d; df .; rm d/g d/h d/s; rmdir d"
        ));
        sleep(Duration::from_millis(100));
        let files = [
            "sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/stats",
            "sys/kernel/debug/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/stats",
            "sys/kernel/debug/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/stats",
            "proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/md_stats",
            "proc/fs/lustre/lmv/p7lsxbev-clilmv-ff3391038293f800/md_stats",
        ];
        for file in files {
            let real = counters(&captured(&format!("10_mounted/tree/{file}")));
            let ours =
                counters(&shell(&format!("cat {ROOT}/{}", file.replace(INSTANCE, &instance()))));
            let mut rest = real.iter();
            for (name, unit, numbers) in &ours {
                let same = rest
                    .find(|(real, ..)| real == name)
                    .unwrap_or_else(|| panic!("{file} has no {name} at that place"));
                assert_eq!((unit, numbers.len()), (&same.1, same.2.len()), "{name} in {file}");
            }
            assert!(ours.len() >= 6, "{file}: {ours:?}");
        }
    });
}
