//! Who needs a second factor: by site, service and account.

use postern_core::policy::{ForcedEnrolment, SecondFactor};
use postern_core::{Reason, Verdict};

use crate::harness::{MAIN_PASSWORD, Setup, Site, SshKey};

const WORDS: [SecondFactor; 4] =
    [SecondFactor::Off, SecondFactor::IfEnrolled, SecondFactor::Required, SecondFactor::Exempt];

/// The effect of the narrowest setting.
fn expected(word: SecondFactor, is_enrolled: bool, is_stack: bool) -> &'static str {
    let is_needed = match word {
        SecondFactor::Off | SecondFactor::Exempt => false,
        SecondFactor::IfEnrolled => is_enrolled,
        SecondFactor::Required => true,
    };
    match (is_needed, is_enrolled, is_stack) {
        (false, _, false) => "accept",
        (false, _, true) => "ignore",
        (true, true, _) => "asked for a code",
        (true, false, _) => "refused",
    }
}

#[tokio::test]
async fn the_narrowest_word_decides_whether_a_second_factor_is_needed() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.policy.forced_enrolment = ForcedEnrolment::Never);
    let (plain, enrolled) = (site.person("plain").await, site.person("enrolled").await);
    drop(site.bind(&enrolled, "phone").await);
    let overrides = || WORDS.into_iter().map(Some).chain([None]);
    let mut seen = 0;
    for of_account in overrides() {
        for who in [&plain, &enrolled] {
            site.edit(who, |data| data.policy.second_factor = of_account).await;
        }
        for (of_site, of_service) in
            WORDS.into_iter().flat_map(|word| overrides().map(move |own| (word, own)))
        {
            site.configure(|setup| {
                setup.policy.second_factor = of_site;
                for service in ["sshd", "sshkey"] {
                    setup.login_service(service, |login| login.second_factor = of_service);
                }
            });
            let word = of_account.or(of_service).unwrap_or(of_site);
            for (who, is_enrolled) in [(&plain, false), (&enrolled, true)] {
                for (service, is_stack) in [("sshd", false), ("sshkey", true)] {
                    let visit = site.visit(service, &who.name);
                    let visit = if is_stack { visit.key(SshKey(1)) } else { visit.secret(MAIN_PASSWORD) };
                    let ended = visit.says(&[]).await;
                    let became = match ended.outcome.verdict {
                        Verdict::Accept(_) => "accept",
                        Verdict::Ignore(_) => "ignore",
                        Verdict::Reject(Reason::Cancelled) if ended.questions() == ["Code from phone: "] => {
                            "asked for a code"
                        }
                        Verdict::Reject(Reason::NotPermitted) => "refused",
                        ref other => panic!("{other:?}"),
                    };
                    let which = format!("{of_site:?} {of_service:?} {of_account:?} {} {service}", who.name);
                    assert_eq!(became, expected(word, is_enrolled, is_stack), "{which}");
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 4 * 5 * 5 * 2 * 2);
}

#[tokio::test]
async fn an_observed_policy_refuses_and_asks_no_user_and_is_logged() {
    let mut site = Site::new().await;
    let (plain, enrolled) = (site.person("plain").await, site.person("enrolled").await);
    drop(site.bind(&enrolled, "phone").await);
    let observe = |of_site: bool, of_service: Option<bool>| {
        move |setup: &mut Setup| {
            setup.policy.second_factor = SecondFactor::Required;
            setup.policy.forced_enrolment = ForcedEnrolment::Never;
            setup.policy.observe = of_site;
            for service in ["sshd", "sshkey"] {
                setup.services.get_mut(service).unwrap().observe = of_service;
            }
        }
    };
    for (of_site, of_service) in [(true, None), (false, Some(true))] {
        site.configure(observe(of_site, of_service));
        for who in [&plain, &enrolled] {
            let ended = site.visit("sshd", &who.name).says(&[MAIN_PASSWORD]).await;
            assert!(ended.is_accept());
            assert_eq!(ended.outcome.trail.observed, Some(Reason::NotPermitted));
            let stack = site.visit("sshkey", &who.name).says(&[]).await;
            assert!(matches!(stack.outcome.verdict, Verdict::Ignore(_)));
            assert_eq!(stack.outcome.trail.observed, Some(Reason::NotPermitted));
            let wrong = site.visit("sshd", &who.name).says(&["wrong"]).await;
            assert_eq!(wrong.reason(), Reason::BadCredential, "a wrong password is no policy");
        }
    }
    site.configure(observe(true, Some(false)));
    for who in [&plain, &enrolled] {
        let ended = site.visit("sshd", &who.name).says(&[MAIN_PASSWORD]).await;
        assert!(!ended.is_accept());
    }
}

#[tokio::test]
async fn an_unconfigured_service_lets_no_user_in() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    let ended = site.visit("telnet", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0));
    assert!(site.faults.calls().is_empty());
}
