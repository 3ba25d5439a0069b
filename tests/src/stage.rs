//! What machines other than the sandbox are made of: a folder `tests/NAME` in the checkout, what its
//! program `build` has made of it below `target/`, and the workspace's own programs.

use std::path::PathBuf;

use crate::prerequisites::{built_programs, target, workspace};

/// The folder in the checkout.
pub fn stage(name: &str) -> PathBuf {
    workspace().join("tests").join(name)
}

/// The text of a file in the checkout.
///
/// # Panics
///
/// When it cannot be read.
#[track_caller]
pub fn source(path: &str) -> String {
    let path = workspace().join(path);
    match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => panic!("{} cannot be read: {error}", path.display()),
    }
}

/// What was built of it.
///
/// # Panics
///
/// When it was not built yet.
#[track_caller]
pub fn built_stage(name: &str) -> PathBuf {
    let built = target().join(name);
    let build = stage(name).join("build");
    assert!(
        built.join("built-from").exists(),
        "{} is missing. Run {} {}",
        built.display(),
        build.display(),
        built.display()
    );
    built
}

/// Python in the virtual environment of that name.
///
/// # Panics
///
/// When it was not made yet.
#[track_caller]
pub fn built_environment(name: &str) -> PathBuf {
    let environment = target().join(name);
    assert!(
        environment.join("installed-from").exists(),
        "{} is missing. Run tests/prepare test",
        environment.display()
    );
    environment.join("bin/python")
}

/// A program of the workspace.
///
/// # Panics
///
/// When it was not built yet.
#[track_caller]
pub fn built_program(name: &str) -> PathBuf {
    match built_programs() {
        Ok(folder) if folder.join(name).exists() => folder.join(name),
        Ok(folder) => {
            panic!("{name} is missing in {}. Run cargo build --workspace --bins", folder.display())
        }
        Err(error) => panic!("{error}"),
    }
}
