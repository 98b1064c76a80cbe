use postern_tests::self_service::Visit;
use postern_tests::{Listen, MailHost, Redis, Site, Slapd, unix_users};
use serde_json::json;

use postern_tests::site::wrong_password;

use crate::{Said, login, slapd};

/// A provider for changes, and a consumer for reads.
fn pair(name: &str) -> (Slapd, Slapd) {
    let provider = slapd(&format!("{name}_p"), &["alice", "bob"]).provider().start();
    let consumer = slapd(&format!("{name}_c"), &[]).consumer_of(&provider).start();
    (provider, consumer)
}

fn host(name: &str, provider: &Slapd, consumer: &Slapd, redis: &Redis) -> MailHost {
    let site = Site::builder(name).ldap_servers(&[consumer], provider).build();
    redis.join(&site);
    MailHost::of(site)
}

#[test]
fn changes_go_to_the_provider_and_a_revocation_acts_at_once_through_a_lagging_consumer() {
    let (provider, consumer) = pair("lag");
    let redis = Redis::start("lag", Listen::Tcp);
    let host = host("lag", &provider, &consumer, &redis);
    let alice = host.person(&provider, "alice");
    let lost = host.site.app_password("alice", "Lost", &[]);
    let kept = host.site.app_password("alice", "Kept", &[]).password;
    let bobs = host.site.app_password("bob", "Phone", &[]).password;
    consumer.wait_synced(&provider);
    for (name, secret) in [("alice", &lost.password), ("alice", &kept), ("bob", &bobs)] {
        assert_eq!(login(&host.site, name, secret), Said::Accept);
    }
    let revision = |slapd: &Slapd| slapd.entry(&alice.dn).text("posternRevision");
    consumer.pause_sync();
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
    assert_eq!((revision(&provider).as_str(), revision(&consumer).as_str()), ("3", "2"), "it lags");
    assert_eq!(login(&host.site, "alice", &lost.password), Said::Reject);
    assert!(!host.dovecot.imap("alice", &lost.password).is_in());
    assert_eq!(login(&host.site, "alice", &kept), Said::Accept, "the rest goes on");
    let made = host.site.app_password("alice", "New", &[]).password;
    assert_eq!(login(&host.site, "alice", &made), Said::Accept, "and what is new works at once");
    let never = ["account", "disable", "bob"];
    drop(host.site.cli_ok(&never));
    assert_eq!(login(&host.site, "bob", &bobs), Said::Reject);
    consumer.resume_sync(&provider);
    consumer.wait_synced(&provider);
    assert_eq!(login(&host.site, "alice", &lost.password), Said::Reject);
    assert_eq!(login(&host.site, "alice", &made), Said::Accept);
}

#[test]
fn a_revocation_at_a_host_that_knows_the_provider_alone_acts_at_one_that_reads_from_a_lagging_consumer() {
    let (mut provider, consumer) = pair("two_hosts");
    let redis = Redis::start("two_hosts", Listen::Tcp);
    let host = host("two_hosts", &provider, &consumer, &redis);
    let other = Site::builder("two_hosts_other").ldap(&provider).build();
    redis.join(&other);
    other.take_keyring(&host.site);
    let [first, second] = ["First", "Second"].map(|label| other.app_password("alice", label, &[]));
    consumer.wait_synced(&provider);
    consumer.pause_sync();
    for lost in [&first, &second] {
        assert_eq!(login(&host.site, "alice", &lost.password), Said::Accept);
    }
    drop(other.cli_ok(&["app-password", "revoke", "alice", &first.id]));
    assert_eq!(login(&host.site, "alice", &first.password), Said::Reject);
    assert_eq!(login(&host.site, "alice", &second.password), Said::Accept);
    drop(other.cli_ok(&["app-password", "revoke", "alice", &second.id]));
    provider.stop();
    assert_eq!(login(&host.site, "alice", &second.password), Said::Defer, "nobody can tell");
}

#[test]
fn if_the_provider_is_down_an_entry_known_to_be_older_defers_and_others_work() {
    let (mut provider, consumer) = pair("down");
    let redis = Redis::start("down", Listen::Tcp);
    let host = host("down", &provider, &consumer, &redis);
    let lost = host.site.app_password("alice", "Lost", &[]);
    let bobs = host.site.app_password("bob", "Phone", &[]).password;
    consumer.wait_synced(&provider);
    consumer.pause_sync();
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
    provider.stop();
    assert_eq!(login(&host.site, "alice", &lost.password), Said::Defer, "nobody can tell");
    assert_eq!(login(&host.site, "bob", &bobs), Said::Accept);
}

