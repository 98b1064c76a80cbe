//! Wrong codes and passwords are counted over all hosts, before they are checked.

use std::path::Path;

use postern_ipc::{RejectReason, Verdict};
use postern_tests::door::{Door, Ended};
use postern_tests::flood::{Shot, each, fire};
use postern_tests::{Binder, PamService, Pamtester, Site, Slapd, canary, pam, site};

use crate::alone;
use crate::arena::{Pair, now_step};
use crate::rush::{Rush, rush};

#[test]
fn of_200_wrong_codes_at_once_at_two_hosts_5_are_looked_at() {
    let _turn = alone();
    let pair = Pair::new("parallel", 1, |site| site);
    let (one, sockets) = (&pair.people[0], pair.sockets());
    let sockets = [sockets[0].as_path(), sockets[1].as_path()];
    let wrong = one.app.wrong_code();
    let rushed = rush(&Rush { sockets: &sockets, door: one.at_sshd(), code: &wrong }, 200, || {});
    let looked_at = rushed.refused(RejectReason::BadCredential);
    println!("200 wrong codes at once, limit 5: {looked_at} were looked at: {:?}", rushed.refused);
    assert!(rushed.accepted.is_empty() && rushed.put_off.is_empty(), "{rushed:?}");
    assert_eq!((looked_at, rushed.refused(RejectReason::Limited)), (5, 195), "{rushed:?}");
    assert_eq!(counted(&pair, &one.name), 5);
    for socket in sockets {
        let right = one.code(now_step());
        let ended = one.at_sshd().answer(socket, &[&right]);
        assert_eq!(ended, (Ended::Refused(RejectReason::Limited), 0), "no code is asked for");
    }
    // Their mail goes on.
    let app = pair.sites[0].app_password(&one.name, "Phone", &[]).password;
    assert_eq!(Door::new("imap", &one.name, &app).answer(sockets[1], &[]).0, Ended::In);
}

/// How many wrong codes of an account Redis knows of.
fn counted(pair: &Pair, name: &str) -> u64 {
    let id = Binder::of(&pair.sites[0]).id(name);
    pair.redis.cli(&["ZCARD", &format!("postern:{{{id}}}:codes")]).parse().expect("a number")
}

#[test]
fn one_wrong_code_at_each_of_200_logins_is_locked_like_any_other() {
    let _turn = alone();
    let pair = Pair::new("fixed", 1, |site| site.setting("[limits]", "wrong_codes = 100"));
    let (one, sockets) = (&pair.people[0], pair.sockets());
    let wrong = one.app.wrong_code();
    let ends: Vec<Ended> =
        (0..200).map(|number| one.at_sshd().answer(&sockets[number % 2], &[&wrong]).0).collect();
    let locked = Ended::Refused(RejectReason::Locked);
    let first = ends.iter().position(|ended| *ended == locked).expect("it is locked");
    println!("one wrong code at each of 200 logins: locked with the {}th", first + 1);
    assert_eq!(first, 99);
    assert!(ends[99..].iter().all(|ended| *ended == locked), "{ends:?}");
    let right = one.code(now_step());
    assert_eq!(
        one.at_sshd().answer(&sockets[0], &[&right]),
        (locked.clone(), 0),
        "nor is the right one asked for"
    );

    // The lock is in the directory: emptying Redis does not remove it.
    assert_eq!(pair.redis.cli(&["FLUSHALL"]), "OK");
    for socket in &sockets {
        assert_eq!(one.at_sshd().answer(socket, &[&one.code(now_step())]), (locked.clone(), 0));
    }
    assert_eq!(through_pam(&pair.sites[1], &one.name, &one.password), MAXTRIES);
}

#[test]
fn limited_ends_in_pams_maxtries() {
    let _turn = alone();
    let pair = Pair::new("maxtries", 1, |site| site.setting("[limits]", "wrong_codes = 1"));
    let (one, socket) = (&pair.people[0], pair.sites[0].socket());
    let (ended, _) = one.at_sshd().answer(&socket, &[&one.app.wrong_code()]);
    assert_eq!(ended, Ended::Refused(RejectReason::BadCredential));
    assert_eq!(through_pam(&pair.sites[1], &one.name, &one.password), MAXTRIES);
}

/// What pam_strerror says of a login that is refused without a question for a code.
fn through_pam(site: &Site, name: &str, password: &str) -> String {
    let config = site.client_config();
    let stack = pam::auth(&format!("auth required {{module}} config={} service=sshd", config.display()));
    let service = PamService::new("maxtries", &stack);
    let mut person = Pamtester::new("maxtries").start(&service, name);
    drop(person.expect("Password: "));
    person.answer_hidden(password);
    let (status, said) = person.ends();
    assert_ne!(status, 0, "{said}");
    let last = said.trim_end().lines().last().expect("pamtester's word").to_owned();
    last.trim_start_matches("pamtester: ").to_owned()
}

