//! EBUSY and clients that live on: the holders by name.

use super::*;

/// The command is refused, and the holder is told in both forms.
#[track_caller]
fn busy(sandbox: &Sandbox, kind: &str, pid: Option<u64>, path: &str) {
    let told = umount(sandbox, &["--json", DIRECTORY]);
    assert_eq!(told.code(), Some(32), "{kind}: {told}");
    let value = json(&told);
    assert_eq!(value["failure"]["code"], "FSXL-U101", "{kind}: {value}");
    let holders = value["holders"].as_array().unwrap();
    let is_it = |one: &&Value| one["kind"] == kind && one["path"] == path && one["busy"] == true;
    let found = holders.iter().find(is_it).unwrap_or_else(|| panic!("{kind} {path}: {value:#}"));
    assert_eq!(found["pid"].as_u64(), pid, "{value:#}");
    if pid.is_some() {
        assert_eq!((&found["user"], &found["uid"]), (&json!("root"), &json!(0)), "{value:#}");
    }
    assert!(told.stderr.contains(path), "{told}");
    assert!(is_mounted(sandbox, DIRECTORY));
}

#[test]
fn each_kind_of_holder_is_named() {
    let (sandbox, _) = mounted();
    let file = format!("{DIRECTORY}/f1");
    sandbox.run(["sh", "-c", &format!("echo text > {file}; cp /bin/sleep {DIRECTORY}/sleep")]);
    let mapped = format!(
        "import ctypes, os, time
f = os.open('{file}', os.O_RDONLY)
c = ctypes.CDLL(None); c.mmap.restype = ctypes.c_void_p
c.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
assert c.mmap(None, 4096, 1, 2, f, 0) not in (None, 2**64 - 1)
os.close(f); print(os.getpid(), flush=True); time.sleep(60)"
    );
    let rooted = format!(
        "import os, time\nos.chroot('{DIRECTORY}'); print(os.getpid(), flush=True); time.sleep(60)"
    );
    let script = format!("{DIRECTORY}/sleep");
    for (kind, command, path) in [
        ("open-file", format!("exec 3<{file}; echo $$; exec sleep 60"), file.as_str()),
        ("current-directory", format!("cd {DIRECTORY}; echo $$; exec sleep 60"), DIRECTORY),
        ("root-directory", format!("exec python3 -c \"{rooted}\""), DIRECTORY),
        ("executable", format!("echo $$; exec {script} 60"), script.as_str()),
        ("mapping", format!("exec python3 -c \"{mapped}\""), file.as_str()),
    ] {
        let (running, pid) = holder(&sandbox, &command);
        let ready = || umount_would_be_busy(&sandbox, kind, pid);
        eventually(kind, ready);
        busy(&sandbox, kind, Some(pid), path);
        drop(running);
    }
    eventually("all have ended", || umount(&sandbox, &[DIRECTORY]).is_success());
    nothing_left(&sandbox);
}

/// A holder says its number just before it becomes what it will be.
fn umount_would_be_busy(sandbox: &Sandbox, kind: &str, pid: u64) -> bool {
    let seen = match kind {
        "executable" => format!("/proc/{pid}/exe"),
        _ => return true,
    };
    sandbox.run(["readlink", &seen]).stdout.contains(DIRECTORY)
}

#[test]
fn a_user_is_told_by_name_and_strange_names_are_shown_safely() {
    let (sandbox, _) = mounted();
    let script = format!(
        "f=$(printf '{DIRECTORY}/a\\033[31m\\nb'); : > \"$f\"; chmod 666 \"$f\"; chmod 777 {DIRECTORY}
         exec setpriv --reuid nobody --clear-groups sh -c 'exec 3<\"$1\" 4<\"$1\"; echo $$; exec sleep 60' sh \"$f\""
    );
    let (_running, pid) = holder(&sandbox, &script);
    let told = umount(&sandbox, &[DIRECTORY]);
    assert_eq!(told.code(), Some(32), "{told}");
    assert!(told.stderr.contains(&format!("sleep (pid {pid}, nobody): open file")), "{told}");
    let row = told.stderr.lines().find(|line| line.contains("nobody  sleep"));
    let row = row.unwrap_or_else(|| panic!("{told}"));
    assert!(row.ends_with("open file /mnt/genomics/a / [31m / b (and 1 more)"), "{row:?}");
    assert!(!told.stderr.contains('\u{1b}'), "{told}");
}

#[test]
fn the_kernels_own_holders_are_named() {
    let (sandbox, _) = mounted();
    let below = format!("{DIRECTORY}/below");
    sandbox.run(["mkdir", &below]).assert_success();
    sandbox.run(["mount", "-t", "tmpfs", "tmpfs", &below]).assert_success();
    busy(&sandbox, "mount-below", None, &below);
    sandbox.run(["umount", &below]).assert_success();

    // The loop device goes with its mount, and that with the sandbox: the host is left clean.
    let image = format!("{DIRECTORY}/image");
    let make = format!("truncate -s 4M {image} && mke2fs -q -F {image} && mkdir -p /run/loop");
    sandbox.run(["sh", "-c", &make]).assert_success();
    let looped = sandbox.run(["mount", "-o", "loop", &image, "/run/loop"]);
    if looped.is_success() {
        busy(&sandbox, "loop-device", None, &image);
        sandbox.run(["umount", "/run/loop"]).assert_success();
    } else {
        println!("no loop device here: {looped}");
    }
    eventually("it is free", || umount(&sandbox, &[DIRECTORY]).is_success());
    nothing_left(&sandbox);
}

