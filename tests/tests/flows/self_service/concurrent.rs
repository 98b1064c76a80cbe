//! Two changes of one account at the same time.

use postern_core::changes;
use postern_core::flows::SelfServiceFlow;
use postern_core::policy::SecondFactor;

use crate::harness::{App, MAIN_PASSWORD, Point, Site, Someone};

async fn factors(site: &Site, who: &Someone) -> usize {
    let data = site.account(who).await.data;
    assert_eq!(data.enrolled, !data.factors.is_empty());
    data.factors.len()
}

#[tokio::test]
async fn of_two_factors_two_removals_at_once_leave_one_where_one_is_required() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.policy.second_factor = SecondFactor::Required);
    let alice = site.person("alice").await;
    let apps = [site.bind(&alice, "one").await, site.bind(&alice, "two").await];
    let mut talks = Vec::new();
    for app in &apps {
        let remove = site.own(&alice, SelfServiceFlow::Remove).argument("id", &app.id.unwrap().to_string());
        let mut talk = remove.begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        talks.push(talk);
    }
    // Both have found two factors before they write.
    let pauses = [site.faults.pause(Point::Update), site.faults.pause(Point::Update)];
    for (talk, app) in talks.iter().zip(&apps) {
        talk.say(&app.code());
    }
    for pause in &pauses {
        pause.reached().await;
    }
    pauses.iter().for_each(|pause| pause.go());
    let mut accepted = 0;
    for talk in talks {
        accepted += u32::from(talk.ended().await.is_accept());
    }
    assert_eq!((accepted, factors(&site, &alice).await), (1, 1));
}

#[tokio::test]
async fn of_two_replacements_of_one_factor_one_is_made() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let mut talks = Vec::new();
    for _ in 0..2 {
        let mut talk = site.own(&alice, SelfServiceFlow::Replace).begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.answer(&app.code()).await;
        talk.asked().await;
        site.clock.advance(30);
        talks.push(talk);
    }
    let mut bound = Vec::new();
    for talk in talks {
        let newer = App::of_key(&talk.heard().key(), &site.clock);
        talk.say(&newer.code());
        if talk.ended().await.is_accept() {
            bound.push(newer);
        }
    }
    assert_eq!((bound.len(), factors(&site, &alice).await), (1, 1));
    site.clock.advance(30);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &bound[0].code()]).await.is_accept());
}

#[tokio::test]
async fn an_enrolment_that_began_without_a_factor_binds_none_beside_one_that_came_meanwhile() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let mut talks =
        [site.own(&alice, SelfServiceFlow::Enrol).begin(), site.own(&alice, SelfServiceFlow::Enrol).begin()];
    for talk in &mut talks {
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
    }
    let mut accepted = 0;
    for talk in talks {
        talk.say(&App::of_key(&talk.heard().key(), &site.clock).code());
        accepted += u32::from(talk.ended().await.is_accept());
    }
    assert_eq!((accepted, factors(&site, &alice).await), (1, 1));
}

#[tokio::test]
async fn an_enrolment_that_began_with_a_code_binds_nothing_once_that_factor_is_gone() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let mut talk = site.own(&alice, SelfServiceFlow::Enrol).begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.answer(&app.code()).await;
    talk.asked().await;
    changes::unbind_factor(&site.authority(), &site.engine.keyring, &alice.id, app.id.unwrap(), true)
        .await
        .unwrap();
    talk.say(&App::of_key(&talk.heard().key(), &site.clock).code());
    assert!(!talk.ended().await.is_accept());
    assert_eq!(factors(&site, &alice).await, 0);
}

#[tokio::test]
async fn changes_of_other_things_at_the_same_moment_are_both_made() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let codes = site.recovery_codes(&alice, 1).await;
    let pause = site.faults.pause(Point::Update);
    let create = site.own(&alice, SelfServiceFlow::AppPasswordCreate).argument("label", "x");
    let create = async { create.says(&[MAIN_PASSWORD, &app.code()]).await };
    let login = async {
        pause.reached().await;
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await;
        pause.go();
        ended
    };
    let (create, login) = tokio::join!(Box::pin(create), Box::pin(login));
    assert!(create.is_accept() && login.is_accept());
    let data = site.account(&alice).await.data;
    assert_eq!((data.live_app_passwords().count(), data.recovery_codes.len()), (1, 0));
}
