use std::collections::BTreeMap;
use std::time::Duration;

use crate::app_password::ScopeWord;
use crate::device::LONGEST_TRUST;
use crate::policy::{
    First, ForcedEnrolment, LoginService, MailService, Policy, SecondFactor, Service, ServiceKind, Title,
};
use crate::session::WEB_SERVICE;
use crate::words::Language;

use super::reader::Section;

pub(super) fn policy(mut section: Section<'_, '_>) -> Policy {
    let default = Policy::default();
    let policy = Policy {
        main_password_on_mail: section
            .parsed("main_password_on_mail")
            .unwrap_or(default.main_password_on_mail),
        second_factor: section.word("second_factor", &SecondFactor::NAMED).unwrap_or(default.second_factor),
        forced_enrolment: section
            .word("forced_enrolment", &ForcedEnrolment::NAMED)
            .unwrap_or(default.forced_enrolment),
        trust_device: section.duration("trust_device", TRUST_LIMITS).unwrap_or(default.trust_device),
        observe: section.boolean("observe").unwrap_or(default.observe),
    };
    section.done();
    policy
}

pub(super) fn services(mut section: Section<'_, '_>) -> BTreeMap<String, Service> {
    let mut services: BTreeMap<String, Service> =
        predefined().map(|service| (service.name.clone(), service)).collect();
    for name in section.names() {
        let known = services.remove(&name);
        let one = service(section.section(&name), name, known);
        services.insert(one.name.clone(), one);
    }
    section.done();
    services
}

fn service(mut section: Section<'_, '_>, name: String, known: Option<Service>) -> Service {
    let title = title(&mut section);
    let class = section.word("class", &[("mail", false), ("login", true)]);
    if known.is_none() && section.is_present() && !section.names().iter().any(|key| key == "class") {
        section.complain("class", "is missing; add class = \"mail\" or class = \"login\"");
    }
    if name == WEB_SERVICE && class == Some(false) {
        section.complain("class", "has to be \"login\" for the service at which browsers sign in");
    }
    let kind = match (class, known.map(|known| known.kind)) {
        _ if name == WEB_SERVICE => ServiceKind::Login(browser(&mut section)),
        (Some(false) | None, Some(ServiceKind::Mail(known))) => ServiceKind::Mail(mail(&mut section, known)),
        (Some(true) | None, Some(ServiceKind::Login(known))) => {
            ServiceKind::Login(login(&mut section, known))
        }
        (Some(true), _) => ServiceKind::Login(login(&mut section, LoginService::default())),
        (Some(false) | None, _) => {
            let scope = ScopeWord::ALL.into_iter().find(|word| word.as_str() == name);
            ServiceKind::Mail(mail(&mut section, MailService { scope, ..MailService::default() }))
        }
    };
    let observe = section.boolean("observe");
    section.done();
    Service { name, kind, observe, title }
}

/// One for all languages, or one for each.
fn title(section: &mut Section<'_, '_>) -> Title {
    let mut title = Title::default();
    if section.is_table("title") {
        let mut languages = section.section("title");
        for language in Language::ALL {
            title.own.extend(languages.name(language.as_str()).map(|text| (language, text)));
        }
        languages.done();
    } else {
        title.common = section.name("title");
    }
    title
}

fn mail(section: &mut Section<'_, '_>, known: MailService) -> MailService {
    MailService {
        scope: section.parsed("scope").or(known.scope),
        main_password_on_mail: section.parsed("main_password_on_mail"),
        combined: section.boolean("combined").unwrap_or(known.combined),
    }
}

fn login(section: &mut Section<'_, '_>, known: LoginService) -> LoginService {
    let trust_by = section.strings("trust_by").unwrap_or_else(|| vec!["ssh-key".to_owned()]);
    for word in trust_by.iter().filter(|word| !TRUST_BY.contains(&word.as_str())) {
        section.complain("trust_by", format!("\"{word}\" is none of: ssh-key, rhost"));
    }
    LoginService {
        first: section.word("first", &First::NAMED).unwrap_or(known.first),
        enforces_account: section
            .word("account", &[("enforce", true), ("ignore", false)])
            .unwrap_or(known.enforces_account),
        ignores_strangers: section
            .word("not_in_directory", &[("reject", false), ("ignore", true)])
            .unwrap_or(known.ignores_strangers),
        second_factor: section.word("second_factor", &SecondFactor::NAMED),
        forced_enrolment: section.word("forced_enrolment", &ForcedEnrolment::NAMED),
        trust_device: section.duration("trust_device", TRUST_LIMITS),
        trusts_keys: trust_by.iter().any(|word| word == "ssh-key"),
        trusts_addresses: trust_by.iter().any(|word| word == "rhost"),
        is_browser: false,
    }
}

