//! Backup addresses and telephone numbers, of an admin and of whose they are.

use std::fs;

use postern_tests::http_double::Mood;
use postern_tests::mailbox::Over;
use postern_tests::planted::query;
use postern_tests::{Gateway, Mailbox, Site, canary, unix_users};
use serde_json::{Value, json};

use crate::{DATA, NO_USER, NOT_PERMITTED, TEMPORARY, USAGE, fails, json};

/// A site that sends, with what takes it.
struct Post {
    site: Site,
    mailbox: Mailbox,
    gateway: Gateway,
}

impl Post {
    fn of(name: &str) -> Self {
        let site = Site::new(name);
        let mailbox = Mailbox::start(site.dir(), site.output());
        let gateway = Gateway::start(site.dir());
        let sections = format!("\n{}\n{}", mailbox.section(Over::Clear), gateway.section());
        site.edit_config(|text| text + &sections);
        Self { site, mailbox, gateway }
    }

    /// One that sends as often as it is asked to.
    fn eager(name: &str) -> Self {
        let post = Self::of(name);
        post.site.edit_config(|text| text + "\n[limits]\nresend_after = \"0s\"\n");
        post
    }

    /// An account with this mailbox.
    fn account(&self, name: &str) {
        let mail = format!("{name}@example.org");
        drop(self.site.account_with(name, &postern_tests::site::random_password(), &["--mail", &mail]));
    }

    /// Binds a number with the code that arrives.
    fn enrols_sms(&self, name: &str, number: &str) -> (i32, String) {
        let mut person = self.site.cli_at_terminal(&["sms", "enrol", name, number]);
        if person.expect_one_of(&["Code sent to", "postern: "]).0 == 0 {
            person.answer_visible(&self.gateway.next().code());
        }
        person.ends()
    }
}

fn factors(site: &Site, name: &str) -> Vec<Value> {
    json(site, &["factor", "list", name])["factors"].as_array().unwrap().clone()
}

#[test]
fn an_address_is_bound_once_the_code_that_was_sent_to_it_is_typed() {
    let post = Post::of("email_enrol");
    let site = &post.site;
    post.account("alice");
    let mut person = site.cli_at_terminal(&["email", "enrol", "alice", "Backup.Box@example.org"]);
    person.expect("A code is on its way to Backup.Box@example.org");
    person.expect("Code sent to Backup.Box@example.org: ");
    let mail = post.mailbox.next();
    assert_eq!((mail.to.as_str(), mail.defects.len()), ("Backup.Box@example.org", 0), "{mail:?}");
    assert!(mail.text.contains("alice"), "{mail:?}");
    let code = mail.code();
    person.answer_visible(if code == "000000" { "000001" } else { "000000" });
    person.expect("wrong, or was used before");
    person.expect("Code sent to");
    assert_eq!(factors(site, "alice"), [] as [Value; 0]);
    person.answer_visible(&code);
    let (status, said) = person.ends();
    assert_eq!(status, 0, "{said}");
    assert!(
        said.contains("\"E-mail\" to account alice") && said.contains("need app passwords now"),
        "{said}"
    );

    let told = post.mailbox.next();
    assert_eq!(told.to, "alice@example.org", "{told:?}");
    assert!(told.text.contains("\"E-mail\" (codes by e-mail) was set up"), "{told:?}");
    assert!(told.text.contains("an administrator"), "{told:?}");

    let listed = &factors(site, "alice")[0];
    assert_eq!(
        (&listed["kind"], &listed["address"], &listed["label"]),
        (&json!("email"), &json!("Backup.Box@example.org"), &json!("E-mail")),
        "{listed}"
    );
    let shown = json(site, &["account", "show", "alice"]);
    assert_eq!(shown["account"]["factors"][0]["address"], "Backup.Box@example.org");
    let reported = json(site, &["report"]);
    assert_eq!(reported["accounts"][0]["factors"][0]["address"], "Backup.Box@example.org", "{reported}");
    for args in [&["email", "list", "alice"][..], &["factor", "list", "alice"], &["account", "show", "alice"]]
    {
        let text = site.cli_ok(args);
        assert!(text.contains("email (Ba…@example.org)") && !text.contains("Backup"), "{args:?}: {text}");
    }
    let text = site.cli_ok(&["report"]);
    assert!(text.contains("1 (email)") && !text.contains("Backup"), "{text}");
    assert!(site.cli_ok(&["sms", "list", "alice"]).contains("alice has no second factor of the kind sms"));

    let removed = json(site, &["email", "remove", "alice"]);
    assert_eq!(removed["removed"], json!([listed["id"]]));
    assert!(post.mailbox.next().text.contains("was removed"));
    assert_eq!(factors(site, "alice"), [] as [Value; 0]);
}

