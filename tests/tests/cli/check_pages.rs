//! `postern check` looks at the pages of accounts and at the settings of mail programs as their clients would.

use std::fs;
use std::process::Command;
use std::time::Duration;

use postern_tests::certs::Certs;
use postern_tests::http_double::Mood;
use postern_tests::{HttpDouble, Ran, Site, Web, guard, host};

/// What is said of the pages, with these sections of `web.toml` and `postern.toml`. The certificates of `certs` are trusted.
fn said(site: &Site, web_toml: &str, postern_toml: &str, certs: Option<&Certs>) -> Vec<String> {
    let file = site.config().with_file_name("web.toml");
    fs::write(&file, web_toml).expect("web.toml");
    host::own(&file, (0.into(), 0.into()), 0o644);
    let with = postern_toml.to_owned();
    site.edit_config(move |text| text + &with);
    let mut command = Command::new(host::program("postern"));
    command.arg("--config").arg(site.config()).arg("check").current_dir("/");
    if let Some(certs) = certs {
        command.env("SSL_CERT_FILE", &certs.ca);
    }
    let ran = Ran::of(&mut command, b"", Duration::from_secs(60));
    let without = postern_toml.to_owned();
    site.edit_config(move |text| text.replace(&without, ""));
    ran.stdout.lines().filter(|line| line.contains("  web: ")).map(ToOwned::to_owned).collect()
}

#[track_caller]
fn one(lines: &[String], about: &str, words: &[&str]) {
    let found: Vec<&String> = lines.iter().filter(|line| line.contains(about)).collect();
    assert_eq!(found.len(), 1, "{about}: {lines:#?}");
    assert!(words.iter().all(|word| found[0].contains(word)), "{words:?} in {found:?}");
}

#[test]
fn the_pages_of_accounts_are_asked_for_as_a_browser_would() {
    let site = Site::new("account_page");
    let phones = "\n[web]\nurl = \"https://2fa.invalid/\"\n";
    let with = |account: &str| {
        format!(
            "url = \"https://2fa.invalid/\"\naccount_url = \"{account}\"\nbranding = {{ name = \"x\" }}\n"
        )
    };
    assert_eq!(said(&site, "", "", None), [""; 0], "without account_url there is nothing to look at");
    // postern-web itself, which is here without TLS.
    let web = Web::with("account_page", &site.socket(), &with("https://{host}/"));
    let fine = said(&site, &with(&web.url()), phones, None);
    one(&fine, "shows the pages of accounts", &["ok  ", &web.url()]);
    one(&fine, "2fa.invalid", &["warn", "not reached from this host"]);
    // postern-web under another name than its own.
    let wrong = said(&site, &with(&web.url().replace("127.0.0.1", "localhost")), phones, None);
    one(&wrong, "/log-in", &["FAIL", "421", "Host: localhost"]);

    let double = HttpDouble::plain();
    let url = format!("{}/", double.url());
    let with = |headers: &str, status: u16, body: &str| {
        double.set(Mood::Answers(status, headers.to_owned(), body.to_owned()));
        said(&site, &with(&url), phones, None)
    };
    let form = "<form method=\"post\" action=\"/log-in\">";
    let all = "Strict-Transport-Security: max-age=63072000\r\nContent-Security-Policy: default-src 'none'\r\n\
               Cache-Control: no-store\r\nSet-Cookie: __Host-postern-visitor=x; Path=/; Secure; HttpOnly\r\n";
    one(&with(all, 200, form), "/log-in", &["warn", "postern-check.invalid", "default server"]);
    for (name, why) in [
        ("Strict-Transport-Security", "http first"),
        ("Content-Security-Policy", "script"),
        ("Cache-Control", "kept on the way"),
        ("Set-Cookie", "forms are refused"),
    ] {
        let one_less: Vec<&str> =
            all.split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect();
        one(&with(&one_less.concat(), 200, form), "/log-in", &["FAIL", &name.to_lowercase(), why]);
    }
    let twice = format!("{all}Strict-Transport-Security: max-age=0\r\n");
    one(&with(&twice, 200, form), "/log-in", &["FAIL", "strict-transport-security", "twice"]);
    one(&with(all, 200, "postern-token"), "/log-in", &["FAIL", "the page for phones", "Host: 127.0.0.1:"]);
    one(&with(all, 200, "It works!"), "/log-in", &["FAIL", "another page than Postern's"]);
    one(&with(all, 502, ""), "/log-in", &["FAIL", "502", "systemctl status postern-web"]);
    one(&with(all, 302, ""), "/log-in", &["FAIL", "302", "account_url"]);
}

