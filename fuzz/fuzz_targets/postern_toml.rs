//! postern.toml, as posternd and the command line read it.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use postern_core::config::{Config, DirectoryKind, LdapUri};

fuzz_target!(|text: &str| {
    match Config::parse(Path::new("/etc/postern/postern.toml"), text) {
        Err(problems) => {
            let lines: Vec<String> = problems.lines().collect();
            assert!(!lines.is_empty(), "refused without a reason");
            for line in lines {
                let rest =
                    line.strip_prefix("/etc/postern/postern.toml:").expect("a problem without its file");
                assert!(rest.len() > 2, "a problem without words: {line}");
                let number = rest.split(':').next().and_then(|number| number.parse::<usize>().ok());
                assert!(
                    number.is_none_or(|number| (1..=text.matches('\n').count() + 1).contains(&number)),
                    "{line}"
                );
            }
        }
        Ok(config) => {
            assert!(config.socket.path.is_absolute() && config.keyring.is_absolute());
            if let DirectoryKind::Ldap(ldap) = &config.directory {
                for uri in ldap.uris.iter().chain([&ldap.write_uri]) {
                    let is_safe = ldap.starttls || uri.is_local() || matches!(uri, LdapUri::Tls(_));
                    assert!(is_safe, "passwords in the clear to {uri}");
                }
            }
        }
    }
});
