//! `fsxlustre evacuate`: what is not written goes first, then every mount that can, in time.

use std::time::Duration;

use fsxlustre_tests::FileSystem;

#[path = "job_end/node.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod node;

use node::{DIRECTORY, Node, eventually};

fn is_mounted(node: &Node, directory: &str) -> bool {
    node.sandbox.read_file("/proc/self/mountinfo").contains(&format!(" {directory} "))
}

/// A node with a job's mount and one of fstab, and one below that.
fn busy_node() -> Node {
    let node = Node::with("");
    for (directory, name) in [("/mnt/other", "other"), ("/mnt/other/below", "below")] {
        let tagged = FileSystem::lustre().tag("Project", name);
        let made = node.sandbox.create_file_system(tagged);
        node.sandbox.run(["mkdir", "-p", directory]).assert_success();
        node.sandbox.run(["mount", "-t", "fsxlustre", &made.id, directory]).assert_success();
    }
    node.started(1);
    node
}

#[test]
fn everything_is_sent_and_unmounted() {
    let node = busy_node();
    node.make_dirty(8_536_064);
    let done = node.sandbox.run(["fsxlustre", "evacuate"]);
    assert_eq!(done.code(), Some(0), "{done}");
    let name = &node.made.mount_name;
    assert!(done.stdout.contains(&format!("{name}: 8.1 MiB sent to servers in ")), "{done}");
    for directory in [DIRECTORY, "/mnt/other", "/mnt/other/below"] {
        assert!(done.stdout.contains(&format!("{directory} unmounted\n")), "{done}");
        assert!(!is_mounted(&node, directory), "{directory}: {done}");
    }
    let again = node.sandbox.run(["fsxlustre", "evacuate"]).assert_success();
    assert_eq!(again.stdout, "no Lustre file system is mounted here\n");
    // The job's end finds nothing left to do.
    let end = node.job("end", 1).assert_success();
    assert!(end.stdout.contains("is not mounted any more"), "{end}");
    assert_eq!(node.left(), Vec::<String>::new());
}

#[test]
fn what_is_in_use_is_named_and_left_and_its_bytes_are_sent_all_the_same() {
    let node = busy_node();
    node.make_dirty(4096);
    let (holder, pid) = node.holder(&format!("cd {DIRECTORY}; echo $$; exec sleep 60"));
    let left = node.sandbox.run(["fsxlustre", "evacuate", "--timeout", "10"]);
    assert_eq!(left.code(), Some(1), "{left}");
    assert!(left.stdout.contains(": 4.0 KiB sent to servers in "), "{left}");
    assert!(left.stdout.contains(": at the end: nothing was left to send to servers"), "{left}");
    let named = format!("stays: {DIRECTORY} is in use: sleep (pid {pid}, root): current directory");
    assert!(left.stdout.contains(&named) && left.stderr.contains("FSXL-U101"), "{left}");
    assert!(is_mounted(&node, DIRECTORY) && !is_mounted(&node, "/mnt/other"), "{left}");
    assert!(node.is_alive(pid), "nobody is ended");
    drop(holder);
    eventually("it goes", || {
        node.sandbox.run(["fsxlustre", "evacuate", "--timeout", "5"]).is_success()
    });
    assert!(!is_mounted(&node, DIRECTORY));
}

#[test]
fn a_hung_file_system_keeps_nobody_beyond_the_time() {
    let node = busy_node();
    node.make_dirty(4096);
    node.sandbox.client_fault("io-hang", true);
    let left = node.sandbox.run(["fsxlustre", "evacuate", "--timeout", "6"]);
    node.sandbox.client_fault("io-hang", false);
    assert_eq!(left.code(), Some(1), "{left}");
    assert!(left.stdout.contains("4.0 KiB not written yet"), "{left}");
    assert!(left.stdout.contains("stays: ") && left.stdout.contains("/mnt/other/below"), "{left}");
    assert!(left.duration < Duration::from_secs(14), "{left}");
    eventually("it goes when servers answer again", || {
        node.sandbox.run(["fsxlustre", "evacuate", "--timeout", "6"]).is_success()
    });
}

#[test]
fn where_people_log_in_nothing_is_unmounted() {
    let node = busy_node();
    node.make_dirty(4096);
    node.sandbox.append_config("\n[node]\nrole = \"login\"\n");
    let done = node.sandbox.run(["fsxlustre", "evacuate"]).assert_success();
    assert!(done.stdout.contains("4.0 KiB sent to servers"), "{done}");
    assert!(done.stdout.contains("nothing is unmounted: [node] role is login"), "{done}");
    assert!(is_mounted(&node, DIRECTORY) && is_mounted(&node, "/mnt/other"));
}
