//! Seeds in text form: base32, or an otpauth URI.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_core::factor::{NewTotp, UriNames, WrittenSeed};

fuzz_target!(|text: &str| {
    if let Some(names) = UriNames::read(text) {
        assert!(names.issuer.trim() == names.issuer && names.account.trim() == names.account);
    }
    let written = match WrittenSeed::read(text) {
        Ok(written) => written,
        Err(error) => {
            return assert!(!error.to_string().contains(text) || text.len() < 40, "an error quotes the seed");
        }
    };
    let shape = written.shape.unwrap_or_default();
    assert!(matches!(shape.digits(), 6 | 8));
    let app = NewTotp::new(shape, written.seed);
    // RFC 4226, section 4: at least 128 bits, which are 26 characters of base32.
    assert!(app.base32().len() >= 26, "a short seed");
    for uri in [app.uri("Postern", "alice"), app.short_uri("Postern", "alice")] {
        let uri = uri.expect("a URI of a seed that was read");
        let again = WrittenSeed::read(&uri).expect("a URI that was just written");
        assert_eq!(again.shape, Some(shape));
        assert_eq!(*NewTotp::new(shape, again.seed).base32(), *app.base32());
        let names = UriNames::read(&uri).expect("names that were just written");
        assert_eq!((names.issuer.as_str(), names.account.as_str()), ("Postern", "alice"));
    }
});
