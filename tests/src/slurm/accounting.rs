//! slurmdbd and its database on the controller.

use std::thread;
use std::time::{Duration, Instant};

use super::daemons;
use crate::Sandbox;
use crate::stage::built_stage;

const DEADLINE: Duration = Duration::from_secs(60);

const SLURMDBD_CONF: &str = "\
AuthType=auth/munge
DbdHost=ctl
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
PidFile=/run/slurm/slurmdbd.pid
LogFile=/run/slurm/slurmdbd.log
";

/// Starts the database from the empty one that `tests/slurm/build` made, then slurmdbd, and makes
/// the cluster known to it.
pub(super) fn start(on: &Sandbox) {
    let empty = built_stage("slurm").join("mysql");
    let empty = empty.to_str().expect("the path is UTF-8");
    on.run(["cp", "-a", empty, "/run/mysql"]).assert_success();
    on.run(["install", "-d", "-o", "mysql", "/run/mysqld"]).assert_success();
    let database = "exec setsid /usr/sbin/mariadbd --no-defaults --user=mysql --datadir=/run/mysql \
                    --skip-networking --socket=/run/mysqld/mysqld.sock --innodb-log-file-size=4M \
                    --innodb-lock-wait-timeout=900 </dev/null >/run/slurm/mariadbd.log 2>&1 &";
    on.run(["sh", "-c", database]).assert_success();
    wait(on, &["mariadb-admin", "--socket=/run/mysqld/mysqld.sock", "ping"]);
    let text = SLURMDBD_CONF;
    on.command(["install", "-m", "0600", "-T", "/dev/stdin", "/etc/slurm/slurmdbd.conf"])
        .stdin(text)
        .run()
        .assert_success();
    daemons::start(on, "ctl", "/usr/sbin/slurmdbd");
    wait(on, &["sacctmgr", "-i", "add", "cluster", "prod"]);
    wait(on, &["sacctmgr", "-i", "add", "account", "bio", "cluster=prod"]);
    wait(on, &["sacctmgr", "-i", "add", "user", "ann,root", "account=bio", "cluster=prod"]);
}

/// Runs a command until it succeeds.
fn wait(on: &Sandbox, words: &[&str]) {
    let began = Instant::now();
    loop {
        let output = on.run(words);
        if output.is_success() {
            return;
        }
        assert!(began.elapsed() < DEADLINE, "{output}");
        thread::sleep(Duration::from_millis(50));
    }
}
