//! The man pages as man(1), groff and mandoc read them, beside what the programs' own --help says.

use fsxlustre_tests::stage::built_program;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/man").canonicalize().unwrap()
}

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let pages: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(pages.len() >= 20, "{pages:?}");
    pages
}

/// What a page's reader sees, as one line of words.
fn read(page: &Path) -> String {
    let output = Command::new("man")
        .args(["--encoding=ASCII", "--local-file"])
        .arg(page)
        .envs([("MANWIDTH", "2000"), ("LC_ALL", "C.UTF-8"), ("MANPAGER", "cat")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", page.display());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn man_groff_and_mandoc_have_no_warnings() {
    for page in pages() {
        let checks: [&[&str]; 3] = [
            &[
                "man",
                "--warnings",
                "--encoding=UTF-8",
                "--troff-device=utf8",
                "--ditroff",
                "--local-file",
            ],
            &["groff", "-ww", "-man", "-Tutf8", "-z"],
            &["mandoc", "-T", "lint", "-W", "warning"],
        ];
        for words in checks {
            let output = Command::new(words[0])
                .args(&words[1..])
                .arg(&page)
                .env("LC_ALL", "C.UTF-8")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let lint = if words[0] == "mandoc" {
                String::from_utf8_lossy(&output.stdout)
            } else {
                "".into()
            };
            assert!(
                output.status.success() && said.is_empty() && lint.is_empty(),
                "{words:?}: {said}{lint}"
            );
        }
    }
}

#[test]
fn a_page_with_a_mistake_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("wrong.1");
    std::fs::write(&page, ".TH WRONG 1\n.SH NAME\nwrong \\- \\*[nothing]\n.Zz\n").unwrap();
    let groff =
        Command::new("groff").args(["-ww", "-man", "-Tutf8", "-z"]).arg(&page).output().unwrap();
    assert!(!groff.stderr.is_empty());
    let mandoc =
        Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(&page).output().unwrap();
    assert!(!mandoc.status.success());
}

#[test]
fn each_page_has_a_name_examples_and_other_pages_that_are_there() {
    let files: BTreeSet<_> =
        pages().iter().map(|page| page.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    for page in pages() {
        let text = read(&page);
        let name = page.file_stem().unwrap().to_str().unwrap();
        assert!(text.contains(&format!("NAME {name} - ")), "{name}");
        let has_examples = ["EXAMPLES", "EXAMPLE"].iter().any(|title| text.contains(title));
        assert!(has_examples, "{}", page.display());
        for word in text.split(' ').filter(|word| word.contains("fsxlustre")) {
            let word = word.trim_matches(|letter: char| ",.;:".contains(letter));
            if let Some((name, section)) = word.trim_end_matches(')').split_once('(')
                && section.len() == 1
                && section.chars().all(|letter| letter.is_ascii_digit())
            {
                assert!(files.contains(&format!("{name}.{section}")), "{}: {word}", page.display());
            }
        }
    }
}

fn help(program: &str, words: &[&str], flag: &str) -> String {
    let output = Command::new(built_program(program)).args(words).arg(flag).output().unwrap();
    assert!(output.status.success(), "{program} {words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The options of a help text: `--long`, or `-s` where there is nothing else.
fn options(help: &str) -> Vec<String> {
    let begins = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let names = begins.filter_map(|line| {
        let words = line.split([' ', ',', '=', '[']).filter(|word| word.starts_with('-'));
        words.max_by_key(|word| word.len()).map(str::to_owned)
    });
    names.filter(|name| !["--help", "--version"].contains(&name.as_str())).collect()
}

/// Each command and those below it, with its help.
fn commands(path: &[&str]) -> Vec<(Vec<String>, String)> {
    let help = help("fsxlustre", path, "--help");
    let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let below: Vec<_> = below
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut all: Vec<_> = below
        .iter()
        .flat_map(|name| commands(&path.iter().copied().chain([*name]).collect::<Vec<_>>()))
        .collect();
    all.push((path.iter().map(|word| (*word).to_owned()).collect(), help));
    all
}

#[test]
fn each_command_and_option_of_help_stands_in_a_page() {
    let all = commands(&[]);
    assert!(all.len() > 30, "{all:?}");
    for (path, help) in all {
        let Some(first) = path.first() else { continue };
        let page = read(&folder().join(format!("fsxlustre-{first}.1")));
        let command = format!("fsxlustre {}", path.join(" "));
        assert!(page.contains(&command), "{command}");
        let options = options(&help);
        assert!(options.contains(&"--path.procfs".to_owned()), "{help}");
        for option in options {
            assert!(page.contains(&option), "{command} {option}");
        }
        let overview = read(&folder().join("fsxlustre.1"));
        assert!(overview.contains(&format!("fsxlustre-{first}(1)")), "{first}");
    }
}

#[test]
fn each_flag_of_the_mount_helpers_stands_in_their_pages() {
    for (program, page) in
        [("mount-fsxlustre", "mount.fsxlustre.8"), ("umount-fsxlustre", "umount.fsxlustre.8")]
    {
        let help = help(program, &[], "-h");
        let text = read(&folder().join(page));
        let flags = options(&help);
        assert!(!flags.is_empty() || help.contains("[-"), "{help}");
        for word in help.split_whitespace().filter(|word| word.trim_matches('[').starts_with('-')) {
            let flag = word.trim_matches(|letter: char| "[],".contains(letter));
            assert!(text.contains(flag), "{page}: {flag}");
        }
    }
}
