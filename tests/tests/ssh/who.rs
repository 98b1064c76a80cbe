//! Who is who: nobody becomes a user of this host by what stands in a directory entry.

use std::time::Duration;

use postern_tests::person::Person;
use postern_tests::{Key, Ssh, Sshd, UnixUser, guard, unix_users};

use crate::on_both;
use crate::world::{User, World};

on_both!(
    an_address_in_ones_own_entry_makes_nobody_else,
    an_account_with_another_uid_is_not_the_user_of_that_name,
    uid_0_is_never_taken_from_the_directory,
    an_alias_is_no_name_at_a_prompt,
    a_name_is_taken_letter_for_letter,
);

/// `password` typed at an ssh prompt for `name`, where root may log in as well.
fn types(world: &World, name: &str, password: &str) -> Person {
    let sshd = Sshd::builder("who").pam(&world.stack("sshd")).methods("keyboard-interactive");
    let sshd = sshd.set("PermitRootLogin", "yes").start();
    let mut person = Ssh::to(&sshd).user(name).batch().start();
    person.expect("Password: ");
    person.answer_hidden(password);
    // sshd is needed no longer than until then.
    person.gets_in();
    person
}

/// The line of the log that refused `name`, who was never let in.
fn refused(world: &World, name: &str, password: &str) -> String {
    let user = format!(" user={name}");
    let lines = || -> Vec<String> {
        world
            .posternd
            .log()
            .lines()
            .filter(|line| line.contains(" flow=login ") && line.ends_with(&user))
            .map(str::to_owned)
            .collect()
    };
    let before = lines().len();
    assert!(!types(world, name, password).gets_in(), "{name}");
    let lines =
        guard::wait_for("a line of posternd's log", LIMIT, || Some(lines()).filter(|all| all.len() > before));
    assert!(
        lines.iter().all(|line| line.contains("verdict=reject ") && line.contains(" flow=login ")),
        "{lines:?}"
    );
    lines.last().unwrap().clone()
}

fn an_address_in_ones_own_entry_makes_nobody_else(world: &World) {
    let victim = unix_users::fresh("victim");
    for wanted in [victim.name.as_str(), "root"] {
        let anna = world.user_with("anna", &[("mail", wanted)]);
        let line = refused(world, wanted, &anna.password);
        assert!(line.contains("reason=unknown_account"), "{line}");
        let mut person = types(world, &anna.unix.name, &anna.password);
        assert_eq!(person.is_in(), anna.unix.name, "the entry still opens what it is for");
    }
    // Not even an entry of root's own makes anybody root.
    let Some(_) = &world.slapd else { return };
    let root = UnixUser { name: "root".to_owned(), ..unix_users::fresh("root") };
    let root = world.account_of(&root, "root", 0, &[]);
    assert!(!types(world, "root", &root.password).gets_in());
    drop(world.logged(&root, &["verdict=reject reason=not_permitted flow=login", UID_0]));
}

fn an_account_with_another_uid_is_not_the_user_of_that_name(world: &World) {
    let (unix, key) = (unix_users::fresh("anna"), Key::ed25519());
    let anna = world.account_of(&unix, &unix.name, unix.uid + 5_000, &[]);
    let line = refused(world, &unix.name, &anna.password);
    assert!(line.contains("reason=not_permitted"), "{line}");
    assert!(
        line.contains("detail=\"the account's uidNumber is not the uid of the user of this host\""),
        "{line}"
    );
    unix.authorize(&key);
    let sshd = world.sshd("sshd", "publickey");
    let mut person = Ssh::to(&sshd).unix_user(&unix).key(&key).batch().start();
    drop(person.is_refused());
    drop(world.logged(&anna, &["verdict=reject reason=not_permitted flow=account"]));
}

fn uid_0_is_never_taken_from_the_directory(world: &World) {
    let unix = unix_users::fresh("anna");
    if world.slapd.is_none() {
        let args = ["account", "create", &unix.name, "--uid", "0", "--gid", "0", "--password-stdin"];
        let password = postern_tests::site::random_password();
        assert_eq!(world.site.cli_stdin(&args, &password).code, 64, "there is no way to make one");
        return;
    }
    let anna = world.account_of(&unix, &unix.name, 0, &[]);
    let line = refused(world, &unix.name, &anna.password);
    assert!(line.contains("reason=not_permitted") && line.contains(UID_0), "{line}");
}

fn an_alias_is_no_name_at_a_prompt(world: &World) {
    let alias = unix_users::fresh("alias");
    let address = format!("{}@example.org", alias.name);
    let anna = world.user_with("anna", &[("mail", &address)]);
    // Of a name that the host does not have sshd tells PAM no password.
    let line = refused(world, &address, &anna.password);
    assert!(!line.contains("account="), "{line}");
    let line = refused(world, &alias.name, &anna.password);
    assert!(line.contains("reason=unknown_account"), "{line}");
    let Some(slapd) = &world.slapd else { return };
    // A second value of the attribute that names people.
    slapd.set(&slapd_dn(&anna), &format!("add: uid\nuid: {}", alias.name));
    let line = refused(world, &alias.name, &anna.password);
    assert!(line.contains("reason=not_permitted"), "{line}");
}

fn a_name_is_taken_letter_for_letter(world: &World) {
    let unix = unix_users::fresh("ANNA");
    let anna = world.account_of(&unix, &unix.name.to_lowercase(), unix.uid, &[]);
    let line = refused(world, &unix.name, &anna.password);
    assert!(line.contains("reason=unknown_account"), "{line}");
}

fn slapd_dn(user: &User) -> String {
    format!("uid={},{}", user.unix.name, postern_tests::slapd::PEOPLE)
}

const UID_0: &str = "detail=\"the account has uid 0, which is never taken from the directory\"";
const LIMIT: Duration = Duration::from_secs(10);