#[test]
fn an_old_password_a_thousand_times_is_one_bind_and_locks_no_user_out() {
    let _turn = alone();
    let slapd = Slapd::builder("stale").crowd(2).lockout_after(3);
    let pair = Pair::on(slapd, "stale", 1, |site| site);
    let (enrolled, other) = (&pair.people[0], pair.slapd.nth(1));
    let stale = site::random_password();
    canary::register(&stale);
    let [first, second] = pair.sockets();
    let repeat = |name: &str, count| std::iter::repeat_n(Shot::new(name, &stale, 1), count);

    // A mail program that knows yesterday's password.
    let verdict = Shot::new(&other.name, &stale, 1).fire(&first);
    assert!(matches!(verdict, Ok(Verdict::Reject(_))), "{verdict:?}");
    let tally = fire(&first, repeat(&other.name, 500), 20);
    assert_eq!(tally.rejected(RejectReason::BadCredential), 500, "{tally:?}");
    let tally = fire(&second, repeat(&other.name, 499), 20);
    assert_eq!(tally.rejected(RejectReason::BadCredential), 499, "{tally:?}");
    assert_eq!(binds(&pair.slapd, &other.dn), 1);
    for socket in [&first, &second] {
        let verdict = Shot::new(&other.name, &other.password, 1).fire(socket);
        assert!(matches!(verdict, Ok(Verdict::Accept(_))), "{verdict:?}");
    }

    // Where app passwords are wanted, not even one.
    let dn = pair.slapd.nth(0).dn;
    let before = binds(&pair.slapd, &dn);
    let tally = fire(&second, repeat(&enrolled.name, 1_000), 20);
    assert_eq!(tally.rejected(RejectReason::UseAppPassword), 1_000, "{tally:?}");
    assert_eq!(binds(&pair.slapd, &dn), before);
    let code = enrolled.code(now_step());
    assert_eq!(enrolled.at_sshd().answer(&first, &[&code]), (Ended::In, 1));
}

#[test]
fn a_password_saved_with_its_code_a_thousand_times_locks_no_user_out() {
    let _turn = alone();
    let pair = Pair::new("kept", 1, |site| site.setting("[services.imap]", "combined = true"));
    let (one, sockets) = (&pair.people[0], pair.sockets());
    let step = now_step();
    let kept = Shot::new(&one.name, &format!("{}{}", one.password, one.code(step)), 1);
    let verdict = kept.fire(&sockets[0]);
    assert!(matches!(verdict, Ok(Verdict::Accept(_))), "{verdict:?}");
    let verdict = kept.fire(&sockets[1]);
    assert!(matches!(verdict, Ok(Verdict::Reject(_))), "{verdict:?}");
    for socket in &sockets {
        let tally = fire(socket, std::iter::repeat_n(kept.clone(), 500), 20);
        assert_eq!(tally.rejected(RejectReason::BadCredential), 500, "{tally:?}");
    }
    assert_eq!(counted(&pair, &one.name), 0, "a right code that is used again is no guess");
    assert_eq!(one.at_sshd().answer(&sockets[0], &[&one.code(step + 1)]), (Ended::In, 1));
}

#[test]
fn a_stale_password_at_two_hosts_in_the_same_moment_is_one_bind_each_at_most() {
    let _turn = alone();
    let pair = Pair::on(Slapd::builder("moment").crowd(1), "moment", 0, |site| site);
    let other = pair.slapd.nth(0);
    let stale = site::random_password();
    canary::register(&stale);
    let sockets = pair.sockets();
    let ask = |socket: &Path| {
        let verdict = Shot::new(&other.name, &stale, 1).fire(socket);
        assert!(matches!(verdict, Ok(Verdict::Reject(_))), "{verdict:?}");
    };
    each(0..200, 40, |number: usize| ask(&sockets[number % 2]));
    let binds = binds(&pair.slapd, &other.dn);
    println!("200 at once with one stale password at two hosts: {binds} binds");
    assert!((1..=2).contains(&binds), "{binds}");
    let right = Shot::new(&other.name, &other.password, 1).fire(&sockets[0]);
    assert!(matches!(right, Ok(Verdict::Accept(_))), "{right:?}");
}

/// The number of binds as `dn`.
fn binds(slapd: &Slapd, dn: &str) -> usize {
    slapd.log().lines().filter(|line| line.contains(&format!(" BIND dn=\"{dn}\" method=128"))).count()
}

const MAXTRIES: &str = "Have exhausted maximum number of retries for service";
