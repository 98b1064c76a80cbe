//! What takes a minute begins first.

use std::time::Duration;

use postern_tests::courier_host::{CourierHost, stored_challenges};
use postern_tests::{guard, otp};

use crate::on_both;

on_both!(after_its_time_a_code_opens_nothing,);

fn after_its_time_a_code_opens_nothing(host: &CourierHost) {
    let anna = host.user("anna");
    host.bind_email(&anna, &[]);
    let mut person = host.knows_the_password("sshd", &anna);
    person.expect("Code sent to ");
    let code = host.mail(&anna.backup(), "Your code for ssh login on ").code();
    if let Some(redis) = &host.redis {
        // Not even if an attacker with write access extends it by an hour.
        let hour = (otp::now() + 3_600).to_string();
        let kept = stored_challenges(redis, &anna);
        assert!(!kept.is_empty());
        for (key, id) in kept {
            drop(redis.cli(&["HSET", &key, &format!("{id}:expires"), &hour]));
            drop(redis.cli(&["EXPIRE", &key, "3600"]));
        }
    }
    guard::pause(LIFETIME);
    person.answer_visible(&code);
    person.expect("That code is wrong, or was used before.");
    drop(person);
    drop(host.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]));
}

/// Beyond that of a code here.
const LIFETIME: Duration = Duration::from_secs(61);
