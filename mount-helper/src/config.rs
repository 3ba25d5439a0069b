//! The configuration files: `/etc/fsxlustre/fsxlustre.toml` and `/etc/fsxlustre/fsxlustre.d/*.toml`.
//!
//! The helper reads its own sections, `[host]` and `[mount]`; the agent reads the others from the
//! same files. A file that may not be trusted or is not understood stops everything, with its name
//! and line: a half-read configuration mounts the wrong thing.

use crate::answer::{AnswerSettings, CacheSection, FleetSection, MapEntry};
use crate::failure::{Code, Explain, chain, one_line};
use crate::hooks::{self, Hooks};
use crate::host::{Host, PathOverrides};
use crate::options::{MountOptions, Verify};
use serde::de::{DeserializeOwned, IgnoredAny};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the configuration is.
pub const FOLDER: &str = "/etc/fsxlustre";
/// The main file in it; drop-ins are beside it in `fsxlustre.d`.
pub const MAIN_FILE: &str = "fsxlustre.toml";
const DROP_IN_FOLDER: &str = "fsxlustre.d";
/// What a hook may take at most: a job waits for it.
const LONGEST_HOOK_SECONDS: u64 = 60;

/// A configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("a configuration file cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else than root can change it.
    #[error("a configuration file may be changed by others than root")]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// Owner and mode.
        because: String,
    },
    /// It is not valid TOML, or has a key that nobody knows.
    #[error("a configuration file is not valid")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        because: String,
    },
}

impl ConfigError {
    /// A file whose content does not fit, for the reason given.
    pub fn invalid(path: &Path, because: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_owned(), because: because.into() }
    }
}

impl Explain for ConfigError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } => Code::ConfigUnreadable,
            Self::Untrusted { .. } | Self::Invalid { .. } => Code::ConfigInvalid,
        }
    }
    fn asked(&self) -> String {
        let (Self::Unreadable { path, .. }
        | Self::Untrusted { path, .. }
        | Self::Invalid { path, .. }) = self;
        format!("read {}", path.display())
    }
    fn because(&self) -> String {
        match self {
            Self::Unreadable { source, .. } => chain(source),
            Self::Untrusted { because, .. } | Self::Invalid { because, .. } => because.clone(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => "make the file readable".into(),
            Self::Untrusted { path, .. } => {
                let path = path.display();
                format!("chown root {path} && chmod go-w {path}")
            }
            Self::Invalid { path, .. } => format!("correct the line in {}", path.display()),
        }
    }
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

impl ConfigFile {
    /// Its sections, in the shape of `T`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with line and reason.
    pub fn sections<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|error| {
            let line = error
                .span()
                .and_then(|span| self.text.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            let because = format!("line {line}: {}", one_line(error.message()));
            ConfigError::invalid(&self.path, because)
        })
    }
}

