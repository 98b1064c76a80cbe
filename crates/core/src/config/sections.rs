//! Reads the sections of `postern.toml`.
//!
//! This file is long because it has one function for each section.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;

use crate::dn::{BadDn, Dn};
use crate::expiry::{ExpiryAttribute, ExpiryFormat};
use crate::hashing::{Budget, Cost, MAX_MEMORY_KIB, MAX_PASSES};
use crate::limits::{AttemptLimits, CodeLimits, Limits, PushLimits, SendLimits, SentCodeLimits};
use crate::userdb::{DisabledLookup, Userdb};

use super::ldap::{Condition, LOCKED_UNTIL_UNLOCKED, LdapUri};
use super::problems::Problems;
use super::reader::{CA_FILE, Findings, Section};
use super::settings::{
    Config, DirectoryKind, Embedded, Ldap, LdapLogin, LedgerKind, Log, LogLevel, MailServer, MailSettings,
    PasswordMustChange, Redis, Socket, Tls,
};
use super::{couriers, redis, services};

pub(super) fn read(path: &Path, text: &str) -> Result<Config, Problems> {
    let findings = Findings::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span();
        let start = span.as_ref().map(|span| span.start);
        match span.and_then(|span| repeated(text, error.message(), span)) {
            Some(key) => findings.add(start, &key, "is set twice; remove one"),
            None => findings.add(start, "", error.message()),
        }
    }
    let config = if errors.is_empty() { config(Section::root(&findings, document.get_ref())) } else { None };
    findings.conclude(path, config)
}

/// The repeated key with its section, if that is the error.
fn repeated(text: &str, error: &str, span: Range<usize>) -> Option<String> {
    if error != "duplicate key" {
        return None;
    }
    let key = text.get(span.clone())?.trim();
    let before = text.get(..span.start)?;
    let begun = before.rfind('\n').map_or(before, |end| before.get(end + 1..).unwrap_or_default());
    // In a heading, the whole heading is repeated.
    if begun.trim_start().starts_with('[') {
        let (_, heading) = begun.split_once('[')?;
        return Some(format!("{}{key}", heading.trim_start_matches('[')));
    }
    let mut headings = before.lines().filter_map(|line| {
        let line = line.trim_start().strip_prefix('[')?;
        Some(line.trim_start_matches('[').split(']').next().unwrap_or_default().trim())
    });
    let dotted = begun.trim_start();
    Some(match headings.next_back() {
        Some(section) => format!("{section}.{dotted}{key}"),
        None => format!("{dotted}{key}"),
    })
}

/// The path of `[socket]`, or the default, if the broken text is clear about it.
pub(super) fn socket_of_broken(text: &str) -> Option<PathBuf> {
    let (document, _) = DeTable::parse_recoverable(text);
    let Some(socket) = document.get_ref().get("socket") else { return Some(PathBuf::from(SOCKET_PATH)) };
    let Some(path) = socket.get_ref().get("path") else { return Some(PathBuf::from(SOCKET_PATH)) };
    Some(PathBuf::from(path.get_ref().as_str()?)).filter(|path| path.is_absolute())
}

fn config(mut root: Section<'_, '_>) -> Option<Config> {
    let socket = socket(root.section("socket"));
    let (directory, userdb) = directory(root.section("directory"));
    let ledger = ledger(root.section("ledger"));
    let embedded = embedded(root.section("embedded"));
    let keyring = keyring(root.section("keyring"));
    let policy = services::policy(root.section("policy"));
    let services = services::services(root.section("services"));
    let limits = limits(root.section("limits"));
    let mail_settings = mail_settings(root.section("mail_settings"));
    let couriers = couriers::couriers(root.section("courier"));
    let web = couriers::web(root.section("web"));
    let log = log(root.section("log"));
    let language = root.parsed("language").unwrap_or_default();
    let issuer = issuer(&mut root);
    for user in
        socket.trusted.iter().filter(|(_, trusted)| !trusted.iter().all(|name| services.contains_key(name)))
    {
        root.complain(
            "socket.trusted",
            format!("user {} names a service that is not configured under [services]", user.0),
        );
    }
    root.done();
    Some(Config {
        socket,
        directory: directory?,
        userdb,
        ledger: ledger?,
        embedded,
        keyring,
        policy,
        services,
        limits,
        mail_settings,
        couriers,
        web,
        log,
        language,
        issuer,
    })
}

