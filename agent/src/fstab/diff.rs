//! The difference of two texts of as many lines, as patch(1) and git take it.

use std::fmt::Write as _;
use std::ops::Range;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;
/// What diff(1) writes behind a last line that does not end.
const NO_NEWLINE: &str = "\\ No newline at end of file";

/// The unified difference; empty when both are the same. Each line of the one stands for the line of
/// the same number of the other: nothing is added or taken away.
pub fn unified(name: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (lines(old), lines(new));
    let mut text = String::new();
    for hunk in hunks(&old, &new) {
        if text.is_empty() {
            // Writing to a String does not fail.
            let _ = writeln!(text, "--- {name}\n+++ {name}");
        }
        let (start, length) = (hunk.start + 1, hunk.len());
        let _ = writeln!(text, "@@ -{start},{length} +{start},{length} @@");
        write_hunk(&mut text, &old, &new, hunk);
    }
    text
}

/// The lines, each with its newline where it has one.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// What to show: the changed lines and those around them, joined where they touch.
fn hunks(old: &[&str], new: &[&str]) -> Vec<Range<usize>> {
    let mut hunks: Vec<Range<usize>> = Vec::new();
    for (place, _) in old.iter().zip(new).enumerate().filter(|(_, (old, new))| old != new) {
        let around = place.saturating_sub(CONTEXT)..(place + CONTEXT + 1).min(old.len());
        match hunks.last_mut() {
            Some(last) if last.end >= around.start => last.end = around.end,
            _ => hunks.push(around),
        }
    }
    hunks
}

fn write_hunk(text: &mut String, old: &[&str], new: &[&str], hunk: Range<usize>) {
    let pairs: Vec<_> = old.iter().zip(new).skip(hunk.start).take(hunk.len()).collect();
    let mut rest = pairs.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if first.0 == first.1 {
            write_line(text, ' ', first.0);
            rest = after;
            continue;
        }
        let changed = rest.iter().take_while(|(old, new)| old != new).count();
        let (run, after) = rest.split_at(changed);
        for (old, _) in run {
            write_line(text, '-', old);
        }
        for (_, new) in run {
            write_line(text, '+', new);
        }
        rest = after;
    }
}

fn write_line(text: &mut String, sign: char, line: &str) {
    text.push(sign);
    text.push_str(line);
    if !line.ends_with('\n') {
        let _ = writeln!(text, "\n{NO_NEWLINE}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_what_diff_prints() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14";
        let new = old.replace("\n5\n6\n", "\nfive\nsix\n").replace("14", "end");
        let shown = unified("/etc/fstab", old, &new);
        assert_eq!(
            shown,
            "--- /etc/fstab\n+++ /etc/fstab\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\n-6\n+five\n+six\n 7\n \
             8\n 9\n@@ -11,4 +11,4 @@\n 11\n 12\n 13\n-14\n\\ No newline at end of file\n+end\n\\ No \
             newline at end of file\n"
        );
        assert_eq!(unified("x", old, old), "");
    }
}
