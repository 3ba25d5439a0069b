//! Page cache, read-ahead and statahead of each file system: small files below `llite`.

use super::encode::Encoder;
use super::families::{
    CACHE_MAX, CACHE_RECLAIMS, CACHE_UNEVICTABLE, CACHE_USED, Family, READAHEAD_EVENTS,
    READAHEAD_MAX, READAHEAD_PAGES, READAHEAD_USED, STATAHEAD_AGL, STATAHEAD_HITS,
    STATAHEAD_MISSES, STATAHEAD_STARTED, STATAHEAD_WRONG, UNSTABLE,
};
use super::instances::{Folder, Instance};
use super::names::{ByName, Names};
use super::reading::{Reading, both};
use super::sources::{DeviceFile, Sources};
use super::stats::{scan, signed};
use super::verdict::Verdict;
use std::sync::Arc;

/// Read-ahead's counters; up to 2.14.51 with blanks where there are underscores now.
static EVENTS: Names = Names::new(&[
    "async_readahead",
    "failed_grab_page",
    "failed_lock_match",
    "failed_to_fast_read",
    "failed_to_reach_end",
    "forceread_pages",
    "hit_max_readahead_issue",
    "hits",
    "misses",
    "mmap_range_read",
    "read_but_discarded",
    "readahead_to_eof",
    "readpage_not_consecutive",
    "wrong_page_from_grab_cache_page",
    "zero_length_file",
    "zero_size_window",
]);

/// Old names that are not the new ones with blanks.
const OLD_EVENTS: &[(&str, &str)] = &[
    ("miss inside window", "misses"),
    ("hit max r-a issue", "hit_max_readahead_issue"),
    ("read-ahead to EOF", "readahead_to_eof"),
    ("failed grab_cache_page", "failed_grab_page"),
    ("wrong page from grab_cache_page", "wrong_page_from_grab_cache_page"),
    ("zero length file", "zero_length_file"),
];

/// What read-ahead did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadAhead {
    /// By kind.
    events: ByName<i64>,
    /// Pages that it asked for.
    pages: Option<i64>,
}

impl ReadAhead {
    /// How often something happened; `None` is unknown.
    pub(super) fn count(&self, event: &str) -> Option<i64> {
        self.events.get(event)
    }

    #[expect(clippy::needless_pass_by_value, reason = "as the sums of all other files")]
    pub(super) fn plus(mut self, other: Self) -> Self {
        self.events.add(&other.events, i64::saturating_add);
        self.pages = both(self.pages, other.pages);
        self
    }
}

/// Parses `read_ahead_stats`.
pub(super) fn parse_read_ahead(text: &[u8]) -> (Option<ReadAhead>, u64) {
    let mut found = ReadAhead { events: ByName::new(&EVENTS), pages: None };
    let mut unknown = 0;
    let scan = scan(text, |counter| {
        if counter.name == b"readahead_pages" {
            found.pages = counter.sum;
            return;
        }
        match event(counter.name).and_then(|event| found.events.entry(event.as_bytes())) {
            Some(sum) => *sum = Some(sum.unwrap_or_default().saturating_add(counter.count)),
            None => unknown += 1,
        }
    });
    if let Some(zero) = scan.absent() {
        // Those that a hit ratio needs, from the first scrape on.
        for event in ["hits", "misses"] {
            if let Some(count) = found.events.entry(event.as_bytes()) {
                count.get_or_insert(zero);
            }
        }
    }
    (scan.is_known.then_some(found), scan.oddities + unknown)
}

fn event(name: &[u8]) -> Option<&'static str> {
    if let Some(event) = EVENTS.find(name) {
        return Some(event);
    }
    let name = std::str::from_utf8(name).ok()?;
    let old = OLD_EVENTS.iter().find(|(old, _)| *old == name).map(|(_, new)| *new);
    old.or_else(|| EVENTS.find(name.replace([' ', '-'], "_").as_bytes()))
}

/// Name and value of a `name: value` line; `None` of one that was cut short.
fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_suffix(b"\n")?.trim_ascii();
    let (name, value) = line.split_at_checked(memchr::memchr(b':', line)?)?;
    Some((name, value.get(1..)?.trim_ascii()))
}

