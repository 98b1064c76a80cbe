//! Compares the example configuration and the manual with the code.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Config, DirectoryKind, LedgerKind, MailUserName};

const EXAMPLE: &str = include_str!("../../../../packaging/postern.toml");
const MANUAL: &str = include_str!("../../../../docs/man/postern.toml.5");

fn parse(text: &str) -> Config {
    Config::parse(Path::new("postern.toml"), text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The example with its commented settings enabled.
fn uncommented() -> String {
    let is_setting = |line: &str| {
        line.starts_with('[')
            || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ') && !key.is_empty())
    };
    let take_in = |line: &'static str| line.strip_prefix('#').filter(|rest| is_setting(rest)).unwrap_or(line);
    EXAMPLE.lines().map(take_in).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_parses_and_its_commented_settings_are_the_defaults() {
    let (as_shipped, mut taken_in) = (parse(EXAMPLE), parse(&uncommented()));
    // Two services that are not predefined, to show their keys.
    for (name, observe) in [("webmail", Some(true)), ("vpn", None)] {
        assert_eq!(taken_in.services.remove(name).map(|service| service.observe), Some(observe), "{name}");
    }
    assert_eq!(taken_in.host_title.take().as_deref(), Some("mail1.example.org"));
    assert!(taken_in.mail_settings.imap.is_some() && taken_in.mail_settings.smtp.is_some());
    taken_in.mail_settings = as_shipped.mail_settings.clone();
    let couriers = std::mem::take(&mut taken_in.couriers);
    assert!(couriers.sms.is_some() && couriers.ntfy.is_some() && taken_in.web.take().is_some());
    assert!(taken_in.metrics.take().is_some());
    assert_eq!(taken_in, as_shipped);
    // Some keys of these have no default; the others show it.
    let shortest = parse(&format!(
        "{EXAMPLE}\n[courier.email]\nhost = \"smtp.example.org\"\nfrom = \"Example Login <login@example.org>\"\n\
         [courier.web_push]\ncontact = \"mailto:postmaster@example.org\"\n"
    ));
    let mut email = couriers.email.unwrap();
    (email.credentials_file, email.templates) = (None, None);
    assert_eq!(Some(email), shortest.couriers.email);
    assert_eq!(couriers.web_push, shortest.couriers.web_push);
}

/// The alternative content of a section, which the example shows indented in comments.
fn alternative(section: &str) -> String {
    let lines = EXAMPLE.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.strip_prefix("#   "));
    format!("[{section}]\n{}\n", lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_other_ledger_of_the_example_parses_and_shows_the_defaults() {
    let shown = alternative("ledger");
    let ledger = |text: &str| match parse(&format!("[directory]\nkind = \"embedded\"\n{text}")).ledger {
        LedgerKind::Redis(redis) => redis,
        LedgerKind::Embedded => panic!("no Redis in {text}"),
    };
    let given = |line: &&str| !line.starts_with("prefix") && !line.starts_with("ca_file");
    let shortest = shown.lines().filter(given).collect::<Vec<_>>().join("\n");
    assert_eq!(ledger(&shown), ledger(&shortest));
    assert!(ledger(&shown).username.is_some() && ledger(&shown).password_file.is_some());
}

#[test]
fn the_other_directory_of_the_example_parses_and_shows_the_defaults() {
    let shown = alternative("directory");
    let directory = |text: &str| match parse(&format!("{text}\n[ledger]\nkind = \"embedded\"\n")).directory {
        DirectoryKind::Ldap(ldap) => ldap,
        DirectoryKind::Embedded => panic!("no LDAP in {text}"),
    };
    let needed = ["[directory]", "kind", "uris", "bind_dn", "bind_password_file", "base"];
    let given = |line: &&str| needed.iter().any(|key| line.split(" =").next() == Some(key));
    let shortest = shown.lines().filter(given).collect::<Vec<_>>().join("\n");
    assert_eq!(directory(&shown), directory(&shortest));
}

#[test]
fn mail_programs_give_the_address_where_mail_services_find_accounts_by_it() {
    let user_name = |text: &str| parse(text).mail_settings.user_name;
    let ldap = format!("{}\n[ledger]\nkind = \"embedded\"\n", alternative("directory"));
    let by_name = ldap.replace("(|(uid={user})(mail={user}))", "(uid={user})");
    assert_ne!(ldap, by_name);
    assert_eq!(user_name(EXAMPLE), MailUserName::Address);
    assert_eq!(user_name(&ldap), MailUserName::Address);
    assert_eq!(user_name(&by_name), MailUserName::LocalPart);
    let said = format!("{by_name}\n[mail_settings]\nuser_name = \"address\"\ndomains = [\"Example.ORG\"]\n");
    assert_eq!(user_name(&said), MailUserName::Address);
    assert_eq!(parse(&said).mail_settings.domains, ["example.org"]);
}

#[test]
fn the_example_and_the_manual_name_every_key() {
    // For an unknown key, the parser lists all known ones.
    let known: BTreeSet<String> = [
        "",
        "[socket]",
        "[directory]",
        "[directory]\nkind = \"ldap\"",
        "[ledger]",
        "[ledger]\nkind = \"redis\"",
        "[embedded]",
        "[keyring]",
        "[policy]",
        "[services.x]\nclass = \"mail\"",
        "[services.x]\nclass = \"login\"",
        "[limits]",
        "[limits.app_password_argon2id]",
        "[mail_settings]",
        "[mail_settings.imap]",
        "[metrics]",
        "[log]",
        "[courier.email]",
        "[courier.sms]",
        "[courier.web_push]",
        "[courier.ntfy]",
        "[web]",
        "[web.applications.x]",
    ]
    .into_iter()
    .flat_map(|section| {
        let text = format!("{section}\nno_such_key_at_all = 1\n");
        let problems = Config::parse(Path::new("p"), &text).unwrap_err();
        let line = problems.lines().find(|line| line.contains("no_such_key_at_all")).unwrap();
        let (_, keys) = line.split_once("known here: ").unwrap();
        keys.split(", ").map(ToOwned::to_owned).collect::<Vec<_>>()
    })
    .collect();
    assert!(known.len() > 30, "{known:?}");
    for key in &known {
        // A table of tables stands within a heading.
        let is_in = |text: &str, forms: &[String]| forms.iter().any(|form| text.contains(form));
        let within = format!(".{key}.");
        let in_example = is_in(EXAMPLE, &[format!("{key} ="), format!("[{key}"), within.clone()]);
        assert!(in_example, "{key} is missing in packaging/postern.toml");
        let in_manual = is_in(MANUAL, &[format!("\\fB{key}\\fR"), within]);
        assert!(in_manual, "{key} is missing in docs/man/postern.toml.5");
    }
}