#[test]
fn what_web_toml_says_has_to_agree_with_postern_toml() {
    let site = Site::new("account_agrees");
    let account = format!("https://127.0.0.1:{}", guard::free_port());
    let web = format!("url = \"https://2fa.invalid/\"\naccount_url = \"{account}/\"\n");
    let none = said(&site, &web, "", None);
    one(&none, "has no [web]", &["FAIL", "add [web] with url"]);
    one(&none, "not reached from this host", &["warn", &account]);
    let other = said(&site, &web, "\n[web]\nurl = \"https://other.invalid/\"\n", None);
    one(&other, "make them the same", &["FAIL", "https://2fa.invalid/", "https://other.invalid/"]);
    one(&other, "cannot set up passkeys", &["warn", "add account_url = ", &account]);
    let here = "\n[web]\nurl = \"https://2fa.invalid/\"\naccount_url = \"https://elsewhere.invalid/\"\n";
    let elsewhere = said(&site, &web, here, None);
    one(&elsewhere, "passkeys are made for the second", &["FAIL", &account, "https://elsewhere.invalid/"]);
    let webmail = format!(
        "\n[web]\nurl = \"https://2fa.invalid/\"\naccount_url = \"{account}/\"\n\
         [web.applications.roundcube]\nurl = \"https://webmail.invalid/\"\n"
    );
    let listens = "[applications]\nlisten = \"unix:/run/postern-web/applications.sock\"\n";
    one(&said(&site, &web, &webmail, None), "no [applications]", &["warn", "[web.applications.roundcube]"]);
    let no_webmail = webmail.split("[web.applications").next().unwrap();
    let unused = said(&site, &format!("{web}{listens}"), no_webmail, None);
    one(&unused, "no [web.applications]", &["warn", "every web mail is refused"]);
    let both = said(&site, &format!("{web}{listens}"), &webmail, None);
    assert!(both.iter().all(|line| !line.contains("applications")), "{both:#?}");
    let bad = said(&site, "account_url = 3\n", "", None);
    one(&bad, "web.toml", &["FAIL", "postern-web --check"]);
    let no_address = said(&site, "url = \"https://2fa.invalid/\"\naccount_url = \"account\"\n", "", None);
    one(&no_address, "account_url \"account\"", &["FAIL", "not the address of a site"]);
}

#[test]
fn the_settings_of_mail_programs_are_asked_for_at_their_hosts() {
    let site = Site::new("autoconfig_page");
    let certs = Certs::make(site.dir());
    let web = "autoconfig_hosts = [\"localhost\", \"autoconfig.invalid\"]\n";
    let nobody = said(&site, web, "", None);
    one(&nobody, "https://localhost:", &["warn", "not reached from this host"]);
    one(&nobody, "autoconfig.invalid", &["warn", "not reached from this host", "DNS"]);
    // Clients ask at the usual port.
    let double = HttpDouble::tls_at(443, &certs);
    let with = |status: u16, body: &str| {
        double.set(Mood::Answers(status, String::new(), body.to_owned()));
        said(&site, web, "", Some(&certs))
    };
    one(&with(200, "<clientConfig version=\"1.1\">"), "//localhost/", &["ok  ", "settings of mail programs"]);
    one(&with(200, "It works!"), "//localhost/", &["FAIL", "is not Postern's"]);
    one(&with(404, ""), "//localhost/", &["FAIL", "404", "[mail_settings]"]);
    one(&with(503, ""), "//localhost/", &["FAIL", "503", "posternd"]);
    one(&said(&site, web, "", None), "//localhost:", &["FAIL", "certificate"]);
}
