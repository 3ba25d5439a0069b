//! Credentials: the sources in the SDK's own order, each asked by itself so that the one that gave
//! them is known, then the role of `[aws] role_arn`.

use super::{Action, AwsError, Imds};
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// The longest time for the metadata service to give credentials.
const IMDS_TIMEOUT: Duration = Duration::from_secs(2);

/// The profile and its files.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) name: Option<String>,
    pub(super) files: EnvConfigFiles,
}

impl Profile {
    /// The files of the variables `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, else those in
    /// the home folder that passwd(5) names: mount(8) and systemd give no `HOME`.
    pub(super) fn of(name: Option<String>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let home = nix::unistd::User::from_uid(nix::unistd::geteuid());
        let home = home.ok().flatten().map_or_else(|| PathBuf::from("/"), |user| user.dir);
        let mut files = EnvConfigFiles::builder();
        let mut has_any = false;
        for (kind, name, default) in [
            (EnvConfigFileKind::Config, "AWS_CONFIG_FILE", ".aws/config"),
            (EnvConfigFileKind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        ] {
            let given = variable(name).map(PathBuf::from);
            let default = Some(home.join(default)).filter(|path| path.exists());
            if let Some(path) = given.or(default) {
                files = files.with_file(kind, path);
                has_any = true;
            }
        }
        if !has_any {
            files = files.with_contents(EnvConfigFileKind::Config, "");
        }
        Self { name, files: files.build() }
    }
}

/// Credentials and who gave them.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) credentials: Credentials,
    pub(super) from: &'static str,
}

/// Where credentials come from.
#[derive(Debug)]
pub(super) struct Sources {
    pub(super) profile: Profile,
    pub(super) provider: ProviderConfig,
}

impl Sources {
    /// The first ones that are there: environment, profile, web identity, container, instance.
    ///
    /// # Errors
    /// [`AwsError::NoCredentials`].
    pub(super) async fn find(&self, imds: &Imds) -> Result<Found, AwsError> {
        let mut profile = ProfileFileCredentialsProvider::builder()
            .configure(&self.provider)
            .profile_files(self.profile.files.clone());
        if let Some(name) = &self.profile.name {
            profile = profile.profile_name(name);
        }
        let web = WebIdentityTokenCredentialsProvider::builder().configure(&self.provider).build();
        let container = EcsCredentialsProvider::builder().configure(&self.provider).build();
        let sources: [(&'static str, &dyn ProvideCredentials); 4] = [
            ("the environment", &EnvironmentVariableCredentialsProvider::new()),
            ("the profile", &profile.build()),
            ("the web identity token", &web),
            ("the container", &container),
        ];
        for (from, source) in sources {
            match source.provide_credentials().await {
                Ok(credentials) => return Ok(Found { credentials, from }),
                Err(CredentialsError::CredentialsNotLoaded(_)) => {}
                Err(error) => return Err(AwsError::no_credentials(from, &error)),
            }
        }
        self.of_the_instance(imds).await
    }

    async fn of_the_instance(&self, imds: &Imds) -> Result<Found, AwsError> {
        let from = "the instance's role (IMDSv2)";
        let client = imds.for_credentials().await.map_err(|trouble| AwsError::NoCredentials {
            because: format!("neither the environment nor a profile has any, and {trouble}"),
        })?;
        let source = ImdsCredentialsProvider::builder()
            .configure(&self.provider)
            .imds_client(client)
            .build();
        match tokio::time::timeout(IMDS_TIMEOUT, source.provide_credentials()).await {
            Ok(Ok(credentials)) => Ok(Found { credentials, from }),
            Ok(Err(error)) => Err(AwsError::no_credentials(from, &error)),
            Err(_) => {
                Err(AwsError::NoCredentials { because: format!("{from}: no answer in time") })
            }
        }
    }
}

/// Credentials that can be replaced while a client uses them.
#[derive(Clone, Debug)]
pub(super) struct Held {
    held: Arc<RwLock<Credentials>>,
}

impl Held {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { held: Arc::new(RwLock::new(credentials)) }
    }

    pub(super) fn replace(&self, credentials: Credentials) {
        if let Ok(mut held) = self.held.write() {
            *held = credentials;
        }
    }
}

impl ProvideCredentials for Held {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let poisoned = |_| CredentialsError::unhandled("the lock of the credentials is broken");
        future::ProvideCredentials::ready(
            self.held.read().map(|held| held.clone()).map_err(poisoned),
        )
    }
}

/// How a role is taken.
pub(super) const ASSUME_ROLE: &Action =
    &Action { name: "sts:AssumeRole", service: "sts", policy: "assume-role.json" };

/// What `AssumeRole` answered, as credentials.
pub(super) fn assumed(answer: Option<&aws_sdk_sts::types::Credentials>) -> Option<Credentials> {
    let answer = answer?;
    Some(Credentials::new(
        answer.access_key_id(),
        answer.secret_access_key(),
        Some(answer.session_token().to_owned()),
        std::time::SystemTime::try_from(*answer.expiration()).ok(),
        "AssumeRole",
    ))
}
