//! HSM: what `lfs hsm_*` says and does where it is off, where nobody copies, and where somebody does.

use crate::captures::{assert_like, at_captured_mount_point, captured};
use crate::sandbox::{
    MOUNT_POINT, bash, control, eventually, mount, path_of, program, sandboxed, shell,
};

/// Captures that are in `30_hsm_off` and in `30_hsm_on`, in their order; `@` is `/fsx/hsm`.
const CALLS: &[(&str, &str)] = &[
    ("hsm_state_HSM_f0", "hsm_state @/f0"),
    ("hsm_state__v_HSM_f0", "hsm_state -v @/f0"),
    ("hsm_state_HSM_f0_HSM_f1", "hsm_state @/f0 @/f1"),
    ("hsm_action_HSM_f0", "hsm_action @/f0"),
    ("hsm_action_HSM_f0_HSM_f1", "hsm_action @/f0 @/f1"),
    ("hsm_state_HSM_dir", "hsm_state @/dir"),
    ("hsm_action_HSM_dir", "hsm_action @/dir"),
    ("hsm_state_HSM_nosuch", "hsm_state @/nosuch"),
    ("hsm_action_HSM_nosuch", "hsm_action @/nosuch"),
    ("hsm_state__etc_passwd", "hsm_state /etc/passwd"),
    ("hsm_action__etc_passwd", "hsm_action /etc/passwd"),
    ("hsm_restore__etc_passwd", "hsm_restore /etc/passwd"),
    ("hsm_restore_HSM_f1", "hsm_restore @/f1"),
    ("hsm_restore_HSM_nosuch", "hsm_restore @/nosuch"),
    ("hsm_release_HSM_f1", "hsm_release @/f1"),
    ("hsm_archive_HSM_f2", "hsm_archive @/f2"),
    ("hsm_archive___archive_2_HSM_f3", "hsm_archive --archive 2 @/f3"),
    ("hsm_cancel_HSM_f2", "hsm_cancel @/f2"),
    ("hsm_remove_HSM_f1", "hsm_remove @/f1"),
    ("hsm_restore_HSM_dir", "hsm_restore @/dir"),
    ("hsm_restore_HSM_f4_HSM_f5", "hsm_restore @/f4 @/f5"),
    ("hsm_set___exists_HSM_f6", "hsm_set --exists @/f6"),
    ("hsm_set___lost_HSM_f6", "hsm_set --lost @/f6"),
    ("hsm_state_HSM_f6", "hsm_state @/f6"),
    ("hsm_set___norelease___noarchive_HSM_f7", "hsm_set --norelease --noarchive @/f7"),
    ("hsm_state_HSM_f7", "hsm_state @/f7"),
    ("hsm_set___dirty_HSM_f8", "hsm_set --dirty @/f8"),
    ("hsm_state_HSM_f8", "hsm_state @/f8"),
    ("hsm_clear___exists___lost_HSM_f6", "hsm_clear --exists --lost @/f6"),
    ("hsm_clear___dirty_HSM_f8", "hsm_clear --dirty @/f8"),
    ("hsm_clear___norelease___noarchive_HSM_f7", "hsm_clear --norelease --noarchive @/f7"),
    ("hsm_state_HSM_f2", "hsm_state @/f2"),
    ("hsm_action_HSM_f2", "hsm_action @/f2"),
    ("hsm_restore___filelist__nosuch", "hsm_restore --filelist /nosuch"),
    ("hsm_restore", "hsm_restore"),
    ("hsm_state", "hsm_state"),
    ("hsm_action", "hsm_action"),
];

/// The same as another user.
const OF_A_USER: &[(&str, &str)] = &[
    ("user_state", "hsm_state @/f0"),
    ("user_restore", "hsm_restore @/f0"),
    ("user_action", "hsm_action @/f0"),
    ("user_archive_own", "hsm_archive /run/fsx/u1/h"),
    ("user_state_priv", "hsm_state @/f9"),
];

fn files() {
    mount();
    shell(&format!(
        "mkdir -p {MOUNT_POINT}/hsm/dir {MOUNT_POINT}/u1 && cd {MOUNT_POINT}/hsm && \
         for f in f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 big big2 empty; do touch $f; done && \
         echo x > f1 && echo y > f2 && echo z > f5 && chmod 600 f9 && \
         touch ../u1/h && chown -R 1000 ../u1"
    ));
}

