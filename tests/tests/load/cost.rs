//! How often argon2id is computed, by count.

use postern_ipc::{RejectReason, Verdict};
use postern_tests::flood::{Shot, each, fire};
use postern_tests::{Site, guard};

use crate::stock::accounts;
use crate::{Alone, Runs, say};

fn runs(app_password: u64, main_password: u64) -> Runs {
    Runs { app_password, main_password }
}

#[test]
fn an_account_with_25_app_passwords_costs_no_more_than_one_with_1() {
    let (mut alone, stock) = Alone::new(
        || Site::new("25 app passwords"),
        |site| {
            let mut stock = accounts(site, &["many"], 25);
            stock.append(&mut accounts(site, &["one"], 1));
            stock
        },
    );
    let (many, one) = (&stock["many"], &stock["one"]);
    let socket = alone.site.socket();
    let accepted = |shot: &Shot| assert!(matches!(shot.fire(&socket), Ok(Verdict::Accept(_))));
    for (index, login) in many.logins(1).iter().enumerate() {
        accepted(login);
        assert_eq!(alone.runs(), runs(index as u64 + 1, 0), "one for each login that is new");
    }
    many.logins(1).iter().for_each(accepted);
    assert_eq!(
        (alone.runs(), alone.posternd.status().cache_hits),
        (runs(25, 0), 25),
        "none for one that returns"
    );
    for number in 0..25 {
        let wrong = Shot::new("many", &many.wrong_app_password(number), number);
        assert!(matches!(wrong.fire(&socket), Ok(Verdict::Reject(_))));
        assert_eq!(alone.runs(), runs(26 + number as u64, 0), "one for each wrong one");
    }
    accepted(&one.logins(1)[0]);
    assert_eq!(alone.runs(), runs(51, 0));
    // A restart forgets the cache: the same one login, from the long list and from the short one.
    assert!(alone.posternd.stop().success());
    alone.posternd.start_again();
    accepted(&many.logins(1)[24]);
    assert_eq!(alone.runs(), runs(1, 0));
    accepted(&one.logins(1)[0]);
    assert_eq!(alone.runs(), runs(2, 0));
}

#[test]
fn an_account_and_source_get_10_wrong_main_passwords_computed_and_no_more() {
    let (alone, stock) = Alone::new(|| Site::new("10 a source"), |site| accounts(site, &["alice"], 1));
    let socket = alone.site.socket();
    let wrong =
        |address: usize| (0..200).map(move |number| Shot::new("alice", &format!("wrong {number}"), address));
    for address in 0..3 {
        let tally = fire(&socket, wrong(address), 20);
        assert_eq!(tally.rejected(RejectReason::BadCredential), 10, "{tally:?}");
        assert_eq!(tally.rejected(RejectReason::Limited), 190, "{tally:?}");
        assert_eq!(alone.runs(), runs(0, 10 * (address as u64 + 1)));
    }
    // The right one is not looked at from there, and is from elsewhere; app passwords know no limit.
    let alice = &stock["alice"];
    let tally =
        fire(&socket, [alice.main_login(0), alice.main_login(9), alice.logins(0)[0].clone()].into_iter(), 1);
    assert_eq!((tally.accepted, tally.rejected(RejectReason::Limited)), (2, 1), "{tally:?}");
    assert_eq!(alone.runs(), runs(1, 31));
}

#[test]
fn an_account_gets_100_wrong_main_passwords_computed_in_all_and_its_owner_still_gets_in() {
    let (alone, stock) = Alone::new(|| Site::new("100 an account"), |site| accounts(site, &["alice"], 1));
    let (socket, alice) = (alone.site.socket(), &stock["alice"]);
    assert!(matches!(alice.main_login(60_000).fire(&socket), Ok(Verdict::Accept(_))));
    let wrong = (0..1000).map(|number| Shot::new("alice", &format!("wrong {number}"), number));
    let tally = fire(&socket, wrong, 20);
    assert_eq!(tally.rejected(RejectReason::BadCredential), 100, "{tally:?}");
    assert_eq!(tally.rejected(RejectReason::Limited), 900, "{tally:?}");
    assert_eq!(alone.runs(), runs(0, 101));
    // From where she came in before, and by her app password from anywhere; not from anywhere else.
    let tally = fire(&socket, [alice.main_login(60_000), alice.logins(7)[0].clone()].into_iter(), 1);
    assert_eq!(tally.accepted, 2, "{tally:?}");
    assert_eq!(fire(&socket, [alice.main_login(60_001)].into_iter(), 1).rejected(RejectReason::Limited), 1);
}

