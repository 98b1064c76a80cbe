//! Decides which servers posternd trusts, by the certificates of a `ca_file`.
//!
//! It makes no connection, and brings no certificates of its own.

#![forbid(unsafe_code)]

mod ca_file;
mod refusal;
mod verifier;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};

use ca_file::CaFile;
use verifier::Verifier;

/// The certificates of a `ca_file`, and how they authenticate servers.
#[derive(Debug, Clone)]
pub struct Trust {
    verifier: Verifier,
    provider: Arc<CryptoProvider>,
    authorities: Vec<CertificateDer<'static>>,
    ca_file: PathBuf,
    faults: Vec<String>,
}

impl Trust {
    /// Reads a file of certificates (PEM). A certificate that cannot be used does not affect the others; see
    /// [`Trust::faults`].
    ///
    /// # Errors
    /// What is wrong with the file and how to fix it, to be read after its name.
    pub fn read(ca_file: &Path) -> Result<Self, String> {
        let CaFile { certificates, mut faults } = CaFile::read(ca_file)?;
        let mut roots = RootCertStore::empty();
        let mut authorities = Vec::new();
        let mut trusted = Vec::new();
        for certificate in certificates {
            if certificate.is_authority {
                match roots.add(certificate.der.clone()) {
                    Ok(()) => authorities.push(certificate.der.clone()),
                    Err(error) => faults.push(certificate.fault(&format!("cannot be used: {error}"))),
                }
            }
            trusted.push(certificate.der);
        }
        if trusted.is_empty() {
            let first = faults.first().map_or_else(String::new, |fault| format!(": {fault}"));
            return Err(format!(
                "holds no certificate that can be read; it has to hold PEM, -----BEGIN CERTIFICATE----- and so on{first}"
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Verifier::new(roots, trusted, Arc::clone(&provider))?;
        Ok(Self { verifier, provider, authorities, ca_file: ca_file.to_owned(), faults })
    }

    /// What in the file cannot be used, and where. The rest is in use.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The certificates of CAs.
    #[must_use]
    pub fn authorities(&self) -> &[CertificateDer<'static>] {
        &self.authorities
    }

    /// A TLS configuration for servers whose certificate must have the name that they are addressed by.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn client(&self) -> Result<Arc<ClientConfig>, String> {
        self.config(self.verifier.clone()).map(Arc::new)
    }

    /// A TLS configuration for the server whose certificate must have this name, which may differ from the address of the
    /// connection. It is for libraries that cannot tell an address from a name.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn client_of(&self, name: ServerName<'static>) -> Result<Arc<ClientConfig>, String> {
        let mut config = self.config(self.verifier.clone().for_name(name))?;
        // The name in the address is not the server's.
        config.enable_sni = false;
        Ok(Arc::new(config))
    }

    /// Words the error of a handshake for an admin. If the certificate was refused, the text says what to do.
    #[must_use]
    pub fn explain(&self, error: &io::Error) -> String {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => {
                refusal::explain(why, &self.ca_file, self.verifier.trusted())
            }
            Some(_) | None => error.to_string(),
        }
    }

    fn config(&self, verifier: Verifier) -> Result<ClientConfig, String> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        Ok(builder.with_no_client_auth())
    }
}

/// The name that a server's certificate must have. An address loses its brackets and its zone (RFC 4007).
#[must_use]
pub fn server_name(host: &str) -> Option<ServerName<'static>> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let bare = match bare.split_once('%') {
        Some((address, _)) if address.contains(':') => address,
        _ => bare,
    };
    ServerName::try_from(bare.to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_as_an_address_and_a_name_as_a_name() {
        for (host, expected) in [
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("fe80::5%eth0", "fe80::5"),
            ("[fe80::5%25lo]", "fe80::5"),
            ("192.0.2.1", "192.0.2.1"),
            ("ldap.example.org", "ldap.example.org"),
        ] {
            assert_eq!(server_name(host).unwrap().to_str(), expected, "{host}");
        }
        assert!(matches!(server_name("[2001:DB8::0:1]"), Some(ServerName::IpAddress(_))));
        for host in ["", "a b", "exa%mple.org", "[::1"] {
            assert!(server_name(host).is_none(), "{host}");
        }
    }
}
