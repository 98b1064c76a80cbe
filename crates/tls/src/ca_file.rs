//! A file of certificates as admins assemble them: with a byte order mark, with comments, with a broken block.

use std::fs;
use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The content of such a file.
#[derive(Debug)]
pub(crate) struct CaFile {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) faults: Vec<String>,
}

/// A certificate that can be read.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) der: CertificateDer<'static>,
    /// Whether it is a CA. A server's own certificate, listed to be trusted itself, is none.
    pub(crate) is_authority: bool,
    line: usize,
}

impl Certificate {
    /// Words a fault in this certificate for an admin.
    pub(crate) fn fault(&self, what: &str) -> String {
        fault(self.line, what)
    }
}

impl CaFile {
    /// Reads the file. A broken block does not affect the others.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err("is in UTF-16; save it as plain text (ASCII or UTF-8)".to_owned());
        }
        // Any text may stand between the blocks.
        let text = String::from_utf8_lossy(bytes);
        if bytes.first() == Some(&DER_SEQUENCE) && !text.contains(BEGIN) {
            return Err(
                "is in DER; convert it to PEM: openssl x509 -inform der -in FILE -out FILE.pem".to_owned()
            );
        }
        let mut file = Self { certificates: Vec::new(), faults: Vec::new() };
        let mut open: Option<Block<'_>> = None;
        for (number, line) in text.lines().enumerate() {
            // In the middle as well: concatenated files bring theirs along.
            let line = line.trim_matches(|c: char| c == BYTE_ORDER_MARK || c.is_whitespace());
            if let Some(label) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(DASHES)) {
                if let Some(unended) = open.take() {
                    file.spoilt(&unended, "has no end");
                }
                open = Some(Block { label, line: number + 1, body: String::new() });
            } else if let Some(label) = line.strip_prefix(END).and_then(|rest| rest.strip_suffix(DASHES)) {
                match open.take() {
                    Some(block) if block.label == label => file.take(&block),
                    Some(block) => file.spoilt(&block, "ends as something else"),
                    None => file.faults.push(fault(number + 1, "is an end without a beginning")),
                }
            } else if let Some(block) = &mut open {
                block.body.push_str(line);
                block.body.push('\n');
            }
        }
        if let Some(unended) = open {
            file.spoilt(&unended, "has no end");
        }
        Ok(file)
    }

    fn take(&mut self, block: &Block<'_>) {
        match block.label {
            "CERTIFICATE" | "X509 CERTIFICATE" => match block.certificate() {
                Some(certificate) => self.certificates.push(certificate),
                None => self.spoilt(block, "is no certificate; export it anew, or delete the block"),
            },
            "TRUSTED CERTIFICATE" => {
                self.spoilt(block, "is in a form of OpenSSL's own; convert it: openssl x509")
            }
            "PKCS7" | "CMS" => {
                self.spoilt(block, "holds certificates in PKCS #7; convert it: openssl pkcs7 -print_certs");
            }
            // Private keys and revocation lists are skipped.
            _ => {}
        }
    }

    fn spoilt(&mut self, block: &Block<'_>, what: &str) {
        self.faults.push(fault(block.line, what));
    }
}

struct Block<'a> {
    label: &'a str,
    line: usize,
    body: String,
}

impl Block<'_> {
    fn certificate(&self) -> Option<Certificate> {
        let pem = format!("{BEGIN}CERTIFICATE{DASHES}\n{}{END}CERTIFICATE{DASHES}\n", self.body);
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (rest, parsed) = X509Certificate::from_der(&der).ok()?;
        let constraints = parsed.basic_constraints().ok()?;
        let is_authority = match constraints {
            Some(constraints) => constraints.value.ca,
            // Version 1 roots have no basic constraints.
            None => parsed.subject() == parsed.issuer(),
        };
        let is_whole = rest.is_empty();
        is_whole.then(|| Certificate { der: der.clone(), is_authority, line: self.line })
    }
}

