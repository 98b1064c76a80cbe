use postern_tests::slapd::SERVICE;
use postern_tests::{Site, SiteBuilder, Slapd};

use crate::{Host, Said, login, slapd};

/// A site that reaches `slapd` at another URI, with these lines in the place of `bind_dn` and `bind_password_file`, if any.
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
    let host = Host::of(site);
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
    let host = Host::of(site);
    let app = host.site.app_password("alice", "Phone", &[]).password;
    for secret in [&app, &slapd.person("alice").password] {
        assert_eq!(login(&host.site, "alice", secret), Said::Accept);
    }
    assert_eq!(login(&host.site, "alice", &crate::wrong_password()), Said::Reject);
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
