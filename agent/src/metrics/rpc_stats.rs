//! `rpc_stats` files: what is in flight, and how large, many and slow requests were.
//!
//! ```text
//! read RPCs in flight:  0
//! pending write pages:  0
//!
//!                         read                    write
//! pages per rpc         rpcs   % cum % |       rpcs   % cum %
//! 1:                    1074  99  99   |         65  86  86
//! ```
//!
//! A table ends early, once both sides are complete. *Lustre*: 2.10 to 2.17; the latency table is of
//! 2.17 and of DDN's builds, known from the source and not captured.

use super::reading::both;
use super::stats::{signed, unsigned};
use super::words::{after_spaces, leading_number};

/// Rows that a table can have.
const ROWS: usize = 32;

/// Counts of reads and writes, by the row's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// Reads.
    pub(super) read: [u64; ROWS],
    /// Writes.
    pub(super) write: [u64; ROWS],
}

impl Table {
    const EMPTY: Self = Self { read: [0; ROWS], write: [0; ROWS] };

    fn add(&mut self, other: &Self) {
        let both = [(&mut self.read, &other.read), (&mut self.write, &other.write)];
        for (mine, theirs) in both {
            for (sum, more) in mine.iter_mut().zip(theirs) {
                *sum = sum.saturating_add(*more);
            }
        }
    }
}

/// What the file says; what is not in it is `None`. *Units*: requests, pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RpcStats {
    /// Reads in flight.
    pub(super) reading: Option<i64>,
    /// Writes in flight.
    pub(super) writing: Option<i64>,
    /// Direct reads and writes in flight; 2.17 and builds of DDN.
    pub(super) direct: Option<i64>,
    /// Changes of metadata in flight.
    pub(super) modifying: Option<i64>,
    /// Pages that wait to be read.
    pub(super) pending_read: Option<i64>,
    /// Pages that wait to be written.
    pub(super) pending_write: Option<i64>,
    /// Requests of up to 2^place pages.
    pub(super) pages: Option<Table>,
    /// Requests that were the place-th in flight; the last place is all above.
    pub(super) in_flight: Option<Table>,
    /// Requests of 2^place microseconds and more, up to the next one.
    pub(super) latency: Option<Table>,
}

impl RpcStats {
    /// The sum of two; known where both are.
    #[expect(clippy::needless_pass_by_value, reason = "as the sums of all other files")]
    pub(super) fn plus(mut self: Box<Self>, other: Box<Self>) -> Box<Self> {
        let numbers = [
            (&mut self.reading, other.reading),
            (&mut self.writing, other.writing),
            (&mut self.direct, other.direct),
            (&mut self.modifying, other.modifying),
            (&mut self.pending_read, other.pending_read),
            (&mut self.pending_write, other.pending_write),
        ];
        for (sum, more) in numbers {
            *sum = both(*sum, more);
        }
        let tables = [
            (&mut self.pages, &other.pages),
            (&mut self.in_flight, &other.in_flight),
            (&mut self.latency, &other.latency),
        ];
        for (sum, more) in tables {
            match (&mut *sum, more) {
                (Some(sum), Some(more)) => sum.add(more),
                _ => *sum = None,
            }
        }
        self
    }

    /// The place for a `name: number` line of the head.
    fn head(&mut self, name: &[u8]) -> Option<&mut Option<i64>> {
        match name {
            b"read RPCs in flight" => Some(&mut self.reading),
            b"write RPCs in flight" => Some(&mut self.writing),
            b"DIO RPCs in flight" => Some(&mut self.direct),
            b"modify_RPCs_in_flight" => Some(&mut self.modifying),
            b"pending read pages" => Some(&mut self.pending_read),
            b"pending write pages" => Some(&mut self.pending_write),
            _ => None,
        }
    }

    fn table(&mut self, section: Section) -> Option<&mut Option<Table>> {
        match section {
            Section::Pages => Some(&mut self.pages),
            Section::InFlight => Some(&mut self.in_flight),
            Section::Latency => Some(&mut self.latency),
            Section::Head | Section::Other => None,
        }
    }

    /// Takes a row in, where its table is told; false when the table has no place for it.
    fn add(&mut self, row: Row, section: Section) -> bool {
        let Some(table) = self.table(section) else { return true };
        let place = match section {
            Section::InFlight => usize::try_from(row.key).unwrap_or(usize::MAX).min(ROWS - 1),
            _ => usize::try_from(row.key.max(1).ilog2()).unwrap_or(ROWS),
        };
        let table = table.get_or_insert(Table::EMPTY);
        let sides = table.read.get_mut(place).zip(table.write.get_mut(place));
        let Some((reads, writes)) = sides else { return false };
        *reads = reads.saturating_add(row.read);
        *writes = writes.saturating_add(row.write);
        true
    }
}

