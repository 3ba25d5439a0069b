//! The file of `--web.config.file`: exporter-toolkit's YAML.
//!
//! Format: <https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md>.
//! What cannot be kept is refused rather than passed over: somebody relies on it.

use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The file as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WebConfig {
    pub(super) tls_server_config: Option<TlsSection>,
    pub(super) http_server_config: HttpSection,
    /// Names and bcrypt hashes.
    pub(super) basic_auth_users: Option<BTreeMap<String, String>>,
}

/// `tls_server_config`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TlsSection {
    pub(super) cert: Option<String>,
    pub(super) cert_file: Option<PathBuf>,
    pub(super) key: Option<String>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) client_auth_type: ClientAuth,
    pub(super) client_ca: Option<String>,
    pub(super) client_ca_file: Option<PathBuf>,
    pub(super) client_allowed_sans: Vec<String>,
    pub(super) cipher_suites: Vec<String>,
    pub(super) curve_preferences: Vec<String>,
    pub(super) min_version: Option<String>,
    pub(super) max_version: Option<String>,
    /// Without effect, as in Go's own TLS.
    #[serde(rename = "prefer_server_cipher_suites")]
    _prefer_server_cipher_suites: bool,
}

/// Whether a client has to show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum ClientAuth {
    /// No.
    #[default]
    #[serde(alias = "")]
    NoClientCert,
    /// It may, and then it has to be good.
    VerifyClientCertIfGiven,
    /// Yes, a good one.
    RequireAndVerifyClientCert,
}

/// `http_server_config`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HttpSection {
    /// Without effect: HTTP/1.1 is offered.
    #[serde(rename = "http2")]
    _http2: bool,
    headers: BTreeMap<String, String>,
}

/// The headers that exporter-toolkit allows to set.
const HEADERS: [&str; 5] = [
    "content-security-policy",
    "x-frame-options",
    "x-content-type-options",
    "x-xss-protection",
    "strict-transport-security",
];

impl WebConfig {
    /// Parses the file; an empty one asks for nothing.
    ///
    /// # Errors
    /// What is wrong with it, with line and column, without what stands in quotes: it may be a secret.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parsed: Result<Option<Self>, _> = serde_norway::from_str(text);
        parsed.map(Option::unwrap_or_default).map_err(|error| without_values(&error.to_string()))
    }

    /// The headers of every answer.
    ///
    /// # Errors
    /// Which one cannot be.
    pub(super) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let headers = self.http_server_config.headers.iter().map(|(name, value)| {
            let known = HEADERS.iter().find(|known| name.eq_ignore_ascii_case(known));
            let known = known.ok_or_else(|| {
                format!("the header {name:?} cannot be set; these can: {}", HEADERS.join(", "))
            })?;
            let value = HeaderValue::from_str(value);
            let value = value.map_err(|_| format!("the value of {name} is no header's value"))?;
            Ok((HeaderName::from_static(known), value))
        });
        headers.collect()
    }
}

/// The message with what it quotes from the file left out.
fn without_values(message: &str) -> String {
    let outside = message.split('"').enumerate();
    outside.map(|(index, part)| if index % 2 == 0 { part } else { "\"...\"" }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolkits_own_example_is_understood() {
        let config = WebConfig::parse(
            "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n\
             \x20 client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: tls/ca.pem\n\
             \x20 min_version: TLS12\n  prefer_server_cipher_suites: true\n\
             http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n\
             basic_auth_users:\n  alice: $2y$10$x\n",
        );
        let config = config.expect("it is valid");
        let tls = config.tls_server_config.as_ref().expect("TLS");
        assert_eq!(tls.client_auth_type, ClientAuth::RequireAndVerifyClientCert);
        assert_eq!(tls.cert_file, Some(PathBuf::from("server.crt")));
        let headers = config.headers().expect("headers");
        assert_eq!(headers, [("x-frame-options".parse().unwrap(), "deny".parse().unwrap())]);
        assert!(WebConfig::parse("").expect("nothing").tls_server_config.is_none());
    }

    #[test]
    fn a_mistake_is_told_by_its_place_and_never_by_its_secret() {
        for (text, part) in [
            ("basic_auth_user:\n  a: b\n", "unknown field `basic_auth_user`"),
            ("tls_server_config:\n  client_auth_type: RequireAnyClientCert\n", "unknown variant"),
            ("rate_limit:\n  burst: 2\n", "unknown field"),
            ("tls_server_config: [\n", "line"),
        ] {
            let error = WebConfig::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
        let error = WebConfig::parse("basic_auth_users: \"s3cret\"\n").expect_err("no map");
        assert!(!error.contains("s3cret") && error.contains("line 1"), "{error}");
        let config = WebConfig::parse("http_server_config:\n  headers:\n    Server: x\n");
        assert!(config.expect("valid so far").headers().is_err());
    }
}
