//! What AWS or the configuration says now is never passed over for an older answer.

use fsxlustre_tests::{Fault, FileSystem, Output, Sandbox};
use serde_json::json;

const ONE: &str = "/mnt/one";
const SOURCE: &str = "tag:Project:genomics";

fn sandbox() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", ONE]).assert_success();
    (sandbox, made)
}

fn mount(sandbox: &Sandbox, source: &str) -> Output {
    sandbox.run(["mount", "-t", "fsxlustre", source, ONE])
}

fn refused(output: &Output, words: &[&str]) {
    assert!(!output.is_success(), "{output}");
    for word in words {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output}");
    }
}

#[test]
fn a_broken_configuration_is_no_reason_to_take_an_older_answer() {
    let (sandbox, _) = sandbox();
    mount(&sandbox, SOURCE).assert_success();
    sandbox.run(["umount", ONE]).assert_success();
    sandbox.append_config("\n[resolve]\nrequire_vpcs = true\n");
    refused(&mount(&sandbox, SOURCE), &["FSXL-C112", "require_vpcs"]);
}

#[test]
fn a_parameter_that_names_a_program_stops_a_mount() {
    let (sandbox, _) = sandbox();
    mount(&sandbox, SOURCE).assert_success();
    sandbox.run(["umount", ONE]).assert_success();
    sandbox.append_config("\n[config]\nssm_path = '/fsxlustre/prod'\n");
    let evil = "[hooks]\non_ready = ['/bin/touch', '/run/ran']\n";
    sandbox.put_parameter("/fsxlustre/prod/1/evil", "String", evil);
    sandbox.put_parameter("/fsxlustre/prod/current", "String", "1");
    refused(&mount(&sandbox, SOURCE), &["FSXL-C113", "hooks.on_ready"]);
    assert!(!sandbox.run(["ls", "/run/ran"]).is_success());
}

#[test]
fn what_the_api_has_taken_back_serves_nobody_any_more() {
    let (sandbox, made) = sandbox();
    mount(&sandbox, SOURCE).assert_success();
    sandbox.run(["umount", ONE]).assert_success();
    sandbox.set_file_system(&made.id, &json!({"Lifecycle": "DELETING"}));
    refused(&mount(&sandbox, SOURCE), &["FSXL-A204", "DELETING"]);
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").times(99).error(503, "Unavailable"));
    refused(&mount(&sandbox, SOURCE), &["FSXL-A104"]);
    let job = ["fsxlustre", "resolve", "--for", "job", "--timeout", "5", SOURCE];
    refused(&sandbox.run(job), &["FSXL-A104"]);
}

#[test]
fn another_configuration_or_region_is_another_question() {
    let (sandbox, made) = sandbox();
    let job = ["fsxlustre", "resolve", "--json", "--for", "job", SOURCE];
    sandbox.run(job).assert_success();
    let again = sandbox.run(job).assert_success();
    assert!(again.stdout.contains("\"cache\""), "{again}");
    let other = sandbox.command(job).env("AWS_REGION", "eu-west-1").run();
    refused(&other, &["FSXL-A201"]);
    sandbox.run(["sleep", "1.1"]).assert_success();
    sandbox.append_config("\n[resolve]\nrequire_vpc = true\n");
    let anew = sandbox.run(job).assert_success();
    assert!(anew.stdout.contains("\"api\"") && anew.stdout.contains(&made.id), "{anew}");
}

#[test]
fn a_head_node_without_aws_leaves_the_shared_file_as_it_is() {
    let (sandbox, _) = sandbox();
    let write = ["fsxlustre", "resolve", "--write-cache", "/mnt/answers.json", SOURCE];
    sandbox.run(write).assert_success();
    let before = sandbox.read_file("/mnt/answers.json");
    let denied = Fault::on("DescribeFileSystems").times(9).error(400, "AccessDeniedException");
    sandbox.inject_fault(&denied);
    refused(&sandbox.run(write), &["FSXL-A103"]);
    assert_eq!(sandbox.read_file("/mnt/answers.json"), before);
    let subnet = [&write[..3], &["/mnt/answers.json", "--prefer=same-subnet", SOURCE]].concat();
    refused(&sandbox.run(subnet), &["FSXL-C213", "subnet"]);
}

#[test]
fn a_sweep_of_pins_leaves_other_files() {
    let (sandbox, _) = sandbox();
    let script = "mkdir -m 0755 /mnt/shared && echo '{}' >/mnt/shared/answers.json && \
                  touch /mnt/shared/.htaccess && touch -d '60 days ago' /mnt/shared/* \
                  /mnt/shared/.htaccess";
    sandbox.run(["sh", "-c", script]).assert_success();
    sandbox.append_config(&format!(
        "\n[cache]\npins = '/mnt/shared'\n[[jobs.mount]]\nsource = '{SOURCE}'\ndirectory = '{ONE}'\n"
    ));
    let start = sandbox.command(["fsxlustre", "job", "start"]).env("SLURM_JOB_ID", "1");
    start.env("SLURM_CLUSTER_NAME", "prod").run().assert_success();
    let left = sandbox.run(["ls", "-A", "/mnt/shared"]).assert_success().stdout;
    assert!(left.contains("answers.json") && left.contains(".htaccess"), "{left}");
    assert_eq!(left.lines().count(), 3, "and one pin: {left}");
}

#[test]
fn a_misconfigured_file_system_is_mounted_with_a_warning() {
    let sandbox = Sandbox::start();
    sandbox.run(["mkdir", ONE]).assert_success();
    let new = FileSystem::lustre().lifecycle("MISCONFIGURED");
    let made = sandbox.create_file_system(new);
    let why = json!({"FailureDetails": {"Message": "the bucket is gone"}});
    sandbox.set_file_system(&made.id, &why);
    let done = mount(&sandbox, &made.id).assert_success();
    assert!(done.stderr.contains("MISCONFIGURED: the bucket is gone"), "{done}");
}

#[test]
fn settings_that_hang_leave_time_for_the_question() {
    let (sandbox, made) = sandbox();
    sandbox.append_config("\n[config]\nssm_path = '/fsxlustre/prod'\ntimeout = 20\n");
    sandbox.inject_fault(&Fault::on("GetParametersByPath").times(99).hang());
    let ended = sandbox.run(["fsxlustre", "resolve", "--timeout", "4", &made.id]);
    assert!(ended.duration < std::time::Duration::from_secs(5), "{ended}");
}
