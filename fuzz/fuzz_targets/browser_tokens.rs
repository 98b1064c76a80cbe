//! What browsers and web mails send back to posternd: the tokens of sessions, the secrets of trusted browsers, keys of applications.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::keyring::Keyring;
use postern_core::random::RandomnessGone;
use postern_core::session::{ApplicationCode, ApplicationKey, SessionToken};
use postern_core::trusted_browser::TrustedBrowser;

fuzz_target!(|text: &str| {
    let site = &*SITE;
    // Nobody else can make one: what is read is what this site gave out.
    if let Some(token) = SessionToken::parse(text, &site.keyring) {
        assert_eq!((token.expose(), token.account()), (site.token.as_str(), &site.account), "a forged token");
    }
    assert!(ApplicationKey::parse(text, &site.keyring).is_none(), "a forged key");
    assert!(
        ApplicationCode::parse(text, &site.keyring).is_none_or(|code| code.expose() == site.code),
        "a forged code"
    );
    if let Some(browser) = TrustedBrowser::parse(text) {
        let again = TrustedBrowser::parse(&browser.expose()).expect("what was just written");
        assert!(again.digest() == browser.digest() && again.device("x") == browser.device("x"));
    }
});

struct Site {
    keyring: Keyring,
    account: AccountId,
    token: String,
    code: String,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let keyring = Keyring::render(&[7; 32], Timestamp::from_unix(1_700_000_000));
    let keyring = Keyring::parse(&keyring).expect("a keyring");
    let account = AccountId::new(ACCOUNT.to_owned());
    let token = SessionToken::draw(&account, &keyring, drawn).expect("a token").expose().to_owned();
    let code = ApplicationCode::draw(&account, &keyring, drawn).expect("a code").expose().to_owned();
    Site { keyring, account, token, code }
});

fn drawn(bytes: &mut [u8]) -> Result<(), RandomnessGone> {
    bytes.fill(0x5a);
    Ok(())
}

const ACCOUNT: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
