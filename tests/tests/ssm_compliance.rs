//! `fsxlustre ssm compliance`: what the checks find, through the real SDK, as AWS's own description of the
//! API takes it.

use fsxlustre_tests::{Fault, Imds, Output, Sandbox};
use serde_json::{Value, json};
use std::time::Duration;

const NODE: &str = "i-0123456789abcdef0";
const PUT: &str = "PutComplianceItems";
const STATE: &str = "/var/lib/fsxlustre/compliance.json";
const LOCAL: &[&str] = &["fsxlustre", "ssm", "compliance", "--only", "local"];

fn put(sandbox: &Sandbox, words: &[&str]) -> Output {
    sandbox.run([LOCAL, words].concat())
}

fn puts(sandbox: &Sandbox) -> Vec<Value> {
    let log = sandbox.api_log();
    let puts = log.iter().filter(|request| request.operation.as_deref() == Some(PUT));
    puts.map(|request| request.body.clone()).collect()
}

#[test]
fn every_finding_is_an_item_and_what_is_not_pass_is_not_compliant() {
    let sandbox = Sandbox::start();
    let done = put(&sandbox, &[]).assert_success();
    assert!(done.stdout.contains(&format!("items of {NODE} put as Custom:FsxLustre")), "{done}");
    let sent = puts(&sandbox);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0]["ResourceType"], "ManagedInstance");
    assert_eq!(sent[0]["ItemContentHash"].as_str().map(str::len), Some(64));
    sandbox.set_compliance_pages(7, 3);
    let items = sandbox.compliance_items(NODE);
    let checked = sandbox.run(["fsxlustre", "check", "--only", "local", "--json"]);
    let checked: Value = serde_json::from_str(&checked.stdout).expect("JSON");
    let findings = checked["findings"].as_array().expect("a list");
    assert_eq!(items.len(), findings.len(), "{items:?}");
    assert!(findings.iter().any(|finding| finding["verdict"] == "unknown"), "{findings:?}");
    for (item, finding) in items.iter().zip(findings) {
        let id = item["Id"].as_str().expect("an id");
        assert!(id.starts_with(finding["check"].as_str().expect("a name")), "{item} {finding}");
        let wanted = if finding["verdict"] == "pass" { "COMPLIANT" } else { "NON_COMPLIANT" };
        assert_eq!(item["Status"], wanted, "{item} {finding}");
        if finding["verdict"] != "pass" {
            assert!(item["Details"]["Do"].is_string(), "{item}");
        }
    }
    let required = items.iter().find(|item| item["Severity"] == "CRITICAL");
    let failed = findings.iter().any(|one| one["verdict"] == "fail" && one["required"] == true);
    assert_eq!(required.is_some(), failed);
}

#[test]
fn the_same_is_put_once_and_what_changed_again() {
    let sandbox = Sandbox::start();
    put(&sandbox, &[]).assert_success();
    let mode = sandbox.run(["stat", "-c", "%a %U", STATE]).assert_success();
    assert_eq!(mode.stdout, "600 root\n");
    let same = put(&sandbox, &[]).assert_success();
    assert!(same.stdout.starts_with("unchanged since 20"), "{same}");
    assert_eq!(puts(&sandbox).len(), 1);
    put(&sandbox, &["--force"]).assert_success();
    assert_eq!(puts(&sandbox).len(), 2);
    assert_eq!(puts(&sandbox)[0]["ItemContentHash"], puts(&sandbox)[1]["ItemContentHash"]);
    // A line of fstab that is not mounted is a finding; the next set is whole, too.
    let before = sandbox.compliance_items(NODE).len();
    sandbox.run(["mkdir", "-p", "/mnt/fsx"]).assert_success();
    sandbox
        .write_file("/etc/fstab", "10.0.0.5@tcp:/abcdefgh /mnt/fsx fsxlustre _netdev,flock 0 0\n");
    let changed = put(&sandbox, &[]).assert_success();
    assert!(changed.stdout.contains("mounts_as_asked:/mnt/fsx"), "{changed}");
    assert_eq!(puts(&sandbox).len(), 3);
    assert!(sandbox.compliance_items(NODE).len() > before);
    // What others could have written is not believed, and what is torn neither.
    sandbox.run(["chmod", "666", STATE]).assert_success();
    put(&sandbox, &[]).assert_success();
    sandbox.write_file(STATE, "{\"format\": 1, \"no");
    put(&sandbox, &[]).assert_success();
    assert_eq!(puts(&sandbox).len(), 5);
    // Another Region knows nothing of it.
    put(&sandbox, &["--region", "eu-central-1"]).assert_success();
    assert_eq!(puts(&sandbox).len(), 6);
    let printed = put(&sandbox, &["--print"]).assert_success();
    assert!(printed.stdout.contains("NON_COMPLIANT HIGH") || printed.stdout.contains("COMPLIANT "));
    assert_eq!(puts(&sandbox).len(), 6, "nothing was put");
}

