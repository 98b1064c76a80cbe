use postern_tests::{Ssh, Sshd};

use crate::world::World;

#[test]
fn a_password_and_a_code_open_a_shell() {
    let world = World::new("plain");
    let mut anna = world.enrolled("anna");
    let sshd = Sshd::with("plain", &world.stack("sshd"));
    let mut person = Ssh::to(&sshd).unix_user(&anna.unix).start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
    println!("{}", person.text());
    person.leave();
    println!("{}", world.posternd.log());
}
