//! What the service says of itself, with the `prometheus` crate.
//!
//! The crate keeps the metrics. Its own way to text makes an object of every label and every sample first,
//! which would be a tenth of a small scrape; so the values are read here and written as all others are.

use super::collect::Report;
use super::encode::Encoder;
use super::exposition::{Exposed, write_head};
use super::families::{
    BUILD_INFO, COLLECTOR_DURATION, COLLECTOR_SUCCESS, FAMILY_DROPPED, FILES_READ, Family,
    SCRAPE_STUCK, SCRAPES, SERIES, SOURCE_AVAILABLE, SOURCE_REFUSED, UNKNOWN_FIELDS,
};
use super::selection::Selection;
use super::sources::Sources;
use prometheus::{Gauge, GaugeVec, IntCounter, IntGauge, IntGaugeVec, Opts, Registry};
use std::time::Duration;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The service's own metrics.
#[derive(Debug)]
pub(super) struct OwnMetrics {
    registry: Registry,
    success: IntGaugeVec,
    duration: GaugeVec,
    unknown: IntGaugeVec,
    series: IntGauge,
    dropped: IntGaugeVec,
    stuck: IntGauge,
    scrapes: IntCounter,
    build: IntGauge,
    /// The collectors that have values, in the order in which they run.
    told: Vec<Told>,
    /// Their places by name.
    by_name: Vec<usize>,
    encoder: Encoder,
}

/// The values of one collector.
#[derive(Debug)]
struct Told {
    collector: &'static str,
    success: IntGauge,
    /// Duration and what was not known, where it had a report.
    reported: Option<(Gauge, IntGauge)>,
}

fn options<const N: usize>(family: &Family<N>) -> Opts {
    Opts::new(family.row().name, family.row().help)
}

impl OwnMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// When the table of families has two of one name: a fault of ours.
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        let build = IntGaugeVec::new(options(&BUILD_INFO), BUILD_INFO.labels())?;
        let own = Self {
            registry: Registry::new(),
            success: IntGaugeVec::new(options(&COLLECTOR_SUCCESS), COLLECTOR_SUCCESS.labels())?,
            duration: GaugeVec::new(options(&COLLECTOR_DURATION), COLLECTOR_DURATION.labels())?,
            unknown: IntGaugeVec::new(options(&UNKNOWN_FIELDS), UNKNOWN_FIELDS.labels())?,
            series: IntGauge::with_opts(options(&SERIES))?,
            dropped: IntGaugeVec::new(options(&FAMILY_DROPPED), FAMILY_DROPPED.labels())?,
            stuck: IntGauge::with_opts(options(&SCRAPE_STUCK))?,
            scrapes: IntCounter::with_opts(options(&SCRAPES))?,
            build: build.with_label_values(&[VERSION]),
            told: Vec::new(),
            by_name: Vec::new(),
            encoder: Encoder::default(),
        };
        own.build.set(1);
        let vectors = [own.success.clone(), own.unknown.clone(), own.dropped.clone(), build];
        for vector in vectors {
            own.registry.register(Box::new(vector))?;
        }
        own.registry.register(Box::new(own.duration.clone()))?;
        own.registry.register(Box::new(own.series.clone()))?;
        own.registry.register(Box::new(own.stuck.clone()))?;
        own.registry.register(Box::new(own.scrapes.clone()))?;
        Ok(own)
    }

    /// Counts a scrape.
    pub(super) fn count_scrape(&self) {
        self.scrapes.inc();
    }

    /// Appends them for a scrape of these collectors. A collector without a report has not ended: it
    /// has no success, and its duration and oddities are not known.
    pub(super) fn append(&mut self, scraped: &Scraped<'_>, text: &mut Vec<u8>) {
        self.set(scraped);
        let dropped = &scraped.exposed.dropped;
        self.encode(dropped);
        let (written, parts) = self.encoder.written();
        let ends = parts.iter().skip(1).map(|part| part.start).chain([written.len()]);
        for (part, end) in parts.iter().zip(ends) {
            write_head(part.row.place, text);
            text.extend_from_slice(written.get(part.start..end).unwrap_or_default());
        }
    }

    fn set(&mut self, scraped: &Scraped<'_>) {
        let told = self.told.iter().map(|told| (told.collector, told.reported.is_some()));
        if !told.eq(scraped.each().map(|(name, report)| (name, report.is_some()))) {
            self.tell_of(scraped);
        }
        for (told, (_, report)) in self.told.iter().zip(scraped.each()) {
            told.success.set(report.is_some_and(|report| report.trouble.is_none()).into());
            if let Some(((duration, unknown), report)) = told.reported.as_ref().zip(report) {
                unknown.set(i64::try_from(report.oddities).unwrap_or(i64::MAX));
                duration.set(report.took.as_secs_f64());
            }
        }
        self.series.set(i64::try_from(scraped.exposed.series).unwrap_or(i64::MAX));
        self.dropped.reset();
        for family in &scraped.exposed.dropped {
            self.dropped.with_label_values(&[family]).set(1);
        }
        self.stuck.set(i64::from(scraped.is_stuck));
    }

    /// Makes the values of these collectors, and of no others.
    fn tell_of(&mut self, scraped: &Scraped<'_>) {
        self.success.reset();
        self.duration.reset();
        self.unknown.reset();
        let told = scraped.each().map(|(collector, report)| Told {
            collector,
            success: self.success.with_label_values(&[collector]),
            reported: report.map(|_| {
                let label = &[collector];
                (self.duration.with_label_values(label), self.unknown.with_label_values(label))
            }),
        });
        self.told = told.collect();
        self.by_name = (0..self.told.len()).collect();
        self.by_name.sort_by_key(|place| self.told.get(*place).map(|told| told.collector));
    }

    /// Writes all values as the crate would: families and labels by name.
    fn encode(&mut self, dropped: &[&str]) {
        let Self { encoder, told, by_name, .. } = self;
        let told = || by_name.iter().filter_map(|place| told.get(*place));
        encoder.clear();
        encoder.family(&BUILD_INFO).sample([VERSION], self.build.get());
        let mut durations = encoder.family(&COLLECTOR_DURATION);
        for told in told() {
            let duration = told.reported.as_ref().map(|(duration, _)| duration.get());
            let duration = duration.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            durations.sample_if([told.collector], duration);
        }
        let mut successes = encoder.family(&COLLECTOR_SUCCESS);
        for told in told() {
            successes.sample([told.collector], told.success.get());
        }
        let mut names = dropped.to_vec();
        names.sort_unstable();
        let mut dropped = encoder.family(&FAMILY_DROPPED);
        for name in names {
            dropped.sample([name], self.dropped.with_label_values(&[name]).get());
        }
        encoder.family(&SCRAPE_STUCK).sample([], self.stuck.get());
        encoder.family(&SCRAPES).sample([], self.scrapes.get());
        encoder.family(&SERIES).sample([], self.series.get());
        let mut unknown = encoder.family(&UNKNOWN_FIELDS);
        for told in told() {
            let count = told.reported.as_ref().map(|(_, unknown)| unknown.get());
            unknown.sample_if([told.collector], count);
        }
    }
}

