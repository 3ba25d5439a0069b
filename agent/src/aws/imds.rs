//! The instance metadata service, version 2 only: who and where this node is.
//!
//! It answers within milliseconds or not at all, so it is given little time, and what it did not
//! say once is not asked again within a call.

use super::variable;
use aws_config::imds::client::Client;
use aws_config::imds::client::error::ImdsError;
use aws_config::provider_config::ProviderConfig;
use fsxlustre_mount::failure::one_line;
use serde::Deserialize;
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
const READ_TIMEOUT: Duration = Duration::from_millis(700);
/// For a question with its token, attempts included.
const WHOLE_TIMEOUT: Duration = Duration::from_millis(1500);
const ATTEMPTS: u32 = 2;
/// How long a service that is not there is not asked again by this process.
const REMEMBERED: Duration = Duration::from_mins(1);

const DOCUMENT: &str = "/latest/dynamic/instance-identity/document";
const METADATA: &str = "/latest/meta-data";

/// What the instance identity document says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Document {
    /// The account that owns the instance.
    pub account_id: Option<String>,
    /// Its Region.
    pub region: Option<String>,
    /// Its id, `i-…`.
    pub instance_id: Option<String>,
}

/// Who and where this node is; `None` for what the instance does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeIdentity {
    /// The account that owns it.
    pub account: Option<String>,
    /// The VPC of its first network interface.
    pub vpc: Option<String>,
    /// The subnet of its first network interface.
    pub subnet: Option<String>,
    /// Why something of it is not known.
    pub unknown: Option<String>,
}

/// Why the metadata service did not say something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImdsTrouble {
    because: String,
    /// Whether it is not there at all: nothing more is asked of it.
    pub is_absent: bool,
}

impl fmt::Display for ImdsTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.because)
    }
}

/// The metadata service of this node.
#[derive(Debug)]
pub struct Imds {
    client: Option<Client>,
    document: OnceCell<Result<Document, ImdsTrouble>>,
    identity: OnceCell<NodeIdentity>,
}

impl Imds {
    /// The service, unless `AWS_EC2_METADATA_DISABLED` says that it must not be asked.
    pub(super) fn of_environment() -> Self {
        let is_off = |value: String| value.eq_ignore_ascii_case("true");
        let is_disabled = variable("AWS_EC2_METADATA_DISABLED").is_some_and(is_off);
        // Plain HTTP and no proxy: it is on the node's own link.
        let http = aws_smithy_http_client::Builder::new().build_http();
        let client = Client::builder()
            .configure(&ProviderConfig::without_region().with_http_client(http))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .operation_attempt_timeout(READ_TIMEOUT)
            .operation_timeout(WHOLE_TIMEOUT)
            .max_attempts(ATTEMPTS)
            .build();
        let client = (!is_disabled).then_some(client);
        Self { client, document: OnceCell::new(), identity: OnceCell::new() }
    }

    /// The client for credentials, unless the service turned out not to be there.
    pub(super) async fn for_credentials(&self) -> Result<Client, ImdsTrouble> {
        let Some(client) = &self.client else { return Err(disabled()) };
        match self.document().await {
            Err(trouble) if trouble.is_absent => Err(trouble.clone()),
            _ => Ok(client.clone()),
        }
    }

    /// The instance identity document; asked for once.
    pub(super) async fn document(&self) -> &Result<Document, ImdsTrouble> {
        self.document
            .get_or_init(|| async {
                let text = self.get(DOCUMENT).await?;
                serde_json::from_str(&text).map_err(|error| ImdsTrouble {
                    because: format!("the instance identity document is not understood: {error}"),
                    is_absent: false,
                })
            })
            .await
    }

