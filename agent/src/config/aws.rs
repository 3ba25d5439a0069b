//! `[aws]` and `[resolve]`: how AWS is reached, and which file systems may be found by tags.

use fsxlustre_mount::config::Key;
use serde::Deserialize;
use std::path::PathBuf;

/// `[aws]`: how AWS is reached, since mount(8), systemd and Slurm give no environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AwsSection {
    /// Region, where neither an option nor the environment names one.
    pub region: Option<String>,
    /// The profile of root's `~/.aws/config` and `~/.aws/credentials`, where `AWS_PROFILE` names
    /// none.
    pub profile: Option<String>,
    /// The role to assume with the credentials that are found.
    pub role_arn: Option<String>,
    /// Endpoint of every AWS service instead of the SDK's own choice.
    pub endpoint_url: Option<String>,
    /// The proxy through which https endpoints are reached: `http://HOST:PORT`.
    pub https_proxy: Option<String>,
    /// A PEM file of the authorities that endpoints are proved by, instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Whether the FIPS endpoints are asked.
    pub use_fips: Option<bool>,
}

impl AwsSection {
    /// What does not fit together.
    pub(super) fn mistakes(&self) -> Vec<(Key, String)> {
        if self.use_fips == Some(true) && self.endpoint_url.is_some() {
            let key = Key::from(["aws", "use_fips"].as_slice());
            return vec![(
                key,
                "an endpoint of one's own (endpoint_url) is no FIPS endpoint".into(),
            )];
        }
        Vec::new()
    }
}

/// `[resolve]`: which file systems tags may name. Whoever may tag a file system could otherwise
/// steer root's mounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResolveSection {
    /// VPCs whose file systems count, beside this node's own.
    pub allow_vpc: Vec<String>,
    /// Accounts whose file systems count, beside this node's own.
    pub allow_owner: Vec<String>,
    /// Whether tags are refused where this node's VPC and account are not known.
    pub require_vpc: bool,
}
