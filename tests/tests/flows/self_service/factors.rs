use postern_core::Reason;
use postern_core::changes;
use postern_core::flows::SelfServiceFlow;
use postern_core::policy::{ForcedEnrolment, SecondFactor};

use crate::harness::{App, Ended, MAIN_PASSWORD, Site, Visit};

/// Answers with these and then with a code of the new app.
async fn with_new_app(site: &Site, visit: Visit, answers: &[&str]) -> (Ended, App) {
    let mut talk = visit.begin();
    for answer in answers {
        talk.answer(answer).await;
    }
    assert_eq!(talk.asked().await, "Code that the app shows: ");
    let app = App::of_key(&talk.heard().key(), &site.clock);
    talk.say(&app.code());
    (talk.ended().await, app)
}

async fn labels(site: &Site, who: &crate::harness::Someone) -> Vec<String> {
    let listed = site.own(who, SelfServiceFlow::Factors).says(&[]).await;
    listed.records("factor").iter().map(|factor| factor["label"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn factors_are_bound_listed_replaced_and_removed() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let empty = site.own(&alice, SelfServiceFlow::Factors).says(&[]).await;
    assert_eq!(empty.lines(), ["You have no second factor."]);

    let (ended, phone) =
        with_new_app(&site, site.own(&alice, SelfServiceFlow::Enrol), &[MAIN_PASSWORD]).await;
    assert!(ended.is_accept());
    assert!(ended.lines().last().unwrap().starts_with("Your mail programs now need app passwords"));
    site.clock.advance(30);
    let named = site.own(&alice, SelfServiceFlow::Enrol).argument("label", "my token");
    let (ended, token) = with_new_app(&site, named, &[MAIN_PASSWORD, &phone.code()]).await;
    assert_eq!(
        ended.lines().last(),
        Some(&"my token is set up. From now on you will be asked for the code that it shows.")
    );
    assert_eq!(labels(&site, &alice).await, ["Authenticator app", "my token"]);

    let ended = site.own(&alice, SelfServiceFlow::Factors).says(&[]).await;
    assert_eq!(ended.lines().len(), 4, "{:?}", ended.lines());
    assert_eq!(ended.records("factor").len(), 2);
    let id = ended.records("factor")[0]["id"].as_str().unwrap().to_owned();
    assert!(
        ended.lines()[1].starts_with(&format!("{}  Authenticator app (shows codes, since 2027-", &id[..8]))
    );

    site.clock.advance(30);
    let replace = site.own(&alice, SelfServiceFlow::Replace).argument("id", &id[..8]);
    let (ended, newer) = with_new_app(&site, replace, &[MAIN_PASSWORD, &token.code()]).await;
    assert!(ended.is_accept());
    assert_eq!(
        ended.lines().last(),
        Some(&"The old Authenticator app no longer works here. Use the one that you have just set up.")
    );
    assert_eq!(labels(&site, &alice).await, ["my token", "Authenticator app"], "its label stays");
    site.clock.advance(30);
    let old = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &phone.code(), "", ""]).await;
    assert_eq!(old.reason(), Reason::BadCredential);

    let remove = site.own(&alice, SelfServiceFlow::Remove);
    let ended = remove.clone().says(&["my token", "x"]).await;
    assert_eq!((ended.reason(), ended.questions()), (Reason::NotPermitted, vec!["Which one (its id)? "]));
    assert_eq!(ended.complaints(), ["You have no second factor with the id my token."]);
    let factors = site.account(&alice).await.data.factors;
    let id = factors.iter().find(|factor| factor.label.as_str() == "my token").unwrap().id.short();
    let ended = remove.clone().says(&[&id, MAIN_PASSWORD, &newer.code()]).await;
    assert!(ended.is_accept());
    assert_eq!(ended.lines().last(), Some(&"my token has been removed."));
    site.clock.advance(30);
    let ended = remove.says(&[MAIN_PASSWORD, &newer.code()]).await;
    assert!(ended.is_accept(), "one alone is the one that is meant");
    assert!(ended.lines().last().unwrap().starts_with("You have no second factor left."));
    let data = site.account(&alice).await.data;
    assert!(!data.is_enrolled() && data.factors.is_empty());
}