/// An attacker who can write to Redis knows its content, and can restore earlier values.
#[test]
fn no_revision_that_is_forged_in_redis_makes_a_revoked_app_password_good_on_a_lagging_consumer() {
    let (provider, consumer) = pair("forged");
    let redis = Redis::start("forged", Listen::Tcp);
    let host = host("forged", &provider, &consumer, &redis);
    let lost = host.site.app_password("alice", "Lost", &[]);
    let kept = host.site.app_password("alice", "Kept", &[]).password;
    consumer.wait_synced(&provider);
    assert_eq!(login(&host.site, "alice", &lost.password), Said::Accept);
    consumer.pause_sync();
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
    let key = redis.cli(&["KEYS", "*:revision"]).trim().to_owned();
    let now = redis.cli(&["TIME"]).lines().next().unwrap().to_owned();
    let later = (now.parse::<u64>().unwrap() + 86_400).to_string();
    let forged: [&[&str]; 9] = [
        &["HSET", &key, "revision", "0", "at", &now],
        &["HSET", &key, "revision", "2"],
        &["HSET", &key, "revision", "3", "at", &now, "mac", "00000000000000000000000000000000"],
        &["HSET", &key, "revision", "0", "at", &later],
        &["HSET", &key, "revision", "x"],
        &["HDEL", &key, "revision"],
        &["HDEL", &key, "mac"],
        &["DEL", &key],
        &["SET", &key, "x"],
    ];
    for command in forged {
        drop(redis.cli(command));
        assert_eq!(login(&host.site, "alice", &lost.password), Said::Reject, "{command:?}");
    }
    assert!(!host.dovecot.imap("alice", &lost.password).is_in());
    assert_eq!(login(&host.site, "alice", &kept), Said::Accept, "the rest goes on");
}

/// The question or message after alice's main password, at a login service.
fn after_password(host: &MailHost, password: &str) -> String {
    after_password_of("alice", host, password)
}

fn after_password_of(name: &str, host: &MailHost, password: &str) -> String {
    let begin = json!({
        "version": 1, "flow": "login", "service": "sshd", "user": name, "secret": password, "interactive": true,
    });
    format!("{:?}", Visit::begin_with(&host.site.socket(), 0, &begin).hear())
}

#[test]
fn at_logins_with_a_dialogue_no_number_in_redis_makes_a_lagging_consumer_new_enough() {
    let (mut provider, consumer) = pair("forged_login");
    let redis = Redis::start("forged_login", Listen::Tcp);
    let host = host("forged_login", &provider, &consumer, &redis);
    let alice = host.person(&provider, "alice");
    drop(unix_users::of_person(&alice));
    consumer.wait_synced(&provider);
    assert_eq!(after_password(&host, &alice.password), "Accept");
    consumer.pause_sync();
    drop(host.site.enrol("alice"));
    assert!(after_password(&host, &alice.password).contains("Code from"), "the consumer does not know of it");
    let now = redis.cli(&["TIME"]).lines().next().unwrap().to_owned();
    let id = provider.entry(&alice.dn).text("entryUUID");
    let key = redis.cli(&["KEYS", &format!("*{id}*:revision")]);
    let key = key.trim();
    assert!(!key.is_empty(), "what the ledger knows of her revision");
    for forged in ["0", "1", "18446744073709551615", "x"] {
        drop(redis.cli(&["HSET", key, "revision", forged, "at", &now]));
        let said = after_password(&host, &alice.password);
        assert!(said.contains("Code from"), "{forged}: {said}");
    }
    drop(redis.cli(&["DEL", key]));
    assert!(after_password(&host, &alice.password).contains("Code from"));
    // Only the server for writes can tell.
    provider.stop();
    assert!(after_password(&host, &alice.password).starts_with("Defer"));
}

#[test]
fn at_logins_with_a_dialogue_a_main_password_that_was_changed_opens_nothing_on_a_lagging_consumer() {
    let (provider, consumer) = pair("stolen");
    let redis = Redis::start("stolen", Listen::Tcp);
    let host = host("stolen", &provider, &consumer, &redis);
    let bob = host.person(&provider, "bob");
    drop(unix_users::of_person(&bob));
    consumer.wait_synced(&provider);
    consumer.pause_sync();
    let new = wrong_password();
    provider.set(&bob.dn, &format!("replace: userPassword\nuserPassword: {new}"));
    let old = after_password_of("bob", &host, &bob.password);
    assert!(old.contains("bad_credential"), "the consumer would take it: {old}");
    assert_eq!(after_password_of("bob", &host, &new), "Accept", "the consumer does not know it yet");
}

#[test]
fn with_the_ledger_down_a_revocation_acts_as_soon_as_the_consumer_has_it() {
    let (provider, consumer) = pair("sync");
    let mut redis = Redis::start("sync", Listen::Tcp);
    let host = host("sync", &provider, &consumer, &redis);
    let lost = host.site.app_password("alice", "Lost", &[]);
    consumer.wait_synced(&provider);
    assert_eq!(login(&host.site, "alice", &lost.password), Said::Accept);
    redis.kill();
    consumer.pause_sync();
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
    consumer.resume_sync(&provider);
    consumer.wait_synced(&provider);
    assert_eq!(login(&host.site, "alice", &lost.password), Said::Reject);
}

#[test]
fn a_consumer_named_for_changes_by_mistake_is_named_in_the_error() {
    let (provider, consumer) = pair("mistake");
    let site = Site::builder("mistake").ldap_servers(&[&consumer, &provider], &consumer).build();
    let ran = site.cli(&["app-password", "create", "alice", "--label", "Phone"]);
    assert_eq!(ran.code, 65, "{ran:?}");
    assert!(ran.stderr.contains("write_uri"), "{}", ran.stderr);
}
