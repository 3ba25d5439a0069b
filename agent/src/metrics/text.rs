//! Text that is written in short pieces, into room that is there already.
//!
//! A copy whose length the compiler knows is a move or two; one that it does not know is a call. So a
//! short piece is copied with what stands behind it, and the next piece is put over the rest.

/// What a line may need, with what is copied behind its last piece.
const LINE_ROOM: usize = 512;
/// Eight digits are written at once.
const GROUP: u64 = 100_000_000;
/// Room that is kept whatever it was used for.
const LARGE_ROOM: usize = 64 << 10;

/// Bytes with room behind them.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// What was written, then whatever was there before.
    room: Vec<u8>,
    length: usize,
}

impl Text {
    /// What was written.
    pub(super) fn bytes(&self) -> &[u8] {
        self.room.get(..self.length).unwrap_or_default()
    }

    /// How much was written.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Forgets what was written and keeps the room, unless that is far too large for it.
    pub(super) fn clear(&mut self) {
        if self.room.len() > LARGE_ROOM && self.room.len() / 4 > self.length {
            self.room = Vec::new();
        }
        self.length = 0;
    }

    /// Begins a line; it is there once it has ended.
    pub(super) fn begin_line(&mut self) -> Option<Line<'_>> {
        self.make_room(LINE_ROOM);
        let room = self.room.get_mut(self.length..)?.first_chunk_mut()?;
        Some(Line { room, at: 0 })
    }

    /// Ends the line that was begun last, which has this length.
    pub(super) fn end_line(&mut self, length: usize) {
        self.length = (self.length + length).min(self.room.len());
    }

    fn make_room(&mut self, more: usize) {
        if self.room.len() - self.length < more {
            // By less than twice: what is made is resident.
            let length = (self.room.len() / 4 * 5).max(self.length + more).max(4 << 10);
            self.room.resize(length, 0);
        }
    }

    /// Writes bytes of any length.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        let place = self.room.get_mut(self.length..).and_then(|room| room.get_mut(..bytes.len()));
        if let Some(place) = place {
            place.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }
}

/// A line that is being written. It goes from hand to hand, so that its end is in a register: every piece would have to
/// wait for an end that is in memory.
#[derive(Debug)]
pub(super) struct Line<'t> {
    room: &'t mut [u8; LINE_ROOM],
    at: usize,
}

impl Line<'_> {
    /// What was written.
    pub(super) fn bytes(&self) -> &[u8] {
        self.room.get(..self.at).unwrap_or_default()
    }

    /// What was written, and whatever is behind it.
    pub(super) fn room<const N: usize>(&self) -> &[u8; N] {
        const { assert!(N <= LINE_ROOM) };
        self.room.first_chunk().unwrap_or(&[0; N])
    }

    /// How much was written.
    pub(super) fn len(&self) -> usize {
        self.at
    }

    /// Goes on at another place; what stands there is written over.
    pub(super) fn moved_to(mut self, at: usize) -> Self {
        self.at = at;
        self
    }

    /// Writes bytes of any length, where there is room.
    pub(super) fn put(mut self, bytes: &[u8]) -> Option<Self> {
        self.room.get_mut(self.at..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
        self.at += bytes.len();
        Some(self)
    }

    /// Writes the first bytes of a piece, where there is room for the whole of it.
    pub(super) fn put_piece<const N: usize>(
        mut self,
        piece: &[u8; N],
        used: usize,
    ) -> Option<Self> {
        *self.room.get_mut(self.at..)?.first_chunk_mut()? = *piece;
        self.at += used;
        Some(self)
    }

    /// Writes a number in decimal.
    pub(super) fn put_number(self, number: u64) -> Option<Self> {
        // Most numbers of a client are 0 or small.
        if number < 100 {
            return self.put_pair(number);
        }
        let (high, low) = (number / GROUP, number % GROUP);
        if high == 0 {
            return self.put_last_digits(low, digits_below_group(low));
        }
        self.put_high_digits(high)?.put_last_digits(low, 8)
    }

    /// Writes what stands before the last eight digits of a number.
    fn put_high_digits(self, number: u64) -> Option<Self> {
        if number < 100 {
            return self.put_pair(number);
        }
        let (high, low) = (number / GROUP, number % GROUP);
        if high == 0 {
            return self.put_last_digits(low, digits_below_group(low));
        }
        self.put_last_digits(high, digits_below_group(high))?.put_last_digits(low, 8)
    }

    /// Writes a number below 100.
    fn put_pair(self, number: u64) -> Option<Self> {
        // As in `eight_digits`.
        let tens = (number * 103) >> 10;
        let word = tens | ((number - tens * 10) << 8) | ASCII_ZEROS;
        let count = if number < 10 { 1 } else { 2 };
        self.put_piece(&(word >> (8 * (2 - count))).to_le_bytes(), count)
    }

    /// Writes what is left of a number that has `parts` to the whole, a power of ten, behind a point; without zeros at
    /// its end.
    pub(super) fn put_fraction(self, fraction: u64, parts: u64) -> Option<Self> {
        // A leading 1 keeps the zeros after the point, whose place it has.
        let point = self.at;
        let mut line = self.put_number(fraction + parts)?;
        *line.room.get_mut(point)? = b'.';
        while line.bytes().last() == Some(&b'0') {
            line.at -= 1;
        }
        Some(line)
    }

    /// Writes the last digits, eight at most, of a number below 10^8.
    fn put_last_digits(self, number: u64, count: usize) -> Option<Self> {
        // A digit is a byte and the first one the lowest: what stands before the last ones is shifted out.
        let word = (eight_digits(number) | ASCII_ZEROS) >> (8 * (8 - count));
        self.put_piece(&word.to_le_bytes(), count)
    }

    /// Writes bytes of which these are the first and the last, which may overlap.
    pub(super) fn put_ends<const N: usize>(
        mut self,
        (first, last): (&[u8; N], &[u8; N]),
        length: usize,
    ) -> Option<Self> {
        let place = self.room.get_mut(self.at..)?.get_mut(..length)?;
        *place.first_chunk_mut()? = *first;
        *place.last_chunk_mut()? = *last;
        self.at += length;
        Some(self)
    }
}

