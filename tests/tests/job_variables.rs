//! Hostile values in every variable that a hook could read: none reaches a path, a program or a
//! line that Slurm takes, and none takes a node out of service.

mod hooked;

use fsxlustre_tests::Sandbox;
use hooked::{DIRECTORY, RULE, hook, mounted, node, state, told};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

const NAMES: [&str; 13] = [
    "SLURM_CLUSTER_NAME",
    "SLURM_HET_JOB_ID",
    "SLURM_JOB_ACCOUNT",
    "SLURM_JOB_COMMENT",
    "SLURM_JOB_CONSTRAINTS",
    "SLURM_JOB_ID",
    "SLURM_JOB_LICENSES",
    "SLURM_JOB_PARTITION",
    "SLURM_JOB_RESTART_COUNT",
    "SLURM_JOB_SLUID",
    "SLURM_JOB_USER",
    "SLURM_PACK_JOB_ID",
    "SLURMD_NODENAME",
];

/// The kernel takes no variable of 1 MiB (`MAX_ARG_STRLEN` is 128 KiB): the longest that there is.
fn hostile() -> Vec<OsString> {
    let mut all: Vec<OsString> = [
        "",
        "\n",
        "1\nexport LD_PRELOAD=/tmp/x.so",
        "../../../../tmp/pwned",
        "/tmp/pwned",
        "..",
        "%s%s%n%x",
        "$(touch /tmp/pwned)",
        "`touch /tmp/pwned`",
        "; touch /tmp/pwned ;",
        "a,Name:other",
        "{job.account}",
        "-1",
        "99999999999999999999",
        "[[[[[[[[[[[[",
        "\u{1b}[2J\u{7}",
    ]
    .map(OsString::from)
    .to_vec();
    all.push(OsString::from_vec(vec![0xff, 0xfe, b'/', 0x80]));
    all.push("x".repeat(120 << 10).into());
    all
}

fn assert_unharmed(sandbox: &Sandbox, about: &str) {
    let there = |path: &str| sandbox.run(["test", "-e", path]).is_success();
    assert!(!there("/tmp/pwned") && !there("/run/pwned"), "{about}");
    let is_name = |path: &str| {
        path.strip_prefix("/run/fsxlustre/").is_some_and(|rest| {
            rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
                && !rest.contains("..")
        })
    };
    let files = state(sandbox);
    assert!(files.lines().all(is_name), "{about}: {files}");
    let said = sandbox.run(["sh", "-c", "cat /run/fsxlustre/told/* 2>/dev/null"]).stdout;
    let is_ours = |line: &str| {
        line.is_empty()
            || line == "refuse"
            || line.starts_with("export FSXLUSTRE_")
            || line.starts_with("print fsxlustre: ")
    };
    assert!(said.is_ascii() && said.lines().all(is_ours), "{about}: {said}");
}

#[test]
fn no_value_of_any_variable_does_harm_or_drains_a_node() {
    let rule = RULE.replace("genomics\"\nd", "genomics,Account:{job.account}\"\nd");
    let (sandbox, _) = node(&rule);
    let values = hostile();
    for name in NAMES {
        for value in &values {
            let about = format!("{name}={:.60}", value.to_string_lossy());
            let job = |verb: &str| hook(&sandbox, verb, 7).env(name, value).run();
            let start = job("start");
            assert_eq!(start.code(), Some(0), "{about}: {start}");
            let said = format!("{}{}", start.stdout, start.stderr);
            let is_plain = |c: char| c == '\n' || !c.is_control();
            assert!(said.chars().all(is_plain) && said.len() < 8000, "{about}: {said}");
            assert_eq!(mounted(&sandbox, DIRECTORY), "", "{about}");
        }
        assert_unharmed(&sandbox, name);
        hook(&sandbox, "end", 7).run().assert_success();
    }
}

#[test]
fn nothing_else_of_the_environment_reaches_a_child_or_the_sdk() {
    let tell = "/usr/local/sbin/tell";
    let (sandbox, _) = node(&format!("\n[hooks]\non_ready = [\"{tell}\"]\n{RULE}"));
    sandbox.run(["mkdir", "-p", "/usr/local/sbin"]).assert_success();
    sandbox.write_program(tell, "#!/bin/sh\ntr '\\0' '\\n' </proc/$$/environ >/run/environment\n");
    let start = hook(&sandbox, "start", 7)
        .env("SPANK_SECRET", "s")
        .env("PYTHONPATH", "/tmp")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_REGION", "eu-west-9")
        .env("AWS_PROFILE", "nobody")
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .env("SLURM_JOB_WORK_DIR", "/tmp")
        .run()
        .assert_success();
    assert!(start.stdout.contains("mounted on /mnt/genomics"), "{start}");
    assert!(told(&sandbox, 7).starts_with("export FSXLUSTRE_STATUS=ready\n"));
    let seen = sandbox.read_file("/run/environment");
    let names: Vec<_> = seen.lines().filter_map(|line| line.split_once('=')).collect();
    for (name, _) in &names {
        let is_ours = name.starts_with("FSXLUSTRE_") || matches!(*name, "LC_ALL" | "PWD" | "_");
        assert!(is_ours, "{name}: {seen}");
    }
    assert!(names.iter().any(|(name, value)| (*name, *value) == ("FSXLUSTRE_EVENT", "ready")));
}

/// slurmd's umask is the hook's; the `TaskProlog` reads as the user what the job is told.
#[test]
fn the_user_reads_what_the_job_is_told_whatever_the_umask_is() {
    for before in
        [":", "mkdir -p /run/fsxlustre/told; chmod 700 /run/fsxlustre /run/fsxlustre/told"]
    {
        let (sandbox, _) = node(RULE);
        let script = format!("{before}; umask 077; exec fsxlustre job start");
        let words = ["sh", "-c", script.as_str()];
        sandbox.command(words).env("SLURM_JOB_ID", "1").run().assert_success();
        let user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
        let told = sandbox.run(user.into_iter().chain(["cat", "/run/fsxlustre/told/1"]));
        assert!(told.stdout.contains("FSXLUSTRE_STATUS=ready"), "after {before}: {told}");
        let kept = "cat /run/fsxlustre/requests/*.json";
        let kept = sandbox.run(user.into_iter().chain(["sh", "-c", kept]));
        assert_ne!(kept.code(), Some(0), "what is root's stays root's: {kept}");
    }
}
