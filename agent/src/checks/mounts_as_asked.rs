//! Is what fstab asks for mounted, with the options that were asked for?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, LustreMount, Observed};
use crate::fstab::judge::Judged;

const NAME: &str = "mounts_as_asked";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Is what fstab asks for mounted, and has each mount the options that were asked for?",
    group: Group::Local,
    is_required: false,
    meaning: "Compares fstab's lines that are mounted at boot, and the records of our mounts, with \
              mountinfo. Pass: mounted, with these options. Warn: a line with nofail is not mounted, or \
              an option does not hold. Fail: another line is not mounted. Unknown: a file cannot be read.",
    answer,
};

fn answer(facts: &Facts) -> Vec<Finding> {
    let Some(mounts) = facts.node.mounts.value() else {
        let finding =
            Finding::unknown(NAME, "the mounts could not be read", "see /proc/self/mountinfo");
        return vec![finding.seen(Evidence::unknown(&facts.node.mounts))];
    };
    let lines = facts.fstab.value().into_iter().flatten();
    let absent = lines.filter_map(|line| absent(line, mounts, &facts.fstab));
    absent.chain(mounts.iter().map(mounted)).collect()
}

/// A line that should be mounted by now, and is not.
fn absent(line: &Judged, mounts: &[LustreMount], fstab: &Observed<Vec<Judged>>) -> Option<Finding> {
    let has = |word: &str| line.options.iter().any(|option| option == word);
    let is_wanted = matches!(&*line.fs_type, "fsxlustre" | "lustre")
        && !has("noauto")
        && !line.options.iter().any(|option| option.starts_with("x-systemd.automount"));
    let is_there = mounts.iter().any(|mount| mount.directory == line.directory);
    (is_wanted && !is_there).then(|| {
        let summary = format!("{} of fstab is not mounted", line.directory);
        let remedy = format!("sudo mount {}", line.directory);
        let finding = if has("nofail") {
            Finding::warn(NAME, summary, remedy)
        } else {
            Finding::fail(NAME, summary, remedy)
        };
        let seen = format!("line {}: {} {}", line.line, line.source, line.directory);
        finding.about(&line.directory).seen(Evidence::new(seen, fstab.from()))
    })
}

fn mounted(mount: &LustreMount) -> Finding {
    let directory = &mount.directory;
    let finding = match mount.missing.value() {
        None => {
            let summary = format!("what was asked for on {directory} could not be read");
            Finding::unknown(
                NAME,
                summary,
                format!("see why {} cannot be read", mount.missing.from()),
            )
        }
        Some(missing) if missing.is_empty() => {
            Finding::pass(NAME, format!("{directory} has the options that were asked for"))
        }
        Some(missing) => {
            let missing = missing.join(",");
            let summary = format!("{directory} lacks options that were asked for: {missing}");
            let remedy = format!(
                "sudo umount {directory} && sudo mount {directory} (ro, rw and the times of access also \
                 by `sudo mount -o remount,{missing} {directory}`)"
            );
            Finding::warn(NAME, summary, remedy)
        }
    };
    let asked = Evidence::of(&mount.missing, |missing| match missing.len() {
        0 => "nothing is missing".to_owned(),
        _ => format!("missing {}", missing.join(",")),
    });
    let seen = Evidence::new(mount.options.join(","), "/proc/self/mountinfo");
    finding.about(directory).seen(asked).seen(seen)
}
