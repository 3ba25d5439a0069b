//! Plain text as roff.

use std::fmt::Write as _;

/// Text that is shown as it is; what stands in backticks is bold.
pub(super) fn text(plain: &str) -> String {
    let mut roff = String::with_capacity(plain.len());
    let mut is_code = false;
    for letter in plain.chars() {
        match letter {
            '`' => {
                is_code = !is_code;
                roff.push_str(if is_code { "\\fB" } else { "\\fR" });
            }
            other => push(&mut roff, other),
        }
    }
    protected(roff)
}

/// The same without a meaning of backticks.
fn literal(plain: &str) -> String {
    let mut roff = String::with_capacity(plain.len());
    for letter in plain.chars() {
        push(&mut roff, letter);
    }
    protected(roff)
}

fn push(roff: &mut String, letter: char) {
    match letter {
        '\\' => roff.push_str("\\e"),
        '-' => roff.push_str("\\-"),
        '\'' => roff.push_str("\\(aq"),
        '^' => roff.push_str("\\(ha"),
        '~' => roff.push_str("\\(ti"),
        '`' => roff.push_str("\\(ga"),
        '…' => roff.push_str("..."),
        other if other.is_ascii() => roff.push(other),
        other => {
            // Writing to a String does not fail.
            let _ = write!(roff, "\\[u{:04X}]", u32::from(other));
        }
    }
}

/// A line that begins with a dot is none of roff's own.
fn protected(roff: String) -> String {
    if roff.starts_with('.') { format!("\\&{roff}") } else { roff }
}

/// A tagged paragraph: a bold term, maybe with an argument in italics, and its text.
pub(super) fn tagged(term: &str, argument: &str, meaning: &str) -> String {
    let argument =
        if argument.is_empty() { String::new() } else { format!("\\fI{}\\fR", text(argument)) };
    format!(".TP\n\\fB{}\\fR{argument}\n{}\n", literal(term), text(meaning))
}

/// Lines as they are.
pub(super) fn verbatim(plain: &str) -> String {
    let lines: Vec<_> = plain.trim_end().lines().map(literal).collect();
    format!(".EX\n{}\n.EE\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_roff_would_take_for_its_own_is_protected() {
        assert_eq!(text("a-b `c-d` \\ it's …é"), "a\\-b \\fBc\\-d\\fR \\e it\\(aqs ...\\[u00E9]");
        assert_eq!(text(".x"), "\\&.x");
        assert_eq!(verbatim("'a\n.b\n"), ".EX\n\\(aqa\n\\&.b\n.EE\n");
    }
}
