//! The notice that a Spot instance gets before it is taken away, two minutes ahead.
//!
//! *Source*: `/latest/meta-data/spot/instance-action` of the instance metadata service, version 2: 404
//! while there is none, else `{"action": "terminate", "time": "2026-01-01T00:00:00Z"}`.

use aws_config::imds::client::Client;
use aws_config::imds::client::error::ImdsError;
use aws_config::provider_config::ProviderConfig;
use fsxlustre_mount::failure::one_line;
use serde::Deserialize;
use std::time::Duration;

const PATH: &str = "/latest/meta-data/spot/instance-action";
const TIMEOUT: Duration = Duration::from_secs(1);
/// The longest action or time that is told.
const LONGEST_WORD: usize = 64;

/// This instance is to be taken away.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SpotNotice {
    /// `terminate`, `stop` or `hibernate`.
    pub action: String,
    /// When, as the service writes it.
    pub time: String,
}

/// Asks for the notice. The token is the client's: it is fetched once for six hours.
#[derive(Debug)]
pub struct SpotWatch {
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl SpotWatch {
    /// A watch; nothing is asked yet.
    ///
    /// # Errors
    /// The runtime cannot be started.
    pub fn new() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // Plain HTTP and no proxy: it is on the node's own link. Whoever asks again soon makes no
        // attempts.
        let http = aws_smithy_http_client::Builder::new().build_http();
        let client = Client::builder()
            .configure(&ProviderConfig::without_region().with_http_client(http))
            .connect_timeout(TIMEOUT)
            .read_timeout(TIMEOUT)
            .operation_attempt_timeout(TIMEOUT)
            .operation_timeout(TIMEOUT * 2)
            .max_attempts(1)
            .build();
        Ok(Self { client, runtime })
    }

    /// Asks once: one call, and one for a token when the last is about to end.
    ///
    /// # Errors
    /// Why it is not known, in words.
    pub fn ask(&self) -> Result<Option<SpotNotice>, String> {
        let asked = async { tokio::time::timeout(TIMEOUT * 3, self.client.get(PATH)).await };
        match self.runtime.block_on(asked) {
            Ok(Ok(answer)) => parse(answer.as_ref()).map(Some),
            Ok(Err(ImdsError::ErrorResponse(answer))) => {
                match answer.response().status().as_u16() {
                    404 => Ok(None),
                    status => Err(format!("the instance metadata service says {status}")),
                }
            }
            Ok(Err(error)) => {
                let because = one_line(&error.to_string());
                Err(format!("the instance metadata service does not answer: {because}"))
            }
            Err(_) => Err("the instance metadata service does not answer in time".into()),
        }
    }
}

fn parse(text: &str) -> Result<SpotNotice, String> {
    let notice: SpotNotice = serde_json::from_str(text)
        .map_err(|error| format!("the notice is not understood: {error}"))?;
    let fits = |word: &str| {
        (1..=LONGEST_WORD).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if fits(&notice.action) && fits(&notice.time) {
        return Ok(notice);
    }
    Err("the notice is not understood".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_an_action_and_a_time() {
        let text = r#"{"action": "terminate", "time": "2026-01-01T00:00:00Z"}"#;
        let notice = SpotNotice { action: "terminate".into(), time: "2026-01-01T00:00:00Z".into() };
        assert_eq!(parse(text), Ok(notice));
        for text in [
            "",
            "{}",
            "<html>",
            r#"{"action": "a\nb", "time": "x"}"#,
            r#"{"action": "", "time": "x"}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