fn fault(line: usize, what: &str) -> String {
    format!("the block at line {line} {what}")
}

const BYTE_ORDER_MARK: char = '\u{feff}';
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
const DER_SEQUENCE: u8 = 0x30;

#[cfg(test)]
mod tests {
    use super::*;

    /// A root of `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=A`.
    const ROOT: &str = include_str!("testdata/root.pem");
    /// The same with `basicConstraints=critical,CA:FALSE`.
    const LEAF: &str = include_str!("testdata/leaf.pem");

    fn parse(text: &str) -> CaFile {
        CaFile::parse(text.as_bytes()).unwrap()
    }

    fn count(text: &str) -> (usize, usize) {
        let file = parse(text);
        (file.certificates.len(), file.faults.len())
    }

    #[test]
    fn byte_order_marks_and_comments_are_tolerated() {
        assert_eq!(count(ROOT), (1, 0));
        assert_eq!(count(&format!("{ROOT}{LEAF}")), (2, 0));
        assert_eq!(count(&format!("\u{feff}{ROOT}")), (1, 0), "a byte order mark");
        assert_eq!(count(&format!("\u{feff}{ROOT}\u{feff}{LEAF}")), (2, 0), "two files in one");
        assert_eq!(count(&ROOT.replace('\n', "\r\n")), (1, 0));
        assert_eq!(count(&ROOT.replace('\n', "\n  ")), (1, 0), "indented");
        assert_eq!(count(&format!("# Our own\nsubject=CN=A\n{ROOT}\nthe end")), (1, 0));
        assert_eq!(count(ROOT.trim_end()), (1, 0));
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(count(&format!("{key}{ROOT}")), (1, 0));
        let latin = CaFile::parse(&[b"# M\xfcller\n".as_slice(), ROOT.as_bytes()].concat()).unwrap();
        assert_eq!((latin.certificates.len(), latin.faults.len()), (1, 0));
    }

    #[test]
    fn one_broken_block_is_named_and_the_others_are_taken() {
        let cut = ROOT.lines().take(3).collect::<Vec<_>>().join("\n");
        for (broken, what) in [
            (ROOT.replacen("MII", "M!I", 1), "line 1 is no certificate"),
            (ROOT.replacen('\n', "\nAAAA", 1), "line 1 is no certificate"),
            (format!("{cut}\n"), "line 1 has no end"),
            (format!("{cut}\n-----END CERTIFICATE-----\n"), "line 1 is no certificate"),
            (ROOT.replace("END CERTIFICATE", "END CERTIFICAT"), "line 1 ends as something else"),
            ("-----END CERTIFICATE-----\n".to_owned(), "line 1 is an end without a beginning"),
            (
                "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned(),
                "line 1 is no certificate",
            ),
            (ROOT.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "openssl x509"),
        ] {
            let file = parse(&format!("{broken}{LEAF}"));
            assert_eq!(file.certificates.len(), 1, "{broken}");
            assert!(
                matches!(file.faults.as_slice(), [one] if one.contains(what)),
                "{what}: {:?}",
                file.faults
            );
        }
        let file = parse(&format!("{LEAF}{cut}"));
        assert_eq!(file.certificates.len(), 1);
        assert!(file.faults[0].contains("has no end"), "{:?}", file.faults);
    }

    #[test]
    fn a_file_in_another_form_is_told_from_an_empty_one() {
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(ROOT.bytes().flat_map(|b| [b, 0])).collect();
        assert!(CaFile::parse(&wide).unwrap_err().contains("UTF-16"));
        let der = parse(ROOT).certificates.remove(0).der;
        assert!(CaFile::parse(&der).unwrap_err().contains("openssl x509 -inform der"));
        assert_eq!(count(""), (0, 0));
    }

    #[test]
    fn a_servers_own_certificate_vouches_for_no_other() {
        assert!(parse(ROOT).certificates[0].is_authority);
        assert!(!parse(LEAF).certificates[0].is_authority);
    }
}
