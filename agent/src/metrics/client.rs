//! The Lustre client as a whole: its version and its own opinion of its health.

use super::encode::Encoder;
use super::families::{CLIENT_HEALTHY, CLIENT_INFO};
use super::sources::{SourceError, Sources, Verdict};

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

/// Parses `health_check`: `healthy`, else `NOT HEALTHY` or `LBUG`, with more lines at times.
pub(super) fn parse_health(text: &[u8]) -> Option<bool> {
    let text = String::from_utf8_lossy(text);
    match text.lines().next()?.trim() {
        "healthy" => Some(true),
        line if line.starts_with("NOT HEALTHY") || line.starts_with("LBUG") => Some(false),
        line if line.starts_with("device ") => Some(false),
        _ => None,
    }
}

/// Reads one node-wide file; `None` when the client is not loaded.
fn read<T>(
    sources: &mut Sources,
    name: &str,
    parse: fn(&[u8]) -> Option<T>,
) -> Result<Option<T>, SourceError> {
    let places = sources.node_file(name);
    match sources.first_of(&places)?.map(parse) {
        Some(Some(value)) => Ok(Some(value)),
        Some(None) => Err(SourceError::NotUnderstood { path: sources.last_path().to_owned() }),
        None if sources.is_client_loaded() => Err(sources.missing(name)),
        None => Ok(None),
    }
}

/// The collector.
///
/// *Source*: `version` and `health_check`, below sysfs since 2.10.
pub(super) fn collect(sources: &mut Sources, encoder: &mut Encoder) -> Verdict {
    let mut verdict = Verdict::default();
    match read(sources, "version", parse_version) {
        Ok(version) => {
            if let Some(version) = version {
                encoder.family(&CLIENT_INFO).sample([&version], true);
            }
        }
        Err(error) => verdict.note(error),
    }
    match read(sources, "health_check", parse_health) {
        Ok(healthy) => {
            if let Some(healthy) = healthy {
                encoder.family(&CLIENT_HEALTHY).sample([], healthy);
            }
        }
        Err(error) => verdict.note(error),
    }
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
        for (text, healthy) in [
            ("healthy\n", Some(true)),
            ("NOT HEALTHY\n", Some(false)),
            ("LBUG\n", Some(false)),
            ("device x-OST0000 reported unhealthy\nNOT HEALTHY\n", Some(false)),
            ("health", None),
            ("", None),
        ] {
            assert_eq!(parse_health(text.as_bytes()), healthy, "{text}");
        }
    }
}
