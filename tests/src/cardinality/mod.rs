//! What Prometheus needs for a fleet: nodes that answer with one real scrape, and a real Prometheus.

mod moving;
mod nodes;
mod prometheus;

pub use moving::Moving;
pub use nodes::Nodes;
pub use prometheus::{Prometheus, Usage};
