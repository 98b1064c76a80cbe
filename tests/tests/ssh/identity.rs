//! Identity: no directory entry makes a user another user of this host.

use std::time::Duration;

use postern_tests::login_host::{LoginHost, LoginUser};
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{Key, Ssh, Sshd, UnixUser, guard, local_login, unix_users};

use crate::on_both;

on_both!(
    an_address_in_a_users_own_entry_does_not_change_the_identity,
    an_account_with_another_uid_is_not_the_user_of_that_name,
    uid_0_is_never_taken_from_the_directory,
    an_alias_is_no_name_at_a_prompt,
    a_name_is_taken_letter_for_letter,
    a_key_alone_does_not_let_a_user_in_under_another_spelling,
    no_password_lets_a_user_in_under_another_spelling,
    a_stranger_with_a_key_is_refused_unless_strangers_are_left_to_others,
);

/// `password` typed at an ssh prompt for `name`, where root may log in as well.
fn types(host: &LoginHost, name: &str, password: &str) -> TerminalUser {
    let sshd = Sshd::builder("who").pam(&host.stack("sshd")).methods("keyboard-interactive");
    let sshd = sshd.set("PermitRootLogin", "yes").start();
    let mut person = Ssh::to(&sshd).user(name).batch().start();
    person.expect("Password: ");
    person.answer_hidden(password);
    // sshd is needed no longer than until then.
    person.gets_in();
    person
}

/// The log line that refused `name`, who was never accepted.
fn refused(host: &LoginHost, name: &str, password: &str) -> String {
    // As the log writes it.
    let user = match name.replace('\\', "\\x5c") {
        escaped if escaped != name => format!(" user=\"{escaped}\""),
        plain => format!(" user={plain}"),
    };
    let lines = || -> Vec<String> {
        host.posternd
            .log()
            .lines()
            .filter(|line| line.contains(" flow=login ") && line.ends_with(&user))
            .map(str::to_owned)
            .collect()
    };
    let before = lines().len();
    assert!(!types(host, name, password).gets_in(), "{name}");
    let lines =
        guard::wait_for("a line of posternd's log", LIMIT, || Some(lines()).filter(|all| all.len() > before));
    assert!(
        lines.iter().all(|line| line.contains("verdict=reject ") && line.contains(" flow=login ")),
        "{lines:?}"
    );
    lines.last().unwrap().clone()
}

fn an_address_in_a_users_own_entry_does_not_change_the_identity(host: &LoginHost) {
    let victim = unix_users::fresh("victim");
    for wanted in [victim.name.as_str(), "root"] {
        let anna = host.user_with("anna", &[("mail", wanted)]);
        let line = refused(host, wanted, &anna.password);
        assert!(line.contains("reason=unknown_account"), "{line}");
        let mut person = types(host, &anna.unix.name, &anna.password);
        assert_eq!(person.is_in(), anna.unix.name, "the entry still opens what it is for");
    }
    // Not even an entry called root makes a user root, and root is treated as if it did not exist.
    let Some(_) = &host.slapd else { return };
    let root = UnixUser { name: "root".to_owned(), ..unix_users::fresh("root") };
    let root = host.account_of(&root, "root", 0, &[]);
    let line = refused(host, "root", &root.password);
    assert!(line.contains("reason=unknown_account"), "{line}");
}

fn an_account_with_another_uid_is_not_the_user_of_that_name(host: &LoginHost) {
    let (unix, key) = (unix_users::fresh("anna"), Key::ed25519());
    let anna = host.account_of(&unix, &unix.name, unix.uid + 5_000, &[]);
    let line = refused(host, &unix.name, &anna.password);
    assert!(line.contains("reason=not_permitted"), "{line}");
    assert!(
        line.contains("detail=\"the account's uidNumber is not the uid of the user of this host\""),
        "{line}"
    );
    unix.authorize(&key);
    let sshd = host.sshd("sshd", "publickey");
    let mut person = Ssh::to(&sshd).unix_user(&unix).key(&key).batch().start();
    drop(person.is_refused());
    drop(host.logged(&anna, &["verdict=reject reason=not_permitted flow=account"]));
}

fn uid_0_is_never_taken_from_the_directory(host: &LoginHost) {
    let unix = unix_users::fresh("anna");
    if host.slapd.is_none() {
        let args = ["account", "create", &unix.name, "--uid", "0", "--gid", "0", "--password-stdin"];
        let password = postern_tests::site::random_password();
        assert_eq!(host.site.cli_stdin(&args, &password).code, 64, "there is no way to make one");
        return;
    }
    let anna = host.account_of(&unix, &unix.name, 0, &[]);
    let line = refused(host, &unix.name, &anna.password);
    assert!(line.contains("reason=not_permitted") && line.contains(UID_0), "{line}");
}

