//! Words for an admin: why a server's certificate was refused, and what to do.

use std::path::Path;

use rustls::CertificateError;
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// Why it was refused. `held` is the content of `ca_file`.
pub(crate) fn explain(why: &CertificateError, ca_file: &Path, held: &[CertificateDer<'_>]) -> String {
    let ca_file = ca_file.display();
    if is_authoritys(why) {
        return format!(
            "the server's certificate is not taken: it is an authority's (CA:TRUE); put that very certificate into ca_file, {ca_file}, or give the server one that is no authority's"
        );
    }
    let said = if let CertificateError::Other(other) = why { other.0.to_string() } else { why.to_string() };
    let said = format!("the server's certificate is not taken: {said}; see ca_file");
    if !is_of_another_authority(why) {
        return said;
    }
    format!(
        "the server's certificate is signed by none of those in ca_file: {ca_file} holds {}; put the certificate of the authority that signed it there ({said})",
        subjects(held)
    )
}

/// rustls passes on the words of its verifier, which only programmers understand.
fn is_authoritys(why: &CertificateError) -> bool {
    matches!(why, CertificateError::Other(other) if other.0.to_string() == "CaUsedAsEndEntity")
}

/// A wrong signature means that the CA was created anew under its old name.
fn is_of_another_authority(why: &CertificateError) -> bool {
    matches!(why, CertificateError::UnknownIssuer | CertificateError::BadSignature)
}

/// Names the first few CAs, and how many more there are.
fn subjects(held: &[CertificateDer<'_>]) -> String {
    let shown: Vec<String> = held.iter().take(MOST_SHOWN).map(subject).collect();
    let shown = shown.join(", ");
    match held.len().saturating_sub(MOST_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn subject(certificate: &CertificateDer<'_>) -> String {
    let parsed = X509Certificate::from_der(certificate).ok();
    parsed.and_then(|(_, parsed)| name(parsed.subject())).unwrap_or_else(|| "one without a name".to_owned())
}

/// The common name, or the next best attribute that names a CA (X.520).
fn name(subject: &X509Name<'_>) -> Option<String> {
    let mut attributes = subject
        .iter_common_name()
        .chain(subject.iter_organizational_unit())
        .chain(subject.iter_organization());
    let text = String::from_utf8_lossy(attributes.next()?.as_slice());
    Some(text.chars().map(|c| if c.is_control() { '?' } else { c }).collect())
}

const MOST_SHOWN: usize = 3;

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use rustls::{Error, OtherError};

    use super::*;
    use crate::Trust;

    #[test]
    fn another_error_stays_as_it_is() {
        let trust = Trust::read(&testdata()).unwrap();
        assert_eq!(trust.explain(&io::Error::other("connection refused")), "connection refused");
    }

    #[test]
    fn an_unknown_issuer_names_the_file_and_its_authorities() {
        let unknown = io::Error::other(Error::InvalidCertificate(CertificateError::UnknownIssuer));
        let said = Trust::read(&testdata()).unwrap().explain(&unknown);
        assert!(
            said.contains("signed by none of those in ca_file: ") && said.contains("root.pem holds "),
            "{said}"
        );
        let bundle = Path::new("/etc/ssl/certs/ca-certificates.crt");
        if bundle.exists() {
            let said = Trust::read(bundle).unwrap().explain(&unknown);
            assert!(said.contains(" more; ") && said.contains("ca-certificates.crt holds "), "{said}");
            assert!(!said.contains("without a name"), "{said}");
        }
    }

    #[test]
    fn an_authoritys_certificate_is_told_from_others() {
        let other = OtherError(Arc::new(io::Error::other("CaUsedAsEndEntity")));
        let why = explain(&CertificateError::Other(other), Path::new("ca.pem"), &[]);
        assert!(why.contains("put that very certificate into ca_file, ca.pem"), "{why}");
    }

    #[test]
    fn a_subject_that_is_cut_off_has_no_name() {
        let name_of = |der: &[u8]| X509Name::from_der(der).ok().and_then(|(_, subject)| name(&subject));
        let der = b"\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05Alice";
        assert_eq!(name_of(der).as_deref(), Some("Alice"));
        for cut in 0..der.len() {
            assert_eq!(name_of(&der[..cut]), None, "{cut}");
        }
    }

    fn testdata() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/testdata/root.pem")
    }
}
