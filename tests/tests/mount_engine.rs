//! The mount helper's engine with the real programs: many calls at once, one client a file system,
//! sub-directories, the cache of ids, waiting, remounting, namespaces, utab, and calls that are
//! killed.

use fsxlustre_tests::{Fault, FileSystem, Output, Running, Sandbox};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ONE: &str = "/mnt/one";
const TWO: &str = "/mnt/two";

fn sandbox() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", ONE, TWO]).assert_success();
    (sandbox, made)
}

fn device(made: &FileSystem) -> String {
    format!("{}@tcp:/{}", made.dns_name, made.mount_name)
}

fn mount(sandbox: &Sandbox, source: &str, directory: &str, options: &str) -> Output {
    sandbox.run(["mount", "-v", "-t", "fsxlustre", "-o", options, source, directory])
}

/// The lines of mountinfo of type fuse.lustre.
fn lustre_mounts(sandbox: &Sandbox) -> Vec<String> {
    let all = sandbox.read_file("/proc/self/mountinfo");
    all.lines().filter(|line| line.contains(" - fuse.lustre ")).map(str::to_owned).collect()
}

fn mount_on(sandbox: &Sandbox, directory: &str) -> String {
    let wanted = format!(" {directory} ");
    let on = |line: &String| line.contains(&wanted);
    lustre_mounts(sandbox).into_iter().rev().find(on).unwrap_or_default()
}

/// How many Lustre clients there are.
fn clients(sandbox: &Sandbox) -> usize {
    let listed = sandbox.run(["ls", "/run/standin/sys/fs/lustre/llite"]);
    listed.stdout.lines().count()
}

fn calls(sandbox: &Sandbox, program: &str) -> usize {
    let wanted = format!("\"program\":\"{program}\"");
    sandbox.client_calls().iter().filter(|call| call.contains(&wanted)).count()
}