#[test]
fn an_unmount_of_one_of_two_mounts_of_a_client_leaves_it() {
    let (sandbox, _) = mounted();
    sandbox.run(["mkdir", "/mnt/other"]).assert_success();
    sandbox.run(["mount", "--bind", DIRECTORY, "/mnt/other"]).assert_success();
    let (_user, _) = holder(&sandbox, "cd /mnt/other; echo $$; exec sleep 60");
    let done = umount(&sandbox, &["-v", DIRECTORY]).assert_success();
    assert!(done.stdout.contains("its client stays for 1 other mount(s): /mnt/other"), "{done}");
    assert_eq!(instances(&sandbox).len(), 1);
    drop(_user);
    eventually("it is free", || umount(&sandbox, &["/mnt/other"]).is_success());
    nothing_left(&sandbox);
}

/// The mount is gone and the client lives on, which is no success; the second call says so too.
#[track_caller]
fn stays(sandbox: &Sandbox, words: &[&str]) {
    let first = umount(sandbox, &["--json", DIRECTORY]);
    let second = umount(sandbox, &["--json", DIRECTORY]);
    for told in [&first, &second] {
        assert_eq!(told.code(), Some(32), "{told}");
        assert_eq!(json(told)["outcome"], "client-stays", "{told}");
        assert!(told.stderr.contains("FSXL-U106"), "{told}");
        for word in words {
            assert!(told.stderr.contains(word), "{word}: {told}");
        }
    }
    assert!(!is_mounted(sandbox, DIRECTORY));
    assert_eq!(instances(sandbox).len(), 1);
}

#[track_caller]
fn goes(sandbox: &Sandbox) {
    let mut last = None;
    eventually("the client goes", || {
        let told = umount(sandbox, &[DIRECTORY]);
        let is_success = told.is_success();
        last = Some(told);
        is_success
    });
    let last = last.unwrap();
    assert!(last.stdout.is_empty(), "{last}");
    nothing_left(sandbox);
}

#[test]
fn a_client_in_another_namespace_lives_on_and_is_named() {
    let (sandbox, _) = mounted();
    let script = "unshare -m --propagation private sh -c 'echo $$; exec sleep 60'";
    let (inside, pid) = holder(&sandbox, script);
    let phrase = format!("sleep (pid {pid}, root): mount namespace mnt:[");
    stays(&sandbox, &[&phrase, "where it is on /mnt/genomics"]);
    drop(inside);
    goes(&sandbox);
}

#[test]
fn a_namespace_that_follows_ours_is_in_nobodys_way() {
    let (sandbox, _) = mounted();
    umount(&sandbox, &[DIRECTORY]).assert_success();
    sandbox.run(["mount", "--make-rshared", "/"]).assert_success();
    mount(&sandbox);
    let script = "unshare -m --propagation slave sh -c 'echo $$; exec sleep 60'";
    let (_inside, pid) = holder(&sandbox, script);
    let seen = sandbox.read_file(&format!("/proc/{pid}/mountinfo"));
    assert!(seen.contains(DIRECTORY), "{seen}");
    umount(&sandbox, &["--force", DIRECTORY]).assert_success();
    nothing_left(&sandbox);
}

#[test]
fn a_namespace_held_by_a_file_alone_is_looked_into() {
    let (sandbox, _) = mounted();
    // unshare(1) may look for the new namespace before it is made, so it is asked until it is.
    let hold = "mkdir /run/ns && mount --bind /run/ns /run/ns && mount --make-private /run/ns
                touch /run/ns/m; until unshare --mount=/run/ns/m true; do :; done";
    sandbox.run(["sh", "-c", hold]).assert_success();
    stays(&sandbox, &["mount namespace held only by /run/ns/m, where it is on /mnt/genomics"]);
    sandbox.run(["umount", "/run/ns/m"]).assert_success();
    goes(&sandbox);
}

#[test]
fn a_namespace_held_by_a_descriptor_alone_is_looked_into() {
    let (sandbox, _) = mounted();
    let script = "unshare -m --propagation private sleep 60 & inner=$!
                  while [ \"$(readlink /proc/$inner/exe)\" != \"$(readlink -f $(command -v sleep))\" ]; do :; done
                  exec 3</proc/$inner/ns/mnt; kill $inner; echo $$; exec sleep 60";
    let (running, pid) = holder(&sandbox, script);
    stays(
        &sandbox,
        &[&format!("(pid {pid}, root): mount namespace held only by a descriptor: mnt:[")],
    );
    drop(running);
    goes(&sandbox);
}

#[test]
fn an_overlay_keeps_the_client_and_is_named() {
    let (sandbox, _) = mounted();
    let make = format!(
        "mkdir {DIRECTORY}/lower /run/u /run/w /run/merged &&
         mount -t overlay -o lowerdir={DIRECTORY}/lower:/etc none /run/merged"
    );
    sandbox.run(["sh", "-c", &make]).assert_success();
    let force = umount(&sandbox, &["--force", DIRECTORY]);
    assert!(force.code() == Some(32) && force.stderr.contains("FSXL-U108"), "{force}");
    assert!(force.stderr.contains("layer of the overlay on /run/merged"), "{force}");
    sandbox.run(["umount", "/run/merged"]).assert_success();
    umount(&sandbox, &[DIRECTORY]).assert_success();
    nothing_left(&sandbox);
}
