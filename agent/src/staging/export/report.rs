//! The report of files that failed: a CSV file in S3, read through a mount where it lies below what an
//! association is linked to and FSx has imported it. Anything else would need S3's own API.
//!
//! *Source*: "Working with task completion reports" of the FSx for Lustre guide: three fields `FilePath`,
//! `FileStatus`, `ErrorCode` in the form of RFC 4180, the file `failures.csv` below the task's path.

use super::Place;
use super::hand::{HandWork, ReportFile, ReportText};
use crate::aws::tasks::Task;
use fsxlustre_mount::file_system::DataRepository;
use fsxlustre_mount::host::Bounds;
use serde::Serialize;

/// So many files of a report are told.
const MOST_FILES: usize = 1_000;

/// One file that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedFile {
    /// Its path below the file system's root.
    pub path: String,
    /// FSx's word for the reason: `S3AccessDenied`, `FileSizeTooLarge`, …
    pub error: String,
}

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FailedFiles {
    /// The files, those of the first lines where there are many.
    pub files: Vec<FailedFile>,
    /// Whether there are more.
    pub is_cut: bool,
}

/// Reads the report of a task through the mount of a place.
///
/// # Errors
/// Why it cannot be read here, in words.
pub fn failed_files(
    task: &Task,
    repositories: &[DataRepository],
    place: &Place,
    bounds: Bounds<'_>,
) -> Result<FailedFiles, String> {
    let report = task.report.as_deref().ok_or("the task writes no report")?;
    let folder = in_file_system(report, repositories)
        .ok_or("the report is not below what the file system is linked to")?;
    let root = place.device.subdir.as_deref().unwrap_or_default();
    let below = folder.strip_prefix(root).ok_or("the report is not below this mount")?;
    let below = below.trim_start_matches('/');
    let names = [format!("{below}/{}/failures.csv", task.id), format!("{below}/failures.csv")];
    let mount = place.mount.directory.clone();
    let work = HandWork::ReportFile(ReportFile { mount, names: names.into() });
    let ReportText { text, is_cut } = work.done(bounds)?;
    Ok(read(&text, is_cut))
}

/// Where an address in S3 is on the file system, if an association shows it there.
fn in_file_system(address: &str, repositories: &[DataRepository]) -> Option<String> {
    let within = |one: &DataRepository| {
        let rest = address.strip_prefix(one.location.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/'))
            .then(|| (one.location.len(), format!("{}{rest}", one.path.trim_end_matches('/'))))
    };
    repositories.iter().filter_map(within).max().map(|(_, path)| path)
}

/// Where a person finds it.
pub fn where_it_is(task: &Task) -> String {
    match &task.report {
        Some(address) => format!(
            "the report is {}/{}/failures.csv or below {address}",
            address.trim_end_matches('/'),
            task.id
        ),
        None => "the task writes no report".into(),
    }
}

fn read(text: &str, is_cut: bool) -> FailedFiles {
    let mut records = records(text);
    if is_cut {
        // The last line may be half of one.
        records.pop();
    }
    let mut files = Vec::new();
    for record in &records {
        let [path, status, error] = record.as_slice() else { continue };
        if path == "FilePath" && status == "FileStatus" {
            continue;
        }
        files.push(FailedFile { path: unquoted(path), error: error.clone() });
    }
    let is_cut = is_cut || files.len() > MOST_FILES;
    files.truncate(MOST_FILES);
    FailedFiles { files, is_cut }
}

/// FSx puts quotation marks of its own around a path that a spreadsheet would take for a formula.
fn unquoted(path: &str) -> String {
    for mark in ['"', '\''] {
        let inner = path.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        if let Some(inner) = inner.filter(|inner| inner.starts_with(['@', '+', '-', '='])) {
            return inner.to_owned();
        }
    }
    path.to_owned()
}

/// The records of a text in the form of RFC 4180; a line break within quotation marks is part of a field.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut is_quoted, mut letters) = (false, text.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut field)),
            '\r' if !is_quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => {
                record.push(std::mem::take(&mut field));
                all.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        all.push(record);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_guide_are_read() {
        let text = "myRestrictedFile,failed,S3AccessDenied\ndir1/myLargeFile,failed,FileSizeTooLarge\r\n\
            \"\"\"@filename.txt\"\"\",failed,InternalError\n\"file,name.txt\",failed,InternalError\n\
            \"file\"\"name.txt\",failed,InternalError\n\"two\nlines\",failed,PathSizeTooLong";
        let told = read(text, false);
        let paths: Vec<_> = told.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "myRestrictedFile",
                "dir1/myLargeFile",
                "@filename.txt",
                "file,name.txt",
                "file\"name.txt",
                "two\nlines"
            ]
        );
        assert_eq!(told.files[1].error, "FileSizeTooLarge");
        assert!(!told.is_cut);
        let cut = read("a,failed,x\nb,fai", true);
        assert_eq!((cut.files.len(), cut.is_cut), (1, true));
        assert_eq!(read("", false), FailedFiles::default());
    }

    #[test]
    fn a_report_is_found_below_the_nearest_link() {
        let one = |path: &str, location: &str| DataRepository {
            path: path.into(),
            location: location.into(),
            ..DataRepository::default()
        };
        let all = [one("/a", "s3://bucket"), one("/b/", "s3://bucket/deep/")];
        let of = |address: &str| in_file_system(address, &all);
        assert_eq!(of("s3://bucket/r").as_deref(), Some("/a/r"));
        assert_eq!(of("s3://bucket/deep/r").as_deref(), Some("/b/r"));
        assert_eq!(of("s3://bucketeer/r"), None);
    }
}