/// Waits until a command has said that it waits for this.
fn waits_for(waiting: &Running, words: &str) {
    let longest = Instant::now() + Duration::from_secs(30);
    while !waiting.stderr().contains(words) {
        assert!(Instant::now() < longest, "{words}: {}", waiting.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn record(sandbox: &Sandbox, directory: &str) -> Value {
    let name = directory.replace('/', "-");
    let text = sandbox.read_file(&format!("/run/fsxlustre/mounts/{name}.json"));
    serde_json::from_str(&text).unwrap()
}

fn state_files(sandbox: &Sandbox) -> String {
    let find = "find /run/fsxlustre -type f -name '*.json' -not -path '*/failures/*' -o -type d -path '*/roots/*'";
    sandbox.run(["sh", "-c", find]).stdout
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_hundred_calls_on_ten_directories_make_ten_mounts_and_one_client() {
    let (sandbox, made) = sandbox();
    let script = format!(
        "cd /mnt; for d in 0 1 2 3 4 5 6 7 8 9; do mkdir d$d; done
         for n in $(seq 10); do for d in 0 1 2 3 4 5 6 7 8 9; do
           (mount -t fsxlustre {} /mnt/d$d; echo $?) & done; done; wait",
        device(&made)
    );
    let all = sandbox.command(["bash", "-c", &script]).deadline(Duration::from_secs(120)).run();
    let codes: Vec<_> = all.stdout.lines().collect();
    assert_eq!(codes.len(), 100, "{all}");
    assert!(codes.iter().all(|code| *code == "0"), "{all}");
    assert_eq!(lustre_mounts(&sandbox).len(), 10, "{all}");
    assert_eq!(clients(&sandbox), 1);
    assert_eq!(calls(&sandbox, "mount.lustre"), 1);
    println!("100 calls took {:?}", all.duration);
}

#[test]
fn a_second_directory_is_bound_and_each_is_unmounted_by_itself() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    let second = mount(&sandbox, &made.id, TWO, "nosuid,nodev,ro").assert_success();
    assert!(second.stdout.contains("bound from /mnt/one"), "{second}");
    assert_eq!(clients(&sandbox), 1);
    let shown = mount_on(&sandbox, TWO);
    assert!(shown.contains("ro,nosuid,nodev,noatime"), "{shown}");
    sandbox.run(["sh", "-c", "echo x > /mnt/one/file"]).assert_success();
    assert_eq!(sandbox.read_file("/mnt/two/file"), "x\n");
    let refused = sandbox.run(["sh", "-c", "echo y > /mnt/two/file"]);
    assert!(!refused.is_success(), "ro holds for the second only: {refused}");

    sandbox.run(["umount", ONE]).assert_success();
    assert_eq!(mount_on(&sandbox, ONE), "");
    assert_eq!(sandbox.read_file("/mnt/two/file"), "x\n", "the other one is as it was");
    sandbox.run(["umount", TWO]).assert_success();
    wait_until("the client goes with the last mount", || clients(&sandbox) == 0);
    assert_eq!(state_files(&sandbox), "");
}

/// Whoever unmounts the one directory has no lock of the other one.
#[test]
fn a_client_that_goes_while_it_is_to_be_bound_is_made_anew() {
    let (sandbox, made) = sandbox();
    for moment in 0..24 {
        mount(&sandbox, &made.id, ONE, "noatime").assert_success();
        let mut going = sandbox.spawn(["umount", ONE]);
        std::thread::sleep(Duration::from_millis(4 * moment));
        mount(&sandbox, &made.id, TWO, "noatime").assert_success();
        assert!(going.wait(Duration::from_secs(30)).expect("it ends").is_success());
        assert_eq!((lustre_mounts(&sandbox).len(), clients(&sandbox)), (1, 1), "{moment}");
        sandbox.run(["umount", TWO]).assert_success();
    }
}

#[test]
fn other_options_or_new_client_make_another_client() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    mount(&sandbox, &made.id, TWO, "localflock").assert_success();
    assert_eq!(clients(&sandbox), 2);
    sandbox.run(["umount", TWO]).assert_success();
    mount(&sandbox, &made.id, TWO, "new_client").assert_success();
    wait_until("two clients", || clients(&sandbox) == 2);
}

#[test]
fn a_sub_directory_is_looked_at_before_it_is_mounted() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    sandbox.run(["mkdir", "-p", "/mnt/one/a/b"]).assert_success();
    sandbox.write_file("/mnt/one/a/file", "");
    sandbox.run(["ln", "-s", "/etc", "/mnt/one/link"]).assert_success();

    let bound = mount(&sandbox, &format!("{}:/a/b", made.id), TWO, "noatime").assert_success();
    assert!(bound.stdout.contains("bound from /mnt/one/a/b"), "{bound}");
    let again = mount(&sandbox, &format!("{}:/a/b", made.id), TWO, "noatime").assert_success();
    assert!(again.stdout.contains("is mounted already"), "{again}");
    let other = mount(&sandbox, &made.id, TWO, "noatime");
    assert_eq!(other.code(), Some(32), "the whole is not the part: {other}");
    sandbox.run(["umount", TWO]).assert_success();
    sandbox.run(["umount", ONE]).assert_success();
    wait_until("no client", || clients(&sandbox) == 0);

    // Without a client that is there, through a private directory that is gone afterwards.
    let alone = mount(&sandbox, "tag:Project:genomics", TWO, "subdir=/a/b").assert_success();
    assert!(alone.stdout.contains("bound from a client of its own"), "{alone}");
    assert_eq!((lustre_mounts(&sandbox).len(), clients(&sandbox)), (1, 1));
    assert!(calls_of_mount_lustre(&sandbox).iter().all(|call| !call.contains("/a/")));
    sandbox.run(["umount", TWO]).assert_success();
    wait_until("no client", || clients(&sandbox) == 0);

    for (subdir, cause) in
        [("/a/file", "not a directory"), ("/a/none", "No such file"), ("/link", "symbolic link")]
    {
        let refused = mount(&sandbox, &made.id, TWO, &format!("subdir={subdir}"));
        assert_eq!(refused.code(), Some(32), "{refused}");
        assert!(refused.stderr.contains("FSXL-M213"), "{refused}");
        assert!(refused.stderr.contains(cause), "{refused}");
        assert!(lustre_mounts(&sandbox).is_empty(), "nothing is left");
        wait_until("no client", || clients(&sandbox) == 0);
        assert_eq!(state_files(&sandbox), "");
    }
    let twice = mount(&sandbox, &format!("{}:/a", made.id), TWO, "subdir=/a/b");
    assert_eq!(twice.code(), Some(1), "{twice}");
    assert!(twice.stderr.contains("FSXL-C213"), "{twice}");
}

fn calls_of_mount_lustre(sandbox: &Sandbox) -> Vec<String> {
    let is_mount = |call: &String| call.contains("\"program\":\"mount.lustre\"");
    sandbox.client_calls().into_iter().filter(is_mount).collect()
}

#[test]
fn an_id_that_was_seen_needs_no_api_and_the_api_explains_what_fails() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    sandbox.run(["umount", ONE]).assert_success();
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").times(99).error(500, "Broken"));
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    assert_eq!(record(&sandbox, ONE)["origin"], "cache");
    sandbox.run(["umount", ONE]).assert_success();

    sandbox.reset_api();
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "DELETING"}));
    forget_server(&sandbox, &made);
    let gone = mount(&sandbox, &made.id, ONE, "retry=0");
    assert_eq!(gone.code(), Some(32), "{gone}");
    assert!(gone.stderr.contains("FSXL-A204") && gone.stderr.contains("DELETING"), "{gone}");
}

