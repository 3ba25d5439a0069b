//! The `-o` list: sorted into ours, Lustre's, the kernel's and fstab's; the rest refused.
//!
//! mount.lustre matches the kernel's words by prefix and so swallows typing errors; this does not.

mod table;

pub use table::{OPTIONS, OptionRow, Owner};

use crate::failure::{Code, Explain, one_line};
use crate::source::check_subdir;

/// What must hold after the mount for it to count as made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// mountinfo shows it.
    None,
    /// It also answers statvfs(2).
    #[default]
    Stat,
    /// A file can be written and removed, too.
    Write,
}

/// What decides between several usable file systems with the same tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prefer {
    /// Nothing: they are listed and none is chosen.
    #[default]
    None,
    /// The one that was created last.
    Newest,
    /// The one that is in the subnet of this node.
    SameSubnet,
}

impl Prefer {
    /// The word of the option; `None` where nothing is preferred.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Newest => Some("newest"),
            Self::SameSubnet => Some("same-subnet"),
        }
    }

    /// What the word says.
    fn of(word: &str) -> Option<Self> {
        [Self::Newest, Self::SameSubnet].into_iter().find(|known| known.word() == Some(word))
    }
}

/// An `-o` list, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the -o list")]
pub struct MountOptions {
    /// `region=`.
    pub region: Option<String>,
    /// `subdir=`.
    pub subdir: Option<String>,
    /// `timeout=`, in seconds.
    pub timeout_seconds: Option<u64>,
    /// `wait=`, in seconds.
    pub wait_seconds: u64,
    /// `prefer=`.
    pub prefer: Prefer,
    /// `layout=`, the profile's name.
    pub layout: Option<String>,
    /// `tune=`: the profile's name, or [`OFF`].
    pub tune: Option<String>,
    /// `retry=`, attempts after the first.
    pub retry: Option<u32>,
    /// `verify=`.
    pub verify: Option<Verify>,
    /// `require_empty`.
    pub require_empty: bool,
    /// `allow_same_fsname`.
    pub allow_same_fsname: bool,
    /// `new_client`.
    pub new_client: bool,
    /// `remount`: change a mount that is there.
    pub is_remount: bool,
    /// What mount.lustre gets, in the order given, `noatime` and `flock` added where nothing of
    /// their kind was said.
    pub passed: Vec<String>,
}

/// An option list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// Nobody knows this option.
    #[error("the mount option '{}' is not known", one_line(word))]
    Unknown {
        /// The option as it was given.
        word: String,
        /// The known one that may be meant.
        nearest: Option<&'static str>,
    },
    /// Its value does not fit.
    #[error("the value of the mount option '{}' does not fit", one_line(word))]
    Value {
        /// The option as it was given.
        word: String,
        /// What fits.
        expected: String,
    },
    /// This node's Lustre client does not have it yet.
    #[error("the mount option '{}' is not known to this node's Lustre client", one_line(word))]
    TooNew {
        /// The option as it was given.
        word: String,
        /// The first version that has it.
        since: (u32, u32),
        /// The client's version.
        client: (u32, u32),
    },
    /// Two options say opposite things.
    #[error("the mount options '{first}' and '{second}' contradict each other")]
    Conflict {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
}

impl Explain for OptionError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } | Self::TooNew { .. } => Code::OptionUnknown,
            Self::Value { .. } => Code::OptionValue,
            Self::Conflict { .. } => Code::OptionConflict,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::Unknown { word, .. } | Self::TooNew { word, .. } | Self::Value { word, .. } => {
                format!("-o {word}")
            }
            Self::Conflict { first, second } => format!("-o {first},{second}"),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::Unknown { .. } => "neither fsxlustre nor Lustre nor the kernel has it".into(),
            Self::TooNew { since, client, .. } => format!(
                "Lustre has it from {}.{} on; the client is {}.{}",
                since.0, since.1, client.0, client.1
            ),
            Self::Value { expected, .. } => format!("it takes {expected}"),
            Self::Conflict { .. } => "only one of them can hold".into(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Unknown { nearest: Some(nearest), .. } => {
                format!("did you mean '{nearest}'? Correct the -o list")
            }
            Self::TooNew { .. } => "remove it from the -o list, or install a newer client".into(),
            Self::Unknown { nearest: None, .. } => "remove it from the -o list".into(),
            Self::Value { .. } => "correct the -o list".into(),
            Self::Conflict { second, .. } => format!("remove '{second}' from the -o list"),
        }
    }
}