/// Reads all files below the folder, the main file first, then the drop-ins by name. None is fine.
///
/// # Errors
/// [`ConfigError`] for the first file that cannot be read or trusted.
pub fn read_files(folder: &Path) -> Result<Vec<ConfigFile>, ConfigError> {
    let mut paths = vec![folder.join(MAIN_FILE)];
    paths.extend(drop_ins(&folder.join(DROP_IN_FOLDER))?);
    let mut files = Vec::new();
    for path in paths {
        match read_trusted(&path) {
            Ok(text) => files.push(ConfigFile { path, text }),
            Err(ConfigError::Unreadable { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

fn drop_ins(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_trusted(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    // Not blocking: a FIFO would keep us for ever.
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)
        .map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    check_trust(path, &about)?;
    if !about.is_file() {
        return Err(ConfigError::invalid(path, "it is not a regular file"));
    }
    // Whoever may write to the folder may put another file in the place of this one.
    if let Some(folder) = path.parent() {
        check_trust(folder, &std::fs::metadata(folder).map_err(unreadable)?)?;
    }
    std::io::read_to_string(file).map_err(unreadable)
}

fn check_trust(path: &Path, about: &std::fs::Metadata) -> Result<(), ConfigError> {
    if about.uid() == 0 && about.mode() & 0o022 == 0 {
        return Ok(());
    }
    let because =
        format!("its owner is uid {}, its mode {:04o}", about.uid(), about.mode() & 0o7777);
    Err(ConfigError::Untrusted { path: path.to_owned(), because })
}

/// `[host]`: where this machine's parts are.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HostSection {
    procfs: Option<PathBuf>,
    sysfs: Option<PathBuf>,
    debugfs: Option<PathBuf>,
    rootfs: Option<PathBuf>,
    state: Option<PathBuf>,
    cache: Option<PathBuf>,
    kernel_log: Option<PathBuf>,
    program_folders: Option<Vec<PathBuf>>,
    filesystem_types: Option<Vec<String>>,
}

/// `[hooks]`: who hears of mounts and unmounts.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HooksSection {
    on_ready: Option<Vec<String>>,
    on_unmounted: Option<Vec<String>>,
    timeout: Option<u64>,
}

impl HooksSection {
    fn put_into(self, hooks: &mut Hooks) -> Result<(), String> {
        for (name, words) in [("on_ready", &self.on_ready), ("on_unmounted", &self.on_unmounted)] {
            hooks::check(words.as_deref().unwrap_or_default())
                .map_err(|because| format!("hooks.{name}: {because}"))?;
        }
        if self.timeout.is_some_and(|seconds| !(1..=LONGEST_HOOK_SECONDS).contains(&seconds)) {
            return Err(format!("hooks.timeout: it takes 1 to {LONGEST_HOOK_SECONDS} seconds"));
        }
        replace(&mut hooks.on_ready, self.on_ready);
        replace(&mut hooks.on_unmounted, self.on_unmounted);
        replace(&mut hooks.timeout, self.timeout.map(Duration::from_secs));
        Ok(())
    }
}

/// `[mount]`: what holds where the `-o` list says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
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
}

impl MountDefaults {
    /// Checks that the values fit, as those of the options of the same names do.
    fn check(&self) -> Result<(), String> {
        let values = [
            self.timeout.map(|seconds| format!("timeout={seconds}")),
            self.retry.map(|count| format!("retry={count}")),
        ];
        for value in values.into_iter().flatten() {
            MountOptions::parse(&value)
                .map_err(|error| format!("mount.{value}: {}", error.because()))?;
        }
        Ok(())
    }
}

/// The sections of a file: the helper's read, the agent's only named.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sections {
    host: HostSection,
    hooks: HooksSection,
    mount: MountDefaults,
    aws: Option<IgnoredAny>,
    layout: Option<IgnoredAny>,
    jobs: Option<IgnoredAny>,
    exporter: Option<IgnoredAny>,
    filesystem: Vec<MapEntry>,
    cache: CacheSection,
    fleet: FleetSection,
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
}

impl Config {
    /// Reads `/etc/fsxlustre`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load() -> Result<Self, ConfigError> {
        Self::from_files(&read_files(Path::new(FOLDER))?, &PathOverrides::default())
    }

    /// Puts files together, a later one over an earlier one, then the command line's paths.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn from_files(
        files: &[ConfigFile],
        overrides: &PathOverrides,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for file in files {
            let mut sections: Sections = file.sections()?;
            let mut map = std::mem::take(&mut config.answers.map);
            map.append(&mut sections.filesystem);
            config.answers = AnswerSettings::of(map, sections.cache.clone(), &sections.fleet)
                .map_err(|because| ConfigError::invalid(&file.path, because))?;
            config.add(file, sections)?;
        }
        config.host.paths = config.host.paths.with(overrides);
        Ok(config)
    }

    fn add(&mut self, file: &ConfigFile, sections: Sections) -> Result<(), ConfigError> {
        let host = sections.host;
        let overrides = PathOverrides {
            procfs: host.procfs,
            sysfs: host.sysfs,
            debugfs: host.debugfs,
            rootfs: host.rootfs,
            state: host.state,
            cache: host.cache,
            kernel_log: host.kernel_log,
        };
        let (program_folders, filesystem_types) = (host.program_folders, host.filesystem_types);
        let folders = program_folders.as_deref().unwrap_or_default();
        if let Some(relative) = folders.iter().find(|folder| !folder.is_absolute()) {
            let because =
                format!("host.program_folders: '{}' does not begin with '/'", relative.display());
            return Err(ConfigError::invalid(&file.path, because));
        }
        self.host.paths = std::mem::take(&mut self.host.paths).with(&overrides);
        if let Some(mut folders) = program_folders {
            folders.extend(Host::default().program_folders);
            self.host.program_folders = folders;
        }
        replace(&mut self.host.filesystem_types, filesystem_types);
        sections
            .hooks
            .put_into(&mut self.host.hooks)
            .map_err(|because| ConfigError::invalid(&file.path, because))?;
        let mount = sections.mount;
        mount.check().map_err(|because| ConfigError::invalid(&file.path, because))?;
        self.mount = MountDefaults {
            timeout: mount.timeout.or(self.mount.timeout),
            retry: mount.retry.or(self.mount.retry),
            verify: mount.verify.or(self.mount.verify),
            require_empty: mount.require_empty.or(self.mount.require_empty),
        };
        Ok(())
    }
}