fn an_alias_is_no_name_at_a_prompt(host: &LoginHost) {
    let alias = unix_users::fresh("alias");
    let address = format!("{}@example.org", alias.name);
    let anna = host.user_with("anna", &[("mail", &address)]);
    // For a name that the host does not know, sshd gives PAM no password.
    let line = refused(host, &address, &anna.password);
    assert!(!line.contains("account="), "{line}");
    let line = refused(host, &alias.name, &anna.password);
    assert!(line.contains("reason=unknown_account"), "{line}");
    let Some(slapd) = &host.slapd else { return };
    // A second value of the user name attribute.
    slapd.set(&slapd_dn(&anna), &format!("add: uid\nuid: {}", alias.name));
    let line = refused(host, &alias.name, &anna.password);
    assert!(line.contains("reason=not_permitted"), "{line}");
}

fn a_name_is_taken_letter_for_letter(host: &LoginHost) {
    let unix = unix_users::fresh("ANNA");
    let anna = host.account_of(&unix, &unix.name.to_lowercase(), unix.uid, &[]);
    let line = refused(host, &unix.name, &anna.password);
    assert!(line.contains("reason=not_permitted"), "{line}");
}

/// As with name services that map one name to another.
fn spellings(user: &LoginUser) -> Vec<UnixUser> {
    let name = &user.unix.name;
    let spelled = [name.to_uppercase(), format!("{name}@default"), format!("DOM\\{name}")];
    spelled.iter().map(|spelled| unix_users::spelled(&user.unix, spelled)).collect()
}

fn a_key_alone_does_not_let_a_user_in_under_another_spelling(host: &LoginHost) {
    for service in ["sshd", "strangers-ignored"] {
        let sshd = host.sshd(service, "publickey");
        for (user, is_enrolled) in [(host.enrolled("anna"), true), (host.user("berta"), false)] {
            let key = Key::ed25519();
            user.unix.authorize(&key);
            let begin = |who: &UnixUser| Ssh::to(&sshd).unix_user(who).key(&key).batch().start();
            for spelled in spellings(&user) {
                drop(begin(&spelled).is_refused());
                let parts = [
                    "verdict=reject reason=not_permitted flow=account",
                    &spelled.name.replace('\\', "\\x5c"),
                ];
                drop(host.posternd.logged(&parts));
            }
            if is_enrolled {
                drop(begin(&user.unix).is_refused());
            } else {
                assert_eq!(begin(&user.unix).is_in(), user.unix.name, "the name that the directory has");
            }
        }
    }
}

fn no_password_lets_a_user_in_under_another_spelling(host: &LoginHost) {
    let by = unix_users::fresh("by");
    let anna = host.enrolled("anna");
    for spelled in spellings(&anna) {
        let line = refused(host, &spelled.name, &anna.password);
        assert!(line.contains("reason=not_permitted"), "{line}");
        let mut person = local_login::su("su", &by, &spelled.name, &host.packaged("su", "su"));
        person.expect("Password: ");
        person.answer_hidden(&anna.unix.password);
        assert!(person.is_refused().contains("Authentication failure"), "{}", spelled.name);
    }
    let spelled = anna.unix.name.to_uppercase();
    let mut person = local_login::console("console", &host.packaged("login", "login"));
    person.expect("login: ");
    person.answer_visible(&spelled);
    person.expect("Password: ");
    person.answer_hidden(&anna.unix.password);
    person.expect("Login incorrect");
    drop(host.posternd.logged(&["verdict=reject reason=not_permitted flow=login service=login", &spelled]));
}

fn a_stranger_with_a_key_is_refused_unless_strangers_are_left_to_others(host: &LoginHost) {
    let (local, key) = (unix_users::fresh("local"), Key::ed25519());
    local.authorize(&key);
    let begin =
        |service| Ssh::to(&host.sshd(service, "publickey")).unix_user(&local).key(&key).batch().start();
    drop(begin("sshd").is_refused());
    let name = format!("user={}", local.name);
    drop(host.posternd.logged(&["verdict=reject reason=unknown_account flow=account service=sshd", &name]));
    assert_eq!(begin("strangers-ignored").is_in(), local.name);
}

fn slapd_dn(user: &LoginUser) -> String {
    format!("uid={},{}", user.unix.name, postern_tests::slapd::PEOPLE)
}

const UID_0: &str = "detail=\"the account has uid 0, which is never taken from the directory\"";
const LIMIT: Duration = Duration::from_secs(10);
