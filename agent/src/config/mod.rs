//! The whole configuration: the helper's part and the agent's sections of the same files.

mod aws;
mod jobs;
mod layout_rule;
mod layouts;
mod node;
mod shown;

pub use aws::{AwsSection, ResolveSection};
pub use jobs::{ExportAtEnd, JobDeadlines, JobMount, JobsSection, Mode, OnLeak, UnmountWhen};
pub use layout_rule::LayoutRule;
pub use layouts::LayoutSection;
pub use node::{NodeSection, Role};
pub use shown::{ShownOrigin, ShownSetting, settings};

use crate::parameter_store::{self, Asking};
use crate::tune::TuneSection;
use fsxlustre_mount::config::{
    Config, ConfigError, FOLDER, Given, Key, Mistake, ParameterSet, Piece, Values, default_number,
    read_files,
};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, PathOverrides};
use serde::Deserialize;
use std::path::Path;
use std::slice;

/// The configuration of this node.
#[derive(Clone, Debug, Default)]
pub struct AgentConfig {
    /// What the mount helper reads too: `[host]` and `[mount]`.
    pub base: Config,
    /// Every value that is given, and where it came from.
    pub values: Values,
    /// What the user must hear about the settings themselves.
    pub warnings: Vec<String>,
    /// `[config]`.
    pub config: ConfigSection,
    /// `[aws]`.
    pub aws: AwsSection,
    /// `[resolve]`.
    pub resolve: ResolveSection,
    /// `[exporter]`.
    pub exporter: ExporterSection,
    /// `[layout]`.
    pub layout: LayoutSection,
    /// `[tune]`.
    pub tune: TuneSection,
    /// `[node]`.
    pub node: NodeSection,
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

/// `[config]`: where else settings come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigSection {
    /// The path in Parameter Store.
    pub ssm_path: Option<String>,
    /// Seconds for which what it said is used without asking again.
    pub fresh: Option<u64>,
    /// How old it may be where it cannot be asked, seconds.
    pub stale_max: Option<u64>,
    /// Seconds to ask it.
    pub timeout: Option<u64>,
}

impl ConfigSection {
    /// Seconds for which what Parameter Store said is used without asking again.
    pub fn fresh(&self) -> u64 {
        self.fresh.unwrap_or_else(|| default_number("config.fresh"))
    }

    /// How old it may be where it cannot be asked, seconds.
    pub fn stale_max(&self) -> u64 {
        self.stale_max.unwrap_or_else(|| default_number("config.stale_max"))
    }

    /// Seconds to ask it.
    pub fn timeout(&self) -> u64 {
        self.timeout.unwrap_or_else(|| default_number("config.timeout"))
    }
}

impl AgentConfig {
    /// Reads `/etc/fsxlustre`, asks Parameter Store where the files say so and it is due, then puts
    /// the command line's paths over all.
    ///
    /// # Errors
    /// A failure that names file, or parameter, and line.
    pub fn load(overrides: &PathOverrides, asking: Asking) -> Result<Self, Failure> {
        let files = read_files(Path::new(FOLDER)).map_err(|error| error.failure())?;
        let local = Self::from_pieces(&files, overrides)?;
        let Some(fleet) = parameter_store::fleet(&local, asking)? else { return Ok(local) };
        let pieces: Vec<_> = fleet.set.pieces().into_iter().chain(files).collect();
        let mut whole = match Self::from_pieces(&pieces, overrides) {
            Ok(whole) => whole,
            // What only ends something must work whatever was kept.
            Err(failure) if asking == Asking::Never => {
                let because = failure.because;
                let warning = format!("the settings of Parameter Store are not used: {because}");
                return Ok(Self { warnings: vec![warning], ..local });
            }
            Err(failure) => return Err(failure),
        };
        whole.warnings = fleet.warnings;
        // Kept only now that it is known to be right: the mount helper trusts what is kept.
        if let Some(warning) = fleet.must_be_kept.then(|| keep(&whole, &fleet.set)).flatten() {
            whole.warnings.push(warning);
        }
        Ok(whole)
    }

    /// Puts pieces together, a later one over an earlier one.
    ///
    /// # Errors
    /// A failure that names file and line of the first mistake.
    pub fn from_pieces(pieces: &[Piece], overrides: &PathOverrides) -> Result<Self, Failure> {
        let (config, mistakes) = Self::look_at(pieces, overrides);
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
            let tune = config.tune.mistakes().into_iter().map(|(steps, because)| {
                (
                    Key::from(steps.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
                    because,
                )
            });
            let found = found.chain(tune);
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
            config: values.section("config")?,
            exporter: values.section("exporter")?,
            layout: values.section("layout")?,
            tune: values.section("tune")?,
            node: values.section("node")?,
            jobs: values.section("jobs")?,
            warnings: Vec::new(),
            values,
        })
    }

    /// This machine.
    pub fn host(&self) -> &Host {
        &self.base.host
    }
}

/// Somebody who is not root keeps nothing, and asks each time.
fn keep(config: &AgentConfig, set: &ParameterSet) -> Option<String> {
    let error = set.keep(config.host()).err().filter(|_| is_root())?;
    Some(format!("the settings of Parameter Store are not kept: {}", error.because()))
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

type CheckText = fn(&str) -> Result<(), String>;

/// Grammars that the mount helper does not know, by the key of their row.
const GRAMMARS: &[(&str, CheckText)] = &[
    ("jobs.refuse", jobs::check_refuse),
    ("jobs.drain", jobs::check_drain),
    ("jobs.mount[].source", jobs::check_source),
    ("layout.profiles.*.stripe_size", layouts::check_stripe_size),
    ("layout.profiles.*.part[].stripe_size", layouts::check_stripe_size),
    ("layout.profiles.*.on_mdt", layouts::check_bytes),
    ("layout.profiles.*.extend_by", layouts::check_bytes),
    ("layout.profiles.*.part[].extend_by", layouts::check_bytes),
    ("layout.profiles.*.part[].until", layouts::check_until),
    ("layout.directory[].path", layout_rule::check_path),
    ("layout.directory[].owner", layout_rule::check_owner),
    ("layout.directory[].mode", layout_rule::check_mode),
];

fn unfit_texts(values: &Values) -> Vec<Mistake> {
    let unfit = |(key, given): (&Key, &Given)| {
        let (_, check) = GRAMMARS.iter().find(|(row, _)| *row == given.row.key)?;
        let texts = given.value.as_array().map_or(slice::from_ref(&given.value), Vec::as_slice);
        let because = texts.iter().find_map(|text| check(text.as_str()?).err())?;
        Some(values.mistake(key, because))
    };
    values.iter().filter_map(unfit).collect()
}

#[cfg(test)]
mod tests;
