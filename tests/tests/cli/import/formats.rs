//! What of each sample is carried over, and what is not, with the reason.

use postern_tests::Site;
use serde_json::json;

use super::*;

const EVERYONE: [&str; 12] =
    ["alice", "bob", "bob2", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim"];

fn site(name: &str) -> Site {
    let site = Site::new(name);
    for person in EVERYONE {
        let mail = format!("{person}@example.org");
        drop(site.cli_ok(&["account", "create", person, "--no-password", "--mail", &mail]));
    }
    site
}

#[test]
fn each_line_of_a_usersfile_is_bound_or_has_its_reason() {
    let site = site("import_oath");
    let file = sample(&site, "users.oath", USERS_OATH);
    let dry = run(&site, &["pam_oath", &file, "--dry-run"]);
    assert!(EVERYONE.iter().all(|name| factors(&site, name).is_empty()), "a dry run binds nothing");
    let all = run(&site, &["pam_oath", &file]);
    assert_eq!((counts(&all), counts(&dry)), ([3, 0, 3, 4], [3, 0, 3, 4]), "{all:#}");
    let all = outcomes(&all);
    assert_eq!(all, outcomes(&dry), "a dry run tells the same");
    for (short, reason) in [
        ("bob totp bound", "SHA1, 6 digits, 30 seconds; the main password no longer opens mail"),
        ("alice totp bound", "SHA1, 8 digits, 30 seconds"),
        ("erin totp bound", ""),
        ("erin pin left", "PIN"),
        ("bob2 hotp left", "counted"),
        ("frank hotp left", "counted"),
        ("grace totp failed", "6 or 8 digits"),
        ("heidi totp failed", "30 or 60 seconds"),
        ("ivan totp failed", "16 to 64 bytes, and this one 1"),
        ("nobody totp failed", "no account \"nobody\""),
    ] {
        said(&all, short, reason);
    }
    assert_eq!(counts(&run(&site, &["pam_oath", &file])), [0, 3, 3, 4], "the second time changes nothing");
    assert_eq!(factors(&site, "bob").len(), 1);
}

#[test]
fn uris_and_exports_of_google_are_read_line_by_line() {
    let site = site("import_uris");
    let file = sample(&site, "uris", URIS);
    let why = crate::fails(&site, crate::DATA, &["import", "otpauth", &file]);
    assert!(why.contains("--issuer \"Example\""), "of one issuer, which is another than this site's: {why}");
    let ran = site.cli(&["import", "otpauth", &file, "--label", "phone", "--issuer", "Example"]);
    assert!(ran.stdout.contains(" of \"Example\" from "), "{ran:?}");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("1 of 2 parts of an export is missing"), "{ran:?}");
    assert!(ran.stdout.contains("2 bound, 0 before, 2 left, 0 failed"), "{ran:?}");
    let carol = &factors(&site, "carol")[0];
    let shape = json!([carol["algorithm"], carol["digits"], carol["period"], carol["label"]]);
    assert_eq!(shape, json!(["SHA256", 8, 30, "phone"]));
    let text = sample(&site, "bad", "otpauth://totp/alice?secret=GEZDGNBVGY3TQOJQ\nhello\n");
    let why = crate::fails(&site, crate::DATA, &["import", "otpauth", &text]);
    assert!(why.contains("bad: line 2: is not an otpauth URI; nothing was changed"), "{why}");
    for export in ["CjEKCkhlbGxv", "!!", "CP%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F%2F8B"] {
        let uri = format!("\n\notpauth-migration://offline?data={export}\n");
        let why = crate::fails(&site, crate::DATA, &["import", "otpauth", &sample(&site, "cut", &uri)]);
        assert!(why.contains("line 3"), "{why}");
    }
}

#[test]
fn of_an_app_with_keys_of_other_sites_one_issuer_is_meant() {
    let site = site("import_apps");
    let file = sample(&site, "free", FREEOTP);
    let why = crate::fails(&site, crate::DATA, &["import", "freeotp+", &file]);
    assert!(why.contains("\"Elsewhere\", \"Example\"") && why.contains("--issuer"), "{why}");
    let done = run(&site, &["freeotp+", &file, "--issuer", "Example"]);
    assert_eq!(counts(&done), [1, 0, 1, 0], "{done:#}");
    assert_eq!(factors(&site, "erin")[0]["algorithm"], "SHA512");
    let done = run(&site, &["aegis", &sample(&site, "aegis", AEGIS), "--issuer", "Example"]);
    assert_eq!(counts(&done), [1, 0, 1, 0], "{done:#}");
    said(&outcomes(&done), "frank steam left", "Steam");
    let encrypted = r#"{"version":1,"header":{"slots":[{"type":1}],"params":{}},"db":"AAAA"}"#;
    let why = crate::fails(&site, crate::DATA, &["import", "aegis", &sample(&site, "sealed", encrypted)]);
    assert!(why.contains("without encryption"), "{why}");
    // Someone's own phone, whatever its keys are called.
    let done = run(&site, &["freeotp+", &file, "--issuer", "Elsewhere", "--account", "kim"]);
    assert_eq!((counts(&done), factors(&site, "kim").len()), ([1, 0, 0, 0], 1));
}