/// Which table the rows are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Head,
    Pages,
    InFlight,
    Latency,
    /// Offsets, and the one-sided table of changes: not told.
    Other,
}

/// Parses a file: its contents and how many lines were not understood. `None` when it is no such
/// file. Of a torn one, there are no tables.
pub(super) fn parse(text: &[u8]) -> (Option<Box<RpcStats>>, u64) {
    let mut found = Box::<RpcStats>::default();
    let mut oddities = 0;
    let mut section = Section::Head;
    let mut is_modify = false;
    let mut rest = text;
    while let Some(first) = rest.first() {
        if *first == b'\n' {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let is_told = section != Section::Other || !first.is_ascii_digit();
        let row = if is_told { row_by_columns(rest) } else { None };
        if let Some((row, after)) = row {
            oddities += u64::from(!found.add(row, section));
            rest = after;
            continue;
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or_default().trim_ascii();
        rest = rest.get(end + 1..).unwrap_or_default();
        if line.is_empty() || !is_told {
            continue;
        }
        if let Some(begun) = heading(line, &mut is_modify) {
            section = begun;
            if let Some(table) = found.table(section) {
                table.get_or_insert(Table::EMPTY);
            }
        } else if !line_is_known(line, section, &mut found) {
            oddities += 1;
        }
    }
    if !text.ends_with(b"\n") {
        (found.pages, found.in_flight, found.latency) = (None, None, None);
    }
    let is_known = found.reading.is_some() || found.modifying.is_some();
    (is_known.then_some(found), oddities)
}

/// The section that a line begins, if it is a heading.
fn heading(line: &[u8], is_modify: &mut bool) -> Option<Section> {
    // Most lines are rows.
    if line.last().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    if line.starts_with(b"read") && line.ends_with(b"write") {
        *is_modify = false;
        return Some(Section::Other);
    }
    if line == b"modify" {
        *is_modify = true;
        return Some(Section::Other);
    }
    if !line.ends_with(b"%") {
        return None;
    }
    let section = if line.starts_with(b"pages per rpc") {
        Section::Pages
    } else if line.starts_with(b"rpcs in flight") && !*is_modify {
        Section::InFlight
    } else if line.starts_with(b"RPC latency (us)") {
        Section::Latency
    } else {
        Section::Other
    };
    Some(section)
}

/// A row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    key: u64,
    read: u64,
    write: u64,
}

/// Reads the first line of a text, if it is a row of two sides whose shares are not wider than their columns:
/// nearly all are such. Gives what follows the line. `None` leaves it to [`line_is_known`], which reads rows of any width.
fn row_by_columns(text: &[u8]) -> Option<(Row, &[u8])> {
    let (key, rest) = leading_number(text)?;
    let (read, rest) = leading_number(after_spaces(rest.strip_prefix(b":\t\t")?))?;
    let (shares, rest) = rest.split_first_chunk()?;
    let [b' ', _, _, _, b' ', _, _, _, b' ', b' ', b' ', b'|', b' '] = shares else { return None };
    let (write, rest) = leading_number(after_spaces(rest))?;
    let (shares, rest) = rest.split_first_chunk()?;
    let [b' ', _, _, _, b' ', _, _, _, b'\n'] = shares else { return None };
    Some((Row { key, read, write }, rest))
}

/// Takes a line in that is no heading; false when it was not understood.
fn line_is_known(line: &[u8], section: Section, found: &mut RpcStats) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else { return false };
    let (name, value) = (line.get(..colon).unwrap_or_default(), line.get(colon + 1..));
    let value = value.unwrap_or_default();
    let Some(key) = unsigned(name) else {
        if let Some(place) = found.head(name) {
            *place = signed(value.trim_ascii());
            return place.is_some();
        }
        // Times; and counts of newer kernels, which are of no use here.
        return name.ends_with(b"_time") || name.ends_with(b"RPCs in flight");
    };
    if found.table(section).is_none() {
        return true;
    }
    let Some((read, rest)) = first_number(value) else { return false };
    let Some(bar) = memchr::memchr(b'|', rest) else { return false };
    let Some((write, _)) = first_number(rest.get(bar + 1..).unwrap_or_default()) else {
        return false;
    };
    found.add(Row { key, read, write }, section)
}

