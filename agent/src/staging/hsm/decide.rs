//! Whether a file needs what is asked for. Pure.

use super::state::{HsmAction, HsmState};
use serde::{Deserialize, Serialize};

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Bring the data from the archive.
    Restore,
    /// Copy the file to the archive.
    Archive,
    /// Let the data go that the archive has.
    Release,
}

impl Verb {
    /// `enum hsm_user_action`.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Archive => 10,
            Self::Restore => 11,
            Self::Release => 12,
        }
    }

    /// The action that `lfs hsm_action` shows of it.
    pub(super) fn action(self) -> HsmAction {
        match self {
            Self::Archive => HsmAction::Archive,
            Self::Restore => HsmAction::Restore,
            Self::Release => HsmAction::Release,
        }
    }

    /// The word of the command line and of the journal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Restore => "restore",
            Self::Release => "release",
        }
    }
}

/// What is to be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is to be asked for.
    Ask,
    /// It is so already.
    Holds,
    /// Lustre would refuse it: why.
    Refused(&'static str),
}

/// Decides it, as the coordinator would (`hsm_action_is_needed`, `mdt_hsm_is_action_compat` of `mdt_hsm_cdt_client.c`) and
/// `ll_hsm_release` of the client.
pub fn decide(verb: Verb, state: HsmState) -> Decision {
    let holds = match verb {
        Verb::Restore => !state.is_released(),
        Verb::Archive => state.is_archived() || state.is_released(),
        Verb::Release => state.is_released(),
    };
    if holds {
        return Decision::Holds;
    }
    refusal(verb, state).map_or(Decision::Ask, Decision::Refused)
}

/// Why Lustre would refuse it.
fn refusal(verb: Verb, state: HsmState) -> Option<&'static str> {
    match verb {
        Verb::Archive if state.has(HsmState::NEVER_ARCHIVE) => {
            Some("it is never to be archived (never_archive)")
        }
        Verb::Release if state.is_dirty() => Some("it was written since it was archived (dirty)"),
        Verb::Release if !state.is_archived() => Some("it is not archived"),
        Verb::Release if state.has(HsmState::NEVER_RELEASE) => {
            Some("it is never to be released (never_release)")
        }
        Verb::Restore | Verb::Release if state.has(HsmState::LOST) => {
            Some("the archive lost its copy")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_that_was_seen_is_decided() {
        let of = |flags| {
            let state = HsmState { flags, archive_id: 1 };
            [Verb::Restore, Verb::Archive, Verb::Release].map(|verb| match decide(verb, state) {
                Decision::Ask => "ask",
                Decision::Holds => "holds",
                Decision::Refused(_) => "refused",
            })
        };
        for (flags, wanted) in [
            (0x00, ["holds", "ask", "refused"]),
            (0x01, ["holds", "ask", "refused"]),
            (0x09, ["holds", "holds", "ask"]),
            (0x0d, ["ask", "holds", "holds"]),
            (0x0b, ["holds", "ask", "refused"]),
            (0x30, ["holds", "refused", "refused"]),
            (0x19, ["holds", "holds", "refused"]),
            (0x49, ["holds", "holds", "refused"]),
            (0x4d, ["refused", "holds", "holds"]),
        ] {
            assert_eq!(of(flags), wanted, "{flags:#x}");
        }
    }
}