/// The options that decide how access times are kept; any of them replaces `noatime`.
const ATIME_WORDS: &[&str] =
    &["noatime", "atime", "relatime", "norelatime", "strictatime", "nostrictatime"];
/// The options of which one decides how file locks work; any of them replaces `flock`.
const FLOCK_WORDS: &[&str] = &["flock", "noflock", "localflock"];
/// A day.
const LONGEST_TIMEOUT: u64 = 86_400;
/// The longest list: a page, the kernel's own limit.
const LONGEST_LIST: usize = 4096;

impl MountOptions {
    /// Sorts a list.
    ///
    /// # Errors
    /// [`OptionError`] for the first word that cannot be used.
    pub fn parse(list: &str) -> Result<Self, OptionError> {
        if list.len() > LONGEST_LIST {
            let word = list.chars().take(40).collect();
            return Err(OptionError::Value { word, expected: "4096 bytes at most".into() });
        }
        let mut options = Self::default();
        for word in split(list) {
            options.take(word)?;
        }
        options.check_conflicts()?;
        if !options.is_remount {
            options.add_defaults();
        }
        Ok(options)
    }

    /// The profile of client settings that is to be set, where this one holds unless the options say
    /// otherwise.
    pub fn tune_profile<'o>(&'o self, default: Option<&'o str>) -> Option<&'o str> {
        self.tune.as_deref().or(default).filter(|name| *name != OFF)
    }

    /// The list that mount.lustre gets. `retry=0` always, since it sleeps 32 s after each failed
    /// attempt of its own.
    pub fn for_mount_lustre(&self) -> String {
        format!("{},retry=0", self.passed.join(","))
    }

    /// Refuses an option that a Lustre client of this version does not have: the kernel would refuse
    /// the mount, and name the option in its log only.
    ///
    /// # Errors
    /// [`OptionError::TooNew`].
    pub fn check_client(&self, client: (u32, u32)) -> Result<(), OptionError> {
        for word in &self.passed {
            let (name, has_value) =
                word.split_once('=').map_or((word.as_str(), false), |(name, _)| (name, true));
            let since = table::row(name, has_value).and_then(|row| row.since);
            if let Some(since) = since.filter(|since| *since > client) {
                return Err(OptionError::TooNew { word: word.clone(), since, client });
            }
        }
        Ok(())
    }

    fn take(&mut self, word: &str) -> Result<(), OptionError> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if name.starts_with("x-") || name.starts_with("X-") {
            return Ok(());
        }
        let Some(row) = table::row(name, value.is_some()) else {
            return Err(refused(word, name, value));
        };
        match row.owner {
            Owner::Ours => self.take_ours(name, word, value),
            Owner::FstabOnly => Ok(()),
            Owner::Vfs if name == "remount" => {
                self.is_remount = true;
                Ok(())
            }
            Owner::Vfs | Owner::Lustre => {
                if row.owner == Owner::Vfs {
                    // mount(8) puts the words of a command line behind those of fstab.
                    self.passed.retain(|known| !contradict(known, word));
                }
                if !self.passed.iter().any(|known| known == word) {
                    self.passed.push(word.to_owned());
                }
                Ok(())
            }
        }
    }

    fn take_ours(
        &mut self,
        name: &str,
        word: &str,
        value: Option<&str>,
    ) -> Result<(), OptionError> {
        let unfit = |expected: &str| OptionError::Value {
            word: word.to_owned(),
            expected: expected.to_owned(),
        };
        let text = value.unwrap_or_default();
        let seconds = |longest: u64| {
            let parsed = text.parse().ok().filter(|seconds| *seconds <= longest);
            parsed.ok_or_else(|| unfit(&format!("0 to {longest} seconds")))
        };
        match name {
            "region" => {
                let region = checked_region(text);
                self.region = Some(region.ok_or_else(|| unfit("an AWS Region such as us-east-1"))?);
            }
            "subdir" => {
                check_subdir(text).map_err(unfit)?;
                self.subdir = Some(text.to_owned());
            }
            "timeout" => {
                let timeout = seconds(LONGEST_TIMEOUT).ok().filter(|seconds| *seconds > 0);
                self.timeout_seconds = Some(timeout.ok_or_else(|| unfit("1 to 86400 seconds"))?);
            }
            "wait" => self.wait_seconds = seconds(LONGEST_TIMEOUT)?,
            "retry" => {
                let count = text.parse().ok().filter(|count| *count <= 99);
                self.retry = Some(count.ok_or_else(|| unfit("0 to 99 attempts"))?);
            }
            "verify" => {
                self.verify = Some(verify(text).ok_or_else(|| unfit("none, stat or write"))?);
            }
            "prefer" => {
                self.prefer = Prefer::of(text).ok_or_else(|| unfit("newest or same-subnet"))?;
            }
            "layout" if text == "off" => self.layout = None,
            "layout" if is_profile_name(text) => self.layout = Some(text.to_owned()),
            "tune" if is_profile_name(text) => self.tune = Some(text.to_owned()),
            "layout" | "tune" => {
                return Err(unfit("off or the name of a profile: 1 to 64 of A-Za-z0-9._-"));
            }
            "require_empty" => self.require_empty = true,
            "allow_same_fsname" => self.allow_same_fsname = true,
            "new_client" => self.new_client = true,
            _ => return Err(refused(word, name, value)),
        }
        Ok(())
    }

    fn check_conflicts(&self) -> Result<(), OptionError> {
        match first_contradiction(&self.passed) {
            Some((first, second)) => {
                Err(OptionError::Conflict { first: first.to_owned(), second: second.to_owned() })
            }
            None => Ok(()),
        }
    }

    fn add_defaults(&mut self) {
        let says = |passed: &[String], family: &[&str]| {
            passed.iter().any(|word| family.contains(&word.as_str()))
        };
        if !says(&self.passed, ATIME_WORDS) {
            self.passed.push("noatime".into());
        }
        if !says(&self.passed, FLOCK_WORDS) {
            self.passed.push("flock".into());
        }
    }
}

