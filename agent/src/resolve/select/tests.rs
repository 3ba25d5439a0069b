//! Choices among file systems, and what is said when there is none.

use super::*;
use crate::aws::NodeIdentity;
use crate::config::ResolveSection;
use fsxlustre_mount::failure::{Code, Explain as _};
use proptest::prelude::*;

const VPC: &str = "vpc-0a1b2c3d4e5f60718";
const ACCOUNT: &str = "123456789012";
const BOTH: &[(&str, &str)] = &[("Project", "genomics"), ("Stage", "prod"), ("x", "y")];

fn file_system(id: &str, lifecycle: &str, tags: &[(&str, &str)]) -> FileSystem {
    FileSystem {
        id: id.into(),
        dns_name: format!("{id}.fsx.us-east-1.amazonaws.com"),
        mount_name: "abcdefgh".into(),
        lifecycle: lifecycle.into(),
        failure: (lifecycle == "FAILED").then(|| "no capacity".into()),
        vpc_id: Some(VPC.into()),
        owner_id: Some(ACCOUNT.into()),
        subnet_ids: vec!["subnet-1".into()],
        tags: tags.iter().map(|(k, v)| Tag { key: (*k).into(), value: (*v).into() }).collect(),
        region: "us-east-1".into(),
        ..FileSystem::default()
    }
}

fn node() -> NodeIdentity {
    NodeIdentity {
        account: Some(ACCOUNT.into()),
        vpc: Some(VPC.into()),
        subnet: Some("subnet-1".into()),
        unknown: None,
    }
}

fn wanted() -> Vec<Tag> {
    [("Project", "genomics"), ("Stage", "prod")]
        .map(|(key, value)| Tag { key: key.into(), value: value.into() })
        .into()
}

fn choose_as(
    node: &NodeIdentity,
    allowed: &ResolveSection,
    prefer: Prefer,
    all: Vec<FileSystem>,
) -> Result<FileSystem, SelectError> {
    let reach = Reach { node, allowed };
    let tags = wanted();
    let selection = Selection { tags: &tags, region: "us-east-1", prefer, reach };
    selection.choose(all, &Steps::default())
}

fn preferring(prefer: Prefer, all: Vec<FileSystem>) -> Result<String, SelectError> {
    choose_as(&node(), &ResolveSection::default(), prefer, all).map(|found| found.id)
}

fn chosen(all: Vec<FileSystem>) -> Result<String, SelectError> {
    preferring(Prefer::None, all)
}

#[test]
fn all_tags_must_match() {
    let all = vec![
        file_system("fs-1", "AVAILABLE", &[("Project", "genomics")]),
        file_system("fs-2", "AVAILABLE", BOTH),
    ];
    assert_eq!(chosen(all), Ok("fs-2".into()));
}

#[test]
fn near_misses_are_named_nearest_first_with_what_they_have_instead() {
    let all = vec![
        file_system("fs-0", "AVAILABLE", &[("Project", "other")]),
        file_system("fs-1", "AVAILABLE", &[("Project", "genomics"), ("Name", "scratch")]),
        file_system("fs-2", "AVAILABLE", &[("Project", "genomics"), ("Stage", "test")]),
        file_system("fs-3", "AVAILABLE", &[("Other", "x")]),
        FileSystem {
            vpc_id: Some("vpc-2".into()),
            ..file_system("fs-4", "AVAILABLE", &[("Stage", "prod")])
        },
    ];
    let error = chosen(all).expect_err("none");
    assert_eq!(
        error.because(),
        "of 5 Lustre file systems the nearest are: fs-1 'scratch' no tag Stage; fs-2 has \
         Stage=test; fs-4 no tag Project (in another VPC: vpc-2); fs-0 has Project=other and no \
         tag Stage"
    );
    assert!(error.asked().contains("Project=genomics, Stage=prod in us-east-1"));
}

