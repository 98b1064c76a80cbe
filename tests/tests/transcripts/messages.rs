//! Mails about what an administrator did.

use postern_core::words::Language;

use crate::in_both_languages;
use crate::walk::Walk;

in_both_languages!(what_an_administrator_changed);

fn what_an_administrator_changed(language: Language) {
    let mut walk = Walk::new(language, "mails-by-administrator", "Mails about what an administrator changed");
    let host = walk.host.clone();
    host.enrol(&mut walk.user);
    drop(host.site.cli_ok(&["account", "reset", &walk.user.unix.name, "--yes"]));
    for _ in 0..2 {
        let mail = host.mailbox.next_to(&walk.user.address());
        walk.mail(&mail);
    }
    walk.finish();
}
