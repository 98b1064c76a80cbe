use postern_core::Reason;
use postern_core::flows::SelfServiceFlow;

use crate::harness::{MAIN_PASSWORD, Site};

#[tokio::test]
async fn an_app_password_is_made_shown_once_listed_renewed_and_revoked() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let mail = async |secret: &str| site.visit("imap", "alice").secret(secret).says(&[]).await.is_accept();

    let create = site.own(&alice, SelfServiceFlow::AppPasswordCreate);
    let ended = create.says(&["Foxmail", MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(ended.questions()[0], "What is it for (the mail program's name)? ");
    let made = ended.records("app_password")[0].clone();
    let password = made["password"].as_str().unwrap();
    assert!(ended.lines().contains(&format!("    {password}").as_str()));
    assert!(ended.lines().contains(&"User name: alice"));
    assert_eq!(ended.records("mail_account")[0]["user"], "alice");
    let server = &ended.records("mail_setting")[0];
    assert_eq!((&server["protocol"], &server["tls"]), (&"IMAP".into(), &"implicit".into()));
    assert!(
        ended.lines().contains(&"IMAP server: imap.example.org, port 993, SSL/TLS"),
        "{:?}",
        ended.lines()
    );
    assert!(mail(password).await);

    let listed = site.own(&alice, SelfServiceFlow::AppPasswordList).says(&[]).await;
    let id = made["id"].as_str().unwrap();
    let rows = listed.lines().join(" ");
    let last = "      192.0.2.1)";
    assert!(rows.starts_with(&format!("{id}…  Foxmail (all mail services), last used: 2027-")), "{rows}");
    assert!(
        rows.contains(" UTC (imap,") && !rows.contains("expires") && !rows.contains("only from"),
        "{rows}"
    );
    assert_eq!(
        listed.lines(),
        [&rows[..rows.len() - last.len() - 1], last],
        "no row is wider than 80 columns"
    );
    assert!(listed.records("app_password")[0].get("password").is_none(), "it is shown once");

    site.clock.advance(30);
    let renew = site.own(&alice, SelfServiceFlow::AppPasswordRegenerate).argument("id", id);
    let ended = renew.says(&[MAIN_PASSWORD, &app.code()]).await;
    let renewed = ended.records("app_password")[0].clone();
    assert_eq!(renewed["replaces"], id);
    let renewed = renewed["password"].as_str().unwrap();
    assert!(mail(renewed).await && !mail(password).await);

    site.clock.advance(30);
    let revoke = site.own(&alice, SelfServiceFlow::AppPasswordRevoke).argument("all", "true");
    let ended = revoke.says(&[MAIN_PASSWORD, &app.code()]).await;
    assert!(ended.is_accept() && ended.records("revoked").len() == 1);
    assert!(!mail(renewed).await);
    let listed = site.own(&alice, SelfServiceFlow::AppPasswordList).says(&[]).await;
    assert_eq!(listed.lines(), ["You have no app passwords."]);
}

#[tokio::test]
async fn scope_expiry_and_networks_can_be_given() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let create = site
        .own(&alice, SelfServiceFlow::AppPasswordCreate)
        .argument("label", "office")
        .argument("scope", "imap,smtp")
        .argument("networks", "192.0.2.0/24,2001:db8::/32")
        .argument("expires", &site.now_plus(100).to_string());
    let ended = create.says(&[MAIN_PASSWORD]).await;
    let password = ended.records("app_password")[0]["password"].as_str().unwrap().to_owned();
    let mail = async |from: &str| site.visit("imap", "alice").from(from).secret(&password).says(&[]).await;
    assert!(ended.lines().iter().all(|line| !line.starts_with("POP3 server")), "{:?}", ended.lines());
    let listed = site.own(&alice, SelfServiceFlow::AppPasswordList).says(&[]).await.lines().join(" ");
    let listed = listed.replace("       ", " ");
    assert!(listed.contains("office (IMAP, SMTP), last used: never, expires: 2027-"), "{listed}");
    assert!(listed.ends_with(" UTC, only from: 192.0.2.0/24, 2001:db8::/32"), "{listed}");
    assert!(mail("192.0.2.7").await.is_accept());
    assert_eq!(mail("198.51.100.7").await.reason(), Reason::Network);
    site.clock.advance(100);
    assert_eq!(mail("192.0.2.7").await.reason(), Reason::Expired);
}

