//! The Redis ledger against real servers that are set up wrongly, silent, restarted, demoted or rearranged.

use std::net::TcpListener;
use std::time::Duration;

use nix::sys::signal::Signal;
use postern_core::account::Revision;
use postern_core::clock::Timestamp;
use postern_core::config::{HostPort, Redis as RedisConfig, RedisServers};
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::keyring::Digest;
use postern_core::ledger::{
    Admission, Attempts, CodeAttempt, CodeAttempts, Credential, LastUses, Ledger, LedgerError, RevisionNote,
    Revisions, Settlement, SourceNote, Token, TrustedDevices, Use,
};
use postern_core::limits::{CodeLimits, Source};
use postern_tests::redis::{ACL, LIMITS, NOW, ONE_DEADLINE, Probe, impostor};
use postern_tests::{Listen, Ran, Redis, RedisCluster, RedisSentinel, Site, Stopwatch};

fn first_revision() -> RevisionNote {
    RevisionNote { revision: Revision(1), at: Timestamp::from_unix(NOW), mac: Digest::new([7; 16]) }
}

#[tokio::test]
async fn an_open_redis_is_refused_unless_only_its_keeper_can_reach_it() {
    let tcp = Redis::builder("open_tcp").open().start();
    assert_broken(&Probe::on(&tcp.config()).try_admit(1).await, "answers everybody");
    let everybody = Redis::builder("open_to_all").open().listen(Listen::Unix(0o777)).start();
    assert_broken(&Probe::on(&everybody.config()).try_admit(1).await, "0777");
    let keeper = Redis::builder("open_to_keeper").open().listen(Listen::Unix(0o770)).start();
    assert_eq!(Probe::on(&keeper.config()).try_admit(1).await, Ok(Admission::Proceed));
    let port = format!("port {}", keeper.port);
    let both = Redis::builder("open_twice").open().listen(Listen::Unix(0o770)).line(&port).start();
    assert_broken(&Probe::on(&both.config()).try_admit(1).await, "answers on TCP too");
}

#[tokio::test]
async fn a_password_is_asked_for_and_given_over_a_unix_socket_too() {
    let redis = Redis::start("unix_password", Listen::Unix(0o777));
    assert_eq!(Probe::on(&redis.config()).try_admit(1).await, Ok(Admission::Proceed));
    assert_broken(&Probe::on(&redis.config_without_password()).try_admit(1).await, "wants a password");
}

#[tokio::test]
async fn an_evicting_redis_is_refused() {
    let redis = Redis::builder("evicting").line("maxmemory-policy allkeys-lru").start();
    assert_broken(&Probe::on(&redis.config()).try_admit(1).await, "maxmemory-policy noeviction");
    assert_eq!(redis.cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]), "OK");
    Probe::on(&redis.config()).recovers().await;
}

#[tokio::test]
async fn a_wrong_password_is_broken_and_quoted_nowhere() {
    let redis = Redis::start("wrong_password", Listen::Tcp);
    let (probe, other) = (Probe::on(&redis.config()), Redis::start("other_password", Listen::Tcp));
    let RedisServers::Single { server, .. } = &redis.config().servers else { panic!() };
    let wrong = Probe::on(&at(server, &other.config()));
    let refused = wrong.try_admit(1).await;
    assert_broken(&refused, "refuses the username or the password");
    let told = format!("{refused:?} {:?} {:?}", wrong.ledger, probe.ledger);
    assert!(!told.contains(&other.secrets().postern) && !told.contains(&redis.secrets().postern), "{told}");
}

#[tokio::test]
async fn a_server_that_repeats_the_password_is_not_repeated() {
    let redis = Redis::start("repeated_password", Listen::Tcp);
    let parrot = impostor(|line| match line {
        "PING" => "-NOAUTH Authentication required.\r\n".to_owned(),
        command => format!("-ERR unknown command, with args beginning with: {command}\r\n"),
    });
    let config = at(&parrot, &redis.config());
    let refused = Probe::on(&config).try_admit(1).await;
    assert_broken(&refused, "answers AUTH with ERR");
    assert!(!format!("{refused:?}").contains(&redis.secrets().postern));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let (redis, other) = (Redis::start("tls_one", Listen::Tls), Redis::start("tls_other", Listen::Tls));
    let config = RedisConfig { ca_file: other.config().ca_file, ..redis.config() };
    let refused = Probe::on(&config).try_admit(1).await;
    assert_broken(&refused, "TLS");
    assert_broken(
        &refused,
        &format!("signed by none of those in ca_file: {} holds ", config.ca_file.display()),
    );
    let plain = RedisConfig { tls: false, ..redis.config() };
    assert!(Probe::on(&plain).try_admit(1).await.is_err());
    let named = HostPort { host: "localhost".to_owned(), port: redis.port };
    assert_eq!(Probe::on(&at(&named, &redis.config())).try_admit(1).await, Ok(Admission::Proceed));
}