#[test]
fn nothing_is_sent_to_an_unusable_destination() {
    let post = Post::of("email_refused");
    let site = &post.site;
    post.account("alice");
    for (args, status, reason) in [
        (&["email", "enrol", "alice", "alice@example.org"][..], DATA, "mailbox of this account"),
        (&["email", "enrol", "alice", "ALICE@EXAMPLE.ORG", "--unproved"], DATA, "mailbox of this account"),
        (&["email", "enrol", "alice", "x@example.org\r\nBcc: b@example.org"], DATA, "not an e-mail address"),
        (&["email", "enrol", "alice", "nowhere"], DATA, "not an e-mail address"),
        (&["sms", "enrol", "alice", "020 7946 0123"], DATA, "country code"),
        (&["sms", "enrol", "alice", "+442079460123", "--replace", "ffff"], DATA, "no such second factor"),
        (&["sms", "enrol", "nobody", "+442079460123"], NO_USER, "no account"),
        (&["phone", "enrol", "alice"], DATA, "not available here"),
        (&["sms", "remove", "alice"], DATA, "no second factor of the kind sms"),
        (&["sms", "enrol", "alice"], USAGE, "NUMBER"),
    ] {
        let ran = site.cli(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (status, ""), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(reason), "{args:?}: {}", ran.stderr);
    }
    assert_eq!((post.mailbox.count(), post.gateway.count()), (0, 0));

    let plain = Site::new("email_without");
    drop(plain.account("alice"));
    for kind in
        [&["email", "enrol", "alice", "a@example.org"][..], &["sms", "enrol", "alice", "+442079460123"]]
    {
        for unproved in [&[][..], &["--unproved"]] {
            let said = fails_after_a_word(&plain, DATA, &[kind, unproved].concat());
            assert!(said.contains("not available here") && said.contains("nothing was bound"), "{said}");
        }
    }
}

/// A command that has to fail after it has told the user why.
fn fails_after_a_word(site: &Site, status: i32, args: &[&str]) -> String {
    let ran = site.cli(args);
    assert_eq!((ran.code, ran.stdout.as_str()), (status, ""), "{args:?}: {ran:?}");
    assert!(ran.stderr.lines().last().unwrap().starts_with("postern: "), "{ran:?}");
    ran.stderr
}

#[test]
fn a_number_is_bound_to_one_account_through_a_rotation_of_the_keyring_too() {
    let post = Post::of("sms_unique");
    let site = &post.site;
    post.account("alice");
    post.account("bob");
    let (status, said) = post.enrols_sms("alice", "+44 (20) 7946-0123");
    assert!(status == 0 && said.contains("\"SMS\" to account alice"), "{said}");
    assert_eq!(factors(site, "alice")[0]["number"], "+442079460123");
    assert!(site.cli_ok(&["sms", "list", "alice"]).contains("sms (…0123)"));
    let said = fails_after_a_word(site, DATA, &["sms", "enrol", "bob", "+442079460123", "--unproved"]);
    assert!(said.contains("belongs to another account"), "{said}");
    let said = fails_after_a_word(site, DATA, &["sms", "enrol", "alice", "+442079460123", "--unproved"]);
    assert!(said.contains("have already set that one up"), "{said}");

    let keys = || query(site, "SELECT key FROM factor_key");
    let before = keys();
    assert_eq!(before.len(), 1);
    let text = site.cli_ok(&["key", "rotate"]);
    register_keys(site);
    assert!(text.contains("sealed 0 secrets"), "a number is no secret of the keyring: {text}");
    let after = keys();
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
    // Under the old key it could not be read any more.
    let ring = fs::read_to_string(site.keyring()).unwrap();
    let newest: Vec<&str> = ring.split("[[key]]").take(2).collect();
    fs::write(site.keyring(), newest.join("[[key]]")).unwrap();
    let said = fails_after_a_word(site, DATA, &["sms", "enrol", "bob", "+442079460123", "--unproved"]);
    assert!(said.contains("belongs to another account"), "{said}");

    drop(site.cli_ok(&["sms", "remove", "alice"]));
    assert_eq!(keys(), [] as [Vec<Value>; 0]);
    let bound = json(site, &["sms", "enrol", "bob", "+442079460123", "--unproved", "--label", "old phone"]);
    assert_eq!(
        (&bound["sms"]["proved"], &bound["sms"]["label"], &bound["sms"]["first"]),
        (&json!(false), &json!("old phone"), &json!(true)),
        "{bound}"
    );
    assert_eq!(post.gateway.count(), 1, "without a proof nothing is sent");
    drop(site.cli_ok(&["account", "reset", "bob", "--yes"]));
    assert_eq!(keys(), [] as [Vec<Value>; 0]);
}

