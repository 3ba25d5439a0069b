//! Layouts: a profile from the configuration, applied with `lfs setstripe`, proved by
//! `lfs getstripe`. Nothing is run when the layout holds already.

mod apply;
mod arguments;
mod compare;
mod draft;
mod lov;
mod model;
mod profile;
mod text;
mod text_error;

#[cfg(test)]
mod captures;

pub use apply::{Applied, LayoutError, LayoutRequest, apply};
pub use model::{
    Component, ComponentFlags, Composite, Fid, Foreign, Layout, Pattern, StripeObject, StripeUnit,
    Stripes,
};
pub use profile::{LayoutProfile, ProfileError, StripeSize};
pub use text_error::LayoutTextError;
