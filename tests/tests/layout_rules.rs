//! `[[layout.directory]]`: by hand, after a mount, and for a job; a user's links lead nowhere.

use fsxlustre_tests::{FileSystem, Output, Run, Sandbox};

const FSX: &str = "/mnt/fsx";
const LFS: &str = "/run/standin/usr/bin/lfs";
const RULES: &str = r#"
[layout.profiles.two]
stripe_count = 2
stripe_size = "1MiB"
[[layout.directory]]
path = "/mnt/fsx/checkpoints"
profile = "two"
owner = "1001:1002"
mode = "2770"
create = true
[[layout.directory]]
path = "/mnt/elsewhere/x"
profile = "two"
[[layout.directory]]
path = "/mnt/fsx/jobs/{job.account}/{job.id}"
profile = "two"
owner = "1001"
mode = "0700"
create = true
"#;

fn sandbox() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", FSX]).assert_success();
    (sandbox, made)
}

fn mount(sandbox: &Sandbox, made: &FileSystem) -> Output {
    sandbox.run(["mount", "-v", "-t", "fsxlustre", &made.id, FSX])
}

fn stat(sandbox: &Sandbox, path: &str) -> String {
    sandbox.run(["stat", "-c", "%u:%g %a", path]).stdout.trim().to_owned()
}

fn default_of(sandbox: &Sandbox, path: &str) -> String {
    sandbox.run([LFS, "getstripe", "-d", path]).assert_success().stdout
}

#[test]
fn a_mount_and_a_plain_run_apply_what_the_rules_say() {
    let (sandbox, made) = sandbox();
    sandbox.append_config(RULES);
    let mounted = mount(&sandbox, &made).assert_success();
    assert!(!mounted.stderr.contains("layout"), "{mounted}");
    let path = format!("{FSX}/checkpoints");
    assert_eq!(stat(&sandbox, &path), "1001:1002 2770");
    assert!(default_of(&sandbox, &path).contains("stripe_count:  2 stripe_size:   1048576"));
    // Nobody but a job makes a job's directories.
    assert!(!sandbox.run(["test", "-e", "/mnt/fsx/jobs"]).is_success());
    let calls = || sandbox.client_calls().iter().filter(|call| call.contains("stripe")).count();
    let before = calls();
    let again = sandbox.run(["fsxlustre", "layout", "apply", "--configured"]).assert_success();
    assert!(again.stdout.contains("holds already"), "{again}");
    assert!(
        again.stdout.contains("/mnt/elsewhere/x: its file system is not mounted here"),
        "{again}"
    );
    assert_eq!(calls(), before, "a second time runs nothing");
    sandbox.run(["chmod", "755", &path]).assert_success();
    let mended = sandbox.run(["fsxlustre", "layout", "apply", "--configured"]).assert_success();
    assert!(mended.stdout.contains("done:    mode 2770"), "{mended}");
    sandbox.run(["fsxlustre", "layout", "verify", "--configured"]).assert_success();
}

#[test]
fn a_mount_is_made_whatever_becomes_of_its_rules() {
    let (sandbox, made) = sandbox();
    sandbox.append_config(&RULES.replace(
        "profile = \"two\"\nowner = \"1001:1002\"",
        "profile = \"nosuch\"\nowner = \"1001:1002\"",
    ));
    let mounted = mount(&sandbox, &made).assert_success();
    assert!(
        mounted.stderr.contains("[[layout.directory]]") && mounted.stderr.contains("FSXL-L101"),
        "{mounted}"
    );
    assert!(
        !sandbox.run(["test", "-e", "/mnt/fsx/checkpoints"]).is_success(),
        "nothing is made for a profile that is not known"
    );
}

#[test]
fn links_of_a_user_lead_nowhere() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made).assert_success();
    sandbox.append_config(RULES);
    sandbox
        .run(["bash", "-c", "mkdir /run/secret && ln -s /run/secret /mnt/fsx/checkpoints"])
        .assert_success();
    let refused = sandbox.run(["fsxlustre", "layout", "apply", "--configured"]);
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr.contains("symbolic link"), "{refused}");
    assert_eq!(stat(&sandbox, "/run/secret"), "0:0 755");
}

