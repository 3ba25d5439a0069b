//! What Lustre keeps of a file's copy in the archive, and what is going on with it.
//!
//! *Source*: `struct hsm_user_state` (32 bytes) and `struct hsm_current_action` (24 bytes) of
//! `lustre/include/uapi/linux/lustre/lustre_user.h` (which versions: `ioctl`): four and two numbers of 32 bits, then the
//! extent (offset and length, 64 bits each). Byte order is the machine's own. Sizes are in the captured calls' numbers.

use serde::{Deserialize, Serialize};

/// Flags of a file, and which archive has its copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HsmState {
    /// `enum hsm_states`, as they came; bits that are not known are kept.
    pub flags: u32,
    /// The number of the archive; 0 where there never was one.
    pub archive_id: u32,
}

impl HsmState {
    /// A copy was begun, or is there.
    pub const EXISTS: u32 = 0x01;
    /// Written since it was archived.
    pub const DIRTY: u32 = 0x02;
    /// Its data are in the archive only.
    pub const RELEASED: u32 = 0x04;
    /// There is a whole copy.
    pub const ARCHIVED: u32 = 0x08;
    /// It is never to be released.
    pub const NEVER_RELEASE: u32 = 0x10;
    /// It is never to be archived.
    pub const NEVER_ARCHIVE: u32 = 0x20;
    /// Its copy is lost.
    pub const LOST: u32 = 0x40;

    /// Of this `struct hsm_user_state`. Its last fields are not looked at: no version fills them in.
    pub fn of_bytes(bytes: &[u8; 32]) -> Self {
        Self { flags: number(bytes, 0), archive_id: number(bytes, 4) }
    }

    /// Whether one of these bits is set.
    pub fn has(self, bits: u32) -> bool {
        self.flags & bits != 0
    }

    /// Its data are in the archive only.
    pub fn is_released(self) -> bool {
        self.has(Self::RELEASED)
    }

    /// The archive has the file as it stands.
    pub fn is_archived(self) -> bool {
        self.has(Self::ARCHIVED) && !self.has(Self::DIRTY)
    }

    /// The archive has the file as it stands, and has not lost it.
    pub fn is_kept(self) -> bool {
        self.is_archived() && !self.has(Self::LOST)
    }

    /// The archive has an earlier version.
    pub fn is_dirty(self) -> bool {
        self.has(Self::DIRTY)
    }

    /// Nothing is to be expected of any request: it is here, and archived as it stands.
    pub fn is_settled(self) -> bool {
        self.is_archived() && !self.is_released()
    }
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HsmAction {
    /// Copied to the archive.
    Archive,
    /// Brought back.
    Restore,
    /// Its data are let go.
    Release,
    /// Its copy is removed.
    Remove,
    /// A request is cancelled.
    Cancel,
    /// Another number.
    Other,
}

impl HsmAction {
    /// `enum hsm_user_action`: 1 is "no action", and 0 is nothing at all.
    pub(super) fn of_number(number: u32) -> Option<Self> {
        match number {
            0 | 1 => None,
            10 => Some(Self::Archive),
            11 => Some(Self::Restore),
            12 => Some(Self::Release),
            13 => Some(Self::Remove),
            14 => Some(Self::Cancel),
            _ => Some(Self::Other),
        }
    }

    /// As `lfs hsm_action` prints it.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "NOOP" => None,
            "ARCHIVE" => Some(Self::Archive),
            "RESTORE" => Some(Self::Restore),
            "RELEASE" => Some(Self::Release),
            "REMOVE" => Some(Self::Remove),
            "CANCEL" => Some(Self::Cancel),
            _ => Some(Self::Other),
        }
    }
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// Nobody has taken it.
    Waiting,
    /// Somebody copies.
    Running,
    /// It is done, or of a kind that is not known.
    Other,
}

/// A request that is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// What is asked for.
    pub action: HsmAction,
    /// How far it is.
    pub progress: Progress,
}

impl Current {
    /// Of this `struct hsm_current_action`; `None` where nothing is going on.
    pub fn of_bytes(bytes: &[u8; 24]) -> Option<Self> {
        let action = HsmAction::of_number(number(bytes, 4))?;
        let progress = match number(bytes, 0) {
            1 => Progress::Waiting,
            2 => Progress::Running,
            _ => Progress::Other,
        };
        Some(Self { action, progress })
    }
}

/// What is going on with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Going {
    /// Nobody asked.
    NotAsked,
    /// Nothing.
    Nothing,
    /// A request.
    On(Current),
}

impl Going {
    /// What a question answered.
    pub(super) fn told(current: Option<Current>) -> Self {
        current.map_or(Self::Nothing, Self::On)
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map_or(0, u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(numbers: &[u32]) -> [u8; N] {
        let mut bytes = [0; N];
        for (index, number) in numbers.iter().enumerate() {
            bytes[4 * index..4 * index + 4].copy_from_slice(&number.to_ne_bytes());
        }
        bytes
    }

    #[test]
    fn the_states_of_a_file_that_came_from_s3() {
        let never_read = HsmState::of_bytes(&bytes(&[0x0d, 1]));
        assert!(never_read.is_released() && never_read.is_archived() && !never_read.is_settled());
        assert!(HsmState::of_bytes(&bytes(&[0x09, 1])).is_settled());
        let written = HsmState::of_bytes(&bytes(&[0x0b, 1]));
        assert!(written.is_dirty() && !written.is_archived() && !written.is_settled());
        assert_eq!(HsmState::of_bytes(&[0; 32]), HsmState::default());
    }

    #[test]
    fn no_action_is_two_numbers() {
        assert_eq!(Current::of_bytes(&[0; 24]), None);
        assert_eq!(Current::of_bytes(&bytes(&[0, 1])), None);
        let waiting = Current { action: HsmAction::Restore, progress: Progress::Waiting };
        assert_eq!(Current::of_bytes(&bytes(&[1, 11])), Some(waiting));
        let running = Current { action: HsmAction::Archive, progress: Progress::Running };
        assert_eq!(Current::of_bytes(&bytes(&[2, 10])), Some(running));
    }
}