/// The exit status that the capturing shell echoed last.
fn status(capture: &str) -> i32 {
    let text = captured(&format!("{capture}.out"));
    let shown = text.lines().rev().find_map(|line| line.strip_prefix("rc="));
    shown.and_then(|number| number.parse().ok()).expect(capture)
}

fn words(line: &str) -> Vec<String> {
    line.replace('@', &format!("{MOUNT_POINT}/hsm")).split(' ').map(str::to_owned).collect()
}

fn told_as_in(folder: &str) {
    for (name, call) in CALLS {
        let words = words(call);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let name = format!("{folder}/{name}");
        assert_like(&name, &program("lfs", &words), status(&name));
    }
    for (name, call) in OF_A_USER {
        let lfs = path_of("lfs").display().to_string();
        let line = format!(
            "setpriv --reuid 1000 --regid 1000 --clear-groups {lfs} {}",
            words(call).join(" ")
        );
        let name = format!("{folder}/{name}");
        assert_like(&name, &bash(&line), status(&name));
    }
}

#[test]
fn without_a_coordinator_requests_are_refused_as_captured() {
    sandboxed("archive::without_a_coordinator_requests_are_refused_as_captured", || {
        files();
        told_as_in("30_hsm_off");
    });
}

#[test]
fn without_a_copytool_requests_wait_as_captured() {
    sandboxed("archive::without_a_copytool_requests_wait_as_captured", || {
        files();
        control("hsm", &["p7lsxbev", "on"]);
        told_as_in("30_hsm_on");
    });
}

/// Runs `lfs` and compares it with a capture of `30_hsm_ct`.
fn like(name: &str, call: &str, code: i32) {
    let words = words(call);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_like(&format!("30_hsm_ct/{name}"), &program("lfs", &words), code);
}

fn says(call: &str) -> String {
    let words = words(call);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    at_captured_mount_point(&program("lfs", &words).stdout)
}

/// A capture has this line.
fn is_in(capture: &str, said: &str) {
    let text = captured(&format!("30_hsm_ct/{capture}.out"));
    assert!(
        text.lines().any(|line| line == said.trim_end()),
        "{said:?} is not in {capture}: {text}"
    );
}

fn copytool(waits: &str, takes: &str) {
    control("hsm", &["p7lsxbev", "copytool", waits, takes]);
}

#[test]
fn a_copytool_archives_releases_and_restores_as_captured() {
    sandboxed("archive::a_copytool_archives_releases_and_restores_as_captured", || {
        files();
        copytool("0", "0");
        like("archive_small", "hsm_archive @/f1 @/f2", 0);
        like("archived_state", "hsm_state @/f1", 0);
        like("archived_action", "hsm_action @/f1", 0);
        copytool("0", "600000");
        like("archive_big", "hsm_archive @/big", 0);
        is_in("archive_big_progress", &says("hsm_action @/big"));
        is_in("archive_big_progress", &says("hsm_state @/big"));
        copytool("0", "0");
        eventually("the copy", || says("hsm_action @/big").contains("NOOP"));
        is_in("archive_big_progress", &says("hsm_state @/big"));
        like("release", "hsm_release @/f1 @/big", 0);
        like("released_state", "hsm_state @/f1", 0);
        like("released_action", "hsm_action @/f1", 0);
        like("released_big_state", "hsm_state @/big", 0);
        like("release_again", "hsm_release @/f1", 0);
        like("release_not_archived", "hsm_release @/f5", 1);
        like("restore", "hsm_restore @/f1", 0);
        like("restored_state", "hsm_state @/f1", 0);
        like("restored_action", "hsm_action @/f1", 0);
        like("restore_again", "hsm_restore @/f1", 0);
        like("restore_mixed", "hsm_restore @/f1 @/nosuch @/big", 2);
        // It failed before anything was asked for.
        is_in("restore_big_progress", &says("hsm_state @/big"));
        like("release2", "hsm_release @/big @/f2", 0);
        assert_eq!(shell(&format!("cat {MOUNT_POINT}/hsm/f2")), "y\n");
        is_in("implicit_restore_read", &says("hsm_state @/f2"));
        shell(&format!("echo more >> {MOUNT_POINT}/hsm/f1"));
        like("dirty", "hsm_state @/f1", 0);
        like("release_dirty", "hsm_release @/f1", 1);
        assert_eq!(says("hsm_remove @/f2"), "");
        is_in("remove", &says("hsm_state @/f2"));
    });
}

