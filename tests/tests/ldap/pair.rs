use postern_tests::{AppPassword, Listen, Posternd, Redis, Site, Slapd};

use postern_tests::site::wrong_password;

use crate::{Said, ask_from, login, said, slapd};

/// Two hosts of one site: one directory, one ledger, one keyring.
struct Pair {
    second: Posternd,
    first: Posternd,
    sites: [Site; 2],
    slapd: Slapd,
    _redis: Redis,
}

impl Pair {
    fn new(name: &str) -> Self {
        let slapd = slapd(name, &["alice"]).start();
        let redis = Redis::start(name, Listen::Tcp);
        let sites = ["1", "2"].map(|number| {
            let site = Site::builder(&format!("{name}{number}")).ldap(&slapd).build();
            redis.join(&site);
            site
        });
        sites[1].take_keyring(&sites[0]);
        let [first, second] = [sites[0].posternd(), sites[1].posternd()];
        Self { second, first, sites, slapd, _redis: redis }
    }
}

/// The time and address of the last use of an app password, according to this host.
fn last_used(site: &Site, made: &AppPassword) -> serde_json::Value {
    let json = site.cli_json(&["app-password", "list", "alice"]);
    let all = json["app_passwords"].as_array().unwrap();
    all.iter().find(|one| one["id"] == *made.id).expect("it is listed")["last_used"].clone()
}

#[test]
fn two_hosts_share_attempts_and_a_killed_one_takes_none_with_it() {
    let mut pair = Pair::new("attempts");
    let right = pair.slapd.person("alice").password;
    let app = pair.sites[0].app_password("alice", "Phone", &[]).password;
    let same = wrong_password();
    for round in 0..9 {
        // The same password is counted once for both hosts.
        assert_eq!(login(&pair.sites[round % 2], "alice", &same), Said::Reject);
    }
    for round in 0..8 {
        assert_eq!(login(&pair.sites[round % 2], "alice", &wrong_password()), Said::Reject);
    }
    assert_eq!(login(&pair.sites[1], "alice", &right), Said::Accept, "nine are not ten");
    pair.first.kill9();
    assert_eq!(login(&pair.sites[1], "alice", &wrong_password()), Said::Reject);
    assert_eq!(login(&pair.sites[1], "alice", &right), Said::Reject, "ten are");
    drop(pair.second.logged(&["reason=limited", "user=alice"]));
    pair.second.kill9();
    pair.first.start_again();
    assert_eq!(login(&pair.sites[0], "alice", &right), Said::Reject, "at the other host as well");
    drop(pair.first.logged(&["reason=limited", "user=alice"]));
    assert_eq!(login(&pair.sites[0], "alice", &app), Said::Accept, "a right app password always");
    assert_eq!(
        said(&ask_from(&pair.sites[0], "192.0.2.77", "alice", &right)),
        Said::Accept,
        "from elsewhere"
    );
}

#[test]
fn two_hosts_share_last_uses_and_a_killed_one_takes_none_with_it() {
    let mut pair = Pair::new("uses");
    let made = pair.sites[0].app_password("alice", "Phone", &[]);
    assert_eq!(login(&pair.sites[1], "alice", &made.password), Said::Accept);
    pair.second.kill9();
    let used = last_used(&pair.sites[0], &made);
    assert_eq!((used["service"].as_str(), used["address"].as_str()), (Some("imap"), Some("192.0.2.1")));
    pair.first.kill9();
    assert_eq!(last_used(&pair.sites[1], &made), used);
    pair.second.start_again();
    let other = pair.sites[1].app_password("alice", "Laptop", &[]);
    assert_eq!(said(&ask_from(&pair.sites[1], "192.0.2.2", "alice", &other.password)), Said::Accept);
    assert_eq!(last_used(&pair.sites[0], &other)["address"], "192.0.2.2");
    assert_eq!(last_used(&pair.sites[1], &made), used, "the other use is kept");
}

#[test]
fn a_revocation_at_one_host_acts_at_the_other_at_once() {
    let pair = Pair::new("revocation");
    let made = pair.sites[0].app_password("alice", "Phone", &[]);
    for site in &pair.sites {
        assert_eq!(login(site, "alice", &made.password), Said::Accept);
    }
    drop(pair.sites[1].cli_ok(&["app-password", "revoke", "alice", &made.id]));
    for site in &pair.sites {
        assert_eq!(login(site, "alice", &made.password), Said::Reject);
    }
    assert_eq!(pair.first.status().pid, pair.first.pid());
}
