use std::io::Result;
use std::time::Duration;

use crate::guard::wait_for;
use crate::{Listen, Protocol, Redis, Site, Slapd, host};

use super::{ALICE, Demo, Story};

/// Where a site on LDAP and Redis keeps what it knows.
pub(super) struct Servers {
    slapd: Slapd,
    redis: Redis,
}

impl<'w> Demo<'w> {
    pub(super) fn begin_on_ldap(mut story: Story<'w>) -> Result<Self> {
        story.heading("A mail host, and Alice with her main password in LDAP")?;
        let homes = host::test_dir().join("homes/demo");
        let slapd = Slapd::builder("demo").person(ALICE).crowd(OTHERS).home_dir(&homes).start();
        let redis = Redis::start("demo", Listen::Tcp);
        let site = Site::builder("demo").ldap(&slapd).build();
        redis.join(&site);
        let alice = slapd.person(ALICE);
        site.make_home(&alice);
        let posternd = site.posternd();
        let dovecot = site.dovecot();
        story.say(
            "Dovecot asks postern-checkpassword, which asks posternd; people are in slapd, reached by TLS, with Postern's schema\n\
             and access rules; attempts and last uses are in Redis.",
        )?;
        let servers = Some(Servers { slapd, redis });
        let mut demo = Self { story, dovecot, posternd, site, main_password: alice.password, servers };
        demo.site_is_in_order()?;
        Ok(demo)
    }

    fn site_is_in_order(&mut self) -> Result<()> {
        let check = self.command(&["check"])?;
        let holds = !check.is_empty() && !check.contains("FAIL");
        self.story.check("every part of the configuration is in order", holds, "no line says FAIL")?;
        let listed = self.site.cli_json(&["account", "list"]);
        let count = listed["accounts"].as_array().map_or(0, Vec::len);
        let holds = u32::try_from(count) == Ok(OTHERS + 1);
        self.story.check("everybody in LDAP has an account", holds, &format!("{count} accounts"))?;
        let create = self.site.cli(&["account", "create", "carol", "--no-password"]);
        let holds = create.code == EX_USAGE && create.stderr.contains("LDAP");
        self.story.check("new people are left to LDAP's own tools", holds, create.stderr.trim())
    }

    pub(super) fn redis_goes_away(&mut self) -> Result<()> {
        self.story.heading("Redis is killed, and comes back")?;
        let phone = self.shown_by(&["app-password", "create", ALICE, "--label", "Phone"])?;
        self.servers().redis.kill();
        self.is_let_in(Protocol::Imap, "an app password while Redis is gone", &phone)?;
        self.is_let_in(Protocol::Pop3, "an app password while Redis is gone", &phone)?;
        let lost = self.shown_by(&["app-password", "create", ALICE, "--label", "Tablet"])?;
        self.command(&["app-password", "revoke", ALICE, super::id_of(&lost)])?;
        self.is_refused(Protocol::Imap, "one that was revoked meanwhile", &lost)?;
        self.servers().redis.start_again();
        self.is_let_in(Protocol::Imap, "an app password after that", &phone)?;
        Ok(())
    }

    pub(super) fn ldap_goes_away(&mut self) -> Result<()> {
        self.story.heading("LDAP is stopped, and comes back")?;
        let phone = self.shown_by(&["app-password", "create", ALICE, "--label", "Laptop"])?;
        self.is_let_in(Protocol::Imap, "an app password", &phone)?;
        self.servers().slapd.stop();
        for (what, secret) in [("the app password", phone.clone()), ("a wrong one", "wrong".to_owned())] {
            let answer = self.dovecot.imap(ALICE, &secret);
            let holds = answer.is_unavailable() && answer.text().contains("[UNAVAILABLE]");
            self.story.check(&format!("IMAP with {what} is put off, not refused"), holds, answer.text())?;
        }
        self.servers().slapd.start();
        wait_for("logins to work again", LIMIT, || self.dovecot.imap(ALICE, &phone).is_in().then_some(()));
        self.is_let_in(Protocol::Imap, "the app password, without anybody's help,", &phone)?;
        self.is_let_in(Protocol::Pop3, "the app password, without anybody's help,", &phone)?;
        Ok(())
    }

    fn servers(&mut self) -> &mut Servers {
        self.servers.as_mut().expect("this story is about servers")
    }
}

const OTHERS: u32 = 49;
const EX_USAGE: i32 = 64;
const LIMIT: Duration = Duration::from_secs(10);