pub(crate) fn register_keys(site: &Site) {
    for line in fs::read_to_string(site.keyring()).unwrap().lines() {
        if let Some(secret) = line.strip_prefix("secret = ") {
            canary::register(secret.trim_matches('"').trim_end_matches('='));
        }
    }
}

#[test]
fn an_unproved_factor_is_reported_as_such_and_can_replace_an_old_one() {
    let post = Post::of("sms_replace");
    let site = &post.site;
    post.account("alice");
    let text = site.cli_ok(&["sms", "enrol", "alice", "+442079460123", "--unproved"]);
    assert!(text.contains("no code has proved it yet"), "{text}");
    let old = factors(site, "alice")[0]["id"].as_str().unwrap().to_owned();
    let (status, said) = post.enrols_sms("alice", "+442079460999");
    assert_eq!(status, 0, "{said}");
    let said = fails(site, USAGE, &["sms", "remove", "alice"]);
    assert!(said.contains("alice has 2 of the kind sms"), "{said}");
    let bound =
        json(site, &["email", "enrol", "alice", "a@example.org", "--unproved", "--replace", &old[..8]]);
    assert_eq!(bound["email"]["replaces"], old, "{bound}");
    let mut kinds: Vec<String> = factors(site, "alice").iter().map(|one| one["kind"].to_string()).collect();
    kinds.sort();
    assert_eq!(kinds, ["\"email\"", "\"sms\""]);
}

#[test]
fn too_many_codes_are_not_sent_and_wrong_ones_bind_nothing() {
    let post = Post::of("sms_limits");
    let site = &post.site;
    post.account("alice");
    let answers = "000000\n".repeat(5);
    let ran = site.cli_stdin(&["sms", "enrol", "alice", "+442079460123"], &answers);
    assert!(ran.code == DATA && ran.stderr.contains("postern: nothing was bound"), "{ran:?}");
    // To the same number within a minute, from any account.
    let ran = site.cli(&["sms", "enrol", "alice", "+442079460123"]);
    assert!(
        ran.code == TEMPORARY && ran.stderr.contains("No code can be sent to +442079460123 for another"),
        "{ran:?}"
    );
    assert_eq!(post.gateway.count(), 1);
    assert_eq!(factors(site, "alice"), [] as [Value; 0]);
}

#[test]
fn a_courier_that_is_out_of_order_fails_what_needs_it_and_warns_otherwise() {
    let post = Post::eager("courier_broken");
    let site = &post.site;
    post.account("alice");
    post.gateway.http.set(Mood::Drops);
    let said = fails_after_a_word(site, DATA, &["sms", "enrol", "alice", "+442079460123"]);
    assert!(said.contains("No code could be sent to +442079460123"), "{said}");
    // Nothing was counted either.
    post.gateway.http.set(Mood::Answers(500, String::new(), "no\n".to_owned()));
    let said = fails_after_a_word(site, DATA, &["sms", "enrol", "alice", "+442079460123"]);
    assert!(said.contains("No code could be sent") && said.contains("500"), "{said}");

    site.edit_config(|text| {
        text.replace("host = \"127.0.0.1\"", "host = \"127.0.0.1\"\ncredentials_file = \"/nonexistent\"")
    });
    for args in [
        &["app-password", "create", "alice", "--label", "Phone"][..],
        &["sms", "enrol", "alice", "+442079460123", "--unproved"],
        &["recovery", "create", "alice"],
        &["account", "password", "alice", "--remove"],
        &["totp", "enrol", "alice", "--unproved", "--uri"],
        &["account", "reset", "alice", "--yes"],
    ] {
        let ran = site.cli(args).succeeded();
        assert!(
            ran.stderr.contains("postern: warning: the change is made, and alice was not told"),
            "{args:?}: {ran:?}"
        );
        assert!(ran.stderr.contains("/nonexistent"), "{ran:?}");
    }
    let ran = site.cli(&["account", "list"]).succeeded();
    assert_eq!(ran.stderr, "", "what sends nothing says nothing");
}

