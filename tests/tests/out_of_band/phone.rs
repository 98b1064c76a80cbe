//! A login that waits for a phone, and every way in which that ends.

use std::time::Duration;

use postern_tests::courier_host::{CourierHost, another, at_the_number, number, types_password};
use postern_tests::login_host::without_ssh_prefix;
use postern_tests::qr::{self, Theme};
use postern_tests::{Key, Ssh, Stopwatch, guard};

use crate::on_both;

on_both!(
    a_phone_approves_with_the_number_of_the_prompt,
    a_device_is_trusted_from_the_phone_until_that_is_revoked,
    a_refusal_on_the_phone_ends_the_login,
    after_a_fraud_report_the_login_is_refused_and_the_owner_is_told_and_not_disturbed,
    without_an_answer_in_time_a_code_of_the_phone_opens,
    one_wrong_number_ends_it_and_the_phone_can_be_asked_again,
    a_phone_that_is_gone_approves_nothing,
    a_scanned_code_leads_to_the_login_and_holds_no_number,
    a_user_who_leaves_ends_the_challenge,
    an_approval_for_an_ssh_that_was_killed_meanwhile_opens_nothing,
    the_owners_own_command_goes_on_once_the_phone_has_answered,
);

fn a_phone_approves_with_the_number_of_the_prompt(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, topic) = host.bind_ringing_phone(&anna);
    let mut person = host.ssh("sshd", &anna).from("127.0.0.9").start();
    types_password(&mut person, &anna);
    let shown = number(&mut person);
    let challenge = phone.challenge(&host.web);
    let id = challenge["id"].as_str().unwrap();
    assert_eq!(
        (&challenge["service"], &challenge["rhost"], &challenge["user"]),
        (&"sshd".into(), &"127.0.0.9".into(), &anna.unix.name.clone().into())
    );
    let rung = host.ntfy.next_to(&topic);
    assert_eq!(rung.click, Some(format!("{}#c.{}.{id}", host.web.url(), phone.account)));
    assert!(rung.title.contains("ssh login on ") && rung.message.contains("127.0.0.9"), "{rung:?}");
    assert!(!format!("{rung:?}").contains(&format!(" {shown} ")), "the number is at the prompt alone");
    person.answer_visible("");
    assert_eq!(phone.answer(&host.web, id, "approve", &shown), "approved");
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(phone.answer(&host.web, id, "approve", &shown), "gone");
    drop(host.logged(&anna, &["verdict=accept flow=login service=sshd", "credential=factor"]));

    // Approved first, then Enter.
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    assert_eq!(phone.decide(&host.web, "approve", &shown), "approved");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
}

fn a_device_is_trusted_from_the_phone_until_that_is_revoked(host: &CourierHost) {
    let (anna, key) = (host.user("anna"), Key::ed25519());
    let (phone, _) = host.bind_ringing_phone(&anna);
    anna.unix.authorize(&key);
    let sshd = host.sshd("sshd-key", "publickey,keyboard-interactive");
    let start = || Ssh::to(&sshd).unix_user(&anna.unix).key(&key).batch().start();
    let mut person = start();
    let shown = number(&mut person);
    assert_eq!(phone.challenge(&host.web)["trust_days"], 30);
    person.answer_visible("");
    assert_eq!(phone.decide(&host.web, "approve_trust", &shown), "approved");
    assert_eq!(person.is_in(), anna.unix.name, "nothing more is asked");
    let mut person = start();
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(without_ssh_prefix(&person), format!("-- in as {} --\n", anna.unix.name));
    assert!(host.mail(&anna.address(), "A change").text.contains("was set up"));
    assert!(host.mail(&anna.address(), "A change").text.contains("A device is trusted"));

    let listed = host.site.cli_json(&["device", "list", &anna.unix.name]);
    let id = listed["devices"][0]["id"].as_str().unwrap();
    drop(host.site.cli_ok(&["device", "revoke", &anna.unix.name, id]));
    let mut person = start();
    let shown = number(&mut person);
    assert_eq!(phone.decide(&host.web, "approve", &shown), "approved");
    person.answer_visible("");
    // A user who only approves is asked; trust is never the default.
    let (which, _) = person.expect_one_of(&[
        "Skip the second factor for 30 days when you log in from this device? [y/N] ",
        "-- in as ",
    ]);
    if which == 0 {
        person.answer_visible("n");
    }
}

fn a_refusal_on_the_phone_ends_the_login(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, _) = host.bind_ringing_phone(&anna);
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    person.answer_visible("");
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    assert_eq!(phone.answer(&host.web, &id, "deny", ""), "denied");
    drop(person.is_refused());
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "gone");
    let line = host.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]);
    assert!(line.contains("refused on a phone"), "{line}");
}

fn after_a_fraud_report_the_login_is_refused_and_the_owner_is_told_and_not_disturbed(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, topic) = host.bind_ringing_phone(&anna);
    let mut person = host.ssh("sshd", &anna).from("127.0.0.9").start();
    types_password(&mut person, &anna);
    drop(number(&mut person));
    person.answer_visible("");
    assert_eq!(phone.decide(&host.web, "not_me", ""), "denied");
    drop(person.is_refused());
    let mail = host.mail(&anna.address(), "Someone tried to log in as");
    assert!(mail.text.contains("ssh login on ") && mail.text.contains("127.0.0.9"), "{}", mail.text);
    let line = host.posternd.logged(&["flow=phone_answer", "disowned", &phone.account]);
    assert!(line.contains("verdict=accept"), "{line}");

    host.wait_for_pushes(&topic, 1);
    let (_, _, rings) = host.sent(&anna, &topic);
    assert_eq!(rings, 1);
    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("Scan it, type ");
    let shown = number(&mut person);
    assert_eq!(host.sent(&anna, &topic).2, rings, "no push");
    assert_eq!(phone.decide(&host.web, "approve", &shown), "approved", "the phone that scans may");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
}

