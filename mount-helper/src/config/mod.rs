//! The configuration: `/etc/fsxlustre/*.toml`, `/etc/fsxlustre/fsxlustre.d/*.toml`, and what Parameter
//! Store said.
//!
//! One table ([`SETTINGS`]) says what there is. Every value remembers where it came from. The helper
//! reads its own sections, `[host]`, `[hooks]`, `[mount]` and parts of `[config]` and `[tune]`; the agent reads the others from
//! the same values. What is not understood stops everything, with its place and line: a half-read
//! configuration mounts the wrong thing.

mod document;
mod error;
mod files;
mod grammars;
mod key;
mod mistake;
mod parameter_set;
mod place;
mod setting;
mod settings;
mod values;

pub use error::ConfigError;
pub use files::{FOLDER, MAIN_FILE, read_each, read_files, read_untrusted};
pub use grammars::{export_wait, idle_after, is_parameter_path};
pub use key::{Key, Step};
pub use mistake::Mistake;
pub use parameter_set::{Parameter, ParameterSet};
pub use place::{Origin, Piece, Place};
pub use setting::{
    Default as SettingDefault, Grammar, Kind, ParameterStore, Reader, Setting, shown,
};
pub use settings::{SECTIONS, SETTINGS, Section, default_number, default_text, default_texts};
pub use values::{Given, Values, concerns};

use crate::answer::{AnswerSettings, CacheSection, FleetSection};
use crate::failure::Explain as _;
use crate::hooks::Hooks;
use crate::host::{Host, LnetNamespace, PathOverrides, unix_seconds};
use crate::options::{OFF, Verify};
use serde::Deserialize;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `[host]`: where this machine's parts are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostSection {
    /// Root of procfs.
    pub procfs: Option<PathBuf>,
    /// Root of sysfs.
    pub sysfs: Option<PathBuf>,
    /// Root of debugfs.
    pub debugfs: Option<PathBuf>,
    /// Root of the distribution's files.
    pub rootfs: Option<PathBuf>,
    /// Folder of our state.
    pub state: Option<PathBuf>,
    /// Folder of our cache.
    pub cache: Option<PathBuf>,
    /// Folder of what we keep over a boot.
    pub data: Option<PathBuf>,
    /// The kernel's log.
    pub kernel_log: Option<PathBuf>,
    /// Folders in which programs are looked for first.
    pub program_folders: Vec<PathBuf>,
    /// Types in mountinfo that count as Lustre.
    pub filesystem_types: Option<Vec<String>>,
    /// Which network namespace LNet is in.
    pub lnet_namespace: Option<String>,
}

/// `[hooks]`: who hears of mounts and unmounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HooksSection {
    /// A program and its arguments, for mounts.
    pub on_ready: Vec<String>,
    /// The same, for unmounts.
    pub on_unmounted: Vec<String>,
    /// Seconds each may take.
    pub timeout: Option<u64>,
}

/// `[mount]`: what holds where the `-o` list says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MountDefaults {
    /// Seconds for a whole mount.
    pub timeout: Option<u64>,
    /// Attempts after the first.
    pub retry: Option<u32>,
    /// What must answer.
    pub verify: Option<Verify>,
    /// Refuse a mount point that is not empty.
    pub require_empty: Option<bool>,
    /// The directories of `[[layout.directory]]` that no job makes.
    #[serde(skip)]
    pub layout_directories: Vec<PathBuf>,
    /// The profile of client settings, which `[tune]` names.
    #[serde(skip)]
    pub tune: Option<String>,
}

/// What the helper needs of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// This machine.
    pub host: Host,
    /// Defaults of a mount.
    pub mount: MountDefaults,
    /// Answers that need no call, and how old others may be.
    pub answers: AnswerSettings,
    /// What the user must hear about the settings themselves.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads `/etc/fsxlustre`, and what an agent was told by Parameter Store, which is never asked
    /// here. What is kept of it and cannot be used is passed over with a warning.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load() -> Result<Self, ConfigError> {
        let files = read_files(Path::new(FOLDER))?;
        let none = PathOverrides::default();
        let local = Self::from_files(&files, &none)?;
        let (set, warning) = kept_set(&files, &local.host);
        let Some(set) = set else {
            return Ok(Self { warnings: warning.into_iter().collect(), ..local });
        };
        let pieces: Vec<_> = set.pieces().into_iter().chain(files).collect();
        Ok(Self::from_files(&pieces, &none).unwrap_or_else(|error| {
            let because = error.because();
            let warning = format!("the kept settings of Parameter Store are not used: {because}");
            Self { warnings: vec![warning], ..local }
        }))
    }

    /// Puts files together, a later one over an earlier one, then the command line's paths.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn from_files(files: &[Piece], overrides: &PathOverrides) -> Result<Self, ConfigError> {
        let (mut values, mut mistakes) = Values::of(files);
        mistakes.retain(|mistake| concerns(mistake, Reader::Helper));
        ConfigError::of(&mistakes)?;
        values.say_paths(overrides);
        let config = Self::of(&values)?;
        ConfigError::of(&config.mistakes(&values))?;
        Ok(config)
    }

    /// What the helper needs of these values.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn of(values: &Values) -> Result<Self, ConfigError> {
        let host: HostSection = values.section("host")?;
        let hooks: HooksSection = values.section("hooks")?;
        let asks_as = asks_as(values);
        let host = Host { hooks: hooks.into(), asks_as, ..host.into() };
        let cache: CacheSection = values.section("cache")?;
        let fleet: FleetSection = values.section("fleet")?;
        let answers = AnswerSettings::of(values.section("filesystem")?, cache, &fleet);
        let mount = MountDefaults {
            layout_directories: layout_directories(values),
            tune: tune_profile(values),
            ..values.section("mount")?
        };
        Ok(Self { host, mount, answers, warnings: Vec::new() })
    }

    /// What no single line's grammar shows.
    pub fn mistakes(&self, values: &Values) -> Vec<Mistake> {
        let map = Key::from(["filesystem"].as_slice());
        let entries = self.answers.map.iter().enumerate();
        entries
            .filter_map(|(index, entry)| Some((map.entry(index), entry.check().err()?)))
            .map(|(key, because)| values.mistake(&key, because))
            .collect()
    }
}

