//! The subcommands of `fsxlustre`, from the definition that the command line itself has: a page each.

use super::examples::{EXAMPLES, Example};
use super::roff::{tagged, text, verbatim};
use crate::cli::Cli;
use clap::{Arg, ArgAction, Command, CommandFactory as _};

/// Prose of a command's page, between its options and its examples.
const PROSE: &[(&str, &str)] = &[
    ("export", include_str!("commands/export.roff")),
    ("hsm", include_str!("commands/hsm.roff")),
    ("layout", include_str!("commands/layout.roff")),
    ("ssm", include_str!("commands/ssm.roff")),
    ("status", include_str!("commands/status.roff")),
    ("tune", include_str!("commands/tune.roff")),
];

/// Every subcommand with what it is for, and its page.
pub(super) fn list() -> String {
    let row = |command: &Command| {
        tagged(&format!("fsxlustre-{}", command.get_name()), "(1)", &about(command))
    };
    shown(&built()).map(row).collect()
}

/// The pages of the subcommands, for a list of what else there is.
pub(super) fn see_also() -> String {
    let row = |command: &Command| format!(".BR fsxlustre\\-{} (1),\n", text(command.get_name()));
    shown(&built()).map(row).collect()
}

/// The file's name and the prose of each subcommand's page.
pub(super) fn pages() -> Vec<(String, String)> {
    let page = |command: &Command| (format!("fsxlustre-{}.1", command.get_name()), page(command));
    shown(&built()).map(page).collect()
}

fn built() -> Command {
    let mut whole = Cli::command();
    whole.build();
    whole
}

/// Without what `--help` does not show.
fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help")
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn page(command: &Command) -> String {
    let name = command.get_name();
    let title = text(&format!("fsxlustre-{name}"));
    let sections: String = leaves(command).into_iter().map(section).collect();
    let prose = PROSE.iter().find(|(of, _)| *of == name).map_or("", |(_, prose)| *prose);
    let is_of_it = |one: &&Example| one.command.split(' ').next() == Some(name);
    let examples: Vec<_> = EXAMPLES.iter().filter(is_of_it).map(example).collect();
    let examples = examples.join(".PP\n");
    [
        format!(".TH {} 1 \"\" \"fsxlustre VERSION\" \"fsxlustre\"\n", title.to_uppercase()),
        format!(".SH NAME\n{title} \\- {}\n", text(&about(command))),
        format!(".SH SYNOPSIS\n{}", synopsis(command)),
        format!(".SH DESCRIPTION\n{sections}"),
        format!(".SH OPTIONS OF EVERY COMMAND\n{}", global_options()),
        prose.to_owned(),
        format!(".SH EXAMPLES\n{examples}"),
        ".SH SEE ALSO\n.BR fsxlustre (1),\n.BR fsxlustre.toml (5)\n".to_owned(),
    ]
    .concat()
}

/// The command itself, or those below it.
fn leaves(command: &Command) -> Vec<&Command> {
    let below: Vec<_> = shown(command).flat_map(leaves).collect();
    if below.is_empty() { vec![command] } else { below }
}

fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.trim().trim_start_matches("Usage: ").to_owned()
}

fn synopsis(command: &Command) -> String {
    let lines: Vec<_> = leaves(command).into_iter().map(|one| text(&usage(one))).collect();
    format!("{}\n", lines.join("\n.br\n"))
}

fn example(example: &Example) -> String {
    format!(
        "{}\n.PP\n.RS\n{}.RE\n",
        text(example.meaning),
        verbatim(&format!("# {}", example.line))
    )
}

/// What may stand with every subcommand.
pub(super) fn global_options() -> String {
    let whole = Cli::command();
    whole.get_arguments().filter(|argument| argument.is_global_set()).map(argument).collect()
}

fn section(command: &Command) -> String {
    let (about, usage) = (about(command), usage(command));
    let own = command.get_arguments().filter(|argument| {
        let is_builtin = matches!(
            argument.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        );
        !argument.is_global_set() && !argument.is_hide_set() && !is_builtin
    });
    let arguments: String = own.map(argument).collect();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let after = if after.is_empty() { after } else { format!(".PP\n{}\n", text(&after)) };
    format!(".SS {}\n{}\n{arguments}{after}", text(&usage), text(&about))
}

fn argument(argument: &Arg) -> String {
    let is_flag = !argument.get_action().takes_values();
    let values: Vec<_> =
        argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let value = if is_flag { String::new() } else { values.join(" ") };
    let short = argument.get_short().map(|letter| format!("-{letter}"));
    let long = argument.get_long().map(|name| format!("--{name}"));
    let names: Vec<_> = short.into_iter().chain(long).collect();
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults: Vec<_> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = match defaults.concat() {
        none if none.is_empty() || is_flag => String::new(),
        some => format!(" [default: {some}]"),
    };
    if names.is_empty() {
        return tagged("", &value, &format!("{help}{default}"));
    }
    let gap = if value.is_empty() { "" } else { " " };
    tagged(&format!("{}{gap}", names.join(", ")), &value, &format!("{help}{default}"))
}