fn without_an_answer_in_time_a_code_of_the_phone_opens(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, _) = host.bind_ringing_phone(&anna);
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    person.answer_visible("");
    person.expect("The phone did not respond. Press Enter to ask it again, or type a code.");
    person.expect(": ");
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "gone");
    // The seed came with the QR code, and no network is needed.
    let code = phone.app().code(0);
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = host.knows_the_password("sshd", &anna);
    drop(number(&mut person));
    person.answer_visible(&code);
    person.expect("That code is wrong, or was used before.");
}

fn one_wrong_number_ends_it_and_the_phone_can_be_asked_again(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, topic) = host.bind_ringing_phone(&anna);
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    assert_eq!(phone.answer(&host.web, &id, "approve", another(&shown)), "wrong_number");
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "before");
    person.answer_visible("");
    person.expect("The wrong number was typed on the phone.");
    person.expect(": ");
    person.answer_visible("");
    let shown = number(&mut person);
    person.answer_visible("");
    assert_eq!(phone.decide(&host.web, "approve", &shown), "approved");
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(host.ntfy.count_to(&topic), 2);
}

fn a_phone_that_is_gone_approves_nothing(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, topic) = host.bind_ringing_phone(&anna);
    let app = host.bind_app(&anna);
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "approved");
    drop(host.site.cli_ok(&["factor", "remove", &anna.unix.name, &phone.factor]));
    let heard = phone.pending(&host.web);
    assert_eq!((heard.status, heard.reason.as_str()), (403, "unknown_account"));
    assert_eq!(heard.all("phone")[0]["state"], "unknown", "the page says: bind this phone again");
    person.answer_visible("");
    person.expect("The phone did not respond.");
    person.expect(": ");
    person.answer_visible(&app.code(0));
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("Code from app: ");
    assert_eq!(host.sent(&anna, &topic).2, 1);
}

fn a_scanned_code_leads_to_the_login_and_holds_no_number(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, _) = host.bind_ringing_phone(&anna);
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    person.answer_visible("s");
    person.expect("Scan this with your phone:");
    assert_eq!(number(&mut person), shown);
    let screen = without_ssh_prefix(&person);
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    let rows = qr::last_rows(&screen, 24, 80).join("\n");
    assert_eq!(qr::read(&rows, Theme::Dark), [phone.challenge_address(&host.web.url(), &id)], "{screen}");
    person.answer_visible("");
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "approved");
    assert_eq!(person.is_in(), anna.unix.name);
}

fn a_user_who_leaves_ends_the_challenge(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, _) = host.bind_ringing_phone(&anna);
    let is_gone = |left: Stopwatch, who: &str| {
        guard::wait_for("the challenge to be gone", Duration::from_secs(5), || {
            phone.pending(&host.web).all("challenge").is_empty().then_some(())
        });
        println!("the challenge was gone {} after {who}", left.elapsed());
        drop(host.logged(&anna, &["verdict=reject reason=cancelled flow=login"]));
    };
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    drop(person);
    is_gone(Stopwatch::start(), "ssh was killed");
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "gone");

    // A front door that ends while posternd waits for the phone and not for the user.
    let mut visit = at_the_number(host, &anna);
    visit.0.answer("");
    guard::pause(Duration::from_millis(300));
    drop(visit.0);
    is_gone(Stopwatch::start(), "the front door was");
}

/// sshd does not read from the network while PAM works, so it notices late that the client is gone. The login is refused all the
/// same.
fn an_approval_for_an_ssh_that_was_killed_meanwhile_opens_nothing(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, _) = host.bind_ringing_phone(&anna);
    let mut person = host.ssh("sshd", &anna).command("touch \"$HOME/was-in\"").start();
    types_password(&mut person, &anna);
    let shown = number(&mut person);
    person.answer_visible("");
    guard::pause(Duration::from_secs(1));
    drop(person);
    let state = phone.decide(&host.web, "approve", &shown);
    assert!(["approved", "gone"].contains(&&*state), "{state}");
    guard::pause(Duration::from_secs(2));
    assert!(!anna.unix.home.join("was-in").exists());
    assert!(phone.pending(&host.web).all("challenge").is_empty());
}

fn the_owners_own_command_goes_on_once_the_phone_has_answered(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, _) = host.bind_ringing_phone(&anna);
    let begin = || {
        let mut person = host.site.my_at_terminal(&anna.unix, &["devices", "revoke", "--all"]);
        person.expect(&format!("Main password of {}: ", anna.unix.name));
        person.answer_hidden(&anna.password);
        person
    };
    let mut person = begin();
    let shown = number(&mut person);
    assert_eq!(phone.decide(&host.web, "approve", &shown), "approved");
    person.expect("You have no trusted devices.");
    assert_eq!(person.ends().0, 0, "nobody pressed Enter");
    let mut person = begin();
    drop(number(&mut person));
    assert_eq!(phone.decide(&host.web, "deny", ""), "denied");
    person.expect("This login was denied on your phone.");
    assert_ne!(person.ends().0, 0);
    // A code is typed as before.
    let mut person = begin();
    drop(number(&mut person));
    person.answer_visible(&phone.app().code(0));
    person.expect("You have no trusted devices.");
}
