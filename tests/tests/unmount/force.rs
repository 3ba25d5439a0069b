//! Force and lazy: for an operator who asks, and only when nobody else is hit.

use super::*;

/// Requests to the file system get no answer, and this process waits for one, with an open file.
fn blocked(sandbox: &Sandbox) -> (Running, u64) {
    let program = format!(
        "import os, time
f = os.open('{DIRECTORY}/data', os.O_RDWR | os.O_CREAT); os.write(f, b'x' * 4096)
print(os.getpid(), flush=True)
while not os.path.exists('/run/go'): time.sleep(0.01)
os.fstat(f)"
    );
    let started = holder(sandbox, &format!("exec python3 -c \"{program}\""));
    sandbox.client_fault("io-hang", true);
    sandbox.run(["touch", "/run/go"]).assert_success();
    let status = format!("/proc/{}/status", started.1);
    eventually("it is blocked", || sandbox.read_file(&status).contains("State:\tD"));
    started
}

/// The client's own files say that no server answers.
fn disconnect(sandbox: &Sandbox) {
    let script = format!(
        "for f in {TREE}/proc/fs/lustre/*c/*-*c-*/import; do sed -i 's/state: .*/state: DISCONN/' $f; done"
    );
    sandbox.run(["sh", "-c", &script]).assert_success();
}

#[test]
fn force_is_for_nobody_elses_mount() {
    let (sandbox, _) = mounted();
    let (user, pid) = holder(&sandbox, &format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let helper = |flag: &str| sandbox.run(["umount.fsxlustre", DIRECTORY, flag]);
    for refused in [
        umount(&sandbox, &["--force", DIRECTORY]),
        umount(&sandbox, &["--lazy", DIRECTORY]),
        helper("-f"),
        helper("-l"),
    ] {
        assert_eq!(refused.code(), Some(32), "{refused}");
        assert!(refused.stderr.contains("FSXL-U108"), "{refused}");
        assert!(refused.stderr.contains(&format!("sleep (pid {pid}, root): current directory")));
    }
    sandbox.run(["ls", DIRECTORY]).assert_success();
    assert_eq!(helper("-fl").code(), Some(1));
    assert_eq!(umount(&sandbox, &["--force-for-all", DIRECTORY]).code(), Some(1));
    drop(user);
    eventually("it is free", || {
        let done = umount(&sandbox, &["--force", "-v", DIRECTORY]);
        if done.is_success() {
            assert!(done.stderr.contains("what is lost: no unwritten bytes"), "{done}");
            assert!(done.stderr.contains("nobody else is seen to use it"), "{done}");
            assert!(done.stdout.contains("unmounted by force; its client is gone"), "{done}");
        }
        done.is_success()
    });
    nothing_left(&sandbox);
    mount(&sandbox);
    let lazy = helper("-l").assert_success();
    assert!(lazy.stderr.contains("is hidden now"), "{lazy}");
    nothing_left(&sandbox);
}

#[test]
fn force_spares_a_bind_mount_and_another_namespace() {
    let (sandbox, _) = mounted();
    sandbox.run(["mkdir", "/mnt/other"]).assert_success();
    sandbox.run(["mount", "--bind", DIRECTORY, "/mnt/other"]).assert_success();
    let refused = umount(&sandbox, &["--force", DIRECTORY]);
    assert!(refused.stderr.contains("also mounted on /mnt/other"), "{refused}");
    umount(&sandbox, &["/mnt/other"]).assert_success();
    let script = "unshare -m --propagation private sh -c 'echo $$; exec sleep 60'";
    let (_inside, pid) = holder(&sandbox, script);
    let refused = umount(&sandbox, &["--lazy", DIRECTORY]);
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains(&format!("(pid {pid}, root): mount namespace")), "{refused}");
    assert!(is_mounted(&sandbox, DIRECTORY));
}

#[test]
fn force_for_all_says_who_is_hit_and_that_a_busy_mount_stays_dead() {
    let (sandbox, _) = mounted();
    let (user, pid) = holder(&sandbox, &format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let hit = ["--force", "--force-for-all", "--timeout", "1", DIRECTORY];
    let told = umount(&sandbox, &hit);
    assert_eq!(told.code(), Some(32), "{told}");
    let (first, after) = told.stderr.split_once("FSXL-U109").expect("its code");
    assert!(first.contains("these use it and are hit:") && first.contains(&pid.to_string()));
    assert!(after.contains("lctl set_param osc.*.active=1"), "{told}");
    assert_ne!(sandbox.run(["ls", DIRECTORY]).code(), Some(0), "the mount is dead");
    drop(user);
    eventually("it goes", || umount(&sandbox, &[DIRECTORY]).is_success());
    nothing_left(&sandbox);
}

#[test]
fn a_living_file_system_is_never_taken_for_gone() {
    let (sandbox, made) = mounted();
    let ask = || umount(&sandbox, &["--if-gone", DIRECTORY]);
    let alive = ask();
    assert_eq!(alive.code(), Some(32), "{alive}");
    assert!(alive.stderr.contains("FSXL-U111") && alive.stderr.contains("is AVAILABLE"), "{alive}");
    sandbox.inject_fault(
        &Fault::on("DescribeFileSystems").times(9).error(400, "AccessDeniedException"),
    );
    let denied = ask();
    assert_eq!(denied.code(), Some(32), "{denied}");
    assert!(denied.stderr.contains("FSXL-A103"), "{denied}");
    sandbox.reset_api();
    sandbox.fsx("DeleteFileSystem", &json!({"FileSystemId": made.id}));
    let connected = ask();
    assert_eq!(connected.code(), Some(32), "{connected}");
    assert!(connected.stderr.contains("targets are connected"), "{connected}");
    assert!(is_mounted(&sandbox, DIRECTORY));
    sandbox.run(["ls", DIRECTORY]).assert_success();
}

#[test]
fn a_file_system_that_was_deleted_is_taken_away_from_those_that_wait_for_it() {
    let (sandbox, made) = mounted();
    let (waiting, pid) = blocked(&sandbox);
    disconnect(&sandbox);
    sandbox.fsx("DeleteFileSystem", &json!({"FileSystemId": made.id}));
    let mut running = sandbox.spawn(["fsxlustre", "umount", "--if-gone", "-v", DIRECTORY]);
    eventually("it is cut off", || !is_mounted(&sandbox, DIRECTORY));
    // The kernel's side has ended; what serves the mount here stands still as long as the fault is on.
    sandbox.client_fault("io-hang", false);
    let done = running.wait(Duration::from_secs(10)).expect("it ends");
    assert_eq!(done.code(), Some(0), "{done}");
    for words in ["AWS says FileSystemNotFound", "what is lost: ", "[blocked]", &pid.to_string()] {
        assert!(done.stderr.contains(words), "{words}: {done}");
    }
    assert!(done.stdout.contains("unmounted by force"), "{done}");
    drop(waiting);
    nothing_left(&sandbox);
}

#[test]
fn a_user_that_is_not_blocked_is_spared_also_when_the_file_system_is_gone() {
    let (sandbox, made) = mounted();
    let (_user, pid) = holder(&sandbox, &format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    disconnect(&sandbox);
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "DELETING"}));
    let refused = umount(&sandbox, &["--if-gone", DIRECTORY]);
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains("FSXL-U108"), "{refused}");
    assert!(refused.stderr.contains(&pid.to_string()), "{refused}");
    assert!(is_mounted(&sandbox, DIRECTORY));
}
