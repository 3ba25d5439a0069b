//! What `make bench` measures of the encoder by itself.

use super::encode::Encoder;
use super::exposition::Collected;
use super::families::{Family, IMPORT_UP, OSC_RPCS, RPCS_IN_FLIGHT, TARGET_EVICTIONS};
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Families of three labels.
const FAMILIES: [&Family<3>; 4] = [&OSC_RPCS, &RPCS_IN_FLIGHT, &IMPORT_UP, &TARGET_EVICTIONS];

/// The processor's times of one pass.
#[derive(Clone, Copy, Debug)]
pub struct EncodingTime {
    /// Until all samples are written.
    pub samples: Duration,
    /// Until the whole text of the scrape is there, HELP and TYPE included.
    pub text: Duration,
    /// The length of the text.
    pub bytes: usize,
}

/// Writes that many series of three labels into a buffer that is used again, as a scrape does.
// What measures may be built for its size; this is built as the service is.
#[inline(never)]
pub fn encoding_times(series: usize, passes: usize) -> Vec<EncodingTime> {
    let each = series / FAMILIES.len();
    let targets: Vec<String> = (0..each).map(|number| format!("OST{number:04x}")).collect();
    let mut encoder = Encoder::default();
    let mut collected = Collected::default();
    let mut text = Vec::new();
    let pass = |_| {
        collected.clear();
        text.clear();
        let begun = processor_time();
        for family in FAMILIES {
            let numbered = targets.iter().zip(1_234_567_890_u64..);
            let all = numbered.map(|(target, number)| (["p7lsxbev", target, "read"], Some(number)));
            encoder.family(family).samples(all);
        }
        let samples = processor_time().saturating_sub(begun);
        collected.take(&mut encoder);
        collected.write(None, &mut text);
        EncodingTime { samples, text: processor_time().saturating_sub(begun), bytes: text.len() }
    };
    (0..passes).map(pass).collect()
}

/// What this thread has taken of the processor so far.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Into::into).unwrap_or_default()
}
