//! The faults that make callers wait.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::sandbox::{
    MOUNT_POINT, ROOT, SOURCE, control, eventually, mount, path_of, sandboxed, shell,
};

#[test]
fn io_hang_holds_callers_in_state_d() {
    sandboxed("hangs::io_hang_holds_callers_in_state_d", || {
        mount();
        control("fault", &["set", "io-hang"]);
        let stat = || {
            Command::new("stat")
                .arg(MOUNT_POINT)
                .stdout(Stdio::null())
                .spawn()
                .expect("stat starts")
        };
        let mut callers = [stat(), stat()];
        for caller in &callers {
            let status = format!("/proc/{}/status", caller.id());
            eventually("state D", || {
                fs::read_to_string(&status).is_ok_and(|text| text.contains("State:\tD"))
            });
            shell(&format!("kill -TERM {}", caller.id()));
        }
        sleep(Duration::from_millis(100));
        assert!(
            callers.iter_mut().all(|caller| caller.try_wait().expect("our child").is_none()),
            "SIGTERM ended a caller"
        );
        control("fault", &["clear", "io-hang"]);
        for caller in &mut callers {
            caller.wait().expect("the caller ends");
        }
        assert!(fs::metadata(MOUNT_POINT).is_ok());
    });
}

#[test]
fn mount_hang_ignores_sigterm_and_goes_on() {
    sandboxed("hangs::mount_hang_ignores_sigterm_and_goes_on", || {
        control("fault", &["set", "mount-hang"]);
        let mut helper = Command::new(path_of("mount.lustre"))
            .args([SOURCE, MOUNT_POINT])
            .spawn()
            .expect("the helper starts");
        sleep(Duration::from_millis(200));
        shell(&format!("kill -TERM {}", helper.id()));
        sleep(Duration::from_millis(100));
        assert!(helper.try_wait().expect("our child").is_none(), "SIGTERM ended the helper");
        control("fault", &["clear", "mount-hang"]);
        assert!(helper.wait().expect("our child").success());
        assert!(shell("cat /proc/self/mountinfo").contains("- fuse.lustre "));
        let calls = shell(&format!("{} calls {ROOT}", env!("CARGO_BIN_EXE_standin-client")));
        assert_eq!(
            calls,
            format!("{{\"args\":[\"{SOURCE}\",\"{MOUNT_POINT}\"],\"program\":\"mount.lustre\"}}\n")
        );
    });
}
