//! What AWS Systems Manager is told of this node: inventory and compliance.

pub mod compliance;
pub mod inventory;
mod managed_id;

pub use managed_id::{ManagedId, managed_id};
