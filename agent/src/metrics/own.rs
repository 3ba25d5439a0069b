//! What the service says of itself, with the `prometheus` crate.

use super::collect::Report;
use super::encode::Encoder;
use super::exposition::Exposed;
use super::families::{
    BUILD_INFO, COLLECTOR_DURATION, COLLECTOR_SUCCESS, FAMILY_DROPPED, FILES_READ, Family,
    SCRAPE_STUCK, SCRAPES, SERIES, SOURCE_AVAILABLE, SOURCE_REFUSED, UNKNOWN_FIELDS,
};
use super::selection::Selection;
use super::sources::Sources;
use prometheus::{
    Encoder as _, GaugeVec, IntCounter, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

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
    /// The collectors that have values, each with whether it had a report.
    told: Vec<(&'static str, bool)>,
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
        let own = Self {
            registry: Registry::new(),
            success: IntGaugeVec::new(options(&COLLECTOR_SUCCESS), COLLECTOR_SUCCESS.labels())?,
            duration: GaugeVec::new(options(&COLLECTOR_DURATION), COLLECTOR_DURATION.labels())?,
            unknown: IntGaugeVec::new(options(&UNKNOWN_FIELDS), UNKNOWN_FIELDS.labels())?,
            series: IntGauge::with_opts(options(&SERIES))?,
            dropped: IntGaugeVec::new(options(&FAMILY_DROPPED), FAMILY_DROPPED.labels())?,
            stuck: IntGauge::with_opts(options(&SCRAPE_STUCK))?,
            scrapes: IntCounter::with_opts(options(&SCRAPES))?,
            told: Vec::new(),
        };
        let build = IntGaugeVec::new(options(&BUILD_INFO), BUILD_INFO.labels())?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
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
        let report_of = |name| scraped.reports.iter().find(|report| report.collector == name);
        let names = scraped.collectors.names();
        let told = names.map(|name| (name, report_of(name).is_some())).collect();
        if told != self.told {
            self.success.reset();
            self.duration.reset();
            self.unknown.reset();
            self.told = told;
        }
        self.dropped.reset();
        for (name, _) in &self.told {
            let report = report_of(name);
            let succeeded = report.is_some_and(|report| report.trouble.is_none());
            self.success.with_label_values(&[name]).set(i64::from(succeeded));
            if let Some(Report { oddities, took, .. }) = report {
                let oddities = i64::try_from(*oddities).unwrap_or(i64::MAX);
                self.unknown.with_label_values(&[name]).set(oddities);
                self.duration.with_label_values(&[name]).set(took.as_secs_f64());
            }
        }
        self.series.set(i64::try_from(scraped.exposed.series).unwrap_or(i64::MAX));
        for family in &scraped.exposed.dropped {
            self.dropped.with_label_values(&[family]).set(1);
        }
        self.stuck.set(i64::from(scraped.is_stuck));
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), text) {
            tracing::error!("the service's own metrics cannot be written: {error}");
        }
    }
}

/// What a scrape was of.
#[derive(Debug)]
pub(super) struct Scraped<'s> {
    /// Who was to run.
    pub(super) collectors: &'s Selection,
    /// Who did.
    pub(super) reports: &'s [Report],
    /// Whether it had not ended in time.
    pub(super) is_stuck: bool,
    /// What came of it.
    pub(super) exposed: &'s Exposed,
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
