use std::hint::black_box;
use std::time::Instant;

use postern_core::config::Config;
use postern_core::exchange::{OutageKind, Trail};
use postern_core::factor::{FactorId, FactorType};
use postern_core::login_event::UsedCredential;
use postern_core::policy::Service;
use postern_core::session::SessionId;
use postern_core::verdict::{Accepted, Reason};

use super::*;

/// The predefined service imap.
fn imap() -> Service {
    let text = "[directory]\nkind = \"embedded\"\n[ledger]\nkind = \"embedded\"\n";
    let mut config = Config::parse(std::path::Path::new("p.toml"), text).unwrap();
    config.services.remove("imap").unwrap()
}

fn rejected(reason: Reason, trail: Trail) -> Outcome {
    Outcome { trail, ..Outcome::of_verdict(Verdict::Reject(reason)) }
}

fn accepted(trail: Trail) -> Outcome {
    let accepted = Accepted { user: "alice".to_owned(), userdb: BTreeMap::new(), proof: None };
    Outcome { trail, ..Outcome::of_verdict(Verdict::Accept(accepted)) }
}

const LOGIN: Task = Task::Flow(CoreFlow::Login);

#[test]
fn a_service_that_the_configuration_does_not_name_makes_no_label() {
    let metrics = Metrics::new().unwrap();
    let imap = imap();
    for number in 0..1000 {
        let name = format!("invented-{number}\"}} 1\n");
        let service = NamedService { name: &name, settings: None };
        metrics.count(LOGIN, "login", service, &rejected(Reason::NotPermitted, Trail::default()));
    }
    let service = NamedService { name: "imap", settings: Some(&imap) };
    metrics.count(LOGIN, "login", service, &rejected(Reason::BadCredential, Trail::default()));
    let text = super::super::exposition::Exposition::of(&metrics.registry).text().unwrap();
    assert!(!text.contains("invented"), "{text}");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("postern_logins_total")).collect();
    assert_eq!(
        lines,
        [
            "postern_logins_total{credential=\"none\",reason=\"bad_credential\",result=\"reject\",service=\"imap\"} 1",
            "postern_logins_total{credential=\"none\",reason=\"not_permitted\",result=\"reject\",service=\"unconfigured\"} 1000",
        ]
    );
    assert_eq!(metrics.verdicts()["reject"], 1001);
}

#[test]
fn a_factor_counts_by_its_kind_and_a_defer_by_what_is_out_of_order() {
    let factor = Some(Credential::Factor(FactorId::new([7; 16])));
    let kind = CredentialKind::Factor(FactorType::Totp);
    let used = Some(UsedCredential { kind, id: None, label: Some("Alice's phone".to_owned()) });
    let known = accepted(Trail { credential: factor, used, ..Trail::default() });
    assert_eq!((credential(&known), reason(&known)), ("totp", ""));
    assert_eq!(credential(&accepted(Trail { credential: factor, ..Trail::default() })), "factor");
    for kind in OutageKind::ALL {
        let deferred = Outcome::of_outage(kind, "ldap1.example.org: gave no answer in time".to_owned());
        assert_eq!(reason(&deferred), kind.as_str());
    }
    assert_eq!(reason(&Outcome::of_verdict(Verdict::Defer("x".to_owned()))), "other");
}

#[test]
fn a_session_begins_with_a_login_to_it_and_not_with_its_web_mails_logins() {
    let metrics = Metrics::new().unwrap();
    let service = NamedService { name: "web", settings: None };
    let session = Some(serde_json::from_str::<SessionId>("\"01234567\"").unwrap());
    for credential in [Some(Credential::RecoveryCode), Some(Credential::Session)] {
        let outcome = accepted(Trail { session, credential, ..Trail::default() });
        metrics.count(LOGIN, "login", service, &outcome);
    }
    assert_eq!(metrics.sessions_begun.get(), 1);
    let end = Task::Flow(CoreFlow::Browser(SelfServiceFlow::SessionEnd));
    metrics.count(end, "session_end", service, &accepted(Trail::default()));
    metrics.count(end, "session_end", service, &rejected(Reason::BadCredential, Trail::default()));
    assert_eq!(metrics.sessions_ended.get(), 1);
}

/// Run by hand: cargo test --release -p posternd -- --ignored --nocapture what_a_login_pays
#[test]
#[ignore = "measures, and judges nothing"]
#[allow(clippy::print_stdout, reason = "it is for the person who runs it")]
fn what_a_login_pays_for_being_counted() {
    let (metrics, imap) = (Metrics::new().unwrap(), imap());
    let service = NamedService { name: "imap", settings: Some(&imap) };
    let outcome = accepted(Trail {
        credential: Some(Credential::AppPassword("GdGn".parse().unwrap())),
        ..Trail::default()
    });
    let began = Instant::now();
    for _ in 0..TIMES {
        metrics.count(LOGIN, "login", service, black_box(&outcome));
        metrics.login_took(service.class(), &outcome.verdict, black_box(began).elapsed());
    }
    let counting = began.elapsed();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let began = Instant::now();
    runtime.block_on(async {
        for _ in 0..TIMES {
            let call = std::future::ready(Ok::<_, postern_core::ledger::LedgerError>(()));
            black_box(metrics.ledger.measure("attempts", call).await).unwrap();
        }
    });
    let measuring = began.elapsed();
    let each = |total: Duration| total.as_nanos() / u128::from(TIMES);
    println!("counting a login: {} ns; measuring a call of a store: {} ns", each(counting), each(measuring));
}

const TIMES: u32 = 1_000_000;
