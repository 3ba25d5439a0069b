//! Layouts: a profile from the configuration, applied with `lfs setstripe`, proved by
//! `lfs getstripe`. Nothing is run when the layout holds already.

mod apply;
mod arguments;
mod compare;
mod draft;
mod explain;
mod feature;
mod lov;
#[cfg(test)]
mod lov_tests;
mod model;
mod osts;
mod preset;
mod print;
mod problem;
mod profile;
mod profile_error;
mod setstripe;
mod shape;
mod sound;
mod stripe_size;
mod text;
mod text_error;

#[cfg(test)]
mod bad_layouts;
#[cfg(test)]
mod captures;
#[cfg(test)]
mod explain_tests;
#[cfg(test)]
mod properties;

pub use apply::{Applied, LayoutError, LayoutRequest, apply};
pub use feature::{FEATURES, Feature};
pub use model::{
    Component, ComponentFlags, Composite, Fid, Foreign, Layout, Pattern, StripeObject, StripeUnit,
    Stripes,
};
pub use preset::{Preset, PresetPart, preset, preset_names, presets};
pub use problem::LayoutProblem;
pub use profile::{LayoutPart, LayoutProfile};
pub use profile_error::ProfileError;
pub use setstripe::parse_setstripe;
pub use shape::FileSystemShape;
pub use stripe_size::{ByteCount, StripeSize, Until};
pub use text_error::LayoutTextError;
