//! `tls_server_config` as rustls has it.

use super::web_config::{ClientAuth, TlsSection};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{CryptoProvider, SupportedKxGroup, ring as with_ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{NoClientAuth, WebPkiClientVerifier};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme, SupportedCipherSuite, SupportedProtocolVersion,
};

/// The files that a section names, seen from the folder of the file that it stands in.
pub(super) fn files(section: &TlsSection, folder: &Path) -> Vec<PathBuf> {
    let named = [&section.cert_file, &section.key_file, &section.client_ca_file];
    named.into_iter().flatten().map(|file| folder.join(file)).collect()
}

/// rustls' configuration for a section.
///
/// # Errors
/// What cannot be had, with the setting or the file; never a key.
pub(super) fn server_config(
    section: &TlsSection,
    folder: &Path,
) -> Result<Arc<ServerConfig>, String> {
    let read = |inline: &Option<String>, file: &Option<PathBuf>, what: &str| {
        pem(inline.as_deref(), file.as_deref().map(|file| folder.join(file)), what)
    };
    let chain = read(&section.cert, &section.cert_file, "cert")?
        .ok_or("tls_server_config has neither cert_file nor cert")?;
    let key = read(&section.key, &section.key_file, "key")?
        .ok_or("tls_server_config has neither key_file nor key")?;
    let ca = read(&section.client_ca, &section.client_ca_file, "client_ca")?;
    let key = PrivateKeyDer::from_pem_slice(&key);
    let key = key.map_err(|_| "the key is no PEM private key without a passphrase".to_owned())?;
    let provider = Arc::new(provider(section)?);
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(section)?)
        .map_err(|error| format!("min_version, max_version and cipher_suites: {error}"))?
        .with_client_cert_verifier(verifier(section, ca.as_deref(), provider)?)
        .with_single_cert(certificates(&chain, "the certificate")?, key)
        .map_err(|error| format!("certificate and key: {error}"))?;
    Ok(Arc::new(config))
}

fn pem(inline: Option<&str>, file: Option<PathBuf>, what: &str) -> Result<Option<Vec<u8>>, String> {
    match (inline, file) {
        (Some(_), Some(_)) => Err(format!("{what} and {what}_file exclude each other")),
        (Some(text), None) => Ok(Some(text.as_bytes().to_vec())),
        (None, Some(path)) => {
            let read = std::fs::read(&path);
            read.map(Some).map_err(|error| format!("{}: {error}", path.display()))
        }
        (None, None) => Ok(None),
    }
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| format!("{what} is not PEM: {error}"))?;
    if chain.is_empty() {
        Err(format!("{what} is not PEM: it has no certificate"))
    } else {
        Ok(chain)
    }
}

/// The versions from `min_version` to `max_version`.
fn versions(section: &TlsSection) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    let number = |name: &Option<String>, otherwise| match name.as_deref() {
        None => Ok(otherwise),
        Some("TLS12") => Ok(2),
        Some("TLS13") => Ok(3),
        Some(other) => Err(format!("{other:?} is not offered; TLS12 and TLS13 are")),
    };
    let range = number(&section.min_version, 2)?..=number(&section.max_version, 3)?;
    let offered = [(2, &TLS12), (3, &TLS13)];
    Ok(offered.into_iter().filter(|(one, _)| range.contains(one)).map(|(_, it)| it).collect())
}

/// ring, with the suites and curves that are asked for, by Go's names.
fn provider(section: &TlsSection) -> Result<CryptoProvider, String> {
    let mut provider = with_ring::default_provider();
    if !section.cipher_suites.is_empty() {
        let find = |wanted: &String| {
            let name = |suite: &SupportedCipherSuite| {
                format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)
            };
            let found = provider.cipher_suites.iter().find(|suite| name(suite) == *wanted);
            found.copied().ok_or_else(|| format!("the cipher suite {wanted:?} is not offered"))
        };
        let suites: Result<_, String> = section.cipher_suites.iter().map(find).collect();
        provider.cipher_suites = suites?;
    }
    if !section.curve_preferences.is_empty() {
        let groups: Result<_, String> =
            section.curve_preferences.iter().map(|name| curve(name)).collect();
        provider.kx_groups = groups?;
    }
    Ok(provider)
}

fn curve(name: &str) -> Result<&'static dyn SupportedKxGroup, String> {
    match name {
        "CurveP256" => Ok(with_ring::kx_group::SECP256R1),
        "CurveP384" => Ok(with_ring::kx_group::SECP384R1),
        "X25519" => Ok(with_ring::kx_group::X25519),
        other => {
            Err(format!("the curve {other:?} is not offered; CurveP256, CurveP384, X25519 are"))
        }
    }
}

fn verifier(
    section: &TlsSection,
    ca: Option<&[u8]>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let (auth, names) = (section.client_auth_type, &section.client_allowed_sans);
    let Some(ca) = ca.filter(|_| auth != ClientAuth::NoClientCert) else {
        return match auth {
            // A CA or names without a check would look like protection and be none.
            ClientAuth::NoClientCert if ca.is_some() || !names.is_empty() => {
                Err("client_ca and client_allowed_sans need a client_auth_type that verifies"
                    .into())
            }
            ClientAuth::NoClientCert => Ok(Arc::new(NoClientAuth)),
            _ => Err("client_auth_type needs client_ca_file or client_ca".into()),
        };
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca, "client_ca")? {
        roots.add(certificate).map_err(|error| format!("client_ca: {error}"))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match auth {
        ClientAuth::VerifyClientCertIfGiven => builder.allow_unauthenticated(),
        _ => builder,
    };
    let verifier = builder.build().map_err(|error| format!("client_ca: {error}"))?;
    if names.is_empty() {
        return Ok(verifier);
    }
    let names: Result<_, String> = names.iter().map(|name| allowed_name(name)).collect();
    Ok(Arc::new(NamedClients { verifier, names: names? }))
}

fn allowed_name(name: &str) -> Result<ServerName<'static>, String> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(ServerName::IpAddress(address.into()));
    }
    let refused = |_| format!("client_allowed_sans: {name:?} is neither a DNS name nor an address");
    ServerName::try_from(name.to_owned()).map_err(refused)
}

/// Admits clients whose certificate is good and carries one of these names.
#[derive(Debug)]
struct NamedClients {
    verifier: Arc<dyn ClientCertVerifier>,
    names: Vec<ServerName<'static>>,
}

impl ClientCertVerifier for NamedClients {
    fn offer_client_auth(&self) -> bool {
        self.verifier.offer_client_auth()
    }
    fn client_auth_mandatory(&self) -> bool {
        self.verifier.client_auth_mandatory()
    }
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.verifier.verify_client_cert(end_entity, intermediates, now)?;
        let refused = Error::InvalidCertificate(CertificateError::NotValidForName);
        let certificate = webpki::EndEntityCert::try_from(end_entity);
        let certificate = certificate.map_err(|_| refused.clone())?;
        let has = |name| certificate.verify_is_valid_for_subject_name(name).is_ok();
        if self.names.iter().any(has) { Ok(verified) } else { Err(refused) }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
    fn requires_raw_public_keys(&self) -> bool {
        self.verifier.requires_raw_public_keys()
    }
}
