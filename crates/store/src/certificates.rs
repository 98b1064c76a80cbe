//! Whose certificates a file holds, for errors about those of servers.

use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// What went wrong in a TLS handshake. Where the server's certificate is signed by an authority that is not among those of
/// `ca_file`, the file and who is in it.
pub(crate) fn explain(error: &str, ca_file: &Path) -> String {
    if !UNKNOWN_ISSUER.iter().any(|words| error.contains(words)) {
        return error.to_owned();
    }
    let held = match subjects(ca_file) {
        all if all.is_empty() => "holds no certificate".to_owned(),
        all => {
            let shown = all.iter().take(MOST_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            match all.len().saturating_sub(MOST_SHOWN) {
                0 => format!("holds {shown}"),
                more => format!("holds {shown} and {more} more"),
            }
        }
    };
    format!(
        "the server's certificate is signed by none of those in ca_file: {} {held}; put the certificate of the authority that signed it there ({error})",
        ca_file.display()
    )
}

/// The common name of each certificate, or what else its subject is called.
fn subjects(ca_file: &Path) -> Vec<String> {
    let Ok(certificates) = CertificateDer::pem_file_iter(ca_file) else { return Vec::new() };
    let name = |der: &CertificateDer<'_>| {
        let subject = subject(der)?;
        Some(
            NAMES
                .iter()
                .find_map(|oid| value(&subject, oid))
                .unwrap_or_else(|| "one without a name".to_owned()),
        )
    };
    certificates.filter_map(|der| name(&der.ok()?)).collect()
}

/// The subject (RFC 5280, section 4.1.2.6), as it is encoded.
fn subject(der: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(der.clone().into_owned()).ok()?;
    roots.roots.first().map(|anchor| anchor.subject.to_vec())
}

/// The value that follows an attribute's type in a name: a string of whatever kind with fewer than 128 bytes.
fn value(name: &[u8], oid: &[u8]) -> Option<String> {
    let at = name.windows(oid.len()).position(|window| window == oid)?;
    let (_kind, rest) = name.get(at + oid.len()..)?.split_first()?;
    let (length, rest) = rest.split_first()?;
    let text = rest.get(..usize::from(*length))?;
    let text = String::from_utf8_lossy(text);
    Some(text.chars().map(|c| if c.is_control() { '?' } else { c }).collect())
}

/// As rustls says it; the other is an authority that was made anew under its old name.
const UNKNOWN_ISSUER: [&str; 2] = ["UnknownIssuer", "BadSignature"];
const MOST_SHOWN: usize = 3;
/// commonName, organizationalUnitName, organizationName (X.520), in the order in which they name an authority best.
const NAMES: [&[u8]; 3] = [b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x0b", b"\x06\x03\x55\x04\x0a"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_error_stays_as_it_is() {
        assert_eq!(explain("connection refused", Path::new("/nonexistent")), "connection refused");
    }

    #[test]
    fn an_unknown_issuer_names_the_file_and_who_is_in_it() {
        let said = explain("invalid peer certificate: UnknownIssuer", Path::new("/nonexistent/ca.pem"));
        assert!(said.contains("/nonexistent/ca.pem holds no certificate"), "{said}");
        let bundle = Path::new("/etc/ssl/certs/ca-certificates.crt");
        if bundle.exists() {
            let said = explain("invalid peer certificate: UnknownIssuer", bundle);
            assert!(said.contains(" more; ") && said.contains("ca-certificates.crt holds "), "{said}");
            assert!(!said.contains("without a name"), "{said}");
        }
    }

    #[test]
    fn a_subject_that_is_cut_off_has_no_name() {
        let name = b"\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05Alice";
        assert_eq!(value(name, NAMES[0]).as_deref(), Some("Alice"));
        for cut in 0..name.len() {
            assert_eq!(value(&name[..cut], NAMES[0]), None, "{cut}");
        }
    }
}
