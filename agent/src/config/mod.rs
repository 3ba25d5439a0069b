//! The whole configuration: the helper's part and the agent's sections of the same files.

mod jobs;
mod layouts;

pub use jobs::{JobMount, JobsSection};
pub use layouts::LayoutSection;

use fsxlustre_mount::config::{Config, ConfigFile, FOLDER, read_files};
use fsxlustre_mount::failure::{Explain as _, Failure};
use fsxlustre_mount::host::{Host, PathOverrides};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::Path;

/// The configuration of this node.
#[derive(Clone, Debug, Default)]
pub struct AgentConfig {
    /// What the mount helper reads too: `[host]` and `[mount]`.
    pub base: Config,
    /// `[aws]`.
    pub aws: AwsSection,
    /// `[exporter]`.
    pub exporter: ExporterSection,
    /// `[layout]`.
    pub layout: LayoutSection,
    /// `[jobs]`.
    pub jobs: JobsSection,
}

/// `[aws]`: how AWS is reached, since mount(8), systemd and Slurm give no environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AwsSection {
    /// Region, where no option names one.
    pub region: Option<String>,
    /// Endpoint of every AWS service instead of the SDK's own choice.
    pub endpoint_url: Option<String>,
}

/// `[exporter]`: the metrics service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExporterSection {
    /// Address and port to listen on.
    pub listen_address: Option<String>,
}

/// The sections of one file; those of the helper were checked by the helper's own reader.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sections {
    #[serde(rename = "host")]
    _host: Option<IgnoredAny>,
    #[serde(rename = "hooks")]
    _hooks: Option<IgnoredAny>,
    aws: AwsSection,
    exporter: ExporterSection,
    layout: LayoutSection,
    jobs: JobsSection,
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
    /// A failure that names file and line.
    pub fn from_files(files: &[ConfigFile], overrides: &PathOverrides) -> Result<Self, Failure> {
        let base = Config::from_files(files, overrides).map_err(|error| error.failure())?;
        let mut config = Self { base, ..Self::default() };
        for file in files {
            let sections: Sections = file.sections().map_err(|error| error.failure())?;
            sections.layout.check(&file.path).map_err(|error| error.failure())?;
            sections.jobs.check(&file.path).map_err(|error| error.failure())?;
            config.add(sections);
            config.jobs.check_directories(&file.path).map_err(|error| error.failure())?;
        }
        Ok(config)
    }

    /// This machine.
    pub fn host(&self) -> &Host {
        &self.base.host
    }

    fn add(&mut self, sections: Sections) {
        let Sections { aws, exporter, layout, jobs, .. } = sections;
        self.layout.add(layout);
        self.jobs.mount.extend(jobs.mount);
        self.aws.region = aws.region.or(self.aws.region.take());
        self.aws.endpoint_url = aws.endpoint_url.or(self.aws.endpoint_url.take());
        self.exporter.listen_address =
            exporter.listen_address.or(self.exporter.listen_address.take());
    }
}
