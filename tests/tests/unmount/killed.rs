//! SIGKILL at any moment, then the same command again.

use super::*;
use nix::sys::signal::Signal;

const ROUNDS: u64 = 30;

#[test]
fn killed_at_any_moment_the_next_call_ends_in_the_right_state() {
    let (sandbox, _) = mounted();
    let mut random = Instant::now().elapsed().as_nanos() ^ u128::from(std::process::id());
    for round in 0..ROUNDS {
        let program: [&str; 2] =
            if round % 2 == 0 { ["fsxlustre", "umount"] } else { ["umount.fsxlustre", "-v"] };
        let running = sandbox.spawn(program.iter().chain(&[DIRECTORY]));
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = Duration::from_micros(u64::try_from(random >> 40 & 0xffff).unwrap_or(0));
        std::thread::sleep(wait);
        running.signal(Signal::SIGKILL);
        drop(running);
        let again = umount(&sandbox, &[DIRECTORY]).assert_success();
        assert!(again.stderr.is_empty(), "{again}");
        eventually("no worker is left", || workers(&sandbox).is_empty());
        nothing_left_but_a_record(&sandbox);
        mount(&sandbox);
    }
    umount(&sandbox, &[DIRECTORY]).assert_success();
    nothing_left(&sandbox);
}

#[track_caller]
fn nothing_left_but_a_record(sandbox: &Sandbox) {
    assert!(!is_mounted(sandbox, DIRECTORY));
    assert_eq!(instances(sandbox), Vec::<String>::new());
    let left = sandbox.run(["sh", "-c", "find /run/fsxlustre -name '*.json' 2>/dev/null; :"]);
    assert_eq!(left.stdout, "");
}