#[test]
fn several_usable_ones_are_refused_and_one_more_tag_is_offered() {
    let more = [BOTH, &[("Owner", "ann")]].concat();
    let all = vec![file_system("fs-1", "AVAILABLE", BOTH), file_system("fs-2", "UPDATING", &more)];
    let error = chosen(all).expect_err("several");
    assert_eq!(error.code(), Code::TagAmbiguous);
    assert_eq!(error.because(), "fs-1 is AVAILABLE; fs-2 is UPDATING");
    assert!(error.remedy().contains("such as Owner=ann (fs-2)"), "{}", error.remedy());
    let many = (0..9).map(|n| file_system(&format!("fs-{n}"), "AVAILABLE", BOTH)).collect();
    assert!(chosen(many).expect_err("many").because().ends_with("and 4 more"));
}

#[test]
fn the_newest_is_chosen_only_when_it_is_asked_for_and_told() {
    let made = |id: &str, created| FileSystem {
        created_unix_seconds: created,
        ..file_system(id, "AVAILABLE", BOTH)
    };
    let newest = |all| preferring(Prefer::Newest, all);
    let twins = vec![made("fs-1", Some(10)), made("fs-2", Some(20))];
    assert_eq!(newest(twins.clone()), Ok("fs-2".into()));
    assert!(chosen(twins).is_err());
    let same = newest(vec![made("fs-1", Some(20)), made("fs-2", Some(20))]).expect_err("same");
    assert!(same.because().contains("cannot be told"), "{}", same.because());
    assert!(newest(vec![made("fs-1", None), made("fs-2", Some(20))]).is_err());
}

#[test]
fn the_one_in_this_nodes_subnet_is_chosen_when_it_is_asked_for() {
    let inside = |id: &str, subnet: &str| FileSystem {
        subnet_ids: vec![subnet.into()],
        ..file_system(id, "AVAILABLE", BOTH)
    };
    let near = |all| preferring(Prefer::SameSubnet, all);
    assert_eq!(
        near(vec![inside("fs-1", "subnet-2"), inside("fs-2", "subnet-1")]),
        Ok("fs-2".into())
    );
    assert_eq!(near(vec![inside("fs-1", "subnet-2")]), Ok("fs-1".into()), "it is the only one");
    let far = near(vec![inside("fs-1", "subnet-2"), inside("fs-2", "subnet-3")]).expect_err("far");
    assert!(far.because().contains("none of them is in this node's subnet subnet-1"));
    let both = near(vec![inside("fs-1", "subnet-1"), inside("fs-2", "subnet-1")]);
    assert!(both.expect_err("both").because().contains("2 of them are in this node's subnet"));
    let blind = NodeIdentity { subnet: None, ..node() };
    let all = vec![inside("fs-1", "subnet-1"), inside("fs-2", "subnet-2")];
    let none = ResolveSection::default();
    let error = choose_as(&blind, &none, Prefer::SameSubnet, all).expect_err("blind");
    assert!(error.because().contains("this node's subnet is not known"), "{}", error.because());
}

#[test]
fn one_that_is_made_or_going_away_never_makes_a_usable_one_ambiguous() {
    let all = ["CREATING", "DELETING", "FAILED", "AVAILABLE"]
        .iter()
        .enumerate()
        .map(|(index, lifecycle)| file_system(&format!("fs-{index}"), lifecycle, BOTH))
        .collect();
    assert_eq!(chosen(all), Ok("fs-3".into()));
    let creating = vec![file_system("fs-1", "CREATING", BOTH)];
    assert_eq!(chosen(creating), Ok("fs-1".into()));
    let gone = vec![file_system("fs-1", "FAILED", BOTH)];
    let error = chosen(gone).expect_err("gone");
    assert_eq!(error.code(), Code::FileSystemUnusable);
    assert_eq!(error.because(), "fs-1 is FAILED: no capacity");
}

