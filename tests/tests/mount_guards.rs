//! What a mount is guarded against: users who own the way to a mount point, names that do not
//! resolve, versions that do not fit, races, and its own deadline.

use fsxlustre_tests::{FileSystem, Output, Sandbox};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ONE: &str = "/mnt/one";
const CLIENT: &str = "/run/standin/usr/sbin";

fn sandbox() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", ONE]).assert_success();
    (sandbox, made)
}

fn mount(sandbox: &Sandbox, source: &str, directory: &str, options: &str) -> Output {
    sandbox.run(["mount", "-v", "-t", "fsxlustre", "-o", options, source, directory])
}

fn device(made: &FileSystem) -> String {
    format!("{}@tcp:/{}", made.dns_name, made.mount_name)
}

fn mounts(sandbox: &Sandbox) -> Vec<String> {
    let all = sandbox.read_file("/proc/self/mountinfo");
    let lustre = all.lines().filter(|line| line.contains(" - fuse.lustre "));
    lustre.map(|line| line.split(' ').nth(4).unwrap().to_owned()).collect()
}

fn calls(sandbox: &Sandbox) -> usize {
    let is_mount = |call: &&String| call.contains("\"program\":\"mount.lustre\"");
    sandbox.client_calls().iter().filter(is_mount).count()
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A folder of a user's, with a mount point in it.
fn users(sandbox: &Sandbox) -> String {
    let script = "mkdir -p /mnt/home/dir /mnt/target && chown -R 65534 /mnt/home";
    sandbox.run(["sh", "-c", script]).assert_success();
    "/mnt/home/dir".to_owned()
}

#[test]
fn a_user_who_owns_the_way_leads_the_mount_nowhere_else() {
    let (sandbox, made) = sandbox();
    let directory = users(&sandbox);
    mount(&sandbox, &device(&made), &directory, "noatime").assert_success();
    assert_eq!(mounts(&sandbox), [directory.as_str()]);
    sandbox.run(["umount", &directory]).assert_success();

    // He swaps it for a link while the client is mounting.
    let hang = format!("mount-hang:{}", made.mount_name);
    sandbox.client_fault(&hang, true);
    let device = device(&made);
    let words = ["mount", "-t", "fsxlustre", "-o", "retry=0", &device, &directory];
    let mut running = sandbox.spawn(words);
    wait_until("mount.lustre", || calls(&sandbox) == 2);
    let swap = "mv /mnt/home/dir /mnt/home/old && ln -s /mnt/target /mnt/home/dir";
    sandbox.run(["sh", "-c", swap]).assert_success();
    sandbox.client_fault(&hang, false);
    let ended = running.wait(Duration::from_secs(30)).unwrap();
    assert_eq!(ended.code(), Some(32), "{ended}");
    assert_eq!(mounts(&sandbox), Vec::<String>::new(), "{ended}");
    let records = sandbox.run(["find", "/run/fsxlustre", "-path", "*/mounts/*.json"]);
    assert_eq!(records.stdout, "");
}

#[test]
fn a_hook_on_a_users_way_is_not_run() {
    let (sandbox, made) = sandbox();
    users(&sandbox);
    let script = "printf '#!/bin/sh\\ntouch /run/ran\\n' >/mnt/target/hook; \
                  chmod 0755 /mnt/target/hook; ln -s /mnt/target /mnt/home/hooks";
    sandbox.run(["sh", "-c", script]).assert_success();
    sandbox.append_config("[hooks]\non_ready = ['/mnt/home/hooks/hook']\n");
    // What it leads to is root's, and it is that which runs.
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    sandbox.run(["rm", "/run/ran"]).assert_success();
    sandbox.run(["umount", ONE]).assert_success();
    sandbox.run(["chown", "65534", "/mnt/target"]).assert_success();
    let warned = mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    assert!(warned.stderr.contains("may be changed by others"), "{warned}");
    assert!(!sandbox.run(["ls", "/run/ran"]).is_success());
}

#[test]
fn a_hook_ends_with_the_call_and_at_a_signal() {
    let (sandbox, made) = sandbox();
    sandbox.run(["mkdir", "/run/hooks"]).assert_success();
    sandbox.write_program("/run/hooks/slow", "#!/bin/sh\nsleep 20\n");
    sandbox.append_config(
        "[hooks]\non_ready = ['/run/hooks/slow']\non_unmounted = ['/run/hooks/slow']\ntimeout = 15\n",
    );
    let done = mount(&sandbox, &made.id, ONE, "timeout=3").assert_success();
    assert!(done.duration < Duration::from_secs(7), "{done}");
    let gone = sandbox.run(["umount.fsxlustre", "--timeout", "2", ONE]).assert_success();
    assert!(gone.duration < Duration::from_secs(5), "{gone}");
    let words = ["mount", "-t", "fsxlustre", &made.id, ONE];
    let running = sandbox.spawn(["sh", "-c", &format!("exec {}", words.join(" "))]);
    wait_until("the mount", || mounts(&sandbox).len() == 1);
    let started = Instant::now();
    let helper = "for p in /proc/[0-9]*; do case $(readlink $p/exe) in */mount.fsxlustre) \
                  kill -TERM ${p#/proc/};; esac; done";
    sandbox.run(["sh", "-c", helper]);
    let mut running = running;
    running.wait(Duration::from_secs(10)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    running.signal(Signal::SIGKILL);
}

#[test]
fn a_wait_may_be_much_longer_than_the_mount_itself() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let made = sandbox.create_file_system(FileSystem::lustre().lifecycle("CREATING"));
    let words = ["mount", "-t", "fsxlustre", "-o", "wait=60,timeout=6", &made.id, ONE];
    let mut waiting = sandbox.spawn(words);
    // The pauses are 1, 2, 4 and 8 s by then: the last is longer than the time of the mount.
    std::thread::sleep(Duration::from_secs(10));
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "AVAILABLE"}));
    waiting.wait(Duration::from_secs(30)).unwrap().assert_success();
}

