//! The HTTP client of all services: rustls with ring, through a proxy and with authorities of one's
//! own where `[aws]` names them. No environment variable names a proxy.

use super::AwsError;
use crate::config::AwsSection;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// More than any bundle of authorities has, in bytes.
const LARGEST_BUNDLE: u64 = 4 * 1024 * 1024;

/// The client that `[aws]` asks for.
///
/// # Errors
/// [`AwsError::Setting`].
pub(super) fn client(section: &AwsSection) -> Result<SharedHttpClient, AwsError> {
    let context = section.ca_bundle.as_deref().map(trust).transpose()?;
    let proxy = section.https_proxy.as_deref().map(proxy).transpose()?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(proxy.clone());
        if let Some(context) = &context {
            connector.set_tls_context(context.clone());
        }
        connector.build()
    }))
}

/// The proxy of a URL, `http://HOST:PORT`.
fn proxy(url: &str) -> Result<ProxyConfig, AwsError> {
    ProxyConfig::https(url)
        .map_err(|error| AwsError::Setting { setting: "https_proxy", because: error.to_string() })
}

/// The authorities of a PEM file, instead of the system's.
fn trust(path: &Path) -> Result<TlsContext, AwsError> {
    let unfit = |because: String| AwsError::Setting { setting: "ca_bundle", because };
    let named = |error: &dyn std::fmt::Display| unfit(format!("{}: {error}", path.display()));
    let bytes = read(path).map_err(|error| named(&error))?;
    // The SDK ends the program at a certificate that it cannot read.
    let mut count = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|error| named(&error))?;
        RootCertStore::empty().add(certificate).map_err(|error| named(&error))?;
        count += 1;
    }
    if count == 0 {
        return Err(named(&"it has no certificate"));
    }
    let store = TrustStore::empty().with_native_roots(false).with_pem_certificate(bytes);
    TlsContext::builder().with_trust_store(store).build().map_err(|error| named(&error))
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    // Not blocking: a FIFO would keep us for ever.
    let flags = nix::libc::O_NONBLOCK;
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_BUNDLE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsxlustre_mount::failure::Explain as _;

    #[test]
    fn a_bundle_that_cannot_be_read_is_said_not_a_crash() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("ca.pem");
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "rubbish", broken, "-----BEGIN CERTIFICATE-----\n!\n"] {
            std::fs::write(&path, text).expect("file");
            let error = trust(&path).expect_err(text);
            assert!(error.because().contains("ca.pem"), "{text}: {}", error.because());
        }
        assert!(trust(&folder.path().join("none")).is_err());
    }
}
