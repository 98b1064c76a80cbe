//! The manuals' paths in a browser without a script: every kind is set up, logs in, is replaced and removed, by forms alone. Passkeys
//! and copying aside.

use data_encoding::BASE32_NOPAD;
use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::login_host::{CodeApp, LoginUser};
use postern_tests::{Authenticator, Handset, canary};

use crate::on_both;
use crate::replacing::factors;

on_both!(everything_is_done_without_a_script);

/// What stands between two texts of the page.
#[track_caller]
fn between<'p>(page: &'p str, before: &str, after: &str) -> &'p str {
    let rest = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}")).1;
    rest.split_once(after).expect("an end").0
}

#[track_caller]
fn says(client: &FormClient<'_>, text: &str) {
    assert!(client.page.body.contains(text), "{}: no {text} in {}", client.path, client.page.body);
}

/// Reads the key of an app off the page, and types its first code.
fn bind_app(client: &mut FormClient<'_>) -> CodeApp {
    let key: String =
        between(&client.page.body, "<p class=\"secret\"><code>", "<").split_whitespace().collect();
    canary::register(&key);
    let mut app = CodeApp::of(Authenticator::new(&BASE32_NOPAD.decode(key.as_bytes()).unwrap()));
    client.answer(&app.code());
    says(client, "is set up");
    app
}

/// Opens the link of the page on a phone, and compares what both show.
fn bind_phone(host: &AccountHost, client: &mut FormClient<'_>) -> Handset {
    let link = between(&client.page.body, "<a href=\"http", "\"");
    let phone = Handset::scans(&format!("http{}", link.replace("&amp;", "&")));
    phone.register();
    assert!(phone.bind(&host.web, "Fairphone").is_accept());
    client.answer("");
    assert_eq!(between(&client.page.body, "<p class=\"digits\">", "<"), phone.compared());
    client.answer("y");
    says(client, "is set up");
    phone
}

fn bind_address(client: &mut FormClient<'_>, to: &str, code: impl FnOnce() -> String) {
    client.answer(to);
    says(client, "Send a new code");
    client.answer(&code());
    says(client, "is set up");
}

/// Logs in up to the question for this way.
fn log_in_by<'h>(host: &'h AccountHost, user: &LoginUser, label: &str) -> FormClient<'h> {
    let mut client = FormClient::new(host);
    client.log_in(user);
    let ways = client.page.body.clone();
    let way = ways.split("<button").find(|button| button.contains(&format!(">{label}")));
    // Otherwise it is the one that was used last, and asked for already.
    if let Some(way) = way {
        client.answer(between(way, "value=\"", "\""));
    }
    client
}

#[track_caller]
fn is_in(client: &FormClient<'_>) {
    assert!(client.cookie("-session").is_some() && client.path == "/security", "{}", client.page.body);
}

fn everything_is_done_without_a_script(host: &AccountHost) {
    let anna = host.user("anna");
    let mut client = FormClient::logged_in(host, &anna);
    let add = |client: &mut FormClient<'_>, kind: &str| {
        client.get("/security");
        client.submit("/security/add", &[("kind", kind)]);
    };
    client.get("/security");
    says(&client, "There are passkeys, too, in browsers with JavaScript.");
    add(&mut client, "totp");
    let mut app = bind_app(&mut client);
    client.answer("y");
    let codes: Vec<String> = client
        .page
        .body
        .split("<li><code>")
        .skip(1)
        .map(|item| item.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10, "{}", client.page.body);
    codes.iter().for_each(|code| canary::register(code));
    client.answer("");
    add(&mut client, "phone");
    let phone = bind_phone(host, &mut client);
    add(&mut client, "email");
    bind_address(&mut client, &anna.backup(), || host.mailbox.next_to(&anna.backup()).code());
    add(&mut client, "sms");
    bind_address(&mut client, &anna.number(), || host.gateway.next_to(&anna.number()).code());
    client.submit("/log-out", &[]);
    says(&client, "You are logged out.");

    let mut client = log_in_by(host, &anna, "Authenticator app");
    client.answer(&app.code());
    is_in(&client);
    let mut client = log_in_by(host, &anna, "Fairphone");
    let number = between(&client.page.body, "<p class=\"digits\">", "<").to_owned();
    assert_eq!(phone.decide(&host.web, "approve", &number), "approved");
    client.answer("");
    is_in(&client);
    let mut client = log_in_by(host, &anna, "Fairphone");
    client.answer(&CodeApp::of(phone.app()).code());
    is_in(&client);
    let mut client = log_in_by(host, &anna, "E-mail");
    client.answer(&host.mail(&anna.backup(), "code").code());
    is_in(&client);
    let mut client = log_in_by(host, &anna, "SMS");
    let code = host.gateway.next_to(&anna.number()).code();
    let path = client.path.clone();
    client.submit(&path, &[("answer", &code), ("trust", "on")]);
    is_in(&client);
    assert!(client.cookie("-browser").is_some(), "trusted: {:?}", client.cookies.keys());
    client.submit("/log-out", &[]);
    client.log_in(&anna);
    is_in(&client);
    let mut client = log_in_by(host, &anna, "E-mail");
    drop(host.mail(&anna.backup(), "code"));
    client.answer(&codes[0]);
    assert!(client.cookie("-session").is_some(), "{}", client.page.body);
    says(&client, "9 recovery codes left");

    let replace = |client: &mut FormClient<'_>, label: &str, kind: &str| {
        let all = factors(host, &anna);
        let id = all.iter().find(|(known, _)| known.contains(label)).expect("a factor").1;
        client.get("/security");
        client.submit("/security/replace", &[("id", id), ("kind", kind)]);
    };
    replace(&mut client, "Authenticator", "totp");
    let mut app = bind_app(&mut client);
    replace(&mut client, "Fairphone", "phone");
    drop(bind_phone(host, &mut client));
    replace(&mut client, "E-mail", "email");
    let address = format!("{}.other@example.org", anna.unix.name);
    bind_address(&mut client, &address, || host.mailbox.next_to(&address).code());
    client.get("/app-passwords");
    client.submit("/app-passwords/create", &[("label", "Thunderbird"), ("imap", "on")]);
    says(&client, "shown only this once");
    canary::register(&between(&client.page.body, "id=\"password\">", "<").replace(' ', ""));
    // The address was set up last, which proved who she is: it goes last.
    for label in ["Fairphone", "SMS", "E-mail"] {
        let all = factors(host, &anna);
        let id = all.iter().find(|(known, _)| known.contains(label)).expect("a factor").1;
        client.get("/security");
        client.submit("/security/remove", &[("id", id)]);
        says(&client, "has been removed");
    }
    client.submit("/log-out", &[]);
    client.log_in(&anna);
    client.answer(&app.code());
    is_in(&client);
}