#[test]
fn a_silent_resolver_is_not_asked_once_for_each_mount() {
    let (sandbox, made) = sandbox();
    for name in ["a", "b", "c", "d"] {
        let directory = format!("/mnt/{name}");
        sandbox.run(["mkdir", &directory]).assert_success();
        mount(&sandbox, &format!("{}:/{}", made.nid, made.mount_name), &directory, "new_client")
            .assert_success();
    }
    sandbox.write_file("/etc/hosts", "127.0.0.1 localhost\n");
    sandbox.write_file("/etc/resolv.conf", "nameserver 127.0.0.1\n");
    let silent = "import socket,time; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); \
                  s.bind(('127.0.0.1',53)); time.sleep(60)";
    let _resolver = sandbox.spawn(["python3", "-c", silent]);
    let ended = mount(&sandbox, &device(&made), ONE, "timeout=5,retry=0");
    assert!(ended.duration < Duration::from_secs(5 + 3), "{ended}");
}

#[test]
fn versions_that_do_not_fit_are_told_each_time_also_when_the_module_is_loaded_only_then() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let old = sandbox.create_file_system(FileSystem::lustre().version("2.10"));
    for _ in 0..2 {
        let refused = mount(&sandbox, &old.id, ONE, "noatime");
        assert!(refused.stderr.contains("FSXL-M211"), "{refused}");
    }
    // As at every boot: the first mount loads the module.
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let old = sandbox.create_file_system(FileSystem::lustre().version("2.10"));
    sandbox.run([&format!("{CLIENT}/modprobe"), "-r", "lustre"]).assert_success();
    for _ in 0..2 {
        let refused = mount(&sandbox, &old.id, ONE, "noatime");
        assert!(refused.stderr.contains("FSXL-M211"), "{refused}");
    }
    assert_eq!(calls(&sandbox), 0);
}

