//! What AWS and the network can do wrong: every class of error is named by its code, tried again only
//! where that helps, within the caller's budget, and a signal ends it. The real SDK against the HTTP
//! endpoint.

use fsxlustre_tests::{Fault, FileSystem, Imds, Output, Running, Sandbox};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

const DIRECTORY: &str = "/mnt/fsx";
/// More than any policy tries.
const ALWAYS: u32 = 10_000;

fn sandbox() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.run(["mkdir", "-p", DIRECTORY]).assert_success();
    sandbox.reset_api();
    (sandbox, made)
}

fn resolve(sandbox: &Sandbox, seconds: u32) -> Output {
    let timeout = format!("--timeout={seconds}");
    sandbox.run(["fsxlustre", "resolve", "--from-api", "--for-mount", &timeout, "name:x"])
}

fn resolve_tag(sandbox: &Sandbox, seconds: u32) -> Output {
    let timeout = format!("--timeout={seconds}");
    let source = "tag:Project:genomics";
    sandbox.run(["fsxlustre", "resolve", "--from-api", "--for-mount", &timeout, source])
}

fn calls(sandbox: &Sandbox, operation: &str) -> usize {
    let log = sandbox.api_log();
    log.iter().filter(|request| request.operation.as_deref() == Some(operation)).count()
}

