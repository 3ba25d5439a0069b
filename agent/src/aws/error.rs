//! What can go wrong on the way to AWS, and what mends it.

use super::{Asked, Aws, Region, RegionFrom};
use crate::retry::ErrorClass;
use aws_credential_types::provider::error::CredentialsError;
use fsxlustre_mount::failure::{Code, Explain, chain, one_line};
use fsxlustre_mount::partition::Partition;

/// A call to AWS failed.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// Nothing names a Region.
    #[error("no AWS Region is known")]
    NoRegion {
        /// What the last one that was asked said.
        because: String,
    },
    /// Nothing gives credentials.
    #[error("no AWS credentials were found")]
    NoCredentials {
        /// What the sources said.
        because: String,
    },
    /// A setting of `[aws]` cannot be used.
    #[error("a setting of [aws] cannot be used")]
    Setting {
        /// Its key.
        setting: &'static str,
        /// Why.
        because: String,
    },
    /// A signal asked to stop.
    #[error("a signal ended the question to AWS")]
    Interrupted,
    /// The caller's time is over.
    #[error("AWS did not answer in time")]
    Deadline {
        /// What was asked, where that is known.
        asked: Option<Asked>,
        /// The time there was.
        seconds: u64,
        /// What an earlier attempt said.
        last: Option<String>,
    },
    /// The service does not allow the call.
    #[error("AWS refused the call")]
    Denied {
        /// What was asked.
        asked: Asked,
        /// What the service said.
        because: String,
    },
    /// The credentials are over, or not valid.
    #[error("AWS does not take the credentials")]
    Credentials {
        /// What was asked.
        asked: Asked,
        /// What the service said.
        because: String,
        /// Whether they were good once.
        are_expired: bool,
    },
    /// The clocks of node and service differ.
    #[error("this node's clock is wrong")]
    ClockSkew {
        /// What was asked.
        asked: Asked,
        /// How many seconds the service is ahead of the node.
        seconds: i64,
        /// What the service said.
        because: String,
    },
    /// There is no such file system.
    #[error("there is no such file system")]
    FileSystemNotFound {
        /// The id that was asked for.
        id: String,
        /// Where it was asked for.
        region: String,
        /// Who named the Region.
        region_from: RegionFrom,
    },
    /// The account asks this API too often.
    #[error("AWS was asked too often")]
    Throttled {
        /// What was asked.
        asked: Asked,
        /// What the service said.
        because: String,
    },
    /// The service failed.
    #[error("the AWS API failed")]
    Unavailable {
        /// What was asked.
        asked: Asked,
        /// What it said.
        because: String,
    },
    /// The service could not be reached.
    #[error("the AWS API could not be reached")]
    Unreachable {
        /// What was asked.
        asked: Asked,
        /// What happened.
        because: String,
    },
    /// The service says no for a reason of its own, which another try does not change.
    #[error("the AWS API refused the question")]
    Refused {
        /// What was asked.
        asked: Asked,
        /// The service's code.
        code: String,
        /// What it said.
        because: String,
    },
    /// The answer lacks a field.
    #[error("the AWS API's answer lacks what is needed")]
    Answer {
        /// What was asked.
        asked: Asked,
        /// What is missing.
        because: String,
    },
    /// The machine could not run the call.
    #[error("the call could not be started")]
    Runtime {
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl AwsError {
    pub(super) fn no_credentials(from: &str, error: &CredentialsError) -> Self {
        Self::NoCredentials { because: format!("{from}: {}", chain(error)) }
    }

    /// That a file system does not exist where was asked.
    pub fn unknown_file_system(aws: &Aws, id: &str) -> Self {
        let Region { name, from } = aws.region_and_origin().clone();
        Self::FileSystemNotFound { id: id.to_owned(), region: name, region_from: from }
    }

    /// What it says of another try.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Throttled { .. } => ErrorClass::Throttled,
            Self::Unreachable { because, .. } if is_about_trust(because) => ErrorClass::Permanent,
            Self::Unavailable { .. } | Self::Unreachable { .. } => ErrorClass::Transient,
            Self::Credentials { are_expired: true, .. } => ErrorClass::ExpiredCredentials,
            Self::ClockSkew { .. } => ErrorClass::ClockSkew,
            _ => ErrorClass::Permanent,
        }
    }

    /// What happened, without what was asked.
    pub(super) fn short(&self) -> String {
        self.because()
    }

    /// Tells how often it was tried, where it was more than once.
    pub(super) fn after(mut self, attempts: u32) -> Self {
        if let Self::Throttled { because, .. }
        | Self::Unavailable { because, .. }
        | Self::Unreachable { because, .. }
        | Self::Credentials { because, .. }
        | Self::ClockSkew { because, .. } = &mut self
            && attempts > 1
        {
            *because = format!("{because} ({attempts} attempts)");
        }
        self
    }
}

/// A certificate that is not trusted is not trusted the next time either.
fn is_about_trust(because: &str) -> bool {
    because.contains("certificate")
}

