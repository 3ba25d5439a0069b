//! What the service says of itself, with the `prometheus` crate.

use super::collect::{COLLECTOR_NAMES, Report};
use super::families::{
    BUILD_INFO, COLLECTOR_DURATION, COLLECTOR_SUCCESS, Family, SCRAPE_STUCK, SCRAPES,
    UNKNOWN_FIELDS,
};
use super::selection::Selection;
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
    stuck: IntGauge,
    scrapes: IntCounter,
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
            stuck: IntGauge::with_opts(options(&SCRAPE_STUCK))?,
            scrapes: IntCounter::with_opts(options(&SCRAPES))?,
        };
        let build = IntGaugeVec::new(options(&BUILD_INFO), BUILD_INFO.labels())?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        own.registry.register(Box::new(build))?;
        own.registry.register(Box::new(own.success.clone()))?;
        own.registry.register(Box::new(own.duration.clone()))?;
        own.registry.register(Box::new(own.unknown.clone()))?;
        own.registry.register(Box::new(own.stuck.clone()))?;
        own.registry.register(Box::new(own.scrapes.clone()))?;
        Ok(own)
    }

    /// Counts a scrape.
    pub(super) fn count_scrape(&self) {
        self.scrapes.inc();
    }

    /// Appends them for a scrape of these collectors with these reports. A collector without one has not ended: it has
    /// no success, and its duration and oddities are not known.
    pub(super) fn append(
        &self,
        reports: &[Report],
        selection: Selection,
        is_stuck: bool,
        text: &mut Vec<u8>,
    ) {
        self.success.reset();
        self.duration.reset();
        self.unknown.reset();
        for name in COLLECTOR_NAMES.into_iter().filter(|name| selection.has(name)) {
            let report = reports.iter().find(|report| report.collector == name);
            let succeeded = report.is_some_and(|report| report.verdict.trouble.is_none());
            self.success.with_label_values(&[name]).set(i64::from(succeeded));
            if let Some(Report { verdict, took, .. }) = report {
                let oddities = i64::try_from(verdict.oddities).unwrap_or(i64::MAX);
                self.unknown.with_label_values(&[name]).set(oddities);
                self.duration.with_label_values(&[name]).set(took.as_secs_f64());
            }
        }
        self.stuck.set(i64::from(is_stuck));
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), text) {
            tracing::error!("the service's own metrics cannot be written: {error}");
        }
    }
}
