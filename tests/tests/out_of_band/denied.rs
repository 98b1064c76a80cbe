//! Refusing by hand a login that waits.

use crate::on_both;
use crate::people::number;
use crate::world::World;

on_both!(
    the_owner_refuses_a_login_that_waits,
    an_admin_refuses_a_login_that_waits,
    no_user_refuses_a_login_of_another_user,
);

fn the_owner_refuses_a_login_that_waits(world: &World) {
    let anna = world.user("anna");
    let (phone, _) = world.bind_ringing_phone(&anna);
    let mut person = world.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&world.web)["id"].as_str().unwrap().to_owned();
    person.answer_visible("");
    let listed = world.site.my(&anna.unix, &["challenges", "list"], "").succeeded().stdout;
    assert!(listed.contains(&id[..8]) && listed.contains("approval for sshd from 127.0.0.1"), "{listed}");
    let denied = world.site.my(&anna.unix, &["challenges", "deny", &id[..8]], "").succeeded().stdout;
    assert!(denied.contains("The login to sshd is refused."), "{denied}");
    drop(person.is_refused());
    assert_eq!(phone.answer(&world.web, &id, "approve", &shown), "gone");
    drop(world.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]));
    let listed = world.site.my(&anna.unix, &["challenges", "list"], "").succeeded().stdout;
    assert!(listed.contains("Nothing waits for an answer."), "{listed}");
}

fn an_admin_refuses_a_login_that_waits(world: &World) {
    let anna = world.user("anna");
    let (phone, _) = world.bind_ringing_phone(&anna);
    let name = anna.unix.name.as_str();
    let mut person = world.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&world.web)["id"].as_str().unwrap().to_owned();
    person.answer_visible("");
    let listed = world.site.cli_json(&["challenge", "list", name]);
    assert_eq!(listed["challenges"][0]["id"], *id, "{listed}");
    drop(world.site.cli_ok(&["challenge", "deny", name, "--all"]));
    drop(person.is_refused());
    assert_eq!(phone.answer(&world.web, &id, "approve", &shown), "gone");
    let line = world.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]);
    assert!(line.contains("by an admin"), "{line}");
}

fn no_user_refuses_a_login_of_another_user(world: &World) {
    let (anna, bert) = (world.user("anna"), world.user("bert"));
    let (phone, _) = world.bind_ringing_phone(&anna);
    let mut person = world.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let id = phone.challenge(&world.web)["id"].as_str().unwrap().to_owned();
    let listed = world.site.my(&bert.unix, &["challenges", "list"], "").succeeded().stdout;
    assert!(!listed.contains(&id[..8]), "{listed}");
    for which in [&id, "--all"] {
        drop(world.site.my(&bert.unix, &["challenges", "deny", which], ""));
    }
    assert_eq!(phone.answer(&world.web, &id, "approve", &shown), "approved");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
}
