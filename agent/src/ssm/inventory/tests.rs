use super::fit::{LARGEST_TYPE, LONGEST_NAME, LONGEST_VALUE, MOST_ATTRIBUTES, cut, fitting};
use super::*;
use crate::checks::Finding;
use crate::facts::samples;
use proptest::prelude::*;

fn report() -> Report {
    let findings = vec![
        Finding::pass("kernel_supported", "yes"),
        Finding::warn("client_packages", "old", "update"),
        Finding::unknown("lnet_up", "?", "look"),
        Finding::fail("evictions", "one", "look").about("abcd"),
        Finding::fail("evictions", "two", "look").about("efgh"),
    ];
    Report::new(findings, samples::healthy())
}

#[test]
fn the_client_s_entry_has_counts_names_and_a_verdict() {
    let entry = client::entry(&report());
    for (name, value) in [
        ("Compatibility", "warn"),
        ("Verdict", "fail"),
        ("ChecksFail", "2"),
        ("ChecksUnknown", "1"),
        ("Fail", "evictions"),
        ("Unknown", "lnet_up"),
        ("Warn", "client_packages"),
    ] {
        assert_eq!(entry.get(name).map(String::as_str), Some(value), "{name}");
    }
    let none = client::entry(&Report::new(Vec::new(), samples::healthy()));
    assert_eq!(none.get("Compatibility").map(String::as_str), Some("unknown"));
    assert_eq!(none.get("Verdict").map(String::as_str), Some("unknown"));
}

#[test]
fn mounts_that_cannot_be_read_are_told_as_unknown_and_no_mount_as_such() {
    let because = "it cannot be read".to_owned();
    let unknown = mounts::entries(Err(&because), &samples::healthy(), &BTreeMap::new());
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0]["State"], "unknown: it cannot be read");
}

#[test]
fn every_entry_is_within_the_agent_s_limits() {
    let entry = client::entry(&report());
    assert!(entry.len() <= MOST_ATTRIBUTES);
    assert!(entry.keys().all(|name| (1..=LONGEST_NAME).contains(&name.len())));
    let many = vec![Entry::from([("Device", "\u{1}x".repeat(3000))]); 600];
    let kept = fitting(many);
    let item = Item::new(mounts::TYPE, kept.clone());
    assert!(item.text().len() < 3072 << 10, "{}", item.text().len());
    let last = kept.last().expect("a note");
    assert_eq!(
        last["State"],
        format!("{} more are left out: there is no room", 600 - (kept.len() - 1))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_value_is_one_line_within_the_limit_whatever_it_was(value in "(?s).{0,6000}") {
        let kept = cut(&value);
        prop_assert!(kept.len() <= LONGEST_VALUE && !kept.contains(char::is_control));
        if value.len() <= LONGEST_VALUE && !value.contains(char::is_control) {
            prop_assert_eq!(kept, value);
        }
    }

    #[test]
    fn a_type_is_never_larger_than_it_may_be(
        values in proptest::collection::vec("(?s).{0,300}", 0..4), times in 1_usize..20
    ) {
        let entries = values.iter().cycle().take(values.len() * times);
        let entries = entries.map(|value| Entry::from([("A", value.clone())])).collect();
        let item = Item::new(mounts::TYPE, entries);
        prop_assert!(item.text().len() <= LARGEST_TYPE + 8192);
        let kept = fitting(item.content.clone());
        prop_assert_eq!(kept, item.content, "fitting twice is fitting once");
    }
}
