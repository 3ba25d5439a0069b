//! The policies that are shipped: nodes that run jobs may look at data repositories, and begin nothing there.

use std::path::PathBuf;

use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../packaging/iam")
}

/// The actions of every policy, by its file.
fn actions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("packaging/iam") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a policy");
        let policy: Value = serde_json::from_str(&text).expect("JSON");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        for statement in policy["Statement"].as_array().expect("statements") {
            let action = &statement["Action"];
            let all = action.as_array().map_or_else(|| vec![action], |all| all.iter().collect());
            found.extend(
                all.iter().map(|one| (name.clone(), one.as_str().expect("text").to_owned())),
            );
        }
    }
    found
}

#[test]
fn only_the_head_nodes_policy_begins_export_tasks_and_none_does_more_at_fsx() {
    let at_fsx = actions().into_iter().filter(|(_, action)| action.starts_with("fsx:"));
    let (reads, writes): (Vec<_>, Vec<_>) = at_fsx.partition(|(_, action)| {
        action.starts_with("fsx:Describe") || action.starts_with("fsx:List")
    });
    assert!(!reads.is_empty());
    let begins = ("export.json".to_owned(), "fsx:CreateDataRepositoryTask".to_owned());
    assert_eq!(writes, [begins]);
    // In the one template, too, it is in the policy of its own.
    let template = std::fs::read_to_string(folder().join("policies.yaml")).expect("the template");
    let (before, rest) = template.split_once("\n  Export:\n").expect("a policy of its own");
    assert_eq!(template.matches("fsx:CreateDataRepositoryTask").count(), 1);
    assert!(!before.contains("CreateDataRepositoryTask"), "it is behind `Export:`");
    let (own, _) = rest.split_once("\nOutputs:").expect("its end");
    assert!(own.contains("Action: fsx:CreateDataRepositoryTask"), "{own}");
    let actions = template.lines().map(|line| line.trim_start_matches([' ', '-']));
    let at_fsx = actions.filter_map(|line| {
        line.strip_prefix("Action: ").unwrap_or(line).trim_matches('"').strip_prefix("fsx:")
    });
    let verbs: Vec<&str> = at_fsx.collect();
    assert!(verbs.len() > 3, "{verbs:?}");
    for verb in verbs {
        let is_known = verb.starts_with("Describe") || verb.starts_with("List");
        assert!(is_known || verb == "CreateDataRepositoryTask", "{verb}");
    }
}
