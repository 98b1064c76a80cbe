//! Reads the sections of `postern.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::session::WEB_SERVICE;
use crate::userdb::{DisabledLookup, Userdb};

use super::mail_settings::MailUserName;
use super::problems::Problems;
use super::reader::{CA_FILE, Findings, Section};
use super::settings::{Config, DirectoryKind, Embedded, LedgerKind, Log, LogLevel, Redis, Socket};
use super::{couriers, ldap, limits, mail_settings, metrics, redis, services, web};

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
    let mut limits = limits::read(root.section("limits"));
    let mail_settings =
        mail_settings::read(root.section("mail_settings"), mail_user_name(directory.as_ref()));
    let couriers = couriers::couriers(root.section("courier"));
    let web = web::read(root.section("web"), &mut limits);
    limits.history = limits::history(root.section("history"));
    let metrics = metrics::read(root.section("metrics"));
    let log = log(root.section("log"));
    let language = root.parsed("language").unwrap_or_default();
    let issuer = issuer(&mut root);
    let host_title = root.name("host_title");
    if let Some((user, _)) = socket.trusted.iter().find(|(_, trusted)| trusted.contains(WEB_SERVICE)) {
        let what =
            format!("user {user} names the service {WEB_SERVICE}, which is for the user of [web] alone");
        root.complain("socket.trusted", what);
    }
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
        metrics,
        log,
        language,
        issuer,
        host_title,
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
        "ldap" => ldap::read(&mut section).map(|ldap| DirectoryKind::Ldap(Box::new(ldap))),
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

/// Programs know the address, so it is their user name wherever mail services find accounts by it.
fn mail_user_name(directory: Option<&DirectoryKind>) -> MailUserName {
    match directory {
        Some(DirectoryKind::Ldap(ldap)) if !ldap.finds_by_address() => MailUserName::LocalPart,
        Some(DirectoryKind::Ldap(_) | DirectoryKind::Embedded) | None => MailUserName::Address,
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

const SOCKET_PATH: &str = "/run/postern/posternd.sock";
const EMBEDDED_PATH: &str = "/var/lib/postern/postern.db";
const KEYRING_PATH: &str = "/etc/postern/keyring";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
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
                "p.toml:10: nonsense: is not a known key; known here: socket, directory, ledger, embedded, keyring, policy, services, limits, mail_settings, courier, web, history, metrics, log, language, issuer, host_title",
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
    fn no_key_is_called_unknown_because_another_one_is_missing() {
        let text = "[directory]\nkind = \"ldap\"\ndisabled = []\nstale_if_down = \"1m\"\n[ledger]\nkind = \"embedded\"\n\
                    [courier.sms]\ndefault_country = \"+86\"\nurl = \"https://g.example.org/{to}/{text}\"\n";
        let problems: Vec<String> = read(Path::new("p.toml"), text).unwrap_err().lines().collect();
        for missing in ["directory.uris", "directory.base", "courier.sms.allowed_prefixes"] {
            assert!(problems.iter().any(|problem| problem.contains(missing)), "{missing}: {problems:?}");
        }
        assert!(!problems.iter().any(|problem| problem.contains("not a known key")), "{problems:?}");
        let text = "[directory]\nkind = \"embedded\"\nx = 1\n[ledger]\nkind = \"embedded\"\n";
        let problems: Vec<String> = read(Path::new("p.toml"), text).unwrap_err().lines().collect();
        assert!(problems.iter().any(|problem| problem.contains("userdb")), "{problems:?}");
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
            "[mail_settings]\nuser_name = \"uid\"\n",
            "[mail_settings]\ndomains = [\"example\"]\n",
            "[mail_settings]\ndomains = [\"a@example.org\"]\n",
            "[log]\nlevel = \"loud\"\n",
            "[limits]\nwrong_codes_in_a_row = 101\n",
            "[history]\nentries = 3\n",
            "[history]\nentries = 501\n",
            "[history]\nkept = \"1h\"\n",
            "[history]\ndays = 90\n",
            "[metrics]\n",
            "[metrics]\nlisten = \"0.0.0.0:9748\"\n",
            "[metrics]\nlisten = \"localhost:9748\"\n",
            "[metrics]\nlisten = \"127.0.0.1:9748\"\nreaders = [\"prometheus\"]\n",
            "[metrics]\nlisten = \"unix:/run/postern/metrics.sock\"\nreaders = [\"\"]\n",
            "[metrics]\nlisten = \"127.0.0.1:9748\"\npath = \"/metrics\"\n",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(
            read(Path::new("p"), "[directory]\nkind = \"ldup\"\n[ledger]\nkind = \"embedded\"\n").is_err()
        );
        assert!(parse("").is_ok());
        assert!(parse("[metrics]\nlisten = \"unix:/m.sock\"\nreaders = [\"www-data\"]\n").is_ok());
        assert!(parse("[history]\nentries = 0\n").is_ok() && parse("[history]\nentries = 4\n").is_ok());
    }
}
