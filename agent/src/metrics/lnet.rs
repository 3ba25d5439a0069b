//! What LNet counts for the whole node: `lnet/stats`.

use super::encode::Encoder;
use super::families::{
    Family, LNET_DROP_BYTES, LNET_DROP_MESSAGES, LNET_ERRORS, LNET_MESSAGES, LNET_MESSAGES_PEAK,
    LNET_RECEIVE_BYTES, LNET_RECEIVE_MESSAGES, LNET_ROUTE_BYTES, LNET_ROUTE_MESSAGES,
    LNET_SEND_BYTES, LNET_SEND_MESSAGES, NI_CREDITS, NI_CREDITS_MAX, NI_CREDITS_MIN, NI_UP,
};
use super::sources::{Place, Sources};
use super::stats::{signed, unsigned};
use super::verdict::{SourceError, Verdict};
use std::collections::BTreeMap;

/// The families, in the order of the file's numbers.
const FIELDS: [&Family<0>; 11] = [
    &LNET_MESSAGES,
    &LNET_MESSAGES_PEAK,
    &LNET_ERRORS,
    &LNET_SEND_MESSAGES,
    &LNET_RECEIVE_MESSAGES,
    &LNET_ROUTE_MESSAGES,
    &LNET_DROP_MESSAGES,
    &LNET_SEND_BYTES,
    &LNET_RECEIVE_BYTES,
    &LNET_ROUTE_BYTES,
    &LNET_DROP_BYTES,
];

/// Parses the one line of eleven numbers, which the kernel prints unsigned; the counts of
/// messages have 32 bits. `None` when it is torn or something else.
pub(super) fn parse(text: &[u8]) -> Option<[u64; FIELDS.len()]> {
    let line = text.strip_suffix(b"\n")?;
    let mut numbers = [0; FIELDS.len()];
    let mut words = line.split(|byte| *byte == b' ');
    for number in &mut numbers {
        *number = unsigned(words.next()?)?;
    }
    words.next().is_none().then_some(numbers)
}

/// The collector.
///
/// *Source*: `lnet/stats` and `lnet/nis` below debugfs, `/proc/sys/lnet` up to 2.10. *Units*:
/// messages, bytes.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let is_loaded = |sources: &Sources| {
        sources.host().paths.sysfs.join("module/lnet").is_dir() || sources.is_client_loaded()
    };
    match sources.node_file(Place::Lnet, "stats").map(|text| text.map(parse)) {
        Ok(Some(Some(numbers))) => {
            for (family, number) in FIELDS.into_iter().zip(numbers) {
                encoder.family(family).sample([], number);
            }
        }
        Ok(Some(None)) => {
            verdict.oddities = 1;
            verdict.note(SourceError::NotUnderstood { path: sources.last_path().to_owned() });
        }
        Ok(None) if is_loaded(sources) => verdict.note(sources.missing_of_lnet("stats")),
        Ok(None) => {}
        Err(error) => verdict.note(error),
    }
    collect_interfaces(sources, encoder, &mut verdict);
    verdict
}

fn collect_interfaces(sources: &mut Sources, encoder: &mut Encoder, verdict: &mut Verdict) {
    let (interfaces, oddities) = match sources.node_file(Place::Lnet, "nis") {
        Ok(Some(text)) => parse_interfaces(text),
        // Where LNet's other file is missing too, that was said.
        Ok(None) => return,
        Err(error) => return verdict.note(error),
    };
    verdict.oddities += oddities;
    let mut up = encoder.family(&NI_UP);
    for (nid, interface) in &interfaces {
        up.sample([nid], interface.is_up);
    }
    for (family, get) in [
        (&NI_CREDITS, (|interface| interface.credits) as fn(&Interface) -> i64),
        (&NI_CREDITS_MIN, |interface| interface.least),
        (&NI_CREDITS_MAX, |interface| interface.most),
    ] {
        let mut samples = encoder.family(family);
        for (nid, interface) in &interfaces {
            samples.sample([nid], get(interface));
        }
    }
}

/// An interface of LNet, the sum over its processors' shares. *Units*: messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    /// Every share of it is up.
    is_up: bool,
    /// Messages that may still be sent.
    credits: i64,
    /// The fewest so far.
    least: i64,
    /// All of them.
    most: i64,
}

