//! What the owner of a sandbox tells its first process: one line of JSON on standard input.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the AWS endpoint listens. The network is the sandbox's own, so the port is always free.
pub const API_ADDRESS: &str = "127.0.0.1:4566";

/// The link-local address at which every EC2 instance finds its metadata.
pub const IMDS_HOST: &str = "169.254.169.254";

/// The root of the stand-in Lustre client inside the sandbox.
pub const STANDIN_ROOT: &str = "/run/standin";

/// Folders that begin empty in a sandbox.
pub const EMPTY: [&str; 2] = ["/run", "/mnt"];

/// Folders whose content is the host's, while every change stays in the sandbox.
pub const OVERLAID: [&str; 4] = ["/etc", "/opt", "/usr", "/var"];

/// All that a sandbox is made from.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// What to install, and where.
    pub programs: Vec<Program>,
    /// The configuration file of the programs.
    pub config: String,
    /// The program that installs the stand-in Lustre client.
    pub standin_client: PathBuf,
    /// The Python that has moto.
    pub python: PathBuf,
    /// The AWS endpoint, unless another sandbox's is used.
    pub endpoint: Option<Endpoint>,
    /// Where iproute2's `ip` is.
    pub ip: PathBuf,
}

/// An AWS endpoint that is to be started.
#[derive(Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// The program in the checkout.
    pub program: PathBuf,
    /// Where it listens.
    pub listen: String,
}

/// A program on the host, and its place in the sandbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Program {
    /// The file on the host.
    pub from: PathBuf,
    /// The absolute path in the sandbox.
    pub to: PathBuf,
}
