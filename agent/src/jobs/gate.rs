//! Whether a start or an end does its work at all: asked first, before anything is read or touched.

use crate::config::{AgentConfig, Mode, Role};
use fsxlustre_mount::config::FOLDER;
use fsxlustre_mount::host::{Deadline, Program, RunLimits};
use fsxlustre_mount::worker::Work;
use std::path::{Path, PathBuf};

/// The name of the kill switch in `/etc/fsxlustre`.
const DISABLED: &str = "disabled";

/// What a start or an end may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Its work.
    Open,
    /// Decide and log, and touch nothing.
    Observe,
    /// Nothing.
    Closed(Closed),
}

/// Why nothing is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The node is none that runs jobs.
    Role(Role),
    /// `[jobs] mode` is `off`.
    Off,
    /// This file is there.
    Disabled(PathBuf),
}

impl Gate {
    /// Looks at role, kill switches and mode. A shared kill switch is looked at until the deadline,
    /// by a child; one that does not answer counts as not there.
    pub fn of(config: &AgentConfig, deadline: Deadline) -> Self {
        let role = config.node.role();
        if role != Role::Compute {
            return Self::Closed(Closed::Role(role));
        }
        if config.jobs.mode() == Mode::Off {
            return Self::Closed(Closed::Off);
        }
        let own = Path::new(FOLDER).join(DISABLED);
        if std::fs::symlink_metadata(&own).is_ok() {
            return Self::Closed(Closed::Disabled(own));
        }
        let shared = config.jobs.disabled_file.as_ref().filter(|path| is_there(path, deadline));
        match (shared, config.jobs.mode()) {
            (Some(path), _) => Self::Closed(Closed::Disabled(path.clone())),
            (None, Mode::Observe) => Self::Observe,
            (None, _) => Self::Open,
        }
    }
}

fn is_there(path: &Path, deadline: Deadline) -> bool {
    let asked = Work::StatVfs(path.to_owned()).arguments();
    Program::own().run(&asked, &RunLimits::until(deadline)).is_ok_and(|done| done.status.success())
}

impl Closed {
    /// Why nothing is done, after "nothing is done".
    pub fn because(&self) -> String {
        match self {
            Self::Role(role) => format!("[node] role is {}", role.word()),
            Self::Off => "[jobs] mode is off".into(),
            Self::Disabled(path) => format!("{} is there", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{JobsSection, NodeSection};
    use std::time::Duration;

    #[test]
    fn role_and_mode_close_it() {
        let gate = |role, mode| {
            let config = AgentConfig {
                node: NodeSection { role },
                jobs: JobsSection { mode, ..JobsSection::default() },
                ..AgentConfig::default()
            };
            Gate::of(&config, Deadline::after(Duration::from_secs(1)))
        };
        assert_eq!(gate(None, None), Gate::Open);
        assert_eq!(gate(None, Some(Mode::Observe)), Gate::Observe);
        assert_eq!(gate(None, Some(Mode::Off)), Gate::Closed(Closed::Off));
        for role in [Role::Login, Role::Head] {
            assert_eq!(gate(Some(role), Some(Mode::Enforce)), Gate::Closed(Closed::Role(role)));
        }
    }
}
