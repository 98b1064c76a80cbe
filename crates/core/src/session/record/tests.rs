use super::*;
use crate::account::{AccountData, AccountId, Attributes, Freshness, Revision};
use crate::account_status::AccountStatus;
use crate::app_password::Label;
use crate::browser_record::BrowserRecordKind;
use crate::factor::{Factor, NewTotp, Seed, TotpShape};

const NOW: u64 = 1_800_000_000;
const LIMITS: SessionLimits =
    SessionLimits { idle: Duration::from_secs(1800), lifetime: Duration::from_secs(43_200) };

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds)
}

fn account() -> Account {
    Account {
        id: AccountId::new("a".to_owned()),
        name: "alice".to_owned(),
        status: AccountStatus::Active,
        attributes: Attributes::new(),
        addresses: Vec::new(),
        password_marker: "1".to_owned(),
        data: AccountData::default(),
        revision: Revision(1),
        locator: String::new(),
        freshness: Freshness::Fresh,
    }
}

fn with_factor(byte: u8) -> Account {
    let mut account = account();
    let totp = NewTotp::new(TotpShape::default(), Seed::new(&[byte; 20]).unwrap());
    let (id, label) = (FactorId::new([byte; 16]), Label::new("x").unwrap());
    let new = totp.to_factor(id, label.clone(), &ring(7), |bytes| {
        bytes.fill(1);
        Ok(())
    });
    let kind = new.unwrap().kind;
    account.data.factors.push(Factor { id, label, created: at(0), locked: None, kind });
    account
}

fn ring(byte: u8) -> Keyring {
    Keyring::parse(&Keyring::render(&[byte; 32], Timestamp::from_unix(1))).unwrap()
}

fn record_id(byte: u8) -> BrowserRecordId {
    BrowserRecordId { kind: BrowserRecordKind::Session, digest: Digest::new([byte; 16]) }
}

fn session() -> Session {
    Session {
        id: SessionId(0x00ab_cdef),
        client: Some("Firefox".to_owned()),
        address: "192.0.2.1".parse().ok(),
        created: at(0),
        seen: at(0),
        ends: at(43_200),
        proof: Some(SessionProof { at: at(0), by: ProvedBy::RecoveryCode }),
        applications: Vec::new(),
    }
}

#[test]
fn a_session_is_good_for_the_account_as_it_was_and_for_nothing_else() {
    let record = session().seal(record_id(1), &account(), &ring(7), LIMITS);
    let opened = |record: &BrowserRecord, account: &Account, now| {
        Session::open(record, account, &ring(7), LIMITS, at(now))
    };
    assert_eq!(opened(&record, &account(), 0), Some(session()));
    let mut other = account();
    other.id = AccountId::new("b".to_owned());
    assert_eq!(opened(&record, &other, 0), None, "another account");
    let mut changed = account();
    changed.password_marker = "2".to_owned();
    assert_eq!(opened(&record, &changed, 0), None, "another main password");
    let mut revoked = account();
    revoked.data.forget_trust();
    assert_eq!(opened(&record, &revoked, 0), None, "ended");
    assert_eq!(opened(&record, &with_factor(1), 0), None, "another factor");
    let moved = BrowserRecord { id: record_id(2), ..record.clone() };
    assert_eq!(opened(&moved, &account(), 0), None, "another token");
    for (from, to) in [
        ("Firefox", "Firefix"),
        ("00abcdef", "00abcdee"),
        ("2027-01-15T20:00:00Z", "2027-01-16T20:00:00Z"),
        ("192.0.2.1", "192.0.2.2"),
        ("recovery_code", "password"),
        ("\"v\":1", "\"v\":2"),
        ("\"mac\":\"", "\"mac\":\"AAAA"),
    ] {
        let value = record.value.replace(from, to);
        assert_ne!(value, record.value, "{from}");
        assert_eq!(opened(&BrowserRecord { value, ..record.clone() }, &account(), 0), None, "{to}");
    }
    assert_eq!(Session::open(&record, &account(), &ring(8), LIMITS, at(0)), None, "another site");
}

#[test]
fn a_session_ends_when_it_was_unused_or_lasted_too_long() {
    let is_open = |session: &Session, now, limits| {
        let record = session.seal(record_id(1), &account(), &ring(7), limits);
        Session::open(&record, &account(), &ring(7), limits, at(now)).is_some()
    };
    assert!(is_open(&session(), 1799, LIMITS) && !is_open(&session(), 1800, LIMITS), "unused");
    let used = Session { seen: at(43_000), ..session() };
    assert!(is_open(&used, 43_199, LIMITS) && !is_open(&used, 43_200, LIMITS), "too long");
    let shorter = SessionLimits { lifetime: Duration::from_secs(43_100), ..LIMITS };
    assert!(is_open(&used, 43_099, shorter) && !is_open(&used, 43_100, shorter), "by a newer configuration");
    let longer = SessionLimits { lifetime: Duration::from_secs(90_000), ..LIMITS };
    assert!(!is_open(&used, 43_200, longer), "the end was told to the browser");
    let future = Session { created: at(400), seen: at(400), ..session() };
    assert!(!is_open(&future, 0, LIMITS), "made in the future");
    let future = Session { seen: at(400), ..session() };
    assert!(!is_open(&future, 0, LIMITS), "used in the future");
}

#[test]
fn a_proof_is_good_for_five_minutes_and_by_what_is_still_bound() {
    let proved = |credential, account: &Account| {
        let mut session = Session { proof: None, ..session() };
        session.is_proved(credential, account, at(0));
        session
    };
    let factor = |byte| Credential::Factor(FactorId::new([byte; 16]));
    let by_factor = proved(factor(1), &with_factor(1));
    assert!(by_factor.has_fresh_proof(&with_factor(1), at(299)));
    assert!(!by_factor.has_fresh_proof(&with_factor(1), at(300)));
    assert!(!by_factor.has_fresh_proof(&with_factor(2), at(0)), "the factor is gone");
    let future = Session { proof: Some(SessionProof { at: at(999), by: ProvedBy::Password }), ..session() };
    assert!(!future.has_fresh_proof(&account(), at(0)));
    let by_password = proved(Credential::LoginPassword, &account());
    assert!(by_password.has_fresh_proof(&account(), at(0)));
    assert!(!by_password.has_fresh_proof(&with_factor(1), at(0)), "a factor was bound since");
    assert!(proved(Credential::RecoveryCode, &with_factor(1)).has_fresh_proof(&with_factor(1), at(0)));
    for credential in [Credential::LoginPassword, Credential::TrustedDevice, Credential::MainPassword] {
        assert_eq!(proved(credential, &with_factor(1)).proof, None, "{credential:?}");
    }
}
