//! Bad input: a message that names the input, the cause and the fix, the right exit code, and
//! nothing half done.

use fsxlustre_tests::{Fault, FileSystem, Imds, Output, Sandbox};
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/fsx";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox
}

fn mount(sandbox: &Sandbox, source: &str, options: &str) -> Output {
    sandbox.run(["mount", "-t", "fsxlustre", "-o", options, source, DIRECTORY])
}

/// The four lines, the code, the words, the exit code, and that nothing is left of it.
fn refused(sandbox: &Sandbox, output: &Output, code: i32, words: &[&str]) {
    assert_eq!(output.code(), Some(code), "{output}");
    for label in ["  asked:   ", "  because: ", "  do:      "] {
        assert!(output.stderr.contains(label), "{label} is missing: {output}");
    }
    for word in words {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output}");
    }
    assert!(!sandbox.read_file("/proc/self/mountinfo").contains(" /mnt/fsx "), "{output}");
    let records = sandbox.run([
        "sh",
        "-c",
        "find /run/fsxlustre -name '*.json' -not -path '*/failures/*' 2>/dev/null; :",
    ]);
    assert_eq!(records.stdout, "", "{output}");
}

#[test]
fn an_unknown_form_of_source() {
    let sandbox = sandbox();
    for (source, cause) in [
        ("scratch", "none of the known forms"),
        ("tag:Project", "not Key:Value"),
        ("fs-12", "8 to 17 digits"),
        ("tag:a%2", "%"),
    ] {
        let output = mount(&sandbox, source, "noatime");
        refused(&sandbox, &output, 1, &["FSXL-C201", source, cause, "fs-0123456789abcdef0"]);
    }
    assert!(sandbox.client_calls().is_empty(), "mount.lustre was not asked");
}

#[test]
fn an_unknown_tag_names_the_near_misses() {
    let sandbox = sandbox();
    let near = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genetics"));
    let output = mount(&sandbox, "tag:Project:genomics", "noatime");
    let expected = [
        "FSXL-A201",
        "Project=genomics",
        "us-east-1",
        &near.id,
        "Project=genetics",
        "tag-resource",
    ];
    refused(&sandbox, &output, 32, &expected);
}

#[test]
fn two_file_systems_with_the_same_tags() {
    let sandbox = sandbox();
    let one = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let two = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    let output = mount(&sandbox, "tag:Project:genomics", "noatime");
    refused(&sandbox, &output, 32, &["FSXL-A202", &one.id, &two.id, "one more tag"]);
}

#[test]
fn an_unknown_id_and_one_that_is_going_away() {
    let sandbox = sandbox();
    let output = mount(&sandbox, "fs-0123456789abcdef0", "noatime");
    refused(&sandbox, &output, 32, &["FSXL-A203", "fs-0123456789abcdef0", "us-east-1"]);
    let made = sandbox.create_file_system(FileSystem::lustre().lifecycle("DELETING"));
    let output = mount(&sandbox, &made.id, "noatime");
    refused(&sandbox, &output, 32, &["FSXL-A204", &made.id, "DELETING"]);
}

#[test]
fn no_credentials() {
    let sandbox = sandbox();
    sandbox.append_config("region = \"us-east-1\"\n");
    sandbox.imds(Imds::Off);
    let output = mount(&sandbox, "tag:Project:genomics", "noatime");
    refused(&sandbox, &output, 32, &["FSXL-A102", "credentials", "instance profile"]);
}

#[test]
fn no_region() {
    let sandbox = sandbox();
    sandbox.imds(Imds::Off);
    let output = mount(&sandbox, "tag:Project:genomics", "noatime");
    refused(&sandbox, &output, 32, &["FSXL-A101", "Region", "[aws] region"]);
}

#[test]
fn access_denied_prints_the_missing_statement() {
    let sandbox = sandbox();
    let denied = Fault::on("DescribeFileSystems").times(9).error(400, "AccessDeniedException");
    sandbox.inject_fault(&denied);
    let output = mount(&sandbox, "tag:Project:genomics", "noatime");
    let statement = r#""Action": "fsx:DescribeFileSystems""#;
    refused(&sandbox, &output, 32, &["FSXL-A103", "AccessDeniedException", statement]);
}

#[test]
fn an_api_that_hangs_is_not_waited_for() {
    let sandbox = sandbox();
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").times(9).hang());
    let started = Instant::now();
    let output = mount(&sandbox, "tag:Project:genomics", "timeout=3");
    refused(&sandbox, &output, 32, &["FSXL-A1", "VPC endpoint"]);
    assert!(started.elapsed() < Duration::from_secs(8), "{output}");
}

#[test]
fn no_mount_point_and_no_directory() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let on = |directory: &str| {
        let helper = ["mount.fsxlustre", &made.id, directory, "-o", "noatime"];
        sandbox.run(helper)
    };
    let missing = on("/mnt/none");
    refused(&sandbox, &missing, 32, &["FSXL-M101", "/mnt/none", "mkdir -p /mnt/none"]);
    sandbox.write_file("/mnt/file", "");
    refused(&sandbox, &on("/mnt/file"), 32, &["FSXL-M102", "/mnt/file", "not a directory"]);
    sandbox.run(["ln", "-s", DIRECTORY, "/mnt/link"]).assert_success();
    refused(&sandbox, &on("/mnt/link"), 32, &["FSXL-M102", "symbolic link", DIRECTORY]);
    // mount(8) itself refuses what is missing before it calls the helper.
    let by_mount = sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/none"]);
    assert_eq!(by_mount.code(), Some(32), "{by_mount}");
}