/// The numbers of these lines; `None` of a file that has none of them.
fn fields<const N: usize>(text: &[u8], names: [&str; N]) -> (Option<[Option<i64>; N]>, u64) {
    let mut found = [None; N];
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let Some((name, value)) = split_field(line) else { continue };
        let place = names.iter().position(|known| known.as_bytes() == name);
        if let Some(number) = place.and_then(|place| found.get_mut(place)) {
            *number = number.or_else(|| signed(value));
        }
    }
    (found.iter().any(Option::is_some).then_some(found), 0)
}

fn plus_each<const N: usize>(mut a: [Option<i64>; N], b: [Option<i64>; N]) -> [Option<i64>; N] {
    for (sum, more) in a.iter_mut().zip(b) {
        *sum = both(*sum, more);
    }
    a
}

/// Lines of `max_cached_mb`; the first five are mebibytes.
const CACHE_LINES: [&str; 6] = [
    "used_mb",
    "max_cached_mb",
    "unevict_mb",
    "used_read_ahead_mb",
    "max_read_ahead_mb",
    "reclaim_count",
];
const CACHE_FAMILIES: [&Family<1>; 6] =
    [&CACHE_USED, &CACHE_MAX, &CACHE_UNEVICTABLE, &READAHEAD_USED, &READAHEAD_MAX, &CACHE_RECLAIMS];
/// Lines of `statahead_stats`, each with the names of old and new kernels.
const STATAHEAD_LINES: [&str; 8] = [
    "statahead total",
    "statahead_total",
    "statahead wrong",
    "statahead_wrong",
    "agl total",
    "agl_total",
    "hit_total",
    "miss_total",
];
const STATAHEAD_FAMILIES: [&Family<1>; 5] =
    [&STATAHEAD_STARTED, &STATAHEAD_WRONG, &STATAHEAD_AGL, &STATAHEAD_HITS, &STATAHEAD_MISSES];

/// Parses `max_cached_mb` into bytes and, last, a count.
pub(super) fn parse_cache(text: &[u8]) -> (Option<[Option<i64>; 6]>, u64) {
    let (found, oddities) = fields(text, CACHE_LINES);
    let scaled = found.map(|mut found| {
        for megabytes in found.iter_mut().take(5) {
            *megabytes = megabytes.and_then(|number| number.checked_mul(1 << 20));
        }
        found
    });
    (scaled, oddities)
}

/// Parses `statahead_stats`.
pub(super) fn parse_statahead(text: &[u8]) -> (Option<[Option<i64>; 5]>, u64) {
    let (found, oddities) = fields(text, STATAHEAD_LINES);
    let joined =
        found.map(|[a, b, c, d, e, f, hits, misses]| [a.or(b), c.or(d), e.or(f), hits, misses]);
    (joined, oddities)
}

/// Parses `unstable_stats`: pages, which are exact, into bytes.
pub(super) fn parse_unstable(text: &[u8]) -> (Option<[Option<i64>; 1]>, u64) {
    let page = i64::try_from(procfs::page_size()).ok();
    let (found, oddities) = fields(text, ["unstable_pages"]);
    let bytes = |pages: Option<i64>| pages?.checked_mul(page?);
    (found.map(|[pages]| [bytes(pages)]), oddities)
}

/// Clients of one file system at a time.
fn chunks(devices: &[Instance]) -> impl Iterator<Item = (&str, &[Instance])> {
    devices
        .chunk_by(|a, b| a.fs() == b.fs())
        .filter_map(|clients| Some((clients.first()?.fs(), clients)))
}

