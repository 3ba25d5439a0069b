//! On whose behalf the FSx API would be asked, which says how old an answer may be.

use crate::host::{Host, read_text};
use crate::record::Maker;
use std::io::IsTerminal as _;

/// A mount that systemd makes within this time after the kernel's start counts as one of the boot.
const BOOT_SECONDS: u64 = 30 * 60;

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caller {
    /// A person at a shell: always asked anew, never kept waiting for a slot.
    #[default]
    Person,
    /// A line of fstab, mounted by hand or on demand.
    Fstab,
    /// A line of fstab that systemd mounts while the node boots, as the rest of the fleet may do.
    Boot,
    /// A systemd timer, which fires everywhere at the same time.
    Timer,
    /// A job's hooks.
    Job,
    /// SSM Run Command.
    Ssm,
}

/// What of this process's environment tells who asks.
#[derive(Clone, Copy, Debug, Default)]
struct Surroundings {
    /// systemd runs it (`INVOCATION_ID`, systemd.exec(5)).
    is_of_systemd: bool,
    /// A timer triggered the unit (`TRIGGER_UNIT`, systemd.exec(5), since 252).
    is_of_timer: bool,
    /// Since the kernel started; `None` when it cannot be read.
    uptime_seconds: Option<u64>,
}

impl Caller {
    /// Every word of a caller, as a flag of the command line takes it.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("person", Self::Person),
        ("fstab", Self::Fstab),
        ("boot", Self::Boot),
        ("timer", Self::Timer),
        ("job", Self::Job),
        ("ssm", Self::Ssm),
    ];

    /// The word of it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, one)| *one == self).map_or("person", |(word, _)| word)
    }

    /// Of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, one)| *one)
    }

    /// Who has this process make a mount for `maker`.
    pub fn of_this_process(host: &Host, maker: &Maker) -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let trigger = std::env::var("TRIGGER_UNIT").unwrap_or_default();
        let uptime = read_text(&host.paths.processes.join("uptime")).ok();
        Self::of(
            maker,
            Surroundings {
                // A shell below a unit has the variable too, and a person in front of it.
                is_of_systemd: is_set("INVOCATION_ID") && !std::io::stdin().is_terminal(),
                is_of_timer: trigger.rsplit_once('.').is_some_and(|(_, kind)| kind == "timer"),
                uptime_seconds: uptime.and_then(|text| text.split('.').next()?.parse().ok()),
            },
        )
    }

    fn of(maker: &Maker, surroundings: Surroundings) -> Self {
        let boots = surroundings.uptime_seconds.is_some_and(|seconds| seconds < BOOT_SECONDS);
        match maker {
            Maker::Job(_) => Self::Job,
            Maker::Ssm => Self::Ssm,
            _ if surroundings.is_of_timer => Self::Timer,
            Maker::Fstab if surroundings.is_of_systemd && boots => Self::Boot,
            Maker::Fstab => Self::Fstab,
            Maker::Person => Self::Person,
        }
    }

    /// The same for every call after the first, which has waited for its turn already.
    #[must_use]
    pub fn after_its_turn(self) -> Self {
        if self.is_splayed() { Self::Fstab } else { self }
    }

    /// Whether its first call waits for this node's slot: a person never does.
    pub fn is_splayed(self) -> bool {
        matches!(self, Self::Boot | Self::Timer)
    }

    /// Whether somebody is there who wants to know what AWS says now.
    pub fn wants_news(self) -> bool {
        matches!(self, Self::Person | Self::Ssm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_and_timers_are_told_from_persons() {
        let systemd = Surroundings { is_of_systemd: true, ..Surroundings::default() };
        let early = Surroundings { uptime_seconds: Some(40), ..systemd };
        let late = Surroundings { uptime_seconds: Some(BOOT_SECONDS), ..systemd };
        let timer = Surroundings { is_of_timer: true, ..late };
        let shell = Surroundings { is_of_systemd: false, ..early };
        assert_eq!(Caller::of(&Maker::Fstab, early), Caller::Boot);
        assert_eq!(Caller::of(&Maker::Fstab, late), Caller::Fstab);
        assert_eq!(Caller::of(&Maker::Fstab, systemd), Caller::Fstab, "the time is not known");
        assert_eq!(Caller::of(&Maker::Fstab, shell), Caller::Fstab);
        assert_eq!(Caller::of(&Maker::Person, early), Caller::Person);
        assert_eq!(Caller::of(&Maker::Person, timer), Caller::Timer);
        assert_eq!(Caller::of(&Maker::Job("c_1_0_n".into()), early), Caller::Job);
        assert_eq!(Caller::of(&Maker::Ssm, timer), Caller::Ssm);
    }

    #[test]
    fn every_caller_has_its_word() {
        for (word, caller) in Caller::WORDS {
            assert_eq!((Caller::of_word(word), caller.word()), (Some(caller), word));
        }
        assert_eq!(Caller::of_word("root"), None);
    }
}
