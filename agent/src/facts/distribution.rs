//! Which distribution this is.

use super::{Observed, Tree};
use fsxlustre_mount::host::Host;
use serde::Serialize;

/// A distribution and its release.
///
/// *Source*: os-release(5), `/etc/os-release`, else `/usr/lib/os-release`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// `ID`: `amzn`, `ubuntu`, `rhel`.
    pub id: String,
    /// `VERSION_ID`: `2023`, `24.04`, `9.6`. A rolling distribution has none.
    pub version: Option<String>,
    /// `VERSION_CODENAME`: `noble`.
    pub codename: Option<String>,
    /// `PRETTY_NAME`, for people.
    pub name: Option<String>,
}

impl Distribution {
    /// Reads it.
    pub fn of(host: &Host) -> Observed<Self> {
        let paths = ["etc/os-release", "usr/lib/os-release"];
        let mut because = Vec::new();
        let tree = Tree::of(host);
        for path in paths {
            let from = tree.shown(path);
            match tree.read(path) {
                Ok(text) => {
                    return Self::parse(&text).map_or_else(
                        || Observed::unknown("it has no line ID=", from.clone()),
                        |distribution| Observed::known(distribution, from.clone()),
                    );
                }
                Err(error) => because.push(format!("{from}: {error}")),
            }
        }
        Observed::unknown(because.join("; "), "os-release")
    }

    /// Reads `KEY=VALUE` lines, values maybe in quotes.
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let lines = text.lines().filter_map(|line| line.trim().split_once('='));
            let value =
                lines.filter(|(key, _)| *key == name).map(|(_, value)| unquoted(value)).next_back();
            value.filter(|value| !value.is_empty())
        };
        Some(Self {
            id: field("ID")?,
            version: field("VERSION_ID"),
            codename: field("VERSION_CODENAME"),
            name: field("PRETTY_NAME"),
        })
    }
}

/// Takes off quotes and the backslashes that os-release(5) puts before `"`, `$`, `` ` `` and `\`.
fn unquoted(value: &str) -> String {
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    let mut text = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        text.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_files_are_read() {
        let table = [
            (
                "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n",
                "amzn",
                Some("2023"),
                None,
            ),
            (
                "PRETTY_NAME=\"Ubuntu 24.04.2 LTS\"\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nID=ubuntu\n",
                "ubuntu",
                Some("24.04"),
                Some("noble"),
            ),
            ("ID='rocky'\nVERSION_ID='9.6'\n# ID=x\n", "rocky", Some("9.6"), None),
            ("ID=arch\nVERSION_ID=\n", "arch", None, None),
        ];
        for (text, id, version, codename) in table {
            let found = Distribution::parse(text).expect(text);
            assert_eq!(found.id, id);
            assert_eq!(found.version.as_deref(), version);
            assert_eq!(found.codename.as_deref(), codename);
        }
        assert_eq!(Distribution::parse("NAME=x\n"), None);
        assert_eq!(unquoted(r#""a \"b\" \\ \$c""#), r#"a "b" \ $c"#);
    }
}