#[test]
fn a_file_system_of_another_vpc_or_account_is_named_and_not_chosen() {
    let foreign = |id: &str| FileSystem {
        vpc_id: Some("vpc-2".into()),
        ..file_system(id, "AVAILABLE", BOTH)
    };
    let theirs = |id: &str| FileSystem {
        owner_id: Some("999999999999".into()),
        ..file_system(id, "AVAILABLE", BOTH)
    };
    let all = vec![foreign("fs-1"), file_system("fs-2", "AVAILABLE", BOTH), theirs("fs-3")];
    assert_eq!(chosen(all), Ok("fs-2".into()), "a stranger's twin does not even make it ambiguous");
    let error = chosen(vec![foreign("fs-1"), theirs("fs-3")]).expect_err("elsewhere");
    assert_eq!(error.code(), Code::OtherNetwork);
    let because = "fs-1 in another VPC: vpc-2; fs-3 in another account: 999999999999";
    assert_eq!(error.because(), because);
    let allowed = ResolveSection { allow_vpc: vec!["vpc-2".into()], ..Default::default() };
    let found = choose_as(&node(), &allowed, Prefer::None, vec![foreign("fs-1")]).expect("allowed");
    assert_eq!(found.id, "fs-1");
    assert!(found.warnings.is_empty());
}

#[test]
fn a_node_that_does_not_know_itself_is_warned_or_refused() {
    let blind = NodeIdentity { unknown: Some("IMDS is off".into()), ..NodeIdentity::default() };
    let all = || vec![file_system("fs-1", "AVAILABLE", BOTH)];
    let none = ResolveSection::default();
    let found = choose_as(&blind, &none, Prefer::None, all()).expect("warned");
    assert!(found.warnings.join("").contains("IMDS is off"), "{:?}", found.warnings);
    let strict = ResolveSection { require_vpc: true, ..ResolveSection::default() };
    let error = choose_as(&blind, &strict, Prefer::None, all()).expect_err("refused");
    assert_eq!(error.code(), Code::NodeUnknown);
    assert!(error.because().contains("IMDS is off"), "{}", error.because());
    let found = choose_as(&node(), &strict, Prefer::None, all()).expect("known");
    assert!(found.warnings.is_empty());
}

#[test]
fn every_step_is_noted() {
    let foreign =
        FileSystem { vpc_id: Some("vpc-2".into()), ..file_system("fs-1", "AVAILABLE", BOTH) };
    let all = vec![
        foreign,
        file_system("fs-2", "AVAILABLE", BOTH),
        file_system("fs-3", "DELETING", BOTH),
        file_system("fs-4", "AVAILABLE", &[("Stage", "test")]),
    ];
    let (node, allowed, tags) = (node(), ResolveSection::default(), wanted());
    let reach = Reach { node: &node, allowed: &allowed };
    let selection = Selection { tags: &tags, region: "us-east-1", prefer: Prefer::None, reach };
    let steps = Steps::default();
    selection.choose(all, &steps).expect("one");
    let told: Vec<_> = steps.taken().into_iter().map(|one| (one.step, one.told)).collect();
    assert_eq!(
        told,
        [
            ("not chosen", "fs-4 no tag Project and has Stage=test".to_owned()),
            ("not chosen", "fs-1 in another VPC: vpc-2".to_owned()),
            ("not chosen", "fs-3 is DELETING".to_owned()),
            ("chosen", "fs-2 is AVAILABLE".to_owned()),
        ]
    );
}

proptest! {
    /// The characters that FSx allows in tags: letters, separators, digits and `_.:/=+-@`.
    #[test]
    fn any_tag_that_aws_allows_is_found_and_no_other(
        key in "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}",
        value in "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,256}",
        other in "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,256}",
    ) {
        let all = vec![
            file_system("fs-1", "AVAILABLE", &[(&key, &value)]),
            file_system("fs-2", "AVAILABLE", &[(&key, &format!("{other}{value}+"))]),
        ];
        let tags = vec![Tag { key, value }];
        let (node, allowed) = (node(), ResolveSection::default());
        let reach = Reach { node: &node, allowed: &allowed };
        let selection = Selection { tags: &tags, region: "us-east-1", prefer: Prefer::None, reach };
        let found = selection.choose(all, &Steps::default()).map(|found| found.id);
        prop_assert_eq!(found, Ok("fs-1".into()));
    }
}
