use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Flow, NonInteractive, Secret, Verdict};

use super::code_timer::CodeTimer;
use super::people::People;
use super::{Row, Table};
use crate::guesses::{unknown_app_password, wrong_app_password};

/// The name and the secret of an attempt of a number.
type Shot = fn(&People, usize) -> (String, String);

impl People {
    pub(super) fn tables(&self) -> Vec<Table<'_>> {
        let mut tables = vec![
            self.mail(),
            self.of_no_use(),
            self.own_policy(),
            self.login(),
            self.codes(),
            self.sessions(),
        ];
        tables.extend([10, 40].map(|count| self.at_once(count, false)));
        tables.push(self.at_once(3, true));
        tables
    }

    fn mail(&self) -> Table<'_> {
        let mut rows = vec![
            self.row("imap", "no account", |_, number| (nobody(number), wrong(number))),
            self.row("imap", NOBODYS_APP_PASSWORD, |_, number| {
                (nobody(number), unknown_app_password(number))
            }),
            self.row("imap", "no second factor, wrong main password", |me, number| {
                (me.plain(number), wrong(number))
            }),
            self.row("imap", "no second factor, the form of an app password", |me, number| {
                (me.plain(number), unknown_app_password(number))
            }),
            self.row("imap", "enrolled, wrong main password", |me, number| {
                (me.enrolled(number).name(), wrong(number))
            }),
            self.row("imap", "enrolled, app password of unknown selector", |me, number| {
                (me.enrolled(number).name(), unknown_app_password(number))
            }),
            self.row("imap", "enrolled, wrong app password of known selector", |me, number| {
                let one = me.enrolled(number);
                (one.name(), wrong_app_password(&one.app_password.password, number))
            }),
            self.row("imap", DISABLED, |me, number| (me.disabled.unix.name.clone(), wrong(number))),
        ];
        if self.with_older_password.is_some() {
            rows.push(self.row("imap", "wrong main password, of half the cost", |me, number| {
                let user = me.with_older_password.as_ref().expect("an account");
                (user.unix.name.clone(), wrong(number))
            }));
        }
        Table::of("imap", rows)
    }

    fn of_no_use(&self) -> Table<'_> {
        fn owner(people: &People) -> String {
            people.of_no_use.owner.clone()
        }
        let rows = vec![
            // Another one than in the table before: what was wrong before is known, and computed no more.
            self.row("imap", NOBODYS_APP_PASSWORD, |_, number| (nobody(number), other_guess(number))),
            self.row("imap", "app password of unknown selector", |me, number| {
                (owner(me), unknown_app_password(number))
            }),
            self.row("imap", "revoked app password", |me, _| (owner(me), me.of_no_use.revoked.clone())),
            self.row("imap", "expired app password", |me, _| (owner(me), me.of_no_use.expired.clone())),
            self.row("imap", "app password for smtp", |me, _| (owner(me), me.of_no_use.of_smtp.clone())),
            self.row("imap", "app password of another network", |me, _| {
                (owner(me), me.of_no_use.of_a_network.clone())
            }),
        ];
        Table::of("imap, app passwords that open nothing", rows)
    }

    fn own_policy(&self) -> Table<'_> {
        let rows = vec![
            self.row("pop3", "no account", |_, number| (nobody(number), wrong(number))),
            self.row("pop3", "no second factor", |me, number| (me.plain(number), wrong(number))),
            self.row("pop3", "enrolled", |me, number| (me.enrolled(number).name(), wrong(number))),
            self.row("pop3", "a policy of its own that takes main passwords", |me, number| {
                (me.with_own_policy.unix.name.clone(), wrong(number))
            }),
        ];
        Table::of("pop3, wrong main passwords, where the site's policy takes none", rows)
    }

    fn login(&self) -> Table<'_> {
        let row = |name, user: fn(&Self, usize) -> String| Row {
            name,
            attempt: Box::new(move |number| {
                self.refused(
                    Begin {
                        secret: Some(Secret::new(format!("wrong at sshd {number}"))),
                        interactive: true,
                        ..Begin::new(Flow::Login, "sshd", user(self, number))
                    },
                    number,
                )
            }),
        };
        let rows = vec![
            row("no user of this name", |_, number| nobody(number)),
            row("a user without account", |me, _| me.without_account.clone()),
            row("no second factor, wrong main password", Self::plain),
            row("enrolled, wrong main password", |me, number| me.enrolled(number).name()),
            row(DISABLED, |me, _| me.disabled.unix.name.clone()),
        ];
        Table::of("sshd, where Postern checks the main password", rows)
    }

    /// From the answer to what comes next, after the right main password.
    fn codes(&self) -> Table<'_> {
        let row = |name, code: fn(usize) -> String| Row {
            name,
            attempt: Box::new(move |number| {
                let one = &self.enrolled(number).user;
                let begin = Begin {
                    secret: Some(Secret::new(one.password.clone())),
                    interactive: true,
                    rhost: Some(address(number)),
                    ..Begin::new(Flow::Login, "sshd", &*one.unix.name)
                };
                let mut timer = CodeTimer::of(code(number));
                let client = Client::connect(&self.host.site.socket(), Instant::now() + LIMIT);
                let ended = client.and_then(|client| client.converse(begin, &mut timer));
                let (Some(took), Ok(Verdict::Reject(_))) = (timer.took(), &ended) else {
                    panic!("{name}: {ended:?}");
                };
                took
            }),
        };
        let rows = vec![
            row("wrong code", |number| format!("{:06}", 100_000 + number * 7 % 900_000)),
            row("recovery code that does not exist", recovery),
            row("neither", |_| "what?".to_owned()),
        ];
        Table::of("sshd, after the right main password: from a code to the answer", rows)
    }

    fn sessions(&self) -> Table<'_> {
        let rows = vec![
            self.row("imap", "no account", |_, number| (nobody(number), session(number))),
            self.row("imap", "no session", |me, number| (me.plain(number), session(number))),
            self.row("imap", DISABLED, |me, number| (me.disabled.unix.name.clone(), session(number))),
            self.row("imap", "not the form of one", |me, number| {
                (me.plain(number), format!("postern_mail_{number}"))
            }),
        ];
        Table::of("imap, a session mail password", rows)
    }

    /// The slowest of so many wrong main passwords for one name at one time, ten from a source. On a busy machine some of them fail
    /// temporarily.
    fn at_once(&self, count: usize, beside_inventions: bool) -> Table<'_> {
        let row = |name, user: fn(&Self, usize) -> String| Row {
            name,
            attempt: Box::new(move |number| {
                let one = |which: usize| {
                    let secret = Some(Secret::new(format!("wrong, {which} of {count}, time {number}")));
                    let begin = Begin { secret, ..Begin::new(Flow::Login, "imap", user(self, number)) };
                    let (verdict, took) = self.attempt(begin, number * count.div_ceil(10) + which / 10);
                    assert!(matches!(verdict, Verdict::Reject(_) | Verdict::Defer(_)), "{verdict:?}");
                    took
                };
                std::thread::scope(|scope| {
                    let all: Vec<_> = (0..count).map(|which| scope.spawn(move || one(which))).collect();
                    all.into_iter().map(|one| one.join().expect("a refusal")).max().unwrap_or_default()
                })
            }),
        };
        let rows = vec![
            row("no account", |_, number| nobody(number)),
            row("no second factor, wrong main passwords", Self::plain),
        ];
        Table { title: format!("imap, {count} at one time"), at_once: count, beside_inventions, rows }
    }

    /// Attempts of a service that asks for nothing.
    fn row(&self, service: &'static str, name: &'static str, shot: Shot) -> Row<'_> {
        let attempt = move |number| {
            let (user, secret) = shot(self, number);
            let begin = Begin { secret: Some(Secret::new(secret)), ..Begin::new(Flow::Login, service, user) };
            self.refused(begin, number)
        };
        Row { name, attempt: Box::new(attempt) }
    }

    /// How long it takes until a login from a source of its own is refused.
    fn refused(&self, begin: Begin, number: usize) -> Duration {
        let user = begin.user.clone();
        let (verdict, took) = self.attempt(begin, number);
        assert!(matches!(verdict, Verdict::Reject(_)), "{user}: {verdict:?}");
        took
    }

    fn attempt(&self, begin: Begin, number: usize) -> (Verdict, Duration) {
        let begin = Begin { rhost: Some(address(number)), ..begin };
        let began = Instant::now();
        let client = Client::connect(&self.host.site.socket(), began + LIMIT);
        let ended = client.and_then(|client| client.converse(begin, &mut NonInteractive));
        (ended.expect("a verdict"), began.elapsed())
    }
}

fn nobody(number: usize) -> String {
    format!("nobody{}", number % 10_000)
}

fn wrong(number: usize) -> String {
    format!("wrong password {number}")
}

/// The same with another selector.
fn other_guess(number: usize) -> String {
    format!("DDDD{}", &unknown_app_password(number)[4..])
}

fn recovery(number: usize) -> String {
    format!("2222{}", unknown_app_password(number).to_ascii_lowercase())
}

/// The form of a session mail password.
fn session(number: usize) -> String {
    format!("postern_mail_{:A>43}", format!("{:04}", number % 10_000))
}

fn address(number: usize) -> String {
    format!("198.18.{}.{}", number / 256 % 256, number % 256)
}

const NOBODYS_APP_PASSWORD: &str = "no account, the form of an app password";
const DISABLED: &str = "disabled account";
const LIMIT: Duration = Duration::from_secs(20);
