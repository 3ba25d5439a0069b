//! The only files that name types of the AWS SDK: settings, FSx, Parameter Store.
//!
//! The SDK has no deadline of its own for a whole operation, so every call here is made within
//! the caller's.

mod error;
pub mod fsx;
mod instance;
pub mod ssm;

pub use error::AwsError;
pub use instance::instance_id;

use crate::config::AwsSection;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use fsxlustre_mount::host::Deadline;
use std::future::Future;
use std::time::Duration;

/// Attempts of one call, the first included; only what may pass is tried again.
const ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// A way to AWS: Region and credentials are known.
#[derive(Clone, Debug)]
pub struct Aws {
    settings: SdkConfig,
    region: String,
}

impl Aws {
    /// Finds Region and credentials.
    ///
    /// Region: the one given, else `[aws] region`, else the SDK's own order (`AWS_REGION`, the
    /// profile, IMDSv2). None is guessed.
    ///
    /// # Errors
    /// [`AwsError::NoRegion`], [`AwsError::NoCredentials`].
    pub async fn connect(section: &AwsSection, region: Option<&str>) -> Result<Self, AwsError> {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts);
        if let Some(region) = region.or(section.region.as_deref()) {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Some(endpoint) = &section.endpoint_url {
            loader = loader.endpoint_url(endpoint);
        }
        let settings = loader.load().await;
        let region = settings.region().ok_or(AwsError::NoRegion)?.to_string();
        let credentials = settings
            .credentials_provider()
            .ok_or_else(|| AwsError::NoCredentials { because: "no source of them".into() })?
            .provide_credentials()
            .await
            .map_err(|error| AwsError::no_credentials(&error))?;
        // They were just fetched: the client uses them as they are, without asking IMDS again.
        let settings = settings
            .into_builder()
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                credentials,
            ))
            .build();
        Ok(Self { settings, region })
    }

    /// The Region that is asked.
    pub fn region(&self) -> &str {
        &self.region
    }
}

/// Runs calls to AWS to their end, or to the deadline.
///
/// # Errors
/// The calls' own, or [`AwsError::Deadline`].
pub fn block_on<T>(
    deadline: Deadline,
    calls: impl Future<Output = Result<T, AwsError>>,
) -> Result<T, AwsError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| AwsError::Runtime { source })?;
    let result = runtime.block_on(async {
        tokio::time::timeout(deadline.left(), calls)
            .await
            .unwrap_or(Err(AwsError::Deadline { seconds: deadline.budget().as_secs() }))
    });
    // A name look-up that hangs in a thread of the runtime must not keep us.
    runtime.shutdown_background();
    result
}
