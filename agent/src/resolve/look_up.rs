//! A look-up for whoever wants all that is known of a file system, not only its device.

use super::{AgentResolver, ApiResolver, Steps};
use fsxlustre_mount::answer::{Asking, AtHand, Found, Kept, Wanted};
use fsxlustre_mount::failure::Failure;
use fsxlustre_mount::file_system::FileSystem;
use fsxlustre_mount::host::{Bounds, Deadline};
use fsxlustre_mount::id_cache;
use fsxlustre_mount::resolve::Question;

/// The lifecycle of a file system of which only its names are known.
pub const UNKNOWN_LIFECYCLE: &str = "UNKNOWN";

/// Which answers may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The map, the caches, and the API.
    Anywhere,
    /// The API only: whoever asks has looked at the others.
    TheApi,
}

impl AgentResolver<'_> {
    /// Finds the file system from what is at hand or from the API, and keeps what the API said.
    ///
    /// # Errors
    /// A failure that names what was asked and what mends it.
    pub fn look_up(
        &self,
        question: &Question<'_>,
        deadline: Deadline,
        from: From,
        steps: &Steps,
    ) -> Result<FileSystem, Failure> {
        let asking = Asking {
            host: self.config.host(),
            settings: &self.config.base.answers,
            resolver: self,
            bounds: Bounds { deadline, interrupt: self.interrupt },
        };
        let ask = |deadline| {
            if from == From::Anywhere {
                let caller = question.caller.word();
                steps.add("at hand", format!("nothing that serves a {caller}: the API is asked"));
            }
            self.resolve_in_steps(question, deadline, steps)
        };
        let answer = match from {
            From::Anywhere => asking.answer(question, Wanted::Description, ask),
            From::TheApi => {
                asking.answer_with(AtHand::default(), question, Wanted::Description, ask)
            }
        }?;
        let mut found = match answer.found {
            Found::Asked(found) => {
                // As root, for the next time; for anybody else it is not written.
                id_cache::keep(self.config.host(), question.source, &question.key(), &found);
                found
            }
            Found::Kept(kept) => {
                steps.add("at hand", format!("{} ({})", kept.id, kept.origin));
                described(kept)
            }
        };
        found.warnings.extend(answer.warnings);
        Ok(found)
    }

    /// Every Lustre file system of the Region that counts and can be mounted now, by the API.
    ///
    /// # Errors
    /// As [`AgentResolver::look_up`].
    pub fn every_usable(
        &self,
        region: Option<&str>,
        deadline: Deadline,
    ) -> Result<Vec<FileSystem>, Failure> {
        let bounds = Bounds { deadline, interrupt: self.interrupt };
        ApiResolver { config: self.config, with_data_repositories: false }
            .every_usable(region, bounds)
    }
}

/// What is known of a file system by its names alone.
fn described(kept: Kept) -> FileSystem {
    let servers = &kept.device.servers;
    FileSystem {
        id: kept.id,
        dns_name: servers.strip_suffix("@tcp").unwrap_or(servers).to_owned(),
        mount_name: kept.device.fsname,
        lifecycle: UNKNOWN_LIFECYCLE.to_owned(),
        region: kept.region.unwrap_or_default(),
        origin: kept.origin,
        ..FileSystem::default()
    }
}
