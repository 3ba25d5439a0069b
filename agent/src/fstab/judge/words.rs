//! Source, directory, options and fsck number of a line of our type.

use super::{Line, Verdict, has};
use fsxlustre_mount::failure::{Explain as _, one_line};
use fsxlustre_mount::fstab::Field;
use fsxlustre_mount::options::{MountOptions, OptionError, first_contradiction};
use fsxlustre_mount::source::Source;

/// Tags that libmount looks up by itself; nothing of ours is meant by them.
const LIBMOUNT_TAGS: &[&str] = &["ID", "UUID", "LABEL", "PARTUUID", "PARTLABEL"];
/// More mistakes than this in one list are not corrected one by one.
const MOST_MISTAKES: usize = 16;

pub(super) fn source(line: &mut Line<'_>) {
    let word = line.entry.word(Field::Source);
    let Err(error) = Source::parse(&word) else { return };
    let shown = one_line(&word);
    let better = without_equals_sign(&word);
    let remedy = match &better {
        Some(better) => format!("write {better}"),
        None => error.remedy(),
    };
    let because = if word.contains('=') {
        "libmount takes NAME=value for a tag of its own (`findmnt --verify`: unsupported source \
         tag)"
            .to_owned()
    } else {
        error.because()
    };
    let what = format!("the source '{shown}' is not one that fsxlustre knows");
    line.say("source", Verdict::Fail, [&what, &because, &remedy]);
    if let Some(better) = better {
        line.corrected = line.corrected.with(Field::Source, &better);
    }
}

/// `tag:Key=Value` and `Key=Value` as they should be written.
fn without_equals_sign(word: &str) -> Option<String> {
    let (key, value) = word.split_once('=')?;
    let key = key.strip_prefix("tag:").unwrap_or(key);
    let better = format!("tag:{key}:{value}");
    let is_ours = !LIBMOUNT_TAGS.contains(&key) && Source::parse(&better).is_ok();
    is_ours.then_some(better)
}

pub(super) fn directory(line: &mut Line<'_>) {
    let word = line.entry.word(Field::Directory);
    let path = line.entry.directory();
    let because = if !word.starts_with('/') {
        "a mount point is an absolute path"
    } else if path == "/" {
        "it is the root of this node"
    } else if path.split('/').any(|part| part == "." || part == "..") {
        "systemd makes no unit of a path with '.' or '..'"
    } else {
        return;
    };
    let what = format!("'{}' cannot be the mount point", one_line(&word));
    line.say("directory", Verdict::Fail, [&what, because, "write the directory by its whole path"]);
}

pub(super) fn options(line: &mut Line<'_>) {
    for _ in 0..MOST_MISTAKES {
        let list = line.corrected.options().join(",");
        let error = match MountOptions::parse(&list) {
            Ok(options) => return contradictions(line, &options),
            Err(error) => error,
        };
        let what = error.to_string();
        line.say("options", Verdict::Fail, [&what, &error.because(), &error.remedy()]);
        let OptionError::Unknown { word, nearest } = error else { return };
        line.correct(|options| match nearest {
            Some(nearest) => replace(options, &word, nearest),
            None => options.retain(|option| *option != word),
        });
    }
}

/// Puts another name in place of a word's own, its value kept; a word that is there already is not
/// said twice.
fn replace(options: &mut Vec<String>, word: &str, name: &str) {
    let value = word.split_once('=').map(|(_, value)| format!("={value}")).unwrap_or_default();
    let better = format!("{name}{value}");
    let is_there = options.contains(&better);
    if let Some(place) = options.iter().position(|option| option == word) {
        if is_there {
            options.remove(place);
        } else if let Some(option) = options.get_mut(place) {
            *option = better;
        }
    }
}

fn contradictions(line: &mut Line<'_>, options: &MountOptions) {
    let source = Source::parse(&line.entry.word(Field::Source));
    if options.subdir.is_some() && matches!(source, Ok(Source::Id { subdir: Some(_), .. })) {
        let what = "the source has a directory, and subdir= names one too";
        line.say(
            "options",
            Verdict::Fail,
            [what, "only one of them can hold", "remove one of them"],
        );
    }
    if options.is_remount {
        let because = "a line of fstab makes a mount; remount changes one";
        line.say("options", Verdict::Fail, ["the line has 'remount'", because, "remove it"]);
        line.remove("remount");
    }
    let list = line.corrected.options();
    if let Some((first, second)) = first_contradiction(&list) {
        let what = format!("'{first}' and '{second}' contradict each other");
        let because = "of the two the last one counts";
        line.say("options", Verdict::Warn, [&what, because, "remove one of them"]);
    }
    let given: Vec<_> = ["user", "users", "owner", "group"]
        .into_iter()
        .filter(|word| has(&list, word) && !has(&list, &format!("no{word}")))
        .collect();
    if !given.is_empty() {
        let what = format!("'{}' does not let an ordinary user mount it", given.join(","));
        let because = "mount(8) gives up root's rights before it calls a helper; and user, users, \
                       owner and group switch on nosuid, nodev, and some noexec";
        line.say("options", Verdict::Warn, [&what, because, "remove it"]);
    }
}

pub(super) fn pass(line: &mut Line<'_>) {
    let pass = line.entry.word(Field::Pass);
    if pass.is_empty() || pass == "0" {
        return;
    }
    let what = format!("the sixth word is '{}'", one_line(&pass));
    let because = "it asks for fsck(8), which knows no such type";
    line.say("pass", Verdict::Warn, [&what, because, "write 0"]);
    line.corrected = line.corrected.with(Field::Pass, "0");
}
