//! Settings of the Lustre client: which ones a node of this size is to have, set on one client, proved,
//! kept, and put back.
//!
//! | part | what it does |
//! |---|---|
//! | `data`, `profile`, `wanted` | `data/tuning.toml` and `[tune]`; what a profile wants of a node: pure |
//! | `client` | which client instances are meant |
//! | `files` | a client's files, read and written in a child |
//! | `plan`, `order` | what is to be written, and in which order: pure |
//! | `kept` | what was there before, in `/run/fsxlustre/tuning` |
//! | `apply` | kept, written, read back; put back |
//! | `drift` | what somebody else set since |
//! | `persist` | parameters of modules, in modprobe.d |
//! | `elsewhere` | what LNet has of AWS's EFA setup, shown only |
//! | `text` | for people |

mod apply;
mod client;
mod data;
mod drift;
mod elsewhere;
mod error;
mod files;
mod kept;
mod order;
mod persist;
mod plan;
mod profile;
mod text;
mod wanted;

pub use apply::{Applied, Reverted, Written, apply, forget_gone_clients, look, revert};
pub use client::{Client, Meant, client_of, meant};
pub use data::{DataError, How, ProfileRow, Rule, Setting, TuningData};
pub use drift::{Drifted, drifted, tuned, value_now};
pub use elsewhere::{LnetRow, lnet_rows};
pub use error::TuneError;
pub use files::{ClientValues, Place, SettingsLook, SettingsWrite};
pub use kept::{Entry, Kept};
pub use order::{Change, ordered};
pub use persist::{FILE, ModuleRow, Persisted, forget, path as persist_path, persist, rows};
pub use plan::{ClientPlan, Row, Stand};
pub use profile::{OwnProfile, Profile, TuneSection};
pub use text::{applied_text, plan_text, reverted_text, show_text, size_text};
pub use wanted::{NodeSize, Undecided, Wanted, Wishes};