/// The number that a text begins with, a word of its own, and what follows it.
fn first_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let text = text.trim_ascii_start();
    let is_end = |byte: &u8| *byte == b'|' || byte.is_ascii_whitespace();
    let end = text.iter().position(is_end).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    Some((unsigned(word)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = include_str!(
        "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/rpc_stats"
    );
    const OLD: &str = include_str!(
        "../../tests/fixtures/metrics/lustre-2.10.1/proc/fs/lustre/osc/lustrefs-OST0000-osc-ffff88105db50000/rpc_stats"
    );
    const MDC: &str = include_str!(
        "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/rpc_stats"
    );
    const OLD_MDC: &str = include_str!(
        "../../tests/fixtures/metrics/lustre-2.10.1/proc/fs/lustre/mdc/lustrefs-MDT0000-mdc-ffff88105db50000/rpc_stats"
    );

    fn whole(text: &str) -> Box<RpcStats> {
        let (found, oddities) = parse(text.as_bytes());
        assert_eq!(oddities, 0);
        found.expect("a file")
    }

    #[test]
    fn a_row_is_read_the_same_in_both_ways() {
        let rows = |text: &str| {
            let lines =
                text.lines().filter(|line| line.ends_with(|end: char| end.is_ascii_digit()));
            let rows = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
            rows.filter(|line| line.contains('|')).map(str::to_owned).collect::<Vec<_>>()
        };
        let all = [rows(NEW), rows(OLD)].concat();
        assert!(all.len() > 60);
        let wide = "1:\t\t123456789012345 100 100   | 123456789012345 100 100".to_owned();
        for line in all.into_iter().chain([wide]) {
            let (row, rest) = row_by_columns(format!("{line}\nx").as_bytes())
                .map(|(row, rest)| (row, rest.len()))
                .expect(&line);
            let mut found = [RpcStats::default(), RpcStats::default()];
            assert!(found[0].add(row, Section::Pages));
            assert!(line_is_known(line.as_bytes(), Section::Pages, &mut found[1]));
            assert_eq!((found[0], rest), (found[1], 1), "{line}");
        }
    }

    #[test]
    fn a_captured_file_of_2_15() {
        let found = whole(NEW);
        assert_eq!((found.reading, found.pending_write), (Some(0), Some(0)));
        let pages = found.pages.expect("a table");
        assert_eq!((pages.read[0], pages.write[0], pages.write[3]), (1074, 65, 1));
        assert_eq!((pages.read[10], pages.write[10], pages.read[11]), (6, 8, 0));
        let in_flight = found.in_flight.expect("a table");
        assert_eq!((in_flight.read[1], in_flight.write[9], in_flight.write[10]), (1079, 46, 3));
        assert_eq!(found.latency, None);
        assert_eq!(found.modifying, None);
    }

    #[test]
    fn captured_files_of_2_10_and_of_metadata() {
        let found = whole(OLD);
        assert_eq!((found.writing, found.pending_write), (Some(6), Some(1244)));
        assert_eq!(found.pages.expect("a table").write[10], 16_389_010);
        assert_eq!(found.in_flight.expect("a table").write[15], 2);
        let found = whole(MDC);
        assert_eq!((found.modifying, found.reading), (Some(0), Some(0)));
        assert_eq!(found.in_flight, Some(Table::EMPTY), "the table of changes is another one");
        let found = whole(OLD_MDC);
        assert_eq!((found.modifying, found.reading, found.in_flight), (Some(0), None, None));
    }

    #[test]
    fn a_latency_table_as_the_source_prints_it() {
        let text = format!(
            "{NEW}\n\t\t\tread\t\t\twrite\nRPC latency (us)      rpcs   % cum % |       rpcs   % cum %\n\
             1024:\t\t         5  50  50   |          0   0   0\n"
        );
        assert_eq!(whole(&text).latency.expect("a table").read[10], 5);
    }

    #[test]
    fn a_torn_file_has_no_tables_and_foreign_text_is_none() {
        let (found, _) = parse(&NEW.as_bytes()[..NEW.len() - 3]);
        let found = found.expect("its head is whole");
        assert_eq!((found.pages, found.reading), (None, Some(0)));
        assert_eq!(parse(b""), (None, 0));
        assert_eq!(parse(b"rubbish\n"), (None, 1));
        let (_, oddities) = parse(b"read RPCs in flight: 1\nwhat: 5\n");
        assert_eq!(oddities, 1);
    }

    #[test]
    fn a_sum_is_known_where_both_parts_are() {
        let sum = whole(NEW).plus(whole(NEW));
        assert_eq!(sum.pages.expect("both").read[0], 2148);
        assert_eq!(whole(NEW).plus(whole(OLD_MDC)).reading, None);
    }
}
