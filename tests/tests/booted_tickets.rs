//! `fsxlustre-tickets.timer` under a booted systemd: tickets of exports are looked at without anybody's call.

#[path = "booted_systemd/node.rs"]
#[expect(dead_code, reason = "of the node only what a timer needs")]
mod node;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use node::Node;

const FOLDER: &str = "/srv/reports";

/// The packaged units, and a folder with a ticket that was done long ago and one that is asked for.
fn prepared() -> String {
    let service = include_str!("../../packaging/systemd/fsxlustre-tickets.service");
    let timer = include_str!("../../packaging/systemd/fsxlustre-tickets.timer");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let then = now - 31 * 24 * 3600;
    let mut script = format!(
        "mkdir -p usr/lib/systemd/system etc/fsxlustre/fsxlustre.d .{FOLDER}\n\
         cat >usr/lib/systemd/system/fsxlustre-tickets.service <<'END'\n{service}END\n\
         cat >usr/lib/systemd/system/fsxlustre-tickets.timer <<'END'\n{timer}END\n\
         echo 'jobs.report_dir = \"{FOLDER}\"' >etc/fsxlustre/fsxlustre.d/tickets.toml\n"
    );
    for (state, at) in [("done", then), ("asked", now)] {
        script += &format!(
            "cat >.{FOLDER}/ticket-{state}.json <<'END'\n{{\"format\": 1, \"id\": \"{state}\", \"node\": \"n1\", \
             \"asked_by\": \"root\", \"asked_unix_seconds\": {at}, \"updated_unix_seconds\": {at}, \
             \"file_system_id\": \"fs-0123456789abcdef0\", \"paths\": [], \"state\": \"{state}\"}}\nEND\n"
        );
    }
    script
}

#[test]
fn the_timer_goes_on_with_tickets_and_removes_those_that_are_long_done() {
    let node = Node::boot_with("", &prepared());
    assert_eq!(
        node.ask(&format!("ls {FOLDER}")).lines().count(),
        2,
        "nothing is enabled by itself"
    );
    node.ask("systemctl enable fsxlustre-tickets.timer");
    // Its own two minutes after the boot are too long for a test.
    node.ask(
        "mkdir -p /run/systemd/system/fsxlustre-tickets.timer.d && \
         printf '[Timer]\\nOnActiveSec=1s\\nAccuracySec=1s\\n' \
         >/run/systemd/system/fsxlustre-tickets.timer.d/soon.conf && systemctl daemon-reload && \
         systemctl start fsxlustre-tickets.timer",
    );
    let ticket = || node.ask(&format!("cat {FOLDER}/ticket-asked.json"));
    let began = Instant::now();
    while !ticket().contains("\"because\": \"") {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", ticket());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(node.ask(&format!("ls {FOLDER}")), "ticket-asked.json");
    assert!(ticket().contains("\"state\": \"asked\""), "it waits for AWS: {}", ticket());
    // And again, a minute after it ended and not only two minutes after the boot.
    let next = || node.ask("systemctl show -P NextElapseUSecMonotonic fsxlustre-tickets.timer");
    let began = Instant::now();
    while ["infinity", "2min"].contains(&next().as_str()) {
        assert!(began.elapsed() < Duration::from_secs(30), "it never runs again");
        std::thread::sleep(Duration::from_millis(200));
    }
}