/// The servers do not know the mount name any more.
fn forget_server(sandbox: &Sandbox, made: &FileSystem) {
    let hosts = sandbox.read_file("/etc/hosts");
    let without: Vec<_> = hosts.lines().filter(|line| !line.contains(&made.dns_name)).collect();
    sandbox.write_file("/etc/hosts", &(without.join("\n") + "\n"));
}

#[test]
fn a_file_system_that_is_creating_is_waited_for_only_when_asked() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let made = sandbox.create_file_system(FileSystem::lustre().lifecycle("CREATING"));
    let refused = mount(&sandbox, &made.id, ONE, "noatime");
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains("FSXL-A206"), "{refused}");
    assert!(refused.stderr.contains("CREATING") && refused.stderr.contains("wait="), "{refused}");

    let late = mount(&sandbox, &made.id, ONE, "wait=2,timeout=5");
    assert!(late.stderr.contains("CREATING, after "), "{late}");

    let options = ["mount", "-v", "-t", "fsxlustre", "-o", "wait=60,timeout=5", &made.id, ONE];
    let mut waiting = sandbox.spawn(options);
    waits_for(&waiting, "CREATING");
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "AVAILABLE"}));
    let done = waiting.wait(Duration::from_secs(30)).unwrap().assert_success();
    assert!(done.stdout.contains("mounted on /mnt/one"), "{done}");
    let line = format!("{}: CREATING, waited 0 s of at most 60 s (5 to 15 minutes", made.id);
    assert!(done.stderr.contains(&line), "{done}");
}

/// AVAILABLE is not enough: the name must resolve, then the server answer; each phase is told.
#[test]
fn one_that_was_just_made_is_waited_for_until_its_server_answers() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let made = sandbox.create_file_system(FileSystem::lustre().lifecycle("CREATING"));
    let hosts = sandbox.read_file("/etc/hosts");
    sandbox.write_file("/etc/hosts", "127.0.0.1 localhost\n");
    let mut waiting =
        sandbox.spawn(["mount", "-t", "fsxlustre", "-o", "wait=60,timeout=40", &made.id, ONE]);
    waits_for(&waiting, "CREATING");
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "AVAILABLE"}));
    waits_for(&waiting, "does not resolve");
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(calls(&sandbox, "mount.lustre"), 0, "its name does not resolve yet");
    sandbox.write_file("/etc/hosts", &hosts);
    let address = made.nid.trim_end_matches("@tcp");
    sandbox.run(["ip", "address", "add", address, "dev", "lo"]).assert_success();
    waits_for(&waiting, "does not answer");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(calls(&sandbox, "mount.lustre"), 0, "nothing answers on its port yet");
    let listen =
        "import socket,sys,time; s=socket.create_server((sys.argv[1],988)); time.sleep(60)";
    let _server = sandbox.spawn(["python3", "-c", listen, address]);
    let done = waiting.wait(Duration::from_secs(30)).unwrap().assert_success();
    let phases = [
        format!("the name {} does not resolve", made.dns_name),
        format!("TCP 988 of {address} does not answer"),
        format!("TCP 988 of {address} answers"),
    ];
    let places: Vec<_> = phases.iter().map(|phase| done.stderr.find(phase)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {done}");
}

