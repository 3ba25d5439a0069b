//! What can go wrong on the way to AWS, and what mends it.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_fsx::error::{ProvideErrorMetadata, SdkError};
use fsxlustre_mount::failure::{Code, Explain, chain, one_line};

/// A call to AWS failed.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// Nothing names a Region.
    #[error("no AWS Region is known")]
    NoRegion,
    /// Nothing gives credentials.
    #[error("no AWS credentials were found")]
    NoCredentials {
        /// What the SDK said.
        because: String,
    },
    /// The caller's time is over.
    #[error("AWS did not answer in time")]
    Deadline {
        /// The time there was.
        seconds: u64,
    },
    /// The service refused the call.
    #[error("AWS refused the call")]
    Denied {
        /// The API action, `fsx:DescribeFileSystems`.
        action: &'static str,
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
    },
    /// There is no such parameter.
    #[error("there is no such parameter")]
    ParameterNotFound {
        /// Its name.
        name: String,
    },
    /// The account asks this API too often.
    #[error("AWS was asked too often")]
    Throttled {
        /// The API action.
        action: &'static str,
        /// What the service said.
        because: String,
    },
    /// The service could not be reached, or failed.
    #[error("the AWS API could not be asked")]
    Unavailable {
        /// The API action.
        action: &'static str,
        /// What happened.
        because: String,
    },
    /// The answer lacks a field.
    #[error("the AWS API's answer lacks what is needed")]
    Answer {
        /// The API action.
        action: &'static str,
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
    pub(super) fn no_credentials(error: &CredentialsError) -> Self {
        Self::NoCredentials { because: chain(error) }
    }

    /// Sorts an error of the SDK by what mends it.
    pub(super) fn of_call<E, R>(action: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let because = match error {
            SdkError::ServiceError(service) => {
                let told = service.err();
                let code = told.code().unwrap_or("an error without a code");
                format!("{code}: {}", told.message().unwrap_or("no message"))
            }
            other => chain(other),
        };
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        if code.is_some_and(is_denial) {
            return Self::Denied { action, because };
        }
        if code.is_some_and(is_throttling) {
            return Self::Throttled { action, because };
        }
        Self::Unavailable { action, because }
    }
}

/// Error codes that say: later.
fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
    )
}

/// Error codes that no second try mends.
fn is_denial(code: &str) -> bool {
    code.starts_with("AccessDenied")
        || matches!(
            code,
            "UnauthorizedOperation"
                | "UnrecognizedClientException"
                | "InvalidClientTokenId"
                | "InvalidSignatureException"
                | "SignatureDoesNotMatch"
                | "IncompleteSignature"
                | "ExpiredToken"
                | "ExpiredTokenException"
                | "RequestExpired"
                | "OptInRequired"
        )
}

impl Explain for AwsError {
    fn code(&self) -> Code {
        match self {
            Self::NoRegion => Code::NoRegion,
            Self::NoCredentials { .. } => Code::NoCredentials,
            Self::Deadline { .. } => Code::ApiTimeout,
            Self::Denied { .. } => Code::AccessDenied,
            Self::FileSystemNotFound { .. } => Code::FileSystemUnknown,
            Self::ParameterNotFound { .. } => Code::LayoutProfile,
            Self::Throttled { .. } | Self::Unavailable { .. } => Code::ApiUnavailable,
            Self::Answer { .. } => Code::ApiAnswer,
            Self::Runtime { .. } => Code::Internal,
        }
    }
    fn asked(&self) -> String {
        match self {
            Self::NoRegion => "find the AWS Region".into(),
            Self::NoCredentials { .. } => "find AWS credentials".into(),
            Self::Deadline { .. } => "ask AWS".into(),
            Self::Denied { action, .. }
            | Self::Throttled { action, .. }
            | Self::Unavailable { action, .. }
            | Self::Answer { action, .. } => (*action).into(),
            Self::FileSystemNotFound { id, region } => {
                format!("fsx:DescribeFileSystems of {id} in {region}")
            }
            Self::ParameterNotFound { name } => format!("ssm:GetParameter of {name}"),
            Self::Runtime { .. } => "start the runtime".into(),
        }
    }
    fn because(&self) -> String {
        match self {
            Self::NoRegion => {
                "neither an option, nor the configuration, nor AWS_REGION, nor IMDSv2 names one"
                    .into()
            }
            Self::Deadline { seconds } => format!("no answer within {seconds} s"),
            Self::FileSystemNotFound { .. } => "AWS says FileSystemNotFound".into(),
            Self::ParameterNotFound { .. } => "AWS says ParameterNotFound".into(),
            Self::NoCredentials { because }
            | Self::Denied { because, .. }
            | Self::Throttled { because, .. }
            | Self::Unavailable { because, .. }
            | Self::Answer { because, .. } => one_line(because),
            Self::Runtime { source } => chain(source),
        }
    }
    fn remedy(&self) -> String {
        match self {
            Self::NoRegion => {
                "set `[aws] region` in /etc/fsxlustre/fsxlustre.toml, or mount with -o region=…"
                    .into()
            }
            Self::NoCredentials { .. } => {
                "give the instance a role (an instance profile) and leave IMDSv2 on".into()
            }
            Self::Denied { action, .. } => format!(
                "allow it in the instance's role: {{\"Effect\": \"Allow\", \"Action\": \
                 \"{action}\", \"Resource\": \"*\"}}; see packaging/iam"
            ),
            Self::FileSystemNotFound { .. } => {
                "correct the id, or the Region; `aws fsx describe-file-systems` lists them".into()
            }
            Self::ParameterNotFound { .. } => {
                "correct the profile's name, or put it in the configuration file".into()
            }
            Self::Throttled { .. } => {
                "try again a little later; an id that was mounted here before, or a full Lustre \
                 device, needs no API"
                    .into()
            }
            Self::Deadline { .. } | Self::Unavailable { .. } => {
                "check the route to the service: an internet gateway, or a VPC endpoint \
                 (com.amazonaws.REGION.fsx); a full Lustre device as the source needs no API"
                    .into()
            }
            Self::Answer { .. } => "wait until the file system is AVAILABLE and try again".into(),
            Self::Runtime { .. } => "free memory or file descriptors, and try again".into(),
        }
    }
}
