//! The whole configuration: the helper's part and the agent's sections of the same files.

mod aws;
mod jobs;
mod layouts;
mod shown;

pub use aws::{AwsSection, ResolveSection};
pub use jobs::{JobMount, JobsSection};
pub use layouts::LayoutSection;
pub use shown::{ShownOrigin, ShownSetting, settings};

use crate::layout::StripeSize;
use fsxlustre_mount::config::{
    Config, ConfigError, FOLDER, Given, Key, Mistake, Piece, Values, read_files,
};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, PathOverrides};
use serde::Deserialize;
use std::path::Path;

/// The configuration of this node.
#[derive(Clone, Debug, Default)]
pub struct AgentConfig {
    /// What the mount helper reads too: `[host]` and `[mount]`.
    pub base: Config,
    /// Every value that is given, and where it came from.
    pub values: Values,
    /// `[aws]`.
    pub aws: AwsSection,
    /// `[resolve]`.
    pub resolve: ResolveSection,
    /// `[exporter]`.
    pub exporter: ExporterSection,
    /// `[layout]`.
    pub layout: LayoutSection,
    /// `[jobs]`.
    pub jobs: JobsSection,
}

/// `[exporter]`: the metrics service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExporterSection {
    /// Address and port to listen on.
    pub listen_address: Option<String>,
}

impl AgentConfig {
    /// Reads `/etc/fsxlustre`, then the command line's paths over it.
    ///
    /// # Errors
    /// A failure that names file and line.
    pub fn load(overrides: &PathOverrides) -> Result<Self, Failure> {
        let files = read_files(Path::new(FOLDER)).map_err(|error| error.failure())?;
        Self::from_files(&files, overrides)
    }

    /// Puts files together, a later one over an earlier one.
    ///
    /// # Errors
    /// A failure that names file and line of the first mistake.
    pub fn from_files(files: &[Piece], overrides: &PathOverrides) -> Result<Self, Failure> {
        let (config, mistakes) = Self::look_at(files, overrides);
        ConfigError::of(&mistakes).map_err(|error| error.failure())?;
        config.map_err(|error| error.failure())
    }

    /// Puts pieces together, and says everything that is wrong with them.
    pub fn look_at(
        pieces: &[Piece],
        overrides: &PathOverrides,
    ) -> (Result<Self, ConfigError>, Vec<Mistake>) {
        let (mut values, mut mistakes) = Values::of(pieces);
        values.say_paths(overrides);
        mistakes.extend(unfit_texts(&values));
        let config = if mistakes.is_empty() { Self::of(values) } else { Ok(Self::default()) };
        if let Ok(config) = &config {
            let found = config.layout.mistakes().into_iter().chain(config.jobs.mistakes());
            let found = found.chain(config.aws.mistakes());
            mistakes.extend(found.map(|(key, because)| config.values.mistake(&key, because)));
            mistakes.extend(config.base.mistakes(&config.values));
        }
        (config, mistakes)
    }

    fn of(values: Values) -> Result<Self, ConfigError> {
        Ok(Self {
            base: Config::of(&values)?,
            aws: values.section("aws")?,
            resolve: values.section("resolve")?,
            exporter: values.section("exporter")?,
            layout: values.section("layout")?,
            jobs: values.section("jobs")?,
            values,
        })
    }

    /// This machine.
    pub fn host(&self) -> &Host {
        &self.base.host
    }
}

type CheckText = fn(&str) -> Result<(), String>;

/// Grammars that the mount helper does not know, by the key of their row.
const GRAMMARS: &[(&str, CheckText)] = &[
    ("jobs.mount[].source", jobs::check_source),
    ("layout.profiles.*.stripe_size", |text| StripeSize::try_from(text.to_owned()).map(|_| ())),
];

fn unfit_texts(values: &Values) -> Vec<Mistake> {
    let unfit = |(key, given): (&Key, &Given)| {
        let (_, check) = GRAMMARS.iter().find(|(row, _)| *row == given.row.key)?;
        let because = check(given.value.as_str()?).err()?;
        Some(values.mistake(key, because))
    };
    values.iter().filter_map(unfit).collect()
}

#[cfg(test)]
mod tests;
