//! The tables of README.md, each between two markers.

use fsxlustre_mount::failure::Code;
use fsxlustre_mount::options::{OPTIONS, Owner};

/// README.md lacks a marker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no '{0}', or nothing ends it")]
pub struct ReadmeError(String);

/// The text with what is between its markers made anew.
///
/// # Errors
/// [`ReadmeError`] names the marker that is not there.
pub fn fill(text: &str) -> Result<String, ReadmeError> {
    let text = between(text, "options", &options())?;
    between(&text, "codes", &codes())
}

fn between(text: &str, name: &str, content: &str) -> Result<String, ReadmeError> {
    let (begin, end) =
        (format!("<!-- {name}: by fsxlustre manual -->\n"), format!("<!-- /{name} -->"));
    let missing = || ReadmeError(begin.trim().to_owned());
    let (before, rest) = text.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}{content}{end}{after}"))
}

fn options() -> String {
    let mut table = String::from("| option | default | meaning |\n|---|---|---|\n");
    for row in OPTIONS.iter().filter(|row| row.owner == Owner::Ours) {
        let value = row.value.map(|value| format!("={value}")).unwrap_or_default();
        let value = value.replace('|', "\\|");
        table.push_str("| `");
        for part in [row.name, &value, "` | ", row.default, " | ", row.meaning, " |\n"] {
            table.push_str(part);
        }
    }
    table
}

fn codes() -> String {
    let example = Code::TagUnknown;
    format!(
        "The code is stable: `fsxlustre explain {example}` says what it means; mount.fsxlustre(8) \
         has [all of them](packaging/man/mount.fsxlustre.8).\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_the_markers_is_made_anew() {
        let text = "a\n<!-- options: by fsxlustre manual -->\nold\n<!-- /options -->\nb\n\
                    <!-- codes: by fsxlustre manual -->\n<!-- /codes -->\n";
        let filled = fill(text).expect("markers");
        assert!(filled.starts_with("a\n<!-- options"), "{filled}");
        assert!(!filled.contains("old") && filled.contains("| `subdir=/PATH` |"), "{filled}");
        assert!(filled.contains("none\\|stat"), "{filled}");
        assert_eq!(fill(&filled).expect("markers"), filled);
        assert!(fill("no markers").is_err());
    }
}