#[track_caller]
fn fails(output: &Output, words: &[&str]) {
    assert_eq!(output.code(), Some(1), "{output}");
    for word in words {
        assert!(output.stderr.contains(word), "{word:?} is missing: {output}");
    }
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let (sandbox, _) = sandbox();
    for (status, kind) in [
        (400, "ThrottlingException"),
        (429, "TooManyRequestsException"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
        (400, "ExpiredTokenException"),
    ] {
        sandbox.reset_api();
        sandbox.inject_fault(&Fault::on("DescribeFileSystems").error(status, kind));
        resolve_tag(&sandbox, 20).assert_success();
        assert_eq!(calls(&sandbox, "DescribeFileSystems"), 2, "{kind}");
    }
    for (kind, code) in [
        ("AccessDeniedException", "FSXL-A103"),
        ("UnrecognizedClientException", "FSXL-A107"),
        ("InvalidSignatureException", "FSXL-A107"),
        ("BadRequest", "FSXL-A110"),
    ] {
        sandbox.reset_api();
        sandbox.inject_fault(&Fault::on("DescribeFileSystems").times(ALWAYS).error(400, kind));
        fails(&resolve_tag(&sandbox, 20), &[code, kind]);
        assert_eq!(calls(&sandbox, "DescribeFileSystems"), 1, "{kind}");
    }
}

#[test]
fn throttling_goes_on_to_the_end_of_the_budget_and_a_fault_of_the_service_does_not() {
    let (sandbox, _) = sandbox();
    let always = |status, kind| {
        sandbox.reset_api();
        sandbox.inject_fault(&Fault::on("DescribeFileSystems").times(ALWAYS).error(status, kind));
        let started = Instant::now();
        let output = resolve_tag(&sandbox, 4);
        (output, started.elapsed(), calls(&sandbox, "DescribeFileSystems"))
    };
    let (output, took, calls) = always(400, "ThrottlingException");
    fails(&output, &["FSXL-A109", "ThrottlingException", "attempts)", "map"]);
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert!(calls >= 2, "{calls}");
    let (output, took, calls) = always(500, "InternalServerError");
    fails(&output, &["FSXL-A104", "InternalServerError"]);
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert!((2..=6).contains(&calls), "{calls}");
}

#[test]
fn expired_credentials_are_renewed_once() {
    let (sandbox, _) = sandbox();
    let keys = |sandbox: &Sandbox| {
        let of_role = |path: &str| path.ends_with("/fsxlustre-node");
        sandbox.api_log().iter().filter(|request| of_role(&request.path)).count()
    };
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").error(400, "ExpiredTokenException"));
    resolve_tag(&sandbox, 20).assert_success();
    assert_eq!(keys(&sandbox), 2, "the role's keys were fetched anew");
    sandbox.reset_api();
    let fault = Fault::on("DescribeFileSystems").error(400, "ExpiredTokenException");
    sandbox.inject_fault(&fault.times(ALWAYS));
    fails(&resolve_tag(&sandbox, 20), &["FSXL-A107", "ExpiredTokenException", "(2 attempts)"]);
    assert_eq!(calls(&sandbox, "DescribeFileSystems"), 2);
}

#[test]
fn a_wrong_clock_is_mended_by_the_services_own_and_named_where_that_fails() {
    let (sandbox, _) = sandbox();
    let skewed = || {
        Fault::on("DescribeFileSystems").error(400, "InvalidSignatureException").clock_ahead(3600)
    };
    sandbox.inject_fault(&skewed());
    resolve_tag(&sandbox, 20).assert_success();
    let log = sandbox.api_log();
    let times: Vec<_> = log
        .iter()
        .filter(|request| request.operation.as_deref() == Some("DescribeFileSystems"))
        .filter_map(|request| request.signed_at.clone())
        .collect();
    assert_eq!(times.len(), 2, "{times:?}");
    assert!(hour(&times[1]) == (hour(&times[0]) + 1) % 24, "{times:?}");
    sandbox.reset_api();
    sandbox.inject_fault(&skewed().times(ALWAYS));
    let output = resolve_tag(&sandbox, 20);
    fails(&output, &["FSXL-A108", "s behind the service's", "chronyd"]);
    assert_eq!(calls(&sandbox, "DescribeFileSystems"), 2);
}

/// The hour of `20260101T120000Z`.
fn hour(time: &str) -> u32 {
    time[9..11].parse().unwrap()
}

#[test]
fn half_an_answer_is_asked_for_again() {
    let (sandbox, _) = sandbox();
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").garbage());
    let words = ["fsxlustre", "resolve", "--from-api", "--explain", "tag:Project:genomics"];
    let output = sandbox.run(words).assert_success();
    assert!(output.stdout.contains("attempts: 1 failed"), "{output}");
    assert_eq!(calls(&sandbox, "DescribeFileSystems"), 2);
}

#[test]
fn a_slow_answer_is_waited_for_and_one_beyond_the_budget_is_not() {
    let (sandbox, _) = sandbox();
    let slow = |seconds| Fault::on("DescribeFileSystems").delay(Duration::from_secs(seconds));
    sandbox.inject_fault(&slow(2));
    resolve_tag(&sandbox, 20).assert_success();
    sandbox.inject_fault(&slow(30));
    let started = Instant::now();
    let output = resolve_tag(&sandbox, 3);
    fails(&output, &["FSXL-A105", "no answer within 3 s", "com.amazonaws.us-east-1.fsx"]);
    assert!(started.elapsed() < Duration::from_secs(5), "{output}");
}

#[test]
fn an_endpoint_that_nobody_listens_at_names_the_vpc_endpoint_of_the_partition() {
    let (sandbox, _) = sandbox();
    let config = sandbox.read_file("/etc/fsxlustre/fsxlustre.toml");
    let config = config.replace("http://127.0.0.1:4566", "http://127.0.0.1:9");
    sandbox.write_file("/etc/fsxlustre/fsxlustre.toml", &config);
    for (region, endpoint) in [
        ("us-east-1", "com.amazonaws.us-east-1.fsx"),
        ("cn-north-1", "cn.com.amazonaws.cn-north-1.fsx"),
        ("us-gov-west-1", "com.amazonaws.us-gov-west-1.fsx"),
        ("us-iso-east-1", "gov.ic.c2s.us-iso-east-1.fsx"),
        ("us-isob-east-1", "gov.sgov.sc2s.us-isob-east-1.fsx"),
    ] {
        let words = ["fsxlustre", "resolve", "--timeout=1", "--region", region, "name:x"];
        fails(&sandbox.run(words), &["FSXL-A104", endpoint, "Connection refused"]);
    }
}

#[test]
fn the_missing_statement_has_the_partition_and_the_resource() {
    let (sandbox, _) = sandbox();
    sandbox.append_config("[config]\nssm_path = \"/fsxlustre/prod\"\n");
    let denied = |operation| Fault::on(operation).times(ALWAYS).error(400, "AccessDeniedException");
    sandbox.inject_fault(&denied("GetParametersByPath"));
    let settings =
        sandbox.command(["fsxlustre", "resolve", "name:x"]).env("AWS_REGION", "cn-north-1").run();
    let path = "arn:aws-cn:ssm:cn-north-1:*:parameter/fsxlustre/prod";
    let statement = format!(
        r#"{{"Effect": "Allow", "Action": "ssm:GetParametersByPath", "Resource": ["{path}", "{path}/*"]}}"#
    );
    fails(&settings, &["FSXL-A103", &statement, "packaging/iam/config.json"]);
}

#[test]
fn a_metadata_service_that_hangs_costs_little_and_once() {
    let (sandbox, made) = sandbox();
    sandbox.imds(Imds::Hang);
    let with_keys = |words: &[&str]| {
        sandbox
            .command(words)
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
            .env("AWS_REGION", "us-east-1")
            .run()
    };
    let found = with_keys(&["fsxlustre", "resolve", "--from-api", "tag:Project:genomics"]);
    assert!(found.is_success() && found.stdout.contains(&made.id), "{found}");
    assert!(found.duration < Duration::from_millis(2500), "{found}");
    assert!(found.stderr.contains("VPC and account are not known"), "{found}");
    sandbox.append_config("[resolve]\nrequire_vpc = true\n");
    let refused = with_keys(&["fsxlustre", "resolve", "--from-api", "tag:Project:genomics"]);
    fails(&refused, &["FSXL-A210", "VPC and account are not known", "allow_vpc"]);
    // Neither Region nor keys: the service is asked for both, and waited for once.
    let nothing = sandbox.run(["fsxlustre", "resolve", "--from-api", "name:x"]);
    fails(&nothing, &["FSXL-A101", "instance metadata service"]);
    assert!(nothing.duration < Duration::from_millis(2500), "{nothing}");
}

#[test]
fn a_metadata_service_whose_packets_vanish_costs_little() {
    let (sandbox, _) = sandbox();
    for words in [
        "ip address del 169.254.169.254/32 dev lo",
        "ip link add void type veth peer name hole",
        "ip link set void up && ip link set hole up",
        "ip address add 10.9.9.1/32 dev void",
        "ip route add 169.254.169.254/32 dev void src 10.9.9.1",
        "ip neighbour add 169.254.169.254 lladdr 02:00:00:00:00:01 dev void",
    ] {
        sandbox.run(["sh", "-c", words]).assert_success();
    }
    let nothing = sandbox.run(["fsxlustre", "resolve", "--from-api", "name:x"]);
    fails(&nothing, &["FSXL-A101", "instance metadata service"]);
    assert!(nothing.duration < Duration::from_millis(2500), "{nothing}");
    println!("a metadata service whose packets vanish costs {:?}", nothing.duration);
}

#[test]
fn only_version_2_of_the_metadata_service_is_spoken() {
    let (sandbox, _) = sandbox();
    resolve_tag(&sandbox, 20).assert_success();
    let log = sandbox.api_log();
    let asked: Vec<_> = log.iter().filter(|request| request.service == "imds").collect();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("PUT", "/latest/api/token"));
    let tokens = asked.iter().filter(|request| request.method == "PUT").count();
    assert_eq!(tokens, 1, "one token serves them all");
    assert_eq!(asked.len(), 7, "token, document, role, keys, MAC, VPC, subnet: {asked:#?}");
    sandbox.imds(Imds::Off);
    fails(&resolve(&sandbox, 20), &["FSXL-A101", "gives no token"]);
}

