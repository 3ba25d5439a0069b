//! The rules of `fsxlustre why` over two looks at a captured client whose files hold any bytes: none
//! panics, and every one answers.

#![expect(clippy::expect_used, reason = "a test says with it what it relies on")]

mod metrics_tree;

use fsxlustre_agent::facts::Observed;
use fsxlustre_agent::metrics::Snapshot;
use fsxlustre_agent::why::{Facts, Report, Sources};
use fsxlustre_agent::window::between;
use metrics_tree::{Tree, scrape_of, scraper_with_slow_tier, without_probes};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The files below a folder, in an order that does not change.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut all: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect();
    all.sort();
    all
}

/// What becomes of a file.
#[derive(Clone, Debug)]
enum Change {
    /// Other bytes in its place.
    Bytes(Vec<u8>),
    /// Each of its digits another one.
    Digits(u8),
    /// Only its beginning, so many hundredths.
    Torn(usize),
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(Change::Bytes),
        (1..10_u8).prop_map(Change::Digits),
        (0..100_usize).prop_map(Change::Torn),
    ]
}

fn apply(tree: &Tree, files: &[PathBuf], changes: &[(usize, Change)]) {
    for (place, change) in changes {
        let path = &files[place % files.len()];
        let text = std::fs::read(path).expect("a file of the tree");
        let bytes = match change {
            Change::Bytes(bytes) => bytes.clone(),
            Change::Digits(by) => text
                .iter()
                .map(
                    |byte| {
                        if byte.is_ascii_digit() { b'0' + (byte - b'0' + by) % 10 } else { *byte }
                    },
                )
                .collect(),
            Change::Torn(hundredths) => text[..text.len() * hundredths / 100].to_vec(),
        };
        tree.write(path.strip_prefix(&tree.root).expect("below").to_str().expect("UTF-8"), bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_file_makes_a_rule_panic(
        is_old in any::<bool>(),
        before in proptest::collection::vec((any::<usize>(), any_change()), 0..40),
        after in proptest::collection::vec((any::<usize>(), any_change()), 1..40),
        seconds in prop_oneof![Just(0.0), Just(5.0), any::<f64>()],
    ) {
        let tree = Tree::of(if is_old { "lustre-2.10.1" } else { "lustre-2.15.8" });
        let files = files(&tree.root);
        let mut collectors = without_probes();
        for name in ["targets", "extents"] {
            collectors.set(name, true).expect("there is such a collector");
        }
        let scraper = scraper_with_slow_tier(&tree.host(), Duration::ZERO);
        let look = |changes: &[(usize, Change)]| {
            apply(&tree, &files, changes);
            Snapshot::parse(scrape_of(&scraper, collectors).as_bytes())
        };
        let (first, second) = (look(&before), look(&after));
        let facts = Facts {
            window: between(Some(&first), &second, Some(seconds)),
            totals: Some(between(None, &second, None)),
            sources: Sources::default(),
            efa: Observed::known(Vec::new(), "none"),
            described: BTreeMap::new(),
            minute_of_week: Some(0),
            is_now: true,
        };
        let report = Report::of(&facts);
        prop_assert!(!report.findings.is_empty());
        prop_assert!(serde_json::to_string(&report).is_ok() && !report.text().is_empty());
    }
}
