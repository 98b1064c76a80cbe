//! The demo: one mail host, one person, and what each setting does to her logins, told as a story; on SQLite, or on LDAP
//! and Redis.
//!
//! Everything in it is real: Dovecot, posternd, the command line, sshd, and mail and ssh clients that are not ours, on
//! loopback only.

use std::io::{Result, Write};
use std::time::{Duration, Instant};

use crate::guard::pause;
use crate::site::random_password;
use crate::{Dovecot, Login, MailAnswer, Posternd, Protocol, Site, canary, host};

mod mailbox;
mod phone;
mod servers;
mod ssh;
mod story;
mod webmail;

use mailbox::AccountPages;
use servers::Servers;
use story::Story;

/// Tells the story of a host with neither LDAP nor Redis to `out`; whether every check passed. With `keep` everything goes on until
/// Enter is pressed.
///
/// # Errors
/// `out` cannot be written.
pub fn run(out: &mut dyn Write, keep: bool) -> Result<bool> {
    let mut demo = Demo::begin(Story::new("demo", out))?;
    demo.tell()?;
    let host = demo.second_factor()?;
    let pages = AccountPages::start(&demo.site.socket())?;
    demo.phone(&host, pages.web())?;
    demo.mailbox(&pages)?;
    if keep {
        demo.wait_for_a_look(&pages)?;
    }
    demo.story.end()
}

/// The same for a host whose people are in LDAP and whose ledger is in Redis, and what outages of these change.
///
/// # Errors
/// `out` cannot be written.
pub fn run_on_ldap(out: &mut dyn Write) -> Result<bool> {
    let mut demo = Demo::begin_on_ldap(Story::new("demo-ldap", out))?;
    demo.tell()?;
    demo.redis_goes_away()?;
    demo.ldap_goes_away()?;
    demo.story.end()
}

/// Web mail behind the second step, with a real Roundcube in a real browser.
///
/// # Errors
/// `out` cannot be written.
pub fn run_webmail(out: &mut dyn Write) -> Result<bool> {
    webmail::Webmail::tell(Story::new("demo-webmail", out))
}

struct Demo<'w> {
    story: Story<'w>,
    dovecot: Dovecot,
    posternd: Posternd,
    site: Site,
    main_password: String,
    servers: Option<Servers>,
}

impl<'w> Demo<'w> {
    /// What every site has in common.
    fn tell(&mut self) -> Result<()> {
        self.main_password_alone()?;
        let thunderbird = self.an_app_password()?;
        self.app_passwords_only(&thunderbird)?;
        let backup = self.scope()?;
        self.networks()?;
        self.expiry()?;
        let thunderbird = self.regeneration(&thunderbird)?;
        self.revocation(&thunderbird, &backup)?;
        self.last_used()
    }

    fn begin(mut story: Story<'w>) -> Result<Self> {
        story.heading("A mail host, and Alice with her main password")?;
        let site = Site::builder("demo").setting("[services.sshd]", "second_factor = \"required\"").build();
        let posternd = site.posternd();
        let dovecot = site.dovecot();
        story.say(
            "Dovecot asks postern-checkpassword, which asks posternd; accounts are in one SQLite file.",
        )?;
        let main_password = random_password();
        let mut demo = Self { story, dovecot, posternd, site, main_password, servers: None };
        demo.make_alice()?;
        Ok(demo)
    }

    fn main_password_alone(&mut self) -> Result<()> {
        let main = self.main_password.clone();
        self.is_let_in(Protocol::Imap, "the main password", &main)?;
        self.is_let_in(Protocol::Pop3, "the main password", &main)?;
        self.is_refused(Protocol::Imap, "a wrong password", &random_password())?;
        Ok(())
    }

    fn make_alice(&mut self) -> Result<()> {
        let home = self.site.dir().join("home/alice");
        host::make_dir(&home, (UID.into(), UID.into()), 0o700);
        let (uid, home) = (UID.to_string(), home.display().to_string());
        let args =
            ["account", "create", ALICE, "--uid", &uid, "--gid", &uid, "--home", &home, "--password-stdin"];
        let ran = self.site.cli_stdin(&args, &self.main_password);
        self.story.command(&args, &ran)
    }

    fn an_app_password(&mut self) -> Result<String> {
        self.story.heading("An app password for Thunderbird")?;
        let password = self.shown_by(&["app-password", "create", ALICE, "--label", "Thunderbird"])?;
        self.is_let_in(Protocol::Imap, "the app password", &password)?;
        self.is_let_in(Protocol::Pop3, "the app password", &password)?;
        self.is_let_in(Protocol::Imap, "the app password typed without spaces", &password.replace(' ', ""))?;
        self.is_let_in(Protocol::Imap, "the main password, as before,", &self.main_password.clone())?;
        Ok(password)
    }

    fn app_passwords_only(&mut self, app: &str) -> Result<()> {
        self.story.heading("App passwords only")?;
        self.command(&["account", "policy", ALICE, "--main-password-on-mail", "never"])?;
        let main = self.main_password.clone();
        let refused = self.is_refused(Protocol::Imap, "the main password", &main)?;
        self.is_refused(Protocol::Pop3, "the main password", &main)?;
        self.is_let_in(Protocol::Imap, "the app password", app)?;
        self.is_let_in(Protocol::Pop3, "the app password", app)?;
        let stranger = self.dovecot.imap("nobody-of-that-name", &main);
        let same = stranger.text() == refused.text();
        self.story.check("somebody without an account hears the same words", same, stranger.text())
    }