fn issuer(root: &mut Section<'_, '_>) -> String {
    let issuer = root.string("issuer").unwrap_or_else(|| "Postern".to_owned());
    let is_plain = !issuer.trim().is_empty() && issuer.len() <= 64 && !issuer.chars().any(char::is_control);
    if !is_plain || issuer.contains(':') {
        root.complain("issuer", "has to have 1 to 64 bytes, and no colon");
    }
    issuer
}

fn socket(mut section: Section<'_, '_>) -> Socket {
    let path = section.absolute_path("path").unwrap_or_else(|| PathBuf::from(SOCKET_PATH));
    let mut users = section.section("trusted");
    let trusted = users
        .names()
        .into_iter()
        .filter_map(|user| {
            users.strings(&user).map(|services| (user, services.into_iter().collect::<BTreeSet<_>>()))
        })
        .collect();
    users.done();
    section.done();
    Socket { path, trusted }
}

fn directory(mut section: Section<'_, '_>) -> (Option<DirectoryKind>, Userdb) {
    let kind = section.required("kind", "\"embedded\"").and_then(|kind| match kind.as_str() {
        "embedded" => Some(DirectoryKind::Embedded),
        "ldap" => ldap(&mut section).map(|ldap| DirectoryKind::Ldap(Box::new(ldap))),
        other => {
            section.complain("kind", format!("\"{other}\" is none of: embedded, ldap"));
            None
        }
    });
    let templates = section.string_map("userdb").unwrap_or_else(default_userdb);
    let mut userdb = Userdb::parse(&templates).unwrap_or_else(|(field, error)| {
        section.complain("userdb", format!("{field} {error}"));
        Userdb::default()
    });
    userdb.disabled_lookup = section.word("disabled_lookup", &DisabledLookup::NAMED).unwrap_or_default();
    section.done();
    (kind, userdb)
}

