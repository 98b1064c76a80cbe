//! The files of other systems and apps: each reader gets each of them.
#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use postern_core::factor::Algorithm;
use postern_import::{
    Content, Entry, SourceFile, Unreadable, aegis, freeotp_plus, google_authenticator, mailcow, oath_ldap,
    otpauth, pam_oath, privacyidea,
};
use zeroize::Zeroizing;

fuzz_target!(|text: &str| {
    let file = SourceFile::new(PathBuf::from("/root/export"), Zeroizing::new(text.to_owned()));
    is_usable(text, Ok(google_authenticator::read(&file)));
    is_usable(text, aegis::read(&file));
    is_usable(text, freeotp_plus::read(&file));
    is_usable(text, mailcow::read(&file));
    is_usable(text, pam_oath::read(&file));
    is_usable(text, privacyidea::read(&file, Algorithm::Sha1));
    let uris = otpauth::read(&file);
    if let Ok(uris) = &uris {
        assert!(uris.incomplete.len() <= text.lines().count());
    }
    is_usable(text, uris.map(|uris| uris.entries));
    is_usable(text, oath_ldap::read(&[file]));
});

/// No file makes more entries than it has bytes; every refusal says where and why, in one line that can be shown.
fn is_usable(text: &str, read: Result<Vec<Entry>, Unreadable>) {
    let entries = match read {
        Ok(entries) => entries,
        Err(error) => {
            let what = error.to_string();
            assert!(what.starts_with("/root/export: ") && is_one_line(&what), "{what:?}");
            return;
        }
    };
    assert!(entries.len() <= text.len() + 2, "{} entries of {} bytes", entries.len(), text.len());
    for entry in entries {
        assert!(entry.place.starts_with("/root/export"), "{}", entry.place);
        match entry.content {
            Content::Seed(totp) => {
                let (seed, steps) = (totp.base32(), 26..=103);
                assert!(steps.contains(&seed.len()), "a seed of {} characters", seed.len());
            }
            Content::NotOurs { why, .. } => assert!(is_one_line(why), "{why:?}"),
            Content::UnusableSeed(why) | Content::Other { why, .. } => {
                assert!(!why.is_empty() && is_one_line(&why), "{why:?}");
            }
        }
    }
}

fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
