//! Counters that go on when one of several clients of a file system goes.
//!
//! What is shown of a file system is the sum of its clients on this node. When one of them is unmounted
//! and another one stays, the kernel's sum falls, and Prometheus would take the rest for new I/O since a
//! restart. So a number of a file system that has had several clients never falls until the last of them
//! has gone: what is missing is added from then on. It is the number itself that tells, not the list of
//! clients, because the kernel takes a client's folders away one after another (`llite` first, `osc` and
//! `mdc` when their requests have ended). What is absent has not fallen: it may only not be known just now,
//! and is held against what was shown of it when it is there again.

use super::encode::Part;
use super::families::{FAMILIES, FamilyRow, Kind};
use super::instances::Instance;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A number in millionths: kernel counters are whole numbers, times are microseconds.
type Millionths = i128;

const MILLION: Millionths = 1_000_000;

/// Lines by what stands before their numbers.
type Lines = BTreeMap<Vec<u8>, Millionths>;

/// Text of a collector and the parts of it.
type Written = (Vec<u8>, Vec<Part>);

/// The place of a family in the table, and a file system.
type Sum = (usize, String);

/// What is added, for every collector.
#[derive(Debug, Default)]
pub(super) struct Continued {
    /// The clients in the last pass of each file system that has had several, by the hexadecimal part
    /// of their devices' names.
    clients: BTreeMap<String, BTreeSet<String>>,
    collectors: BTreeMap<&'static str, OfCollector>,
}

#[derive(Debug, Default)]
struct OfCollector {
    /// What was shown last.
    shown: BTreeMap<Sum, Lines>,
    /// What the gone clients had counted.
    more: BTreeMap<Sum, Lines>,
}

impl Continued {
    /// Begins a pass with these devices of all kinds: a client is there as long as any of its is.
    pub(super) fn begin<'d>(&mut self, devices: impl Iterator<Item = &'d Instance>) {
        let mut now: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for device in devices {
            now.entry(device.fs().to_owned()).or_default().insert(device.client().to_owned());
        }
        let stays = |(fs, before): (&String, &BTreeSet<String>)| {
            now.get(fs).is_some_and(|now| !before.is_disjoint(now)).then(|| fs.clone())
        };
        let stay: BTreeSet<String> = self.clients.iter().filter_map(stays).collect();
        for of in self.collectors.values_mut() {
            of.shown.retain(|(_, fs), _| stay.contains(fs));
            of.more.retain(|(_, fs), _| stay.contains(fs));
        }
        now.retain(|fs, clients| clients.len() > 1 || stay.contains(fs));
        self.clients = now;
        if self.clients.is_empty() {
            self.collectors.clear();
        }
    }

    /// What a collector is to show in place of what it wrote; `None` where that is as it should be.
    pub(super) fn apply(
        &mut self,
        collector: &'static str,
        (text, parts): (&[u8], &[Part]),
    ) -> Option<Written> {
        if self.clients.is_empty() {
            return None;
        }
        let of = self.collectors.entry(collector).or_default();
        for (sum, now) in sums(text, parts, &self.clients) {
            of.learn(sum, now);
        }
        (!of.more.is_empty()).then(|| of.add(text, parts))
    }
}

impl OfCollector {
    /// Where a number is less than what was shown of it, the rest is added from now on.
    fn learn(&mut self, sum: Sum, now: Lines) {
        let mut more = self.more.remove(&sum).unwrap_or_default();
        let shown = self.shown.entry(sum.clone()).or_default();
        for (line, now) in now {
            let is = now + more.get(&line).copied().unwrap_or_default();
            let was = shown.get(&line).copied().unwrap_or(is);
            if was > is {
                *more.entry(line.clone()).or_default() += was - is;
            }
            shown.insert(line, was.max(is));
        }
        if !more.is_empty() {
            self.more.insert(sum, more);
        }
    }

    /// The text with what is added.
    fn add(&self, text: &[u8], parts: &[Part]) -> Written {
        let mut written = (Vec::with_capacity(text.len()), Vec::with_capacity(parts.len()));
        for (part, range) in ranges(text, parts) {
            written.1.push(Part { row: part.row, start: written.0.len(), series: part.series });
            let lines = text.get(range).unwrap_or_default();
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                match self.more_of(part.row, line) {
                    Some((before, now, more)) => write_line(&mut written.0, before, now + more),
                    None => written.0.extend_from_slice(line),
                }
            }
        }
        written
    }

    fn more_of<'l>(
        &self,
        row: &FamilyRow,
        line: &'l [u8],
    ) -> Option<(&'l [u8], Millionths, Millionths)> {
        let (before, fs, now) = read_line(line)?;
        let lines = self.more.get(&(row.place, fs.to_owned()))?;
        Some((before, now, *lines.get(before)?))
    }
}

