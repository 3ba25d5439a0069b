//! What the machine must have before a sandbox can start, each with what to do when it is missing.

use std::env;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use crate::error::Error;
use crate::plan::EMPTY;

/// The programs of the host that make a sandbox and enter it.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) setpriv: PathBuf,
    pub(crate) unshare: PathBuf,
    pub(crate) nsenter: PathBuf,
    pub(crate) ip: PathBuf,
}

impl Tools {
    /// Finds them all.
    pub(crate) fn find() -> Result<Self, Error> {
        Ok(Self {
            setpriv: tool("setpriv", "util-linux")?,
            unshare: tool("unshare", "util-linux")?,
            nsenter: tool("nsenter", "util-linux")?,
            ip: tool("ip", "iproute2")?,
        })
    }
}

/// Namespaces and mounts need root, the stand-in client needs FUSE.
pub(crate) fn check_machine() -> Result<(), Error> {
    if !geteuid().is_root() {
        return Err(missing(
            "a sandbox needs root",
            "Run the tests as root, in a container or a virtual machine",
        ));
    }
    if !Path::new("/dev/fuse").exists() {
        return Err(missing(
            "/dev/fuse is missing",
            "Load the kernel's fuse module; in a container, pass the device: --device /dev/fuse",
        ));
    }
    Ok(())
}

/// The folder in which Cargo put the workspace's programs: that of the running one, or the one
/// above a test's.
pub(crate) fn built_programs() -> Result<PathBuf, Error> {
    let folder = env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned));
    let folder = folder
        .ok_or_else(|| missing("this program has no path", "Was it deleted while it ran?"))?;
    match folder.file_name() {
        Some(name) if name == "deps" => Ok(folder.parent().unwrap_or(&folder).to_owned()),
        _ => Ok(folder),
    }
}

/// The Python of the virtual environment that has moto.
pub(crate) fn endpoint_python() -> Result<PathBuf, Error> {
    let venv = env::var_os("FSXLUSTRE_TESTS_VENV").map_or_else(default_venv, PathBuf::from);
    let remedy =
        format!("Run {} {}", workspace().join("tests/aws/install").display(), venv.display());
    existing(venv.join("bin/python"), &remedy)
}

/// The AWS endpoint in the checkout.
pub(crate) fn endpoint() -> Result<PathBuf, Error> {
    existing(
        workspace().join("tests/aws/endpoint.py"),
        "Run the tests from a checkout of the sources",
    )
}

/// A path that the sandbox uses: it must be there, and stay visible.
pub(crate) fn existing(path: PathBuf, remedy: &str) -> Result<PathBuf, Error> {
    if !path.exists() {
        return Err(missing(&format!("{} is missing", path.display()), remedy));
    }
    if EMPTY.iter().any(|folder| path.starts_with(folder)) {
        return Err(Error::Covered(path));
    }
    Ok(path)
}

fn tool(name: &str, package: &str) -> Result<PathBuf, Error> {
    ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
        .ok_or_else(|| {
            missing(
                &format!("the program {name} is missing"),
                &format!("Install the package {package}"),
            )
        })
}

/// The checkout.
pub(crate) fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Where Cargo builds.
pub(crate) fn target() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace().join(target)
}

fn default_venv() -> PathBuf {
    target().join("aws-endpoint")
}

fn missing(what: &str, remedy: &str) -> Error {
    Error::Missing { what: what.to_owned(), remedy: remedy.to_owned() }
}
