use postern_core::clock::{Clock, SystemClock};
use postern_core::courier::{Channel, CourierError, Destination, Message};
use postern_core::factor::Subscription;
use postern_core::words::Language;
use postern_tests::{HttpDouble, PushService};
use serde_json::json;

use crate::{code, deed, folder, open, push, send};

#[test]
fn a_message_decrypts_at_the_browser_and_shows_who_sent_it() {
    let service = PushService::start(&folder("push"));
    service.make_key();
    let courier = open(&service.section());
    assert!(courier.carries(Channel::WebPush));
    let browser = service.browser();
    assert!(courier.may_push_to(&browser.subscription));
    for (language, title) in [
        (Language::English, "Is this you? ssh login on mail1"),
        (Language::SimplifiedChinese, "是您本人吗？ssh login on mail1"),
    ] {
        send(&courier, &Destination::WebPush(&browser.subscription), language, &push()).unwrap();
        let pushed = service.next(&browser);
        let Message::Push { fragment, .. } = push() else { panic!() };
        assert_eq!((&pushed.payload["title"], &pushed.payload["url"]), (&json!(title), &json!(fragment)));
        let body = pushed.payload["body"].as_str().unwrap();
        assert!(body.contains("carol") && body.contains("203.0.113.7"), "{body}");
        assert_eq!(pushed.payload.as_object().unwrap().len(), 3);
        assert_eq!((pushed.ttl, pushed.urgency.as_str()), (60, "high"));
        assert_eq!(Some(pushed.key), courier.push_key(), "the key that the browser subscribed with");
        assert_eq!(pushed.claims["aud"], json!(service.http.url()));
        assert_eq!(pushed.claims["sub"], json!("mailto:postmaster@example.org"));
        // RFC 8292, section 2: at most 24 hours ahead.
        let ahead = pushed.claims["exp"]
            .as_u64()
            .unwrap()
            .checked_sub(SystemClock.now().as_unix())
            .expect("in the future");
        assert!(ahead <= 86_400, "{ahead}");
    }
}

#[test]
fn no_two_messages_are_encrypted_alike_and_the_longest_fits() {
    let service = PushService::start(&folder("push_long"));
    service.make_key();
    let courier = open(&service.section());
    let browser = service.browser();
    let to = Destination::WebPush(&browser.subscription);
    let bodies: Vec<Vec<u8>> = (0..3)
        .map(|_| {
            send(&courier, &to, Language::English, &push()).unwrap();
            service.http.next().body
        })
        .collect();
    // The salt and the key of RFC 8188 are in front.
    assert!(bodies[0][..86] != bodies[1][..86] && bodies[1][..86] != bodies[2][..86]);
    let long = "长".repeat(300);
    let deed = &deed(&long, &long);
    let message = Message::Push { account: &long, deed, fragment: "#c.x.y", seconds: 60 };
    send(&courier, &to, Language::SimplifiedChinese, &message).unwrap();
    assert_eq!(service.next(&browser).payload["url"], json!("#c.x.y"));
}

#[test]
fn nothing_is_sent_to_an_address_that_is_no_push_service_of_the_site() {
    let service = PushService::start(&folder("push_hosts"));
    service.make_key();
    let courier = open(&service.section());
    let good = service.browser().subscription;
    let internal = HttpDouble::plain();
    let port = service.http.port();
    for endpoint in [
        format!("{}/push", internal.url()),
        format!("http://127.0.0.1:{port}/push"),
        format!("https://localhost:{port}/push"),
        format!("https://127.0.0.1:{}/push", internal.port()),
        format!("https://x@127.0.0.1:{port}/push"),
        format!("https://127.0.0.1:{port}@evil.example/push"),
        "https://[::1]/push".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://fcm.googleapis.com/fcm/send/x".to_owned(),
        "file:///etc/passwd".to_owned(),
        String::new(),
        format!("https://127.0.0.1:{port}/{}", "x".repeat(3000)),
    ] {
        let subscription = Subscription { endpoint: endpoint.clone(), ..good.clone() };
        assert!(!courier.may_push_to(&subscription), "{endpoint}");
        let refused = send(&courier, &Destination::WebPush(&subscription), Language::English, &push());
        assert!(matches!(refused, Err(CourierError::Refused(_))), "{endpoint}: {refused:?}");
    }
    for (p256dh, auth) in [("AAAA", good.auth.as_str()), (good.p256dh.as_str(), "AAAA"), ("", ""), ("é", "é")]
    {
        let subscription = Subscription { p256dh: p256dh.to_owned(), auth: auth.to_owned(), ..good.clone() };
        assert!(!courier.may_push_to(&subscription));
        assert!(send(&courier, &Destination::WebPush(&subscription), Language::English, &push()).is_err());
    }
    assert_eq!((service.count(), internal.seen().len()), (0, 0));
}

#[test]
fn a_code_is_never_pushed() {
    let service = PushService::start(&folder("push_code"));
    service.make_key();
    let browser = service.browser();
    let refused = send(
        &open(&service.section()),
        &Destination::WebPush(&browser.subscription),
        Language::English,
        &code(),
    );
    assert!(matches!(refused, Err(CourierError::Refused(_))), "{refused:?}");
    assert_eq!(service.count(), 0);
}
