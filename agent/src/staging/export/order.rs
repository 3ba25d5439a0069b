//! What is asked of the API: paths, the place of the report, and the token by which the same request is
//! known again. Pure.

use super::association::is_within;
use super::{ExportError, Place};
use fsxlustre_mount::file_system::DataRepository;
use ring::digest::{SHA256, digest};

/// The most paths that one task takes.
const MOST_PATHS: usize = 100;
/// The folder of reports below the place in S3 that an association is linked to.
const REPORTS: &str = "fsxlustre-reports";

/// The paths of a task: below the file system's root, without a `/` before them, none below another one.
/// None at all means the whole file system.
///
/// # Errors
/// There are more than a task takes.
pub fn api_paths(places: &[Place]) -> Result<Vec<String>, ExportError> {
    let mut all: Vec<&str> = places.iter().map(|place| place.in_file_system.as_str()).collect();
    all.sort_unstable();
    all.dedup();
    let is_alone = |path: &&&str| !all.iter().any(|other| other != *path && is_within(path, other));
    let kept: Vec<String> =
        all.iter().filter(is_alone).map(|path| path.trim_start_matches('/').to_owned()).collect();
    if kept.iter().any(String::is_empty) {
        return Ok(Vec::new());
    }
    if kept.len() > MOST_PATHS {
        let because = format!("a task takes {MOST_PATHS} paths at most");
        return Err(ExportError::Path { path: format!("{} paths", kept.len()), because });
    }
    Ok(kept)
}

/// Where a task's report goes: below what the association is linked to, as FSx demands.
pub fn report_path(repository: &DataRepository) -> Option<String> {
    let location = repository.location.trim_end_matches('/');
    location.starts_with("s3://").then(|| format!("{location}/{REPORTS}"))
}

/// The token of a request: the same for the same request, and another one once the task `after` of
/// the same paths has ended.
pub fn token(
    file_system_id: &str,
    paths: &[String],
    report: Option<&str>,
    after: Option<&str>,
) -> String {
    let words = [file_system_id, report.unwrap_or_default(), after.unwrap_or_default()];
    let whole: Vec<&str> = words.into_iter().chain(paths.iter().map(String::as_str)).collect();
    let sum = digest(&SHA256, whole.join("\0").as_bytes());
    let hex = sum.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("fsxlustre-{}", hex.chars().take(40).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::host::MountTable;
    use fsxlustre_mount::source::Device;

    fn places(paths: &[&str]) -> Vec<Place> {
        let table = MountTable::parse(b"1 0 0:1 / /mnt rw - lustre 1.2.3.4@tcp:/abcdefgh rw\n");
        let mount = table.mounts.first().expect("a mount").clone();
        let one = |path: &&str| Place {
            path: "/mnt".into(),
            mount: mount.clone(),
            device: Device::shown_by(&mount).expect("a device"),
            in_file_system: (*path).to_owned(),
            file_system_id: None,
            region: None,
        };
        paths.iter().map(one).collect()
    }

    #[test]
    fn paths_are_told_once_and_the_root_is_no_path() {
        let paths = |given: &[&str]| api_paths(&places(given)).expect("fits").join("|");
        assert_eq!(paths(&["/b", "/a/c", "/a", "/a", "/ab"]), "a|ab|b");
        assert_eq!(paths(&["/a", "/"]), "");
        assert_eq!(paths(&["/-x y"]), "-x y");
        let many: Vec<String> = (0..101).map(|number| format!("/{number:03}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(api_paths(&places(&many)).is_err());
    }

    #[test]
    fn the_same_request_has_the_same_token() {
        let paths = ["a".to_owned(), "b".to_owned()];
        let joined = ["a\0b".to_owned()];
        let first = token("fs-1", &paths, Some("s3://x/y"), None);
        assert_eq!(first, token("fs-1", &paths, Some("s3://x/y"), None));
        assert!(first.len() <= 63 && first.is_ascii());
        for other in [
            token("fs-2", &paths, Some("s3://x/y"), None),
            token("fs-1", &paths, None, None),
            token("fs-1", &paths, Some("s3://x/y"), Some("task-1")),
            token("fs-1", &joined[..0], Some("s3://x/y"), None),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_report_stays_within_what_is_linked() {
        let of = |location: &str| {
            report_path(&DataRepository { location: location.into(), ..DataRepository::default() })
        };
        assert_eq!(of("s3://bucket/a/").as_deref(), Some("s3://bucket/a/fsxlustre-reports"));
        assert_eq!(of("nfs://x/"), None);
    }
}
