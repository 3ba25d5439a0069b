//! Layouts: a profile from the configuration, applied with `lfs setstripe`, proved by
//! `lfs getstripe`. Nothing is run when the layout holds already.

mod apply;
mod getstripe;
mod profile;

pub use apply::{Applied, LayoutError, LayoutRequest, apply};
pub use getstripe::{DefaultLayout, parse_default_layout};
pub use profile::{LayoutProfile, ProfileError, StripeSize};
