//! The time between two codes, where it holds.

use std::time::Duration;

use postern_tests::courier_host::CourierHost;
use postern_tests::guard;
use postern_tests::login_host::Stores;

#[test]
fn embedded() {
    an_address_takes_the_place_of_another_without_a_wait(Stores::Embedded);
}

#[test]
fn ldap() {
    an_address_takes_the_place_of_another_without_a_wait(Stores::LdapAndRedis);
}

fn an_address_takes_the_place_of_another_without_a_wait(stores: Stores) {
    let name = format!("resend-{stores:?}").to_lowercase();
    let host = CourierHost::new(&name, stores, "resend_after = \"15s\"");
    let anna = host.user("anna");
    host.bind_email(&anna, &[]);
    guard::pause(GAP);
    let other = anna.backup().replace('@', "-other@");
    let mut person = host.site.my_at_terminal(&anna.unix, &["replace", "--to", &other]);
    person.expect(&format!("Main password of {}: ", anna.unix.name));
    person.answer_hidden("not the main password");
    person.expect("That is not your main password.");
    person.expect(&format!("Main password of {}: ", anna.unix.name));
    person.answer_hidden(&anna.password);
    person.expect("Code sent to ");
    person.answer_visible(&host.mailbox.next_to(&anna.backup()).code());
    person.expect("Code sent to ");
    person.answer_visible(&host.mailbox.next_to(&other).code());
    let (status, rest) = person.ends();
    assert_eq!(status, 0, "{rest}");

    // A login has to wait, Enter says so, and sends the next one after that.
    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("No code can be sent to ");
    person.expect("Press Enter to have a code sent: ");
    guard::pause(GAP);
    person.answer_visible("");
    person.expect("Code sent to ");
    person.expect(": ");
    let code = host.mail(&other, "Your code for").code();
    person.answer_visible("");
    person.expect("is still good. A new one can be sent in ");
    person.expect("Code sent to ");
    person.answer_visible(&code);
    assert_eq!(person.is_in(), anna.unix.name);
}

/// Beyond `resend_after`.
const GAP: Duration = Duration::from_secs(16);
