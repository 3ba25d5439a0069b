//! The captured texts, and what in them may differ.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::{MOUNT_POINT, Said};

/// The captured client's instance.
pub const INSTANCE: &str = "ff3391038293f800";

pub fn captured(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/lustre-2.15.8").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn captured_or_empty(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lustre-2.15.8").join(name);
    if path.exists() { captured(name) } else { String::new() }
}

/// Text of the stand-in with the mount point of the captures.
pub fn at_captured_mount_point(text: &str) -> String {
    text.replace(MOUNT_POINT, "/fsx")
        .replace("/run/mnt2", "/mnt2")
        .replace("/run/afile", "/tmp/afile")
}

/// Both streams are those of the capture, but for the exit status that the capturing shell echoed.
pub fn assert_like(name: &str, said: &Said, code: i32) {
    let stdout: String = captured_or_empty(&format!("{name}.out"))
        .lines()
        .filter(|line| !line.starts_with("rc="))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(
        at_captured_mount_point(&said.stderr),
        captured_or_empty(&format!("{name}.err")),
        "standard error of {name}"
    );
    assert_eq!(at_captured_mount_point(&said.stdout), stdout, "standard output of {name}");
    assert_eq!(said.code, code, "exit status of {name}");
}

/// A layout with its object ids, FIDs and OST numbers taken out; columns keep their widths.
pub fn without_ids(layout: &str) -> String {
    layout.lines().map(|line| without_ids_in_line(line) + "\n").collect()
}

fn without_ids_in_line(line: &str) -> String {
    let is_table = line.starts_with('\t') && line.contains("0x");
    let has_ids = ["fid:", "l_ost_idx", "lmm_object_id"].iter().any(|name| line.contains(name));
    if is_table {
        line.chars().map(|character| if character == '\t' { '\t' } else { '.' }).collect()
    } else if has_ids {
        line.split_inclusive([' ', ':', ',', '[', ']']).map(masked).collect()
    } else if line.contains("lmm_stripe_offset:") && !line.ends_with("-1") {
        line.trim_end_matches(|character: char| character.is_ascii_digit()).to_owned() + "N"
    } else {
        line.to_owned()
    }
}

/// A number becomes `N`, what follows it stays.
fn masked(piece: &str) -> String {
    let number = piece.trim_end_matches([' ', ':', ',', '[', ']']);
    let is_number = number.starts_with(|first: char| first.is_ascii_digit());
    if is_number { format!("N{}", &piece[number.len()..]) } else { piece.to_owned() }
}