/// The service at which browsers sign in. Who checks the first factor there, and what a device is, is not for a site to set.
fn browser(section: &mut Section<'_, '_>) -> LoginService {
    LoginService {
        second_factor: section.word("second_factor", &SecondFactor::NAMED),
        forced_enrolment: section.word("forced_enrolment", &ForcedEnrolment::NAMED),
        trust_device: section.duration("trust_device", TRUST_LIMITS),
        ..BROWSER
    }
}

/// The predefined services.
fn predefined() -> impl Iterator<Item = Service> {
    let mail = PREDEFINED_MAIL.iter().map(|(name, scope)| {
        let kind = MailService { scope: Some(*scope), ..MailService::default() };
        Service {
            name: (*name).to_owned(),
            kind: ServiceKind::Mail(kind),
            observe: None,
            title: Title::default(),
        }
    });
    // At the console and for sudo, root and other local users must be able to log in without the directory.
    let local = |first| LoginService {
        first,
        ignores_strangers: true,
        enforces_account: false,
        ..LoginService::default()
    };
    let login = PREDEFINED_LOCAL.map(|(name, first)| (name, local(first)));
    let login = login.into_iter().chain([("sshd", LoginService::default()), (WEB_SERVICE, BROWSER)]).map(
        |(name, kind)| Service {
            name: name.to_owned(),
            kind: ServiceKind::Login(kind),
            observe: None,
            title: Title::default(),
        },
    );
    mail.chain(login)
}