#[test]
fn a_wait_survives_a_moment_without_aws_and_ends_when_it_failed() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let made = sandbox.create_file_system(FileSystem::lustre().lifecycle("CREATING"));
    let options = ["mount", "-t", "fsxlustre", "-o", "wait=60,timeout=5", &made.id, ONE];
    let mut waiting = sandbox.spawn(options);
    waits_for(&waiting, "CREATING");
    let throttled = Fault::on("DescribeFileSystems").times(6).error(400, "ThrottlingException");
    sandbox.inject_fault(&throttled);
    std::thread::sleep(Duration::from_secs(3));
    let failed = json!({"Lifecycle": "FAILED", "FailureDetails": {"Message": "no capacity"}});
    sandbox.set_file_system(&made.id, &failed);
    let ended = waiting.wait(Duration::from_secs(60)).unwrap();
    assert_eq!(ended.code(), Some(32), "{ended}");
    for word in ["FSXL-A204", "its lifecycle is FAILED: no capacity, after "] {
        assert!(ended.stderr.contains(word), "{ended}");
    }
}

#[test]
fn the_newest_of_twins_is_mounted_only_when_it_is_asked_for() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let twin = |time: f64| {
        let twin = FileSystem::lustre().tag("Project", "twins");
        sandbox.create_file_system(twin.field("CreationTime", json!(time)))
    };
    let (_old, new) = (twin(1_700_000_000.0), twin(1_800_000_000.0));
    let refused = mount(&sandbox, "tag:Project:twins", ONE, "noatime");
    assert!(refused.stderr.contains("prefer=newest"), "{refused}");
    let done = mount(&sandbox, "tag:Project:twins", ONE, "prefer=newest").assert_success();
    assert!(done.stdout.contains(&new.mount_name), "{done}");
}

#[test]
fn versions_that_do_not_work_together_fail_at_once() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let old = sandbox.create_file_system(FileSystem::lustre().version("2.10"));
    let refused = mount(&sandbox, &old.id, ONE, "noatime");
    assert_eq!(refused.code(), Some(32), "{refused}");
    for word in ["FSXL-M211", "2.15.8", "2.10", "do:"] {
        assert!(refused.stderr.contains(word), "{refused}");
    }
    assert_eq!(calls(&sandbox, "mount.lustre"), 0);
    assert!(refused.duration < Duration::from_secs(5), "{refused}");
}

#[test]
fn a_remount_changes_what_can_be_changed_and_refuses_the_rest() {
    let (sandbox, made) = sandbox();
    let source = device(&made);
    mount(&sandbox, &source, ONE, "noatime").assert_success();
    mount(&sandbox, &source, TWO, "noatime").assert_success();
    let line = format!("{source} {ONE} fsxlustre _netdev,noatime,flock 0 0\n");
    sandbox.write_file("/etc/fstab", &line);
    let helper =
        |options: &str| sandbox.run(["mount.fsxlustre", &source, ONE, "-v", "-o", options]);
    helper("remount,ro").assert_success();
    assert!(mount_on(&sandbox, ONE).contains(" ro,noatime"), "{}", mount_on(&sandbox, ONE));
    assert!(mount_on(&sandbox, TWO).contains(" rw,noatime"), "the other one is as it was");
    helper("remount,rw,flock,nosuid").assert_success();
    assert!(mount_on(&sandbox, ONE).contains(" rw,nosuid,noatime"));
    // mount(8) passes fstab's noatime too, before this.
    sandbox.run(["mount", "-o", "remount,relatime", ONE]).assert_success();
    assert!(mount_on(&sandbox, ONE).contains("relatime"), "{}", mount_on(&sandbox, ONE));
    let refused = helper("remount,localflock");
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains("FSXL-M214") && refused.stderr.contains("localflock"));
    sandbox.run(["umount", ONE]).assert_success();
    let nothing = helper("remount,ro");
    assert!(nothing.stderr.contains("FSXL-U104"), "{nothing}");
}

