//! TLS from files: read, checked, and read again when they change.
//!
//! TLS 1.2 and 1.3 (RFC 5246, RFC 8446), ALPN `http/1.1`, no early data (a request in 0-RTT can be replayed). The cipher
//! suites are ring's: ECDHE with AES-GCM or ChaCha20-Poly1305. None stands in the block list of RFC 7540 Appendix A.
//!
//! The private key's bytes are wiped after they were read; to notice a change, a hash of the files is kept, not the files.

use crate::config::{ClientCertificates, TlsConfig};
use crate::error::TlsError;
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::Zeroizing;

/// Longest PEM file that is read: a bundle of some hundred authorities.
const PEM_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What a client proved to be, given to handlers as a request extension.
///
/// The chain was checked against `tls.client_ca`, and the client has shown that it holds the key. What its names may do
/// is *left to the handler*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// SHA-256 of the certificate's DER bytes.
    pub sha256: [u8; 32],
    /// Subject, as text in the manner of RFC 4514. May be empty.
    pub subject: String,
    /// First common name of the subject.
    pub common_name: Option<String>,
    /// Alternative names of type `dNSName` (RFC 5280 §4.2.1.6).
    pub dns_names: Vec<String>,
    /// Alternative names of type `rfc822Name`.
    pub email_addresses: Vec<String>,
    /// Alternative names of type `uniformResourceIdentifier`.
    pub uris: Vec<String>,
}

impl ClientCertificate {
    /// The fingerprint in lowercase hexadecimal, as `openssl x509 -fingerprint -sha256` prints it without colons.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads a certificate that was verified already.
    pub(crate) fn parse(der: &[u8]) -> Option<Self> {
        use x509_parser::extensions::GeneralName;
        let (rest, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let subject = certificate.subject();
        let mut parsed = Self {
            sha256: Sha256::digest(der).into(),
            subject: subject.to_string(),
            common_name: subject.iter_common_name().next().and_then(|name| name.as_str().ok()).map(str::to_owned),
            dns_names: Vec::new(),
            email_addresses: Vec::new(),
            uris: Vec::new(),
        };
        let names = certificate.subject_alternative_name().ok()?;
        for name in names.iter().flat_map(|extension| &extension.value.general_names) {
            match name {
                GeneralName::DNSName(name) => parsed.dns_names.push((*name).to_owned()),
                GeneralName::RFC822Name(name) => parsed.email_addresses.push((*name).to_owned()),
                GeneralName::URI(name) => parsed.uris.push((*name).to_owned()),
                _ => {}
            }
        }
        Some(parsed)
    }
}

/// The TLS configuration in use.
#[derive(Debug)]
pub(crate) struct Tls {
    config: TlsConfig,
    current: RwLock<Arc<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    server: Arc<rustls::ServerConfig>,
    /// Of all files, as last looked at.
    seen: [u8; 32],
    not_after: u64,
}

/// What a look at the files found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reload {
    Unchanged,
    Changed,
}

impl Tls {
    pub(crate) fn load(config: &TlsConfig) -> Result<Self, TlsError> {
        let files = Files::read(config)?;
        let loaded = files.load(config)?;
        if others_can_read(&config.key) {
            tracing::warn!(key = %config.key.display(), "other users of this machine can read the private key: chmod 600");
        }
        Ok(Self { config: config.clone(), current: RwLock::new(Arc::new(loaded)) })
    }

    /// For the next handshake.
    pub(crate) fn current(&self) -> Arc<rustls::ServerConfig> {
        self.loaded().server.clone()
    }

    /// When the server's own certificate ends, Unix time.
    pub(crate) fn not_after(&self) -> u64 {
        self.loaded().not_after
    }

    fn loaded(&self) -> Arc<Loaded> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the files. What is open stays as it is; a bad new file leaves the old certificate in use. `seen` is what
    /// the last look found, so that a bad file is reported once.
    pub(crate) fn reload(&self, seen: &mut [u8; 32]) -> Result<Reload, TlsError> {
        let files = Files::read(&self.config)?;
        let digest = files.digest();
        if std::mem::replace(seen, digest) == digest {
            return Ok(Reload::Unchanged);
        }
        let loaded = files.load(&self.config)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(Reload::Changed)
    }

