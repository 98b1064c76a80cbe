//! A certificate authority of a test's own, and a certificate for servers on 127.0.0.1.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::{Ran, clock, host};

/// A certificate authority and one server's certificate, all in PEM.
#[derive(Debug, Clone)]
pub struct Certs {
    /// The authority's certificate, for clients.
    pub ca: PathBuf,
    /// The server's certificate, for its address, 127.0.0.1, ::1, localhost, and the names of web mails below it.
    pub cert: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
}

impl Certs {
    /// Makes both in `dir`. The authority's own key is gone afterwards.
    #[must_use]
    pub fn make(dir: &Path) -> Self {
        Self::make_at(dir, Ipv4Addr::LOCALHOST)
    }

    /// The same for a server at another address.
    #[must_use]
    pub fn make_at(dir: &Path, address: Ipv4Addr) -> Self {
        let (made, ca_key) = Self::authority(dir);
        made.sign(&ca_key, address, 0);
        fs::remove_file(ca_key).expect("the authority's key");
        made
    }

    /// What a server of the tests themselves speaks TLS with.
    #[must_use]
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let chain: Vec<_> = CertificateDer::pem_file_iter(&self.cert)
            .expect("a certificate")
            .collect::<Result<_, _>>()
            .expect("certificates");
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a server's certificate");
        Arc::new(config)
    }

    /// The same, and a certificate of the same authority that expired four weeks ago.
    #[must_use]
    pub fn make_with_expired(dir: &Path) -> (Self, Self) {
        let (made, ca_key) = Self::authority(dir);
        let (cert, key) = (dir.join("expired.pem"), dir.join("expired.key"));
        let expired = Self { cert, key, ..made.clone() };
        made.sign(&ca_key, Ipv4Addr::LOCALHOST, 0);
        expired.sign(&ca_key, Ipv4Addr::LOCALHOST, 30 * 86_400);
        fs::remove_file(ca_key).expect("the authority's key");
        (made, expired)
    }

    fn authority(dir: &Path) -> (Self, PathBuf) {
        let ca_key = dir.join("ca.key");
        let made = Self { ca: dir.join("ca.pem"), cert: dir.join("server.pem"), key: dir.join("server.key") };
        openssl(&made.ca, &ca_key, &["-subj", "/CN=Postern test authority", "-days", "2"], 0);
        host::own(&made.ca, (0.into(), 0.into()), 0o644);
        (made, ca_key)
    }

    /// Makes the server's certificate as it would have been made so many seconds ago. It is good for two days.
    fn sign(&self, ca_key: &Path, address: Ipv4Addr, ago: u64) {
        let (ca, ca_key) = (self.ca.display().to_string(), ca_key.display().to_string());
        let names = format!("{NAMES},IP:{address}");
        openssl(
            &self.cert,
            &self.key,
            &[
                "-CA",
                &ca,
                "-CAkey",
                &ca_key,
                "-subj",
                "/CN=localhost",
                "-days",
                "2",
                "-addext",
                &names,
                // An authority's certificate is not taken for a server's.
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "extendedKeyUsage=serverAuth",
            ],
            ago,
        );
        host::own(&self.cert, (0.into(), 0.into()), 0o644);
    }
}

impl Certs {
    /// Makes a server's certificate that vouches for itself, as `openssl req -x509` does by default (CA:TRUE), in `dir`.
    #[must_use]
    pub fn self_signed(dir: &Path) -> Self {
        let (cert, key) = (dir.join("server.pem"), dir.join("server.key"));
        openssl(&cert, &key, &["-subj", "/CN=localhost", "-days", "2", "-addext", NAMES], 0);
        host::own(&cert, (0.into(), 0.into()), 0o644);
        Self { ca: cert.clone(), cert, key }
    }
}

/// Runs `openssl req` at a clock that is so many seconds late.
fn openssl(cert: &Path, key: &Path, more: &[&str], ago: u64) {
    let mut command = Command::new(host::system_program("/usr/bin/openssl", "openssl"));
    command
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .arg("-out")
        .arg(cert)
        .arg("-keyout")
        .arg(key)
        .args(more);
    if ago > 0 {
        command.env("LD_PRELOAD", host::clock_shift()).env(clock::SHIFT, format!("-{ago}"));
    }
    drop(Ran::of(&mut command, b"", LIMIT).succeeded());
}

const NAMES: &str =
    "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:webmail.localhost,DNS:gated.localhost";
const LIMIT: Duration = Duration::from_secs(20);
