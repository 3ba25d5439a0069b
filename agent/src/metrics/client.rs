//! The Lustre client as a whole: its version and its own opinion of its health.

use super::encode::Encoder;
use super::families::{CLIENT_HEALTHY, CLIENT_INFO, CLIENT_LBUG, CLIENT_MEMORY};
use super::sources::{Place, Sources};
use super::verdict::{SourceError, Verdict};

/// No version of any builder is as long as this.
const LONGEST_VERSION: usize = 100;

/// Parses `version`: `2.15.8`, or in older clients `lustre: 2.10.1` and further lines.
pub(super) fn parse_version(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().next()?.trim();
    let version = line.strip_prefix("lustre:").unwrap_or(line).trim();
    let fits = !version.is_empty()
        && version.len() <= LONGEST_VERSION
        && version.chars().all(|c| c.is_ascii_graphic());
    fits.then(|| version.to_owned())
}

/// What the client says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Health {
    /// It says healthy.
    pub(super) is_healthy: bool,
    /// It has met a bug of its own.
    pub(super) has_lbug: bool,
}

/// Parses `health_check`: `healthy`, else `NOT HEALTHY` or `LBUG`, with more lines at times.
pub(super) fn parse_health(text: &[u8]) -> Option<Health> {
    let text = String::from_utf8_lossy(text);
    let has_lbug = text.lines().any(|line| line.starts_with("LBUG"));
    match text.lines().next()?.trim() {
        "healthy" => Some(Health { is_healthy: true, has_lbug }),
        line if ["NOT HEALTHY", "LBUG", "device "].iter().any(|word| line.starts_with(word)) => {
            Some(Health { is_healthy: false, has_lbug })
        }
        _ => None,
    }
}

/// Parses a setting of one word; an empty file is an empty setting.
pub(super) fn parse_word(text: &[u8]) -> Option<String> {
    let word = std::str::from_utf8(text).ok()?.trim();
    let fits =
        word.len() <= LONGEST_VERSION && word.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    fits.then(|| word.to_owned())
}

/// Parses `memused`: bytes; before 2.11 `memused: bytes` and more lines.
pub(super) fn parse_memory(text: &[u8]) -> Option<u64> {
    let line = text.split(|byte| *byte == b'\n').next()?;
    let line = line.strip_prefix(b"memused:").unwrap_or(line);
    super::stats::unsigned(line.trim_ascii())
}

/// Reads one node-wide file; `None` when the client is not loaded.
fn read<T>(
    sources: &mut Sources,
    name: &str,
    parse: fn(&[u8]) -> Option<T>,
) -> Result<Option<T>, SourceError> {
    match sources.node_file(Place::Client, name)?.map(parse) {
        Some(Some(value)) => Ok(Some(value)),
        Some(None) => Err(SourceError::NotUnderstood { path: sources.last_path().to_owned() }),
        None if sources.is_client_loaded() => Err(sources.missing(name)),
        None => Ok(None),
    }
}

/// A file that not every version has: what is missing or odd is absent.
fn read_if_there<T>(
    sources: &mut Sources,
    name: &str,
    parse: fn(&[u8]) -> Option<T>,
    verdict: &mut Verdict,
) -> Option<T> {
    match sources.node_file(Place::Client, name) {
        Ok(text) => {
            let value = text.map(parse);
            verdict.oddities += u64::from(matches!(value, Some(None)));
            value.flatten()
        }
        Err(error) => {
            verdict.note(error);
            None
        }
    }
}

/// The collector.
///
/// *Source*: `version`, `health_check`, `memused`, `jobid_var`, `jobid_name`, below sysfs since 2.10.
/// *Units*: bytes.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    match read(sources, "version", parse_version) {
        Ok(Some(version)) => {
            let jobid_var = read_if_there(sources, "jobid_var", parse_word, &mut verdict);
            let jobid_name = read_if_there(sources, "jobid_name", parse_word, &mut verdict);
            let (jobid_var, jobid_name) =
                (jobid_var.unwrap_or_default(), jobid_name.unwrap_or_default());
            let page_size = procfs::page_size().to_string();
            let labels = [version.as_str(), &jobid_var, &jobid_name, &page_size];
            encoder.family(&CLIENT_INFO).sample(labels, true);
        }
        Ok(None) => {}
        Err(error) => verdict.note(error),
    }
    match read(sources, "health_check", parse_health) {
        Ok(health) => {
            encoder.family(&CLIENT_HEALTHY).sample_if([], health.map(|health| health.is_healthy));
            encoder.family(&CLIENT_LBUG).sample_if([], health.map(|health| health.has_lbug));
        }
        Err(error) => verdict.note(error),
    }
    let memory = read_if_there(sources, "memused", parse_memory, &mut verdict);
    encoder.family(&CLIENT_MEMORY).sample_if([], memory);
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_health_of_several_clients() {
        for (text, version) in [
            ("2.15.8\n", Some("2.15.8")),
            ("2.12.8_198_gde6dd89_dirty", Some("2.12.8_198_gde6dd89_dirty")),
            ("lustre: 2.9.0\nkernel: patchless_client\n", Some("2.9.0")),
            ("", None),
            ("\n", None),
            ("a b", None),
        ] {
            assert_eq!(parse_version(text.as_bytes()).as_deref(), version, "{text}");
        }
        assert_eq!(parse_version(&[b'9'; 200]), None);
        for (text, health) in [
            ("healthy\n", Some((true, false))),
            ("NOT HEALTHY\n", Some((false, false))),
            ("LBUG\n", Some((false, true))),
            ("NOT HEALTHY\nLBUG\n", Some((false, true))),
            ("device x-OST0000 reported unhealthy\nNOT HEALTHY\n", Some((false, false))),
            ("health", None),
            ("", None),
        ] {
            let parsed = parse_health(text.as_bytes());
            assert_eq!(parsed.map(|it| (it.is_healthy, it.has_lbug)), health, "{text}");
        }
    }

    #[test]
    fn memory_and_settings() {
        assert_eq!(parse_memory(b"20041743\n"), Some(20_041_743));
        assert_eq!(parse_memory(b"memused: 17\nmemused_max: 18\n"), Some(17));
        assert_eq!(parse_memory(b"a lot\n"), None);
        assert_eq!(parse_word(b"disable\n").as_deref(), Some("disable"));
        assert_eq!(parse_word(b"").as_deref(), Some(""));
        assert_eq!(parse_word(b"a\0b"), None);
    }
}
