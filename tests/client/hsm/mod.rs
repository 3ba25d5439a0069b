//! HSM: what the servers keep of each file's copy in the archive, and a copytool that takes requests, or does not.
//!
//! *Source*: `30_hsm_off` (no coordinator), `30_hsm_on` (one, and no copytool), `30_hsm_ct` (with a copytool),
//! `60_more/hsm_*`; what is needed and refused is from `hsm_action_is_needed` and `mdt_hsm_is_action_compat` of Lustre.

pub mod control;
pub mod lfs;
pub mod store;
pub mod view;