fn ldap(section: &mut Section<'_, '_>) -> Option<Ldap> {
    let uris = section.list::<LdapUri>("uris");
    if uris.as_ref().is_none_or(Vec::is_empty) {
        section.complain("uris", "is missing or empty; add uris = [\"ldaps://ldap.example.org\"]");
    }
    let write_uri = section.parsed("write_uri").or_else(|| uris.as_ref()?.first().cloned());
    let starttls = section.boolean("starttls").unwrap_or(false);
    let is_open = |uri: &LdapUri| matches!(uri, LdapUri::Plain(_)) && !uri.is_local() && !starttls;
    for uri in uris.iter().flatten().chain(&write_uri).filter(|uri| is_open(uri)) {
        section.complain(
            "uris",
            format!("{uri} would send passwords in the clear; use ldaps:// or starttls = true"),
        );
    }
    let login = ldap_login(
        section,
        uris.iter().flatten().chain(&write_uri).all(|uri| matches!(uri, LdapUri::Unix(_))),
    );
    let base = section.required("base", "\"ou=people,dc=example,dc=org\"");
    if base.as_ref().is_some_and(|base| base.parse::<Dn>().is_err()) {
        section.complain("base", BadDn);
    }
    let mut attribute = |key: &str| section.parsed::<AttributeName>(key).map(|name| name.0);
    let id_attribute = attribute("id_attribute").unwrap_or_else(|| "entryUUID".to_owned());
    let username_attribute = attribute("username_attribute").unwrap_or_else(|| "uid".to_owned());
    let mail_attribute = attribute("mail_attribute").unwrap_or_else(|| "mail".to_owned());
    let expires_attribute = attribute("expires_attribute").unwrap_or_else(|| "shadowExpire".to_owned());
    let password_changed_attribute =
        attribute("password_changed_attribute").unwrap_or_else(|| "pwdChangedTime".to_owned());
    let expires = expires(section, expires_attribute);
    let (filter, login_filter) = (section.parsed("filter"), section.parsed("login_filter"));
    let default_login_filter = format!("(&(objectClass=posixAccount)({username_attribute}={{user}}))");
    let default_filter = format!(
        "(&(objectClass=inetOrgPerson)(|({username_attribute}={{user}})({mail_attribute}={{user}})))"
    );
    Some(Ldap {
        uris: uris?,
        write_uri: write_uri?,
        starttls,
        ca_file: section.absolute_path("ca_file").unwrap_or_else(|| PathBuf::from(CA_FILE)),
        login: login?,
        base: base?,
        filter: filter.or_else(|| default_filter.parse().ok())?,
        login_filter: login_filter.or_else(|| default_login_filter.parse().ok())?,
        id_attribute,
        username_attribute,
        mail_attribute,
        disabled: section.list("disabled").unwrap_or_else(|| {
            vec![
                Condition::Equals("pwdAccountLockedTime".to_owned(), LOCKED_UNTIL_UNLOCKED.to_owned()),
                Condition::Equals("nsAccountLock".to_owned(), "TRUE".to_owned()),
            ]
        }),
        expires,
        password_changed_attribute,
        password_must_change: section
            .word("password_must_change", &PASSWORD_MUST_CHANGE)
            .unwrap_or(PasswordMustChange::Accept),
        stale_if_down: section.duration("stale_if_down", Duration::ZERO..=DAY).unwrap_or(Duration::ZERO),
    })
}

fn ldap_login(section: &mut Section<'_, '_>, is_unix: bool) -> Option<LdapLogin> {
    let external = section.boolean("sasl_external").unwrap_or(false);
    let dn = section.string("bind_dn");
    let password_file = section.absolute_path("bind_password_file");
    match (external, dn, password_file) {
        (true, None, None) if is_unix => Some(LdapLogin::SaslExternal),
        (true, None, None) => {
            section.complain(
                "sasl_external",
                "works only over ldapi://; set bind_dn and bind_password_file for the other servers",
            );
            None
        }
        (false, Some(dn), Some(password_file)) if !dn.trim().is_empty() => {
            // Active Directory also accepts other names, such as postern@example.org.
            if dn.contains('=') && dn.parse::<Dn>().is_err() {
                section.complain("bind_dn", BadDn);
            }
            Some(LdapLogin::Simple { dn, password_file })
        }
        _ => {
            section
                .complain("bind_dn", "and bind_password_file are both needed, or only sasl_external = true");
            None
        }
    }
}

fn ledger(mut section: Section<'_, '_>) -> Option<LedgerKind> {
    let kind = section.required("kind", "\"embedded\"").and_then(|kind| match kind.as_str() {
        "embedded" => Some(LedgerKind::Embedded),
        "redis" => redis(&mut section).map(LedgerKind::Redis),
        other => {
            section.complain("kind", format!("\"{other}\" is none of: embedded, redis"));
            None
        }
    });
    section.done();
    kind
}

fn redis(section: &mut Section<'_, '_>) -> Option<Redis> {
    let url = section.required("url", "\"unix:///run/redis/redis-server.sock\"");
    let servers = url.and_then(|url| match redis::servers(&url) {
        Ok(servers) => Some(servers),
        Err(error) => {
            // The URL is not quoted, because it may contain a password.
            section.complain("url", error);
            None
        }
    });
    let (username, password_file) = (section.string("username"), section.absolute_path("password_file"));
    let ca_file = section.absolute_path("ca_file").unwrap_or_else(|| PathBuf::from(CA_FILE));
    let prefix = section.string("prefix").unwrap_or_else(|| "postern:".to_owned());
    if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b":._-".contains(&b)) {
        section.complain("prefix", "may contain letters, digits and :._- only, and needs at least one");
    }
    if username.is_some() && password_file.is_none() {
        section.complain("password_file", "is missing; a username needs one");
    }
    let (servers, tls) = servers?;
    Some(Redis { servers, tls, ca_file, username, password_file, prefix })
}

