//! Architecture, processors and memory.

use super::Observed;
use serde::Serialize;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// The machine under the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hardware {
    /// `x86_64`, `aarch64`. *Source*: uname(2).
    pub architecture: Observed<String>,
    /// Processors that are online; AWS calls them vCPUs. *Source*: sysinfo, `/proc/stat`.
    pub cpus: Observed<usize>,
    /// All memory that the kernel uses, in bytes. *Source*: sysinfo, `/proc/meminfo`.
    pub memory_bytes: Observed<u64>,
}

impl Hardware {
    /// The machine that this program runs on, whatever `--path.procfs` says.
    pub fn of_this_machine() -> Self {
        let architecture = match System::cpu_arch() {
            name if name.is_empty() => Observed::unknown("uname has no machine", "uname -m"),
            name => Observed::known(name, "uname -m"),
        };
        let wanted = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let (processors, memory) = ("/proc/stat", "/proc/meminfo");
        match System::new_with_specifics(wanted) {
            Ok(system) => Self {
                architecture,
                cpus: more_than_none(system.cpus().len(), processors),
                memory_bytes: more_than_none(system.total_memory(), memory),
            },
            Err(error) => {
                let because = format!("{error:?}");
                Self {
                    architecture,
                    cpus: Observed::unknown(&because, processors),
                    memory_bytes: Observed::unknown(&because, memory),
                }
            }
        }
    }
}

/// sysinfo says 0 when it could not read.
fn more_than_none<T: Default + PartialEq>(value: T, from: &str) -> Observed<T> {
    if value == T::default() {
        Observed::unknown("nothing could be read", from)
    } else {
        Observed::known(value, from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_read_is_unknown_and_not_zero() {
        assert_eq!(more_than_none(0_u64, "x").value(), None);
        assert_eq!(more_than_none(8_u64, "x").value(), Some(&8));
    }
}
