//! `fsxlustre explain`: the table of codes, whole or one row.

use super::{Outcome, USAGE};
use clap::Args;
use fsxlustre_mount::failure::{CODES, Class, CodeRow, one_line};
use fsxlustre_mount::mount::{ERRNO_MEANINGS, ErrnoMeaning};
use std::fmt::Write as _;

/// Arguments of `fsxlustre explain`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0; 2 there is no such code")]
pub struct ExplainArgs {
    /// A code such as FSXL-A201, or A201; every code when it is left out
    code: Option<String>,
}

/// How far a code may be from a typed one to be offered.
const NEAR: usize = 1;

impl ExplainArgs {
    /// Prints it.
    pub fn run(&self) -> Outcome {
        let Some(code) = &self.code else { return Outcome::done(table()) };
        let id = whole(code);
        match CODES.iter().find(|row| row.id == id) {
            Some(row) => Outcome::done(one(row)),
            None => unknown(code, &id),
        }
    }
}

/// `a201`, `fsxl-a201` and `[FSXL-A201]` mean `FSXL-A201`.
fn whole(code: &str) -> String {
    let code = code.trim_matches(['[', ']', ' ']).to_ascii_uppercase();
    if code.starts_with("FSXL-") { code } else { format!("FSXL-{code}") }
}

fn table() -> String {
    let mut text = String::new();
    for row in CODES {
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{}  {:<12}  {:>2}  {}",
            row.id,
            row.class.word(),
            row.mount_exit,
            row.title
        );
    }
    text
}

fn one(row: &CodeRow) -> String {
    let exit = format!("{} of mount.fsxlustre, umount.fsxlustre, fsxlustre mount", row.mount_exit);
    let mut rows = vec![
        ("class", format!("{}: {}", row.class.word(), class(row.class))),
        ("area", area(row.id).to_owned()),
        ("exit status", exit),
    ];
    for meaning in ERRNO_MEANINGS.iter().filter(|meaning| meaning.code.row().id == row.id) {
        rows.push(("comes from", format!("mount.lustre: {}", cause(meaning))));
        rows.push(("  what", meaning.what.to_owned()));
        rows.push(("  do", meaning.remedy.to_owned()));
    }
    rows.push((
        "what to do",
        format!("{}; the message itself says it of the case at hand", row.remedy),
    ));
    let mut text = format!("{}  {}\n", row.id, row.title);
    for (name, value) in rows {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {name:<13}{value}");
    }
    text
}

/// `exit 22, which says "Can't parse NID"`.
pub(crate) fn cause(meaning: &ErrnoMeaning) -> String {
    let errnos: Vec<_> = meaning.errnos.iter().map(ToString::to_string).collect();
    let errnos = if errnos.is_empty() { "any other".into() } else { errnos.join(" or ") };
    let said = meaning.said.map(|text| format!(", with \"{text}\"")).unwrap_or_default();
    format!("exit {errnos}{said}")
}

fn class(class: Class) -> &'static str {
    match class {
        Class::UserCanFix => "a setting, a permission or a command of an administrator mends it",
        Class::MayPass => "it may pass without anybody doing anything; trying again is of use",
        Class::OurBug => "a fault of fsxlustre; please report it",
    }
}

/// What the letter of a code stands for.
pub(crate) fn area(id: &str) -> &'static str {
    match id.as_bytes().get(5) {
        Some(b'A') => "AWS: the FSx API, credentials, tags and ids",
        Some(b'C') => "configuration and input: command line, options, sources, files",
        Some(b'E') => "the metrics service",
        Some(b'K') => "the kernel's Lustre client: modules and programs",
        Some(b'L') => "layouts of directories",
        Some(b'M') => "mounting",
        Some(b'N') => "the network between this node and the file system",
        Some(b'S') => "the scheduler and its jobs",
        Some(b'U') => "unmounting",
        _ => "fsxlustre itself",
    }
}

fn unknown(code: &str, id: &str) -> Outcome {
    let near: Vec<_> = CODES
        .iter()
        .filter(|row| strsim::damerau_levenshtein(row.id, id) <= NEAR)
        .map(|row| row.id)
        .collect();
    let near = if near.is_empty() {
        "`fsxlustre explain` prints every code".to_owned()
    } else {
        format!("nearest: {}", near.join(", "))
    };
    let stderr = format!("fsxlustre: there is no code '{}'; {near}\n", one_line(code));
    Outcome { stderr, status: USAGE, ..Outcome::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(code: Option<&str>) -> Outcome {
        ExplainArgs { code: code.map(Into::into) }.run()
    }

    #[test]
    fn a_code_is_explained_however_it_is_written() {
        for code in ["FSXL-A201", "a201", "[fsxl-a201]"] {
            let outcome = explain(Some(code));
            assert_eq!(outcome.status, 0, "{code}");
            assert!(outcome.stdout.starts_with("FSXL-A201  No file system"), "{}", outcome.stdout);
        }
        assert_eq!(explain(None).stdout.lines().count(), CODES.len());
        assert!(CODES.iter().all(|row| one(row).lines().count() >= 5));
        let reasons = explain(Some("N202")).stdout;
        assert!(reasons.contains("with \"Can't parse NID\""), "{reasons}");
        for row in CODES {
            assert!(one(row).contains(row.remedy) && !row.remedy.is_empty(), "{}", row.id);
        }
    }

    #[test]
    fn an_unknown_code_names_the_nearest() {
        let outcome = explain(Some("A291"));
        assert_eq!(outcome.status, 2);
        assert!(outcome.stderr.contains("FSXL-A201"), "{}", outcome.stderr);
        assert!(explain(Some("zzz\u{1b}[31m")).stderr.contains("prints every code"));
    }
}