/// The lines of each part.
fn ranges<'p>(
    text: &'p [u8],
    parts: &'p [Part],
) -> impl Iterator<Item = (&'p Part, Range<usize>)> + 'p {
    let ends = parts.iter().skip(1).map(|part| part.start).chain([text.len()]);
    parts.iter().zip(ends).map(|(part, end)| (part, part.start..end))
}

/// The sums that only grow of some file systems: by family and file system, with their lines.
fn sums(
    text: &[u8],
    parts: &[Part],
    of: &BTreeMap<String, BTreeSet<String>>,
) -> impl Iterator<Item = (Sum, Lines)> + use<> {
    let mut sums: BTreeMap<Sum, Lines> = BTreeMap::new();
    for (part, range) in ranges(text, parts).filter(|(part, _)| only_grows(part.row)) {
        let lines = text.get(range).unwrap_or_default();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            if let Some((before, fs, number)) = read_line(line)
                && of.contains_key(fs)
            {
                let sum = sums.entry((part.row.place, fs.to_owned())).or_default();
                sum.insert(before.to_owned(), number);
            }
        }
    }
    sums.into_iter()
}

/// Whether a family is a sum over the clients of a file system that only grows.
fn only_grows(row: &FamilyRow) -> bool {
    FAMILIES.get(row.place).is_some_and(|row| row.labels.first() == Some(&"fs"))
        && row.kind != Kind::Gauge
        && !row.labels.contains(&"mountpoint")
}

/// What stands before the number, the file system, and the number of a line.
fn read_line(line: &[u8]) -> Option<(&[u8], &str, Millionths)> {
    let line = line.strip_suffix(b"\n")?;
    let space = line.iter().rposition(|byte| *byte == b' ')?;
    let (before, number) = line.split_at_checked(space + 1)?;
    let text = std::str::from_utf8(before).ok()?;
    let (fs, _) = text.split_once("{fs=\"")?.1.split_once('"')?;
    Some((before, fs, millionths(std::str::from_utf8(number).ok()?)?))
}

fn millionths(number: &str) -> Option<Millionths> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: Millionths = whole.parse().ok()?;
    let digits: Millionths = format!("{fraction:0<6}").parse().ok()?;
    whole.checked_mul(MILLION)?.checked_add(if number.starts_with('-') { -digits } else { digits })
}