#[tokio::test]
async fn missing_rights_of_its_user_are_named() {
    let redis = Redis::start("rights", Listen::Tcp);
    let probe = Probe::on(&redis.config());
    for command in ACL.split(' ').filter_map(|word| word.strip_prefix('+')).filter(|c| *c != "select") {
        assert_eq!(redis.cli(&["ACL", "SETUSER", "postern", &format!("-{command}")]), "OK");
        // EVAL is for scripts that the server does not know yet.
        assert_eq!(redis.cli(&["SCRIPT", "FLUSH"]), "OK");
        let health = Probe::on(&redis.config()).ledger.health().await;
        if command == "ping" {
            assert!(health.is_ok(), "nothing but the first word is PING: {health:?}");
        } else {
            assert!(matches!(&health, Err(LedgerError::Broken(_))), "without {command}: {health:?}");
        }
        assert_eq!(redis.cli(&["ACL", "SETUSER", "postern", &format!("+{command}")]), "OK");
    }
    assert_eq!(redis.cli(&["ACL", "SETUSER", "postern", "resetkeys", "~elsewhere:*"]), "OK");
    assert_broken(&probe.try_admit(1).await, "NOPERM");
    let manual = include_str!("../../docs/redis.md").replace("\\\n", " ");
    let manual = manual.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(manual.contains(ACL), "docs/redis.md gives other rights than these: {ACL}");
}

#[tokio::test]
async fn a_redis_that_a_restart_would_empty_is_warned_of() {
    let redis = Redis::builder("no_aof").line("appendonly no").start();
    let health = Probe::on(&redis.config()).ledger.health().await.unwrap();
    assert!(health.what.starts_with("Redis 7"), "{health:?}");
    assert!(matches!(health.warnings.as_slice(), [one] if one.contains("set appendonly yes")), "{health:?}");
}