const PREDEFINED_MAIL: [(&str, ScopeWord); 6] = [
    ("imap", ScopeWord::Imap),
    ("pop3", ScopeWord::Pop3),
    ("smtp", ScopeWord::Smtp),
    ("submission", ScopeWord::Smtp),
    ("sieve", ScopeWord::Sieve),
    ("managesieve", ScopeWord::Sieve),
];
/// `sudo -i` and `su -` are services of their own. The values of `first` fit the stacks of `packaging/pam`.
const PREDEFINED_LOCAL: [(&str, First); 5] = [
    ("sudo", First::Auto),
    ("sudo-i", First::Auto),
    ("su", First::Directory),
    ("su-l", First::Directory),
    ("login", First::Directory),
];
const BROWSER: LoginService = LoginService {
    first: First::Directory,
    enforces_account: true,
    ignores_strangers: false,
    second_factor: None,
    forced_enrolment: None,
    trust_device: None,
    trusts_keys: false,
    trusts_addresses: false,
    is_browser: true,
};
const TRUST_BY: [&str; 2] = ["ssh-key", "rhost"];
/// Zero switches it off. The maximum is one year.
const TRUST_LIMITS: std::ops::RangeInclusive<Duration> = Duration::ZERO..=LONGEST_TRUST;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::policy::{Class, MainPasswordOnMail};

    fn parse(extra: &str) -> Result<Config, String> {
        let smallest = "[directory]\nkind = \"embedded\"\n[ledger]\nkind = \"embedded\"\n";
        Config::parse(Path::new("p.toml"), &format!("{smallest}{extra}")).map_err(|error| error.to_string())
    }

    fn mail<'a>(config: &'a Config, name: &str) -> &'a MailService {
        match &config.services[name].kind {
            ServiceKind::Mail(mail) => mail,
            ServiceKind::Login(_) => panic!("{name} is a login service"),
        }
    }

    fn login<'a>(config: &'a Config, name: &str) -> &'a LoginService {
        match &config.services[name].kind {
            ServiceKind::Login(login) => login,
            ServiceKind::Mail(_) => panic!("{name} is a mail service"),
        }
    }

    #[test]
    fn predefined_services_are_as_the_manual_says() {
        let config = parse("").unwrap();
        assert_eq!(config.services.len(), 13);
        assert_eq!(login(&config, "web"), &BROWSER);
        assert_eq!(mail(&config, "submission").scope, Some(ScopeWord::Smtp));
        assert_eq!(login(&config, "sshd"), &LoginService::default());
        let sudo = login(&config, "sudo");
        assert!(sudo.ignores_strangers && !sudo.enforces_account);
        assert_eq!(sudo.first, First::Auto, "packaging/pam/sudo asks for the password itself");
        assert_eq!(login(&config, "sudo-i"), sudo);
        assert_eq!(login(&config, "su").first, First::Directory);
        assert_eq!(login(&config, "su-l"), login(&config, "su"));
    }

    #[test]
    fn services_are_added_and_altered() {
        let config = parse(
            "[services.imap]\nmain_password_on_mail = \"never\"\nobserve = true\n[services.dav]\nclass = \"mail\"\n\
             [services.webmail]\nclass = \"mail\"\nscope = \"imap\"\ncombined = true\n[services.archive]\nclass = \"mail\"\n\
             [services.sshd]\nfirst = \"stack\"\naccount = \"ignore\"\ntrust_by = [\"ssh-key\", \"rhost\"]\n\
             [services.vpn]\nclass = \"login\"\nsecond_factor = \"required\"\ntrust_device = \"0s\"\n\
             [services.console]\nclass = \"login\"\ntrust_by = []\nfirst = \"auto\"\n",
        )
        .unwrap();
        assert_eq!(login(&config, "console").first, First::Auto);
        assert_eq!(mail(&config, "imap").main_password_on_mail, Some(MainPasswordOnMail::Never));
        assert_eq!(config.services["imap"].observe, Some(true));
        assert_eq!(mail(&config, "dav").scope, Some(ScopeWord::Dav));
        assert!(mail(&config, "webmail").combined && !mail(&config, "imap").combined);
        assert_eq!(mail(&config, "archive").scope, None);
        let sshd = login(&config, "sshd");
        assert_eq!((sshd.first, sshd.enforces_account, sshd.trusts_addresses), (First::Stack, false, true));
        assert!(
            sshd.trusts_keys && login(&config, "vpn").trusts_keys && !login(&config, "console").trusts_keys
        );
        assert_eq!(config.services["vpn"].class(), Class::Login);
        assert_eq!(login(&config, "vpn").second_factor, Some(SecondFactor::Required));
        assert_eq!(login(&config, "vpn").trust_device, Some(Duration::ZERO));
    }

    #[test]
    fn a_service_has_a_title_for_all_languages_or_for_each() {
        let config = parse(
            "[services.vpn]\nclass = \"login\"\ntitle = \"VPN login\"\n\
             [services.imap]\ntitle = { zh-CN = \"收取邮件\" }\n",
        )
        .unwrap();
        let title = |service: &str, language| config.services[service].title.in_language(language);
        assert_eq!(title("vpn", Language::SimplifiedChinese), Some("VPN login"));
        assert_eq!(title("imap", Language::SimplifiedChinese), Some("收取邮件"));
        assert_eq!((title("imap", Language::English), title("sshd", Language::English)), (None, None));
        for text in [
            "title = \"\"",
            "title = \"a\\nb\"",
            "title = { fr = \"courrier\" }",
            "title = 1",
            "titel = \"x\"",
        ] {
            assert!(parse(&format!("[services.imap]\n{text}\n")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_class_does_not_know_the_other_ones_keys() {
        for text in [
            "[services.webmail]\n",
            "[services.webmail]\nclass = \"web\"\n",
            "[services.imap]\nfirst = \"stack\"\n",
            "[services.sshd]\nscope = \"imap\"\n",
            "[services.sshd]\ncombined = true\n",
            "[services.sshd]\ntrust_by = [\"cookie\"]\n",
            "[services.sshd]\ntrust_device = \"1000d\"\n",
            "[services.web]\nclass = \"mail\"\n",
            "[services.web]\nfirst = \"stack\"\n",
            "[services.web]\ntrust_by = [\"rhost\"]\n",
            "[services.web]\nnot_in_directory = \"ignore\"\n",
            "[socket]\ntrusted = { dovecot = [\"web\"] }\n",
            "[policy]\nsecond_factor = \"sometimes\"\n",
            "[policy]\nforced_enrolment = \"always\"\n",
            "[services.sshd]\nfirst = \"nobody\"\n",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