fn write_line(text: &mut Vec<u8>, before: &[u8], number: Millionths) {
    text.extend_from_slice(before);
    let (sign, size) = (if number < 0 { "-" } else { "" }, number.abs());
    let digits = format!("{sign}{}.{:06}", size / MILLION, size % MILLION);
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    text.extend_from_slice(digits.as_bytes());
    text.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::super::encode::{Encoder, Micros};
    use super::super::families::{
        EVICTIONS, IMPORTS, IO_SIZE, OPERATION_DURATION, OPERATIONS, READ_BYTES,
    };
    use super::super::instances::Folder;
    use super::*;

    fn clients(names: &[&str]) -> Vec<Instance> {
        let parsed = names.iter().filter_map(|name| Instance::parse(Folder::Llite, name));
        parsed.collect()
    }

    /// One pass: what is shown of the file systems a and b.
    fn shown(continued: &mut Continued, names: &[&str], write: impl Fn(&mut Encoder)) -> String {
        let mut encoder = Encoder::default();
        write(&mut encoder);
        continued.begin(clients(names).iter());
        let written = continued.apply("llite", encoder.written());
        let text = written.map_or_else(|| encoder.written().0.to_vec(), |(text, _)| text);
        String::from_utf8(text).expect("UTF-8")
    }

    fn read(bytes: u64, other: u64) -> impl Fn(&mut Encoder) {
        move |encoder| {
            let mut family = encoder.family(&READ_BYTES);
            family.sample(["a"], bytes);
            family.sample(["b"], other);
        }
    }

    fn text(bytes: u64, other: u64) -> String {
        format!(
            "lustre_client_read_bytes_total{{fs=\"a\"}} {bytes}\n\
             lustre_client_read_bytes_total{{fs=\"b\"}} {other}\n"
        )
    }

    #[test]
    fn what_a_gone_client_had_counted_stays_until_the_last_one_has_gone() {
        let mut continued = Continued::default();
        let both = ["a-1", "a-2", "b-3"];
        assert_eq!(shown(&mut continued, &both, read(100, 7)), text(100, 7));
        assert_eq!(shown(&mut continued, &both, read(120, 8)), text(120, 8));
        // The second one had 50.
        let one = ["a-1", "b-3"];
        assert_eq!(shown(&mut continued, &one, read(70, 9)), text(120, 9));
        assert_eq!(shown(&mut continued, &one, read(75, 9)), text(125, 9));
        // A third one comes and goes, too.
        assert_eq!(shown(&mut continued, &["a-1", "a-4", "b-3"], read(80, 9)), text(130, 9));
        assert_eq!(shown(&mut continued, &one, read(76, 9)), text(130, 9));
        // A new mount begins anew.
        assert_eq!(shown(&mut continued, &["a-5", "b-3"], read(1, 9)), text(1, 9));
        assert!(continued.collectors.is_empty());
    }

    #[test]
    fn what_the_kernel_takes_away_later_than_the_client_is_not_missed() {
        let mut continued = Continued::default();
        assert_eq!(shown(&mut continued, &["a-1", "a-2"], read(100, 0)), text(100, 0));
        // The client has gone from `llite`; the requests that it had under way end later.
        assert_eq!(shown(&mut continued, &["a-1"], read(102, 0)), text(102, 0));
        assert_eq!(shown(&mut continued, &["a-1"], read(103, 0)), text(103, 0));
        assert_eq!(shown(&mut continued, &["a-1"], read(61, 0)), text(103, 0));
        assert_eq!(shown(&mut continued, &["a-1"], read(63, 0)), text(105, 0));
        // So do those that go before it.
        assert_eq!(shown(&mut continued, &["a-1", "a-2"], read(70, 0)), text(112, 0));
        assert_eq!(shown(&mut continued, &["a-1", "a-2"], read(66, 0)), text(112, 0));
        assert_eq!(shown(&mut continued, &["a-1"], read(66, 0)), text(112, 0));
        assert_eq!(shown(&mut continued, &[], |_| ()), "");
        assert_eq!(shown(&mut continued, &["a-1"], read(1, 0)), text(1, 0));
    }

    #[test]
    fn a_sum_that_cannot_be_read_just_then_goes_on_when_it_can() {
        let mut continued = Continued::default();
        shown(&mut continued, &["a-1", "a-2"], read(100, 0));
        assert_eq!(shown(&mut continued, &["a-1"], |_| ()), "");
        assert_eq!(shown(&mut continued, &["a-1"], read(40, 0)), text(100, 0));
        let other = |encoder: &mut Encoder| encoder.family(&READ_BYTES).sample(["b"], 3_u64);
        let alone = shown(&mut continued, &["a-1"], other);
        assert_eq!(alone, "lustre_client_read_bytes_total{fs=\"b\"} 3\n");
        assert_eq!(shown(&mut continued, &["a-1"], read(41, 0)), text(101, 0));
    }

    #[test]
    fn a_line_that_is_not_known_for_one_pass_is_not_counted_twice() {
        let evictions = |osc: Option<i64>, mdc: Option<i64>| {
            move |encoder: &mut Encoder| {
                let mut family = encoder.family(&EVICTIONS);
                family.sample_if(["a", "osc"], osc);
                family.sample_if(["a", "mdc"], mdc);
            }
        };
        let line = |kind: &str, count: i64| {
            format!("lustre_client_import_evictions_total{{fs=\"a\",kind=\"{kind}\"}} {count}\n")
        };
        let mut continued = Continued::default();
        let both = ["a-1", "a-2"];
        let first = shown(&mut continued, &both, evictions(Some(5), Some(3)));
        assert_eq!(first, line("osc", 5) + &line("mdc", 3));
        // The second client's connections to object storage targets have gone, the rest sleeps.
        assert_eq!(shown(&mut continued, &both, evictions(Some(4), None)), line("osc", 5));
        let last = shown(&mut continued, &["a-1"], evictions(Some(4), Some(3)));
        assert_eq!(last, line("osc", 5) + &line("mdc", 3));
    }

    #[test]
    fn a_client_is_there_as_long_as_any_of_its_devices() {
        let devices = |names: &[(Folder, &str)]| {
            let parse = |(folder, name): &(Folder, &str)| Instance::parse(*folder, name);
            names.iter().map(|one| parse(one).expect("a device")).collect::<Vec<_>>()
        };
        let llite = |name| (Folder::Llite, name);
        let (one, two) = ("a-OST0000-osc-ffff1", "a-OST0000-osc-ffff2");
        let mut continued = Continued::default();
        let mut pass = |names: &[(Folder, &str)], bytes: u64| {
            let mut encoder = Encoder::default();
            encoder.family(&READ_BYTES).sample(["a"], bytes);
            continued.begin(devices(names).iter());
            let written = continued.apply("osc", encoder.written());
            let text = written.map_or_else(|| encoder.written().0.to_vec(), |(text, _)| text);
            let text = String::from_utf8(text).expect("UTF-8");
            text.rsplit_once(' ').expect("a number").1.trim().parse::<u64>().expect("a number")
        };
        let both = [llite("a-ffff1"), llite("a-ffff2"), (Folder::Osc, one), (Folder::Osc, two)];
        assert_eq!(pass(&both, 100), 100);
        // Both were unmounted at once, and wait for servers.
        assert_eq!(pass(&both[2..], 100), 100);
        assert_eq!(pass(&both[2..3], 60), 100);
        // Mounted anew before the old one has gone for good.
        assert_eq!(pass(&[both[2], llite("a-ffff3")], 60), 100);
        assert_eq!(pass(&[llite("a-ffff3")], 2), 100);
        assert_eq!(pass(&[], 0), 0);
        assert_eq!(pass(&[llite("a-ffff4")], 1), 1);
    }

    #[test]
    fn times_histograms_and_operations_of_the_gone_one_alone_go_on_and_gauges_do_not() {
        let write = |opens: i64, mkdirs: Option<i64>, micros: i64, sizes: [u64; 2]| {
            move |encoder: &mut Encoder| {
                let mut family = encoder.family(&OPERATIONS);
                family.sample(["a", "open"], opens);
                family.sample_if(["a", "mkdir"], mkdirs);
                encoder.family(&OPERATION_DURATION).summary(["a", "open"], Micros(micros), opens);
                let buckets = [("1", sizes[0]), ("2", sizes[1])];
                encoder.family(&IO_SIZE).histogram(["a", "read"], &buckets, 1, None::<u64>);
                encoder.family(&IMPORTS).sample(["a", "osc", "FULL"], opens);
                encoder.family(&EVICTIONS).sample(["a", "osc"], opens);
            }
        };
        let mut continued = Continued::default();
        let before = shown(&mut continued, &["a-1", "a-2"], write(9, Some(2), 1_500_000, [4, 5]));
        let after = shown(&mut continued, &["a-1"], write(5, None, 1_000_000, [2, 3]));
        for (line, shown) in [
            ("operations_total{fs=\"a\",operation=\"open\"} ", "9"),
            ("operation_duration_seconds_sum{fs=\"a\",operation=\"open\"} ", "1.5"),
            ("operation_duration_seconds_count{fs=\"a\",operation=\"open\"} ", "9"),
            ("io_size_bytes_bucket{fs=\"a\",direction=\"read\",le=\"2\"} ", "9"),
            ("import_evictions_total{fs=\"a\",kind=\"osc\"} ", "9"),
        ] {
            let wanted = format!("lustre_client_{line}{shown}\n");
            assert!(before.contains(&wanted) && after.contains(&wanted), "{wanted}: {after}");
        }
        assert!(!after.contains("mkdir"), "what the one that stays has not done: {after}");
        let now = "lustre_client_imports{fs=\"a\",kind=\"osc\",state=\"FULL\"} 5\n";
        assert!(after.contains(now), "{after}");
        let later = shown(&mut continued, &["a-1"], write(6, Some(1), 1_250_000, [2, 4]));
        for line in [
            "operation=\"open\"} 10\n",
            "operation=\"mkdir\"} 2\n",
            "_sum{fs=\"a\",operation=\"open\"} 1.75\n",
            "le=\"2\"} 10\n",
        ] {
            assert!(later.contains(line), "{line}: {later}");
        }
    }

    #[test]
    fn numbers_are_read_and_written_as_they_are() {
        for number in ["0", "7", "-3", "1.5", "0.000001", "-0.25", "18446744073709551615"] {
            let mut text = Vec::new();
            let line = format!("x{{fs=\"a\"}} {number}\n");
            let (before, fs, value) = read_line(line.as_bytes()).expect("a line");
            assert_eq!(fs, "a");
            write_line(&mut text, before, value);
            assert_eq!(text, line.as_bytes());
        }
        for line in ["", "x 5\n", "x{fs=\"a\"} y\n", "x{fs=\"a\"} 1.2.3\n", "x{fs=\"a\n"] {
            assert_eq!(read_line(line.as_bytes()), None, "{line}");
        }
    }
}
