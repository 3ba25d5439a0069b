//! A file of settings as the parts of a set: each short enough for one parameter, each TOML by itself,
//! nothing said by two of them. A pure question.

use super::{Part, PushError};
use fsxlustre_mount::config::{Piece, SETTINGS, Values};
use toml::{Table, Value};

/// The longest value of a parameter of the standard tier, bytes.
pub const LONGEST_STANDARD: usize = 4096;
/// The same of the advanced tier, which costs.
pub const LONGEST_ADVANCED: usize = 8192;
/// What Parameter Store takes for a parameter of its own to be put in.
const REFERENCE: &str = "{{";

/// The smallest thing that a part may hold by itself: what stands in one table.
struct Unit {
    /// The table, by its names from the top.
    path: Vec<String>,
    values: Table,
}

/// Splits a text whose settings are known to be right.
///
/// # Errors
/// [`PushError`]: a table that is too long for one parameter, or a text that Parameter Store refuses.
pub fn split(text: &str, longest: usize) -> Result<Vec<Part>, PushError> {
    let whole: Table = text.parse().map_err(|error: toml::de::Error| PushError::Text {
        because: error.message().to_owned(),
    })?;
    let mut parts: Vec<Part> = Vec::new();
    for (section, value) in whole {
        // What Parameter Store may say stands in tables; a list at the top is not of it.
        let Value::Table(table) = value else { return Err(PushError::Split) };
        parts.extend(packed(&section, units(vec![section.clone()], table), longest)?);
    }
    if parts.is_empty() {
        return Err(PushError::Text { because: "it says nothing".into() });
    }
    if let Some(part) = parts.iter().find(|part| part.text.contains(REFERENCE)) {
        return Err(PushError::Reference { part: part.name.clone() });
    }
    check(text, &parts)?;
    Ok(parts)
}

/// The units of a table. A table with a name of its own, a profile say, is replaced whole by a later one,
/// so it stands in one part; the table that it is in may be in several.
fn units(path: Vec<String>, table: Table) -> Vec<Unit> {
    if !holds_names(&path) {
        let (tables, values): (Table, Table) = table
            .into_iter()
            .partition(|(name, value)| value.is_table() && leads_to_names(&path, name));
        let below = tables.into_iter().filter_map(|(name, value)| match value {
            Value::Table(inner) => Some(units([path.clone(), vec![name]].concat(), inner)),
            _ => None,
        });
        let below: Vec<Unit> = below.flatten().collect();
        let own = (!values.is_empty()).then_some(Unit { path, values });
        return own.into_iter().chain(below).collect();
    }
    let unit = |(name, value): (String, Value)| Unit {
        path: path.clone(),
        values: Table::from_iter([(name, value)]),
    };
    table.into_iter().map(unit).collect()
}

/// Whether the tables in that one have free names, as `layout.profiles` has.
fn holds_names(path: &[String]) -> bool {
    SETTINGS.iter().any(|row| {
        let steps = row.steps();
        let begins = steps.iter().zip(path).all(|(step, name)| step == name);
        begins && steps.get(path.len()) == Some(&"*")
    })
}

fn leads_to_names(path: &[String], name: &str) -> bool {
    holds_names(&[path, &[name.to_owned()]].concat())
}

/// As many units in a part as there is room for, in their order.
fn packed(section: &str, units: Vec<Unit>, longest: usize) -> Result<Vec<Part>, PushError> {
    let mut tables: Vec<Table> = Vec::new();
    for unit in units {
        let with = tables.last().map(|table| added(table.clone(), &unit));
        match with.filter(|with| text(with).len() <= longest) {
            Some(with) => {
                tables.pop();
                tables.push(with);
            }
            None => tables.push(added(Table::new(), &unit)),
        }
        let bytes = tables.last().map_or(0, |table| text(table).len());
        if bytes > longest {
            let table = unit.path.join(".");
            return Err(PushError::TooLong { table, bytes, longest });
        }
    }
    let is_one = tables.len() == 1;
    let parts = tables.iter().enumerate().map(|(index, table)| Part {
        name: if is_one { section.to_owned() } else { format!("{section}-{:03}", index + 1) },
        text: text(table),
    });
    Ok(parts.collect())
}

