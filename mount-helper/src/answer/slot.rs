//! When this node of many makes its first call: spread by a stable hash, so that a fleet that boots
//! at one moment does not ask at one moment.

use std::time::Duration;

/// The share of the quota that a fleet's first calls take; the rest is for everybody else and for
/// calls that are made again.
const SHARE_OF_QUOTA: f64 = 0.5;

/// `[fleet]`: how many nodes ask the same API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// Nodes that may boot at the same time; `None` where no call is splayed.
    pub size: Option<u32>,
    /// Calls a second that the FSx API takes from the whole account. AWS publishes no number.
    pub quota: u32,
}

/// Calls a second that Parameter Store takes from an account, unless it pays for more.
pub const PARAMETER_STORE_QUOTA: u32 = 40;
/// Calls that a reading of the fleet's settings makes: the version, its parts, the version again.
pub const SETTINGS_CALLS: u32 = 3;

/// Assumed where nothing is set.
pub const DEFAULT_QUOTA: u32 = 10;

impl Default for Fleet {
    fn default() -> Self {
        Self { size: None, quota: DEFAULT_QUOTA }
    }
}

impl Fleet {
    /// The time over which the first calls of all nodes are spread: size / (0.5 × quota). Zero where
    /// no size is set.
    pub fn window(&self) -> Duration {
        self.window_of(1, self.quota)
    }

    fn window_of(&self, calls: u32, quota: u32) -> Duration {
        let rate = SHARE_OF_QUOTA * f64::from(quota.max(1));
        Duration::from_secs_f64(f64::from(self.size.unwrap_or_default()) * f64::from(calls) / rate)
    }

    /// The time that the quota needs for one call of every node.
    pub fn least_time(&self) -> Duration {
        let calls = f64::from(self.size.unwrap_or_default());
        Duration::from_secs_f64(calls / f64::from(self.quota.max(1)))
    }

    /// How long the node of that key waits before it reads the fleet's settings in Parameter Store.
    pub fn slot_of_settings(&self, node_key: &str) -> Duration {
        self.window_of(SETTINGS_CALLS, PARAMETER_STORE_QUOTA).mul_f64(share(node_key))
    }

    /// How long the node of that key waits before its first call, the same at every boot.
    pub fn slot(&self, node_key: &str) -> Duration {
        self.window().mul_f64(share(node_key))
    }
}

/// A number from 0 to 1 for a text: FNV-1a, then the finalizer of splitmix64, since ids that differ
/// in one digit must not be neighbours.
pub fn share(text: &str) -> f64 {
    let sum = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // The upper half is exact in a double.
    let upper = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(u32::MAX);
    f64::from(upper) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_stable_and_spread_evenly_over_the_window() {
        let fleet = Fleet { size: Some(10_000), quota: 10 };
        assert_eq!(fleet.window(), Duration::from_secs(2000));
        assert_eq!(fleet.least_time(), Duration::from_secs(1000));
        let mut tenths = [0_u32; 10];
        for number in 0..10_000_u32 {
            let slot = fleet.slot(&format!("i-0{number:016x}"));
            assert_eq!(slot, fleet.slot(&format!("i-0{number:016x}")));
            let tenth = usize::try_from(slot.as_secs() / 200).expect("small");
            tenths[tenth.min(9)] += 1;
        }
        // 1000 expected, three standard deviations are 90.
        assert!(tenths.iter().all(|count| (910..1090).contains(count)), "{tenths:?}");
    }

    #[test]
    fn without_a_size_nobody_waits() {
        assert_eq!(Fleet::default().slot("i-0123456789abcdef0"), Duration::ZERO);
        let no_quota = Fleet { size: Some(10), quota: 0 };
        assert_eq!(no_quota.window(), Duration::from_secs(20));
    }
}
