//! Every parser with every byte of real texts changed, taken away or made the last: none may panic,
//! and none may make a number out of a torn line.

use super::{client, imports, llite, lnet, targets};

const TEXTS: &[&str] = &[
    include_str!(
        "../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lustre/llite/p7lsxbev-ff3391038293f800/stats"
    ),
    include_str!(
        "../../tests/fixtures/metrics/lustre-2.10.1/proc/fs/lustre/osc/lustrefs-OST0000-osc-ffff88105db50000/stats"
    ),
    include_str!("../../tests/fixtures/metrics/lustre-2.15.8/sys/kernel/debug/lnet/stats"),
    include_str!("../../tests/fixtures/metrics/lustre-2.15.8/sys/fs/lustre/version"),
    include_str!("../../tests/fixtures/metrics/lustre-2.15.8/sys/fs/lustre/health_check"),
    "p7lsxbev-OST0002_UUID\tDISCONN\tDEACTIVATED\n",
];

const BYTES: &[u8] = b"\0\t\n -[]9\xff";

fn parse_all(text: &[u8]) {
    let _ = llite::parse(text);
    let _ = targets::parse(text);
    let _ = lnet::parse(text);
    let _ = client::parse_version(text);
    let _ = client::parse_health(text);
    let _ = imports::parse(text);
}

#[test]
fn no_byte_makes_a_parser_panic() {
    for text in TEXTS {
        for place in 0..text.len() {
            let mut mangled = text.as_bytes().to_vec();
            for byte in BYTES {
                mangled[place] = *byte;
                parse_all(&mangled);
            }
            mangled.remove(place);
            parse_all(&mangled);
            parse_all(&text.as_bytes()[..place]);
        }
    }
}

#[test]
fn a_torn_file_gives_the_whole_lines_or_nothing() {
    let text = TEXTS[0].as_bytes();
    let (whole, _) = llite::parse(text);
    let whole = whole.expect("a capture");
    for end in 0..text.len() {
        let Some(torn) = llite::parse(&text[..end]).0 else { continue };
        for (torn, whole) in [(torn.read, whole.read), (torn.write, whole.write)] {
            let is_cut_between_lines = text[..end].ends_with(b"\n");
            assert!(torn == whole || torn.bytes.is_none() || is_cut_between_lines, "{end}");
        }
        for (name, operation) in &torn.operations {
            assert_eq!(Some(operation), whole.operations.get(name), "{end}");
        }
    }
    for end in 0..TEXTS[2].len() {
        assert_eq!(lnet::parse(&TEXTS[2].as_bytes()[..end]), None, "{end}");
    }
}
