use std::sync::Arc;
use std::time::Duration;

use postern_core::courier::{Courier, CourierError, Destination};
use postern_core::words::Language;
use postern_tests::guard::free_port;
use postern_tests::http_double::{HttpDouble, Mood};
use postern_tests::{Gateway, Ntfy, PushService, Stopwatch, canary, host};

use crate::smtp::{MailServer, Manner};
use crate::{ADDRESS, code, folder, mail, open, push, send, sms, tells_nothing};

/// What came of it, and that it came in time.
#[track_caller]
fn timed<T>(delivery: impl FnOnce() -> Result<T, CourierError>) -> Result<T, CourierError> {
    let start = Stopwatch::start();
    let result = delivery();
    start.assert_within(Duration::from_secs(5));
    if let Err(error) = &result {
        tells_nothing(error);
    }
    result
}

#[track_caller]
fn is_down(result: &Result<(), CourierError>, what: &str) {
    // Without an answer in time it is unknown whether it was sent.
    assert!(matches!(result, Err(CourierError::Down(_) | CourierError::Unsure(_))), "{what}: {result:?}");
}

#[test]
fn a_mail_server_out_of_order_is_told_from_one_that_refuses_within_five_seconds() {
    for manner in [
        Manner::Silent,
        Manner::Slow,
        Manner::DropsAtOnce,
        Manner::DropsLate,
        Manner::Garbage,
        Manner::SilentLate,
        Manner::Endless,
    ] {
        let courier = open(&MailServer::start(manner).section());
        is_down(&timed(|| mail(&courier, ADDRESS, Language::English, &code())), &format!("{manner:?}"));
    }
    // A mailbox that is verified first, or greylisted, is a refusal as well: it must not be free to ask for the next one.
    for code in [421, 450, 451, 550, 553, 554] {
        let courier = open(&MailServer::start(Manner::Answers(code)).section());
        let refused = timed(|| mail(&courier, ADDRESS, Language::English, &crate::code()));
        assert!(matches!(&refused, Err(CourierError::Refused(text)) if text.contains(&code.to_string())));
    }
    let nobody = MailServer::start(Manner::Kind).section().replace("port = ", "port = 1 #");
    is_down(&timed(|| mail(&open(&nobody), ADDRESS, Language::English, &code())), "nobody listens");
    let nowhere = "[courier.email]\nhost = \"mail.invalid\"\nfrom = \"login@example.org\"\n";
    is_down(&timed(|| mail(&open(nowhere), ADDRESS, Language::English, &code())), "no such host");
}

#[test]
fn a_mail_that_the_server_accepted_counts_as_sent_despite_later_errors() {
    let server = MailServer::start(Manner::SilentAtQuit);
    let sent = timed(|| mail(&open(&server.section()), ADDRESS, Language::English, &code()));
    assert_eq!(sent, Ok(()));
    assert!(
        server.lines().iter().any(|line| line == "Subject: Your code for ssh login on mail1"),
        "{:?}",
        server.lines()
    );
}

#[test]
fn a_mail_server_without_starttls_gets_nothing_where_it_is_asked_for() {
    let server = MailServer::start(Manner::Kind);
    let courier = open(&server.section().replace("\"none\"", "\"starttls\""));
    is_down(&timed(|| mail(&courier, ADDRESS, Language::English, &code())), "no STARTTLS");
    assert!(
        server.lines().iter().all(|line| line.starts_with("EHLO") || line == "QUIT"),
        "{:?}",
        server.lines()
    );
}

