//! What a login with Postern takes, beside one with pam_unix.

use std::time::Duration;

use postern_tests::login_host::{LoginHost, LoginUser};
use postern_tests::stopwatch::median;
use postern_tests::{Elapsed, Ssh, Sshd, Stopwatch, pam};

use crate::on_both;

on_both!(a_login_takes_about_as_long_as_with_pam_unix);

fn a_login_takes_about_as_long_as_with_pam_unix(host: &LoginHost) {
    let (plain, mut enrolled) = (host.user("plain"), host.enrolled("enrolled"));
    let unix = Sshd::with("cost", &pam::auth("auth required pam_unix.so nodelay"));
    let ours = host.sshd("sshd", "keyboard-interactive");
    let mut with_unix = Vec::new();
    let mut with_password = Vec::new();
    for _ in 0..ROUNDS {
        with_unix.push(login(&unix, &plain, &plain.unix.password, None));
        with_password.push(login(&ours, &plain, &plain.password, None));
    }
    let codes = [enrolled.app.code(), enrolled.app.code()];
    let with_code = codes.map(|code| login(&ours, &enrolled, &enrolled.password, Some(&code)));
    let (unix, password, code) = (median(&with_unix), median(&with_password), median(&with_code));
    println!(
        "an ssh login takes {unix} with pam_unix, {password} with a main password, {code} with main password and code"
    );
    code.assert_within(2 * unix.unstalled() + Duration::from_secs(3));
}

fn login(sshd: &Sshd, user: &LoginUser, password: &str, code: Option<&str>) -> Elapsed {
    let started = Stopwatch::start();
    let mut person = Ssh::to(sshd).unix_user(&user.unix).batch().start();
    person.expect("Password: ");
    person.answer_hidden(password);
    if let Some(code) = code {
        person.expect("Code from authenticator: ");
        person.answer_visible(code);
    }
    assert_eq!(person.is_in(), user.unix.name);
    started.elapsed()
}

const ROUNDS: usize = 5;
