use super::*;

fn deed(what: &str) -> DeedText {
    DeedText { what: what.to_owned(), place: "203.0.113.7".to_owned(), advice: Advice::ChangePassword }
}

fn code(deed: &DeedText) -> Message<'_> {
    Message::Code { code: "123456", minutes: 5, account: "alice", deed }
}

const ADVICE: [Advice; 3] = [Advice::ChangePassword, Advice::Ignore, Advice::AskAdministrator];

#[test]
fn a_text_message_is_one_segment_for_every_deed() {
    let long = "x".repeat(300);
    for what in
        ["ssh login on mail1", "管理后台", "a{b}[c]\\^~|€", &long, "a-service-with-a-rather-long-name"]
    {
        for advice in ADVICE {
            let deed = DeedText { advice, ..deed(what) };
            let message = Message::Code { code: "12345678", minutes: 10, account: "a", deed: &deed };
            for language in Language::ALL {
                let text = Wording::default().sms(language, &message).unwrap();
                assert!(text.contains("12345678") && is_one_segment(&text), "{text}");
            }
        }
    }
    let usual = [
        (Language::English, "ssh login on mail1.example.org"),
        (Language::SimplifiedChinese, "mail1.example.org 上的 ssh 登录"),
    ];
    let signed = |signature: &str| Wording::default().signed(Some(signature.to_owned()));
    for (language, what) in usual {
        for advice in ADVICE {
            let deed = DeedText { advice, ..deed(what) };
            for wording in [Wording::default(), signed("示例邮箱"), signed("Example")] {
                let text = wording.sms(language, &code(&deed)).unwrap();
                assert!(text.contains(what) && is_one_segment(&text), "not cut short: {text}");
                assert_eq!(text.is_ascii(), language == Language::English, "{text}");
            }
        }
    }
    let begins = |signature: &str, language| {
        signed(signature).sms(language, &code(&deed("x"))).unwrap().chars().take(9).collect::<String>()
    };
    assert!(begins("示例邮箱", Language::SimplifiedChinese).starts_with("【示例邮箱】"));
    assert_eq!(begins("Example", Language::English), "Example: ");
}

#[test]
fn only_a_code_that_followed_the_password_says_that_someone_knows_it() {
    for advice in ADVICE {
        let deed = DeedText { advice, ..deed("ssh login on mail1") };
        let (mail, sms) = (
            Wording::default().mail(Language::English, &code(&deed)).unwrap(),
            Wording::default().sms(Language::English, &code(&deed)).unwrap(),
        );
        assert!(mail.subject.contains("ssh login on mail1") && mail.text.contains("203.0.113.7"), "{mail:?}");
        let [mail, sms] =
            [(mail.text, "someone knows your main password"), (sms, "someone knows your password")];
        for (text, alarm) in [mail, sms] {
            let says = |part: &str| text.contains(part);
            assert_eq!(says(alarm), advice == Advice::ChangePassword, "{text}");
            assert_eq!(says("dministrator"), advice == Advice::AskAdministrator, "{text}");
        }
    }
}

#[test]
fn an_inserted_value_stays_one_line_of_text() {
    let account = "eve\r\nBcc: all@example.org\u{202e}{code}";
    let deed = deed("s\nX: y");
    let message = Message::Code { code: "123456", minutes: 1, account, deed: &deed };
    for language in Language::ALL {
        let said = Wording::default().mail(language, &message).unwrap();
        assert!(!said.subject.contains(['\r', '\n']), "{said:?}");
        assert!(said.text.contains("eve\u{fffd}\u{fffd}Bcc: all@example.org\u{fffd}{code}"), "{said:?}");
        assert_eq!(said.text.matches("123456").count(), 1, "{said:?}");
    }
}

fn with_file(name: &str, content: &str) -> Result<Wording, OpenError> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), content).unwrap();
    Wording::read("courier.email", Some(dir.path()), &MAIL)
}

#[test]
fn a_text_of_the_sites_own_takes_the_place_of_ours_in_its_language() {
    let own =
        with_file("code.en.txt", "Code for {account}\n\n{code} until {minutes} min, {rhost}\n").unwrap();
    let deed = deed("ssh login");
    let said = own.mail(Language::English, &code(&deed)).unwrap();
    assert_eq!(
        (said.subject.as_str(), said.text.as_str()),
        ("Code for alice", "123456 until 5 min, 203.0.113.7")
    );
    let ours = Wording::default().mail(Language::SimplifiedChinese, &code(&deed));
    assert_eq!(own.mail(Language::SimplifiedChinese, &code(&deed)), ours);
}

#[test]
fn unknown_files_and_places_are_errors() {
    for (name, content) in [
        ("code.fr.txt", "s\n\nt"),
        ("README", "s\n\nt"),
        ("sms.en.txt", "t"),
        ("code.en.txt", "s\n\n{cod}"),
        ("changed.en.txt", "s\n\n{code}"),
        ("code.en.txt", "no blank line"),
        ("code.en.txt", "two\nlines\n\ntext"),
        ("code.en.txt", "\n\ntext"),
    ] {
        let error = with_file(name, content).unwrap_err().to_string();
        assert!(error.starts_with("courier.email: /") && error.contains(name), "{error}");
    }
}
