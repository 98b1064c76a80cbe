use std::fs;

use postern_core::clock::Timestamp;
use postern_core::courier::{Channel, CourierError, Message};
use postern_core::words::Language;
use postern_tests::mailbox::Over;
use postern_tests::{Mailbox, host};

use crate::{ADDRESS, code, deed, folder, mail, open, tells_nothing};

fn postfix(name: &str) -> Mailbox {
    Mailbox::start(&folder(name), &host::output_dir(name))
}

#[test]
fn a_code_arrives_in_both_languages_with_and_without_tls() {
    let mailbox = postfix("email_code");
    for over in [Over::Clear, Over::Starttls, Over::Tls] {
        let courier = open(&mailbox.section(over));
        assert!(courier.carries(Channel::Email) && courier.tells_of_changes());
        mail(&courier, ADDRESS, Language::English, &code()).unwrap();
        let got = mailbox.next();
        assert_eq!((got.delivered_to.as_str(), got.to.as_str()), (ADDRESS, ADDRESS), "{over:?}");
        assert_eq!(got.from, "Example Login <login@example.org>");
        assert_eq!(
            (got.subject.as_str(), got.code().as_str()),
            ("Your code for ssh login on mail1", "123456")
        );
        for part in
            ["account carol", "5 minutes", "203.0.113.7", "someone knows your main password: change it"]
        {
            assert!(got.text.contains(part), "{part} is not in {}", got.text);
        }
        assert_eq!(got.defects, [""; 0], "{got:?}");
        let received = got.header("Received").expect("Postfix notes how it got it");
        let is_tls = received.contains("with ESMTPS ");
        assert_eq!(is_tls, over != Over::Clear, "{over:?}: {received}");
    }
    let courier = open(&mailbox.section(Over::Tls));
    mail(&courier, ADDRESS, Language::SimplifiedChinese, &code()).unwrap();
    let got = mailbox.next();
    assert_eq!(got.subject, "验证码：ssh login on mail1");
    for part in ["您的验证码：123456", "账户：carol", "5 分钟", "203.0.113.7", "请立即修改"] {
        assert!(got.text.contains(part), "{part} is not in {}", got.text);
    }
    assert_eq!(got.defects, [""; 0], "{got:?}");
}

#[test]
fn a_mail_says_that_a_machine_wrote_it_and_is_like_no_other() {
    let mailbox = postfix("email_header");
    let courier = open(&mailbox.section(Over::Clear));
    let ids: Vec<String> = (0..2)
        .map(|_| {
            mail(&courier, ADDRESS, Language::SimplifiedChinese, &code()).unwrap();
            let got = mailbox.next();
            assert_eq!(got.header("Auto-Submitted"), Some("auto-generated"));
            assert!(got.header("Date").is_some() && got.header("MIME-Version") == Some("1.0"), "{got:?}");
            assert_eq!(got.header("Content-Type"), Some("text/plain; charset=\"utf-8\""));
            got.header("Message-ID").expect("an id").to_owned()
        })
        .collect();
    assert!(ids.iter().all(|id| id.ends_with("@example.org>")), "{ids:?}");
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn changes_and_disowned_logins_are_told() {
    let mailbox = postfix("email_changed");
    let courier = open(&mailbox.section(Over::Clear));
    let at = Timestamp::from_unix(1_800_000_000);
    let what = "A new app password: Foxmail";
    let told = |language, message: &Message<'_>| {
        mail(&courier, ADDRESS, language, message).unwrap();
        mailbox.next()
    };
    let message = |next, by| Message::Changed { account: "carol", what, next, at, by };
    let changed = told(Language::English, &message(None, None));
    assert_eq!(changed.subject, "A change to your account carol");
    assert!(
        changed.text.starts_with(what) && changed.text.contains("2027-01-15 08:00:00 UTC"),
        "{changed:?}"
    );
    assert!(
        changed.text.contains(
            "change your main password, look for ssh keys that are not yours, and tell your administrator"
        ),
        "{changed:?}"
    );
    let by = told(
        Language::English,
        &message(Some("Mail programs now need app passwords."), Some("an administrator")),
    );
    assert!(by.text.starts_with(&format!("{what}\nMail programs now need app passwords.\n\n")), "{by:?}");
    assert!(by.text.contains("By: an administrator") && !by.text.contains("knows your password"), "{by:?}");
    let deed = &deed("ssh login on mail1", "203.0.113.7");
    let message = Message::Disowned { account: "carol", deed, at };
    let disowned = told(Language::English, &message);
    assert_eq!(disowned.subject, "Someone tried to log in as carol");
    assert!(disowned.text.contains("What: ssh login on mail1\nFrom: 203.0.113.7"), "{disowned:?}");
    assert!(disowned.text.contains("Change your main password now"), "{disowned:?}");
    let disowned = told(Language::SimplifiedChinese, &message);
    assert!(
        disowned.text.contains("来自：203.0.113.7") && disowned.subject.contains("carol"),
        "{disowned:?}"
    );
}