/// The format of an attribute's values: configured, or well known.
fn expires(section: &mut Section<'_, '_>, name: String) -> ExpiryAttribute {
    let said = section.word("expires_format", &EXPIRES_FORMATS);
    let format = said.or_else(|| ExpiryFormat::of_attribute(&name));
    ExpiryAttribute { name, format }
}

/// The name of an attribute type (RFC 4512, section 1.4), without options.
struct AttributeName(String);

impl std::str::FromStr for AttributeName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        if valid { Ok(Self(text.to_owned())) } else { Err("is not the name of an attribute") }
    }
}

fn embedded(mut section: Section<'_, '_>) -> Embedded {
    let path = section.absolute_path("path").unwrap_or_else(|| PathBuf::from(EMBEDDED_PATH));
    section.done();
    Embedded { path }
}

fn keyring(mut section: Section<'_, '_>) -> PathBuf {
    let path = section.absolute_path("path").unwrap_or_else(|| PathBuf::from(KEYRING_PATH));
    section.done();
    path
}

fn limits(mut section: Section<'_, '_>) -> Limits {
    let default = Limits::default();
    let attempts = AttemptLimits {
        per_source: section
            .number("wrong_passwords_per_source", 1..=1000)
            .unwrap_or(default.attempts.per_source),
        per_account: section
            .number("wrong_passwords_per_account", 1..=100_000)
            .unwrap_or(default.attempts.per_account),
        window: section.duration("wrong_passwords_window", MINUTE..=DAY).unwrap_or(default.attempts.window),
    };
    let codes = CodeLimits {
        wrong: section.number("wrong_codes", 1..=100).unwrap_or(default.codes.wrong),
        window: section.duration("wrong_codes_window", MINUTE..=DAY).unwrap_or(default.codes.window),
        pause: section.duration("wrong_codes_pause", MINUTE..=DAY).unwrap_or(default.codes.pause),
        // NIST SP 800-63B, section 5.2.2: at most 100.
        in_a_row: section.number("wrong_codes_in_a_row", 5..=100).unwrap_or(default.codes.in_a_row),
    };
    let (sent, push) = (default.sent_codes, default.pushes);
    let sent_codes = SentCodeLimits {
        lifetime: section.duration("sent_code_lifetime", MINUTE..=TEN_MINUTES).unwrap_or(sent.lifetime),
        tries: section.number("sent_code_tries", 1..=10).unwrap_or(sent.tries),
        each: SendLimits {
            count: section.number("sent_codes_per_hour", 1..=100).unwrap_or(sent.each.count),
            gap: section.duration("resend_after", Duration::ZERO..=TEN_MINUTES).unwrap_or(sent.each.gap),
            ..sent.each
        },
        per_source: SendLimits {
            count: section.number("sent_codes_per_source", 1..=10_000).unwrap_or(sent.per_source.count),
            ..sent.per_source
        },
    };
    let pushes = PushLimits {
        lifetime: section.duration("push_lifetime", TEN_SECONDS..=TWO_MINUTES).unwrap_or(push.lifetime),
        unanswered: section.number("unanswered_pushes", 1..=100).unwrap_or(push.unanswered),
        pause: section.duration("push_pause", MINUTE..=DAY).unwrap_or(push.pause),
        disowned_pause: section.duration("disowned_push_pause", MINUTE..=DAY).unwrap_or(push.disowned_pause),
    };
    let least_mib = Budget::MIN_MEMORY_KIB.div_ceil(1024);
    let limits = Limits {
        app_passwords_per_account: section
            .number("app_passwords_per_account", 1..=1000)
            .unwrap_or(default.app_passwords_per_account),
        attempts,
        codes,
        sent_codes,
        pushes,
        recovery_codes: section.number("recovery_codes", 1..=50).unwrap_or(default.recovery_codes),
        factors_per_account: section
            .number("factors_per_account", 1..=100)
            .unwrap_or(default.factors_per_account),
        app_password_cost: cost(&mut section, "app_password_argon2id", default.app_password_cost),
        main_password_cost: cost(&mut section, "main_password_argon2id", default.main_password_cost),
        main_password_min: section.number("main_password_min", 1..=128).unwrap_or(default.main_password_min),
        hashing_memory_mib: section
            .number("hashing_memory_mib", least_mib..=65_536)
            .unwrap_or(default.hashing_memory_mib),
        connections: section.number("connections", 8..=65_536).unwrap_or(default.connections),
        connections_per_user: section
            .number("connections_per_user", 1..=1000)
            .unwrap_or(default.connections_per_user),
        dialogues: section.number("dialogues", 1..=65_536).unwrap_or(default.dialogues),
    };
    section.done();
    limits
}