#[tokio::test]
async fn a_factor_counts_once_a_code_of_it_was_right_and_that_code_is_spent() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let ended =
        site.own(&alice, SelfServiceFlow::Enrol).says(&[MAIN_PASSWORD, "1", "2", "3", "4", "5"]).await;
    assert_eq!(ended.reason(), Reason::BadCredential);
    assert!(!site.account(&alice).await.data.is_enrolled());
    let (_, app) = with_new_app(&site, site.own(&alice, SelfServiceFlow::Enrol), &[MAIN_PASSWORD]).await;
    let login = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code(), "", ""]).await;
    assert_eq!(login.reason(), Reason::Replayed);
}

#[tokio::test]
async fn if_a_factor_is_required_the_last_one_can_be_replaced_but_not_removed() {
    for of_account in [false, true] {
        let mut site = Site::new().await;
        let alice = site.person("alice").await;
        let app = site.bind(&alice, "phone").await;
        if of_account {
            site.edit(&alice, |data| data.policy.second_factor = Some(SecondFactor::Required)).await;
        } else {
            site.configure(|setup| {
                setup.login_service("sshkey", |login| login.second_factor = Some(SecondFactor::Required));
            });
        }
        let ended = site.own(&alice, SelfServiceFlow::Remove).says(&[MAIN_PASSWORD, &app.code()]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0));
        assert_eq!(
            ended.complaints(),
            [
                "This is your last second factor, and you need one here. You can replace it: postern my replace"
            ]
        );
        let replace = site.own(&alice, SelfServiceFlow::Replace);
        let (ended, newer) = with_new_app(&site, replace, &[MAIN_PASSWORD, &app.code()]).await;
        assert!(ended.is_accept());
        site.clock.advance(30);
        let second = site.bind(&alice, "token").await;
        let id = second.id.unwrap().to_string();
        let ended = site
            .own(&alice, SelfServiceFlow::Remove)
            .argument("id", &id)
            .says(&[MAIN_PASSWORD, &newer.code()])
            .await;
        assert!(ended.is_accept(), "one of two goes");
    }
}

#[tokio::test]
async fn a_first_factor_by_self_service_needs_the_same_as_a_forced_one() {
    let mut site = Site::new().await;
    let alice = site.person("alice").await;
    let forced = |word| {
        move |setup: &mut crate::harness::Setup| {
            setup.policy.second_factor = SecondFactor::Required;
            setup.policy.forced_enrolment = word;
        }
    };
    site.configure(forced(ForcedEnrolment::Never));
    let ended = site.own(&alice, SelfServiceFlow::Enrol).says(&[MAIN_PASSWORD]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0));
    site.configure(forced(ForcedEnrolment::Ticket));
    let ended =
        site.own(&alice, SelfServiceFlow::Enrol).says(&[MAIN_PASSWORD, "aaaa-bbbb-cccc-dddd-eeee"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 2));
    let hour = std::time::Duration::from_secs(3600);
    let (ticket, _) =
        changes::invite(&site.authority(), &site.engine.keyring, &alice.id, hour).await.unwrap();
    let own = site.own(&alice, SelfServiceFlow::Enrol);
    let (ended, app) = with_new_app(&site, own, &[MAIN_PASSWORD, &ticket.grouped()]).await;
    assert!(ended.is_accept());
    site.clock.advance(30);
    let (ended, _) =
        with_new_app(&site, site.own(&alice, SelfServiceFlow::Enrol), &[MAIN_PASSWORD, &app.code()]).await;
    assert!(ended.is_accept(), "a second one needs no ticket");
}

#[tokio::test]
async fn the_strictest_service_decides_whether_a_user_may_bind_a_first_factor() {
    let mut site = Site::new().await;
    let alice = site.person("alice").await;
    site.configure(|setup| {
        setup.login_service("sshd", |login| login.second_factor = Some(SecondFactor::Required));
        setup.login_service("sudo", |login| {
            login.second_factor = Some(SecondFactor::Required);
            login.forced_enrolment = Some(ForcedEnrolment::Ticket);
        });
        setup.login_service("sshkey", |login| login.forced_enrolment = Some(ForcedEnrolment::Never));
    });
    let ended = site.own(&alice, SelfServiceFlow::Enrol).says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.questions()[1], "Ticket from your administrator: ");
}

