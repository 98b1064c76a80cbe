use postern_tests::slapd::SERVICE;
use postern_tests::{MailHost, Site, SiteBuilder, Slapd};

use crate::{Said, login, slapd};

/// A site that reaches `slapd` at another URI. `login` replaces `bind_dn` and `bind_password_file`, if given.
fn site(name: &str, slapd: &Slapd, uri: &str, login: Option<&'static str>) -> SiteBuilder {
    let (ldaps, uri) = (slapd.ldaps_uri(), uri.to_owned());
    Site::builder(name).ldap(slapd).postern_toml(move |text| {
        let text = text.replace(&ldaps, &uri);
        let Some(login) = login else { return text };
        let kept = text.lines().filter(|line| !line.starts_with("bind_"));
        kept.map(|line| format!("{line}\n"))
            .collect::<String>()
            .replace("base = ", &format!("{login}\nbase = "))
    })
}

#[test]
fn slapd_is_reached_by_starttls() {
    let slapd = slapd("starttls", &["alice"]).start();
    let site = site("starttls", &slapd, &slapd.uri(), None).setting("[directory]", "starttls = true").build();
    let host = MailHost::of(site);
    let app = host.site.app_password("alice", "Phone", &[]).password;
    for secret in [&app, &slapd.person("alice").password] {
        assert_eq!(login(&host.site, "alice", secret), Said::Accept);
    }
    let log = slapd.log();
    let service = format!("BIND dn=\"{SERVICE}\" method=128");
    let before = &log[..log.find(&service).expect("a bind")];
    assert!(
        before.contains("STARTTLS") && before.contains("TLS established"),
        "no bind before TLS: {before}"
    );
}

#[test]
fn slapd_is_reached_by_its_unix_socket_without_any_password() {
    let slapd = slapd("external", &["alice"]).service_by_external().start();
    let site = site("external", &slapd, &slapd.ldapi_uri(), Some("sasl_external = true")).build();
    let host = MailHost::of(site);
    let app = host.site.app_password("alice", "Phone", &[]).password;
    for secret in [&app, &slapd.person("alice").password] {
        assert_eq!(login(&host.site, "alice", secret), Said::Accept);
    }
    assert_eq!(login(&host.site, "alice", &postern_tests::site::wrong_password()), Said::Reject);
}

#[test]
fn a_server_whose_authority_is_unknown_hears_no_password() {
    let (mine, others) = (slapd("mine", &["alice"]).start(), slapd("others", &["alice"]).start());
    let site = site("impostor", &mine, &others.ldaps_uri(), None).build();
    let _posternd = site.posternd();
    for slapd in [&mine, &others] {
        assert_eq!(login(&site, "alice", &slapd.person("alice").password), Said::Defer);
    }
    assert!(!others.log().contains("BIND dn=\"cn=postern"), "{}", others.log());
    assert_eq!(site.cli(&["app-password", "create", "alice", "--label", "Phone"]).code, 75);
}

#[test]
fn slapd_is_reached_at_an_ipv6_address_by_ldaps_and_by_starttls() {
    let slapd = slapd("ipv6", &["alice"]).ipv6().start();
    let at = |uri: String| uri.replace("127.0.0.1", "[::1]");
    for (name, uri, starttls) in [
        ("ipv6_ldaps", at(slapd.ldaps_uri()), None),
        ("ipv6_starttls", at(slapd.uri()), Some("starttls = true")),
    ] {
        let builder = site(name, &slapd, &uri, None);
        let host = MailHost::of(match starttls {
            Some(line) => builder.setting("[directory]", line).build(),
            None => builder.build(),
        });
        let app = host.site.app_password("alice", "Phone", &[]).password;
        for secret in [&app, &slapd.person("alice").password] {
            assert_eq!(login(&host.site, "alice", secret), Said::Accept, "{uri}");
        }
    }
    let other = slapd.ldaps_uri().replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let site = site("ipv6_name", &slapd, &other, None).build();
    let posternd = site.posternd();
    assert_eq!(login(&site, "alice", &slapd.person("alice").password), Said::Defer);
    drop(posternd.logged(&["verdict=defer", "not valid for name"]));
}

#[test]
fn a_server_whose_own_certificate_is_the_ca_file_is_taken_though_it_is_an_authoritys() {
    let slapd = slapd("self_signed", &["alice"]).self_signed().start();
    let host = MailHost::with_ldap("self_signed", &slapd);
    let app = host.site.app_password("alice", "Phone", &[]).password;
    for secret in [&app, &slapd.person("alice").password] {
        assert_eq!(login(&host.site, "alice", secret), Said::Accept);
    }
    let others = crate::slapd("self_signed_other", &["alice"]).self_signed().start();
    let site = site("self_signed_other", &slapd, &others.ldaps_uri(), None).build();
    let posternd = site.posternd();
    assert_eq!(login(&site, "alice", &others.person("alice").password), Said::Defer);
    drop(posternd.logged(&["verdict=defer", "ca_file"]));
    assert!(!others.log().contains("BIND dn=\"cn=postern"), "{}", others.log());
}

#[test]
fn a_mark_of_an_editor_or_a_broken_block_in_the_ca_file_spoils_nothing_and_is_told() {
    let slapd = slapd("ca_file", &["alice"]).start();
    let site = Site::builder("ca_file").ldap(&slapd).build();
    let ca = site.dir().join("etc/ldap-ca.pem");
    let good = std::fs::read_to_string(&ca).unwrap();
    for (text, fault) in [
        (format!("\u{feff}{good}"), None),
        (
            format!("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n{good}"),
            Some("the block at line 1 is no certificate"),
        ),
        (format!("{good}-----BEGIN CERTIFICATE-----\nMIIB\n"), Some("has no end")),
    ] {
        std::fs::write(&ca, text).unwrap();
        let posternd = site.posternd();
        assert_eq!(login(&site, "alice", &slapd.person("alice").password), Said::Accept, "{fault:?}");
        if let Some(fault) = fault {
            drop(posternd.logged(&["ldap-ca.pem", fault]));
            let checked = site.cli(&["check"]);
            assert!(checked.stdout.contains(fault), "{}", checked.stdout);
        }
    }
    std::fs::write(&ca, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    let refused = site.cli(&["app-password", "list", "alice"]);
    assert!(refused.stderr.contains("holds no certificate that can be read"), "{}", refused.stderr);
}
