//! Layouts: a profile from the configuration, applied with `lfs setstripe`, proved by
//! `lfs getstripe`. Nothing is run when the layout holds already.

mod arguments;
mod batch;
mod compare;
mod count;
mod decide;
mod directories;
mod draft;
mod error;
mod explain;
mod feature;
mod follows;
pub mod hand;
mod lfs_said;
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
mod rules;
mod setstripe;
mod shape;
pub(crate) mod site;
mod sound;
mod stripe_size;
mod tasks;
mod text;
mod text_error;
mod wanted;

#[cfg(test)]
mod bad_layouts;
#[cfg(test)]
mod captures;
#[cfg(test)]
mod explain_tests;
#[cfg(test)]
mod properties;

pub use count::{CountLimits, Counted, Stopped};
pub use decide::{Decision, Present, decide};
pub use directories::{Directories, ReadBy, Stands, command};
pub use error::LayoutError;
pub use feature::{FEATURES, Feature};
pub use model::{
    Component, ComponentFlags, Composite, Fid, Foreign, Layout, Pattern, StripeObject, StripeUnit,
    Stripes,
};
pub use preset::{Preset, PresetPart, preset, preset_names, presets};
pub use problem::LayoutProblem;
pub use profile::{LayoutPart, LayoutProfile};
pub use profile_error::ProfileError;
pub use rules::{configured, for_job};
pub use setstripe::parse_setstripe;
pub use shape::FileSystemShape;
pub use stripe_size::{ByteCount, StripeSize, Until};
pub use tasks::{Found, LayoutFound, Manner, Report, Task, TellCount, Verb, is_known, run};
pub use text_error::LayoutTextError;
pub use wanted::profile_layout;