fn replace<T>(old: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *old = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ConfigFile {
        ConfigFile { path: "/etc/fsxlustre/fsxlustre.toml".into(), text: text.into() }
    }

    fn config(texts: &[&str]) -> Result<Config, ConfigError> {
        let files: Vec<_> = texts.iter().map(|text| file(text)).collect();
        Config::from_files(&files, &PathOverrides::default())
    }

    #[test]
    fn a_later_file_goes_over_an_earlier_one() {
        let config = config(&[
            "[host]\nsysfs = '/a/sys'\nfilesystem_types = ['lustre', 'fuse.lustre']\n\
             [mount]\ntimeout = 30\nverify = 'none'",
            "[mount]\ntimeout = 40\n[layout.profiles.x]\nwhatever = 1",
        ])
        .expect("fits");
        assert_eq!(config.mount.timeout, Some(40));
        assert_eq!(config.mount.verify, Some(Verify::None));
        assert_eq!(config.host.paths.debugfs, PathBuf::from("/a/sys/kernel/debug"));
        assert_eq!(config.host.filesystem_types.len(), 2);
    }

    #[test]
    fn a_mistake_names_file_line_and_key() {
        let error = config(&["[mount]\ntimeout = 30\ntimeuot = 3"]).expect_err("unknown key");
        assert_eq!(error.asked(), "read /etc/fsxlustre/fsxlustre.toml");
        let because = error.because();
        assert!(because.starts_with("line 3:") && because.contains("timeuot"), "{because}");
        let unfit = config(&["[mount]\ntimeout = 0"]).expect_err("no time");
        assert_eq!(unfit.because(), "mount.timeout=0: it takes 1 to 86400 seconds");
        assert!(config(&["[hosts]"]).expect_err("section").because().contains("hosts"));
        assert!(config(&["[host]\nprogram_folders = ['bin']"]).is_err());
        assert!(config(&["not toml"]).expect_err("syntax").because().starts_with("line 1:"));
    }

    #[test]
    fn a_file_that_others_may_change_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join(MAIN_FILE);
        std::fs::write(&path, "[mount]\n").expect("file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("mode");
        let error = read_files(folder.path()).expect_err("untrusted");
        assert!(error.remedy().contains("chmod go-w"), "{}", error.remedy());
        let nowhere = folder.path().join("nowhere");
        assert!(read_files(&nowhere).expect("no folder is fine").is_empty());
    }
}