/// Paths with templates are made for jobs, by the agent.
fn layout_directories(values: &Values) -> Vec<PathBuf> {
    let rows = values.iter().filter(|(_, given)| given.row.key == "layout.directory[].path");
    let paths = rows.filter_map(|(_, given)| given.value.as_str());
    paths.filter(|path| !path.contains('{')).map(PathBuf::from).collect()
}

fn tune_profile(values: &Values) -> Option<String> {
    let name = values.get("tune.profile")?.value.as_str()?;
    (name != OFF).then(|| name.to_owned())
}

/// Tells apart configurations that may choose different file systems for the same tags: by who asks
/// and where, and by whose file systems count.
fn asks_as(values: &Values) -> String {
    let decides = |key: &str| key.starts_with("aws.") || key.starts_with("resolve.");
    let all = values.iter().filter(|(_, given)| decides(given.row.key));
    let mut hasher = DefaultHasher::new();
    all.for_each(|(key, given)| (key.to_string(), given.value.to_string()).hash(&mut hasher));
    format!("{:016x}", hasher.finish())
}

/// What an agent keeps of Parameter Store, where the files name a path of it.
fn kept_set(files: &[Piece], host: &Host) -> (Option<ParameterSet>, Option<String>) {
    let (values, _) = Values::of(files);
    let Some(path) = values.get("config.ssm_path").and_then(|given| given.value.as_str()) else {
        return (None, None);
    };
    let warn = |because: &str| {
        let text =
            format!("the settings below {path} are not used: {because}; an agent reads them");
        (None, Some(text))
    };
    let given = values.get("config.stale_max").and_then(|given| given.value.as_integer());
    let longest = given.and_then(|given| u64::try_from(given).ok());
    let longest = longest.unwrap_or_else(|| default_number("config.stale_max"));
    match ParameterSet::kept(host, path) {
        None => warn("none are kept here yet"),
        Some(set) if set.age(unix_seconds()).is_some_and(|age| age <= longest) => (Some(set), None),
        Some(_) => warn("those that are kept are too old"),
    }
}

impl Values {
    /// Says the command line's paths.
    pub fn say_paths(&mut self, overrides: &PathOverrides) {
        let paths = [
            ("host.procfs", &overrides.procfs),
            ("host.sysfs", &overrides.sysfs),
            ("host.debugfs", &overrides.debugfs),
            ("host.rootfs", &overrides.rootfs),
            ("host.state", &overrides.state),
            ("host.cache", &overrides.cache),
            ("host.data", &overrides.data),
            ("host.kernel_log", &overrides.kernel_log),
        ];
        // A sysfs that is moved takes debugfs with it.
        if overrides.sysfs.is_some() {
            self.forget("host.debugfs");
        }
        for (key, path) in paths {
            if let Some(path) = path {
                self.say(key, toml::Value::String(path.to_string_lossy().into_owned()));
            }
        }
    }
}

impl From<HostSection> for Host {
    fn from(section: HostSection) -> Self {
        let overrides = PathOverrides {
            procfs: section.procfs,
            sysfs: section.sysfs,
            debugfs: section.debugfs,
            rootfs: section.rootfs,
            state: section.state,
            cache: section.cache,
            data: section.data,
            kernel_log: section.kernel_log,
        };
        let mut host = Self::default();
        host.paths = host.paths.with(&overrides);
        let mut folders = section.program_folders;
        folders.append(&mut host.program_folders);
        host.program_folders = folders;
        let lnet = section.lnet_namespace.as_deref().map(LnetNamespace::of_word);
        host.lnet_namespace = lnet.unwrap_or_default();
        host.filesystem_types = section.filesystem_types.unwrap_or(host.filesystem_types);
        host
    }
}

impl From<HooksSection> for Hooks {
    fn from(section: HooksSection) -> Self {
        let HooksSection { on_ready, on_unmounted, timeout } = section;
        let timeout = timeout.map_or(Self::default().timeout, Duration::from_secs);
        Self { on_ready, on_unmounted, timeout }
    }
}

#[cfg(test)]
mod tests;
