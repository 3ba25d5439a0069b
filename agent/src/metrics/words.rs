//! Text a word of eight bytes at a time: digits and blanks, which most of what the kernel prints is, and bytes that
//! a text must not hold.
//!
//! The first byte of a text is the lowest of a word, so what a word begins with is at its low end.

#![expect(
    clippy::inline_always,
    reason = "a number is read in less time than a call hands it over"
)]

/// One in each of the eight bytes of a word.
pub(super) const ONES: u64 = u64::from_ne_bytes([1; 8]);
/// The powers of ten that digits of one word can be moved by.
const POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// The first eight bytes of a text; of a shorter one the rest is 0, which is neither digit nor blank.
fn first_word(text: &[u8]) -> u64 {
    let chunk = text.first_chunk().copied().unwrap_or_else(|| {
        let mut chunk = [0; 8];
        for (byte, from) in chunk.iter_mut().zip(text) {
            *byte = *from;
        }
        chunk
    });
    u64::from_le_bytes(chunk)
}

/// Whether a word may hold a byte. One that does is found; another one may be taken for it, where the byte before it
/// is one.
pub(super) fn holds(word: u64, byte: u8) -> bool {
    holds_less(word ^ (ONES * u64::from(byte)), 1)
}

/// Whether a word may hold a byte below this one, which is 128 at most. One that does is found; another one may be
/// taken for it, where the byte before it is one.
///
/// *Source*: a byte of `x - 0x01…01 & !x & 0x80…80` is set where a byte of `x` is 0, and may be set above one that
/// is; the same with another byte is for all below that.
pub(super) fn holds_less(word: u64, byte: u8) -> bool {
    word.wrapping_sub(ONES * u64::from(byte)) & !word & (ONES * 0x80) != 0
}

/// How many bytes of a word, from the first one on, are 0 in `marks`, which has the highest bit of every other one.
fn unmarked(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// The digits of a word as numbers, and how many there are before anything else.
///
/// *Source*: adding `0x76` sets the highest bit of a byte above 9. It may carry, but only into bytes behind one that
/// is no digit.
fn digits(word: u64) -> (u64, usize) {
    let digits = word ^ (ONES * u64::from(b'0'));
    let marks = (digits.wrapping_add(ONES * 0x76) | digits) & (ONES * 0x80);
    (digits, unmarked(marks))
}

/// The value of eight digits, the first one the lowest byte.
///
/// *Source*: the factors are `10 * 2^8 + 1`, `100 * 2^16 + 1` and `10^4 * 2^32 + 1`: each adds neighbours up.
fn value(digits: u64) -> u64 {
    let pairs = (digits.wrapping_mul((10 << 8) + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul((100 << 16) + 1) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul((10_000 << 32) + 1) >> 32
}

/// The number that a text begins with, and what follows it. `None` where there is none, and where it has more than
/// fifteen digits.
#[inline(always)]
pub(super) fn leading_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (word, count) = digits(first_word(text));
    if count == 1 {
        return Some((word & 0xf, text.get(1..)?));
    }
    if count < 8 {
        // Zeros before the digits are as good as none.
        let number = value(word.checked_shl(u32::try_from(64 - 8 * count).ok()?)?);
        return Some((number, text.get(count..)?));
    }
    let rest = text.get(8..)?;
    let (last, more) = digits(first_word(rest));
    let power = POWERS.get(more)?;
    let last = last.checked_shl(u32::try_from(64 - 8 * more).ok()?).map_or(0, value);
    Some((value(word) * power + last, rest.get(more..)?))
}

/// What follows the number that a text begins with, which has fifteen digits at most, as for [`leading_number`]. `None`
/// where there is none such.
#[inline(always)]
pub(super) fn after_number(text: &[u8]) -> Option<&[u8]> {
    match digits(first_word(text)).1 {
        0 => None,
        count @ 1..8 => text.get(count..),
        _ => {
            let rest = text.get(8..)?;
            let more = digits(first_word(rest)).1;
            if more < 8 { rest.get(more..) } else { None }
        }
    }
}

/// What follows the digits that a text begins with.
#[inline(always)]
pub(super) fn after_digits(text: &[u8]) -> &[u8] {
    after(text, |word| digits(word).1)
}

/// What follows the spaces that a text begins with.
#[inline(always)]
pub(super) fn after_spaces(text: &[u8]) -> &[u8] {
    after(text, |word| {
        let others = word ^ (ONES * u64::from(b' '));
        others.trailing_zeros() as usize / 8
    })
}

#[inline(always)]
fn after(mut text: &[u8], count: impl Fn(u64) -> usize) -> &[u8] {
    loop {
        let count = count(first_word(text));
        text = text.get(count..).unwrap_or_default();
        if count < 8 {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, byte by byte.
    fn slowly(text: &[u8]) -> Option<(u64, &[u8])> {
        let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = text.split_at(count);
        let number = std::str::from_utf8(digits).expect("digits").parse().ok()?;
        (count <= 15).then_some((number, rest))
    }

    #[test]
    fn numbers_of_every_length() {
        for length in 0..24 {
            for end in ["", " ", "\n", "/", ":", "é", " 12345678", "\u{80}1111111111"] {
                for first in ['0', '1', '9'] {
                    let digits: String = (first..='9').cycle().take(length).collect();
                    let text = format!("{digits}{end}");
                    let text = text.as_bytes();
                    assert_eq!(leading_number(text), slowly(text), "{digits}{end}");
                    assert_eq!(after_number(text), slowly(text).map(|(_, rest)| rest));
                    assert_eq!(after_digits(text), end.as_bytes());
                }
            }
        }
    }

    #[test]
    fn spaces_of_every_length() {
        for length in 0..24 {
            for end in ["", "x", "\t ", "!12345678", "\u{a0}"] {
                let text = format!("{}{end}", " ".repeat(length));
                assert_eq!(after_spaces(text.as_bytes()), end.as_bytes(), "{text:?}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_as_byte_by_byte(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..24)) {
            assert_eq!(leading_number(&text), slowly(&text));
            assert_eq!(after_number(&text), slowly(&text).map(|(_, rest)| rest));
        }
    }
}
