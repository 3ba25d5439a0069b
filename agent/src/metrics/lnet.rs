//! What LNet counts for the whole node: `lnet/stats`.

use super::encode::Encoder;
use super::families::{
    Family, LNET_DROP_BYTES, LNET_DROP_MESSAGES, LNET_ERRORS, LNET_MESSAGES, LNET_MESSAGES_PEAK,
    LNET_RECEIVE_BYTES, LNET_RECEIVE_MESSAGES, LNET_ROUTE_BYTES, LNET_ROUTE_MESSAGES,
    LNET_SEND_BYTES, LNET_SEND_MESSAGES,
};
use super::sources::{SourceError, Sources, Verdict};
use super::stats::unsigned;

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
/// *Source*: `lnet/stats` below debugfs, `/proc/sys/lnet/stats` up to 2.10. *Units*: messages, bytes.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    let paths = &sources.host().paths;
    let folders = [paths.debugfs.join("lnet"), paths.procfs.join("sys/lnet")];
    let is_loaded = paths.sysfs.join("module/lnet").is_dir() || sources.is_client_loaded();
    match sources
        .first_of(&folders.each_ref().map(|folder| folder.join("stats")))
        .map(|text| text.map(parse))
    {
        Ok(Some(Some(numbers))) => {
            for (family, number) in FIELDS.into_iter().zip(numbers) {
                encoder.family(family).sample([], number);
            }
        }
        Ok(Some(None)) => {
            verdict.oddities = 1;
            verdict.note(SourceError::NotUnderstood { path: sources.last_path().to_owned() });
        }
        Ok(None) if is_loaded => verdict.note(SourceError::missing("stats", &folders)),
        Ok(None) => {}
        Err(error) => verdict.note(error),
    }
    verdict
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
}
