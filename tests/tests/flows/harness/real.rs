//! A site on a real slapd and a real Redis.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postern_core::account::{AccountId, Attributes};
use postern_core::config::{Config, DirectoryKind};
use postern_core::directory::Directory;
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_store::{LdapDirectory, LedgerTime, RedisLedger};
use postern_tests::slapd::PEOPLE;
use postern_tests::{Listen, Redis, Slapd, host};
use tempfile::TempDir;

use super::TestClock;
use super::setup::hasher;
use super::site::{MAIN_PASSWORD, People, Site};

struct InLdap {
    slapd: Slapd,
    directory: Arc<LdapDirectory>,
    // Ends with the site.
    _redis: Redis,
}

impl Site {
    /// On slapd and Redis, which end with it; `name` names their logs.
    pub(crate) async fn on_ldap_and_redis(name: &str) -> Self {
        host::require_test_host();
        let (slapd, redis) = (Slapd::with(name, &[]), Redis::start(name, Listen::Tcp));
        let text = format!("{}[ledger]\nkind = \"embedded\"\n", slapd.directory_toml(&[&slapd.ldaps_uri()]));
        let config = Config::parse(Path::new("postern.toml"), &text).unwrap();
        let DirectoryKind::Ldap(ldap) = &config.directory else { panic!("the kind is ldap") };
        let clock = Arc::new(TestClock::new());
        let directory =
            Arc::new(LdapDirectory::open(ldap, &config.userdb, Arc::<TestClock>::clone(&clock)).unwrap());
        let ledger = Arc::new(
            RedisLedger::open_at(&redis.config(), Arc::<TestClock>::clone(&clock), LedgerTime::Caller)
                .unwrap(),
        );
        let people = InLdap { slapd, directory: Arc::clone(&directory), _redis: redis };
        let dir = TempDir::new().unwrap();
        Self::on(directory, ledger, Arc::new(people), clock, hasher(), dir).await
    }
}

impl InLdap {
    async fn find(&self, name: &str) -> AccountId {
        self.directory.find(&LoginName::new(name).unwrap(), Class::Login).await.unwrap().unwrap().id
    }

    async fn dn(&self, id: &AccountId) -> String {
        self.directory.read(id).await.unwrap().unwrap().locator
    }
}

#[async_trait::async_trait]
impl People for InLdap {
    async fn add(&self, name: &str, attributes: Attributes) -> AccountId {
        let mut ldif = format!(
            "dn: uid={name},{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: {name}\ncn: {name}\n\
             sn: {name}\ngidNumber: 10001\nhomeDirectory: /srv/{name}\nuserPassword: {MAIN_PASSWORD}\n"
        );
        for (attribute, values) in attributes.iter() {
            values.iter().for_each(|value| ldif.push_str(&format!("{attribute}: {value}\n")));
        }
        self.slapd.add(&ldif);
        self.find(name).await
    }

    async fn set_main_password(&self, id: &AccountId, password: &str) {
        // pwdChangedTime counts whole seconds.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let dn = self.dn(id).await;
        self.slapd.set(&dn, &format!("replace: userPassword\nuserPassword: {password}"));
    }

    async fn rename(&self, id: &AccountId, name: &str) {
        let dn = self.dn(id).await;
        self.slapd.set(&dn, &format!("replace: uid\nuid: {name}"));
    }

    fn spread(&self) -> u32 {
        1000
    }
}
