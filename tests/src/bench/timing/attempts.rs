use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Flow, NonInteractive, Prompter, Secret, Style, Tone, Verdict};

use super::{Row, Table};
use crate::login_host::{LoginHost, LoginUser, Stores};
use crate::{AppPassword, unix_users};

/// A host with accounts to guess at. Limits are wide, or most attempts would be refused by those alone.
pub(super) struct Attempts {
    host: LoginHost,
    plain: Vec<LoginUser>,
    enrolled: Vec<Enrolled>,
    disabled: LoginUser,
    no_account: String,
}

struct Enrolled {
    user: LoginUser,
    app_password: AppPassword,
}

impl Attempts {
    pub(super) fn new(stores: Stores) -> Self {
        let host = LoginHost::with("bench-timing", stores, |site| {
            site.edit_config(|text| text.replace("[limits]\n", "") + LIMITS);
        });
        host.age_ledger();
        let plain = (0..ACCOUNTS).map(|_| host.user("plain")).collect();
        let enrolled = (0..ACCOUNTS).map(|_| {
            let user = host.enrolled("enrolled");
            let app_password = host.site.app_password(&user.unix.name, "Mail", &[]);
            Enrolled { user, app_password }
        });
        let enrolled = enrolled.collect();
        let disabled = host.user("disabled");
        drop(host.site.cli_ok(&["account", "disable", &disabled.unix.name]));
        let no_account = unix_users::fresh("stranger").name;
        Self { host, plain, enrolled, disabled, no_account }
    }

    pub(super) fn tables(&self) -> Vec<Table<'_>> {
        let at_once = [10, 40].map(|count| self.at_once(count));
        [self.mail(), self.login(), self.codes(), self.sessions()].into_iter().chain(at_once).collect()
    }

    fn mail(&self) -> Table<'_> {
        let row = |name, shot: fn(&Self, usize) -> (String, String)| Row {
            name,
            attempt: Box::new(move |number| {
                let (user, secret) = shot(self, number);
                self.refused(
                    Begin { secret: Some(Secret::new(secret)), ..Begin::new(Flow::Login, "imap", user) },
                    number,
                )
            }),
        };
        Table {
            title: "imap",
            at_once: 1,
            rows: vec![
                row("no account", |_, number| (nobody(number), wrong(number))),
                row("no account, the form of an app password", |_, number| (nobody(number), guess(number))),
                row("no second factor, wrong main password", |me, number| (me.plain(number), wrong(number))),
                row("no second factor, the form of an app password", |me, number| {
                    (me.plain(number), guess(number))
                }),
                row("enrolled, wrong main password", |me, number| (me.enrolled(number), wrong(number))),
                row("enrolled, app password of unknown selector", |me, number| {
                    (me.enrolled(number), guess(number))
                }),
                row("enrolled, wrong app password of known selector", |me, number| {
                    let one = &me.enrolled[number % ACCOUNTS];
                    let selector = &one.app_password.password[..4];
                    (one.user.unix.name.clone(), format!("{selector}{}", &guess(number)[4..]))
                }),
                row("disabled account", |me, number| (me.disabled.unix.name.clone(), wrong(number))),
            ],
        }
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
        Table {
            title: "sshd, where Postern checks the main password",
            at_once: 1,
            rows: vec![
                row("no user of this name", |_, number| nobody(number)),
                row("a user without account", |me, _| me.no_account.clone()),
                row("no second factor, wrong main password", Self::plain),
                row("enrolled, wrong main password", Self::enrolled),
                row("disabled account", |me, _| me.disabled.unix.name.clone()),
            ],
        }
    }

    /// From the answer to what comes next, after the right main password.
    fn codes(&self) -> Table<'_> {
        let row = |name, code: fn(usize) -> String| Row {
            name,
            attempt: Box::new(move |number| {
                let one = &self.enrolled[number % ACCOUNTS].user;
                let begin = Begin {
                    secret: Some(Secret::new(one.password.clone())),
                    interactive: true,
                    rhost: Some(address(number)),
                    ..Begin::new(Flow::Login, "sshd", &*one.unix.name)
                };
                let mut typist = Typist { code: code(number), answered: None, took: None };
                let client = Client::connect(&self.host.site.socket(), Instant::now() + LIMIT);
                let ended = client.and_then(|client| client.converse(begin, &mut typist));
                let (Some(answered), Ok(Verdict::Reject(_))) = (typist.answered, &ended) else {
                    panic!("{name}: {ended:?}");
                };
                typist.took.unwrap_or_else(|| answered.elapsed())
            }),
        };
        Table {
            title: "sshd, after the right main password: from a code to the answer",
            at_once: 1,
            rows: vec![
                row("wrong code", |number| format!("{:06}", 100_000 + number * 7 % 900_000)),
                row("recovery code that does not exist", recovery),
                row("neither", |_| "what?".to_owned()),
            ],
        }
    }

    fn sessions(&self) -> Table<'_> {
        let row = |name, user: fn(&Self, usize) -> String, secret: fn(usize) -> String| Row {
            name,
            attempt: Box::new(move |number| {
                self.refused(
                    Begin {
                        secret: Some(Secret::new(secret(number))),
                        ..Begin::new(Flow::Login, "imap", user(self, number))
                    },
                    number,
                )
            }),
        };
        Table {
            title: "imap, a session mail password",
            at_once: 1,
            rows: vec![
                row("no account", |_, number| nobody(number), session),
                row("no session", Self::plain, session),
                row("disabled account", |me, _| me.disabled.unix.name.clone(), session),
                row("not the form of one", Self::plain, |number| format!("postern_mail_{number}")),
            ],
        }
    }

    /// The slowest of so many wrong main passwords for one name at one time, ten from a source.
    fn at_once(&self, count: usize) -> Table<'_> {
        let row = |name, user: fn(&Self, usize) -> String| Row {
            name,
            attempt: Box::new(move |number| {
                let one = |which: usize| {
                    let secret = Some(Secret::new(format!("wrong, {which} of {count}, time {number}")));
                    let begin = Begin { secret, ..Begin::new(Flow::Login, "imap", user(self, number)) };
                    self.refused(begin, number * count.div_ceil(10) + which / 10)
                };
                std::thread::scope(|scope| {
                    let all: Vec<_> = (0..count).map(|which| scope.spawn(move || one(which))).collect();
                    all.into_iter().map(|one| one.join().expect("a refusal")).max().unwrap_or_default()
                })
            }),
        };
        Table {
            title: if count > 10 { "imap, forty at one time" } else { "imap, ten at one time" },
            at_once: count,
            rows: vec![
                row("no account", |_, number| nobody(number)),
                row("no second factor, wrong main passwords", Self::plain),
            ],
        }
    }

    /// How long it takes until a login from a source of its own is refused.
    fn refused(&self, begin: Begin, number: usize) -> Duration {
        let user = begin.user.clone();
        let begin = Begin { rhost: Some(address(number)), ..begin };
        let began = Instant::now();
        let client = Client::connect(&self.host.site.socket(), began + LIMIT);
        let ended = client.and_then(|client| client.converse(begin, &mut NonInteractive));
        let took = began.elapsed();
        assert!(matches!(ended, Ok(Verdict::Reject(_))), "{user}: {ended:?}");
        took
    }

    fn plain(&self, number: usize) -> String {
        self.plain[number % ACCOUNTS].unix.name.clone()
    }

    fn enrolled(&self, number: usize) -> String {
        self.enrolled[number % ACCOUNTS].user.unix.name.clone()
    }
}

