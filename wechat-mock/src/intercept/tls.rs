//! The certificate of the intercepted hosts, and the CA that vouches for it.
//!
//! Both are made at every start, and their keys never leave the process: whoever trusts the CA of
//! one mock trusts nobody else.

use std::{error::Error, io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::HOSTS;
use crate::world::clock::real_now;

const CA_NAME: &str = "wechat-mock throw-away CA";
/// For clients whose clock is behind.
const EARLIER: Duration = Duration::days(1);
/// With the day before within the 397 days that clients grant a certificate.
const LATER: Duration = Duration::days(395);

/// What the mock needs to be taken for WeChat's hosts.
#[derive(Clone, Debug)]
pub(crate) struct Intercept {
    ca_pem: Arc<str>,
    config: Arc<ServerConfig>,
}

impl Intercept {
    /// Makes a CA and the certificate of all hosts.
    pub(crate) fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let ca_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let ca = CertifiedIssuer::self_signed(ca_params()?, ca_key)?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = host_params()?.signed_by(&key, &ca)?;

        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.into()],
                PrivatePkcs8KeyDer::from(key).into(),
            )?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            ca_pem: ca.pem().into(),
            config: Arc::new(config),
        })
    }

    /// The certificate of the CA.
    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Shakes hands with a client that believes to speak with WeChat.
    pub(crate) async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        TlsAcceptor::from(self.config.clone()).accept(stream).await
    }
}

fn ca_params() -> Result<CertificateParams, Box<dyn Error + Send + Sync>> {
    let mut params = params(CA_NAME, &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params)
}

fn host_params() -> Result<CertificateParams, Box<dyn Error + Send + Sync>> {
    let mut params = params(HOSTS[0], &HOSTS)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict clients, such as Python's, ask for it.
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Valid around the real now, which is what clients go by; the mock's own clock may be anywhere.
fn params(name: &str, hosts: &[&str]) -> Result<CertificateParams, Box<dyn Error + Send + Sync>> {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = OffsetDateTime::from_unix_timestamp(real_now())?;
    params.not_before = now - EARLIER;
    params.not_after = now + LATER;
    Ok(params)
}
