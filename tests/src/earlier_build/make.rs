//! Makes the data with the programs of a build: `POSTERN_BIN_DIR` says where they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::courier_host::{CourierHost, SHORT};
use crate::login_host::{LoginUser, Stores};
use crate::{Ran, guard, host, otp, unix_users};

use super::people::with_phone;
use super::{Door, QUESTIONS, SITE, redis_dump};

/// Makes the data of a host with these stores in `folder`, in the place of what is there.
pub fn make(stores: Stores, folder: &Path) {
    fs::remove_dir_all(folder).ok();
    fs::create_dir_all(folder).expect("a folder");
    let host = CourierHost::new("fixture", stores, &SHORT.replace("\"20s\"", "\"2m\""));
    let users = ["anna", "berta", "carl"].map(|name| user(&host, name));
    let [anna, berta, carl] = &users;
    let mut conversations = Vec::new();

    let site = &host.site;
    let (_, app) = site.enrol_with("anna", &["--label", "Aegis"]);
    let codes = recovery_codes(&host);
    let opens = site.app_password("anna", "Thunderbird", &["--scope", "imap,smtp"]).password;
    let revoked = site.app_password("anna", "Old phone", &[]);
    drop(site.cli_ok(&["app-password", "revoke", "anna", &revoked.id]));
    drop(site.cli_ok(&[
        "account",
        "policy",
        "anna",
        "--main-password-on-mail",
        "never",
        "--second-factor",
        "required",
    ]));
    host.bind_email(berta, &[]);
    let by_mail = || host.mailbox.next_to(&berta.backup()).code();
    host.bind_sms(berta, &[&by_mail]);
    let of_berta = site.app_password("berta", "K-9", &["--scope", "imap"]).password;
    let phone = host.bind_phone(carl, &[]);
    drop(phone.ring_by_ntfy(&host.web));

    let socket = site.socket();
    let mut converse = |begin: Value, recorded: Value, answers: &[(&str, &str)]| {
        let mut door = Door::begin(&socket, &begin);
        let end = door.finish(answers);
        let mut record = door.record();
        record[0] = json!({ "door": { "begin": recorded } });
        conversations.push(record);
        end
    };
    let code = app.fresh_code(10);
    let spent_step = otp::now() / app.period;
    let login = |user: &LoginUser, service: &str, secret: &str| {
        json!({
            "version": 1, "flow": "login", "service": service, "user": user.unix.name, "secret": secret,
            "rhost": "192.0.2.7", "session": "fixture",
        })
    };
    let at_prompt = |user: &LoginUser, secret: &str, device: Option<&str>| {
        let mut begin = login(user, "sshd", secret);
        begin["interactive"] = true.into();
        begin["device"] = device.into();
        begin
    };
    let end = converse(
        at_prompt(anna, &anna.password, Some(DEVICE)),
        at_prompt(anna, "@anna_password@", Some(ANOTHER_DEVICE)),
        &[(&code, "@code@"), ("y", "n")],
    );
    assert!(end["verdict"]["accept"].is_object(), "{end}");
    let end = converse(login(anna, "imap", &opens), login(anna, "imap", "@anna_app_password@"), &[]);
    assert!(end["verdict"]["accept"].is_object(), "{end}");
    let end = converse(login(anna, "imap", &anna.password), login(anna, "imap", "@anna_password@"), &[]);
    assert!(end["verdict"]["reject"].is_object(), "{end}");
    let lookup = json!({ "version": 1, "flow": "lookup", "service": "lmtp", "user": "berta" });
    drop(converse(lookup.clone(), lookup, &[]));
    let account = json!({ "version": 1, "flow": "account", "service": "sshd", "user": "anna" });
    drop(converse(account.clone(), account, &[]));
    let status = json!({ "version": 1, "flow": "status", "service": "", "user": "" });
    drop(converse(status.clone(), status, &[]));
    let mut used = Door::begin(&socket, &at_prompt(anna, &anna.password, None));
    assert!(used.finish(&[(&codes[0], "")])["verdict"]["accept"].is_object());
    for _ in 0..3 {
        let wrong = login(berta, "imap", "this is not the password");
        drop(Door::begin(&socket, &wrong).finish(&[]));
    }
    // It waits for Carl's phone while all is copied.
    let mut waits = Door::begin(&socket, &at_prompt(carl, &carl.password, None));
    while waits.hear().get("ask").is_none() {}
    // The log of uses is written a moment later.
    guard::pause(Duration::from_secs(2));

    let uids: BTreeMap<&str, u32> = users.iter().map(|user| (&*user.unix.name, user.unix.uid)).collect();
    let people = json!({
        "made_at": otp::now(), "uids": uids,
        "anna_password": anna.password, "anna_app_password": opens, "anna_revoked_app_password": revoked.password,
        "anna_seed": app.hex(), "spent_step": spent_step, "recovery_codes": codes, "device": DEVICE,
        "berta_password": berta.password, "berta_app_password": of_berta, "berta_backup": berta.backup(),
        "carl_password": carl.password,
    });
    write(folder, "people.json", &pretty(&with_phone(people, &phone)));
    let lines = conversations.iter().map(|record| format!("{}\n", json!(record)));
    write(folder, "conversations.jsonl", &lines.collect::<String>());
    for (name, arguments) in QUESTIONS {
        write(folder, &format!("cli/{name}.json"), &pretty(&site.cli_json(arguments)));
    }
    copy_site(&host, folder);
    drop(waits);
}