#[tokio::test]
async fn a_first_factor_that_goes_while_its_successor_is_set_up_does_not_spare_the_ticket() {
    let mut site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    site.configure(|setup| {
        setup.policy.second_factor = SecondFactor::Required;
        setup.policy.forced_enrolment = ForcedEnrolment::Ticket;
    });
    let mut talk = site.own(&alice, SelfServiceFlow::Enrol).begin();
    talk.asked().await;
    changes::unbind_factor(&site.authority(), &site.engine.keyring, &alice.id, app.id.unwrap(), true)
        .await
        .unwrap();
    talk.say(MAIN_PASSWORD);
    assert_eq!(talk.asked().await, "Ticket from your administrator: ");
}

#[tokio::test]
async fn there_are_so_many_factors_and_no_more() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.limits.factors_per_account = 2);
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let (ended, _) =
        with_new_app(&site, site.own(&alice, SelfServiceFlow::Enrol), &[MAIN_PASSWORD, &app.code()]).await;
    assert!(ended.is_accept());
    site.clock.advance(30);
    let ended = site.own(&alice, SelfServiceFlow::Enrol).says(&[MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(ended.reason(), Reason::NotPermitted);
    assert!(ended.records("key").is_empty());
    assert_eq!(
        ended.complaints(),
        ["You already have 2 second factors, the most allowed. Remove one first: postern my remove"]
    );
    site.clock.advance(30);
    let id = app.id.unwrap().to_string();
    let replace = site.own(&alice, SelfServiceFlow::Replace).argument("id", &id);
    let (ended, _) = with_new_app(&site, replace, &[MAIN_PASSWORD, &app.code()]).await;
    assert!(ended.is_accept(), "one in the place of another is none more");
}

#[tokio::test]
async fn names_of_factors_are_checked_before_the_user_is_asked() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    for label in ["", "with\nlines", &"x".repeat(200)] {
        let ended =
            site.own(&alice, SelfServiceFlow::Enrol).argument("label", label).says(&[MAIN_PASSWORD]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0), "{label}");
    }
    for flow in [SelfServiceFlow::Remove, SelfServiceFlow::Replace, SelfServiceFlow::RecoveryCodes] {
        let ended = site.own(&alice, flow).says(&[MAIN_PASSWORD]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0), "{flow:?}");
        assert_eq!(ended.complaints().len(), 1, "she has none");
    }
}

#[tokio::test]
async fn an_id_means_exactly_one_factor() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let (one, two) = (site.bind(&alice, "one").await, site.bind(&alice, "two").await);
    site.edit(&alice, |data| {
        for (factor, last) in data.factors.iter_mut().zip([1, 2]) {
            let mut id = [0xab; 16];
            id[15] = last;
            factor.id = postern_core::factor::FactorId::new(id);
        }
    })
    .await;
    drop((one, two));
    for id in ["", "aba", "abab", "abababab", "zzzz", &"ab".repeat(16)] {
        let ended = site.own(&alice, SelfServiceFlow::Remove).argument("id", id).says(&[MAIN_PASSWORD]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0), "{id}");
    }
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old_ones() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let old = site.recovery_codes(&alice, 2).await;
    let ended = site.own(&alice, SelfServiceFlow::RecoveryCodes).says(&[MAIN_PASSWORD, &app.code()]).await;
    assert!(ended.is_accept());
    let shown: Vec<&str> =
        ended.records("recovery_code").iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(shown.len(), 2);
    for code in &shown {
        assert!(ended.lines().contains(&format!("    {code}").as_str()));
    }
    let refused = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &old[0], "", ""]).await;
    assert_eq!(refused.reason(), Reason::BadCredential);
    let login = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, shown[0]]).await;
    assert!(login.is_accept());
}