/// What a scrape was of.
#[derive(Debug)]
pub(super) struct Scraped<'s> {
    /// Who was to run.
    pub(super) collectors: &'s Selection,
    /// Who did, in the same order.
    pub(super) reports: &'s [Report],
    /// Whether it had not ended in time.
    pub(super) is_stuck: bool,
    /// What came of it.
    pub(super) exposed: &'s Exposed,
}

impl<'s> Scraped<'s> {
    /// Each collector that was to run, with its report if it did.
    fn each(&self) -> impl Iterator<Item = (&'static str, Option<&'s Report>)> + '_ {
        let mut reports = self.reports.iter().peekable();
        self.collectors
            .names()
            .map(move |name| (name, reports.next_if(|report| report.collector == name)))
    }
}

/// Writes which file systems of the kernel were there, and how many files were read.
pub(super) fn encode_sources(sources: &Sources, encoder: &mut Encoder) {
    let states = sources.states();
    let mut available = encoder.family(&SOURCE_AVAILABLE);
    for (source, is_there, _) in states {
        available.sample([source], is_there);
    }
    let mut refused = encoder.family(&SOURCE_REFUSED);
    for (source, _, is_refused) in states {
        refused.sample([source], is_refused);
    }
    encoder.family(&FILES_READ).sample([], sources.files());
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::{Encoder as _, TextEncoder};

    fn report(collector: &'static str, nanos: u64, oddities: u64, is_whole: bool) -> Report {
        let trouble = (!is_whole).then(|| ("x".to_owned(), "y".to_owned()));
        Report { collector, oddities, trouble, took: Duration::from_nanos(nanos) }
    }

    #[test]
    fn the_text_is_the_one_that_the_crate_would_write() {
        let mut own = OwnMetrics::new().expect("metrics");
        let few = Selection::default().narrowed(&["osc".into(), "llite".into()]).expect("chosen");
        let [all, few] = [Selection::default(), few];
        let whole = [report("llite", 123_456, 0, true), report("osc", 61_000_000_100, 7, false)];
        let cut = Exposed { series: 9, dropped: vec!["lustre_b", "lustre_a"] };
        let none = Exposed { series: 5504, dropped: Vec::new() };
        for (collectors, reports, is_stuck, exposed) in [
            (&few, &whole[..], false, &none),
            (&few, &whole[..1], true, &cut),
            (&few, &whole[..], false, &cut),
            (&all, &whole[..], true, &none),
            (&all, &[], true, &none),
        ] {
            own.count_scrape();
            let (mut text, mut wanted) = (b"before\n".to_vec(), b"before\n".to_vec());
            own.append(&Scraped { collectors, reports, is_stuck, exposed }, &mut text);
            TextEncoder::new().encode(&own.registry.gather(), &mut wanted).expect("text");
            let [text, wanted] = [text, wanted].map(|text| String::from_utf8(text).expect("UTF-8"));
            assert_eq!(text, wanted);
        }
    }
}
