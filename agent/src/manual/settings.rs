//! The reference file of all settings, and the same as roff, from the table of settings.

use super::roff::{tagged, text};
use fsxlustre_mount::config::{ParameterStore, Reader, SECTIONS, Setting, SettingDefault, shown};
use std::fmt::Write as _;

/// The longest line of the reference file.
const WIDTH: usize = 100;

const HEAD: &str = "\
# /etc/fsxlustre/fsxlustre.toml: every setting there is, with its unit and default; see
# fsxlustre.toml(5). The other /etc/fsxlustre/*.toml are read by name after this one, then
# /etc/fsxlustre/fsxlustre.d/*.toml by name; a later one goes over an earlier one. The files and
# their folders must belong to root and be writable by nobody else. `fsxlustre config show` prints
# what holds and where it came from, `fsxlustre config check` what is wrong.
#
# Written from the table of settings (mount-helper/src/config/settings.rs); change that instead.
";

/// `packaging/config/fsxlustre.toml`.
pub fn reference() -> String {
    let mut file = String::from(HEAD);
    for section in SECTIONS {
        let is_example = section.is_repeated();
        let comment = if is_example { "#" } else { "" };
        file.push('\n');
        if is_example {
            file.push_str(&comments(section.about));
        }
        // Writing to a String does not fail.
        let _ = writeln!(file, "{comment}{}", section.header);
        if !is_example {
            file.push_str(&comments(section.about));
        }
        for row in section.rows() {
            file.push('\n');
            file.push_str(&comments(&format!("{}.", row.meaning)));
            file.push_str(&comments(&format!("({})", facts(row))));
            let _ = writeln!(file, "#{} = {}", name(row), value(row));
        }
    }
    file
}

/// Its name in its section; a table of free names is shown as one.
fn name(row: &Setting) -> &'static str {
    let (_, name) = row.section_and_name();
    name.strip_suffix(".*").unwrap_or(name)
}

fn value(row: &Setting) -> String {
    let default = row.default_value().filter(|_| row.example.is_empty());
    default.map_or_else(|| row.example.to_owned(), |value| shown(&value))
}

/// What it takes, its default, and who may say it.
fn facts(row: &Setting) -> String {
    let default = match row.default {
        SettingDefault::Required => "must be given".to_owned(),
        _ => format!("default: {}", row.default_text()),
    };
    let store = match row.parameter_store {
        ParameterStore::May => "; Parameter Store may say it",
        ParameterStore::Never(_) => "",
    };
    format!("{}; {default}{store}", row.takes())
}

fn comments(plain: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in plain.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

/// Every section with its settings.
pub(super) fn all() -> String {
    let mut roff = String::new();
    for section in SECTIONS {
        // Writing to a String does not fail.
        let _ = writeln!(roff, ".SS {}\n{}", text(section.header), text(section.about));
        for row in section.rows() {
            let reader = match row.read_by {
                Reader::Helper => "",
                Reader::Agent => " Read by the agent only.",
            };
            let never = match row.parameter_store {
                ParameterStore::May => String::new(),
                ParameterStore::Never(why) => format!(" Never from Parameter Store: {why}."),
            };
            let meaning = format!("{}. It takes {}.{reader}{never}", row.meaning, facts(row));
            roff.push_str(&tagged(name(row), "", &meaning));
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AgentConfig;
    use fsxlustre_mount::config::{Piece, SETTINGS};
    use fsxlustre_mount::host::PathOverrides;

    #[test]
    fn the_reference_file_is_valid_as_it_is_and_with_every_setting_given() {
        let file = reference();
        let given: String = file.lines().map(uncommented).filter(|line| !is_alone(line)).collect();
        for text in [file, given] {
            let pieces = [Piece::file("/reference", text.clone())];
            let (_, mistakes) = AgentConfig::look_at(&pieces, &PathOverrides::default());
            assert_eq!(mistakes, [], "{text}");
        }
    }

    /// What stands beside no other setting of its profile.
    fn is_alone(line: &str) -> bool {
        ["preset", "arguments", "first_ost", "osts"]
            .iter()
            .any(|name| line.starts_with(&format!("{name} = ")))
    }

    /// A comment of a setting or header has no blank after its mark.
    fn uncommented(line: &str) -> String {
        let code = line.strip_prefix('#').filter(|code| !code.starts_with(' ') && !code.is_empty());
        format!("{}\n", code.unwrap_or(line))
    }

    #[test]
    fn every_setting_stands_in_the_reference_file() {
        let lines = reference();
        let settings = lines.lines().filter(|line| uncommented(line).contains(" = "));
        let settings = settings.filter(|line| !line.starts_with("# "));
        assert_eq!(settings.count(), SETTINGS.len());
        assert!(lines.lines().all(|line| line.len() <= WIDTH));
    }
}