#[test]
fn a_job_gets_its_own_directory_below_a_mount_that_was_there() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, &made).assert_success();
    sandbox.append_config(RULES);
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"{}\"\ndirectory = \"{FSX}\"\n",
        made.id
    ));
    let start = |account: &str, id: &str| {
        let words: Run<'_> = sandbox.command(["fsxlustre", "job", "start"]);
        words
            .env("SLURM_JOB_ID", id)
            .env("SLURM_JOB_ACCOUNT", account)
            .env("SLURM_JOB_USER", "ann")
            .env("SLURM_JOB_UID", "1001")
            .run()
    };
    start("bio", "17").assert_success();
    assert_eq!(stat(&sandbox, "/mnt/fsx/jobs/bio/17"), "1001:0 700");
    assert_eq!(stat(&sandbox, "/mnt/fsx/jobs/bio"), "0:0 755");
    assert!(default_of(&sandbox, "/mnt/fsx/jobs/bio/17").contains("stripe_count:  2"));
    assert!(
        !sandbox.run(["test", "-e", "/mnt/fsx/checkpoints"]).is_success(),
        "the mount was not made by this job"
    );
    start("bio", "17").assert_success();
    // A job without an account has no directory, and hears why.
    let lacks = sandbox.command(["fsxlustre", "job", "start"]).env("SLURM_JOB_ID", "18").run();
    let told =
        format!("{lacks} {}", sandbox.run(["bash", "-c", "cat /run/fsxlustre/requests/*18*"]));
    assert!(told.contains("SLURM_JOB_ACCOUNT"), "{told}");
}

/// A start has a phase for layouts: nothing else lays out what it mounts.
#[test]
fn what_a_start_mounts_is_laid_out_once() {
    let (sandbox, made) = sandbox();
    sandbox.append_config(RULES);
    sandbox.append_config(&format!(
        "\n[[jobs.mount]]\nsource = \"{}\"\ndirectory = \"{FSX}\"\n",
        made.id
    ));
    let noting = "#!/bin/sh\necho \"$*\" >>/run/agent-calls\nexec /run/agent \"$@\"\n";
    sandbox.write_file("/run/noting", noting);
    let put = "cp /usr/bin/fsxlustre /run/agent && chmod 755 /run/noting && \
               mount --bind /run/noting /usr/bin/fsxlustre";
    sandbox.run(["bash", "-c", put]).assert_success();
    let start = sandbox.command(["fsxlustre", "job", "start"]).env("SLURM_JOB_ID", "17");
    start.env("SLURM_JOB_ACCOUNT", "bio").env("SLURM_JOB_USER", "ann").run().assert_success();
    assert!(default_of(&sandbox, "/mnt/fsx/checkpoints").contains("stripe_count:  2"));
    assert_eq!(sandbox.read_file("/run/agent-calls"), "job start\n");
    // By hand the mount helper has it done.
    sandbox.run(["umount", FSX]).assert_success();
    mount(&sandbox, &made).assert_success();
    assert!(sandbox.read_file("/run/agent-calls").contains("layout apply --configured"));
}

#[test]
fn what_does_not_fit_in_a_rule_is_said_with_its_line() {
    let (sandbox, _) = sandbox();
    for (line, words) in [
        ("path = \"/mnt/fsx/{nosuch}\"", "names no field of a job"),
        ("path = \"mnt\"", "absolute path"),
        ("path = \"/mnt/x\"\nmode = \"4755\"", "set-user-id"),
        ("path = \"/mnt/x\"\nowner = \"a b\"", "USER:GROUP"),
    ] {
        sandbox.write_file(
            "/etc/fsxlustre/fsxlustre.d/rule.toml",
            &format!("[[layout.directory]]\n{line}\n"),
        );
        let check = sandbox.run(["fsxlustre", "config", "check"]);
        assert!(!check.is_success(), "{check}");
        let said = format!("{}{}", check.stdout, check.stderr);
        assert!(said.contains(words) && said.contains("rule.toml"), "{line}: {check}");
    }
}
