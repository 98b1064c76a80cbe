//! Decides whether a server is the one that it claims to be.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

/// Accepts a certificate that one of the CAs signed, and one that is itself in the file. Its name and its validity must
/// be right in either case.
#[derive(Debug, Clone)]
pub(crate) struct Verifier {
    /// `None` if no certificate is a CA's.
    authorities: Option<Arc<WebPkiServerVerifier>>,
    trusted: Arc<[CertificateDer<'static>]>,
    provider: Arc<CryptoProvider>,
    name: Option<ServerName<'static>>,
}

impl Verifier {
    pub(crate) fn new(
        roots: RootCertStore,
        trusted: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let build = |roots| {
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            builder.build().map_err(|error| error.to_string())
        };
        let authorities = if roots.is_empty() { None } else { Some(build(roots)?) };
        Ok(Self { authorities, trusted: trusted.into(), provider, name: None })
    }

    /// Checks for this name, and not for the address of the connection.
    pub(crate) fn for_name(self, name: ServerName<'static>) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The content of the file.
    pub(crate) fn trusted(&self) -> &[CertificateDer<'static>] {
        &self.trusted
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let name = self.name.as_ref().unwrap_or(server_name);
        if self.trusted.iter().any(|one| one.as_ref() == end_entity.as_ref()) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
            verify_time(end_entity, now)?;
            return Ok(ServerCertVerified::assertion());
        }
        match &self.authorities {
            Some(authorities) => {
                authorities.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
            }
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn verify_time(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let seconds = i64::try_from(now.as_secs()).map_err(|_| CertificateError::Expired)?;
    let now = ASN1Time::from_timestamp(seconds).map_err(|_| CertificateError::Expired)?;
    if now < parsed.validity().not_before {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > parsed.validity().not_after {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Trust, server_name};

    /// A certificate of an authority, with a name.
    const ROOT: &str = include_str!("testdata/root.pem");
    /// A server's own.
    const LEAF: &str = include_str!("testdata/leaf.pem");
    const A_HUNDRED_YEARS: u64 = 101 * 366 * 86_400;

    fn trust(pem: &str) -> Trust {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem).unwrap();
        Trust::read(file.path()).unwrap()
    }

    fn verify(trust: &Trust, presented: &str, host: &str, later: u64) -> Result<(), Error> {
        let presented = rustls_pki_types::pem::PemObject::from_pem_slice(presented.as_bytes()).unwrap();
        let certificate: CertificateDer<'static> = presented;
        let (_, parsed) = X509Certificate::from_der(&certificate).unwrap();
        let made = u64::try_from(parsed.validity().not_before.timestamp()).unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs((made + 3_600).wrapping_add(later)));
        let name = server_name(host).unwrap();
        trust.verifier.verify_server_cert(&certificate, &[], &name, &[], now).map(drop)
    }

    #[test]
    fn a_certificate_that_is_itself_in_the_file_is_taken_even_an_authoritys() {
        for pem in [ROOT, LEAF] {
            let trust = trust(pem);
            for host in ["a.example.org", "::1", "[::1]"] {
                assert_eq!(verify(&trust, pem, host, 0), Ok(()), "{host}");
            }
        }
    }

    #[test]
    fn its_name_and_its_time_have_to_be_right_all_the_same() {
        for pem in [ROOT, LEAF] {
            let trust = trust(pem);
            let name = verify(&trust, pem, "b.example.org", 0).unwrap_err();
            assert!(name.to_string().contains("not valid for name"), "{name}");
            let expired = verify(&trust, pem, "a.example.org", A_HUNDRED_YEARS).unwrap_err();
            assert_eq!(expired, CertificateError::Expired.into());
            let early = verify(&trust, pem, "a.example.org", 0_u64.wrapping_sub(7_200)).unwrap_err();
            assert_eq!(early, CertificateError::NotValidYet.into());
        }
    }

    #[test]
    fn another_certificate_is_refused_in_words_that_say_what_to_do() {
        for (in_file, presented, expected) in [(ROOT, LEAF, "BadSignature"), (LEAF, ROOT, "UnknownIssuer")] {
            let trust = trust(in_file);
            let error = verify(&trust, presented, "a.example.org", 0).unwrap_err();
            let text = trust.explain(&std::io::Error::other(error));
            assert!(text.contains(expected) && text.contains("ca_file"), "{text}");
        }
    }

    #[test]
    fn a_name_that_was_settled_goes_before_the_one_that_was_called() {
        let mut trust = trust(ROOT);
        trust.verifier = trust.verifier.for_name(server_name("::1").unwrap());
        assert_eq!(verify(&trust, ROOT, "server.invalid", 0), Ok(()));
        trust.verifier = trust.verifier.for_name(server_name("::2").unwrap());
        assert!(verify(&trust, ROOT, "a.example.org", 0).is_err());
    }
}
