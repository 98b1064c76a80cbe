//! An attacker who may write to Redis, except for spent steps: no login is accepted that would not have been accepted anyway.

use std::cell::Cell;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postern_core::account::AccountId;
use postern_core::changes::revoke_devices;
use postern_core::clock::Timestamp;
use postern_core::device::{Device, DeviceId, Trust};
use postern_core::keyring::Keyring;
use postern_ipc::RejectReason;
use postern_tests::door::{Door, Ended};
use postern_tests::{AppPassword, Binder, canary, otp, site};

use crate::alone;
use crate::arena::{Pair, now_step};

/// What anna, bert and clara did, so that there is a key of each kind.
struct Story {
    pair: Pair,
    sockets: [PathBuf; 2],
    /// Which host is asked next.
    turn: Cell<usize>,
    ids: Vec<AccountId>,
    /// Keys of anna's: trusted, revoked, never seen; and one of bert's that is trusted there.
    keys: [String; 4],
    wrong_password: String,
    wrong_code: String,
    spent_code: String,
    app: AppPassword,
    revoked_app: AppPassword,
}

impl Story {
    fn new() -> Self {
        let pair = Pair::new("by_hand", 3, |site| site.setting("[limits]", "wrong_codes = 100"));
        let sockets = pair.sockets();
        let [anna, bert, clara] = &pair.people[..] else { panic!("three") };
        let keys = [(); 4].map(|()| ssh_key());
        let trusts = |one: &crate::arena::Enrolled, key: &str, step: u64| {
            let ended = one.at_sshd().key(key).answer(&sockets[0], &[&one.code(step), "y"]);
            assert_eq!(ended, (Ended::In, 2));
        };
        let binder = Binder::of(&pair.sites[0]);
        let ids: Vec<AccountId> = pair.people.iter().map(|one| binder.id(&one.name)).collect();
        let step = now_step();
        trusts(anna, &keys[1], step - 1);
        trusts(bert, &keys[3], step);
        // As it was before the revocation.
        copy_keys(&pair, 0, OLD);
        binder.with(async |authority, keyring| {
            let revoked = revoke_devices(authority, keyring, &ids[0], |_| true).await.expect("revoked");
            assert_eq!(revoked.len(), 1);
        });
        drop(binder);
        trusts(anna, &keys[0], step);
        let apps = ["Phone", "Lost phone"].map(|label| pair.sites[0].app_password(&anna.name, label, &[]));
        drop(pair.sites[0].cli_ok(&["app-password", "revoke", &anna.name, &apps[1].id]));
        let wrong = clara.app.wrong_code();
        while clara.at_sshd().answer(&sockets[0], &[wrong.as_str(); 3]).0
            != Ended::Refused(RejectReason::Locked)
        {}
        let wrong_password = site::random_password();
        canary::register(&wrong_password);
        let (wrong_code, spent_code) = (anna.app.wrong_code(), anna.code(step));
        let [app, revoked_app] = apps;
        Self {
            sockets,
            turn: Cell::new(0),
            ids,
            keys,
            wrong_password,
            wrong_code,
            spent_code,
            app,
            revoked_app,
            pair,
        }
    }

    /// The requests that must not be accepted, and their verdicts.
    fn attempts(&self) -> Vec<(&'static str, Ended)> {
        let [anna, bert, clara] = &self.pair.people[..] else { panic!("three") };
        let [trusted, revoked, unknown, of_bert] = &self.keys;
        let socket = &self.sockets[self.turn.replace(1 - self.turn.get())];
        let right = clara.code(now_step());
        let sshd = |answers: &[&str], door: Door<'_>| door.answer(socket, answers).0;
        let mail = |password| Door::new("imap", &anna.name, password).answer(socket, &[]).0;
        let wrong_app = format!("{}aaaabbbbcccc", self.app.id);
        vec![
            ("a wrong password", sshd(&[], Door::new("sshd", &anna.name, &self.wrong_password).key(trusted))),
            ("no code", sshd(&[], anna.at_sshd())),
            ("a wrong code", sshd(&[&self.wrong_code], anna.at_sshd())),
            ("a spent code", sshd(&[&self.spent_code], anna.at_sshd())),
            ("a revoked device", sshd(&[], anna.at_sshd().key(revoked))),
            ("a device never seen", sshd(&[], anna.at_sshd().key(unknown))),
            ("a device of somebody else", sshd(&[], anna.at_sshd().key(of_bert))),
            ("one's device for somebody else", sshd(&[], bert.at_sshd().key(trusted))),
            ("a locked factor", sshd(&[&right], clara.at_sshd())),
            ("the main password at imap", mail(&anna.password)),
            ("a wrong password at imap", mail(&self.wrong_password)),
            ("a wrong app password", mail(&wrong_app)),
            ("a revoked app password", mail(&self.revoked_app.password)),
        ]
    }

    #[track_caller]
    fn assert_shut(&self, after: &str) {
        for (what, ended) in self.attempts() {
            assert_ne!(ended, Ended::In, "{what} opens after: {after}");
        }
    }

