use super::*;

const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds)
}

fn ring() -> Keyring {
    Keyring::parse(&Keyring::render(&[7; 32], Timestamp::from_unix(1))).unwrap()
}

fn random(bytes: &mut [u8]) -> Result<(), RandomnessGone> {
    getrandom::fill(bytes).map_err(|_| RandomnessGone)
}

fn account() -> AccountId {
    AccountId::new("a".to_owned())
}

fn token() -> SessionToken {
    SessionToken::draw(&account(), &ring(), random).unwrap()
}

fn key(token: &SessionToken) -> ApplicationKey {
    ApplicationKey::of(token, "roundcube", &ring(), random).unwrap()
}

fn grant(token: &SessionToken) -> (ApplicationGrant, ApplicationCode) {
    let application = Application {
        name: "roundcube".to_owned(),
        url: "https://webmail.example.org/".to_owned(),
        scope: "imap".parse().unwrap(),
        networks: Networks::parse(&["127.0.0.1"]).unwrap(),
    };
    let code = ApplicationCode::draw(&account(), &ring(), random).unwrap();
    let grant = ApplicationGrant::begin(&application, &key(token), &code, "state", at(0), random);
    (grant.unwrap(), code)
}

#[test]
fn a_code_is_swapped_once_with_its_state_and_within_a_minute() {
    let token = token();
    let redeem = |code: &ApplicationCode, grant: &mut ApplicationGrant, state, seconds| {
        grant.redeem(code, state, at(seconds), &ring(), random).unwrap()
    };
    let (mut once, code) = grant(&token);
    let taken = redeem(&code, &mut once, "state", 59).unwrap();
    assert_eq!(taken.mail_password().expose(), key(&token).mail_password().expose());
    assert!(redeem(&code, &mut once, "state", 59).is_none(), "twice");
    for (state, seconds) in [("state", 60), ("other", 0), ("", 0)] {
        let (mut one, code) = grant(&token);
        assert!(redeem(&code, &mut one, state, seconds).is_none(), "{state} {seconds}");
        assert!(redeem(&code, &mut one, "state", 0).is_none(), "a wrong try has used it up");
    }
    let (mut one, _) = grant(&token);
    let (_, other) = grant(&token);
    assert!(redeem(&other, &mut one, "state", 0).is_none() && one.codes.len() == 1);
}

#[test]
fn no_two_redemptions_of_a_code_leave_the_same_behind() {
    let (one, code) = grant(&token());
    let after = [(); 2].map(|()| {
        let mut grant = one.clone();
        assert!(grant.redeem(&code, "state", at(0), &ring(), random).unwrap().is_some());
        grant
    });
    assert_ne!(after[0], after[1]);
}

#[test]
fn codes_keys_and_tokens_are_not_taken_for_one_another() {
    let (token, ring) = (token(), ring());
    let (key, code) = (key(&token), ApplicationCode::draw(&account(), &ring, random).unwrap());
    assert!(ApplicationKey::parse(key.expose(), &ring).is_some());
    for text in [token.expose(), code.expose()] {
        assert!(ApplicationKey::parse(text, &ring).is_none());
    }
    assert!(SessionToken::parse(key.expose(), &ring).is_none());
    assert!(ApplicationCode::parse(key.expose(), &ring).is_none());
    let other = ApplicationKey::of(&token, "sogo", &ring, random).unwrap();
    assert_ne!(other.mail_password().expose(), key.mail_password().expose());
}

#[test]
fn who_has_an_earlier_key_follows_and_its_password_is_good_for_a_minute() {
    let mut tokens = vec![token()];
    let (mut grant, _) = grant(&tokens[0]);
    let opens = |grant: &ApplicationGrant, number: usize, tokens: &[SessionToken], seconds| {
        grant.is_opened_by(&key(&tokens[number]).mail_password(), at(seconds))
    };
    for turn in 0..3 {
        tokens.push(token());
        grant.rotate(&key(&tokens[turn]), &key(&tokens[turn + 1]), at(100 * turn as u64), random).unwrap();
    }
    assert!(opens(&grant, 3, &tokens, 9999) && opens(&grant, 2, &tokens, 259));
    assert!(!opens(&grant, 2, &tokens, 260) && !opens(&grant, 0, &tokens, 260));
    for earlier in &tokens {
        let followed = grant.follow(&key(earlier), &ring(), random).unwrap();
        assert_eq!(followed.mail_password().expose(), key(&tokens[3]).mail_password().expose());
    }
    assert!(grant.follow(&key(&token()), &ring(), random).is_none(), "of another session");
    // Who slept through too many has to come again.
    for turn in 3..3 + MOST_EARLIER {
        tokens.push(token());
        grant.rotate(&key(&tokens[turn]), &key(&tokens[turn + 1]), at(0), random).unwrap();
    }
    assert!(grant.follow(&key(&tokens[0]), &ring(), random).is_none());
    assert!(grant.follow(&key(&tokens[3]), &ring(), random).is_some());
}

#[test]
fn a_record_holds_neither_key_nor_password_nor_state() {
    let token = token();
    let (grant, code) = grant(&token);
    let stored = serde_json::to_string(&grant).unwrap();
    let key = key(&token);
    let password = key.mail_password().expose();
    let first = |text: &str| text.split('.').next().unwrap().to_owned();
    let secrets = [first(key.expose()), first(code.expose()), password.replace("postern_mail_", "")];
    assert!(secrets.iter().all(|secret| secret.len() == 43 && !stored.contains(secret)), "{stored}");
    assert!(!stored.contains("state\"}"), "{stored}");
    assert_eq!(serde_json::from_str::<ApplicationGrant>(&stored).unwrap(), grant);
}
