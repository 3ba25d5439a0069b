//! What the agent and the service keep of an output.

/// Characters of stdout that `get-command-invocation` shows.
pub(super) const STDOUT: usize = 24_000;
/// Characters of stderr that it shows.
pub(super) const STDERR: usize = 8_000;
/// Characters of both that `list-command-invocations --details` shows.
pub(super) const BOTH: usize = 2_500;

const TRUNCATED: &str = "\n---Output truncated---";
const ERROR_TRUNCATED: &str = "\n---Error truncated----";
const ERROR_TITLE: &str = "\n----------ERROR-------\n";

/// The first so many bytes.
pub(super) fn first(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].to_owned()
}

/// Both in so many bytes, as the agent's `TruncateOutput` does it.
pub(super) fn both(stdout: &str, stderr: &str, most: usize) -> String {
    let title = if stderr.is_empty() { "" } else { ERROR_TITLE };
    let room = most - title.len();
    if stdout.len() + stderr.len() < room {
        return format!("{stdout}{title}{stderr}");
    }
    if stdout.len() > room / 2 && stderr.len() > room / 2 {
        let half = (room - TRUNCATED.len() - ERROR_TRUNCATED.len()) / 2;
        let (stdout, stderr) = (first(stdout, half), first(stderr, half));
        return format!("{stdout}{TRUNCATED}{title}{stderr}{ERROR_TRUNCATED}");
    }
    if stdout.len() < room / 2 {
        let left = room - ERROR_TRUNCATED.len() - stdout.len();
        return format!("{stdout}{title}{}{ERROR_TRUNCATED}", first(stderr, left));
    }
    let left = room - TRUNCATED.len() - stderr.len();
    format!("{}{TRUNCATED}{title}{stderr}", first(stdout, left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        assert_eq!(both("a", "", BOTH), "a");
        assert_eq!(both("a", "b", BOTH), format!("a{ERROR_TITLE}b"));
        let long = "x".repeat(3000);
        for (stdout, stderr) in [(long.as_str(), ""), ("", &long), (&long, &long), (&long, "b")] {
            let kept = both(stdout, stderr, BOTH);
            assert!(kept.len() <= BOTH && kept.contains("truncated---"), "{}", kept.len());
        }
        assert_eq!(first("\u{e9}\u{e9}", 3), "\u{e9}");
    }
}