/// Starts a command whose question hangs, and sends a signal when it does.
fn interrupted(sandbox: &Sandbox, words: &[&str], signal: Signal) -> (Output, Duration) {
    sandbox.reset_api();
    sandbox.inject_fault(&Fault::on("DescribeFileSystems").times(ALWAYS).hang());
    let command = sandbox.command(words).env("SLURM_JOB_ID", "7").env("SLURM_JOB_UID", "0");
    let mut running: Running = command.spawn();
    let end = Instant::now() + Duration::from_secs(20);
    while calls(sandbox, "DescribeFileSystems") == 0 {
        assert!(Instant::now() < end, "it never asked: {}", running.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = Instant::now();
    running.signal(signal);
    let output = running.wait(Duration::from_secs(10)).expect("it ends");
    (output, sent.elapsed())
}

#[test]
fn a_signal_ends_a_question_that_hangs() {
    let (sandbox, _) = sandbox();
    sandbox.append_config(&format!(
        "[[jobs.mount]]\nsource = \"tag:Project:genomics\"\ndirectory = \"{DIRECTORY}\"\n"
    ));
    let source = "tag:Project:genomics";
    for (words, signal, code) in [
        (vec!["fsxlustre", "mount", source, DIRECTORY], Signal::SIGTERM, 8),
        (vec!["fsxlustre", "mount", source, DIRECTORY], Signal::SIGINT, 8),
        (vec!["mount.fsxlustre", source, DIRECTORY], Signal::SIGTERM, 8),
        // What ends a start from outside drains no node.
        (vec!["fsxlustre", "job", "start"], Signal::SIGTERM, 0),
        (vec!["fsxlustre", "resolve", source], Signal::SIGTERM, 1),
    ] {
        let (output, took) = interrupted(&sandbox, &words, signal);
        assert_eq!(output.code(), Some(code), "{output}");
        assert!(output.stderr.contains("FSXL-M209"), "{output}");
        assert!(took < Duration::from_secs(1), "{took:?}: {output}");
        let table = sandbox.read_file("/proc/self/mountinfo");
        assert!(!table.contains(" /mnt/fsx "), "{output}");
        let records = "find /run/fsxlustre/mounts -name '*.json' 2>/dev/null; :";
        assert_eq!(sandbox.run(["sh", "-c", records]).stdout, "", "{output}");
    }
    sandbox.reset_api();
    sandbox.run(["fsxlustre", "mount", source, DIRECTORY]).assert_success();
}