/// Parses `nis`: `nid status alive refs peer rtr max tx min`, one row for each share of an interface.
/// The loopback interface is left out: it has no credits.
pub(super) fn parse_interfaces(text: &[u8]) -> (BTreeMap<String, Interface>, u64) {
    let mut found: BTreeMap<String, Interface> = BTreeMap::new();
    let mut oddities = 0;
    for line in rows::<9>(text) {
        let row = line.filter(|[nid, ..]| is_nid(nid));
        let row = row.map(|[nid, status, _, _, _, _, most, credits, least]| {
            (nid, status, [most, credits, least].map(|word| signed(word.as_bytes())))
        });
        let Some((nid, status, [Some(most), Some(credits), Some(least)])) = row else {
            oddities += 1;
            continue;
        };
        if nid.ends_with("@lo") {
            continue;
        }
        let share = Interface { is_up: status == "up", credits, least, most };
        found
            .entry(nid.to_owned())
            .and_modify(|sum| {
                sum.is_up &= share.is_up;
                sum.credits = sum.credits.saturating_add(credits);
                sum.least = sum.least.saturating_add(least);
                sum.most = sum.most.saturating_add(most);
            })
            .or_insert(share);
    }
    (found, oddities)
}

/// The words of each whole row below the heading; `None` of one that has not so many.
pub(super) fn rows<const N: usize>(text: &[u8]) -> impl Iterator<Item = Option<[&str; N]>> {
    let end = text.iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
    let lines = text.get(..end).unwrap_or_default().split(|byte| *byte == b'\n').skip(1);
    lines.map(|line| {
        let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
        let mut row = [""; N];
        for word in &mut row {
            *word = words.next()?;
        }
        words.next().is_none().then_some(row)
    })
}

/// Whether a word can be a NID: an address, `@` and a network.
pub(super) fn is_nid(word: &str) -> bool {
    word.len() <= 100
        && word.split_once('@').is_some_and(|(address, network)| {
            !address.is_empty() && !network.is_empty() && word.bytes().all(|b| b.is_ascii_graphic())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_numbers_and_nothing_else() {
        let real = "0 35 0 7317 7317 0 0 209174672 194602376 0 0\n";
        let numbers = parse(real.as_bytes()).expect("the capture");
        assert_eq!((numbers[1], numbers[3], numbers[7]), (35, 7317, 209_174_672));
        for text in [
            "",
            "\n",
            real.trim_end(),
            "0 35 0 7317 7317 0 0 209174672 194602376 0\n",
            "0 35 0 7317 7317 0 0 209174672 194602376 0 0 0\n",
            "0 35 0 7317 7317 0 0 209174672 194602376 0 -1\n",
            "0 35 0 7317 7317 0 0 209174672 194602376 0 99999999999999999999\n",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn interfaces_of_a_capture_and_of_several_processors() {
        let head = "nid                      status alive refs peer  rtr   max    tx   min\n";
        let lo = "0@lo                         up     0    2    0    0     0     0     0\n";
        let tcp = "192.168.77.20@tcp            up    -1    1    8    0   256   256   248\n";
        let (found, oddities) = parse_interfaces(format!("{head}{lo}{tcp}{tcp}").as_bytes());
        let want = Interface { is_up: true, credits: 512, least: 496, most: 512 };
        assert_eq!((found.len(), oddities), (1, 0));
        assert_eq!(found.get("192.168.77.20@tcp"), Some(&want));
        let down = tcp.replace("up", "down").replace("248", "-27");
        let (found, _) = parse_interfaces(format!("{head}{tcp}{down}").as_bytes());
        let share = found.get("192.168.77.20@tcp").expect("known");
        assert_eq!((share.is_up, share.least), (false, 221));
        for (text, oddities) in
            [("", 0), ("x", 0), ("h\nx y\n", 1), ("h\n192.168.77.20@tcp up\n", 1)]
        {
            assert_eq!(parse_interfaces(text.as_bytes()), (BTreeMap::new(), oddities), "{text}");
        }
        let torn = format!("{head}{tcp}{tcp}");
        let (found, _) = parse_interfaces(&torn.as_bytes()[..torn.len() - 2]);
        assert_eq!(found.get("192.168.77.20@tcp").map(|one| one.most), Some(256));
    }
}
