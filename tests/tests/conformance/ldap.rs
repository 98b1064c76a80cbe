//! LDAP on a real slapd, held to what core expects of every directory.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::{AccountData, FactorKey};
use postern_core::account_status::AccountStatus;
use postern_core::clock::SystemClock;
use postern_core::config::{Config, DirectoryKind};
use postern_core::directory::{Directory, DirectoryError};
use postern_core::keyring::Digest;
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_store::LdapDirectory;
use postern_tests::conformance::directory::DirectoryFixture;
use postern_tests::slapd::{PEOPLE, Slapd};

postern_tests::directory_conformance!(directory, LdapFixture::new());

/// Neither with the others nor without them: a number could be bound twice.
#[tokio::test]
async fn a_factor_key_that_is_none_is_an_error() {
    let f = LdapFixture::new();
    f.add("alice", &[], None).await;
    let name = LoginName::new("alice").unwrap();
    let account = f.directory.find(&name, Class::Mail).await.unwrap().unwrap();
    let good = FactorKey(Digest::new([0xab; 16]));
    let data = AccountData { factor_keys: vec![good], ..AccountData::default() };
    _ = f.directory.update(&account.id, account.revision, &data).await.unwrap();
    let stored = f.slapd.entry(&format!("uid=alice,{PEOPLE}")).texts("posternFactorKey");
    assert_eq!(stored, ["ab".repeat(16)]);
    for bad in ["ABABABABABABABABABABABABABABABAB", "ab", "{}"] {
        f.change(
            "alice",
            &format!("replace: posternFactorKey\nposternFactorKey: {good}\nposternFactorKey: {bad}"),
        );
        let read = f.directory.find(&name, Class::Mail).await;
        assert!(
            matches!(&read, Err(DirectoryError::Broken(why)) if why.contains("posternFactorKey")),
            "{bad}: {read:?}"
        );
    }
}

/// Otherwise an account that may no longer log in would be unknown.
#[tokio::test]
async fn a_uid_is_found_apart_from_the_condition_for_logins() {
    let f = LdapFixture::with(
        "login_filter = \"(&(objectClass=posixAccount)(!(employeeType=left))(uid={user}))\"\n",
    );
    f.add("alice", &[], None).await;
    let name = LoginName::new("alice").unwrap();
    let at_login = async || f.directory.find(&name, Class::Login).await.unwrap();
    assert!(at_login().await.is_some());
    f.change("alice", "replace: employeeType\nemployeeType: left");
    assert_eq!(at_login().await, None);
    assert_eq!(f.directory.find_by_uid(10_001).await.unwrap().unwrap().name, "alice");
}

struct LdapFixture {
    slapd: Slapd,
    directory: Arc<LdapDirectory>,
}

impl LdapFixture {
    fn new() -> Self {
        Self::with("")
    }

    /// With further settings of the directory.
    fn with(more: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("conformance{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let slapd = Slapd::with(&name, &[]);
        let directory = open(&slapd, &slapd.ldaps_uri(), more);
        Self { slapd, directory: Arc::new(directory) }
    }

    fn change(&self, name: &str, changes: &str) {
        self.slapd.set(&format!("uid={name},{PEOPLE}"), changes);
    }
}

/// The directory at `uri`, which leads to `slapd`.
pub(crate) fn open(slapd: &Slapd, uri: &str, more: &str) -> LdapDirectory {
    let text = format!(
        "{}{more}disabled = [\"(employeeType=gone)\"]\n[ledger]\nkind = \"embedded\"\n",
        slapd.directory_toml(&[uri])
    );
    let config = Config::parse(Path::new("postern.toml"), &text).unwrap();
    let DirectoryKind::Ldap(ldap) = &config.directory else { panic!("the kind is ldap") };
    LdapDirectory::open(ldap, &config.userdb, Arc::new(SystemClock)).unwrap()
}

#[async_trait]
impl DirectoryFixture for LdapFixture {
    fn directory(&self) -> Arc<dyn Directory> {
        self.directory.clone()
    }

    async fn add(&self, name: &str, addresses: &[&str], password: Option<&str>) {
        let mut ldif = format!(
            "dn: uid={name},{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nobjectClass: shadowAccount\n\
             uid: {name}\ncn: {name}\nsn: {name}\nuidNumber: 10001\ngidNumber: 10001\nhomeDirectory: /srv/{name}\n"
        );
        addresses.iter().for_each(|address| ldif.push_str(&format!("mail: {address}\n")));
        password.iter().for_each(|password| ldif.push_str(&format!("userPassword: {password}\n")));
        self.slapd.add(&ldif);
    }

    async fn set_uid(&self, name: &str, uid: u32) {
        self.change(name, &format!("replace: uidNumber\nuidNumber: {uid}"));
    }

    async fn set_password(&self, name: &str, password: &str) {
        // pwdChangedTime counts whole seconds.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        self.change(name, &format!("replace: userPassword\nuserPassword: {password}"));
    }

    async fn set_status(&self, name: &str, status: AccountStatus) {
        let (gone, expire) = match status {
            AccountStatus::Active => ("", ""),
            AccountStatus::Disabled => ("\nemployeeType: gone", ""),
            AccountStatus::Expired => ("", "\nshadowExpire: 1"),
        };
        self.change(name, &format!("replace: employeeType{gone}\n-\nreplace: shadowExpire{expire}"));
    }
}
