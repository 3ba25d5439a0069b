//! Completions for shells, from the definition that the command line itself has and the tables that know
//! its values.

use crate::checks::{CHECKS, Group};
use crate::cli::Cli;
use crate::layout::preset_names;
use crate::tune::TuningData;
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use fsxlustre_mount::config::SETTINGS;
use fsxlustre_mount::failure::CODES;

/// Each shell's file, by the name under which the shell looks for it, and its text.
pub(super) fn all() -> Vec<(&'static str, String)> {
    [(Shell::Bash, "fsxlustre"), (Shell::Zsh, "_fsxlustre"), (Shell::Fish, "fsxlustre.fish")]
        .into_iter()
        .map(|(shell, file)| (file, of(shell)))
        .collect()
}

fn of(shell: Shell) -> String {
    let mut written = Vec::new();
    clap_complete::generate(
        shell,
        &mut with_values(shown(&Cli::command())),
        "fsxlustre",
        &mut written,
    );
    let text = String::from_utf8(written).expect("text");
    if shell == Shell::Fish { without_dots(&text) } else { text }
}

/// fish's argparse takes no dot in an option's name, and one such leaves nothing completed at all.
fn without_dots(text: &str) -> String {
    let line = |line: &str| match line.split_once("string join \\n ") {
        Some((before, names)) => {
            let names: Vec<_> = names.split(' ').filter(|name| !name.contains('.')).collect();
            format!("{before}string join \\n {}\n", names.join(" "))
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Without what `--help` does not show.
fn shown(whole: &Command) -> Command {
    let (hidden, shown): (Vec<_>, Vec<_>) =
        whole.get_subcommands().cloned().partition(Command::is_hide_set);
    assert!(!hidden.is_empty(), "fsxlustre manual");
    let mut bare = Command::new("fsxlustre");
    for argument in whole.get_arguments() {
        bare = bare.arg(argument.clone());
    }
    bare.version(env!("CARGO_PKG_VERSION")).disable_help_subcommand(true).subcommands(shown)
}

/// With the values that tables of ours know; a command line takes more than these.
fn with_values(whole: Command) -> Command {
    let groups = Group::ALL.into_iter().map(Group::word);
    let checks: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
    let judged: Vec<_> = groups.chain(checks.iter().copied()).collect();
    let codes: Vec<_> = CODES.iter().map(|row| row.id).collect();
    let keys: Vec<_> = SETTINGS.iter().map(|row| row.key).collect();
    let tuning = TuningData::carried().expect("the data that is carried");
    let profiles: Vec<_> = tuning.profiles.iter().map(|row| row.name.as_str()).collect();
    // clap keeps values for as long as the program runs.
    let presets: Vec<&str> = preset_names().into_iter().map(|name| &*name.leak()).collect();
    let whole = with(whole, &["check"], "only", &judged);
    let whole = with(whole, &["check"], "skip", &judged);
    let whole = with(whole, &["check"], "explain", &checks);
    let whole = with(whole, &["explain"], "code", &codes);
    let whole = with(whole, &["config", "show"], "key", &keys);
    let whole = ["plan", "apply"]
        .iter()
        .fold(whole, |whole, verb| with(whole, &["tune", verb], "profile", &profiles));
    ["plan", "apply", "verify", "explain"]
        .iter()
        .fold(whole, |whole, verb| with(whole, &["layout", verb], "profile", &presets))
}

/// With the values of one argument of a command below this one.
fn with(whole: Command, path: &[&str], argument: &str, values: &[&'static str]) -> Command {
    match path.split_first() {
        Some((first, rest)) => {
            whole.mut_subcommand(first, |below| with(below, rest, argument, values))
        }
        None => whole.mut_arg(argument, |found| found.value_parser(values.to_vec())),
    }
}
