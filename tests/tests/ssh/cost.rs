//! What a login with Postern takes, beside one with pam_unix.

use std::time::{Duration, Instant};

use postern_tests::login_host::{LoginHost, LoginUser};
use postern_tests::{Ssh, Sshd, pam};

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
    let (unix, password, code) = (middle(with_unix), middle(with_password), middle(with_code.to_vec()));
    println!(
        "an ssh login takes {} ms with pam_unix, {} ms with a main password, {} ms with main password and code",
        unix.as_millis(),
        password.as_millis(),
        code.as_millis()
    );
    // On a machine that does a dozen other things.
    assert!(code < 2 * unix + Duration::from_secs(3), "{code:?} beside {unix:?}");
}

fn login(sshd: &Sshd, user: &LoginUser, password: &str, code: Option<&str>) -> Duration {
    let started = Instant::now();
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

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

const ROUNDS: usize = 5;
