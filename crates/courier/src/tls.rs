use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::OpenError;

/// The certificates (PEM) that servers are checked against.
pub(crate) fn certificates(
    section: &'static str,
    ca_file: &Path,
) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    let wrong = |what: &str| OpenError::of_file(section, ca_file, what);
    let read = CertificateDer::pem_file_iter(ca_file).map_err(|error| wrong(&error.to_string()))?;
    let all: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| wrong(&error.to_string()))?;
    if all.is_empty() { Err(wrong("holds no certificate")) } else { Ok(all) }
}

/// TLS to servers that are checked against these certificates.
pub(crate) fn client_config(section: &'static str, ca_file: &Path) -> Result<Arc<ClientConfig>, OpenError> {
    let mut roots = RootCertStore::empty();
    // A bundle may hold one that rustls does not take; the others are good.
    roots.add_parsable_certificates(certificates(section, ca_file)?);
    if roots.is_empty() {
        return Err(OpenError::of_file(section, ca_file, "holds no certificate"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::new(section, error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
