//! A certificate authority of a test's own, and a certificate for servers on 127.0.0.1.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Ran, host};

/// A certificate authority and one server's certificate, all in PEM.
#[derive(Debug, Clone)]
pub struct Certs {
    /// The authority's certificate, for clients.
    pub ca: PathBuf,
    /// The server's certificate, for 127.0.0.1, ::1, localhost, and the names of web mails below it.
    pub cert: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
}

impl Certs {
    /// Makes both in `dir`. The authority's own key is gone afterwards.
    #[must_use]
    pub fn make(dir: &Path) -> Self {
        let ca_key = dir.join("ca.key");
        let made = Self { ca: dir.join("ca.pem"), cert: dir.join("server.pem"), key: dir.join("server.key") };
        openssl(&made.ca, &ca_key, &["-subj", "/CN=Postern test authority"]);
        let (ca, ca_key) = (made.ca.display().to_string(), ca_key.display().to_string());
        let names =
            "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:webmail.localhost,DNS:gated.localhost";
        openssl(
            &made.cert,
            &made.key,
            &[
                "-CA",
                &ca,
                "-CAkey",
                &ca_key,
                "-subj",
                "/CN=localhost",
                "-addext",
                names,
                // An authority's certificate is not taken for a server's.
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "extendedKeyUsage=serverAuth",
            ],
        );
        fs::remove_file(ca_key).expect("the authority's key");
        for file in [&made.ca, &made.cert] {
            host::own(file, (0.into(), 0.into()), 0o644);
        }
        made
    }
}

impl Certs {
    /// Makes a server's certificate that vouches for itself, as `openssl req -x509` does by default (CA:TRUE), in `dir`.
    #[must_use]
    pub fn self_signed(dir: &Path) -> Self {
        let (cert, key) = (dir.join("server.pem"), dir.join("server.key"));
        let names =
            "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:webmail.localhost,DNS:gated.localhost";
        openssl(&cert, &key, &["-subj", "/CN=localhost", "-addext", names]);
        host::own(&cert, (0.into(), 0.into()), 0o644);
        Self { ca: cert.clone(), cert, key }
    }
}

fn openssl(cert: &Path, key: &Path, more: &[&str]) {
    let mut command = Command::new(host::system_program("/usr/bin/openssl", "openssl"));
    command
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .arg("-out")
        .arg(cert)
        .arg("-keyout")
        .arg(key)
        .args(more);
    drop(Ran::of(&mut command, b"", LIMIT).succeeded());
}

const LIMIT: Duration = Duration::from_secs(20);