#[test]
fn a_mount_point_that_is_not_empty() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.write_file(&format!("{DIRECTORY}/results"), "do not hide me");
    let output = mount(&sandbox, &made.id, "require_empty");
    refused(&sandbox, &output, 32, &["FSXL-M103", DIRECTORY, "ls -la", "require_empty"]);
    // Without the option the mount is made, and the same is said as a warning.
    let output = mount(&sandbox, &made.id, "noatime").assert_success();
    for word in ["warning", "FSXL-M103", DIRECTORY, "require_empty"] {
        assert!(output.stderr.contains(word), "{output}");
    }
    sandbox.run(["umount", DIRECTORY]).assert_success();
    assert_eq!(sandbox.read_file(&format!("{DIRECTORY}/results")), "do not hide me");
}

#[test]
fn a_broken_configuration_file() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let path = "/etc/fsxlustre/fsxlustre.d/site.toml";
    for (text, cause) in [
        ("[mount]\ntimeuot = 3\n", "did you mean mount.timeout?"),
        ("[mount\n", "line 1"),
        ("[layout.profiles.x]\nstripe_count = 1\nstripe_size = \"100KiB\"\n", "line 3"),
    ] {
        sandbox.write_file(path, text);
        let resolve = sandbox.run(["fsxlustre", "resolve", &made.id]);
        refused(&sandbox, &resolve, 1, &["FSXL-C112", path, cause, "correct the line"]);
    }
    sandbox.write_file(path, "[mount]\ntimeuot = 3\n");
    let output = mount(&sandbox, &made.id, "noatime");
    refused(&sandbox, &output, 2, &["FSXL-C112", path, "line 2", "timeuot"]);
    sandbox.write_file(path, "[mount]\n");
    sandbox.run(["chmod", "666", path]).assert_success();
    let output = mount(&sandbox, &made.id, "noatime");
    refused(&sandbox, &output, 2, &["FSXL-C112", path, "chmod go-w"]);
}

#[test]
fn options_that_nobody_knows_or_that_contradict() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let output = mount(&sandbox, &made.id, "flok");
    refused(&sandbox, &output, 1, &["FSXL-C211", "flok", "did you mean 'flock'"]);
    let output = mount(&sandbox, &made.id, "flock,localflock");
    refused(&sandbox, &output, 1, &["FSXL-C213", "localflock"]);
    assert!(sandbox.client_calls().is_empty(), "mount.lustre was not asked");
}

#[test]
fn something_else_on_the_mount_point() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.run(["mkdir", "/mnt/other"]).assert_success();
    sandbox.run(["mount", "-t", "tmpfs", "ours", "/mnt/other"]).assert_success();
    let output = sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/other"]);
    refused(&sandbox, &output, 32, &["FSXL-M104", "tmpfs", "/mnt/other"]);
}

#[test]
fn a_wrong_mount_name_and_a_name_that_does_not_resolve() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let output = mount(&sandbox, &format!("{}@tcp:/wrongfs", made.dns_name), "noatime");
    refused(&sandbox, &output, 32, &["FSXL-M201", "wrongfs", "No such file or directory"]);
    let output = mount(&sandbox, "no-such-host.invalid@tcp:/wrongfs", "retry=0");
    refused(&sandbox, &output, 32, &["FSXL-N202", "no-such-host.invalid", "getent hosts"]);
}

#[test]
fn a_mount_that_hangs_ends_at_its_deadline() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.client_fault("mount-hang", true);
    let started = Instant::now();
    let output = mount(&sandbox, &made.id, "timeout=2");
    refused(&sandbox, &output, 32, &["FSXL-M205", "deadline", "988"]);
    assert!(started.elapsed() < Duration::from_secs(8), "{output}");
    sandbox.client_fault("mount-hang", false);
    mount(&sandbox, &made.id, "noatime").assert_success();
}

#[test]
fn a_file_system_that_does_not_answer_is_named_and_hangs_nobody() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    sandbox.client_fault("io-hang", true);
    let started = Instant::now();
    let output = mount(&sandbox, &made.id, "timeout=3");
    assert_eq!(output.code(), Some(32), "{output}");
    assert!(output.stderr.contains("FSXL-M208"), "{output}");
    assert!(started.elapsed() < Duration::from_secs(20), "{output}");
    sandbox.client_fault("io-hang", false);
}

#[test]
fn an_ordinary_user_is_told_so() {
    let sandbox = sandbox();
    let made = sandbox.create_file_system(FileSystem::lustre());
    let as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let helper = ["/usr/sbin/mount.fsxlustre", &made.id, DIRECTORY];
    let output = sandbox.run(as_nobody.iter().chain(&helper));
    refused(&sandbox, &output, 1, &["FSXL-C102", "root"]);
}

#[test]
fn a_jobs_variables_that_slurm_never_sets() {
    let sandbox = sandbox();
    // Exit 1 would take the node out of service for it.
    let missing = sandbox.run(["fsxlustre", "job", "start"]);
    refused(&sandbox, &missing, 0, &["FSXL-S101", "SLURM_JOB_ID"]);
    let foreign =
        sandbox.command(["fsxlustre", "job", "end"]).env("SLURM_JOB_ID", "../../etc").run();
    refused(&sandbox, &foreign, 0, &["FSXL-S101", "../../etc"]);
}
