//! A clock that was a day ahead for a while, and was corrected.

use postern_core::Reason;
use postern_core::changes;

use crate::harness::{MAIN_PASSWORD, Site};

const DAY: u64 = 86_400;

/// The stores of a single host, and those of a site.
async fn sites() -> [Site; 2] {
    [Site::new().await, Site::on_ldap_and_redis("flows_clocks").await]
}

#[tokio::test]
async fn wrong_codes_from_the_future_stop_no_user_for_longer_than_the_pause() {
    for site in sites().await {
        let alice = site.person("alice").await;
        let app = site.bind(&alice, "phone").await;
        assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
        site.clock.advance(DAY);
        for number in 0..5 {
            let wrong = app.wrong_code(number);
            let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &wrong, "", ""]).await;
            assert_eq!(ended.reason(), Reason::BadCredential);
        }
        site.clock.go_back(DAY);
        site.clock.advance(60);
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
        assert_eq!(ended.reason(), Reason::Limited);
        assert_eq!(ended.complaints(), ["Too many wrong codes. Try again in 15 minutes."]);
        site.clock.advance(900);
        assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
    }
}

#[tokio::test]
async fn wrong_main_passwords_of_tomorrow_end_after_their_window_and_an_admin_ends_them_at_once() {
    for site in sites().await {
        let alice = site.person("alice").await;
        let guess = async |password: &str| site.visit("sshd", "alice").says(&[password]).await;
        site.clock.advance(DAY);
        for number in 0..10 {
            assert_eq!(guess(&format!("wrong {number}")).await.reason(), Reason::BadCredential);
        }
        site.clock.go_back(DAY);
        assert_eq!(guess(MAIN_PASSWORD).await.reason(), Reason::Limited);
        site.clock.advance(899);
        assert_eq!(guess(MAIN_PASSWORD).await.reason(), Reason::Limited);
        site.clock.advance(1);
        assert!(guess(MAIN_PASSWORD).await.is_accept());
        for number in 0..10 {
            assert_eq!(guess(&format!("wrong {number}")).await.reason(), Reason::BadCredential);
        }
        assert_eq!(guess(MAIN_PASSWORD).await.reason(), Reason::Limited);
        assert_eq!(changes::unlock_factors(&site.authority(), &alice.id).await, Ok(0));
        assert!(guess(MAIN_PASSWORD).await.is_accept(), "unlocked");
    }
}

#[tokio::test]
async fn a_right_code_of_tomorrow_locks_its_owner_out_for_a_minute_and_is_never_good_again() {
    for site in sites().await {
        let alice = site.person("alice").await;
        let app = site.bind(&alice, "phone").await;
        let with = async |code: &str| site.visit("sshd", "alice").says(&[MAIN_PASSWORD, code, "", ""]).await;
        assert!(with(&app.code()).await.is_accept());
        site.clock.advance(DAY);
        let tomorrow = app.code();
        assert!(with(&tomorrow).await.is_accept());
        site.clock.go_back(DAY);
        let mut waited = 0;
        loop {
            let ended = with(&app.code()).await;
            if ended.is_accept() {
                break;
            }
            site.clock.advance(5);
            waited += 5;
            assert!(waited <= 70, "{waited} s: {ended:?}");
        }
        site.clock.advance(DAY - waited);
        assert_eq!(app.code(), tomorrow);
        assert!(!with(&tomorrow).await.is_accept(), "it was used");
        site.clock.advance(30);
        assert!(with(&app.code()).await.is_accept());
    }
}