impl Explain for AwsError {
    fn code(&self) -> Code {
        match self {
            Self::NoRegion { .. } => Code::NoRegion,
            Self::NoCredentials { .. } => Code::NoCredentials,
            Self::Setting { .. } => Code::ConfigInvalid,
            Self::Interrupted => Code::Interrupted,
            Self::Deadline { .. } => Code::ApiTimeout,
            Self::Denied { .. } => Code::AccessDenied,
            Self::Credentials { .. } => Code::CredentialsRefused,
            Self::ClockSkew { .. } => Code::ClockSkew,
            Self::FileSystemNotFound { .. } => Code::FileSystemUnknown,
            Self::Throttled { .. } => Code::ApiThrottled,
            Self::Unavailable { .. } | Self::Unreachable { .. } => Code::ApiUnavailable,
            Self::Refused { .. } => Code::ApiRefused,
            Self::Answer { .. } => Code::ApiAnswer,
            Self::Runtime { .. } => Code::Internal,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::NoRegion { .. } => "find the AWS Region".into(),
            Self::NoCredentials { .. } => "find AWS credentials".into(),
            Self::Setting { setting, .. } => format!("use aws.{setting}"),
            Self::Interrupted | Self::Deadline { asked: None, .. } => "ask AWS".into(),
            Self::Deadline { asked: Some(asked), .. }
            | Self::Denied { asked, .. }
            | Self::Credentials { asked, .. }
            | Self::ClockSkew { asked, .. }
            | Self::Throttled { asked, .. }
            | Self::Unavailable { asked, .. }
            | Self::Unreachable { asked, .. }
            | Self::Refused { asked, .. }
            | Self::Answer { asked, .. } => format!("{} in {}", asked.action.name, asked.region),
            Self::FileSystemNotFound { id, region, region_from } => {
                format!("fsx:DescribeFileSystems of {id} in {region} (by {region_from})")
            }
            Self::Runtime { .. } => "start the runtime".into(),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::NoRegion { because } => format!(
                "neither an option, nor AWS_REGION, nor AWS_DEFAULT_REGION, nor the configuration \
                 names one, and {because}"
            ),
            Self::Interrupted => "a signal asked this program to stop".into(),
            Self::Deadline { seconds, last: None, .. } => format!("no answer within {seconds} s"),
            Self::Deadline { seconds, last: Some(last), .. } => {
                format!("no answer within {seconds} s; before that: {last}")
            }
            Self::ClockSkew { seconds, because, .. } => {
                let side = if *seconds < 0 { "ahead of" } else { "behind" };
                format!("the clock is {} s {side} the service's: {because}", seconds.abs())
            }
            Self::FileSystemNotFound { .. } => "AWS says FileSystemNotFound".into(),
            Self::NoCredentials { because }
            | Self::Setting { because, .. }
            | Self::Denied { because, .. }
            | Self::Credentials { because, .. }
            | Self::Throttled { because, .. }
            | Self::Unavailable { because, .. }
            | Self::Unreachable { because, .. }
            | Self::Refused { because, .. }
            | Self::Answer { because, .. } => one_line(because),
            Self::Runtime { source } => chain(source),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::Denied { asked, because } => statement(asked, because),
            Self::Unreachable { because, .. } if is_about_trust(because) => {
                "name the authority that signs it: `[aws] ca_bundle` in \
                 /etc/fsxlustre/fsxlustre.toml; or correct the clock"
                    .into()
            }
            Self::Unreachable { asked, .. } | Self::Deadline { asked: Some(asked), .. } => {
                route(asked)
            }
            Self::Credentials { are_expired: false, .. } => {
                "correct the keys: those of the environment or of the profile are not valid".into()
            }
            Self::Setting { setting, .. } => {
                format!("correct `{setting}` of [aws] in /etc/fsxlustre/fsxlustre.toml")
            }
            other => other.code().row().remedy.into(),
        }
    }
}

/// The exact statement that the policy lacks.
fn statement(asked: &Asked, because: &str) -> String {
    let Asked { action, resources, .. } = asked;
    // Of a SecureString it is the key that may be refused.
    let (name, resource) = match resources.as_slice() {
        _ if because.contains(DECRYPT) => (DECRYPT, "\"*\"".to_owned()),
        [one] => (action.name, format!("\"{one}\"")),
        several => (action.name, format!("[\"{}\"]", several.join("\", \""))),
    };
    format!(
        "allow it in the role's policy: {{\"Effect\": \"Allow\", \"Action\": \"{name}\", \
         \"Resource\": {resource}}}; see packaging/iam/{}",
        action.policy
    )
}

const DECRYPT: &str = "kms:Decrypt";

/// The way to the service that may be missing.
fn route(asked: &Asked) -> String {
    let service = asked.action.service;
    let endpoint = Partition::of_region(&asked.region).vpc_endpoint(service, &asked.region);
    format!(
        "check the route to the service: an internet gateway, or the VPC endpoint {endpoint} whose \
         security group lets this node's TCP 443 in; a full Lustre device as the source needs no API"
    )
}