#[test]
fn the_owner_is_told_of_an_admins_changes_in_the_accounts_language() {
    let post = Post::of("courier_tells");
    let site = &post.site;
    let (password, language) = (postern_tests::site::random_password(), "preferredLanguage=zh-CN");
    drop(site.account_with("wei", &password, &["--mail", "wei@example.org", "--attribute", language]));
    drop(site.app_password("wei", "Foxmail", &[]));
    let told = post.mailbox.next();
    assert_eq!(told.to, "wei@example.org");
    assert!(told.text.contains("Foxmail") && told.text.contains("管理员"), "{told:?}");
    let (factor, _) = site.enrol("wei");
    assert!(post.mailbox.next().text.contains("“身份验证器应用”（显示验证码）"));
    drop(site.cli_ok(&["recovery", "create", "wei"]));
    assert!(post.mailbox.next().text.contains("恢复码"));
    drop(site.cli_ok(&["factor", "remove", "wei", &factor]));
    assert!(post.mailbox.next().text.contains("已解绑"));
    drop(site.cli_ok(&["app-password", "revoke", "wei", "--all"]));
    assert!(post.mailbox.next().text.contains("Foxmail"));
    drop(
        site.cli_stdin(&["account", "password", "wei", "--password-stdin"], &format!("{password}x\n"))
            .succeeded(),
    );
    assert!(post.mailbox.next().text.contains("主密码"));
    drop(site.cli_ok(&["account", "reset", "wei", "--yes"]));
    assert!(post.mailbox.next().text.contains("清除"));
    // What reads and what changes nothing is not worth a mail.
    drop(site.cli_ok(&["factor", "list", "wei"]));
    drop(site.cli_ok(&["app-password", "revoke", "wei", "--all"]));
    site.edit_config(|text| text.replace("[courier.email]", "[courier.email]\nchanges = false"));
    drop(site.app_password("wei", "Laptop", &[]));
    assert_eq!(post.mailbox.count(), 7);
}

#[test]
fn a_person_binds_lists_and_removes_by_kind() {
    let post = Post::eager("my_away");
    let site = &post.site;
    let user = unix_users::fresh("nina");
    let password = site.account_of(&user).password;
    let _posternd = site.posternd();
    let mut person = site.my_at_terminal(&user, &["sms", "enrol", "+44 20 7946 0123", "--label", "pocket"]);
    person.expect("Main password");
    person.answer_hidden(&password);
    person.expect("Code sent to +442079460123: ");
    person.answer_visible(&post.gateway.next().code());
    let (status, said) = person.ends();
    assert!(status == 0 && said.contains("pocket is set up"), "{said}");

    let mut person = site.my_at_terminal(&user, &["email", "enrol"]);
    // One that will not do costs no code.
    person.expect("Your backup e-mail address: ");
    person.answer_visible("backup");
    person.expect("That is not an e-mail address");
    person.expect("Your backup e-mail address: ");
    person.answer_visible("backup@example.org");
    person.expect("Main password");
    person.answer_hidden(&password);
    person.expect("Code sent to …0123");
    person.answer_visible(&post.gateway.next().code());
    person.expect("Code sent to backup@example.org: ");
    person.answer_visible(&post.mailbox.next().code());
    assert_eq!(person.ends().0, 0);

    let list = |args: &[&str]| -> Vec<Value> {
        let ran = site.my(&user, &[&["--json"], args].concat(), "").succeeded();
        let listed: Value = serde_json::from_str(&ran.stdout).unwrap();
        listed["factors"].as_array().unwrap().clone()
    };
    assert_eq!(list(&["factors"]).len(), 2);
    let (sms, email) = (list(&["sms", "list"]), list(&["email", "list"]));
    assert_eq!((sms.len(), &sms[0]["to"], &sms[0]["label"]), (1, &json!("…0123"), &json!("pocket")));
    assert_eq!((email.len(), &email[0]["to"]), (1, &json!("ba…@example.org")));
    assert_eq!(list(&["phone", "list"]), [] as [Value; 0]);
    let text = site.my(&user, &["sms", "list"], "").succeeded().stdout;
    assert!(text.contains("pocket (codes by SMS to …0123, since") && !text.contains("mail"), "{text}");
    let text = site.my(&user, &["phone", "list"], "").succeeded().stdout;
    assert!(text.contains("no second factor of that kind"), "{text}");
    let ran = site.my(&user, &["phone", "remove"], "");
    assert!(ran.code == NOT_PERMITTED && ran.stderr.contains("no second factor of that kind"), "{ran:?}");
    let ran = site.my(&user, &["email", "remove", sms[0]["id"].as_str().unwrap()], "");
    assert_eq!(ran.code, NOT_PERMITTED, "an id of another kind: {ran:?}");

    // Of several kinds the only one of this kind is meant.
    let mut person = site.my_at_terminal(&user, &["email", "remove"]);
    person.expect("Main password");
    person.answer_hidden(&password);
    // Either of them proves it.
    let (proposed, _) = person.expect_one_of(&["Code sent to …0123", "Code sent to ba…@example.org"]);
    let code = if proposed == 0 { post.gateway.next().code() } else { post.mailbox.next().code() };
    person.answer_visible(&code);
    let (status, said) = person.ends();
    assert!(status == 0 && said.contains("E-mail has been removed"), "{said}");
    assert_eq!(list(&["factors"]).len(), 1);
}
