//! Sizes as the configuration has them: `64KiB`, `4MiB`, `1GiB` or a number of bytes.

use fsxlustre_mount::failure::one_line;
use serde::Deserialize;

/// Lustre's unit of stripe sizes and of ends of components, bytes.
pub(crate) const UNIT: u64 = 64 * 1024;
/// The largest stripe size that `lfs setstripe` takes is below 4 GiB.
pub(crate) const LARGEST_STRIPE_SIZE: u64 = (4 << 30) - UNIT;
/// `lfs` reads a number below this as KiB.
pub(crate) const READ_AS_KIB: u64 = 4096;

/// A stripe size, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StripeSize(u64);

/// A length, bytes: of what lies on an MDT, or of a step by which a component is extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ByteCount(u64);

/// Where a part of a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Until(Option<u64>);

impl StripeSize {
    /// What FSx gives a file system, where a profile says nothing else.
    ///
    /// *Source*: Amazon FSx for Lustre user guide, "Striping data in your file system".
    pub const OF_FSX: Self = Self(1 << 20);

    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl ByteCount {
    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl Until {
    /// There; `None` for the end of the file.
    pub(super) fn at(end: Option<u64>) -> Self {
        Self(end)
    }

    /// The first byte behind the part; `None` for the end of the file.
    pub fn end(self) -> Option<u64> {
        self.0
    }
}

impl TryFrom<String> for StripeSize {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match size(&text, "a stripe size")? {
            bytes @ UNIT..=LARGEST_STRIPE_SIZE => Ok(Self(bytes)),
            _ => Err("a stripe size is 64KiB to just below 4GiB, such as 4MiB".into()),
        }
    }
}

impl TryFrom<String> for ByteCount {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match size(&text, "it")? {
            0 => Err("it is at least 64KiB".into()),
            bytes => Ok(Self(bytes)),
        }
    }
}

impl TryFrom<String> for Until {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "end" {
            return Ok(Self(None));
        }
        match size(&text, "the end of a part")? {
            0 => Err("the end of a part is at least 64KiB, or \"end\"".into()),
            bytes => Ok(Self(Some(bytes))),
        }
    }
}

/// A multiple of 64 KiB.
fn size(text: &str, what: &str) -> Result<u64, String> {
    let no_size = || format!("'{}' is no size: write it as 4MiB", one_line(text));
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| no_size())?;
    let unit: u64 = match text.strip_prefix(digits).unwrap_or_default() {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        other => {
            let other = one_line(other);
            return Err(format!("'{other}' is not KiB, MiB, GiB or TiB: write it as 4MiB"));
        }
    };
    if unit == 1 && (1..READ_AS_KIB).contains(&number) {
        let meant = number.next_multiple_of(64);
        return Err(format!(
            "{number} has no unit, and lfs would read it as KiB: write {meant}KiB"
        ));
    }
    let bytes = number.checked_mul(unit).filter(|bytes| *bytes < 1 << 62);
    let bytes = bytes.ok_or_else(|| format!("'{}' is too large", one_line(text)))?;
    if bytes.is_multiple_of(UNIT) {
        return Ok(bytes);
    }
    let next = super::model::bytes(bytes.next_multiple_of(UNIT));
    Err(format!("{what} is a multiple of 64KiB, not {bytes} bytes: write {next}"))
}