/// Whether two words say opposite things: one is the other with `no` before it, or both are of a
/// family of which one holds. Of the kernel's words the last one counts; Lustre's are refused.
fn contradict(one: &str, other: &str) -> bool {
    let families = [ATIME_WORDS, FLOCK_WORDS, &["ro", "rw"], &["sync", "async"]];
    let are_of = |family: &[&str]| family.contains(&one) && family.contains(&other);
    let negates = |no: &str, yes: &str| no.strip_prefix("no") == Some(yes);
    one != other
        && (negates(one, other)
            || negates(other, one)
            || families.iter().any(|family| are_of(family)))
}

/// The first two words of a list that say opposite things.
pub fn first_contradiction(words: &[String]) -> Option<(&str, &str)> {
    words.iter().enumerate().find_map(|(place, first)| {
        let second = words.iter().skip(place + 1).find(|second| contradict(first, second))?;
        Some((first.as_str(), second.as_str()))
    })
}

fn verify(text: &str) -> Option<Verify> {
    match text {
        "none" => Some(Verify::None),
        "stat" => Some(Verify::Stat),
        "write" => Some(Verify::Write),
        _ => None,
    }
}

/// The word for no profile.
pub const OFF: &str = "off";

/// Whether a text can be the name of a profile.
pub(crate) fn is_profile_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && !text.starts_with('-')
}

/// Why a word that has no row cannot be used.
fn refused(word: &str, name: &str, value: Option<&str>) -> OptionError {
    match table::row(name, value.is_none()) {
        Some(OptionRow { value: Some(kind), .. }) => {
            OptionError::Value { word: word.to_owned(), expected: format!("{name}={kind}") }
        }
        Some(_) => OptionError::Value { word: word.to_owned(), expected: "no value".into() },
        None => OptionError::Unknown { word: word.to_owned(), nearest: table::nearest(name) },
    }
}

/// The Region if it looks like one: lower-case letters, digits and hyphens, with a number at its
/// end.
pub fn checked_region(text: &str) -> Option<String> {
    let fits = (6..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_digit());
    fits.then(|| text.to_owned())
}

