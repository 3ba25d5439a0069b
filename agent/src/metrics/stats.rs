//! `stats` files as the kernel's `lprocfs_stats_seq_show` prints them.
//!
//! ```text
//! snapshot_time             1795211661.849942010 secs.nsecs
//! read_bytes                3205 samples [bytes] 3 1048576 177794060 83720690231084
//! ioctl                     1 samples [reqs]
//! ```
//!
//! Count, minimum, maximum and sum are signed; the sum of squares is not, wraps, and is not read.
//! A counter that is 0 is not printed. *Lustre*: 2.10 to 2.17, where header, width and the plural
//! of units vary.

use super::words::{ONES, after_digits, after_number, holds, holds_less, leading_number};

/// The unit of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// `regs` (to 2.12), `reqs`: calls.
    Calls,
    /// `bytes`.
    Bytes,
    /// `usec`, `usecs`: microseconds.
    Micros,
    /// Any other: pages, locks, …
    Other,
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counter<'t> {
    /// Name, without the blanks around it.
    pub(super) name: &'t [u8],
    /// How many samples.
    pub(super) count: i64,
    /// Unit of the sum.
    pub(super) unit: Unit,
    /// Sum of the samples, where the kernel keeps one.
    pub(super) sum: Option<i64>,
}

/// What a scan of a whole file says of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Lines that were not understood.
    pub(super) oddities: u64,
    /// Whether the first line of every `stats` file was there.
    pub(super) is_known: bool,
    is_whole: bool,
}

impl Scan {
    /// What a counter that has no line is: 0, if the file is whole and every line was understood;
    /// else nobody knows.
    pub(super) fn absent(&self) -> Option<i64> {
        (self.is_known && self.is_whole && self.oddities == 0).then_some(0)
    }
}

/// Gives each counter of a file to `each`, in the file's order.
pub(super) fn scan<'t>(text: &'t [u8], mut each: impl FnMut(Counter<'t>)) -> Scan {
    let mut scan = Scan { is_whole: text.ends_with(b"\n"), ..Scan::default() };
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((counter, after)) = counter_by_columns(rest) {
            each(counter);
            rest = after;
            continue;
        }
        // A last line without its end may have lost digits.
        let Some(end) = memchr::memchr(b'\n', rest) else {
            scan.oddities += 1;
            break;
        };
        let line = rest.get(..end).unwrap_or_default();
        rest = rest.get(end + 1..).unwrap_or_default();
        if is_header(line) {
            scan.is_known |= line.starts_with(b"snapshot_time");
        } else if let Some(counter) = counter_by_bracket(line) {
            each(counter);
        } else {
            scan.oddities += 1;
        }
    }
    scan
}

/// `snapshot_time`, and from 2.15 `start_time` and `elapsed_time`; 2.10's ends in `:` at times. No counter has such a
/// name.
fn is_header(line: &[u8]) -> bool {
    let name = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    name.strip_suffix(b":").unwrap_or(name).ends_with(b"_time")
}

/// The columns that a name has at least, before the blank behind it.
const NAME_COLUMNS: usize = 25;
const SAMPLES: &[u8] = b" samples [";

/// Reads the first line of a text, whose name is not longer than its columns: nearly all are such. Gives what
/// follows the line. `None` leaves it to [`counter_by_bracket`], which would read the same.
fn counter_by_columns(text: &[u8]) -> Option<(Counter<'_>, &[u8])> {
    let (columns, rest) = text.split_first_chunk::<NAME_COLUMNS>()?;
    let name = columns.get(..name_length(columns)?)?;
    let (count, rest) = leading_number(rest.strip_prefix(b" ")?)?;
    let (unit, rest) = leading_unit(rest.strip_prefix(SAMPLES)?)?;
    let count = i64::try_from(count).ok()?;
    if let Some(rest) = rest.strip_prefix(b"\n") {
        return Some((Counter { name, count, unit, sum: None }, rest));
    }
    let rest = after_number(rest.strip_prefix(b" ")?)?;
    let rest = after_number(rest.strip_prefix(b" ")?)?;
    let (sum, rest) = leading_number(rest.strip_prefix(b" ")?)?;
    let rest = rest.strip_prefix(b" ").map_or(rest, after_digits).strip_prefix(b"\n")?;
    Some((Counter { name, count, unit, sum: Some(i64::try_from(sum).ok()?) }, rest))
}

