//! Architecture, processors and memory.

use super::{Observed, place};
use fsxlustre_mount::host::Host;
use serde::Serialize;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// The machine under the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hardware {
    /// `x86_64`, `aarch64`. *Source*: uname(2); of another root its `/proc/sys/kernel/arch` (Linux 6.1
    /// and newer), else the end of its kernel's release.
    pub architecture: Observed<String>,
    /// Processors that are online; AWS calls them vCPUs. *Source*: sysinfo, of another root its
    /// `/proc/stat`.
    pub cpus: Observed<usize>,
    /// All memory that the kernel uses, in bytes. *Source*: sysinfo, of another root its
    /// `/proc/meminfo`.
    pub memory_bytes: Observed<u64>,
}

impl Hardware {
    /// Reads it.
    pub fn of(host: &Host) -> Self {
        if place::is_this_machine(host) { Self::of_this_machine() } else { Self::of_root(host) }
    }

    fn of_this_machine() -> Self {
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

    fn of_root(host: &Host) -> Self {
        let counted = |path: &str, count: fn(&str) -> Option<u64>| {
            let text = place::proc_text(host, path);
            match text.value().map(|text| count(text)) {
                Some(Some(value)) => Observed::known(value, text.from()),
                Some(None) => Observed::unknown("it has no such line", text.from()),
                None => text.map(|_| 0),
            }
        };
        let cpus = counted("stat", processors);
        Self {
            architecture: architecture(host),
            cpus: cpus.map(|cpus| usize::try_from(*cpus).unwrap_or(usize::MAX)),
            memory_bytes: counted("meminfo", memory_bytes),
        }
    }
}

fn architecture(host: &Host) -> Observed<String> {
    let file = place::proc_text(host, "sys/kernel/arch");
    if let Some(name) = file.value().map(|text| text.trim()).filter(|name| !name.is_empty()) {
        return Observed::known(name.to_owned(), file.from());
    }
    let release = host.kernel_release().unwrap_or_default();
    let named = ["x86_64", "aarch64"].into_iter().find(|name| release.contains(name));
    let from = "the kernel's release";
    named.map_or_else(
        || Observed::unknown("it names no architecture", from),
        |name| Observed::known(name.to_owned(), from),
    )
}

fn processors(stat: &str) -> Option<u64> {
    let is_one = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let count = stat.lines().filter(is_one).count();
    u64::try_from(count).ok().filter(|count| *count > 0)
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
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
        assert_eq!(processors("cpu  1 2 3\ncpu0 1 2\ncpu1 1 2\nintr 5\n"), Some(2));
        assert_eq!(processors("intr 5\n"), None);
        assert_eq!(memory_bytes("MemTotal:       16384 kB\n"), Some(16 << 20));
        assert_eq!(memory_bytes("MemTotal: many\n"), None);
    }
}