/// A table with one more unit in it.
fn added(mut whole: Table, unit: &Unit) -> Table {
    let mut at = &mut whole;
    for name in &unit.path {
        let below = at.entry(name.clone()).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(below) = below else { return whole };
        at = below;
    }
    at.extend(unit.values.clone());
    whole
}

fn text(table: &Table) -> String {
    // What was read as TOML can be written as such.
    toml::to_string(table).unwrap_or_default()
}

/// All parts together must say what the whole says, however the reader puts them together.
fn check(text: &str, parts: &[Part]) -> Result<(), PushError> {
    let whole = Piece::file("whole", text).as_parameter();
    let pieces: Vec<Piece> =
        parts.iter().map(|part| Piece::file(&part.name, &part.text).as_parameter()).collect();
    let (wanted, _) = Values::of(&[whole]);
    let (read, mistakes) = Values::of(&pieces);
    let said = |values: &Values| -> Vec<_> {
        values.iter().map(|(key, given)| (key.clone(), given.value.clone())).collect()
    };
    if mistakes.is_empty() && said(&wanted) == said(&read) { Ok(()) } else { Err(PushError::Split) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn names(parts: &[Part]) -> Vec<&str> {
        parts.iter().map(|part| part.name.as_str()).collect()
    }

    fn profiles(count: usize) -> String {
        (0..count).fold(String::from("[mount]\nretry = 5\n"), |mut text, n| {
            let _ = writeln!(text, "[layout.profiles.p{n}]\nstripe_size = '1MiB'");
            let _ =
                writeln!(text, "[[layout.profiles.p{n}.part]]\nuntil = '1GiB'\nstripe_count = 1");
            let _ = writeln!(
                text,
                "[[layout.profiles.p{n}.part]]\nuntil = 'end'\nstripe_count = {}",
                n + 1
            );
            text
        })
    }

    #[test]
    fn what_fits_is_one_part_a_section_and_what_does_not_is_split_in_order() {
        let small = split(&profiles(2), LONGEST_STANDARD).expect("parts");
        assert_eq!(names(&small), ["layout", "mount"]);
        let large = split(&profiles(150), LONGEST_STANDARD).expect("parts");
        assert!(large.len() > 3, "{:?}", names(&large));
        assert!(large.iter().all(|part| part.text.len() <= LONGEST_STANDARD));
        assert_eq!(names(&large)[..2], ["layout-001", "layout-002"]);
        let advanced = split(&profiles(150), LONGEST_ADVANCED).expect("parts");
        assert!(advanced.len() < large.len());
    }

    #[test]
    fn a_table_that_fits_no_parameter_is_named() {
        let long = format!("[jobs]\nrefuse = [{}]\n", "'unreachable',".repeat(400));
        let error = split(&long, LONGEST_STANDARD).expect_err("too long");
        assert!(matches!(&error, PushError::TooLong { table, .. } if table == "jobs"), "{error}");
        assert!(split(&long, LONGEST_ADVANCED).is_ok());
        let reference = "[mount]\noptions = ['x={{ssm:y}}']\n";
        assert!(matches!(split(reference, LONGEST_STANDARD), Err(PushError::Reference { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn parts_say_what_the_whole_says(count in 0_usize..40, longest in 200_usize..9000) {
            let text = profiles(count);
            let parts = split(&text, longest).expect("parts");
            prop_assert!(parts.iter().all(|part| part.text.len() <= longest));
            prop_assert!(parts.iter().all(|part| part.text.parse::<Table>().is_ok()));
            let mut sorted = parts.clone();
            sorted.sort_by(|one, other| one.name.cmp(&other.name));
            prop_assert_eq!(sorted, parts, "the reader takes them by name");
        }
    }
}
