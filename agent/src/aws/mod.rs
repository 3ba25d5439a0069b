//! The only files that name types of the AWS SDK: the way to AWS, FSx, Parameter Store, the
//! instance metadata service.
//!
//! The SDK has no deadline of its own for a whole operation, and its own retries are off: every
//! call is made within the caller's budget, by [`crate::retry`].

mod associations;
mod call;
mod compliance;
mod credentials;
mod error;
pub mod fsx;
mod http;
mod imds;
mod instance;
pub mod metric;
mod region;
mod run;
mod sorted;
mod spot;
pub mod ssm;
pub mod tasks;

pub use associations::data_repositories;
pub use call::{Action, Asked};
pub use compliance::{ComplianceItem, Severity};
pub use error::AwsError;
pub use imds::{Document, Imds, ImdsTrouble, NodeIdentity};
pub use instance::{instance_id, node_identity};
pub use region::{Region, RegionFrom, RegionHints};
pub use run::block_on;
pub use spot::{SpotNotice, SpotWatch};

use crate::config::AwsSection;
use crate::retry::ErrorClass;
use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use credentials::{Found, Held, Profile, Sources};
use fsxlustre_mount::host::Deadline;
use region::Surroundings;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// A way to AWS: Region and credentials are known.
#[derive(Debug)]
pub struct Aws {
    fsx: aws_sdk_fsx::Client,
    ssm: aws_sdk_ssm::Client,
    metrics: metric::Metrics,
    /// The same without the role, to assume it.
    sts: Option<aws_sdk_sts::Client>,
    region: Region,
    imds: Imds,
    deadline: Deadline,
    sources: Sources,
    role_arn: Option<String>,
    credentials_from: &'static str,
    /// What `sts` signs with, and what the others do: the same unless a role is assumed.
    found: Held,
    used: Held,
    attempts: AtomicU32,
}

/// A variable of the environment that says something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Aws {
    /// Finds Region and credentials.
    ///
    /// Region: the option, `AWS_REGION`, `AWS_DEFAULT_REGION`, `[aws] region`, the profile's, IMDSv2,
    /// the DNS name's own. None is guessed.
    ///
    /// # Errors
    /// [`AwsError::NoRegion`], [`AwsError::NoCredentials`], [`AwsError::Setting`], and where a role
    /// is assumed those of a call.
    pub async fn connect(
        section: &AwsSection,
        hints: impl Into<RegionHints<'_>>,
        deadline: Deadline,
    ) -> Result<Self, AwsError> {
        let http = http::client(section)?;
        let imds = Imds::of_environment();
        let profile = Profile::of(variable("AWS_PROFILE").or(section.profile.clone()), variable);
        let provider = ProviderConfig::without_region()
            .with_http_client(http.clone())
            .with_retry_config(RetryConfig::disabled())
            .with_timeout_config(timeouts());
        let surroundings = Surroundings {
            aws_region: variable("AWS_REGION"),
            aws_default_region: variable("AWS_DEFAULT_REGION"),
            configuration: section.region.clone(),
            profile: region_of(&profile, &provider).await,
        };
        let region = region::choose(hints.into(), &surroundings, &imds).await?;
        let sdk_region = aws_config::Region::new(region.name.clone());
        let provider = provider.with_region(Some(sdk_region.clone()));
        let sources = Sources { profile, provider };
        let Found { credentials, from } = sources.find(&imds).await?;
        let (found, used) = (Held::new(credentials.clone()), Held::new(credentials));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .region(sdk_region)
            .credentials_provider(found.clone())
            .identity_cache(IdentityCache::no_cache())
            .profile_files(sources.profile.files.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts());
        if let Some(name) = &sources.profile.name {
            loader = loader.profile_name(name);
        }
        if let Some(endpoint) = &section.endpoint_url {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(use_fips) = section.use_fips {
            loader = loader.use_fips(use_fips);
        }
        let base = loader.load().await;
        let settings = with_credentials(&base, used.clone());
        let role_arn = section.role_arn.clone();
        let aws = Self {
            fsx: aws_sdk_fsx::Client::new(&settings),
            ssm: aws_sdk_ssm::Client::new(&settings),
            metrics: metric::Metrics::new(section, &region.name, http, used.clone()),
            sts: role_arn.is_some().then(|| aws_sdk_sts::Client::new(&base)),
            region,
            imds,
            deadline,
            sources,
            role_arn,
            credentials_from: from,
            found,
            used,
            attempts: AtomicU32::new(0),
        };
        aws.assume_role().await?;
        Ok(aws)
    }

    /// The Region that is asked.
    pub fn region(&self) -> &str {
        &self.region.name
    }

    /// The Region that is asked, and who named it.
    pub fn region_and_origin(&self) -> &Region {
        &self.region
    }

    /// Who gave the credentials.
    pub fn credentials_from(&self) -> String {
        match &self.role_arn {
            Some(role) => format!("{}, then the role {role}", self.credentials_from),
            None => self.credentials_from.to_owned(),
        }
    }

    /// Who and where this node is.
    pub async fn identity(&self) -> &NodeIdentity {
        self.imds.identity().await
    }

    /// What is left of the caller's budget.
    pub fn time_left(&self) -> Duration {
        self.deadline.left()
    }

    /// Attempts of API calls that failed so far.
    pub fn failed_attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// What can be mended before the next attempt of an action. The clock mends itself: the SDK
    /// signs the next attempt by the time that the service told.
    async fn mend(&self, class: ErrorClass, action: &Action) {
        if class != ErrorClass::ExpiredCredentials {
            return;
        }
        let Ok(Found { credentials, .. }) = self.sources.find(&self.imds).await else { return };
        self.found.replace(credentials.clone());
        if self.sts.is_none() {
            self.used.replace(credentials);
        } else if action != credentials::ASSUME_ROLE
            && let Err(error) = Box::pin(self.assume_role()).await
        {
            tracing::debug!(%error, "the role could not be assumed anew");
        }
    }

    /// Takes the role of `[aws] role_arn`, where there is one.
    async fn assume_role(&self) -> Result<(), AwsError> {
        let (Some(client), Some(role)) = (&self.sts, &self.role_arn) else { return Ok(()) };
        let asked = self.asked(credentials::ASSUME_ROLE, role.clone());
        let answer = self
            .call(asked.clone(), || {
                client.assume_role().role_arn(role).role_session_name("fsxlustre").send()
            })
            .await?;
        let assumed = credentials::assumed(answer.credentials());
        self.used.replace(
            assumed.ok_or_else(|| AwsError::Answer {
                asked,
                because: "it has no credentials".into(),
            })?,
        );
        Ok(())
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}

fn with_credentials(base: &SdkConfig, held: Held) -> SdkConfig {
    let shared = aws_credential_types::provider::SharedCredentialsProvider::new(held);
    base.to_builder().credentials_provider(shared).build()
}

/// The Region of the profile.
async fn region_of(profile: &Profile, provider: &ProviderConfig) -> Option<String> {
    use aws_config::meta::region::ProvideRegion as _;
    let mut builder = ProfileFileRegionProvider::builder()
        .configure(provider)
        .profile_files(profile.files.clone());
    if let Some(name) = &profile.name {
        builder = builder.profile_name(name);
    }
    builder.build().region().await.map(|region| region.to_string())
}