#[test]
fn a_mount_can_be_made_in_another_namespace() {
    let (sandbox, made) = sandbox();
    let mut holder = sandbox.spawn([
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        "echo $$; exec sleep 60",
    ]);
    wait_until("the namespace is there", || holder.stdout().contains('\n'));
    let namespace = format!("/proc/{}/ns/mnt", holder.stdout().trim());
    let source = device(&made);
    let words = ["mount", "-N", &namespace, "-t", "fsxlustre", &source, ONE];
    sandbox.run(words).assert_success();
    assert_eq!(mount_on(&sandbox, ONE), "", "not here");
    let inside = sandbox.run(["nsenter", &format!("--mount={namespace}"), "findmnt", ONE]);
    assert!(inside.stdout.contains("fuse.lustre"), "{inside}");
    let again = sandbox.run(words).assert_success();
    assert_eq!(again.stderr.matches("FSXL").count(), 0, "{again}");
    let inside = sandbox.run(["nsenter", &format!("--mount={namespace}"), "findmnt", ONE]);
    assert_eq!(inside.stdout.matches("fuse.lustre").count(), 1, "not mounted twice: {inside}");
    assert!(lustre_mounts(&sandbox).is_empty(), "nothing is left here");
    let state =
        "find /run/fsxlustre/mounts /run/fsxlustre/unmounts /run/fsxlustre/elsewhere -mindepth 1";
    assert_eq!(sandbox.run(["sh", "-c", state]).stdout, "", "nor written down");
    let bad = sandbox.run(["mount.fsxlustre", &source, ONE, "-N", "/etc/hosts"]);
    assert!(bad.stderr.contains("FSXL-M215"), "{bad}");
    holder.signal(fsxlustre_tests::Signal::SIGKILL);
    holder.wait(Duration::from_secs(5));
}

#[test]
fn verify_write_writes_a_file_and_removes_it() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "verify=write").assert_success();
    assert_eq!(sandbox.run(["ls", "-A", ONE]).stdout, "");
    sandbox.run(["umount", ONE]).assert_success();
    let refused = mount(&sandbox, &made.id, ONE, "verify=write,ro");
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains("FSXL-M210"), "{refused}");
    assert!(refused.stderr.contains("it was unmounted again"), "{refused}");
    assert!(lustre_mounts(&sandbox).is_empty());
}

#[test]
fn umount_finds_its_helper_and_leaves_no_entry_behind() {
    let (sandbox, made) = sandbox();
    let utab = || sandbox.run(["cat", "/run/mount/utab"]).stdout;
    for _ in 0..2 {
        mount(&sandbox, "tag:Project:genomics", ONE, "_netdev").assert_success();
        let ours = utab();
        let entry = format!("SRC={}:/{}", made.nid, made.mount_name);
        assert!(
            ours.lines().any(|line| line.contains(&entry) && line.contains("helper=fsxlustre"))
        );
        // Only umount.fsxlustre removes the record: that it is gone shows that it was called.
        assert!(state_files(&sandbox).contains("-mnt-one.json"));
        sandbox.run(["umount", ONE]).assert_success();
        assert_eq!(state_files(&sandbox), "");
        assert!(!utab().contains(ONE), "{}", utab());
    }
    mount(&sandbox, "tag:Project:genomics", ONE, "_netdev").assert_success();
    sandbox.run(["umount", "-i", ONE]).assert_success();
    mount(&sandbox, "tag:Project:genomics", ONE, "_netdev").assert_success();
    let entries = utab().lines().filter(|line| line.contains("helper=fsxlustre")).count();
    assert_eq!(entries, 1, "{}", utab());
}

#[test]
fn a_layout_profile_may_be_asked_for_by_the_mount() {
    let (sandbox, made) = sandbox();
    sandbox.append_config("\n[layout.profiles.two]\nstripe_count = 2\nstripe_size = \"1MiB\"\n");
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    sandbox.run(["mkdir", "/mnt/one/results"]).assert_success();
    let source = format!("{}:/results", made.id);
    let done = mount(&sandbox, &source, TWO, "layout=two").assert_success();
    assert!(!done.stderr.contains("layout"), "{done}");
    let lfs = sandbox.run(["/run/standin/usr/bin/lfs", "getstripe", "-d", "/mnt/one/results"]);
    assert!(lfs.stdout.contains("stripe_count:  2"), "{lfs}");
    sandbox.run(["umount", TWO]).assert_success();
    let warned = mount(&sandbox, &source, TWO, "layout=nosuch").assert_success();
    assert!(warned.stderr.contains("was not applied") && warned.stderr.contains("FSXL-L101"));
}

