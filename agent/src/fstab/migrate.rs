//! Lines of one type turned into lines of the other.

use super::judge::has;
use super::{LUSTRE, OURS};
use fsxlustre_mount::failure::{Explain as _, one_line};
use fsxlustre_mount::fstab::{Entry, Field, entries};
use fsxlustre_mount::options::{MountOptions, OPTIONS, Owner};
use fsxlustre_mount::source::{Device, Source};

/// The type that lines are to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// `fsxlustre`.
    Fsxlustre,
    /// `lustre`.
    Lustre,
}

/// A file with its lines of the other type changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The whole text.
    pub text: String,
    /// Lines that stay as they are, each with why.
    pub left: Vec<String>,
}

/// What finds the device of a line whose source is none; `None` when it is not known.
pub type Devices<'a> = &'a dyn Fn(&Entry) -> Option<Device>;

/// Changes every line of the other type. Source, directory and comments stay as they are written, but for a source
/// that only we understand.
pub fn migrate(text: &str, target: Target, devices: Devices<'_>) -> Migrated {
    let from = match target {
        Target::Fsxlustre => LUSTRE,
        Target::Lustre => OURS,
    };
    let mut migrated = Migrated::default();
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for entry in entries(text).iter().filter(|entry| entry.written(Field::Type) == from) {
        let changed = match target {
            Target::Fsxlustre => to_ours(entry),
            Target::Lustre => to_lustre(entry, devices),
        };
        match (changed, lines.get_mut(entry.number - 1)) {
            (Ok(changed), Some(line)) => {
                let carriage = if line.ends_with('\r') { "\r" } else { "" };
                *line = format!("{}{carriage}", changed.text());
            }
            (Err(because), _) => {
                let source = entry.word(Field::Source);
                migrated.left.push(format!(
                    "line {} ({}) stays as it is: {because}",
                    entry.number,
                    one_line(&source)
                ));
            }
            (Ok(_), None) => {}
        }
    }
    migrated.text = lines.join("\n");
    migrated
}

fn to_ours(entry: &Entry) -> Result<Entry, String> {
    device(entry)?;
    let mut options = entry.options();
    MountOptions::parse(&options.join(","))
        .map_err(|error| format!("{error}: {}", error.remedy()))?;
    let changed = entry.with(Field::Type, OURS);
    if has(&options, "_netdev") {
        return Ok(changed);
    }
    options.retain(|word| word != "defaults");
    options.push("_netdev".into());
    Ok(changed.with_options(&options))
}

/// What only fsxlustre understands goes: its own options, and nofail, which the client refuses.
/// mount.lustre has a `retry=` of the same meaning.
fn to_lustre(entry: &Entry, devices: Devices<'_>) -> Result<Entry, String> {
    let resolved = match device(entry) {
        Ok(()) => entry.clone(),
        Err(because) => {
            let device = devices(entry).ok_or(because)?;
            entry.with(Field::Source, &device.to_string())
        }
    };
    let entry = &resolved;
    let is_ours = |word: &String| {
        let name = word.split('=').next().unwrap_or_default();
        let row = OPTIONS.iter().find(|row| row.name == name);
        name == "nofail" || (name != "retry" && row.is_some_and(|row| row.owner == Owner::Ours))
    };
    if entry.options().iter().any(|word| word.starts_with("subdir=")) {
        return Err("write the directory of subdir= behind the mount name first".into());
    }
    let kept: Vec<_> = entry.options().into_iter().filter(|word| !is_ours(word)).collect();
    let changed = entry.with(Field::Type, LUSTRE);
    let is_same = kept.len() == entry.options().len();
    Ok(if is_same { changed } else { changed.with_options(&kept) })
}

/// `fs-ID:/DIR` would read as a device, too.
fn device(entry: &Entry) -> Result<(), String> {
    match Source::parse(&entry.word(Field::Source)) {
        Ok(Source::Device(_)) => Ok(()),
        _ => Err("its source is not a Lustre device; `fsxlustre resolve SOURCE` prints the one of an id or \
                  a tag"
            .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FSTAB: &str = "# a@tcp:/fs /x lustre\nUUID=1 / ext4 defaults 0 1\n\
        a@tcp:b@tcp:/fs\t/mnt/a  lustre   defaults,noatime,flock,_netdev,retry=2 0 0  # why\n\
        fs-01234567.fsx.us-east-1.amazonaws.com@tcp:/abcdefgh /mnt/b\\040c lustre \
        relatime,_netdev,x-systemd.automount\n\nlast /l ext4";

    #[test]
    fn there_and_back_again_is_the_same_text() {
        let ours = migrate(FSTAB, Target::Fsxlustre, &|_| None);
        assert!(ours.left.is_empty(), "{ours:?}");
        let changed: Vec<_> =
            FSTAB.lines().zip(ours.text.lines()).filter(|(old, new)| old != new).collect();
        assert_eq!(changed.len(), 2);
        for (old, new) in changed {
            assert_eq!(new.replacen(" fsxlustre ", " lustre ", 1), old);
        }
        let back = migrate(&ours.text, Target::Lustre, &|_| None);
        assert_eq!((back.text.as_str(), back.left.len()), (FSTAB, 0));
        assert_eq!(migrate(&back.text, Target::Lustre, &|_| None), back);
    }

    #[test]
    fn what_the_other_type_needs_is_added_and_what_it_refuses_is_taken_away() {
        let one = |text: &str, target| migrate(text, target, &|_| None).text;
        for (lustre, ours) in [
            ("a@tcp:/fs /x lustre flock 0 0", "a@tcp:/fs /x fsxlustre flock,_netdev 0 0"),
            ("a@tcp:/fs /x lustre defaults", "a@tcp:/fs /x fsxlustre _netdev"),
            ("a@tcp:/fs /x lustre", "a@tcp:/fs /x fsxlustre _netdev"),
        ] {
            assert_eq!(one(lustre, Target::Fsxlustre), ours);
        }
        let ours = "a@tcp:/fs /x fsxlustre _netdev,nofail,flock,timeout=60,retry=1 0 0";
        assert_eq!(one(ours, Target::Lustre), "a@tcp:/fs /x lustre _netdev,flock,retry=1 0 0");
        let only = "a@tcp:/fs /x fsxlustre nofail 0 0";
        assert_eq!(one(only, Target::Lustre), "a@tcp:/fs /x lustre defaults 0 0");
    }

    #[test]
    fn a_line_that_cannot_be_changed_stays_and_is_named() {
        for (text, target, because) in [
            ("tag:a:b /x fsxlustre _netdev", Target::Lustre, "resolve SOURCE"),
            ("fs-0123456789abcdef0:/sub /x fsxlustre _netdev", Target::Lustre, "resolve SOURCE"),
            ("a@tcp:/fs /x fsxlustre subdir=/y", Target::Lustre, "subdir="),
            ("a@tcp:/fs /x lustre flok", Target::Fsxlustre, "'flock'"),
            ("a@tcp:/toolongname /x lustre flock", Target::Fsxlustre, "not a Lustre device"),
        ] {
            let migrated = migrate(text, target, &|_| None);
            assert_eq!(migrated.text, text);
            assert!(migrated.left[0].starts_with("line 1 ("), "{migrated:?}");
            assert!(migrated.left[0].contains(because), "{migrated:?}");
        }
    }
}
