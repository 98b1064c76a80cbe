//! Compares logins through a real Dovecot's auth socket: Postern, two checkpassword programs that do nothing, and
//! Dovecot's own passdb ldap.
//!
//! `bench-mail [ROUNDS [SECONDS]] [dovecot-2.4]`; run it with `make bench-mail` and `make bench-mail-2.4`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::Release;
use postern_tests::bench::{Plan, mail, program};

fn main() -> ExitCode {
    let plan = Plan::with_names(9, 1.0).and_then(|(plan, names)| Some((plan, release(&names)?)));
    let run = plan.map(|(plan, release)| move |out: &mut dyn Write| mail(&plan, release, out));
    program("bench-mail", "[ROUNDS [SECONDS]] [dovecot-2.4]", run)
}

fn release(names: &[String]) -> Option<Release> {
    match names {
        [] => Some(Release::V2_3),
        [name] if name == "dovecot-2.4" => Some(Release::V2_4),
        _ => None,
    }
}