    /// Who and where this node is; asked for once.
    pub async fn identity(&self) -> &NodeIdentity {
        self.identity
            .get_or_init(|| async {
                let account = match self.document().await {
                    Ok(document) => document.account_id.clone(),
                    Err(trouble) => {
                        let unknown = Some(trouble.to_string());
                        return NodeIdentity { unknown, ..NodeIdentity::default() };
                    }
                };
                match self.place().await {
                    Ok((vpc, subnet)) => {
                        let no_account = "the instance's document names no account";
                        let unknown = account.is_none().then(|| no_account.to_owned());
                        NodeIdentity { account, vpc: Some(vpc), subnet: Some(subnet), unknown }
                    }
                    Err(trouble) => {
                        let unknown = Some(trouble.to_string());
                        NodeIdentity { account, unknown, ..NodeIdentity::default() }
                    }
                }
            })
            .await
    }

    /// VPC and subnet of the first network interface.
    async fn place(&self) -> Result<(String, String), ImdsTrouble> {
        let mac = self.get(&format!("{METADATA}/mac")).await?;
        let mac = mac.trim().trim_end_matches('/');
        if !mac.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') {
            let because = "the instance's MAC address is not understood".to_owned();
            return Err(ImdsTrouble { because, is_absent: false });
        }
        let interface = format!("{METADATA}/network/interfaces/macs/{mac}");
        let vpc = self.get(&format!("{interface}/vpc-id")).await?;
        let subnet = self.get(&format!("{interface}/subnet-id")).await?;
        Ok((vpc.trim().to_owned(), subnet.trim().to_owned()))
    }

    async fn get(&self, path: &str) -> Result<String, ImdsTrouble> {
        let Some(client) = &self.client else { return Err(disabled()) };
        if let Some(trouble) = remembered() {
            return Err(trouble);
        }
        let answer = self.get_now(client, path).await;
        if let Err(trouble) = &answer
            && trouble.is_absent
        {
            remember(trouble);
        }
        answer
    }

    async fn get_now(&self, client: &Client, path: &str) -> Result<String, ImdsTrouble> {
        match tokio::time::timeout(WHOLE_TIMEOUT, client.get(path)).await {
            Ok(Ok(answer)) => Ok(answer.into()),
            Ok(Err(error)) => Err(trouble(&error)),
            Err(_) => {
                let late = "the instance metadata service does not answer in time".to_owned();
                Err(ImdsTrouble { because: late, is_absent: true })
            }
        }
    }
}

/// When the service turned out not to be there, and why: whoever asks next, in whichever thread,
/// does not wait for it again.
static ABSENT: Mutex<Option<(Instant, ImdsTrouble)>> = Mutex::new(None);

fn remembered() -> Option<ImdsTrouble> {
    let absent = ABSENT.lock().ok()?;
    let (since, trouble) = absent.as_ref()?;
    (since.elapsed() < REMEMBERED).then(|| trouble.clone())
}

fn remember(trouble: &ImdsTrouble) {
    if let Ok(mut absent) = ABSENT.lock() {
        *absent = Some((Instant::now(), trouble.clone()));
    }
}

fn disabled() -> ImdsTrouble {
    let because = "AWS_EC2_METADATA_DISABLED forbids to ask the instance metadata service".into();
    ImdsTrouble { because, is_absent: true }
}

/// Why a question failed. A service that gives no token is as good as absent.
fn trouble(error: &ImdsError) -> ImdsTrouble {
    match error {
        ImdsError::ErrorResponse(answer) => ImdsTrouble {
            because: format!(
                "the instance metadata service says {}",
                answer.response().status().as_u16()
            ),
            is_absent: false,
        },
        ImdsError::FailedToLoadToken(_) => ImdsTrouble {
            because: format!("the instance metadata service gives no token: {}", last(error)),
            is_absent: true,
        },
        _ => ImdsTrouble {
            because: format!("the instance metadata service does not answer: {}", last(error)),
            is_absent: true,
        },
    }
}

/// The innermost cause.
fn last(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(below) = inner.source() {
        inner = below;
    }
    one_line(&inner.to_string())
}
