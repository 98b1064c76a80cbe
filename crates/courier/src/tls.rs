use std::io;
use std::path::Path;

use postern_tls::Trust;
use tokio_rustls::TlsConnector;

use crate::OpenError;

/// TLS to servers that are verified against the certificates (PEM) of a file.
#[derive(Clone)]
pub(crate) struct Tls {
    trust: Trust,
    pub(crate) connector: TlsConnector,
}

impl Tls {
    pub(crate) fn open(section: &'static str, ca_file: &Path) -> Result<Self, OpenError> {
        let trust = Trust::read(ca_file).map_err(|what| OpenError::of_file(section, ca_file, what))?;
        let client = trust.client().map_err(|error| OpenError::new(section, error))?;
        Ok(Self { trust, connector: client.into() })
    }

    /// Explains a failed handshake to an admin.
    pub(crate) fn explain(&self, error: &io::Error) -> String {
        self.trust.explain(error)
    }
}