    fn is_trusted(&self) -> bool {
        let (ended, _) = self.pair.people[0].at_sshd().key(&self.keys[0]).answer(&self.sockets[0], &[]);
        ended == Ended::In
    }

    /// Every key but those of spent steps, and its type.
    fn redis_keys(&self) -> Vec<(String, String)> {
        let keys = self.pair.redis.cli(&["KEYS", "postern:*"]);
        let keys = keys.lines().filter(|key| !key.contains("{steps-"));
        keys.map(|key| (key.to_owned(), self.pair.redis.cli(&["TYPE", key]))).collect()
    }

    fn write(&self, command: &[&str]) {
        drop(self.pair.redis.cli(command));
    }

    /// All forgeries of a key that need no knowledge of what is in it, each by its name.
    fn forge_blindly(&self, key: &str, kind: &str, then: &mut dyn FnMut(&str)) {
        let mut forged = |what: &str, command: &[&str]| {
            self.write(command);
            then(&format!("{what}: {key}"));
            copy_keys(&self.pair, NEW, 0);
        };
        forged("deleted", &["DEL", key]);
        forged("of another type", &["SET", key, "1"]);
        match kind {
            "zset" => {
                for score in ["-inf", "-1", "0", "1", "4503599627370496", "inf"] {
                    forged(&format!("every score {score}"), &["EVAL", SCORES, "1", key, score]);
                    forged(&format!("one more with {score}"), &["ZADD", key, score, "forged"]);
                }
            }
            "hash" => {
                for value in ["", "1", "99999999999999999999", "9999999999 {}", "{}", "\u{1}"] {
                    forged(&format!("every value {value:?}"), &["EVAL", VALUES, "1", key, value]);
                    forged(&format!("one more with {value:?}"), &["HSET", key, "forged", value]);
                }
            }
            other => panic!("{key} is a {other}: tell this test how to forge it"),
        }
        if self.pair.redis.cli(&["EVAL", FROM, "1", key, &OLD.to_string()]) == "1" {
            then(&format!("as it was once: {key}"));
            copy_keys(&self.pair, NEW, 0);
        }
        for (from, to) in self.swaps(key) {
            self.write(&["COPY", &from, &to, "REPLACE"]);
            then(&format!("{from} in the place of {to}"));
            copy_keys(&self.pair, NEW, 0);
        }
    }

    /// The key of one account for each other one. A few keys belong to no account, for probes.
    fn swaps(&self, key: &str) -> Vec<(String, String)> {
        let Some(owner) = self.ids.iter().find(|id| key.contains(id.as_str())) else { return vec![] };
        let others = self.ids.iter().filter(|id| *id != owner);
        others.map(|id| (key.to_owned(), key.replace(owner.as_str(), id.as_str()))).collect()
    }
}

/// Copies every key but those of spent steps from one database of Redis to another, which had none else.
fn copy_keys(pair: &Pair, from: u8, to: u8) {
    drop(pair.redis.cli(&["EVAL", COPY_ALL, "0", &from.to_string(), &to.to_string()]));
}

#[test]
fn nothing_written_into_redis_lets_a_user_in() {
    let _turn = alone();
    let story = Story::new();
    let shut = story.attempts();
    println!("as it is: {shut:?}");
    assert!(shut.iter().all(|(_, ended)| matches!(ended, Ended::Refused(_))), "{shut:?}");
    assert!(story.is_trusted());
    copy_keys(&story.pair, 0, NEW);
    let keys = story.redis_keys();
    let kinds: Vec<&str> =
        keys.iter().filter_map(|(key, _)| key.rsplit_once("}:").map(|(_, kind)| kind)).collect();
    println!("keys: {kinds:?}");
    for wanted in ["attempts", "codes", "devices", "uses", "succeeded"] {
        assert!(kinds.contains(&wanted), "there is no key {wanted}: {kinds:?}");
    }
    let (mut forgeries, mut trusted) = (0, 0);
    for (key, kind) in &keys {
        story.forge_blindly(key, kind, &mut |what| {
            story.assert_shut(what);
            forgeries += 1;
            trusted += usize::from(story.is_trusted());
        });
        assert!(story.is_trusted(), "{key} is as it was");
    }
    println!(
        "{forgeries} forgeries of {} keys; anna's own device was still trusted after {trusted}",
        keys.len()
    );
    assert!(forgeries > 100, "{forgeries}");

    assert_eq!(story.pair.redis.cli(&["FLUSHALL"]), "OK");
    story.assert_shut("FLUSHALL");
    let (_, clara) = story.attempts().into_iter().find(|(what, _)| *what == "a locked factor").unwrap();
    assert_eq!(clara, Ended::Refused(RejectReason::Locked), "that lock stands in the directory");
    assert!(!story.is_trusted());
}