#[test]
fn a_hung_scratch_1_file_system_does_not_delay_another_of_the_same_name() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", "/mnt/a", "/mnt/b"]).assert_success();
    let scratch = || FileSystem::lustre().deployment("SCRATCH_1");
    let (hung, healthy) =
        (sandbox.create_file_system(scratch()), sandbox.create_file_system(scratch()));
    assert_eq!((hung.mount_name.as_str(), healthy.mount_name.as_str()), ("fsx", "fsx"));
    sandbox.client_fault("mount-hang", true);
    let hung_device = device(&hung);
    let options = "allow_same_fsname,timeout=60";
    let mut waits =
        sandbox.spawn(["mount", "-t", "fsxlustre", "-o", options, &hung_device, "/mnt/a"]);
    wait_until("mount.lustre", || calls(&sandbox) == 1);
    let healthy_device = device(&healthy);
    let mut second =
        sandbox.spawn(["mount", "-t", "fsxlustre", "-o", options, &healthy_device, "/mnt/b"]);
    wait_until("the second mount.lustre", || calls(&sandbox) == 2);
    sandbox.client_fault("mount-hang", false);
    // The stand-in has one server of a name; which of the two it answers is not asked here.
    waits.wait(Duration::from_secs(30)).unwrap();
    second.wait(Duration::from_secs(30)).unwrap();
}

#[test]
fn races_that_mount_lustre_reports_are_tried_again() {
    for errno in [16, 17, 114, 115] {
        let (sandbox, made) = sandbox();
        sandbox.run(["mkdir", "/run/first"]).assert_success();
        let folders = format!("[host]\nprogram_folders = ['/run/first', '{CLIENT}']\n");
        sandbox.write_file("/etc/fsxlustre/fsxlustre.d/first.toml", &folders);
        let script = format!(
            "#!/bin/sh\n[ -e /run/once ] || {{ : >/run/once; exit {errno}; }}\n\
             exec {CLIENT}/mount.lustre \"$@\"\n"
        );
        sandbox.write_program("/run/first/mount.lustre", &script);
        let done = mount(&sandbox, &device(&made), ONE, "noatime").assert_success();
        assert!(done.duration > Duration::from_secs(1), "{errno}: {done}");
        assert_eq!(mounts(&sandbox), [ONE], "{errno}");
    }
}

#[test]
fn who_asked_is_recorded() {
    let (sandbox, made) = sandbox();
    let made_by = || -> Value {
        let read = sandbox.run(["cat", "/run/fsxlustre/mounts/-mnt-one.json"]).stdout;
        serde_json::from_str::<Value>(&read).unwrap()["made_by"].clone()
    };
    let round = |words: &[&str], variable: Option<&str>| {
        let command = sandbox.command(words);
        let command = match variable {
            Some(name) => command.env(name, "x"),
            None => command,
        };
        command.run().assert_success();
        let made_by = made_by();
        sandbox.run(["umount", ONE]).assert_success();
        made_by
    };
    let by_hand = ["mount", "-t", "fsxlustre", made.id.as_str(), ONE];
    assert_eq!(round(&by_hand, None), "person");
    assert_eq!(round(&by_hand, Some("SSM_COMMAND_ID")), "ssm");
    sandbox.write_file("/etc/fstab", &format!("{} {ONE} fsxlustre _netdev 0 0\n", made.id));
    assert_eq!(round(&["mount", ONE], None), "fstab");
}

#[test]
fn what_libmount_and_strange_callers_hand_over_is_explained() {
    let (sandbox, made) = sandbox();
    // A file of that name in the current folder, and libmount makes a path of the source.
    let script = format!("cd /mnt && : >{id} && mount -t fsxlustre {id} {ONE}", id = made.id);
    let path = sandbox.run(["sh", "-c", &script]);
    assert_eq!(path.code(), Some(1), "{path}");
    assert!(path.stderr.contains("FSXL-C201") && path.stderr.contains("file"), "{path}");
    let odd = ["mount.fsxlustre", &made.id, ONE, "-q", "--five", "-o", "noatime"];
    let warned = sandbox.run(odd).assert_success();
    for flag in ["-q", "--five"] {
        assert!(warned.stderr.contains(&format!("the flag {flag} is not known")), "{warned}");
    }
}

#[test]
fn a_root_that_is_squashed_is_told_when_writing_must_work() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    sandbox.run(["chmod", "0555", ONE]).assert_success();
    sandbox.run(["umount", ONE]).assert_success();
    let squashed = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"];
    let words = ["mount.fsxlustre", &made.id, ONE, "-o", "verify=write"];
    let refused = sandbox.run(squashed.iter().chain(&words));
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains("FSXL-M210") && refused.stderr.contains("squash"), "{refused}");
    assert_eq!(mounts(&sandbox), Vec::<String>::new());
}
