use std::path::Path;

use postern_tls::Trust;
use tokio_rustls::TlsConnector;

use crate::OpenError;

/// The certificates (PEM) that servers are checked against.
pub(crate) fn trust(section: &'static str, ca_file: &Path) -> Result<Trust, OpenError> {
    Trust::read(ca_file).map_err(|what| OpenError::of_file(section, ca_file, what))
}

/// TLS to servers that are checked against these certificates.
pub(crate) fn connector(section: &'static str, ca_file: &Path) -> Result<TlsConnector, OpenError> {
    let client = trust(section, ca_file)?.client();
    client.map(TlsConnector::from).map_err(|error| OpenError::new(section, error))
}
