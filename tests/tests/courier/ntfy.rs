use postern_core::courier::{Channel, Courier, CourierError, Destination, Message, NoCourier};
use postern_core::words::Language;
use postern_tests::Ntfy;

use crate::{ADDRESS, code, deed, folder, mail, open, push, send, sms};

#[test]
fn a_ring_is_published_as_documented() {
    let ntfy = Ntfy::start(&folder("ntfy"));
    let courier = open(&format!("{}[web]\nurl = \"https://2fa.example.org\"\n", ntfy.section()));
    assert!(courier.carries(Channel::Ntfy));
    assert_eq!(courier.page(), Some("https://2fa.example.org/"));
    let topic = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    assert_eq!(courier.ntfy_address(topic), Some(format!("{}/{topic}", ntfy.http.url())));
    for (language, title) in [
        (Language::English, "Is this you? ssh login on mail1"),
        (Language::SimplifiedChinese, "是您本人吗？ssh login on mail1"),
    ] {
        send(&courier, &Destination::Ntfy(topic), language, &push()).unwrap();
        let got = ntfy.next();
        let Message::Push { fragment, .. } = push() else { panic!() };
        assert_eq!((got.topic.as_str(), got.title.as_str(), got.priority), (topic, title, 4));
        assert_eq!(got.click, Some(format!("https://2fa.example.org/{fragment}")));
        assert!(got.message.contains("carol") && got.message.contains("203.0.113.7"), "{got:?}");
    }
    let (account, deed) = ("eve\",\"topic\":\"x\r\n", &deed("s", "an unknown address"));
    let nasty = Message::Push { account, deed, fragment: "#c", seconds: 1 };
    send(&courier, &Destination::Ntfy(topic), Language::English, &nasty).unwrap();
    let got = ntfy.next();
    assert_eq!(got.topic, topic);
    assert!(
        got.message.starts_with("eve\",\"topic\":\"x\u{fffd}\u{fffd}, from an unknown address"),
        "{got:?}"
    );
}

#[test]
fn a_courier_that_is_not_configured_carries_nothing() {
    let none = open("");
    let no: &dyn Courier = &NoCourier;
    for channel in [Channel::Email, Channel::Sms, Channel::WebPush, Channel::Ntfy] {
        assert_eq!((none.carries(channel), no.carries(channel)), (false, false));
    }
    assert_eq!((none.push_key(), none.ntfy_address("t"), none.page()), (None, None, None));
    assert!(!none.tells_of_changes());
    for error in [mail(&none, ADDRESS, Language::English, &code()), sms(&none, &code())] {
        assert!(matches!(error, Err(CourierError::Refused(_))), "{error:?}");
    }
}
