//! AWS Systems Manager: what its documents ask of this node, and how they are answered.
//!
//! A document's script is a few lines that become `fsxlustre ssm run NAME`. What was asked stands in the
//! environment, what is answered fits what Systems Manager keeps of it, and work that takes long goes on
//! when the script is killed.
//!
//! Beside that: what it is told of this node, inventory and compliance.

mod answer;
mod begin;
pub mod compliance;
pub mod document;
pub mod exit;
mod fit;
mod given;
mod grammar;
mod in_use;
mod install;
pub mod inventory;
mod kept;
mod managed_id;
pub mod perform;
mod view;
pub mod work;

pub use answer::{Answer, Word};
pub use begin::begin;
pub use fit::{DETAILED, Room, SHORT, ascii_json};
pub use given::Given;
pub use grammar::Grammar;
pub use in_use::{Before, InUse};
pub use kept::{print, print_within};
pub use managed_id::{ManagedId, managed_id};
pub use view::answer;
