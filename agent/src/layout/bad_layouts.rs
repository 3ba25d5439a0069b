//! Every layout of the table is refused, with what the user is shown.

use super::{FileSystemShape, parse_setstripe};
use crate::config::AgentConfig;
use fsxlustre_mount::config::Piece;
use fsxlustre_mount::host::PathOverrides;
use serde::Deserialize;
use std::path::Path;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/layout/bad_layouts.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    bad: Vec<Bad>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bad {
    profile: Option<String>,
    #[serde(default)]
    arguments: Vec<String>,
    client: Option<String>,
    version: Option<String>,
    says: String,
}

/// What is shown; nothing where the layout is taken.
fn said(bad: &Bad) -> Option<String> {
    let pools = [("p1".to_owned(), vec![0, 1]), ("p2".to_owned(), vec![2, 3])];
    let shape = FileSystemShape {
        name: Some("p7lsxbev".into()),
        pools: Some(pools.into()),
        client: bad.client.clone().or(Some("2.15.8".into())),
        version: bad.version.clone().or(Some("2.15".into())),
        ..FileSystemShape::with_osts(4)
    };
    let Some(profile) = &bad.profile else {
        let layout = match parse_setstripe(&bad.arguments) {
            Ok(layout) => layout,
            Err(problem) => return Some(problem.to_string()),
        };
        return layout.problems(&shape).first().map(ToString::to_string);
    };
    let text = format!("[layout.profiles.x]\n{profile}");
    let (config, mistakes) =
        AgentConfig::look_at(&[Piece::file("/f", text)], &PathOverrides::default());
    if let Some(mistake) = mistakes.first() {
        return Some(mistake.to_string());
    }
    let profile = config.expect("no mistakes").layout.profile("x").expect("the profile");
    match profile.layout("x", &shape) {
        Ok(_) => None,
        Err(super::ProfileError::Invalid { problem, .. }) => Some(problem.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn every_bad_layout_is_refused_with_what_to_write() {
    let text = std::fs::read_to_string(TABLE).expect("the table");
    let table: Table = toml::from_str(&text).expect("the table");
    assert!(table.bad.len() >= 40, "only {} rows", table.bad.len());
    if std::env::var_os("FSXLUSTRE_UPDATE_GOLDEN").is_some() {
        update(&text, &table);
        return;
    }
    for bad in &table.bad {
        let said = said(bad).unwrap_or_else(|| panic!("it is taken: {bad:?}"));
        assert_eq!(said, bad.says, "{bad:?}");
        assert!(said.contains(": ") && said.len() > 20, "{said}");
    }
}

/// Writes what is shown behind each row.
fn update(text: &str, table: &Table) {
    let mut rows = table.bad.iter();
    let written = text.lines().map(|line| {
        if !line.starts_with("says = ") {
            return format!("{line}\n");
        }
        let said = rows.next().and_then(said).unwrap_or_default();
        format!("says = {}\n", toml::Value::String(said))
    });
    std::fs::write(Path::new(TABLE), written.collect::<String>()).expect("the table");
}
