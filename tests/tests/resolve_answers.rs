//! `fsxlustre resolve`: every field of a file system, the steps to it, and whose file systems count.

use fsxlustre_tests::{Fault, FileSystem, Imds, Output, Sandbox};
use serde_json::{Value, json};

const SOURCE: &str = "tag:Project:genomics";
const FOREIGN_VPC: &str = "vpc-0ffffffffffffffff";
/// More than any policy tries.
const ALWAYS: u32 = 10_000;

fn genomics() -> fsxlustre_tests::NewFileSystem {
    FileSystem::lustre().tag("Project", "genomics")
}

fn resolve(sandbox: &Sandbox, words: &[&str]) -> Output {
    let all = ["fsxlustre", "resolve", "--from-api"].iter().chain(words);
    sandbox.run(all)
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

#[track_caller]
fn says(output: &Output, words: &[&str]) {
    for word in words {
        assert!(format!("{output}").contains(word), "{word:?} is missing: {output}");
    }
}

#[test]
fn every_field_is_told_to_people_and_to_scripts() {
    let sandbox = Sandbox::start();
    let lustre = json!({"EfaEnabled": true, "WeeklyMaintenanceStartTime": "2:04:30"});
    let made = sandbox.create_file_system(
        genomics().tag("Name", "scratch one").field("LustreConfiguration", lustre),
    );
    let association = |path: &str, state: &str| {
        json!({
            "AssociationId": "dra-0123456789abcdef0",
            "FileSystemPath": path,
            "DataRepositoryPath": format!("s3://bucket{path}"),
            "Lifecycle": state,
            "S3": {"AutoImportPolicy": {"Events": ["NEW", "CHANGED"]},
                   "AutoExportPolicy": {"Events": ["NEW"]}},
        })
    };
    let all = json!([
        association("/a", "AVAILABLE"),
        association("/b", "MISCONFIGURED"),
        association("/c", "AVAILABLE")
    ]);
    sandbox.set_associations(&made.id, &all);
    let text = resolve(&sandbox, &[SOURCE]).assert_success();
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    says(
        &text,
        &[
            &made.id,
            &format!("device          {device}"),
            &format!("mount -t lustre -o noatime,flock {device} DIRECTORY"),
            &format!("dns name        {}", made.dns_name),
            &format!("mount name      {}", made.mount_name),
            "lifecycle       AVAILABLE",
            "lustre version  2.15",
            "deployment      PERSISTENT_2",
            "storage         1200 GiB SSD",
            "throughput      125 MB/s for each TiB",
            "efa             enabled",
            "maintenance     Tuesday 04:30 UTC, 30 minutes",
            "vpc             vpc-0a1b2c3d4e5f60718",
            "subnets         subnet-0123456789abcdef0",
            "tags            Project=genomics, Name=scratch one",
            "data repository /a = s3://bucket/a (AVAILABLE; imports NEW+CHANGED, exports NEW)",
            "data repository /b = s3://bucket/b (MISCONFIGURED",
            "data repository /c = s3://bucket/c",
            "answer from     the FSx API, now",
        ],
    );
    let told = json_of(&resolve(&sandbox, &["--json", SOURCE]).assert_success());
    assert_eq!(told["device"], json!(device));
    assert_eq!(told["throughput_mb_per_second_per_tib"], 125);
    assert_eq!(told["efa_enabled"], true);
    assert_eq!(told["maintenance_window"], "2:04:30");
    assert_eq!(told["subnet_ids"], json!(["subnet-0123456789abcdef0"]));
    assert_eq!(told["origin"], json!({"from": "api", "age_seconds": 0}));
    assert_eq!(told["data_repositories"].as_array().map(Vec::len), Some(3), "all pages");
    assert_eq!(told["data_repositories"][1]["lifecycle"], "MISCONFIGURED");
}

#[test]
fn data_repositories_that_may_not_be_seen_are_unknown_and_no_mount_asks_for_them() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics());
    let denied = Fault::on("DescribeDataRepositoryAssociations");
    sandbox.inject_fault(&denied.times(ALWAYS).error(400, "AccessDeniedException"));
    let text = resolve(&sandbox, &[SOURCE]).assert_success();
    let statement = r#""Action": "fsx:DescribeDataRepositoryAssociations", "Resource": "*""#;
    says(&text, &[&made.id, "data repository unknown: AccessDeniedException", statement]);
    let told = json_of(&resolve(&sandbox, &["--json", SOURCE]).assert_success());
    assert_eq!(told.get("data_repositories"), None);
    assert!(told["data_repositories_unknown"].is_string(), "{told}");
    sandbox.reset_api();
    sandbox.run(["mkdir", "-p", "/mnt/fsx"]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", SOURCE, "/mnt/fsx"]).assert_success();
    let asked = |operation: &str| {
        let log = sandbox.api_log();
        log.iter().filter(|one| one.operation.as_deref() == Some(operation)).count()
    };
    assert_eq!(asked("DescribeDataRepositoryAssociations"), 0);
    assert_eq!(asked("DescribeFileSystems"), 1);
}

