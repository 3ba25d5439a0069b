//! The subcommands of `fsxlustre`, from the definition that the command line itself has.

use super::roff::{tagged, text};
use crate::cli::Cli;
use clap::{Arg, Command, CommandFactory as _};

/// Every subcommand that is not hidden, with those below it.
pub(super) fn all() -> String {
    let mut whole = Cli::command();
    whole.build();
    let mut roff = String::new();
    for command in whole.get_subcommands() {
        add(&mut roff, command);
    }
    roff
}

/// What may stand with every subcommand.
pub(super) fn global_options() -> String {
    let whole = Cli::command();
    whole.get_arguments().filter(|argument| argument.is_global_set()).map(argument).collect()
}

fn add(roff: &mut String, command: &Command) {
    if command.is_hide_set() {
        return;
    }
    let mut below: Vec<_> = command.get_subcommands().filter(|one| !one.is_hide_set()).collect();
    below.retain(|one| one.get_name() != "help");
    if below.is_empty() {
        roff.push_str(&section(command));
    }
    for command in below {
        add(roff, command);
    }
}

fn section(command: &Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim().trim_start_matches("Usage: ").to_owned();
    let own = command.get_arguments().filter(|argument| {
        let is_builtin = matches!(argument.get_id().as_str(), "help" | "version");
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