#[tokio::test]
async fn invalid_arguments_are_reported_before_any_proof_and_nothing_is_made() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    for (name, value, complaint) in [
        ("label", "", "A name has 1 to 64 characters"),
        ("label", "two\nlines", "A name has 1 to 64 characters"),
        ("scope", "everything", "\"everything\" is not a list of imap, "),
        ("scope", "", "\"\" is not a list of imap, "),
        ("scope", "all,imap", "\"all,imap\" is not a list of imap, "),
        ("expires", "tomorrow", "\"tomorrow\" is not a time such as "),
        ("networks", "192.0.2.0/33", "\"192.0.2.0/33\" is not a list of networks such as "),
        ("networks", "example.org", "\"example.org\" is not a list of networks such as "),
    ] {
        let create = site.own(&alice, SelfServiceFlow::AppPasswordCreate);
        let create = if name == "label" { create } else { create.argument("label", "x") };
        let ended = create.argument(name, value).says(&[MAIN_PASSWORD]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0), "{name} {value}");
        assert!(ended.complaints()[0].starts_with(complaint), "{:?}", ended.complaints());
    }
    let past = site.now_plus(0).to_string();
    let create = site.own(&alice, SelfServiceFlow::AppPasswordCreate).argument("label", "x");
    let ended = create.argument("expires", &past).says(&[MAIN_PASSWORD]).await;
    assert_eq!(
        (ended.reason(), ended.complaints()),
        (Reason::NotPermitted, vec!["That time has passed already."])
    );
    for flow in [SelfServiceFlow::AppPasswordRevoke, SelfServiceFlow::AppPasswordRegenerate] {
        let ended = site.own(&alice, flow).argument("id", "GdGn").says(&[MAIN_PASSWORD]).await;
        assert_eq!(ended.complaints(), ["You have no valid app password GdGn."]);
    }
    assert!(site.account(&alice).await.data.app_passwords.is_empty());
}

#[tokio::test]
async fn there_are_so_many_app_passwords_and_no_more() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.limits.app_passwords_per_account = 1);
    let alice = site.person("alice").await;
    let create = site.own(&alice, SelfServiceFlow::AppPasswordCreate).argument("label", "x");
    assert!(create.clone().says(&[MAIN_PASSWORD]).await.is_accept());
    let ended = create.says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.reason(), Reason::NotPermitted);
    assert_eq!(
        ended.complaints(),
        [
            "You already have 1 app passwords, the most allowed. Revoke one first: postern my app-passwords revoke"
        ]
    );
}

#[tokio::test]
async fn what_a_change_cannot_be_is_told_before_a_code_is_asked_for() {
    let mut site = Site::with_post().await;
    site.configure(|setup| {
        setup.limits.app_passwords_per_account = 1;
        setup.limits.factors_per_account = 1;
    });
    let alice = site.person_with("alice", &[("mail", "alice@example.org")]).await;
    drop(site.bind(&alice, "app").await);
    drop(site.app_password(&alice, postern_core::app_password::Scope::All).await);
    let label = "x".repeat(1000);
    for (flow, arguments, said) in [
        (SelfServiceFlow::AppPasswordCreate, vec![("label", "one more")], "You already have 1 app password"),
        (
            SelfServiceFlow::AppPasswordCreate,
            vec![("label", label.as_str())],
            "A name has 1 to 64 characters",
        ),
        (
            SelfServiceFlow::AppPasswordCreate,
            vec![("label", "late"), ("expires", "2001-01-01T00:00:00Z")],
            "That time has passed already.",
        ),
        (SelfServiceFlow::Enrol, vec![], "You already have 1 second factor"),
        (SelfServiceFlow::Replace, vec![("label", label.as_str())], "A name has 1 to 64 characters"),
        (
            SelfServiceFlow::Replace,
            vec![("kind", "email"), ("to", "alice@example.org")],
            "That is the mailbox of this account.",
        ),
        (
            SelfServiceFlow::Replace,
            vec![("kind", "email"), ("to", "nowhere")],
            "That is not an e-mail address",
        ),
        (
            SelfServiceFlow::Replace,
            vec![("kind", "sms"), ("to", "+97912345678")],
            "Codes are not sent to numbers",
        ),
    ] {
        let visit =
            arguments.iter().fold(site.own(&alice, flow), |visit, (name, value)| visit.argument(name, value));
        let ended = visit.says(&[]).await;
        assert_eq!((ended.reason(), ended.questions()), (Reason::NotPermitted, vec![]), "{said}");
        assert!(ended.complaints()[0].starts_with(said), "{said}: {ended:?}");
    }
    assert!(site.post.sent().is_empty());
}