fn cost(section: &mut Section<'_, '_>, key: &str, default: Cost) -> Cost {
    let mut cost = section.section(key);
    // RFC 9106, section 3.1: at least 8 KiB a lane.
    let chosen = Cost {
        memory_kib: cost.number("m", 8..=MAX_MEMORY_KIB).unwrap_or(default.memory_kib),
        passes: cost.number("t", 1..=MAX_PASSES).unwrap_or(default.passes),
    };
    cost.done();
    chosen
}

fn mail_settings(mut section: Section<'_, '_>) -> MailSettings {
    let settings = MailSettings {
        imap: mail_server(section.section("imap")),
        pop3: mail_server(section.section("pop3")),
        smtp: mail_server(section.section("smtp")),
    };
    section.done();
    settings
}

fn mail_server(mut section: Section<'_, '_>) -> Option<MailServer> {
    if !section.is_present() {
        return None;
    }
    let host = section.required("host", "\"mail.example.org\"");
    let port = section.number("port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
    if port.is_none() && !section.names().iter().any(|key| key == "port") {
        section.complain("port", "is missing; add port = 993");
    }
    let tls = section
        .word("tls", &[("implicit", Tls::Implicit), ("starttls", Tls::Starttls)])
        .unwrap_or(Tls::Implicit);
    section.done();
    Some(MailServer { host: host?, port: port?, tls })
}

fn log(mut section: Section<'_, '_>) -> Log {
    let levels = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
    ];
    let log = Log { level: section.word("level", &levels).unwrap_or_default() };
    section.done();
    log
}

fn default_userdb() -> BTreeMap<String, String> {
    [("uid", "{uidNumber}"), ("gid", "{gidNumber}"), ("home", "{homeDirectory}")]
        .into_iter()
        .map(|(field, template)| (field.to_owned(), template.to_owned()))
        .collect()
}

const PASSWORD_MUST_CHANGE: [(&str, PasswordMustChange); 2] =
    [("accept", PasswordMustChange::Accept), ("reject", PasswordMustChange::Reject)];