/// Writes families of one label, each with its place in what a file says.
fn encode<const N: usize>(
    found: &[(&str, [Option<i64>; N])],
    families: [&'static Family<1>; N],
    encoder: &mut Encoder,
) {
    for (place, family) in families.into_iter().enumerate() {
        let mut samples = encoder.family(family);
        for (fs, numbers) in found {
            samples.sample_if([fs], numbers.get(place).copied().flatten());
        }
    }
}

/// The collector.
///
/// *Source*: `max_cached_mb`, `read_ahead_stats`, `statahead_stats`, `unstable_stats` of `llite/*`.
/// *Units*: bytes.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let devices = sources.devices(Folder::Llite).unwrap_or_else(|error| {
        verdict.note(error);
        Arc::from([])
    });
    let mut reading = Reading { sources, verdict: &mut verdict };
    let mut cache = DeviceFile::new(Folder::Llite, "max_cached_mb");
    let mut read_ahead = DeviceFile::new(Folder::Llite, "read_ahead_stats").optional();
    let mut statahead = DeviceFile::new(Folder::Llite, "statahead_stats").optional();
    let mut unstable = DeviceFile::new(Folder::Llite, "unstable_stats").optional();
    let (mut caches, mut aheads, mut stats, mut unstables) = (vec![], vec![], vec![], vec![]);
    for (fs, clients) in chunks(&devices) {
        let found = reading.sum(&mut cache, clients, parse_cache, plus_each);
        caches.extend(found.map(|found| (fs, found)));
        let found = reading.sum(&mut read_ahead, clients, parse_read_ahead, ReadAhead::plus);
        aheads.extend(found.map(|found| (fs, found)));
        let found = reading.sum(&mut statahead, clients, parse_statahead, plus_each);
        stats.extend(found.map(|found| (fs, found)));
        let found = reading.sum(&mut unstable, clients, parse_unstable, plus_each);
        unstables.extend(found.map(|found| (fs, found)));
    }
    encode(&caches, CACHE_FAMILIES, encoder);
    encode(&stats, STATAHEAD_FAMILIES, encoder);
    encode(&unstables, [&UNSTABLE], encoder);
    let mut events = encoder.family(&READAHEAD_EVENTS);
    for (fs, found) in &aheads {
        for (event, count) in found.events.iter() {
            events.sample([fs, event], count);
        }
    }
    let mut pages = encoder.family(&READAHEAD_PAGES);
    for (fs, found) in &aheads {
        pages.sample_if([fs], found.pages);
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_old_and_new_kernels_are_one() {
        let header = "snapshot_time 1.0 secs.nsecs\n";
        for (line, name) in [
            ("readpage not consecutive  3 samples [pages]", "readpage_not_consecutive"),
            ("readpage_not_consecutive  3 samples [pages]", "readpage_not_consecutive"),
            ("hit max r-a issue         3 samples [pages]", "hit_max_readahead_issue"),
            ("read-ahead to EOF         3 samples [pages]", "readahead_to_eof"),
            ("failed to reach end       3 samples [pages]", "failed_to_reach_end"),
        ] {
            let (found, oddities) = parse_read_ahead(format!("{header}{line}\n").as_bytes());
            let found = found.expect("a stats file");
            assert_eq!((found.events.get(name), oddities), (Some(3), 0), "{line}");
            assert_eq!(found.events.get("hits"), Some(0));
        }
        let (found, _) = parse_read_ahead(
            format!("{header}readahead_pages 4 samples [pages] 1 9 20\nx 1 samples [pages]\n")
                .as_bytes(),
        );
        assert_eq!(found.expect("a stats file").pages, Some(20));
        assert_eq!(parse_read_ahead(b""), (None, 0));
    }

    #[test]
    fn lines_of_name_and_number() {
        let text =
            b"users: 8\nmax_cached_mb: 982\nused_mb: 181\nunused_mb: 801\nreclaim_count: 2\n\
                     max_read_ahead_mb: 61\nused_read_ahead_mb: 0\n";
        let mib = |number: i64| Some(number << 20);
        let want = [mib(181), mib(982), None, mib(0), mib(61), Some(2)];
        assert_eq!(parse_cache(text), (Some(want), 0));
        assert_eq!(parse_cache(b"rubbish"), (None, 0));
        assert_eq!(fields(b"used_mb: 18", ["used_mb"]), (None, 0), "a torn line");
        let text = b"statahead total: 2\nstatahead wrong: 1\nagl total: 3\n";
        assert_eq!(parse_statahead(text).0, Some([Some(2), Some(1), Some(3), None, None]));
        let text = b"unstable_check:            0\nunstable_pages:            2\nunstable_mb: 0\n";
        let page = i64::try_from(procfs::page_size()).expect("small");
        assert_eq!(parse_unstable(text).0, Some([Some(2 * page)]));
    }
}