/// How many digits a number below 10^8 has.
///
/// From its bits and not from its digits: where everything behind the number goes waits for this.
fn digits_below_group(number: u64) -> usize {
    const SUMS: [u64; 27] = sums_by_bits();
    let highest_bit = (number | 1).ilog2() as usize;
    SUMS.get(highest_bit).map_or(8, |sum| ((sum + number) >> 32) as usize)
}

/// For each highest bit what has to be added to a number for its digits to stand in the upper half.
///
/// Where numbers of that highest bit have two lengths, the sum carries from the power of ten on.
const fn sums_by_bits() -> [u64; 27] {
    let mut sums = [0; 27];
    let mut bit = 0;
    while bit < sums.len() {
        let least = 1_u64 << bit;
        let digits = least.ilog10() as u64 + 1;
        let power = 10_u64.pow(least.ilog10() + 1);
        sums[bit] = if power < 2 * least { ((digits + 1) << 32) - power } else { digits << 32 };
        bit += 1;
    }
    sums
}

/// `00000000`.
const ASCII_ZEROS: u64 = u64::from_ne_bytes([b'0'; 8]);

/// The eight digits of a number below 10^8, a byte each, the first one the lowest.
///
/// Halves, quarters and eighths side by side in one word, since digits that were written to memory one
/// by one are slow to read as one. *Source*: `n * 10486 >> 20` is `n / 100` below 10^4, and
/// `n * 103 >> 10` is `n / 10` below 100.
fn eight_digits(number: u64) -> u64 {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let quarters = hundreds | ((halves - hundreds * 100) << 16);
    let tens = ((quarters * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((quarters - tens * 10) << 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a line.
    fn write(
        text: &mut Text,
        line: impl for<'t> FnOnce(Line<'t>) -> Option<Line<'t>>,
    ) -> Option<()> {
        let length = line(text.begin_line()?)?.len();
        text.end_line(length);
        Some(())
    }

    #[test]
    fn pieces_of_every_length_are_written_one_behind_the_other() {
        let mut text = Text::default();
        let mut want = Vec::new();
        for length in 0..40 {
            let bytes: Vec<u8> = (b'A'..).take(length).collect();
            write(&mut text, |line| {
                let line = match (bytes.first_chunk::<8>(), bytes.last_chunk()) {
                    (Some(first), Some(last)) if length <= 16 => {
                        line.put_ends((first, last), length)?
                    }
                    _ => line.put(&bytes)?,
                };
                line.put_piece(b"12345678", 3)?.put(&bytes)
            })
            .expect("room");
            text.put(&bytes);
            want.extend([&bytes, b"123".as_slice(), &bytes, &bytes].concat());
        }
        assert_eq!(text.bytes(), want);
        text.clear();
        text.put(&vec![b'x'; 9000]);
        assert_eq!((text.bytes().len(), text.len()), (9000, 9000));
        text.clear();
        assert!(text.bytes().is_empty());
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        let powers = (0..20).map(|power| 10_u64.pow(power));
        let near =
            powers.flat_map(|power| [power - 1, power, power + 1, power.saturating_mul(7) / 3]);
        let other = (0..10_000).map(|number| number * 10_007 % 100_000_000);
        let pairs = (0..300).flat_map(|high| [high, high * 100_000_000 + 7]);
        for number in near.chain(other).chain(pairs).chain([u64::MAX]) {
            let mut text = Text::default();
            write(&mut text, |line| line.put_number(number)).expect("room");
            assert_eq!(text.bytes(), number.to_string().as_bytes());
        }
    }

    #[test]
    fn a_line_without_room_leaves_nothing() {
        let mut text = Text::default();
        text.put(b"before");
        let pieces: [fn(Line<'_>) -> Option<Line<'_>>; 4] = [
            |line| line.put(b"123"),
            |line| line.put_ends((b"123", b"123"), 3),
            |line| line.put_piece(b"12345678", 3),
            |line| line.put_number(123),
        ];
        for piece in pieces {
            assert_eq!(
                write(&mut text, |line| (0..LINE_ROOM).try_fold(line, |line, _| piece(line))),
                None
            );
        }
        assert_eq!(text.bytes(), b"before");
    }
}