#[tokio::test]
async fn every_key_has_the_prefix_the_tag_and_an_end() {
    let redis = Redis::start("keys", Listen::Tcp);
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    let used = Use {
        credential: Credential::MainPassword,
        at: Timestamp::from_unix(NOW),
        service: "imap".to_owned(),
        address: None,
    };
    let note = SourceNote { at: used.at, mac: Digest::new([1; 16]) };
    probe.ledger.note_use(&probe.account, &Source::of(None), &note, &used).await.unwrap();
    probe.ledger.note_revision(&probe.account, &first_revision()).await.unwrap();
    for source in [None, Some(&Source::of(None))] {
        let attempt = CodeAttempt {
            account: &probe.account,
            source,
            at: Timestamp::from_unix(NOW),
            token: Token::new([1; 16]),
        };
        probe.ledger.admit_code(&attempt, &CodeLimits::default()).await.unwrap();
    }
    let expires = Timestamp::from_unix(NOW + 1000);
    let device = DeviceRecord { id: DeviceId(Digest::new([1; 16])), value: "sealed".to_owned(), expires };
    probe.ledger.put_device(&probe.account, &device, Timestamp::from_unix(NOW)).await.unwrap();
    let mut keys: Vec<String> = redis.cli(&["KEYS", "*{a}*"]).lines().map(ToOwned::to_owned).collect();
    keys.sort();
    let expected = [
        ("attempts", 900),
        ("code-sources", 1800),
        ("codes", 400 * 86_400),
        ("codes:unknown", 1800),
        ("devices", 1000),
        ("from:203.0.113.1", 900),
        ("revision", 3600),
        ("succeeded", 90 * 86_400),
        ("uses", 400 * 86_400),
    ];
    assert_eq!(keys, expected.map(|(key, _)| format!("postern:{{a}}:{key}")));
    for (key, (_, seconds)) in keys.iter().zip(expected) {
        let left: i64 = redis.cli(&["TTL", key]).parse().unwrap();
        assert!((seconds - 5..=seconds).contains(&left), "{key}: {left}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_ledgers_on_one_redis_admit_exactly_the_limit_together() {
    let redis = Redis::start("shared", Listen::Tcp);
    let probes = [Probe::on(&redis.config()), Probe::on(&redis.config())];
    let attempts: Vec<_> = (0..200)
        .map(|secret| {
            let probe = probes[usize::from(secret) % 2].clone();
            tokio::spawn(async move { probe.try_admit(secret).await.unwrap() })
        })
        .collect();
    let mut admitted = Vec::new();
    for (secret, attempt) in (0..).zip(attempts) {
        if attempt.await.unwrap() == Admission::Proceed {
            admitted.push(secret);
        }
    }
    assert_eq!(u32::try_from(admitted.len()).unwrap(), LIMITS.per_source);
    probes[0].settle(admitted[0], Settlement::Wrong).await;
    assert_eq!(probes[1].try_admit(admitted[0]).await, Ok(Admission::KnownWrong));
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_costs_one_wait() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = HostPort { host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() };
    let redis = Redis::start("silent_stranger", Listen::Tcp);
    let probe = Probe::on(&at(&silent, &redis.config()));
    probe.is_down_in_time().await;
    probe.is_down_at_once_for(Duration::from_secs(2)).await;
    let tls =
        RedisConfig { tls: true, ca_file: "/etc/ssl/certs/ca-certificates.crt".into(), ..redis.config() };
    if tls.ca_file.exists() {
        Probe::on(&at(&silent, &tls)).is_down_in_time().await;
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_costs_one_wait_and_comes_back_by_itself() {
    for listen in [Listen::Tcp, Listen::Unix(0o700), Listen::Tls] {
        let redis = Redis::start(&format!("stopped_{listen:?}"), listen);
        let probe = Probe::on(&redis.config());
        assert_eq!(probe.wrong(1).await, Admission::Proceed);
        redis.signal(Signal::SIGSTOP);
        probe.is_down_in_time().await;
        probe.is_down_at_once_for(Duration::from_secs(1)).await;
        redis.signal(Signal::SIGCONT);
        probe.recovers().await;
        assert_eq!(probe.try_admit(1).await, Ok(Admission::KnownWrong));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_server_falls_silent_all_waiting_calls_fail_in_time() {
    let redis = Redis::start("stopped_for_many", Listen::Tcp);
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    redis.signal(Signal::SIGSTOP);
    let waiting: Vec<_> = (0..200)
        .map(|secret| {
            let probe = probe.clone();
            tokio::spawn(async move {
                let start = Stopwatch::start();
                assert!(matches!(probe.try_admit(secret).await, Err(LedgerError::Down(_))));
                start.elapsed()
            })
        })
        .collect();
    for one in waiting {
        one.await.unwrap().assert_within(ONE_DEADLINE);
    }
    redis.signal(Signal::SIGCONT);
}

#[tokio::test]
async fn a_restart_between_two_logins_is_not_noticed() {
    let mut redis = Redis::builder("restarted").line("appendfsync always").start();
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    redis.kill();
    redis.start_again();
    assert_eq!(probe.try_admit(1).await, Ok(Admission::KnownWrong));
}

#[tokio::test]
async fn a_server_that_is_gone_costs_nothing_and_comes_back_by_itself() {
    let mut redis = Redis::start("gone", Listen::Tcp);
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    redis.kill();
    probe.is_down_at_once().await;
    probe.is_down_at_once_for(Duration::from_secs(1)).await;
    redis.start_again();
    probe.recovers().await;
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let redis = Redis::start("flushed", Listen::Tcp);
    let probe = Probe::on(&redis.config());
    for secret in 0..3 {
        assert_eq!(redis.cli(&["SCRIPT", "FLUSH"]), "OK");
        assert_eq!(probe.wrong(secret).await, Admission::Proceed);
    }
}

#[tokio::test]
async fn a_demoted_server_is_down_until_it_leads_again() {
    let (redis, other) = (Redis::start("demoted", Listen::Tcp), Redis::start("promoted", Listen::Tcp));
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    redis.follow(&other);
    probe.is_down_in_time().await;
    probe.is_down_at_once_for(Duration::from_secs(1)).await;
    redis.lead();
    probe.recovers().await;
}

#[tokio::test]
async fn a_full_server_is_down_until_it_has_memory() {
    let redis = Redis::start("full", Listen::Tcp);
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    assert_eq!(redis.cli(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
    // Counting begins with a deletion, and what has begun to write goes on: that is not stopped by a full memory.
    assert_eq!(probe.try_admit(2).await, Ok(Admission::Proceed));
    let noted = probe.ledger.note_revision(&probe.account, &first_revision()).await;
    assert!(matches!(&noted, Err(LedgerError::Down(why)) if why.contains("OOM")), "{noted:?}");
    assert_eq!(redis.cli(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
    assert_eq!(probe.ledger.note_revision(&probe.account, &first_revision()).await, Ok(()));
}

#[tokio::test]
async fn after_a_failover_the_new_master_is_found() {
    let mut redis = RedisSentinel::start("failover");
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    redis.kill_sentinel(0);
    assert_eq!(redis.servers[0].cli(&["WAIT", "1", "5000"]), "1");
    redis.servers[0].kill();
    let recovered = probe.recovers().await;
    println!("recovered {recovered:?} after the master was killed");
    assert_eq!(probe.try_admit(1).await, Ok(Admission::KnownWrong), "the replica has what the master had");
}

#[tokio::test]
async fn after_a_swap_the_demoted_master_is_left() {
    let redis = RedisSentinel::start("swap");
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    assert_eq!(redis.servers[0].cli(&["WAIT", "1", "5000"]), "1");
    redis.swap();
    redis.servers[0].wait_demoted();
    probe.recovers().await;
    assert_eq!(probe.try_admit(1).await, Ok(Admission::KnownWrong));
    assert!(redis.servers[redis.master()].cli(&["CLIENT", "LIST"]).contains("user=postern"));
}

#[tokio::test]
async fn a_silent_master_is_left_once_the_sentinels_agree() {
    let redis = RedisSentinel::start("silent_master");
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    redis.servers[0].signal(Signal::SIGSTOP);
    probe.is_down_in_time().await;
    probe.recovers().await;
    redis.servers[0].signal(Signal::SIGCONT);
    assert!(probe.try_admit(2).await.is_ok());
}

#[tokio::test]
async fn a_silent_sentinel_does_not_hold_up_the_others() {
    let redis = RedisSentinel::start("silent_sentinel");
    redis.signal_sentinel(0, Signal::SIGSTOP);
    let probe = Probe::on(&redis.config());
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    assert_eq!(probe.try_admit(1).await, Ok(Admission::KnownWrong));
    redis.signal_sentinel(0, Signal::SIGCONT);
}

#[tokio::test]
async fn a_slot_that_moves_takes_its_account_along() {
    let redis = RedisCluster::start("moving");
    let probe = Probe::on(&redis.config());
    let (slot, from) = redis.place_of("a");
    let to = (from + 1) % 3;
    let now = Timestamp::from_unix(NOW);
    assert_eq!(probe.wrong(1).await, Admission::Proceed);
    redis.begin_move(slot, from, to);
    // What is one key is found at its old server or at its new one.
    probe.ledger.note_revision(&probe.account, &first_revision()).await.unwrap();
    assert_eq!(probe.ledger.known_revision(&probe.account, now).await, Ok(Some(first_revision())));
    // What is several is neither here nor there until it has arrived.
    let source = Source::of("203.0.113.1".parse().ok());
    let history = probe.ledger.history(&probe.account, &source, &LIMITS, now).await;
    assert!(matches!(history, Err(LedgerError::Down(why)) if why.contains("TRYAGAIN")));
    redis.finish_move(slot, from, to);
    assert_eq!(probe.try_admit(1).await, Ok(Admission::KnownWrong));
    assert_eq!(probe.ledger.known_revision(&probe.account, now).await, Ok(Some(first_revision())));
    assert_eq!(Probe::on(&redis.config()).try_admit(1).await, Ok(Admission::KnownWrong));
}

#[tokio::test]
async fn with_one_server_of_a_cluster_gone_the_others_serve_their_accounts() {
    let mut redis = RedisCluster::start("crippled");
    let ledger = Probe::on(&redis.config());
    let probe = |account: &str| ledger.of(account);
    let (_, lost) = redis.place_of("a");
    let elsewhere =
        ["b", "c", "d", "e", "f"].into_iter().find(|name| redis.place_of(name).1 != lost).unwrap();
    assert_eq!(probe("a").wrong(1).await, Admission::Proceed);
    assert_eq!(probe(elsewhere).wrong(1).await, Admission::Proceed);
    redis.servers[lost].kill();
    probe("a").is_down_in_time().await;
    assert_eq!(probe(elsewhere).try_admit(1).await, Ok(Admission::KnownWrong));
    probe("a").is_down_at_once_for(Duration::from_secs(1)).await;
    assert_eq!(probe(elsewhere).try_admit(1).await, Ok(Admission::KnownWrong));
    redis.servers[lost].start_again();
    probe("a").recovers().await;
}

#[tokio::test]
async fn a_cluster_and_a_single_server_are_not_taken_for_each_other() {
    let cluster = RedisCluster::start("not_single");
    assert_broken(&Probe::on(&cluster.servers[0].config()).try_admit(1).await, "redis+cluster://");
    let single = Redis::start("not_cluster", Listen::Tcp);
    let RedisServers::Single { server, .. } = &single.config().servers else { panic!() };
    let config = RedisConfig { servers: RedisServers::Cluster(vec![server.clone()]), ..single.config() };
    assert_broken(&Probe::on(&config).try_admit(1).await, "redis://");
}

#[test]
fn check_tells_how_the_ledger_is() {
    let (redis, site) = (Redis::start("checked", Listen::Tls), Site::new("checked_site"));
    redis.join(&site);
    let _posternd = site.posternd();
    let lines = |mark: &str| {
        let ran = site.cli(&["check"]);
        let found = ran.stdout.lines().filter_map(|line| line.strip_prefix(mark)?.strip_prefix("  ledger: "));
        found.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let address = format!("127.0.0.1:{}", redis.port);
    assert!(matches!(&*lines("ok  "), [one] if one.contains(&address)), "{:?}", lines("ok  "));
    assert_eq!(lines("warn"), [""; 0]);
    assert_eq!(redis.cli(&["CONFIG", "SET", "appendonly", "no"]), "OK");
    assert!(matches!(&*lines("warn"), [one] if one.contains("appendonly yes")), "{:?}", lines("warn"));
    assert_eq!(redis.cli(&["ACL", "SETUSER", "postern", "-zcard"]), "OK");
    assert!(matches!(&*lines("FAIL"), [one] if one.contains("not in order")), "{:?}", lines("FAIL"));
    redis.signal(Signal::SIGSTOP);
    assert!(matches!(&*lines("FAIL"), [one] if one.contains("does not answer")), "{:?}", lines("FAIL"));
    redis.signal(Signal::SIGCONT);
}

#[test]
fn daemons_that_share_a_redis_count_together_after_one_of_them_dies() {
    let redis = Redis::start("shared_by_sites", Listen::Tcp);
    let site =
        Site::builder("shared_by_posterns").setting("[limits]", "wrong_passwords_per_source = 3").build();
    redis.join(&site);
    let alice = site.account("alice");
    let mut posternd = site.posternd();
    for wrong in ["Wrong-1", "Wrong-2", "Wrong-3"] {
        assert_eq!(login(&site, wrong).code, REFUSED);
        posternd.kill9();
        posternd.start_again();
    }
    assert_eq!(login(&site, &alice.password).code, REFUSED, "the fourth, at a fourth posternd");
    drop(posternd.logged(&["reason=limited", "user=alice"]));
}

#[test]
fn app_passwords_work_without_redis() {
    let mut redis = Redis::start("without", Listen::Tcp);
    let site = Site::new("without_redis");
    redis.join(&site);
    drop(site.account("alice"));
    let app = site.app_password("alice", "Phone", &[]).password;
    let _posternd = site.posternd();
    let took = |limit: Duration| {
        let ran = login(&site, &app);
        assert_eq!(ran.code, ACCEPTED, "{ran:?}");
        ran.took.assert_within(limit);
    };
    took(AT_ONCE);
    redis.signal(Signal::SIGSTOP);
    took(Duration::from_millis(600) + AT_ONCE);
    (0..20).for_each(|_| took(AT_ONCE));
    redis.signal(Signal::SIGCONT);
    redis.kill();
    (0..20).for_each(|_| took(AT_ONCE));
    assert_eq!(login(&site, "Wrong-1").code, REFUSED);
}

fn login(site: &Site, password: &str) -> Ran {
    let reply_tool = ["/usr/lib/dovecot/checkpassword-reply"];
    site.checkpassword().args(&reply_tool).login("imap", "192.0.2.1").credentials("alice", password).run()
}

/// The same configuration with another server.
fn at(server: &HostPort, config: &RedisConfig) -> RedisConfig {
    RedisConfig { servers: RedisServers::Single { server: server.clone(), database: 0 }, ..config.clone() }
}

fn assert_broken(answer: &Result<Admission, LedgerError>, what: &str) {
    assert!(matches!(answer, Err(LedgerError::Broken(why)) if why.contains(what)), "{what}: {answer:?}");
}
const ACCEPTED: i32 = 0;
const REFUSED: i32 = 1;
/// Less than the 600 ms that a call to Redis may take.
const AT_ONCE: Duration = Duration::from_millis(500);
