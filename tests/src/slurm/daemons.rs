//! Slurm's and munge's daemons in the sandboxes of a cluster.

use std::thread;
use std::time::{Duration, Instant};

use crate::Sandbox;
use crate::error::Error;

/// Each program, and the Debian package that brings it.
const PROGRAMS: [(&str, &str); 6] = [
    ("/usr/sbin/slurmctld", "slurmctld"),
    ("/usr/sbin/slurmd", "slurmd"),
    ("/usr/sbin/slurmdbd", "slurmdbd"),
    ("/usr/bin/scontrol", "slurm-client"),
    ("/usr/sbin/munged", "munge"),
    ("/usr/sbin/mariadbd", "mariadb-server"),
];

const END_DEADLINE: Duration = Duration::from_secs(10);

/// Looks whether all are installed.
pub(super) fn check_programs() -> Result<(), Error> {
    for (program, package) in PROGRAMS {
        if !std::path::Path::new(program).exists() {
            return Err(Error::Missing {
                what: format!("{program} is missing"),
                remedy: format!("Run tests/prepare test, which installs the package {package}"),
            });
        }
    }
    Ok(())
}

/// Starts munge's daemon, which answers when this returns. `key` is the same on all machines.
pub(super) fn start_munged(on: &Sandbox, key: &[u8]) {
    let script = "install -d -o munge -g munge /run/munge /etc/munge /var/log/munge /var/lib/munge \
                  && install -o munge -g munge -m 0400 -T /dev/stdin /etc/munge/munge.key \
                  && exec setpriv --reuid munge --regid munge --init-groups /usr/sbin/munged";
    on.command(["sh", "-c", script]).stdin(key).run().assert_success();
}

/// Starts one of Slurm's daemons under a host name of its own; it has read its configuration and
/// went to the background when this returns.
pub(super) fn start(on: &Sandbox, name: &str, words: &str) {
    let script = format!("hostname {name} && exec {words}");
    on.run(["unshare", "--uts", "sh", "-c", &script]).assert_success();
}

/// Ends a daemon at once, by its file with its process number, and waits until it is gone.
pub(super) fn kill(on: &Sandbox, pid_file: &str) {
    let pid = on.read_file(pid_file);
    let pid = pid.trim();
    on.run(["kill", "-KILL", pid]).assert_success();
    let began = Instant::now();
    while on.run(["kill", "-0", pid]).is_success() {
        assert!(began.elapsed() < END_DEADLINE, "process {pid} survives SIGKILL");
        thread::sleep(Duration::from_millis(10));
    }
}
