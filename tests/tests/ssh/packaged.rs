//! The files that Postern ships for sshd, in a real sshd.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use postern_tests::login_host::LoginHost;
use postern_tests::{Key, Ssh, Sshd};

use crate::on_both;

on_both!(password_and_code_as_shipped, key_and_code_as_shipped);

fn sshd(host: &LoginHost, stack: &str, service: &str, lines: &str) -> Arc<Sshd> {
    let lines = shipped("sshd").join(lines);
    let sshd = Sshd::builder("packaged").pam(&host.packaged(stack, service));
    Arc::new(sshd.set("Include", &lines.display().to_string()).start())
}

fn password_and_code_as_shipped(host: &LoginHost) {
    let (mut anna, berta, key) = (host.enrolled("anna"), host.user("berta"), Key::ed25519());
    let sshd = sshd(host, "sshd", "sshd", "password-and-code.conf");
    anna.unix.authorize(&key);
    let mut person = Ssh::to(&sshd).unix_user(&anna.unix).key(&key).batch().start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = Ssh::to(&sshd).unix_user(&berta.unix).start();
    person.expect("Password: ");
    person.answer_hidden(&berta.password);
    assert_eq!(person.is_in(), berta.unix.name);
    person.leave();
    let mut person = Ssh::to(&sshd).unix_user(&berta.unix).start();
    person.expect("Password: ");
    person.answer_hidden(&berta.unix.password);
    drop(person.is_refused());
}

fn key_and_code_as_shipped(host: &LoginHost) {
    let (mut anna, berta, key) = (host.enrolled("anna"), host.user("berta"), Key::ed25519());
    let sshd = sshd(host, "sshd-key", "sshd-key", "key-and-code.conf");
    for user in [&anna, &berta] {
        user.unix.authorize(&key);
    }
    let mut person = Ssh::to(&sshd).unix_user(&anna.unix).key(&key).start();
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    person.expect("Skip the second factor for 30 days when you log in from this device? [y/N] ");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(person.run("env | grep POSTERN | wc -l"), "0\n");
    person.leave();
    let mut person = Ssh::to(&sshd).unix_user(&berta.unix).key(&key).start();
    drop(person.is_refused());
    drop(host.logged(&berta, &["verdict=ignore", "flow=login service=sshd-key"]));
    let mut person = Ssh::to(&sshd).unix_user(&anna.unix).start();
    assert!(
        person.is_refused().contains("Permission denied (publickey)"),
        "nothing is asked without the key"
    );
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name)
}
