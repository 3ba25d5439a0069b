//! The tables of README.md, each between two markers.

use fsxlustre_mount::failure::{CODES, Code};
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
    let mut table = String::from("| option | default | setting | meaning |\n|---|---|---|---|\n");
    for row in OPTIONS.iter().filter(|row| row.owner == Owner::Ours) {
        let value = row.value.map(|value| format!("={value}")).unwrap_or_default();
        let value = value.replace('|', "\\|");
        table.push_str("| `");
        for part in [
            row.name,
            &value,
            "` | ",
            row.default,
            " | ",
            row.setting.unwrap_or_default(),
            " | ",
            row.meaning,
            " |\n",
        ] {
            table.push_str(part);
        }
    }
    table
}

fn codes() -> String {
    let example = Code::TagUnknown;
    let mut text = format!(
        "The code is stable, and `fsxlustre explain {example}` prints one.\n\n<details>\n\
         <summary>All codes</summary>\n\n| code | exit | meaning | do |\n|---|---|---|---|\n"
    );
    for row in CODES {
        let exit = row.mount_exit.to_string();
        let remedy = row.remedy.replace('|', "\\|");
        text.push_str(
            &["| ", row.id, " | ", &exit, " | ", row.title, " | ", &remedy, " |\n"].concat(),
        );
    }
    text + "\n</details>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_the_markers_is_made_anew() {
        let text = "a\n<!-- options: by fsxlustre manual -->\nzzz\n<!-- /options -->\nb\n\
                    <!-- codes: by fsxlustre manual -->\n<!-- /codes -->\n";
        let filled = fill(text).expect("markers");
        assert!(filled.starts_with("a\n<!-- options"), "{filled}");
        assert!(!filled.contains("zzz") && filled.contains("| `subdir=/PATH` |"), "{filled}");
        assert!(filled.contains("none\\|stat"), "{filled}");
        assert!(CODES.iter().all(|row| filled.contains(row.remedy)), "{filled}");
        assert_eq!(fill(&filled).expect("markers"), filled);
        assert!(fill("no markers").is_err());
    }
}
