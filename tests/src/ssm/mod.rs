//! Documents of Systems Manager, run as its agent runs them: the checks of parameters, the script and its
//! surroundings, the time-out, what is kept of the output, and the reboot.
//!
//! *Source*: amazon-ssm-agent, `agent/framework/docparser`, `agent/executers`, `agent/contracts/plugin.go`.

mod agent;
mod document;
mod kept;
mod validate;

pub use agent::{Agent, Invocation, Version};
pub use document::Document;
pub use validate::{problems, script_problems};
