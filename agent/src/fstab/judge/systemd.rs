//! What systemd makes of a line: its place in the boot, its time, what it is ordered after.

use super::{Line, Verdict, has, value};
use crate::fstab::OURS;
use crate::fstab::order::{Span, has_unit, is_known, is_unit, nearest, span};
use fsxlustre_mount::failure::one_line;
use fsxlustre_mount::fstab::Field;
use fsxlustre_mount::mount::DEFAULT_TIMEOUT_SECONDS;
use fsxlustre_mount::options::MountOptions;
use std::time::Duration;

/// systemd's word for how long a mount may take.
const MOUNT_TIMEOUT: &str = "x-systemd.mount-timeout";
/// What systemd should have left when a mount ends at its own deadline.
const MARGIN: Duration = Duration::from_secs(10);
/// systemd's words that name units.
const NAMING: &[&str] = &["after", "before", "required-by", "requires", "wanted-by", "wants"];

pub(super) fn netdev(line: &mut Line<'_>) {
    if has(&line.entry.options(), "_netdev") {
        return;
    }
    let because = "systemd knows lustre and nfs as network types, and not fsxlustre: it orders this \
                   line into local-fs.target, before the network is up, and unmounts it after the \
                   network is down";
    line.say("netdev", Verdict::Fail, ["the option _netdev is missing", because, "add _netdev"]);
    line.correct(|options| options.insert(0, "_netdev".into()));
    line.remove("defaults");
}

/// The longest that a mount of these options may take by itself: `wait` and `timeout` together.
pub(in crate::fstab) fn longest_mount(
    options: &MountOptions,
    default_timeout: Option<u64>,
) -> Duration {
    let timeout = options.timeout_seconds.or(default_timeout).unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    Duration::from_secs(timeout.saturating_add(options.wait_seconds))
}

/// The word that gives a mount its time, where systemd's own is too short.
pub(in crate::fstab) fn timeout_word(longest: Duration, given: Span) -> Option<String> {
    match given {
        Span::Of(given) if given <= longest => {
            Some(format!("{MOUNT_TIMEOUT}={}", (longest + MARGIN).as_secs()))
        }
        Span::Of(_) | Span::Endless => None,
    }
}

pub(super) fn timeout(line: &mut Line<'_>) {
    let list = line.corrected.options();
    let Ok(options) = MountOptions::parse(&list.join(",")) else { return };
    let said = value(&list, MOUNT_TIMEOUT);
    let given = match said.map(span) {
        None => line.around.unit_timeout,
        Some(Some(given)) => given,
        Some(None) => {
            let what = format!("the value of {MOUNT_TIMEOUT} is not a time");
            let because = "systemd ignores it and takes its default";
            line.say("timeout", Verdict::Warn, [&what, because, "write seconds, or 2min"]);
            line.around.unit_timeout
        }
    };
    let longest = longest_mount(&options, line.around.defaults.timeout);
    let (Some(word), Span::Of(given)) = (timeout_word(longest, given), given) else { return };
    let what = format!(
        "systemd ends this mount after {} s, and it may take {} s",
        given.as_secs(),
        longest.as_secs()
    );
    let because = "timeout= and wait= together are the time of a mount; one that systemd ends \
                   cannot say why it did not work";
    let remedy = if said.is_some() { format!("write {word}") } else { format!("add {word}") };
    line.say("timeout", Verdict::Warn, [&what, because, &remedy]);
    line.correct(|options| {
        options.retain(|option| option.split('=').next() != Some(MOUNT_TIMEOUT));
        options.push(word);
    });
}

/// Whether the boot waits for the line and fails with it.
pub(super) fn boot(line: &mut Line<'_>) {
    let list = line.corrected.options();
    let is_automount = has(&list, "x-systemd.automount");
    let is_free = is_automount || ["nofail", "noauto"].iter().any(|word| has(&list, word));
    if !is_free {
        let what = "the boot waits for this mount, and remote-fs.target fails with it";
        let because = "it has neither nofail nor x-systemd.automount nor noauto";
        if line.corrected.written(Field::Type) == OURS {
            let remedy = "add nofail, or x-systemd.automount, which mounts at the first use";
            line.say("boot", Verdict::Warn, [what, because, remedy]);
            line.correct(|options| options.push("nofail".into()));
        } else {
            let remedy = "add x-systemd.automount (the Lustre client refuses nofail), or change \
                          the type to fsxlustre";
            line.say("boot", Verdict::Warn, [what, because, remedy]);
        }
    }
    if has(&list, "x-systemd.idle-timeout") && !is_automount {
        let because = "it ends an automount, and the line has no x-systemd.automount";
        let what = "x-systemd.idle-timeout has no effect";
        line.say("boot", Verdict::Note, [what, because, "add x-systemd.automount, or remove it"]);
    }
}

/// Each of systemd's words by itself.
pub(super) fn order(line: &mut Line<'_>) {
    for option in line.entry.options() {
        let Some(rest) = option.strip_prefix("x-systemd.") else { continue };
        let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
        if !is_known(name) {
            unknown(line, &option, name, value);
        } else if NAMING.contains(&name) {
            unit(line, &option, name, value);
        }
    }
}

fn unknown(line: &mut Line<'_>, option: &str, name: &str, value: &str) {
    let what = format!("systemd has no word '{}'", one_line(option));
    let because = "it passes over words that it does not know";
    let Some(better) = nearest(name) else {
        return line.say("order", Verdict::Warn, [&what, because, "remove it"]);
    };
    let equals = if value.is_empty() { "" } else { "=" };
    let better = format!("x-systemd.{better}{equals}{value}");
    line.say("order", Verdict::Warn, [&what, because, &format!("write {better}")]);
    line.correct(|options| {
        for word in options.iter_mut().filter(|word| *word == option) {
            word.clone_from(&better);
        }
    });
}

fn unit(line: &mut Line<'_>, option: &str, name: &str, value: &str) {
    let shown = one_line(option);
    if matches!(name, "before" | "required-by" | "wanted-by") && value == "local-fs.target" {
        let what = format!("'{shown}' puts a network mount before the network");
        let because = "local-fs.target comes before the network is up: systemd breaks the cycle by \
                       leaving something out";
        line.say("order", Verdict::Fail, [&what, because, "remove it"]);
        line.remove(option);
    } else if !is_unit(value) {
        let what = format!("'{shown}' does not name a unit");
        let because = format!("systemd reads it as {}.mount", one_line(value));
        let remedy =
            format!("write x-systemd.{name}={}.service, if that is meant", one_line(value));
        line.say("order", Verdict::Warn, [&what, &because, &remedy]);
    } else if name == "requires" && has_unit(line.around.host, value) == Some(false) {
        let what = format!("this node has no unit {}", one_line(value));
        let because = "what requires a unit that is not there is not started";
        let remedy = "remove it (network-online.target comes with _netdev), or name the unit that \
                      `fsxlustre fstab line` names";
        line.say("order", Verdict::Fail, [&what, because, remedy]);
        line.remove(option);
    }
}