#[test]
fn tokens_of_privacyidea_belong_to_the_login_of_one_realm() {
    let site = site("import_pi");
    let file = sample(&site, "pi.csv", PRIVACYIDEA);
    let why = crate::fails(&site, crate::DATA, &["import", "privacyidea", &file]);
    assert!(why.contains("\"\", \"realm1\""), "a token without an owner is of no realm: {why}");
    let done = run(&site, &["privacyidea", &file, "--issuer", "realm1"]);
    assert_eq!(counts(&done), [1, 0, 1, 0], "{done:#}");
    assert_eq!(factors(&site, "grace")[0]["label"], "TOTP00012345");
    let done =
        run(&site, &["privacyidea", &sample(&site, "pi.json", PRIVACYIDEA_JSON), "--issuer", "realm1"]);
    assert_eq!(counts(&done), [1, 0, 1, 0], "{done:#}");
    let heidi = &factors(&site, "heidi")[0];
    assert_eq!(json!([heidi["algorithm"], heidi["digits"]]), json!(["SHA256", 8]));
    let line = "kim@realm1, T1, 000102030405060708090a0b0c0d0e0f, totp, 6, 60\n";
    let args = ["privacyidea", &sample(&site, "sha512", line), "--algorithm", "sha512", "--issuer", "realm1"];
    let done = run(&site, &args);
    said(&outcomes(&done), "kim totp bound", "SHA512, 6 digits, 60 seconds");
    for (text, told) in [
        ("- owner: a\n", "python3 -c"),
        ("<KeyContainer/>", "PSKC"),
        ("gAAAAABn", "encrypted"),
        ("a@b, T1, 00\n", "line 1"),
        ("[{\"owner\":\"a\"}]", "line 1, column"),
    ] {
        let why = crate::fails(&site, crate::DATA, &["import", "privacyidea", &sample(&site, "bad", text)]);
        assert!(why.contains(told), "{why}");
    }
}

#[test]
fn a_token_in_ldap_belongs_to_the_users_that_name_it() {
    let site = site("import_ldif");
    let file = sample(&site, "oath.ldif", LDIF);
    let done = run(&site, &["oath-ldap", &file]);
    assert_eq!(counts(&done), [1, 0, 1, 1], "{done:#}");
    let all = outcomes(&done);
    said(&all, "ivan totp bound", "SHA1, 6 digits");
    said(&all, "ivan hotp left", "counted");
    said(&all, " totp failed", "does not say whose");
    assert_eq!(factors(&site, "ivan")[0]["label"], "yk-7");
    // The same entries in two files.
    let (begin, end) = LDIF.split_at(LDIF.find("dn: uid=ivan").unwrap());
    let (begin, end) = (sample(&site, "a.ldif", begin), sample(&site, "b.ldif", end));
    assert_eq!(counts(&run(&site, &["oath-ldap", &end, &begin])), [0, 1, 1, 1]);
    let alone = run(&site, &["oath-ldap", &begin]);
    assert_eq!(counts(&alone)[3], 3, "no user names them: {alone:#}");
    for (text, told) in [
        ("dn: uid=a,dc=b\nchangetype: modify\n", "line 2: is a change"),
        ("uid: a\n", "line 1"),
        ("dn: uid=a,dc=b\noathSecret:: %%%\n", "line 2: is not base64"),
        ("dn: uid=a,dc=b\nnothing\n", "line 2"),
    ] {
        let why = crate::fails(&site, crate::DATA, &["import", "oath-ldap", &sample(&site, "bad", text)]);
        assert!(why.contains(told), "{why}");
    }
}

#[test]
fn of_mailcow_seeds_are_bound_and_app_passwords_are_listed() {
    let site = site("import_mailcow");
    let file = sample(&site, "mailcow.sql", MAILCOW);
    let done = run(&site, &["mailcow", &file]);
    assert_eq!(counts(&done), [1, 0, 2, 1], "{done:#}");
    let all = outcomes(&done);
    said(&all, "judy totp bound", "");
    said(&all, "judy passkey left", "mailcow's own address");
    said(&all, "judy app password left", "postern app-password create");
    said(&all, "kim totp failed", "16 to 64 bytes");
    assert_eq!(factors(&site, "judy")[0]["label"], "judy's phone");
    let csv = "id,key_id,username,authmech,secret,active\n1,phone,alice@example.org,totp,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,1\n\
               2,off,bob@example.org,totp,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,0\n";
    assert_eq!(counts(&run(&site, &["mailcow", &sample(&site, "tfa.csv", csv)])), [1, 0, 1, 0]);
    // The administrator of mailcow is another person than the owner of a mailbox of that name.
    let admin = csv.lines().take(2).collect::<Vec<_>>().join("\n").replace("alice@example.org", "kim");
    for names in [&[][..], &["--account", "kim"]] {
        let admin = sample(&site, "admin.csv", &admin);
        let done = run(&site, &[&["mailcow", &admin], names].concat());
        assert_eq!(counts(&done), [0, 0, 1, 0], "{done:#}");
        said(&outcomes(&done), "kim totp left", "administrator of mailcow");
    }
    assert!(factors(&site, "kim").is_empty());
    let rows = r#"[{"username":"erin@example.org","authmech":"totp","secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","active":1,"key_id":"p"},
        {"mailbox":"erin@example.org","name":"K-9","password":"{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYQ"}]"#;
    let done = run(&site, &["mailcow", &sample(&site, "rows.json", rows)]);
    assert_eq!(counts(&done), [1, 0, 1, 0], "{done:#}");
    for text in [
        "id,name\n1,a\n",
        "[{\"id\":1}]",
        "CREATE TABLE `tfa` (\n  `id` int\n);\nINSERT INTO `tfa` VALUES (1);\n",
        "",
    ] {
        let why = crate::fails(&site, crate::DATA, &["import", "mailcow", &sample(&site, "bad", text)]);
        assert!(why.contains("mailcow's tables"), "{text:?}: {why}");
    }
}