#[test]
fn the_steps_are_told_in_their_order_also_of_a_failure() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics());
    let twin = sandbox.create_file_system(genomics().lifecycle("DELETING"));
    let foreign = sandbox.create_file_system(genomics().field("VpcId", json!(FOREIGN_VPC)));
    let text = resolve(&sandbox, &["--explain", SOURCE]).assert_success();
    let steps: Vec<_> = text.stdout.lines().take_while(|line| !line.is_empty()).collect();
    let expected = [
        "1. source: the one file system with all of the tags 'Project=genomics'".to_owned(),
        "2. region: us-east-1, by IMDSv2".into(),
        "3. credentials: from the instance's role (IMDSv2)".into(),
        "4. node: account 123456789012, VPC vpc-0a1b2c3d4e5f60718, subnet subnet-0123456789abcdef0"
            .into(),
        "5. considered: 3 Lustre file systems in us-east-1 (1 pages; 0 of other kinds)".into(),
        format!("6. not chosen: {} in another VPC: {FOREIGN_VPC}", foreign.id),
        format!("7. not chosen: {} is DELETING", twin.id),
        format!("8. chosen: {} is AVAILABLE", made.id),
        "9. data repositories: 0 associations".into(),
        format!("10. answer: {} from the FSx API, now", made.id),
    ];
    assert_eq!(steps, expected, "{text}");
    let none = resolve(&sandbox, &["--explain", "--json", "tag:Project:genetics"]);
    assert_eq!(none.code(), Some(1), "{none}");
    let told = json_of(&none);
    assert_eq!(told["code"], "FSXL-A201");
    assert_eq!(told["explain"][4]["step"], "considered");
}

#[test]
fn only_file_systems_of_this_nodes_vpc_and_account_count() {
    let sandbox = Sandbox::start();
    let foreign = sandbox
        .create_file_system(genomics().tag("Name", "trap").field("VpcId", json!(FOREIGN_VPC)));
    let theirs = sandbox.create_file_system(genomics().field("OwnerId", json!("999999999999")));
    let output = resolve(&sandbox, &[SOURCE]);
    assert_eq!(output.code(), Some(1), "{output}");
    let vpc = format!("{} 'trap' in another VPC: {FOREIGN_VPC}", foreign.id);
    let owner = format!("{} in another account: 999999999999", theirs.id);
    says(&output, &["FSXL-A211", &vpc, &owner, "allow_vpc", "allow_owner"]);
    // By its id it is meant: that is only said.
    let by_id = resolve(&sandbox, &[&foreign.id]).assert_success();
    assert!(by_id.stderr.contains("in another VPC"), "{by_id}");
    let own = sandbox.create_file_system(genomics());
    let found = json_of(&resolve(&sandbox, &["--json", SOURCE]).assert_success());
    assert_eq!(found["id"], json!(own.id), "a stranger's twins do not make it ambiguous");
    assert_eq!(found.get("warnings"), None);
    sandbox.append_config(&format!("[resolve]\nallow_vpc = [\"{FOREIGN_VPC}\"]\n"));
    let both = resolve(&sandbox, &[SOURCE]);
    says(&both, &["FSXL-A202", &own.id, &foreign.id, "such as Name=trap"]);
    assert!(!both.stderr.contains(&theirs.id), "{both}");
    let silent = resolve(&sandbox, &[&foreign.id]).assert_success();
    assert_eq!(silent.stderr, "", "{silent}");
}

#[test]
fn a_mount_by_tags_does_not_follow_a_stranger_and_warns_when_it_cannot_tell() {
    let sandbox = Sandbox::start();
    sandbox.create_file_system(genomics().field("VpcId", json!(FOREIGN_VPC)));
    sandbox.run(["mkdir", "-p", "/mnt/fsx"]).assert_success();
    let refused = sandbox.run(["mount", "-t", "fsxlustre", SOURCE, "/mnt/fsx"]);
    assert_eq!(refused.code(), Some(32), "{refused}");
    says(&refused, &["FSXL-A211", FOREIGN_VPC]);
    sandbox.imds(Imds::Off);
    let blind = sandbox
        .command(["mount", "-t", "fsxlustre", "-o", "region=us-east-1", SOURCE, "/mnt/fsx"])
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .run()
        .assert_success();
    says(&blind, &["warning", "VPC and account are not known", "require_vpc"]);
}