#[test]
fn the_user_and_password_go_to_the_mail_server_and_nowhere_else() {
    let folder = folder("credentials");
    let file = folder.join("smtp.secret");
    canary::register("correct horse battery");
    std::fs::write(&file, "postern@example.org\ncorrect horse battery\n").unwrap();
    host::own(&file, (0.into(), 0.into()), 0o640);
    let with_login = |server: &MailServer| {
        open(&format!("{}credentials_file = \"{}\"\n", server.section(), file.display()))
    };
    let server = MailServer::start(Manner::Kind);
    mail(&with_login(&server), ADDRESS, Language::English, &code()).unwrap();
    // RFC 4616, section 2: \0user\0password, in base64.
    let plain = "AUTH PLAIN AHBvc3Rlcm5AZXhhbXBsZS5vcmcAY29ycmVjdCBob3JzZSBiYXR0ZXJ5";
    assert!(server.lines().iter().any(|line| line == plain), "{:?}", server.lines());
    let refused = timed(|| {
        mail(&with_login(&MailServer::start(Manner::RefusesLogin)), ADDRESS, Language::English, &code())
    });
    let Err(CourierError::Down(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains("535") && text.contains("credentials_file") && !text.contains("correct"), "{text}");
}

/// The faults of an HTTP server.
fn misbehave(http: &HttpDouble, mut deliver: impl FnMut() -> Result<(), CourierError>) {
    for mood in [
        Mood::Silent,
        Mood::Slow,
        Mood::Drops,
        Mood::Garbage,
        Mood::Endless,
        Mood::Answers(500, String::new(), String::new()),
        Mood::Answers(503, String::new(), "x".repeat(100_000)),
    ] {
        http.set(mood.clone());
        let unsure = timed(&mut deliver);
        assert!(matches!(unsure, Err(CourierError::Unsure(_))), "the request was out, {mood:?}: {unsure:?}");
    }
    for status in [400, 401, 403, 413, 429] {
        http.set(Mood::Answers(
            status,
            String::new(),
            "the number +442079460123 and 123456 are wrong".to_owned(),
        ));
        let refused = timed(&mut deliver);
        assert!(
            matches!(&refused, Err(CourierError::Refused(text)) if text.contains(&status.to_string())),
            "{refused:?}"
        );
    }
    let elsewhere = HttpDouble::plain();
    let to = format!("Location: {}/\r\n", elsewhere.url());
    for status in [301, 302, 303, 307, 308] {
        http.set(Mood::Answers(status, to.clone(), String::new()));
        let unsure = timed(&mut deliver);
        assert!(matches!(unsure, Err(CourierError::Unsure(_))), "a redirect, {status}: {unsure:?}");
    }
    assert!(elsewhere.seen().is_empty(), "redirects are not followed");
}

#[test]
fn a_gateway_out_of_order_is_told_from_one_that_refuses_within_five_seconds() {
    let gateway = Gateway::start(&folder("gateway_faults"));
    let courier = open(&gateway.section());
    misbehave(&gateway.http, || sms(&courier, &code()));
    gateway.http.set(Mood::Answers(200, String::new(), "{\"status\":\"rejected\"}".to_owned()));
    let refused = sms(&courier, &code());
    assert!(matches!(refused, Err(CourierError::Refused(_))), "a yes without what is expected: {refused:?}");
    let gone = gateway.section().replace(&gateway.http.port().to_string(), &free_port().to_string());
    is_down(&timed(|| sms(&open(&gone), &code())), "nobody listens");
}

#[test]
fn a_push_service_out_of_order_is_told_from_one_that_refuses_within_five_seconds() {
    let service = PushService::start(&folder("push_faults"));
    service.make_key();
    let courier = open(&service.section());
    let browser = service.browser();
    let push = || send(&courier, &Destination::WebPush(&browser.subscription), Language::English, &push());
    misbehave(&service.http, push);
    for status in [404, 410] {
        service.http.set(Mood::Answers(status, String::new(), String::new()));
        assert_eq!(push(), Err(CourierError::Gone), "{status}");
    }
}

#[test]
fn an_ntfy_server_out_of_order_is_told_from_one_that_refuses_within_five_seconds() {
    let ntfy = Ntfy::start(&folder("ntfy_faults"));
    let courier = open(&ntfy.section());
    misbehave(&ntfy.http, || send(&courier, &Destination::Ntfy("t0p1c"), Language::English, &push()));
}

#[test]
fn a_slow_gateway_holds_up_no_other_message() {
    let (gateway, ntfy) = (Gateway::start(&folder("slow_gateway")), Ntfy::start(&folder("quick_ntfy")));
    gateway.http.set(Mood::Silent);
    let courier = open(&format!("{}{}", gateway.section(), ntfy.section()));
    let slow = Arc::<dyn Courier>::clone(&courier);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let number: postern_core::factor::PhoneNumber = crate::NUMBER.parse().unwrap();
        let slow =
            tokio::spawn(
                async move { slow.send(&Destination::Sms(&number), Language::English, &code()).await },
            );
        // Let it begin.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let start = Stopwatch::start();
        for _ in 0..20 {
            courier.send(&Destination::Ntfy("t0p1c"), Language::English, &push()).await.unwrap();
        }
        start.assert_within(Duration::from_secs(3));
        assert!(!slow.is_finished());
        is_down(&slow.await.unwrap(), "the slow one");
    });
    assert_eq!((gateway.count(), ntfy.count()), (1, 20));
}
