//! Which answer to "which file system is it?" serves, and where answers are kept.
//!
//! [`Situation::next`] decides, without a clock or a file. The rest gathers what it decides upon:
//! the static map of the configuration, the shared cache file, and the node's own cache
//! ([`crate::id_cache`]).

mod asking;
mod at_hand;
mod caller;
mod decide;
mod map;
mod names;
mod pin;
mod settings;
mod shared_file;
mod slot;

pub use asking::{Answer, Asking, Found};
pub use at_hand::{AtHand, Kept};
pub use caller::Caller;
pub use decide::{
    Ages, Api, Holder, Known, Situation, Step, TIME_AFTER_SLOT, Wanted, Why, slot_of,
};
pub use map::{MapEntry, MapError};
pub use names::{Names, look_up_key};
pub(crate) use pin::agree as agree_with_pin;
pub use pin::{Pin, PinAttempt, PinnedAs};
pub use settings::{AnswerSettings, CacheSection, FleetSection};
pub use shared_file::{SharedAnswer, SharedAnswers, read_shared};
pub use slot::{DEFAULT_QUOTA, Fleet, PARAMETER_STORE_QUOTA, SETTINGS_CALLS, share};