const EXPIRES_FORMATS: [(&str, ExpiryFormat); 4] = [
    (ExpiryFormat::Days.name(), ExpiryFormat::Days),
    (ExpiryFormat::Seconds.name(), ExpiryFormat::Seconds),
    (ExpiryFormat::FileTime.name(), ExpiryFormat::FileTime),
    (ExpiryFormat::GeneralizedTime.name(), ExpiryFormat::GeneralizedTime),
];
const SOCKET_PATH: &str = "/run/postern/posternd.sock";
const EMBEDDED_PATH: &str = "/var/lib/postern/postern.db";
const KEYRING_PATH: &str = "/etc/postern/keyring";
const TEN_SECONDS: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
const TWO_MINUTES: Duration = Duration::from_secs(120);
/// NIST SP 800-63B, section 5.1.3.2.
const TEN_MINUTES: Duration = Duration::from_secs(600);
const DAY: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    const SMALLEST: &str = "[directory]\nkind = \"embedded\"\n[ledger]\nkind = \"embedded\"\n";

    fn parse(extra: &str) -> Result<Config, Vec<String>> {
        read(Path::new("p.toml"), &format!("{SMALLEST}{extra}"))
            .map_err(|problems| problems.lines().collect())
    }

    #[test]
    fn the_smallest_configuration_has_the_defaults_of_the_manual() {
        let config = parse("").unwrap();
        assert_eq!(config.socket.path, Path::new("/run/postern/posternd.sock"));
        assert_eq!((config.policy, config.limits), (Policy::default(), Limits::default()));
    }

    #[test]
    fn every_problem_is_reported_with_its_line_its_key_and_its_remedy() {
        let problems = parse("[policy]\nmain_password_on_mail = \"sometimes\"\nobserv = true\n[limits]\nconnections = \"many\"\n[nonsense]\n").unwrap_err();
        assert_eq!(
            problems,
            [
                "p.toml:6: policy.main_password_on_mail: \"sometimes\" is none of always, until-enrolled, never",
                "p.toml:7: policy.observv: is not a known key; did you mean observe?"
                    .replace("observv", "observ")
                    .as_str(),
                "p.toml:9: limits.connections: is not a number from 8 to 65536",
                "p.toml:10: nonsense: is not a known key; known here: socket, directory, ledger, embedded, keyring, policy, services, limits, mail_settings, courier, web, log, language, issuer",
            ]
        );
    }

    #[test]
    fn missing_required_keys_are_reported() {
        let problems: Vec<String> = read(Path::new("p.toml"), "").unwrap_err().lines().collect();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("directory.kind: is missing; add kind = \"embedded\""), "{problems:?}");
    }

    #[test]
    fn broken_toml_is_reported_with_its_line() {
        let problems = parse("[policy\nobserve = \n").unwrap_err();
        assert!(
            problems.iter().all(|line| line.starts_with("p.toml:5") || line.starts_with("p.toml:6")),
            "{problems:?}"
        );
    }

    #[test]
    fn a_trusted_user_can_only_be_trusted_with_a_configured_service() {
        assert!(parse("[socket]\ntrusted = { dovecot = [\"imap\"] }\n").is_ok());
        assert!(parse("[socket]\ntrusted = { dovecot = [\"imaps\"] }\n").is_err());
        assert!(parse("[socket]\ntrusted = { dovecot = \"imap\" }\n").is_err());
    }

    #[test]
    fn values_out_of_bounds_and_of_the_wrong_type_are_refused() {
        for text in [
            "[limits]\nhashing_memory_mib = 32\n",
            "[limits]\napp_password_argon2id = { m = 4194304 }\n",
            "[limits]\napp_password_argon2id = { m = 4096, p = 2 }\n",
            "[limits]\nwrong_passwords_window = \"0s\"\n",
            "[limits]\nwrong_passwords_window = 15\n",
            "[limits]\nwrong_passwords_per_source = 0\n",
            "[policy]\nobserve = \"yes\"\n",
            "policy = true\n",
            "[keyring]\npath = \"keyring\"\n",
            "[mail_settings]\nimap = { host = \"h\" }\n",
            "[mail_settings]\nimap = { host = \"h\", port = 993, tls = \"none\" }\n",
            "[log]\nlevel = \"loud\"\n",
            "[limits]\nwrong_codes_in_a_row = 101\n",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(
            read(Path::new("p"), "[directory]\nkind = \"ldup\"\n[ledger]\nkind = \"embedded\"\n").is_err()
        );
        assert!(parse("").is_ok());
    }
}
