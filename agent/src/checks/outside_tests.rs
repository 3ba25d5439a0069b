//! Every verdict of the checks that go to the network and to AWS.

use super::Verdict::{Fail, Pass, Unknown, Warn};
use super::*;
use crate::facts::samples::{around, healthy};
use crate::facts::{Asked, Identity, NamedFileSystem, Permission};
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::file_system::{DataRepository, FileSystem};
use fsxlustre_mount::reach::Reached;

fn known<T>(value: T) -> Observed<T> {
    Observed::known(value, "somewhere")
}

fn found() -> FileSystem {
    FileSystem {
        id: "fs-0123456789abcdef0".into(),
        mount_name: "abcdefgh".into(),
        lifecycle: "AVAILABLE".into(),
        region: "eu-west-1".into(),
        subnet_ids: vec!["subnet-1".into()],
        ..FileSystem::default()
    }
}

fn failure(code: Code) -> Failure {
    let row = code.row();
    Failure {
        code,
        what: row.title.into(),
        asked: "an example".into(),
        because: "an example".into(),
        remedy: row.remedy.into(),
    }
}

fn facts(change: impl FnOnce(&mut NamedFileSystem)) -> Facts {
    let mut one = NamedFileSystem {
        source: "name:scratch".into(),
        named_by: "/etc/fstab:1".into(),
        asked: Asked::FileSystem(Box::new(Ok(found()))),
        reached: Some(known(Reached::Port { address: [10, 0, 1, 9].into() })),
    };
    change(&mut one);
    Facts { file_systems: vec![one], ..around(healthy()) }
}

fn expect(check: &Check, facts: &Facts, verdict: Verdict, words: &str) {
    let findings = (check.answer)(facts);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].verdict, verdict, "{findings:?}");
    assert!(format!("{findings:?}").contains(words), "{findings:?}");
    assert!(!findings[0].evidence.is_empty());
    assert_eq!(findings[0].remedy.is_empty(), verdict == Pass);
}

#[test]
fn the_way_to_the_servers() {
    let name =
        |because: &str| Reached::Name { address: [10, 0, 1, 9].into(), because: because.into() };
    let nothing = || Reached::Nothing { host: "x.invalid".into(), because: "unknown".into() };
    let reached = |reached| facts(|one| one.reached = Some(known(reached)));
    expect(&name_resolves::CHECK, &facts(|_| ()), Pass, "10.0.1.9");
    expect(&name_resolves::CHECK, &reached(nothing()), Fail, "enableDnsSupport");
    expect(&server_answers::CHECK, &facts(|_| ()), Pass, "TCP 988 of 10.0.1.9 answers");
    expect(&server_answers::CHECK, &reached(name("timed out")), Fail, "ip route get 10.0.1.9");
    let late = facts(|one| one.reached = Some(Observed::unknown("no time", "x")));
    expect(&server_answers::CHECK, &late, Unknown, "no time");
    assert!((server_answers::CHECK.answer)(&reached(nothing())).is_empty());
    assert!((name_resolves::CHECK.answer)(&late).is_empty());
}

#[test]
fn the_metadata_service_and_the_subnet() {
    let identity = |subnet: Option<&str>| {
        let mut facts = facts(|_| ());
        facts.aws.identity = Some(known(Identity {
            account: Some("111122223333".into()),
            vpc: Some("vpc-1".into()),
            subnet: subnet.map(str::to_owned),
        }));
        facts
    };
    expect(&imds::CHECK, &identity(Some("subnet-1")), Pass, "subnet-1 of vpc-1");
    expect(&imds::CHECK, &identity(None), Warn, "subnet unknown");
    let mut absent = facts(|_| ());
    absent.aws.identity = Some(Observed::unknown("no answer", "IMDSv2"));
    expect(&imds::CHECK, &absent, Warn, "hop-limit");
    assert!((imds::CHECK.answer)(&facts(|_| ())).is_empty(), "nobody asked");
    expect(&same_subnet::CHECK, &identity(Some("subnet-1")), Pass, "subnet-1");
    expect(&same_subnet::CHECK, &identity(Some("subnet-2")), Unknown, "describe-subnets");
    expect(&same_subnet::CHECK, &identity(None), Unknown, "another zone");
    expect(&same_subnet::CHECK, &absent, Unknown, "another zone");
    assert!((same_subnet::CHECK.answer)(&facts(|_| ())).is_empty(), "nobody asked");
}

#[test]
fn permissions_are_judged_by_their_use() {
    let used = |refused: &[Option<Failure>]| {
        let mut facts = facts(|_| ());
        let permission = |refused: &Option<Failure>| Permission {
            action: "fsx:DescribeFileSystems",
            policy: "resolve.json",
            used_for: "name:scratch".into(),
            refused: refused.clone(),
        };
        facts.aws.permissions = refused.iter().map(permission).collect();
        facts.aws.credentials = Some(known("from the instance's role".into()));
        facts
    };
    let check = &aws_permissions::CHECK;
    expect(check, &used(&[None, None]), Pass, "from the instance's role");
    expect(check, &used(&[None, Some(failure(Code::AccessDenied))]), Fail, "iam/resolve.json");
    expect(check, &used(&[Some(failure(Code::NoCredentials))]), Fail, "FSXL-A102");
    expect(check, &used(&[Some(failure(Code::ApiUnavailable))]), Unknown, "FSXL-A104");
    assert!((check.answer)(&used(&[])).is_empty());
}

#[test]
fn times_of_access_where_data_is_released() {
    let linked = |links: Option<usize>, unknown: Option<&str>| {
        facts(|one| {
            let found = FileSystem {
                data_repositories: links.map(|count| vec![DataRepository::default(); count]),
                data_repositories_unknown: unknown.map(str::to_owned),
                ..found()
            };
            one.asked = Asked::FileSystem(Box::new(Ok(found)));
        })
    };
    let check = &atime::CHECK;
    expect(check, &linked(Some(2), None), Warn, "remount,relatime /fsx");
    expect(check, &linked(Some(0), None), Pass, "linked to no data repository");
    expect(check, &linked(None, None), Pass, "linked to no data repository");
    expect(check, &linked(None, Some("denied")), Unknown, "data-repositories.json");
    let mut relatime = linked(Some(2), None);
    if let Observed::Known { value, .. } = &mut relatime.node.mounts {
        value[0].options = vec!["rw".into(), "relatime".into()];
    }
    expect(check, &relatime, Pass, "keeps times of access");
}
