//! The man pages and the tables of README.md, made from the tables that the programs themselves use.
//!
//! The prose is in `*.roff` beside this file; a line of it that begins with `@` stands for something
//! made from a table. `fsxlustre manual` writes the pages; the committed ones are compared with it.

mod checks;
mod commands;
#[cfg(test)]
mod completions;
mod examples;
mod layouts;
mod metrics;
mod readme;
mod roff;
mod settings;
mod slurm;
mod ssm;
mod tables;
mod tuning;

pub use readme::{ReadmeError, fill};
pub use settings::reference;

/// A man page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its file's name, `mount.fsxlustre.8`.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// Prose that is a page by itself.
const PROSE: &[(&str, &str)] = &[
    ("fsxlustre.1", include_str!("fsxlustre.roff")),
    ("fsxlustre-check.7", include_str!("checks.roff")),
    ("fsxlustre-metrics.7", include_str!("metrics.roff")),
    ("fsxlustre-slurm.7", include_str!("slurm.roff")),
    ("fsxlustre.toml.5", include_str!("settings.roff")),
    ("mount.fsxlustre.8", include_str!("mount.roff")),
    ("umount.fsxlustre.8", include_str!("umount.roff")),
];

/// When this version was made, as man(7) has it in a page's foot.
const DATE: &str = "2026-11-21";

/// Every page.
pub fn pages() -> Vec<Page> {
    let prose = PROSE.iter().map(|(file, prose)| ((*file).to_owned(), (*prose).to_owned()));
    prose.chain(commands::pages()).map(|(file, prose)| Page { file, text: page(&prose) }).collect()
}

/// The prose with its tables in place.
fn page(prose: &str) -> String {
    let mut text =
        String::from(".\\\" Written by `fsxlustre manual`; change agent/src/manual instead.\n");
    for line in prose.lines() {
        if let Some(name) = line.strip_prefix('@') {
            text.push_str(&part(name));
        } else {
            text.push_str(&titled(line));
            text.push('\n');
        }
    }
    text
}

/// The line of the title has the date and the version.
fn titled(line: &str) -> String {
    if line.starts_with(".TH ") {
        let dated = line.replacen("\"\"", &format!("\"{DATE}\""), 1);
        dated.replace("VERSION", env!("CARGO_PKG_VERSION"))
    } else {
        line.to_owned()
    }
}

/// What a name in the prose stands for; nothing for a name that is not known, which a test finds.
fn part(name: &str) -> String {
    match name {
        "OUR-OPTIONS" => tables::our_options(),
        "OTHER-OPTIONS" => tables::other_options(),
        "EXIT-STATUS" => tables::exit_status(),
        "TUNING-SETTINGS" => tuning::settings(),
        "TUNING-PROFILES" => tuning::profiles(),
        "CODES" => tables::codes(|_| true),
        "ERRNOS" => tables::errnos(),
        "UNMOUNT-CODES" => tables::codes(|id| id.starts_with("FSXL-U")),
        "CHECKS" => checks::all(),
        "COLLECTORS" => metrics::collectors(),
        "FAMILIES" => metrics::families(),
        "QUESTIONS" => metrics::questions(),
        "DROPPED-FAMILIES" => metrics::dropped_families(),
        "SETTINGS" => settings::all(),
        "LAYOUT-PRESETS" => layouts::all(),
        "LAYOUT-FEATURES" => layouts::features(),
        "JOB-REPORTS" => include_str!("job_report.roff").to_owned(),
        "SLURM-CONF" => slurm::slurm_conf(),
        "CAUSES" => slurm::causes(),
        "DEADLINES" => slurm::deadlines(),
        "REFUSED" => slurm::refused(),
        "MOUNT-USAGE" => roff::verbatim(fsxlustre_mount::cli::MOUNT_USAGE),
        "UNMOUNT-USAGE" => roff::verbatim(fsxlustre_mount::cli::UNMOUNT_USAGE),
        "COMMANDS" => commands::list(),
        "SEE-COMMANDS" => commands::see_also(),
        "SSM-DOCUMENTS" => ssm::documents(),
        "SSM-EXITS" => ssm::exits(),
        "GLOBAL-OPTIONS" => commands::global_options(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    /// `FSXLUSTRE_UPDATE_GOLDEN=1 cargo test -p fsxlustre-agent manual` writes what is compared here.
    fn assert_committed(path: &Path, wanted: &str) {
        if std::env::var_os("FSXLUSTRE_UPDATE_GOLDEN").is_some() {
            std::fs::write(path, wanted).expect("the committed file");
        }
        let have = std::fs::read_to_string(path).expect("the committed file");
        let differs = have.lines().zip(wanted.lines()).find(|(have, wanted)| have != wanted);
        assert!(have == wanted, "{} is out of date at {differs:?}", path.display());
    }

    #[test]
    fn the_committed_pages_are_what_the_tables_give() {
        for page in pages() {
            assert_committed(&root().join("packaging/man").join(page.file), &page.text);
        }
        let pages: BTreeSet<_> = pages().into_iter().map(|page| page.file).collect();
        let folder = std::fs::read_dir(root().join("packaging/man")).expect("the committed pages");
        let committed = folder.map(|entry| entry.expect("a page").file_name().into_string());
        assert_eq!(committed.collect::<Result<BTreeSet<_>, _>>(), Ok(pages));
    }

    #[test]
    fn the_committed_completions_are_what_the_command_line_gives() {
        for (file, text) in completions::all() {
            assert_committed(&root().join("packaging/completions").join(file), &text);
        }
    }

    #[test]
    fn the_committed_reference_file_is_what_the_table_of_settings_gives() {
        assert_committed(&root().join("packaging/config/fsxlustre.toml"), &reference());
    }

    #[test]
    fn the_readme_has_what_the_tables_give() {
        let path = root().join("README.md");
        let text = std::fs::read_to_string(&path).expect("README.md");
        assert_committed(&path, &fill(&text).expect("its markers"));
    }

    #[test]
    fn every_name_in_the_prose_stands_for_something() {
        let commands = commands::pages();
        let prose = PROSE.iter().map(|(_, prose)| *prose);
        for prose in prose.chain(commands.iter().map(|(_, prose)| prose.as_str())) {
            let names = prose.lines().filter_map(|line| line.strip_prefix('@'));
            for name in names {
                assert!(!part(name).is_empty(), "@{name}");
            }
        }
    }

    #[test]
    fn no_line_begins_a_request_by_accident() {
        for page in pages() {
            for line in page.text.lines().filter(|line| line.starts_with(['.', '\''])) {
                let request = line.split(' ').next().unwrap_or_default();
                let known = [
                    ".\\\"", ".TH", ".SH", ".SS", ".TP", ".B", ".BR", ".I", ".IR", ".PP", ".EX",
                    ".EE", ".br", ".RS", ".RE", ".nf", ".fi", ".IP",
                ];
                assert!(known.contains(&request), "{}: {line}", page.file);
            }
            assert!(page.text.is_ascii(), "{}", page.file);
        }
    }
}