#[test]
fn a_hybrid_node_is_known_by_its_registration_and_no_id_is_no_guess() {
    let sandbox = Sandbox::start();
    let hybrid = "mi-0123456789abcdef0";
    sandbox.imds(Imds::Off);
    let environment = |words: &[&str]| {
        let keys = [("AWS_ACCESS_KEY_ID", "AKIAFSXLUSTREDEMO000"), ("AWS_SECRET_ACCESS_KEY", "x")];
        let run = sandbox.command([LOCAL, words].concat()).env("AWS_REGION", "us-east-1");
        keys.into_iter().fold(run, |run, (name, value)| run.env(name, value)).run()
    };
    let nobody = environment(&[]);
    assert_eq!(nobody.code(), Some(1), "{nobody}");
    assert!(nobody.stderr.contains("FSXL-A304"), "{nobody}");
    assert!(puts(&sandbox).is_empty());
    let text = json!({"ManagedInstanceID": hybrid, "Region": "us-east-1"}).to_string();
    sandbox.write_file("/var/lib/amazon/ssm/registration", &text);
    environment(&[]).assert_success();
    assert!(!sandbox.compliance_items(hybrid).is_empty());
    assert!(sandbox.compliance_items(NODE).is_empty());
}

#[test]
fn throttling_is_waited_for_and_a_refusal_names_what_is_missing() {
    let sandbox = Sandbox::start();
    sandbox.inject_fault(&Fault::on(PUT).times(4).error(400, "ThrottlingException"));
    put(&sandbox, &[]).assert_success();
    assert_eq!(puts(&sandbox).len(), 5);
    sandbox.inject_fault(&Fault::on(PUT).times(1).error(400, "AccessDeniedException"));
    let denied = put(&sandbox, &["--force"]);
    assert_eq!(denied.code(), Some(1), "{denied}");
    for word in
        ["FSXL-A103", r#""Action": "ssm:PutComplianceItems""#, "packaging/iam/compliance.json"]
    {
        assert!(denied.stderr.contains(word), "{word}: {denied}");
    }
    sandbox.inject_fault(&Fault::on(PUT).times(9).hang());
    let begun = std::time::Instant::now();
    let late = put(&sandbox, &["--force", "--timeout", "2"]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(late.stderr.contains("FSXL-A105"), "{late}");
    sandbox.reset_api();
    // What could not be put is put by the next call.
    sandbox
        .write_file("/etc/fstab", "10.0.0.5@tcp:/abcdefgh /mnt/fsx fsxlustre _netdev,flock 0 0\n");
    sandbox.inject_fault(&Fault::on(PUT).times(1).error(400, "InvalidItemContentException"));
    assert_eq!(put(&sandbox, &[]).code(), Some(1));
    let next = put(&sandbox, &[]).assert_success();
    assert!(next.stdout.contains("items of"), "{next}");
}

/// The endpoint takes nothing that AWS's description of the API does not allow.
#[test]
fn the_endpoint_refuses_what_aws_refuses() {
    let sandbox = Sandbox::start();
    let good = json!({
        "ResourceId": NODE, "ResourceType": "ManagedInstance", "ComplianceType": "Custom:FsxLustre",
        "ExecutionSummary": {"ExecutionTime": 1_700_000_000},
        "Items": [{"Id": "a", "Title": "t", "Severity": "HIGH", "Status": "COMPLIANT"}],
    });
    let ask = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        sandbox.ssm(PUT, &body)
    };
    assert_eq!(ask(&|_| {}).status, 200);
    type Change = &'static dyn Fn(&mut Value);
    let refused: [(Change, &str); 7] = [
        (&|body| body["Items"][0]["Severity"] = "BAD".into(), "ValidationException"),
        (&|body| body["Items"][0]["Title"] = "x".repeat(501).into(), "ValidationException"),
        (
            &|body| body["Items"][0]["Details"] = json!({"x": "y".repeat(4097)}),
            "ValidationException",
        ),
        (&|body| body["ComplianceType"] = "Custom:a b".into(), "ValidationException"),
        (&|body| body["ExecutionSummary"] = Value::Null, "ValidationException"),
        (&|body| body["ResourceId"] = "i-x".into(), "InvalidResourceId"),
        (&|body| body["ResourceType"] = "Instance".into(), "InvalidResourceType"),
    ];
    for (change, kind) in refused {
        let answer = ask(change);
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body.contains(kind), "{kind}: {}", answer.body);
    }
    // The same hash changes nothing, and a type of one's own too many is none.
    let hashed = |title: &str| {
        ask(&|body| {
            body["ItemContentHash"] = "h".into();
            body["Items"][0]["Title"] = title.into();
        })
    };
    hashed("one");
    hashed("two");
    assert_eq!(sandbox.compliance_items(NODE)[0]["Title"], "one");
    for n in 0..10 {
        let answer = ask(&|body| body["ComplianceType"] = format!("Custom:Type{n}").into());
        assert_eq!(answer.status, if n < 9 { 200 } else { 400 }, "{}", answer.body);
    }
}

#[test]
fn a_signal_ends_the_splay_and_each_node_has_its_own_part() {
    let sandbox = Sandbox::start();
    let words = [&["timeout", "-s", "TERM", "1"], LOCAL, &["--splay", "86400"]].concat();
    let ended = sandbox.run(words);
    assert!(ended.stderr.contains("signal"), "{ended}");
    assert!(puts(&sandbox).is_empty());
}
