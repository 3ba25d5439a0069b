//! Credits of each peer of LNet: `lnet/peers`; off unless asked for, as there may be many.

use super::encode::Encoder;
use super::families::{PEER_CREDITS, PEER_CREDITS_MIN, PEER_QUEUED};
use super::lnet::{is_nid, rows};
use super::sources::{Place, Sources};
use super::stats::signed;
use super::verdict::Verdict;
use std::collections::BTreeMap;

/// Credits, the fewest so far, and bytes that wait.
type Peer = [i64; 3];

/// Parses `peers`: `nid refs state last max rtr min tx min queue`.
pub(super) fn parse(text: &[u8]) -> (BTreeMap<String, Peer>, u64) {
    let mut found: BTreeMap<String, Peer> = BTreeMap::new();
    let mut oddities = 0;
    for line in rows::<10>(text) {
        let row = line.filter(|[nid, ..]| is_nid(nid));
        let row = row.map(|[nid, _, _, _, _, _, _, credits, least, queued]| {
            (nid, [credits, least, queued].map(|word| signed(word.as_bytes())))
        });
        let Some((nid, [Some(credits), Some(least), Some(queued)])) = row else {
            oddities += 1;
            continue;
        };
        let sums = found.entry(nid.to_owned()).or_default();
        for (sum, more) in sums.iter_mut().zip([credits, least, queued]) {
            *sum = sum.saturating_add(more);
        }
    }
    (found, oddities)
}

/// The collector.
///
/// *Source*: `lnet/peers`. *Units*: messages, bytes.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let (peers, oddities) = match sources.node_file(Place::Lnet, "peers") {
        Ok(text) => text.map(parse).unwrap_or_default(),
        Err(error) => {
            verdict.note(error);
            return verdict;
        }
    };
    verdict.oddities = oddities;
    for (place, family) in [&PEER_CREDITS, &PEER_CREDITS_MIN, &PEER_QUEUED].into_iter().enumerate()
    {
        let mut samples = encoder.family(family);
        for (nid, peer) in &peers {
            samples.sample_if([nid], peer.get(place).copied());
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_captured_table() {
        let text = "nid                      refs state  last   max   rtr   min    tx   min queue\n\
                    192.168.77.10@tcp           1    NA    -1     8     8     8     8   -27 0\n";
        let (found, oddities) = parse(text.as_bytes());
        assert_eq!((found.get("192.168.77.10@tcp"), oddities), (Some(&[8, -27, 0]), 0));
        assert_eq!(parse(b"head\nx\n").1, 1);
        assert_eq!(parse(b""), (BTreeMap::new(), 0));
    }
}
