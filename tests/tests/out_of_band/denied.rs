//! Refusing by hand a login that waits.

use postern_tests::courier_host::{CourierHost, number};

use crate::on_both;

on_both!(
    the_owner_refuses_a_login_that_waits,
    an_admin_refuses_a_login_that_waits,
    no_user_refuses_a_login_of_another_user,
);

fn the_owner_refuses_a_login_that_waits(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, _) = host.bind_ringing_phone(&anna);
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    person.answer_visible("");
    let listed = host.site.my(&anna.unix, &["challenges", "list"], "").succeeded().stdout;
    assert!(
        listed.contains(&id[..8])
            && listed.contains("Approval on a phone: ssh login on ")
            && listed.contains("from 127.0.0.1"),
        "{listed}"
    );
    let denied = host.site.my(&anna.unix, &["challenges", "deny", &id[..8]], "").succeeded().stdout;
    assert!(denied.contains("Denied: ssh login on "), "{denied}");
    drop(person.is_refused());
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "gone");
    drop(host.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]));
    let listed = host.site.my(&anna.unix, &["challenges", "list"], "").succeeded().stdout;
    assert!(listed.contains("Nothing is waiting for an answer."), "{listed}");
}

fn an_admin_refuses_a_login_that_waits(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, _) = host.bind_ringing_phone(&anna);
    let name = anna.unix.name.as_str();
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    person.answer_visible("");
    let listed = host.site.cli_json(&["challenge", "list", name]);
    assert_eq!(listed["challenges"][0]["id"], *id, "{listed}");
    drop(host.site.cli_ok(&["challenge", "deny", name, "--all"]));
    drop(person.is_refused());
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "gone");
    let line = host.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]);
    assert!(line.contains("by an admin"), "{line}");
}

fn no_user_refuses_a_login_of_another_user(host: &CourierHost) {
    let (anna, bert) = (host.user("anna"), host.user("bert"));
    let (phone, _) = host.bind_ringing_phone(&anna);
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    let listed = host.site.my(&bert.unix, &["challenges", "list"], "").succeeded().stdout;
    assert!(!listed.contains(&id[..8]), "{listed}");
    for which in [&id, "--all"] {
        drop(host.site.my(&bert.unix, &["challenges", "deny", which], ""));
    }
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "approved");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
}