/// How much of a name's columns is the name: what is not blank at their end. `None` where there is none, and where
/// it has what would have to be looked at more closely: a bracket, a blank before it, another blank than a space.
fn name_length(columns: &[u8; NAME_COLUMNS]) -> Option<usize> {
    let (words, [last]) = columns.as_chunks::<8>() else { return None };
    let mut is_odd = matches!(columns.first(), Some(b' ')) || *last < b' ' || *last == b'[';
    let mut length = 0;
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        is_odd |= holds(word, b'[') | holds_less(word, b' ');
        let used = word ^ (ONES * u64::from(b' '));
        if used != 0 {
            length = 8 * (place + 1) - used.leading_zeros() as usize / 8;
        }
    }
    if *last != b' ' {
        length = NAME_COLUMNS;
    }
    (length > 0 && !is_odd).then_some(length)
}

/// The unit that a text begins with, and what follows its bracket.
fn leading_unit(text: &[u8]) -> Option<(Unit, &[u8])> {
    let known =
        [(b"usecs]".as_slice(), Unit::Micros), (b"reqs]", Unit::Calls), (b"bytes]", Unit::Bytes)];
    if let Some(found) =
        known.iter().find_map(|(word, unit)| Some((*unit, text.strip_prefix(*word)?)))
    {
        return Some(found);
    }
    let end = text.iter().position(|byte| matches!(byte, b']' | b'\n'))?;
    Some((unit(text.get(..end)?), text.get(end..)?.strip_prefix(b"]")?))
}

/// Reads a line from its bracket to both sides, as names may have spaces.
fn counter_by_bracket(line: &[u8]) -> Option<Counter<'_>> {
    let bracket = memchr::memchr(b'[', line)?;
    let (before, after) = line.split_at_checked(bracket)?;
    let before = before.strip_suffix(b" samples ")?;
    let blank = before.iter().rposition(|byte| *byte == b' ')?;
    let (name, count) = before.split_at_checked(blank)?;
    let name = name.trim_ascii();
    let close = after.iter().position(|byte| *byte == b']')?;
    let unit = unit(after.get(1..close)?);
    let mut numbers = after.get(close + 1..)?.split(|byte| *byte == b' ').skip(1);
    let sum = match (numbers.next(), numbers.next(), numbers.next()) {
        (None, None, None) => None,
        (Some(least), Some(most), Some(sum)) => {
            signed(least)?;
            signed(most)?;
            Some(signed(sum)?)
        }
        _ => return None,
    };
    let count = signed(count.trim_ascii())?;
    (!name.is_empty()).then_some(Counter { name, count, unit, sum })
}

fn unit(word: &[u8]) -> Unit {
    match word {
        b"regs" | b"reqs" => Unit::Calls,
        b"bytes" => Unit::Bytes,
        b"usec" | b"usecs" => Unit::Micros,
        _ => Unit::Other,
    }
}

/// A signed decimal number of 64 bits, and nothing else.
pub(super) fn signed(digits: &[u8]) -> Option<i64> {
    let (negative, digits) = match digits.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    if negative {
        0_i64.checked_sub_unsigned(unsigned(digits)?)
    } else {
        unsigned(digits)?.try_into().ok()
    }
}