#[test]
fn values_that_look_like_headers_or_templates_arrive_as_text() {
    let mailbox = postfix("email_injection");
    let courier = open(&mailbox.section(Over::Clear));
    let nasty = [
        "eve\r\nBcc: everyone@example.org\r\n\r\nHello",
        "eve{code}{minutes} { $code }",
        "\"eve\" <eve@example.org>, 'x' \\ %0d%0aBcc: a@example.org",
        "=?utf-8?q?eve=0D=0ABcc=3A_all=40example.org?=",
        "eve\n.\r\nMAIL FROM:<eve@example.org>",
    ];
    for name in nasty {
        let deed = &deed(name, name);
        let message = Message::Code { code: "123456", minutes: 5, account: name, deed };
        mail(&courier, ADDRESS, Language::English, &message).unwrap();
        let got = mailbox.next();
        let shown = name.replace(['\r', '\n'], "\u{fffd}");
        assert!(got.text.contains(&format!("(account {shown}), and good")), "{got:?}");
        assert!(got.text.contains(&format!("came from {shown}.")), "{got:?}");
        assert_eq!(got.subject, format!("Your code for {shown}"));
        assert_eq!(got.text.matches("123456").count(), 1, "{got:?}");
        assert_eq!(got.to, ADDRESS);
        assert_eq!(got.header("Bcc"), None);
        let names: Vec<&str> = got.headers.iter().map(|(name, _)| name.as_str()).collect();
        for name in &names {
            let known = [
                "Return-Path",
                "X-Original-To",
                "Delivered-To",
                "Received",
                "From",
                "To",
                "Subject",
                "Message-ID",
                "Auto-Submitted",
                "Content-Type",
                "Date",
                "MIME-Version",
                "Content-Transfer-Encoding",
            ];
            assert!(known.iter().any(|known| known.eq_ignore_ascii_case(name)), "{names:?}");
        }
    }
    assert_eq!(mailbox.count(), nasty.len(), "nothing else was sent: {}", mailbox.log());
}

#[test]
fn the_texts_of_a_site_take_the_place_of_ours() {
    let mailbox = postfix("email_templates");
    let texts = folder("texts");
    fs::write(
        texts.join("code.en.txt"),
        "{service}: der Code\n\n{code} für {account} von {rhost}, {minutes} min\n",
    )
    .unwrap();
    let courier = open(&format!("{}templates = \"{}\"\n", mailbox.section(Over::Clear), texts.display()));
    let deed = &deed("ssh login", "an unknown address");
    let message = Message::Code { code: "123456", minutes: 5, account: "{code}\r\nX: y", deed };
    mail(&courier, ADDRESS, Language::English, &message).unwrap();
    let got = mailbox.next();
    assert_eq!(got.subject, "ssh login: der Code");
    assert_eq!(got.text.trim_end(), "123456 für {code}\u{fffd}\u{fffd}X: y von an unknown address, 5 min");
    mail(&courier, ADDRESS, Language::SimplifiedChinese, &message).unwrap();
    assert_eq!(mailbox.next().subject, "验证码：ssh login");
}

#[test]
fn a_server_that_refuses_the_address_is_no_outage_and_one_of_another_authority_is() {
    let mailbox = postfix("email_refused");
    let courier = open(&mailbox.section(Over::Clear));
    let error = mail(&courier, "carol@elsewhere.example", Language::English, &code()).unwrap_err();
    assert!(matches!(&error, CourierError::Refused(text) if text.contains("554")), "{error}");
    tells_nothing(&error);
    assert!(!error.to_string().contains("elsewhere"), "{error}");
    let stranger = postern_tests::certs::Certs::make(&folder("stranger"));
    let section = mailbox.section(Over::Tls);
    let section =
        section.replace(&mailbox.certs.ca.display().to_string(), &stranger.ca.display().to_string());
    let error = mail(&open(&section), ADDRESS, Language::English, &code()).unwrap_err();
    assert!(
        matches!(&error, CourierError::Down(text) if text.contains("certificate is not taken") && text.contains("ca_file")),
        "{error}"
    );
    assert_eq!(mailbox.count(), 0);
}
