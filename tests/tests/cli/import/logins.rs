//! The codes that oathtool makes of a sample's seed open the account once the sample is imported.

use std::thread;
use std::time::Duration;

use postern_tests::otp::{Algorithm, now};
use postern_tests::{Authenticator, Site, guard};

use super::*;

/// Someone with a token of another system.
struct Person {
    name: &'static str,
    password: String,
    app: Authenticator,
}

impl Person {
    fn of(site: &Site, name: &'static str, seed: &[u8], mail: Option<&str>) -> Self {
        let more = mail.map_or_else(Vec::new, |mail| vec!["--mail", mail]);
        let password = site.account_with(name, &postern_tests::site::random_password(), &more).password;
        let app = Authenticator::new(seed);
        for form in [app.base32(), app.hex()] {
            postern_tests::canary::register(&form);
        }
        Self { name, password, app }
    }

    /// Whether the main password with this code behind it opens the mailbox.
    fn opens(&self, site: &Site, code: &str) -> bool {
        let secret = format!("{}{code}", self.password);
        site.checkpassword()
            .args(&["/usr/lib/dovecot/checkpassword-reply"])
            .login("imap", "192.0.2.1")
            .credentials(self.name, &secret)
            .run()
            .code
            == 0
    }
}

#[test]
fn people_of_every_format_log_in_with_the_codes_that_oathtool_makes_of_their_seeds() {
    let site = Site::builder("import_logins").setting("[services.imap]", "combined = true").build();
    let posternd = site.posternd();
    let person = |name, seed: Vec<u8>| Person::of(&site, name, &seed, None);
    let mut carol = Person::of(&site, "carol", &seed("carol@otpauth", 32), Some("carol@example.org"));
    carol.app = carol.app.algorithm(Algorithm::Sha256).digits(8);
    let mut heidi = person("heidi", seed("heidi@privacyidea", 32));
    heidi.app = heidi.app.algorithm(Algorithm::Sha256).digits(8);
    let mut erin = person("erin", [&[200, 255, 128, 127, 0][..], &seed("erin@freeotp+", 15)].concat());
    erin.app = erin.app.algorithm(Algorithm::Sha512);
    let people = [
        person("alice", seed("google-authenticator", 20)),
        person("bob", seed("bob@pam_oath", 20)),
        carol,
        person("dave", seed("dave@migration", 20)),
        erin,
        person("frank", seed("frank@aegis", 20)),
        person("grace", seed("grace@privacyidea", 20)),
        heidi,
        person("ivan", [&[255, 0, 1][..], &seed("ivan@oath-ldap", 17)].concat()),
        Person::of(&site, "judy", &seed("judy@mailcow", 20), Some("judy@example.org")),
    ];
    site.age_ledger();
    let home = home(&site, "alice", GOOGLE).display().to_string();
    let bob = USERS_OATH.lines().find(|line| line.contains(" bob ")).unwrap();
    let only_totp = URIS.lines().filter(|line| !line.contains("hotp/")).collect::<Vec<_>>().join("\n");
    let file = |name, text| sample(&site, name, text);
    let imports: [(&str, String, &[&str]); 9] = [
        ("google-authenticator", home, &[]),
        ("pam_oath", file("oath", bob), &[]),
        ("otpauth", file("uris", &only_totp), &["--issuer", "Example"]),
        ("freeotp+", file("free", FREEOTP), &["--issuer", "Example"]),
        ("aegis", file("aegis", AEGIS), &["--issuer", "Example"]),
        ("privacyidea", file("pi", &PRIVACYIDEA.lines().next().unwrap().replace('"', "")), REALM),
        ("privacyidea", file("pi.json", PRIVACYIDEA_JSON), REALM),
        ("oath-ldap", file("ldif", LDIF), &["--label", "yk"]),
        ("mailcow", file("sql", MAILCOW), &[]),
    ];
    for (format, file, more) in &imports {
        let said = run(&site, &[&[*format, file.as_str()], *more].concat());
        println!("{format}: {said:#}");
        assert!(said["bound"].as_u64().unwrap() >= 1, "{format}: {said:#}");
    }
    // What another system may have accepted a moment ago opens nothing.
    let imported = now();
    for person in &people {
        assert_eq!(factors(&site, person.name).len(), 1, "{}", person.name);
        assert!(!person.opens(&site, &person.app.code(0)), "{}", person.name);
    }
    drop(posternd.logged(&["reason=replayed", "user=alice"]));
    // Codes are taken one step early.
    guard::wait_for("the next time step", Duration::from_secs(40), || {
        (now() / 30 > imported / 30).then_some(())
    });
    thread::scope(|scope| {
        for person in &people {
            scope.spawn(|| {
                let code = person.app.code_at((imported / 30 + 2) * 30);
                assert!(person.opens(&site, &code), "{}", person.name);
                assert!(!person.opens(&site, &code), "{}: once", person.name);
                // Its first factor closed mail for the main password alone.
                let alone = site
                    .checkpassword()
                    .args(&["/usr/lib/dovecot/checkpassword-reply"])
                    .login("smtp", "192.0.2.1");
                assert_eq!(alone.credentials(person.name, &person.password).run().code, 1, "{}", person.name);
            });
        }
    });
}

#[test]
fn what_the_real_google_authenticator_writes_is_imported() {
    let site = Site::new("import_google");
    accounts(&site, &["alice"]);
    let home = home(&site, "alice", "");
    let file = home.join(".google_authenticator");
    fs::remove_file(&file).unwrap();
    let program = host::system_program("/usr/bin/google-authenticator", "libpam-google-authenticator");
    let mut make = std::process::Command::new(program);
    make.args([
        "--time-based",
        "--disallow-reuse",
        "--force",
        "--no-confirm",
        "--rate-limit=3",
        "--rate-time=30",
    ])
    .args(["--window-size=3", "--qr-mode=NONE", "--quiet", "--emergency-codes=5", "--secret"])
    .arg(&file)
    .current_dir("/");
    drop(postern_tests::Ran::of(&mut make, b"", Duration::from_secs(20)).succeeded());
    let seed = fs::read_to_string(&file).unwrap().lines().next().unwrap().to_owned();
    let app = Authenticator::from_uri(&format!("otpauth://totp/alice?secret={seed}")).unwrap();
    let found = run(&site, &["google-authenticator", &home.display().to_string()]);
    assert_eq!(counts(&found), [1, 0, 1, 0], "{found:#}");
    said(&outcomes(&found), "alice scratch codes left", "5 scratch codes");
    // oathtool makes the codes of the seed; that they are the account's is seen by binding the same seed again.
    let again = sample(&site, "again", &format!("HOTP/T30/6 alice - {}\n", app.hex()));
    assert_eq!(counts(&run(&site, &["pam_oath", &again])), [0, 1, 0, 0]);
}

const REALM: &[&str] = &["--issuer", "realm1"];