/// An unsigned decimal number of 64 bits, and nothing else.
pub(super) fn unsigned(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Option<Counter<'_>> {
        let text = format!("{line}\nnext");
        let by_columns = counter_by_columns(text.as_bytes()).map(|(counter, rest)| {
            assert_eq!(rest, b"next", "{line}");
            (counter.name.len(), counter.count, counter.unit, counter.sum)
        });
        let by_bracket = counter_by_bracket(line.as_bytes());
        let shown = by_bracket
            .map(|counter| (counter.name.len(), counter.count, counter.unit, counter.sum));
        assert!(by_columns.is_none() || by_columns == shown, "{line}");
        by_bracket
    }

    proptest::proptest! {
        /// What is read by columns is what is read from the bracket on.
        #[test]
        fn both_ways_read_the_same(
            name in "[a-z \\[\\]]{0,30}", blanks in 0_usize..30, count in "-?[0-9]{0,20}", unit in "[a-z\\]\\[ ]{0,6}",
            numbers in proptest::collection::vec("-?[0-9]{0,20}", 0..5), end in "[ x]?",
        ) {
            let pad = " ".repeat(blanks);
            let numbers = numbers.join(" ");
            one(&format!("{name:<25} {count} samples [{unit}] {numbers}{end}"));
            one(&format!("{name}{pad}{count} samples [{unit}]{numbers}{end}"));
        }
    }

    #[test]
    fn a_line_of_the_kernel_is_read_by_columns() {
        for line in [
            "read_bytes                3205 samples [bytes] 3 1048576 177794060 83720690231084",
            "open                      136 samples [regs]",
        ] {
            assert!(counter_by_columns(format!("{line}\n").as_bytes()).is_some(), "{line}");
        }
    }

    #[test]
    fn real_lines_of_several_versions_are_read() {
        for (line, name, count, unit, sum) in [
            (
                "read_bytes                3205 samples [bytes] 3 1048576 177794060 83720690231084",
                "read_bytes",
                3205,
                Unit::Bytes,
                Some(177_794_060),
            ),
            (
                "write_bytes               89467810 samples [bytes] 4096 1048576 93813797294080",
                "write_bytes",
                89_467_810,
                Unit::Bytes,
                Some(93_813_797_294_080),
            ),
            ("open                      136 samples [regs]", "open", 136, Unit::Calls, None),
            ("getxattr_hits 820 samples [reqs]", "getxattr_hits", 820, Unit::Calls, None),
            (
                "obd_ping                  5153 samples [usec] 141 6497 1765137 747091377",
                "obd_ping",
                5153,
                Unit::Micros,
                Some(1_765_137),
            ),
            (
                "write_bytes 1 samples [bytes] 4096 4194304 65298098221056 10009909738331963392",
                "write_bytes",
                1,
                Unit::Bytes,
                Some(65_298_098_221_056),
            ),
            (
                "readpage not consecutive  9 samples [pages]",
                "readpage not consecutive",
                9,
                Unit::Other,
                None,
            ),
            ("x -3 samples [usecs] -9 -1 -20", "x", -3, Unit::Micros, Some(-20)),
        ] {
            let wanted = Counter { name: name.as_bytes(), count, unit, sum };
            assert_eq!(one(line), Some(wanted), "{line}");
        }
    }

    #[test]
    fn odd_lines_are_none() {
        for line in [
            "",
            "rubbish",
            "[",
            "samples [reqs]",
            " samples [reqs]",
            "5 samples [reqs]",
            "x y samples [reqs]",
            "x 1 samples [reqs",
            "x 1 samples [bytes] 1 2",
            "x 1 samples [bytes] 1 2 z",
            "x 99999999999999999999 samples [reqs]",
            "x 1 samples [bytes] 1 2 9223372036854775808",
        ] {
            assert_eq!(one(line), None, "{line}");
        }
    }

    #[test]
    fn an_absent_counter_is_zero_only_in_a_whole_file() {
        let header = "snapshot_time             1510950459.772792457 secs.nsecs\n";
        let later = "start_time 1.0 secs.nsecs\nelapsed_time 1.0 secs.nsecs\n";
        for (text, absent, known) in [
            (String::new(), None, false),
            (header.to_owned(), Some(0), true),
            (format!("{header}{later}open 1 samples [regs]\n"), Some(0), true),
            (format!("{header}open 1 sam"), None, true),
            (format!("{header}read_bytes ?\n"), None, true),
            ("open 1 samples [regs]\n".to_owned(), None, false),
            ("snapshot_time  15109".to_owned(), None, false),
        ] {
            let scan = scan(text.as_bytes(), |_| ());
            assert_eq!((scan.absent(), scan.is_known), (absent, known), "{text}");
        }
    }

    #[test]
    fn numbers_have_nothing_but_digits() {
        assert_eq!(signed(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(signed(b"9223372036854775807"), Some(i64::MAX));
        for text in ["", "-", "+1", "1 ", "0x1", "1.5", "9223372036854775808"] {
            assert_eq!(signed(text.as_bytes()), None, "{text}");
        }
        assert_eq!(unsigned(b"18446744073709551615"), Some(u64::MAX));
    }
}
