//! What a scrape of `fsxlustre serve` costs, beside merely opening and reading the same files.

mod floor;
mod grown;
mod service;

pub use floor::{answer as floor_answer, pass as floor_pass};
pub use grown::Grown;
pub use service::{Resident, Service};