#[test]
fn a_device_forged_in_redis_is_not_trusted() {
    let _turn = alone();
    let story = Story::new();
    copy_keys(&story.pair, 0, NEW);
    let [anna, bert, _] = &story.ids[..] else { panic!("three") };
    let [trusted, revoked, unknown, of_bert] = story.keys.each_ref().map(String::as_str);
    let binder = Binder::of(&story.pair.sites[0]);
    // The names under which records are found, which an attacker would have to guess.
    let name = |id: &AccountId, key: &str| {
        let device = Device::of_ssh_key(key).expect("a key");
        binder.with(async |_, keyring| DeviceId::of(id, &device, keyring).to_string())
    };
    let (devices, of_berts) = (format!("postern:{{{anna}}}:devices"), format!("postern:{{{bert}}}:devices"));
    let record = |hash: &str, field: &str| story.pair.redis.cli(&["HGET", hash, field]);
    let good = record(&devices, &name(anna, trusted));
    let berts = record(&of_berts, &name(bert, of_bert));
    let old =
        story.pair.redis.cli(&["EVAL", FIELD_FROM, "1", &devices, &OLD.to_string(), &name(anna, revoked)]);
    assert!([&good, &berts, &old].iter().all(|record| record.contains("\"mac\"")), "{good} {berts} {old}");
    let own_key = forged_under_another_key(&binder, anna, unknown);
    let until = |record: &str| -> String {
        let (_, json) = record.split_once(' ').unwrap();
        let year = json.split("\"expires\":\"").nth(1).unwrap()[..4].to_owned();
        format!("4000000000 {}", json.replace(&format!("\"expires\":\"{year}"), "\"expires\":\"2096"))
    };
    assert_ne!(until(&old), old);
    for (what, key, record) in [
        ("a revoked one, put back", revoked, old.clone()),
        ("a revoked one, put back for longer", revoked, until(&old)),
        ("the record of another device", revoked, good.clone()),
        ("the record of another device", unknown, good.clone()),
        ("somebody else's record of the same device", of_bert, berts.clone()),
        ("somebody else's record", unknown, berts),
        ("one under another site's key", unknown, own_key),
        ("one without a MAC", unknown, without_mac(&good)),
        ("the trusted one, for longer", trusted, until(&good)),
    ] {
        story.write(&["HSET", &devices, &name(anna, key), &record]);
        for socket in &story.sockets {
            let (ended, asked) = story.pair.people[0].at_sshd().key(key).answer(socket, &[]);
            assert_eq!((ended, asked), (Ended::Refused(RejectReason::Cancelled), 0), "{what}");
        }
        copy_keys(&story.pair, NEW, 0);
        assert!(story.is_trusted(), "before and after");
    }
    // What the site itself wrote for this account and device is good wherever it comes from.
    story.write(&["DEL", &devices]);
    assert!(!story.is_trusted());
    story.write(&["HSET", &devices, &name(anna, trusted), &good]);
    assert!(story.is_trusted());
}

/// A record in Postern's format, from an attacker without the keyring.
fn forged_under_another_key(binder: &Binder<'_>, account: &AccountId, key: &str) -> String {
    let other = Keyring::parse(&Keyring::render(&[7; 32], Timestamp::from_unix(1))).expect("a keyring");
    let device = Device::of_ssh_key(key).expect("a key");
    binder.with(async |authority, keyring| {
        let account = authority.directory.read(account).await.expect("slapd").expect("the account");
        let expires = Timestamp::from_unix(otp::now() + 86_400);
        let trust = Trust {
            name: device.name.clone(),
            created: Timestamp::from_unix(otp::now()),
            expires,
            secret: None,
        };
        let record = trust.seal(DeviceId::of(&account.id, &device, keyring), &account, &other);
        format!("{} {}", expires.as_unix(), record.value)
    })
}

fn without_mac(record: &str) -> String {
    let (before, after) = record.split_once("\"mac\":\"").unwrap();
    format!("{before}\"mac\":\"{}", &after[after.find('"').unwrap()..])
}

/// An unknown public key, in the form in which sshd's front door reports it.
fn ssh_key() -> String {
    let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
    let mut key = [0; 32];
    getrandom::fill(&mut key).unwrap();
    blob.extend(key);
    format!("ssh-key ssh-ed25519 {}", STANDARD.encode(blob))
}

/// Databases of Redis that Postern does not use: all as it was before the revocation, and at the end of the story.
const OLD: u8 = 1;
const NEW: u8 = 2;
const COPY_ALL: &str = "
redis.call('SELECT', ARGV[2])
for _, key in ipairs(redis.call('KEYS', 'postern:*')) do
    if not string.find(key, '{steps-', 1, true) then redis.call('DEL', key) end
end
redis.call('SELECT', ARGV[1])
for _, key in ipairs(redis.call('KEYS', 'postern:*')) do
    if not string.find(key, '{steps-', 1, true) then redis.call('COPY', key, key, 'DB', ARGV[2], 'REPLACE') end
end";
const SCORES: &str = "
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], ARGV[1], member) end";
const VALUES: &str = "
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do redis.call('HSET', KEYS[1], field, ARGV[1]) end";
const FROM: &str = "
redis.call('SELECT', ARGV[1])
return redis.call('COPY', KEYS[1], KEYS[1], 'DB', '0', 'REPLACE')";
const FIELD_FROM: &str = "
redis.call('SELECT', ARGV[1])
return redis.call('HGET', KEYS[1], ARGV[2])";
