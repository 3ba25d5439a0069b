//! A layout profile: what a file below a directory shall look like, in words a person reads.

use fsxlustre_mount::failure::{Code, Explain, one_line};
use serde::Deserialize;

/// Lustre's unit of a stripe size, bytes.
const STRIPE_SIZE_UNIT: u64 = 64 * 1024;
/// The largest stripe size that `lfs setstripe` takes is below 4 GiB.
const LARGEST_STRIPE_SIZE: u64 = (4 << 30) - STRIPE_SIZE_UNIT;
/// The most stripes that a file can have.
const MOST_STRIPES: i32 = 2000;
/// The longest name of a pool.
const LONGEST_POOL: usize = 15;

/// A stripe size, bytes; written `1MiB`, `512KiB`, `1GiB` or a number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StripeSize(u64);

impl StripeSize {
    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

/// A profile that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No profile has this name.
    #[error("the layout profile '{}' is not known", one_line(name))]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A value does not fit.
    #[error("the layout profile '{}' is not valid", one_line(name))]
    Invalid {
        /// The name.
        name: String,
        /// What is wrong.
        because: String,
    },
}

impl Explain for ProfileError {
    fn code(&self) -> Code {
        Code::LayoutProfile
    }
    fn asked(&self) -> String {
        let (Self::Unknown { name, .. } | Self::Invalid { name, .. }) = self;
        format!("the layout profile '{name}'")
    }
    fn because(&self) -> String {
        match self {
            Self::Unknown { known, .. } if known.is_empty() => "the configuration has none".into(),
            Self::Unknown { known, .. } => {
                format!("the configuration has: {}", known.join(", "))
            }
            Self::Invalid { because, .. } => because.clone(),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Unknown { name, .. } => format!(
                "name one of them, or add [layout.profiles.{}] to /etc/fsxlustre/fsxlustre.toml",
                one_line(name)
            ),
            Self::Invalid { .. } => "correct the profile in /etc/fsxlustre".into(),
        }
    }
}

/// A plain layout: so many stripes of such a size.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutProfile {
    /// On how many OSTs a file lies; -1 for all of them.
    pub stripe_count: i32,
    /// How much of it lies on one OST before the next one's turn.
    pub stripe_size: StripeSize,
    /// The pool of OSTs to choose from.
    #[serde(default)]
    pub pool: Option<String>,
}

impl TryFrom<String> for StripeSize {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match text.strip_prefix(digits).unwrap_or_default() {
            "" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            other => return Err(format!("'{}' is not KiB, MiB or GiB", one_line(other))),
        };
        let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        match bytes {
            Some(bytes) if !bytes.is_multiple_of(STRIPE_SIZE_UNIT) => {
                Err(format!("a stripe size is a multiple of 64KiB, not {bytes} bytes"))
            }
            Some(bytes @ STRIPE_SIZE_UNIT..=LARGEST_STRIPE_SIZE) => Ok(Self(bytes)),
            _ => Err("a stripe size is 64KiB to just below 4GiB, such as 4MiB".into()),
        }
    }
}

impl LayoutProfile {
    /// Checks what the type does not.
    ///
    /// # Errors
    /// [`ProfileError::Invalid`].
    pub fn check(&self, name: &str) -> Result<(), ProfileError> {
        let invalid = |because: &str| {
            Err(ProfileError::Invalid { name: name.to_owned(), because: because.to_owned() })
        };
        let count_fits = self.stripe_count == -1 || (1..=MOST_STRIPES).contains(&self.stripe_count);
        if !count_fits {
            return invalid("stripe_count is 1 to 2000, or -1 for all OSTs");
        }
        let is_pool = |pool: &String| {
            (1..=LONGEST_POOL).contains(&pool.len())
                && pool
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
                && !pool.starts_with('-')
        };
        if !self.pool.as_ref().is_none_or(is_pool) {
            return invalid("pool is 1 to 15 letters, digits, '_', '.' or '-'");
        }
        Ok(())
    }

    /// The arguments of `lfs setstripe` before the path.
    ///
    /// *Source*: lfs-setstripe(1), Lustre 2.10 to 2.17: `-c`, `-S`, `-p` are in all of them.
    pub fn setstripe_arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "-c".to_owned(),
            self.stripe_count.to_string(),
            "-S".into(),
            self.stripe_size.bytes().to_string(),
        ];
        if let Some(pool) = &self.pool {
            arguments.extend(["-p".into(), pool.clone()]);
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Result<LayoutProfile, String> {
        let profile: LayoutProfile = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        profile.check("x").map_err(|e| e.because()).map(|()| profile)
    }

    #[test]
    fn a_profile_becomes_arguments() {
        let large = profile("stripe_count = 4\nstripe_size = '4MiB'\npool = 'ssd'").expect("fits");
        assert_eq!(large.setstripe_arguments(), ["-c", "4", "-S", "4194304", "-p", "ssd"]);
        let all = profile("stripe_count = -1\nstripe_size = '65536'").expect("fits");
        assert_eq!(all.setstripe_arguments(), ["-c", "-1", "-S", "65536"]);
    }

    #[test]
    fn what_lustre_would_refuse_is_refused_here() {
        for (text, reason) in [
            ("stripe_count = 0\nstripe_size = '1MiB'", "1 to 2000"),
            ("stripe_count = -2\nstripe_size = '1MiB'", "1 to 2000"),
            ("stripe_count = 1\nstripe_size = '100KiB'", "multiple of 64KiB"),
            ("stripe_count = 1\nstripe_size = '4GiB'", "just below 4GiB"),
            ("stripe_count = 1\nstripe_size = '1MB'", "KiB, MiB or GiB"),
            ("stripe_count = 1\nstripe_size = '1MiB'\npool = '-x'", "pool is"),
            ("stripe_count = 1\nstripe_size = '1MiB'\nstripes = 3", "unknown field"),
        ] {
            let error = profile(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
