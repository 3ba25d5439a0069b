//! The id by which Systems Manager knows this node: that of the instance, or `mi-…` of a hybrid node.

use crate::aws::instance_id;
use fsxlustre_mount::host::{Bounds, Host, read_own_state};
use serde::Deserialize;
use std::fmt;
use std::path::PathBuf;

/// Where the SSM Agent keeps what it knows, below the root of the distribution's files.
const AGENT_FOLDER: &str = "var/lib/amazon/ssm";
/// The longest id.
const LONGEST: usize = 40;

/// The id of a managed node: `i-…` or `mi-…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManagedId(String);

impl ManagedId {
    /// Of a text that looks like one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("mi-").or_else(|| text.strip_prefix("i-"))?;
        let fits = (8..=LONGEST).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// As AWS writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_hybrid(&self) -> bool {
        self.0.starts_with("mi-")
    }
}

impl fmt::Display for ManagedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the SSM Agent wrote down of itself; it writes more than this.
#[derive(Debug, Deserialize)]
struct Written {
    /// `InstanceId` of `runtimeconfig/identity_config.json`, `ManagedInstanceID` of `registration`.
    #[serde(alias = "ManagedInstanceID", alias = "InstanceId")]
    id: String,
}

/// The folder of the SSM Agent.
pub(super) fn agent_folder(host: &Host) -> PathBuf {
    host.paths.rootfs.join(AGENT_FOLDER)
}

/// The id of this node; `None` where nobody knows it.
///
/// *Source*: `runtimeconfig/identity_config.json` and `registration` in the folder of the SSM Agent, and
/// the instance metadata service.
pub fn managed_id(host: &Host, bounds: Bounds<'_>) -> Option<ManagedId> {
    let folder = agent_folder(host);
    let written = |name: &str| {
        let written: Written = read_own_state(&folder.join(name))?;
        ManagedId::parse(&written.id)
    };
    let agents = written("runtimeconfig/identity_config.json");
    let registered = written("registration");
    choose(agents, registered, || instance_id(bounds).as_deref().and_then(ManagedId::parse))
}

/// A hybrid registration goes first, as the SSM Agent has it. An id of an instance counts only where the
/// metadata service names no other: an image may have been made of an instance that was managed.
fn choose(
    agents: Option<ManagedId>,
    registered: Option<ManagedId>,
    of_instance: impl FnOnce() -> Option<ManagedId>,
) -> Option<ManagedId> {
    let written = [agents, registered].into_iter().flatten();
    let (hybrid, others): (Vec<_>, Vec<_>) = written.partition(ManagedId::is_hybrid);
    let hybrid = hybrid.into_iter().next();
    hybrid.or_else(of_instance).or_else(|| others.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<ManagedId> {
        ManagedId::parse(text)
    }

    #[test]
    fn an_id_is_one_word_of_a_known_form() {
        for text in ["i-0123456789abcdef0", "i-01234567", "mi-0123456789abcdef0"] {
            assert_eq!(id(text).expect(text).as_str(), text);
        }
        for text in
            ["", "i-", "i-0123/../x", "mi-0123456789ABCDEF0", "fs-0123456789abcdef0", "i-x y12345"]
        {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn a_hybrid_registration_goes_first_and_an_image_s_old_id_last() {
        let (hybrid, old, own) = (id("mi-0123456789abcdef0"), id("i-00000000"), id("i-11111111"));
        let none = || None;
        assert_eq!(choose(old.clone(), hybrid.clone(), || own.clone()), hybrid);
        assert_eq!(choose(hybrid.clone(), None, none), hybrid);
        assert_eq!(choose(old.clone(), None, || own.clone()), own);
        assert_eq!(choose(old.clone(), None, none), old);
        assert_eq!(choose(None, None, none), None);
    }
}