/// Splits at commas outside double quotes (`SELinux` contexts have commas); drops empty words.
pub fn split(list: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = list;
    let mut is_quoted = false;
    while let Some(end) = rest.find(|c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    }) {
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    words.push(rest);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(list: &str) -> String {
        MountOptions::parse(list).unwrap_or_else(|e| panic!("{list}: {e}")).passed.join(",")
    }

    #[test]
    fn defaults_are_noatime_and_flock_unless_something_of_their_kind_is_said() {
        assert_eq!(passed(""), "noatime,flock");
        assert_eq!(passed("rw"), "rw,noatime,flock");
        assert_eq!(passed("relatime"), "relatime,flock");
        assert_eq!(passed("localflock"), "localflock,noatime");
        assert_eq!(passed("rw,noatime,flock"), "rw,noatime,flock");
    }

    #[test]
    fn of_the_kernels_words_the_last_one_counts() {
        assert_eq!(passed("rw,noatime,flock,relatime"), "rw,flock,relatime");
        assert_eq!(passed("ro,nosuid,rw,suid,noatime,atime,noatime"), "rw,suid,noatime,flock");
    }

    #[test]
    fn words_of_fstab_are_never_passed_on() {
        let list = "rw,_netdev,nofail,user=root,x-systemd.automount,x-fsx.y=1,helper=a,defaults";
        assert_eq!(passed(list), "rw,noatime,flock");
    }

    #[test]
    fn ours_are_kept_and_never_passed_on() {
        let options = MountOptions::parse(
            "region=eu-west-1,subdir=/a/b,timeout=5,retry=1,verify=none,nosuid",
        )
        .expect("fits");
        assert_eq!(options.region.as_deref(), Some("eu-west-1"));
        assert_eq!(options.subdir.as_deref(), Some("/a/b"));
        assert_eq!((options.timeout_seconds, options.retry), (Some(5), Some(1)));
        assert_eq!(options.for_mount_lustre(), "nosuid,noatime,flock,retry=0");
    }

    #[test]
    fn remount_and_the_rarer_ones_are_kept_apart() {
        let options = MountOptions::parse(
            "remount,ro,wait=600,prefer=newest,layout=large,new_client,tune=off",
        )
        .expect("fits");
        assert!(options.is_remount && options.new_client);
        assert_eq!(options.prefer, Prefer::Newest);
        let near = MountOptions::parse("prefer=same-subnet").expect("fits");
        assert_eq!(near.prefer, Prefer::SameSubnet);
        assert_eq!((options.wait_seconds, options.layout.as_deref()), (600, Some("large")));
        assert_eq!(options.passed.join(","), "ro", "a remount changes what it names");
        assert_eq!(options.tune_profile(Some("streaming")), None, "off is a word of its own");
        assert_eq!(MountOptions::parse("layout=off").expect("fits").layout, None);
        let silent = MountOptions::parse("noatime").expect("fits");
        assert_eq!(silent.tune_profile(Some("streaming")), Some("streaming"));
        let named = MountOptions::parse("tune=ours").expect("fits");
        assert_eq!(named.tune_profile(Some("streaming")), Some("ours"));
        assert_eq!(MountOptions::parse("verify=write").expect("fits").verify, Some(Verify::Write));
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_the_nearest_is_named() {
        let refused = |list: &str| MountOptions::parse(list).expect_err(list);
        assert!(refused("flok").remedy().contains("'flock'"));
        assert!(refused("subdr=/x").remedy().contains("'subdir'"));
        assert!(refused("syncfoo").remedy().contains("remove it"));
        assert_eq!(refused("flock=1").because(), "it takes no value");
        assert_eq!(refused("timeout").because(), "it takes timeout=SECONDS");
        assert_eq!(refused("timeout=0").code(), Code::OptionValue);
        assert_eq!(refused("subdir=../x").code(), Code::OptionValue);
        for list in ["flock,localflock", "noflock,flock", "checksum,rw,nochecksum"] {
            assert_eq!(refused(list).code(), Code::OptionConflict, "{list}");
        }
        assert_eq!(refused("region=Mars").code(), Code::OptionValue);
        assert_eq!(refused("prefer=oldest").because(), "it takes newest or same-subnet");
        assert_eq!(refused("tune=a/b").code(), Code::OptionValue);
        assert_eq!(refused("layout=-x").code(), Code::OptionValue);
    }

    #[test]
    fn what_a_client_is_too_old_for_is_refused() {
        let options = MountOptions::parse("encrypt,flock").expect("fits");
        assert_eq!(options.check_client((2, 15)), Ok(()));
        let error = options.check_client((2, 12)).expect_err("too new");
        assert_eq!(error.because(), "Lustre has it from 2.15 on; the client is 2.12");
        let project = MountOptions::parse("statfs_project").expect("fits");
        assert!(project.check_client((2, 15)).is_err() && project.check_client((2, 16)).is_ok());
    }

    #[test]
    fn a_quoted_comma_does_not_split() {
        assert_eq!(split("a,context=\"x,y\",,b"), ["a", "context=\"x,y\"", "b"]);
    }
}
