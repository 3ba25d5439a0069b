//! `[aws]` and the environment: each setting works, by the real SDK, over TLS and through a proxy where
//! that is what it is about; and the Region is the one that its order says.

use fsxlustre_tests::{FileSystem, Imds, LoggedRequest, Output, Sandbox};

const CONFIG: &str = "/etc/fsxlustre/fsxlustre.toml";
const CA: &str = "/etc/fsxlustre/ca.pem";
const SOURCE: &str = "tag:Project:genomics";

fn genomics() -> fsxlustre_tests::NewFileSystem {
    FileSystem::lustre().tag("Project", "genomics")
}

/// `[aws]` of the sandbox, without its endpoint, and with these lines.
fn set_aws(sandbox: &Sandbox, lines: &str) {
    let config = sandbox.read_file(CONFIG);
    let (before, _) = config.split_once("[aws]").expect("the section is the last one");
    sandbox.write_file(CONFIG, &format!("{before}[aws]\n{lines}\n"));
}

const PLAIN: &str = "endpoint_url = \"http://127.0.0.1:4566\"\n";

fn explain<'a>(
    sandbox: &Sandbox,
    environment: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Output {
    let words = ["fsxlustre", "resolve", "--from-api", "--explain", "--timeout=20", SOURCE];
    environment
        .into_iter()
        .fold(sandbox.command(words), |command, (name, value)| command.env(name, value))
        .run()
}

#[track_caller]
fn says(output: &Output, words: &[&str]) {
    for word in words {
        assert!(format!("{output}").contains(word), "{word:?} is missing: {output}");
    }
}

fn asked(sandbox: &Sandbox, operation: &str) -> Vec<LoggedRequest> {
    let log = sandbox.api_log().into_iter();
    log.filter(|request| request.operation.as_deref() == Some(operation)).collect()
}

#[test]
fn the_region_is_that_of_whoever_comes_first_and_is_named() {
    let sandbox = Sandbox::start();
    let by = |output: &Output, region: &str, who: &str| {
        says(output, &[&format!("region: {region}, by {who}"), &format!("in {region}")]);
    };
    by(&explain(&sandbox, []), "us-east-1", "IMDSv2");
    let profile = "[default]\nregion = us-west-2\n";
    sandbox.write_file("/etc/fsxlustre/profile", profile);
    let file = ("AWS_CONFIG_FILE", "/etc/fsxlustre/profile");
    by(&explain(&sandbox, [file]), "us-west-2", "the profile");
    set_aws(&sandbox, &format!("{PLAIN}region = \"eu-west-1\""));
    by(&explain(&sandbox, [file]), "eu-west-1", "the configuration, [aws] region");
    let default = ("AWS_DEFAULT_REGION", "eu-west-2");
    by(&explain(&sandbox, [file, default]), "eu-west-2", "AWS_DEFAULT_REGION");
    let first = ("AWS_REGION", "eu-west-3");
    by(&explain(&sandbox, [file, default, first]), "eu-west-3", "AWS_REGION");
    let option = sandbox
        .command(["fsxlustre", "resolve", "--explain", "--region=eu-north-1", SOURCE])
        .env(first.0, first.1)
        .run();
    by(&option, "eu-north-1", "the option region");
    let unfit = explain(&sandbox, [("AWS_REGION", "evil.example.com/x1")]);
    says(&unfit, &["FSXL-A101", "'evil.example.com/x1' of AWS_REGION is no Region"]);
}

#[test]
fn the_region_of_a_dns_name_is_asked_when_nobody_else_names_one() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics().region("eu-central-1"));
    sandbox.imds(Imds::Off);
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    let words = ["fsxlustre", "resolve", "--from-api", "--explain", &device];
    let with_keys = |command: fsxlustre_tests::Run<'_>| {
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
            .run()
    };
    let output = with_keys(sandbox.command(words)).assert_success();
    says(&output, &["region: eu-central-1, by the DNS name in the source", &made.id]);
    let other = with_keys(sandbox.command(words).env("AWS_REGION", "us-east-1"));
    says(
        &other,
        &["FSXL-A203", "us-east-1 (by AWS_REGION)", "the DNS name in the source says eu-central-1"],
    );
}

#[test]
fn a_profile_is_read_from_roots_home_without_a_home_variable() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics());
    sandbox.imds(Imds::Off);
    sandbox.run(["mount", "-t", "tmpfs", "none", "/root"]).assert_success();
    sandbox.run(["mkdir", "/root/.aws"]).assert_success();
    let keys = "[team-one]\naws_access_key_id = AKIAIOSFODNN7TEAMONE\naws_secret_access_key = x\n";
    sandbox.write_file("/root/.aws/credentials", keys);
    sandbox.write_file("/root/.aws/config", "[profile team-one]\nregion = us-east-1\n");
    set_aws(&sandbox, &format!("{PLAIN}profile = \"team-one\""));
    sandbox.run(["mkdir", "-p", "/mnt/fsx"]).assert_success();
    // mount(8) hands no HOME to its helper, nor does the helper to the agent.
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, "/mnt/fsx"]).assert_success();
    let calls = asked(&sandbox, "DescribeFileSystems");
    let signer = calls[0].signed_by.clone().unwrap();
    assert!(signer.starts_with("AKIAIOSFODNN7TEAMONE/"), "{signer}");
    let output = explain(&sandbox, []).assert_success();
    says(&output, &["credentials: from the profile", "us-east-1, by the profile", &made.id]);
    let other = explain(&sandbox, [("AWS_PROFILE", "nobody")]);
    says(&other, &["FSXL-A1"]);
}