/// Types a code once, and nothing after it.
struct Typist {
    code: String,
    answered: Option<Instant>,
    took: Option<Duration>,
}

impl Prompter for Typist {
    fn ask(&mut self, _: Style, _: &str) -> Option<Secret> {
        self.heard();
        if self.answered.is_some() {
            return None;
        }
        self.answered = Some(Instant::now());
        Some(Secret::new(self.code.clone()))
    }

    fn tell(&mut self, _: Tone, _: &str) {
        self.heard();
    }
}

impl Typist {
    fn heard(&mut self) {
        if let (Some(answered), None) = (self.answered, self.took) {
            self.took = Some(answered.elapsed());
        }
    }
}

fn nobody(number: usize) -> String {
    format!("nobody{}", number % 10_000)
}

fn wrong(number: usize) -> String {
    format!("wrong password {number}")
}

/// The form of an app password, another one for each number, with a selector that nobody has.
fn guess(mut number: usize) -> String {
    let mut text = "AAAABBBBCCCC".to_owned();
    for _ in 0..4 {
        text.push(char::from(b'a' + u8::try_from(number % 8).expect("a digit")));
        number /= 8;
    }
    text
}

fn recovery(number: usize) -> String {
    format!("2222{}", guess(number).to_ascii_lowercase())
}

/// The form of a session mail password.
fn session(number: usize) -> String {
    format!("postern_mail_{:A>43}", format!("{:04}", number % 10_000))
}

fn address(number: usize) -> String {
    format!("198.18.{}.{}", number / 256 % 256, number % 256)
}

/// No account may have a hundred wrong codes in a row.
const ACCOUNTS: usize = 36;
const LIMITS: &str = "\n[limits]\nwrong_passwords_per_source = 1000\nwrong_passwords_per_account = 100000\n\
    wrong_codes = 100\nwrong_codes_window = \"1m\"\nwrong_codes_pause = \"1m\"\n";
const LIMIT: Duration = Duration::from_secs(20);
