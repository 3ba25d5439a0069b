//! Every parser with every byte of real texts changed, taken away or made the last: none may panic,
//! and none may make a number out of a torn line.

use super::{
    cache, client, extents, import_file, import_state, ldlm, llite, lnet, peers, reading,
    rpc_stats, rpc_times, targets,
};
use proptest::prelude::*;

/// A parser, for its panics only; a size stands for what it gave, so that all have one type.
type Parser = fn(&[u8]) -> usize;

const LLITE: &str = include_str!(
    "../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/stats"
);
const LNET: &str =
    include_str!("../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lnet/stats");

/// Each text with those who read it.
const TEXTS: &[(&str, &[Parser])] = &[
    (
        LLITE,
        &[
            |text| size_of_val(&llite::parse(text)),
            |text| size_of_val(&ldlm::parse_callbacks(text)),
        ],
    ),
    (LNET, &[|text| size_of_val(&lnet::parse(text))]),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.10.1/proc/fs/lustre/osc/lustrefs-OST0000-osc-ffff88105db50000/stats"
        ),
        &[|text| size_of_val(&rpc_times::parse(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/rpc_stats"
        ),
        &[|text| size_of_val(&rpc_stats::parse(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/rpc_stats"
        ),
        &[|text| size_of_val(&rpc_stats::parse(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/mdc/p7lsxbev-MDT0000-mdc-ff3391038293f800/md_stats"
        ),
        &[|text| size_of_val(&targets::parse_md_stats(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/import"
        ),
        &[|text| size_of_val(&import_file::parse(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/state"
        ),
        &[|text| size_of_val(&import_file::parse_changes(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/proc/fs/lustre/osc/p7lsxbev-OST0000-osc-ff3391038293f800/timeouts"
        ),
        &[|text| size_of_val(&import_file::parse_network_seconds(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/max_cached_mb"
        ),
        &[|text| size_of_val(&cache::parse_cache(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/read_ahead_stats"
        ),
        &[|text| size_of_val(&cache::parse_read_ahead(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/statahead_stats"
        ),
        &[|text| size_of_val(&cache::parse_statahead(text))],
    ),
    (
        include_str!(
            "../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/unstable_stats"
        ),
        &[|text| size_of_val(&cache::parse_unstable(text))],
    ),
    (
        include_str!("../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lnet/nis"),
        &[|text| size_of_val(&lnet::parse_interfaces(text))],
    ),
    (
        include_str!("../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lnet/peers"),
        &[|text| size_of_val(&peers::parse(text))],
    ),
    (
        include_str!("../../tests/fixtures/metrics/lustre-2.15.8/sys/fs/lustre/version"),
        &[
            |text| size_of_val(&client::parse_version(text)),
            |text| size_of_val(&client::parse_word(text)),
            |text| size_of_val(&client::parse_memory(text)),
            |text| size_of_val(&reading::number(text)),
        ],
    ),
    (
        include_str!("../../tests/fixtures/metrics/lustre-2.15.8/sys/fs/lustre/health_check"),
        &[|text| size_of_val(&client::parse_health(text))],
    ),
    (extents::CAPTIONED, &[|text| size_of_val(&extents::parse(text))]),
    (
        "p7lsxbev-OST0002_UUID\tDISCONN\tDEACTIVATED\n",
        &[|text| size_of_val(&import_state::parse(text))],
    ),
];

const BYTES: &[u8] = b"\0\t\n -[]9\xff";

#[test]
fn no_byte_makes_a_parser_panic() {
    for (text, parsers) in TEXTS {
        for parse in *parsers {
            for place in 0..text.len() {
                let mut mangled = text.as_bytes().to_vec();
                for byte in BYTES {
                    mangled[place] = *byte;
                    let _ = parse(&mangled);
                }
                mangled.remove(place);
                let _ = parse(&mangled);
                let _ = parse(&text.as_bytes()[..place]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Lines of real files in any order, torn and joined, and any bytes: every parser ends and none
    /// panics.
    #[test]
    fn no_text_makes_a_parser_panic(
        pieces in prop::collection::vec((0..TEXTS.len(), 0_usize..80, 0_usize..60, any::<u8>()), 0..60),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut text = Vec::new();
        for (number, line, length, end) in pieces {
            let line = TEXTS[number].0.lines().nth(line).unwrap_or_default().as_bytes();
            text.extend_from_slice(&line[..line.len().min(length)]);
            text.push(if end < 200 { b'\n' } else { end });
        }
        for (_, parsers) in TEXTS {
            for parse in *parsers {
                let _ = parse(&text);
                let _ = parse(&bytes);
            }
        }
    }
}

#[test]
fn a_torn_file_gives_the_whole_lines_or_nothing() {
    let text = LLITE.as_bytes();
    let (whole, _) = llite::parse(text);
    let whole = whole.expect("a capture");
    for end in 0..text.len() {
        let Some(torn) = llite::parse(&text[..end]).0 else { continue };
        for (torn, whole) in [(torn.read, whole.read), (torn.write, whole.write)] {
            let is_cut_between_lines = text[..end].ends_with(b"\n");
            assert!(torn == whole || torn.bytes.is_none() || is_cut_between_lines, "{end}");
        }
        for (name, operation) in torn.operations.iter() {
            assert_eq!(Some(operation), whole.operations.get(name), "{end}");
        }
    }
    for end in 0..LNET.len() {
        assert_eq!(lnet::parse(&LNET.as_bytes()[..end]), None, "{end}");
    }
}