#[test]
fn a_role_is_assumed_and_its_keys_sign() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics());
    let role = "arn:aws:iam::123456789012:role/fsx-reader";
    set_aws(&sandbox, &format!("{PLAIN}role_arn = \"{role}\""));
    let output = explain(&sandbox, []).assert_success();
    let told = format!("credentials: from the instance's role (IMDSv2), then the role {role}");
    says(&output, &[&told, &made.id]);
    let assumed = asked(&sandbox, "AssumeRole");
    assert_eq!(assumed.len(), 1);
    let key = |request: &LoggedRequest| {
        let signer = request.signed_by.clone().unwrap_or_default();
        signer.split('/').next().unwrap_or_default().to_owned()
    };
    assert_eq!(key(&assumed[0]), "ASIAFSXLUSTREDEMO000");
    assert!(assumed[0].body.to_string().contains("fsx-reader"), "{:?}", assumed[0].body);
    let describe = asked(&sandbox, "DescribeFileSystems");
    assert_ne!(key(&describe[0]), "ASIAFSXLUSTREDEMO000", "the role's own keys sign");
    let check = ["fsxlustre", "check", "--only", "aws_permissions", SOURCE];
    let allowed = sandbox.run([&check[..], &["--json"]].concat()).assert_success();
    says(&allowed, &["sts:AssumeRole is allowed", "fsx:DescribeFileSystems is allowed", role]);
    let denied = fsxlustre_tests::Fault::on("AssumeRole").times(9).error(403, "AccessDenied");
    sandbox.inject_fault(&denied);
    let statement =
        format!(r#"{{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "{role}"}}"#);
    says(&explain(&sandbox, []), &["FSXL-A103", &statement, "assume-role.json"]);
    let refused = sandbox.run(check);
    assert_eq!(refused.code(), Some(1), "{refused}");
    says(&refused, &["FAIL", "sts:AssumeRole", &statement, "iam/assume-role.json"]);
    assert!(!refused.stdout.contains("DescribeFileSystems is allowed"), "{refused}");
}

#[test]
fn an_authority_of_ones_own_proves_the_endpoint() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics());
    let authority = sandbox.serve_tls(&[]);
    let tls = "endpoint_url = \"https://127.0.0.1\"\n";
    set_aws(&sandbox, tls);
    let unknown = explain(&sandbox, []);
    says(&unknown, &["FSXL-A104", "certificate", "[aws] ca_bundle"]);
    assert_eq!(asked(&sandbox, "DescribeFileSystems").len(), 0);
    sandbox.write_file(CA, &authority);
    set_aws(&sandbox, &format!("{tls}ca_bundle = \"{CA}\""));
    says(&explain(&sandbox, []).assert_success(), &[&made.id]);
    for (text, cause) in [("", "no certificate"), ("-----BEGIN CERTIFICATE-----\n!\n", "ca.pem")] {
        sandbox.write_file(CA, text);
        says(&explain(&sandbox, []), &["FSXL-C112", "ca_bundle", cause]);
    }
}

#[test]
fn a_fips_endpoint_is_asked_by_its_name() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics());
    let name = "fsx-fips.us-east-1.amazonaws.com";
    sandbox.write_file(CA, &sandbox.serve_tls(&[name]));
    sandbox.append("/etc/hosts", &format!("127.0.0.1 {name}\n"));
    set_aws(&sandbox, &format!("ca_bundle = \"{CA}\"\nuse_fips = true"));
    says(&explain(&sandbox, []).assert_success(), &[&made.id]);
    assert_eq!(asked(&sandbox, "DescribeFileSystems")[0].host.as_deref(), Some(name));
    set_aws(&sandbox, &format!("{PLAIN}use_fips = true"));
    says(&explain(&sandbox, []), &["FSXL-C112", "aws.use_fips", "endpoint_url"]);
}

#[test]
fn a_proxy_leads_to_the_endpoints_of_every_partition_but_not_to_the_metadata() {
    let sandbox = Sandbox::start();
    let hosts = [
        ("us-east-1", "fsx.us-east-1.amazonaws.com"),
        ("cn-north-1", "fsx.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "fsx.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", "fsx.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "fsx.us-isob-east-1.sc2s.sgov.gov"),
    ];
    let names: Vec<_> = hosts.iter().map(|(_, host)| *host).collect();
    sandbox.write_file(CA, &sandbox.serve_tls(&names));
    sandbox.serve_proxy();
    let proxy = "https_proxy = \"http://127.0.0.1:3128\"\n";
    set_aws(&sandbox, &format!("{proxy}ca_bundle = \"{CA}\""));
    for (region, host) in hosts {
        sandbox.reset_api();
        // That the endpoint answered is what counts: it has no file system there.
        let output = explain(&sandbox, [("AWS_REGION", region)]);
        says(&output, &["FSXL-A201", &format!("in {region}")]);
        assert_eq!(asked(&sandbox, "DescribeFileSystems")[0].host.as_deref(), Some(host));
        let log = sandbox.api_log();
        let proxied: Vec<_> = log.iter().filter(|request| request.service == "proxy").collect();
        assert_eq!(proxied.len(), 1, "{proxied:?}");
        assert_eq!(
            (proxied[0].method.as_str(), proxied[0].path.as_str()),
            ("CONNECT", format!("{host}:443").as_str())
        );
        assert!(log.iter().any(|request| request.service == "imds"), "asked without the proxy");
    }
    // A variable of the environment leads nobody astray.
    set_aws(&sandbox, PLAIN);
    sandbox.reset_api();
    explain(
        &sandbox,
        [("HTTPS_PROXY", "http://127.0.0.1:9"), ("HTTP_PROXY", "http://127.0.0.1:9")],
    );
    assert_eq!(asked(&sandbox, "DescribeFileSystems").len(), 1);
}