fn user(host: &CourierHost, name: &str) -> LoginUser {
    let uid = FIRST_UID + u32::from(name.as_bytes()[0]);
    let unix = unix_users::add(name, uid);
    let mail = format!("{name}@example.org");
    let own: &[(&str, &str)] = if host.slapd.is_none() { &[("mail", &mail)] } else { &[] };
    host.account_of(&unix, name, uid, own)
}

fn recovery_codes(host: &CourierHost) -> Vec<String> {
    let made = host.site.cli_json(&["recovery", "create", "anna"]);
    let codes = made["recovery_codes"].as_array().or_else(|| made["codes"].as_array());
    let codes = codes.unwrap_or_else(|| panic!("no recovery codes in {made}"));
    codes.iter().map(|code| code.as_str().expect("a code").to_owned()).collect()
}

/// Copies configuration, keys and stores.
fn copy_site(host: &CourierHost, folder: &Path) {
    let site = &host.site;
    let at = site.dir().display().to_string();
    for entry in fs::read_dir(site.dir().join("etc")).expect("etc") {
        let path = entry.expect("a file").path();
        if path.is_file() {
            let text = fs::read_to_string(&path).expect("a text").replace(&at, SITE);
            write(folder, &format!("etc/{}", path.file_name().expect("a name").to_string_lossy()), &text);
        }
    }
    write(folder, "mail-ca.pem", &fs::read_to_string(&host.mailbox.certs.ca).expect("a certificate"));
    match (&host.slapd, &host.redis) {
        (Some(slapd), Some(redis)) => {
            write(folder, "people.ldif", &slapd.export());
            write(
                folder,
                "redis.jsonl",
                &redis_dump::dump(redis).replace(&redis_dump::identity(redis), REDIS),
            );
        }
        _ => {
            copy_database(&site.database(), &folder.join("postern.db"));
            copy_database(&site.dir().join("run/postern.db.spent"), &folder.join("postern.db.spent"));
        }
    }
}

/// By SQLite itself, as posternd has it open.
fn copy_database(from: &Path, to: &Path) {
    let copy = "import sqlite3, sys\nsqlite3.connect(sys.argv[1], timeout=10).execute('VACUUM INTO ?', [sys.argv[2]])\n";
    let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
    python.args(["-I", "-c", copy]).arg(from).arg(to).current_dir("/");
    drop(Ran::of(&mut python, b"", Duration::from_secs(20)).succeeded());
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON") + "\n"
}

/// Stands for what a Redis calls itself.
pub(super) const REDIS: &str = "@REDIS@";
const DEVICE: &str =
    "ssh-key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg";
const ANOTHER_DEVICE: &str =
    "ssh-key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA";
const FIRST_UID: u32 = 24_000;
