//! Looks at the counters: a scrape of this process's own, read back.

use crate::metrics::{ScrapeSettings, Scraper, Selection, Snapshot};
use fsxlustre_mount::failure::{Code, Failure};
use fsxlustre_mount::host::Host;
use std::time::{Duration, Instant};

/// The longest that a look takes, whatever hangs. A child that asks a dead mount is left behind
/// before that.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// What is turned on beside the collectors that run by default: what each target has to tell.
const MORE: [&str; 2] = ["targets", "import_targets"];

/// One look.
#[derive(Clone, Debug)]
pub struct Look {
    /// When it began.
    pub at: Instant,
    /// What was seen.
    pub seen: Snapshot,
}

/// Looks again and again. The children that ask the mounts live as long as it does.
#[derive(Clone, Debug)]
pub struct Looker {
    scraper: Scraper,
    collectors: Selection,
}

impl Looker {
    /// Of this host. `slow_tier` is how old what is read slowly may be: locks, settings, and the
    /// details of connections.
    ///
    /// # Errors
    /// A fault of ours in the table of families or collectors.
    pub fn new(host: &Host, slow_tier: Duration) -> Result<Self, Failure> {
        let mut collectors = Selection::default();
        for name in MORE {
            collectors.set(name, true).map_err(|error| fault(&error))?;
        }
        let settings = ScrapeSettings { slow_tier, ..ScrapeSettings::default() };
        let scraper = Scraper::new(host, &settings).map_err(|error| fault(&error))?;
        Ok(Self { scraper, collectors })
    }

    /// Looks once, within five seconds.
    pub async fn look(&self) -> Look {
        let at = Instant::now();
        let text = self.scraper.look(LONGEST_LOOK, self.collectors).await;
        Look { at, seen: Snapshot::parse(&text) }
    }
}

fn fault(error: &dyn std::error::Error) -> Failure {
    Failure {
        code: Code::Internal,
        what: "the counters cannot be looked at".into(),
        asked: "make the collectors".into(),
        because: error.to_string(),
        remedy: "report this".into(),
    }
}
