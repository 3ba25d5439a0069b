//! Source and options of a line of Lustre's own type, which mount.lustre and the kernel read.

use super::{Line, Verdict, has};
use crate::fstab::OURS;
use fsxlustre_mount::failure::{Explain as _, one_line};
use fsxlustre_mount::fstab::Field;
use fsxlustre_mount::options::{OPTIONS, OptionRow, Owner};
use fsxlustre_mount::source::{Device, Source};

const MIGRATE: &str = "change the type to fsxlustre (`fsxlustre fstab migrate`)";

pub(super) fn source(line: &mut Line<'_>) {
    let word = line.entry.word(Field::Source);
    if Device::parse(&word).is_some() {
        return;
    }
    let what = format!("'{}' is not a Lustre device", one_line(&word));
    match Source::parse(&word) {
        Ok(_) => {
            let because = "only the type fsxlustre finds a file system by id, tag or name";
            line.say("source", Verdict::Fail, [&what, because, MIGRATE]);
            become_ours(line);
        }
        Err(error) => {
            line.say(
                "source",
                Verdict::Fail,
                [&what, &error.because(), "write HOST@tcp:/MOUNTNAME"],
            );
        }
    }
}

/// Makes the corrected line one of our type.
fn become_ours(line: &mut Line<'_>) {
    line.corrected = line.corrected.with(Field::Type, OURS);
    line.correct(|options| {
        if !has(options, "_netdev") {
            options.push("_netdev".into());
        }
    });
    line.remove("defaults");
}

pub(super) fn options(line: &mut Line<'_>) {
    for word in line.entry.options() {
        let name = word.split('=').next().unwrap_or_default();
        if name.starts_with("x-") || name.starts_with("X-") {
            continue;
        }
        let shown = one_line(&word);
        match OPTIONS.iter().find(|row| row.name == name) {
            None => {
                let what = format!("the Lustre client does not know the option '{shown}'");
                let because = "the kernel says \"Unknown option\" and mounts nothing (EINVAL)";
                line.say("options", Verdict::Fail, [&what, because, "remove it"]);
                line.remove(&word);
            }
            Some(OptionRow { name: "nofail", .. }) => {
                let because = "mount(8) hands it to mount.lustre, and the kernel says \"Unknown \
                               option 'nofail', won't mount\" (EINVAL)";
                let what = "the Lustre client refuses the option 'nofail'";
                line.say("options", Verdict::Fail, [what, because, MIGRATE]);
                become_ours(line);
            }
            Some(OptionRow { name: "retry", .. }) => retry(line, &word),
            Some(OptionRow { owner: Owner::Ours, .. }) => {
                let what = format!("'{shown}' is an option of fsxlustre");
                let because = "the kernel's Lustre client does not know it and mounts nothing";
                line.say("options", Verdict::Fail, [&what, because, MIGRATE]);
                become_ours(line);
            }
            Some(_) => {}
        }
    }
}

/// mount.lustre knows `retry=` too.
fn retry(line: &mut Line<'_>, word: &str) {
    if word == "retry=0" {
        return;
    }
    let because = "mount.lustre sleeps 32 s and longer after each failed attempt, also the last";
    let what = format!("'{}' makes the boot wait", one_line(word));
    line.say("options", Verdict::Warn, [&what, because, MIGRATE]);
}