    /// What the configuration in use was made from.
    pub(crate) fn seen(&self) -> [u8; 32] {
        self.loaded().seen
    }
}

struct Files {
    certificate: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Zeroizing<Vec<u8>>>,
}

impl Files {
    fn read(config: &TlsConfig) -> Result<Self, TlsError> {
        let client_ca = config.client_ca.as_deref().map(read).transpose()?;
        Ok(Self { certificate: read(&config.certificate)?, key: read(&config.key)?, client_ca })
    }

    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for file in [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()].into_iter().flatten() {
            hash.update((file.len() as u64).to_be_bytes());
            hash.update(&**file);
        }
        hash.finalize().into()
    }

    fn load(&self, config: &TlsConfig) -> Result<Loaded, TlsError> {
        let chain = certificates(&self.certificate, &config.certificate)?;
        let not_after = not_after(&chain, &config.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| TlsError::Content {
            path: config.key.clone(),
            what: "private key in PEM without a passphrase",
            detail: error.to_string(),
        })?;
        let pair = |error: rustls::Error| TlsError::Pair {
            certificate: config.certificate.clone(),
            key: config.key.clone(),
            detail: error.to_string(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&versions)
            .map_err(pair)?;
        let builder = match (&config.client_ca, &self.client_ca) {
            (Some(path), Some(bytes)) => {
                builder.with_client_cert_verifier(verifier(config.client_certificates, path, bytes, provider)?)
            }
            _ => builder.with_no_client_auth(),
        };
        // Refuses a key that is not the certificate's.
        let mut server = builder.with_single_cert(chain, key).map_err(pair)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        server.max_early_data_size = 0;
        Ok(Loaded { server: Arc::new(server), seen: self.digest(), not_after })
    }
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    // Access of the group is how some renewal tools hand a key to a service.
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
const fn others_can_read(_: &Path) -> bool {
    false
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    use std::io::Read as _;
    let wrong = |source| TlsError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(wrong)?;
    let length = usize::try_from(file.metadata().map_err(wrong)?.len().min(PEM_BYTES_MAX)).unwrap_or(0);
    // Room for all of it at once: growing would leave unwiped copies of a key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    file.take(PEM_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() as u64 > PEM_BYTES_MAX {
        let detail = format!("it is longer than {PEM_BYTES_MAX} bytes");
        return Err(TlsError::Content { path: path.to_owned(), what: "PEM file", detail });
    }
    Ok(bytes)
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |detail: String| TlsError::Content { path: path.to_owned(), what: "certificate in PEM", detail };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| wrong(error.to_string()))?;
    if chain.is_empty() { Err(wrong("no CERTIFICATE section stands in it".to_owned())) } else { Ok(chain) }
}

fn not_after(chain: &[CertificateDer<'_>], path: &Path) -> Result<u64, TlsError> {
    let parsed = chain.first().and_then(|der| x509_parser::parse_x509_certificate(der).ok());
    let (_, certificate) = parsed.ok_or_else(|| TlsError::Content {
        path: path.to_owned(),
        what: "X.509 certificate",
        detail: "the first section cannot be read".to_owned(),
    })?;
    Ok(u64::try_from(certificate.validity().not_after.timestamp()).unwrap_or(0))
}

fn verifier(
    asked: ClientCertificates,
    path: &Path,
    pem: &[u8],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let wrong =
        |detail: String| TlsError::Content { path: path.to_owned(), what: "usable certificate authority", detail };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, path)? {
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match asked {
        ClientCertificates::Required => builder,
        ClientCertificates::Optional | ClientCertificates::Off => builder.allow_unauthenticated(),
    };
    builder.build().map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_cipher_suite_has_ephemeral_keys_and_authenticated_encryption() {
        for suite in rustls::crypto::ring::default_provider().cipher_suites {
            let name = format!("{:?}", suite.suite());
            // RFC 7540 Appendix A blocks every TLS 1.2 suite without both.
            let ephemeral = name.starts_with("TLS13_") || name.starts_with("TLS_ECDHE_");
            let authenticated = name.contains("_GCM_") || name.contains("CHACHA20_POLY1305");
            assert!(ephemeral && authenticated, "{name}");
        }
    }
}
