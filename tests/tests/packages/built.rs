//! The packages that `make deb` and `make rpm` have made, and what is made of them here.

#![allow(dead_code, reason = "each test file that includes this uses its own part")]

use fsxlustre_tests::stage::built_stage;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the older packages of these tests are.
pub const OLDER: &str = "0.0.9-1";

/// The version of the packages.
pub fn version() -> String {
    format!("{}-1", env!("CARGO_PKG_VERSION"))
}

/// The checkout.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Where Cargo builds.
pub fn target() -> PathBuf {
    built_stage("chroots").parent().unwrap().canonicalize().unwrap()
}

/// The folder of the programs that the packages have.
pub fn programs() -> PathBuf {
    target().join("x86_64-unknown-linux-gnu/release")
}

fn package(name: &str, recipe: &str) -> PathBuf {
    let path = target().join("packages").join(name);
    assert!(path.is_file(), "{} is missing. Run make {recipe}", path.display());
    path
}

/// The Debian package.
pub fn deb() -> PathBuf {
    package(&format!("fsxlustre_{}_amd64.deb", version()), "deb")
}

/// The RPM.
pub fn rpm() -> PathBuf {
    package(&format!("fsxlustre-{}.x86_64.rpm", version()), "rpm")
}

/// What a command prints; it must end with 0.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{text}{said}", output.status);
    text
}

/// The time that the packages carry, in seconds since 1970.
pub fn epoch() -> String {
    run(Command::new("rpm")
        .args(["--query", "--package", "--queryformat", "%{BUILDTIME}"])
        .arg(rpm()))
}

/// The Debian package of an earlier version, with a unit that there is none of any more.
pub fn older_deb(folder: &Path) -> PathBuf {
    older_deb_with(folder, |tree| {
        let units = tree.join("usr/lib/systemd/system");
        let of = |name: &str| units.join(format!("fsxlustre-{name}.service"));
        std::fs::copy(of("exporter"), of("gone")).unwrap();
    })
}

/// The Debian package of an earlier version, changed.
pub fn older_deb_with(folder: &Path, change: impl FnOnce(&Path)) -> PathBuf {
    let (tree, package) = (folder.join("tree"), folder.join("older.deb"));
    run(Command::new("dpkg-deb").arg("--raw-extract").arg(deb()).arg(&tree));
    let control = std::fs::read_to_string(tree.join("DEBIAN/control")).unwrap();
    let (now, then) = (format!("Version: {}", version()), format!("Version: {OLDER}"));
    std::fs::write(tree.join("DEBIAN/control"), control.replace(&now, &then)).unwrap();
    change(&tree);
    run(Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Znone", "--build"])
        .args([&tree, &package]));
    package
}

/// The RPM of an earlier version.
pub fn older_rpm(folder: &Path) -> PathBuf {
    let build = checkout().join("packaging/rpm/build");
    run(Command::new(build)
        .arg(folder)
        .env("VERSION", "0.0.9")
        .env("BUILT", programs())
        .env("SOURCE_DATE_EPOCH", epoch()));
    folder.join(format!("fsxlustre-{OLDER}.x86_64.rpm"))
}