#[test]
fn twins_are_listed_and_a_preference_decides() {
    let sandbox = Sandbox::start();
    let old = sandbox.create_file_system(genomics().tag("Name", "old"));
    let new = sandbox.create_file_system(
        genomics()
            .tag("Name", "new")
            .field("SubnetIds", json!(["subnet-0ffffffffffffffff"]))
            .field("CreationTime", json!(4_000_000_000_u64)),
    );
    let output = resolve(&sandbox, &[SOURCE]);
    says(&output, &["FSXL-A202", &old.id, &new.id, "'old'", "one more tag", "such as Name=old"]);
    let chosen = |words: &[&str]| json_of(&resolve(&sandbox, words).assert_success())["id"].clone();
    assert_eq!(chosen(&["--json", "--prefer=newest", SOURCE]), json!(new.id));
    assert_eq!(chosen(&["--json", "--prefer=same-subnet", SOURCE]), json!(old.id));
    assert_eq!(chosen(&["--json", &format!("{SOURCE},Name:new")]), json!(new.id));
    sandbox.run(["mkdir", "-p", "/mnt/fsx"]).assert_success();
    let options = "prefer=same-subnet";
    sandbox.run(["mount", "-t", "fsxlustre", "-o", options, SOURCE, "/mnt/fsx"]).assert_success();
    let table = sandbox.read_file("/proc/self/mountinfo");
    assert!(table.contains(&old.mount_name), "{table}");
}

#[test]
fn three_thousand_file_systems_are_read_to_the_last_page() {
    let sandbox = Sandbox::start();
    sandbox.create_many(3000, ("Project", "other"));
    let made = sandbox.create_file_system(genomics());
    sandbox.set_pages(100, 2);
    let text = resolve(&sandbox, &["--explain", SOURCE]).assert_success();
    says(&text, &["3001 Lustre file systems in us-east-1 (33 pages", &made.id]);
    println!("3001 file systems in 33 pages took {:?}", text.duration);
}

#[test]
fn a_dns_name_that_the_api_leaves_out_is_made_of_the_partitions_suffix() {
    let sandbox = Sandbox::start();
    for (region, name) in [
        ("us-east-1", "us-east-1.amazonaws.com"),
        ("cn-north-1", "cn-north-1.amazonaws.com"),
        ("us-gov-west-1", "us-gov-west-1.amazonaws.com"),
    ] {
        let made =
            sandbox.create_file_system(genomics().region(region).field("DNSName", json!(null)));
        let words = ["--json", "--region", region, &made.id];
        let found = json_of(&resolve(&sandbox, &words).assert_success());
        assert_eq!(found["dns_name"], json!(format!("{}.fsx.{name}", made.id)));
    }
}

#[test]
fn many_ids_are_asked_for_by_fifty_and_one_that_is_gone_hides_no_other() {
    let sandbox = Sandbox::start();
    let mut ids = sandbox.create_many(120, ("Project", "other"));
    let export = |ids: &[String]| {
        sandbox.reset_api();
        let words = ["fsxlustre", "resolve", "--export-map"].map(str::to_owned);
        let output = sandbox.run(words.iter().chain(ids));
        let log = sandbox.api_log();
        let asked = log.iter().filter_map(|one| one.body["FileSystemIds"].as_array());
        (output, asked.map(Vec::len).collect::<Vec<_>>())
    };
    let (output, asked) = export(&ids);
    assert_eq!(asked, [50, 50, 20]);
    assert_eq!(output.assert_success().stdout.matches("\n[[filesystem]]").count(), 120);
    let gone = "fs-00000000000000000";
    ids.push(gone.to_owned());
    sandbox.reset_api();
    let words =
        ["fsxlustre", "resolve", "--write-cache", "/var/cache/shared.json"].map(str::to_owned);
    let output = sandbox.run(words.iter().chain(&ids));
    assert_eq!(output.code(), Some(1), "{output}");
    says(&output, &["120 of 121 answers", "FSXL-A203", gone]);
    let log = sandbox.api_log();
    let asked = log.iter().filter_map(|one| one.body["FileSystemIds"].as_array()).count();
    assert!(asked <= 3 + 2 * 6, "the batch with the one that is gone is asked in halves: {asked}");
}

#[test]
fn data_repositories_that_hang_cost_the_rest_nothing() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics());
    let hang = Fault::on("DescribeDataRepositoryAssociations").times(ALWAYS).hang();
    sandbox.inject_fault(&hang);
    let text = resolve(&sandbox, &["--timeout=3", SOURCE]).assert_success();
    says(&text, &[&made.id, "data repository unknown: no answer within"]);
}

#[test]
fn a_device_whose_name_has_the_id_is_looked_up_by_it() {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(genomics());
    let device = format!("{}@tcp:/{}", made.dns_name, made.mount_name);
    let text = resolve(&sandbox, &["--explain", &device]).assert_success();
    says(&text, &["the Lustre device", &made.id]);
    let address = resolve(&sandbox, &["10.0.0.5@tcp:/abcdefgh"]);
    says(&address, &["FSXL-C201", "used as it is"]);
}

#[test]
fn tags_may_hold_whatever_aws_allows() {
    let sandbox = Sandbox::start();
    let value = "é ü/+=@:._-, 100 % 日本\u{a0}";
    let made = sandbox.create_file_system(FileSystem::lustre().tag("a:b=c/d", value));
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |source, byte| source + &format!("%{byte:02X}"))
    };
    let source = format!("tag:{}:{}", encode("a:b=c/d"), encode(value));
    let found = json_of(&resolve(&sandbox, &["--json", &source]).assert_success());
    assert_eq!(found["id"], json!(made.id));
    assert_eq!(found["tags"][0], json!({"key": "a:b=c/d", "value": value}));
}