#[test]
fn what_is_cancelled_or_lost_stays_as_it_was_as_captured() {
    sandboxed("archive::what_is_cancelled_or_lost_stays_as_it_was_as_captured", || {
        files();
        copytool("0", "600000");
        assert_eq!(says("hsm_archive @/big2"), "");
        is_in("cancel", &says("hsm_action @/big2"));
        like("cancel_request", "hsm_cancel @/big2", 0);
        is_in("cancel", &says("hsm_action @/big2"));
        is_in("cancel", &says("hsm_state @/big2"));
        control("hsm", &["p7lsxbev", "set", "/hsm/big", "0d"]);
        assert_eq!(says("hsm_restore @/big"), "");
        like("restore_big_cancel_request", "hsm_cancel @/big", 0);
        is_in("restore_big_cancel", &says("hsm_action @/big"));
        is_in("restore_big_cancel", &says("hsm_state @/big"));
        control("hsm", &["p7lsxbev", "set", "/hsm/f5", "0d"]);
        control("hsm", &["p7lsxbev", "lose", "/hsm/f5"]);
        copytool("0", "0");
        assert_eq!(says("hsm_restore @/f5"), "");
        is_in("prep_nocopytool", &says("hsm_action @/f5"));
        is_in("prep_nocopytool", &says("hsm_state @/f5"));
        let read = bash(&format!("md5sum {MOUNT_POINT}/hsm/f5"));
        let said = at_captured_mount_point(&read.stderr);
        assert_eq!((read.code, said), (1, captured("30_hsm_ct/prep_nocopytool.err")));
    });
}

#[test]
fn without_a_copytool_a_read_waits_until_it_is_killed() {
    sandboxed("archive::without_a_copytool_a_read_waits_until_it_is_killed", || {
        files();
        control("hsm", &["p7lsxbev", "on"]);
        control("hsm", &["p7lsxbev", "set", "/hsm/f4", "0d"]);
        assert_eq!(says("hsm_restore @/f4"), "");
        is_in("nocopytool_restore", &says("hsm_action @/f4"));
        is_in("nocopytool_restore", &says("hsm_state @/f4"));
        shell(&format!("echo data >> {MOUNT_POINT}/hsm/f8"));
        control("hsm", &["p7lsxbev", "set", "/hsm/f8", "0d"]);
        let read = bash(&format!("timeout -s KILL 0.3 md5sum {MOUNT_POINT}/hsm/f8; exit $?"));
        assert_eq!(read.code, status("30_hsm_ct/nocopytool_read"), "{read:?}");
        is_in("nocopytool_restore", &says("hsm_action @/f8").replace("f8", "f4"));
        assert_eq!(says("hsm_archive @/f6"), "");
        is_in("nocopytool_archive", &says("hsm_action @/f6"));
        is_in("nocopytool_archive", &says("hsm_state @/f6"));
        assert_eq!(says("hsm_cancel @/f4"), "");
        is_in("nocopytool_cancel", &says("hsm_action @/f4"));
    });
}

#[test]
fn fifty_two_files_are_the_most_and_a_failure_ends_a_list_as_captured() {
    sandboxed(
        "archive::fifty_two_files_are_the_most_and_a_failure_ends_a_list_as_captured",
        || {
            mount();
            shell(&format!(
                "mkdir {MOUNT_POINT}/more {MOUNT_POINT}/more/d && cd {MOUNT_POINT}/more && touch $(seq -f f%g 1 60)"
            ));
            let lfs = path_of("lfs").display().to_string();
            let there = |line: &str| bash(&format!("cd {MOUNT_POINT}/more && {lfs} {line}"));
            for (count, code) in [(60, 7), (53, 7), (52, 11)] {
                let said = there(&format!("hsm_archive $(seq -f f%g 1 {count})"));
                assert_like(&format!("60_more/hsm_archive_{count}"), &said, code);
            }
            let said = there("hsm_state f1 f2 f3 d nosuch /etc/passwd");
            assert_like("60_more/hsm_state_multi", &said, 25);
            let said = there("hsm_action f1 f2 nosuch");
            assert_like("60_more/hsm_action_multi", &said, 2);
        },
    );
}