    fn scope(&mut self) -> Result<String> {
        self.story.heading("Scope: an app password for one service")?;
        let backup =
            self.shown_by(&["app-password", "create", ALICE, "--label", "Backup", "--scope", "imap"])?;
        self.is_let_in(Protocol::Imap, "the app password for IMAP", &backup)?;
        self.is_refused(Protocol::Pop3, "the app password for IMAP", &backup)?;
        Ok(backup)
    }

    fn networks(&mut self) -> Result<()> {
        self.story.heading("Networks: an app password for one place")?;
        let args = ["app-password", "create", ALICE, "--label", "Office", "--network", "127.0.0.2/32"];
        let office = self.shown_by(&args)?;
        for (place, source, expected) in [("inside", "127.0.0.2", true), ("outside", "127.0.0.3", false)] {
            let answer = Login::new(&self.dovecot, Protocol::Imap, ALICE, &office).from(source).run();
            let what = format!("IMAP with the app password from {source}, which is {place},");
            self.story.login(&what, &answer, expected)?;
        }
        Ok(())
    }

    fn expiry(&mut self) -> Result<()> {
        self.story.heading("Expiry: an app password for a short while")?;
        let args = ["app-password", "create", ALICE, "--label", "Visitor", "--expires", VISIT];
        let visitor = self.shown_by(&args)?;
        let made = Instant::now();
        self.is_let_in(Protocol::Imap, "the app password before its time is over", &visitor)?;
        pause(VISIT_IS_OVER.saturating_sub(made.elapsed()));
        self.is_refused(Protocol::Imap, "the app password after that", &visitor)?;
        Ok(())
    }

    fn regeneration(&mut self, old: &str) -> Result<String> {
        self.story.heading("Regeneration: a new app password in the place of the old")?;
        let new = self.shown_by(&["app-password", "regenerate", ALICE, id_of(old)])?;
        self.is_refused(Protocol::Imap, "the old app password, at once,", old)?;
        self.is_let_in(Protocol::Imap, "the new app password", &new)?;
        self.is_let_in(Protocol::Pop3, "the new app password", &new)?;
        Ok(new)
    }

    fn revocation(&mut self, lost: &str, kept: &str) -> Result<()> {
        self.story.heading("Revocation: the laptop with Thunderbird is lost")?;
        self.command(&["app-password", "revoke", ALICE, id_of(lost)])?;
        self.is_refused(Protocol::Imap, "the revoked app password, at once,", lost)?;
        self.is_refused(Protocol::Pop3, "the revoked app password", lost)?;
        self.is_let_in(Protocol::Imap, "another app password, as before,", kept)?;
        Ok(())
    }

    fn last_used(&mut self) -> Result<()> {
        self.story.heading("Who uses what: each app password with its last use")?;
        let list = self.command(&["app-password", "list", ALICE])?;
        let row = |label: &str| list.lines().find(|line| line.contains(label)).unwrap_or_default().to_owned();
        let (backup, office, visitor) = (row("Backup"), row("Office"), row("Visitor"));
        self.story.check(
            "the list says when, to what and from where Backup was used",
            backup.contains("imap from 127.0.0.1"),
            &backup,
        )?;
        self.story.check(
            "the list says the same of Office",
            office.contains("imap from 127.0.0.2"),
            &office,
        )?;
        self.story.check("the list says that Visitor has expired", visitor.contains("expired"), &visitor)?;
        self.story.check(
            "the list has no line for Thunderbird",
            row("Thunderbird").is_empty(),
            "it was revoked",
        )?;
        let log = self.site.output().join("posternd.log");
        let log = std::fs::read_to_string(log)?;
        let line = log.lines().rev().find(|line| line.contains("verdict=reject")).unwrap_or_default();
        let line = line.split_once("verdict=").map_or("", |(_, rest)| rest);
        let told =
            line.contains("account=") && line.contains("rhost=127.0.0.1") && line.contains("app_password=");
        self.story.check(
            "the log says why the last refused login was refused",
            told,
            &format!("verdict={line}"),
        )
    }

    /// Runs and shows a command that shows an app password, and returns that.
    fn shown_by(&mut self, args: &[&str]) -> Result<String> {
        let shown = self.command(args)?;
        let found = canary::register_shown(&shown);
        self.story.check(
            "the command shows one app password",
            found.len() == 1,
            "in four groups, this once",
        )?;
        Ok(found.into_iter().next().unwrap_or_else(random_password))
    }

    fn command(&mut self, args: &[&str]) -> Result<String> {
        let ran = self.site.cli(args);
        self.story.command(args, &ran)?;
        Ok(ran.stdout)
    }

    fn is_let_in(&mut self, protocol: Protocol, with: &str, password: &str) -> Result<MailAnswer> {
        self.login(protocol, with, password, true)
    }

    fn is_refused(&mut self, protocol: Protocol, with: &str, password: &str) -> Result<MailAnswer> {
        self.login(protocol, with, password, false)
    }

    fn login(
        &mut self,
        protocol: Protocol,
        with: &str,
        password: &str,
        expected: bool,
    ) -> Result<MailAnswer> {
        let answer = Login::new(&self.dovecot, protocol, ALICE, password).run();
        let name = match protocol {
            Protocol::Imap => "IMAP",
            Protocol::Pop3 => "POP3",
        };
        self.story.login(&format!("{name} with {with}"), &answer, expected)?;
        Ok(answer)
    }
}

/// The first group, by which lists and commands name an app password.
fn id_of(password: &str) -> &str {
    password.split(' ').next().unwrap_or_default()
}

const ALICE: &str = "alice";
const UID: u32 = 20_000;
const VISIT: &str = "4s";
const VISIT_IS_OVER: Duration = Duration::from_secs(4);