#[test]
fn the_same_command_after_a_kill_always_ends_in_the_right_state() {
    let (sandbox, made) = sandbox();
    let source = device(&made);
    let script = format!(
        "set -e
         for n in $(seq 200); do
           mount.fsxlustre {source} {ONE} & pid=$!
           sleep 0.0$(( (n * 7919) % 50 / 10 ))$(( (n * 104729) % 100 ))
           kill -9 $pid 2>/dev/null || true
           wait $pid || true
           mount.fsxlustre {source} {ONE}
           [ $(grep -c ' {ONE} ' /proc/self/mountinfo) = 1 ]
           umount.fsxlustre {ONE} & pid=$!
           sleep 0.00$(( (n * 6007) % 10 ))
           kill -9 $pid 2>/dev/null || true
           wait $pid || true
           umount.fsxlustre {ONE} 2>/dev/null || [ $? = 32 ]
           [ $(grep -c ' {ONE} ' /proc/self/mountinfo) = 0 ] || exit 7
         done"
    );
    let done = sandbox.command(["bash", "-c", &script]).deadline(Duration::from_secs(170)).run();
    assert!(done.is_success(), "{done}");
    wait_until("no client is left", || clients(&sandbox) == 0);
    wait_until("no process is left", || {
        let all = sandbox.run(["ps", "-eo", "args"]).stdout;
        !all.lines().any(|line| line.contains("fsxlustre-worker") || line.contains("mount.lustre "))
    });
    let left = state_files(&sandbox);
    assert!(!left.contains("/roots/"), "{left}");
    mount(&sandbox, &source, ONE, "noatime").assert_success();
    sandbox.run(["umount.fsxlustre", ONE]).assert_success();
    // Of all that was begun nothing is left but the folders of the locks, with at most the last
    // ticket in each.
    let left = sandbox.run(["find", "/run/fsxlustre", "-type", "f"]).stdout;
    let (tickets, others): (Vec<_>, Vec<_>) =
        left.lines().partition(|path| path.starts_with("/run/fsxlustre/lock/"));
    assert_eq!(others, Vec::<&str>::new());
    let folders = sandbox.run(["ls", "/run/fsxlustre/lock"]).stdout.lines().count();
    assert!(tickets.len() <= folders, "{tickets:?}");
    println!("200 kills of each took {:?}", done.duration);
}

#[test]
fn a_users_link_is_never_followed_by_a_bind_mount() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    sandbox.run(["mkdir", "-p", "/mnt/one/user/data"]).assert_success();
    let swap =
        "cd /mnt/one/user; while :; do mv data real; ln -s /etc data; rm data; mv real data; done";
    let _user = sandbox.spawn(["sh", "-c", swap]);
    for _ in 0..60 {
        let tried = mount(&sandbox, &format!("{}:/user/data", made.id), TWO, "noatime");
        let on = sandbox.run(["findmnt", "-n", "-o", "FSTYPE,SOURCE", TWO]).stdout;
        if tried.is_success() {
            assert!(on.starts_with("fuse.lustre") && on.contains("[/user/"), "{on}{tried}");
            sandbox.run(["umount", TWO]).assert_success();
        } else {
            assert_eq!(on, "", "nothing is left: {tried}");
        }
    }
}

#[test]
fn a_sub_directory_may_have_a_space() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    sandbox.run(["mkdir", "/mnt/one/a b"]).assert_success();
    mount(&sandbox, &made.id, TWO, "subdir=/a b").assert_success();
    assert!(mount_on(&sandbox, TWO).contains("/a\\040b"), "{}", mount_on(&sandbox, TWO));
    sandbox.run(["umount", TWO]).assert_success();
}

#[test]
fn a_mount_that_is_there_without_what_is_asked_for_is_said_so() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made.id, ONE, "noatime").assert_success();
    let again = mount(&sandbox, &made.id, ONE, "nosuid,ro").assert_success();
    assert!(again.stderr.contains("is mounted without ro,nosuid"), "{again}");
}

#[test]
fn what_the_api_answers_chooses_no_path() {
    let (sandbox, made) = sandbox();
    let evil = json!({"LustreConfiguration": {"MountName": "../../../mnt/evil"}});
    sandbox.set_file_system(&made.id, &evil);
    let refused = mount(&sandbox, &made.id, ONE, "noatime");
    assert_eq!(refused.code(), Some(32), "{refused}");
    assert!(refused.stderr.contains("FSXL-A106"), "{refused}");
    assert!(!sandbox.run(["ls", "/mnt/evil"]).is_success());
}