#[test]
fn the_same_wrong_secret_is_computed_once_however_often_and_however_many_at_once() {
    let (alone, stock) = Alone::new(|| Site::new("the same secret"), |site| accounts(site, &["alice"], 1));
    let (socket, alice) = (alone.site.socket(), &stock["alice"]);
    let main = std::iter::repeat_n(Shot::new("alice", "the same wrong password", 1), 1000);
    assert_eq!(fire(&socket, main, 50).rejected(RejectReason::BadCredential), 1000);
    assert_eq!(alone.runs(), runs(0, 1));
    let app = std::iter::repeat_n(Shot::new("alice", &alice.wrong_app_password(0), 2), 1000);
    assert_eq!(fire(&socket, app, 50).rejected(RejectReason::BadCredential), 1000);
    assert_eq!(alone.runs(), runs(1, 1));
    let nobody = std::iter::repeat_n(Shot::new("nobody", "the same wrong password", 1), 1000);
    assert_eq!(fire(&socket, nobody, 50).rejected(RejectReason::UnknownAccount), 1000);
    assert_eq!(alone.runs(), runs(1, 2));
    // It counted once: nine others are looked at before it is too much.
    let wrong = (0..20).map(|number| Shot::new("alice", &format!("wrong {number}"), 1));
    assert_eq!(fire(&socket, wrong, 1).rejected(RejectReason::BadCredential), 9);
    // The right one, of a mail program that opens many connections at once, lets all of them in.
    assert_eq!(fire(&socket, std::iter::repeat_n(alice.main_login(3), 200), 50).accepted, 200);
    assert_eq!(fire(&socket, std::iter::repeat_n(alice.logins(3)[0].clone(), 200), 50).accepted, 200);
    assert_eq!(alone.runs().app_password, 2);
}

#[test]
fn a_client_that_hangs_up_at_once_costs_next_to_nothing() {
    let (alone, stock) = Alone::new(
        || Site::builder("hanging up").setting("[limits]", "connections = 5000").build(),
        |site| accounts(site, &["alice"], 1),
    );
    let (socket, alice) = (alone.site.socket(), &stock["alice"]);
    assert!(matches!(alice.logins(1)[0].fire(&socket), Ok(Verdict::Accept(_))));
    let quiet = alone.posternd.resident_kib();
    // Neither of the two has a limit that would end it: unknown names, and app passwords.
    let strangers = (0..2000).map(|number| Shot::new(&format!("nobody{number}"), "wrong password", number));
    let guesses = (0..2000).map(|number| Shot::new("alice", &alice.wrong_app_password(number), number));
    let shots: Vec<Shot> = strangers.chain(guesses).collect();
    each(shots.into_iter(), 50, |shot| shot.hang_up(&socket));
    guard::wait_for("the conversations to end", std::time::Duration::from_secs(20), || {
        (alone.posternd.status().connections == 1).then_some(())
    });
    let after = alone.runs();
    say(&format!("4,000 hung up at once: {after:?}"));
    assert!(after.main_password < 400 && after.app_password < 1000, "{after:?}");
    let grown = alone.posternd.resident_kib().saturating_sub(quiet);
    assert!(grown < 96 * 1024, "{grown} KiB more than before");
    assert!(matches!(alice.logins(1)[0].fire(&socket), Ok(Verdict::Accept(_))));
    alone.assert_within_means();
}
