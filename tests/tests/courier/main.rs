//! Couriers against real servers, and against doubles that check the documented requests.

mod email;
mod faults;
mod ntfy;
mod push;
mod site;
mod sms;
mod smtp;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use postern_core::config::Config;
use postern_core::courier::{Courier, CourierError, Destination, Message};
use postern_core::deed::{Advice, DeedText};
use postern_core::factor::{EmailAddress, PhoneNumber};
use postern_core::words::Language;
use postern_tests::host;
use tokio::runtime::Runtime;

/// A configuration with these sections.
fn config(sections: &str) -> Config {
    let text = format!("[directory]\nkind = \"embedded\"\n[ledger]\nkind = \"embedded\"\n{sections}");
    Config::parse(Path::new("postern.toml"), &text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn open(sections: &str) -> Arc<dyn Courier> {
    postern_courier::open(&config(sections)).unwrap()
}

/// A folder of a test's own, which goes away with the test host.
fn folder(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = host::test_dir().join(format!("courier-{name}-{number}"));
    host::make_dir(&folder, (0.into(), 0.into()), 0o755);
    folder
}

fn send(
    courier: &Arc<dyn Courier>,
    to: &Destination<'_>,
    language: Language,
    message: &Message<'_>,
) -> Result<(), CourierError> {
    // One for all: it would not end before a resolver has given up.
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
    RUNTIME.block_on(courier.send(to, language, message))
}

fn mail(
    courier: &Arc<dyn Courier>,
    to: &str,
    language: Language,
    message: &Message<'_>,
) -> Result<(), CourierError> {
    let to: EmailAddress = to.parse().unwrap();
    send(courier, &Destination::Email(&to), language, message)
}

fn sms(courier: &Arc<dyn Courier>, message: &Message<'_>) -> Result<(), CourierError> {
    let to: PhoneNumber = NUMBER.parse().unwrap();
    send(courier, &Destination::Sms(&to), Language::English, message)
}

/// An error has neither the message nor its recipient.
fn tells_nothing(error: &CourierError) {
    let text = error.to_string();
    for secret in ["123456", NUMBER, "442079460123", ADDRESS, "carol", "203.0.113.7"] {
        assert!(!text.contains(secret), "{text}");
    }
}

fn code() -> Message<'static> {
    Message::Code { code: "123456", minutes: 5, account: "carol", deed: &DEED }
}

fn push() -> Message<'static> {
    let fragment = "#c.0b1b9a6e-6f0c-4f0c-9f0c-0123456789ab.0123456789abcdef0123456789abcdef";
    Message::Push { account: "carol", deed: &DEED, fragment, seconds: 60 }
}

fn deed(what: &str, place: &str) -> DeedText {
    DeedText { what: what.to_owned(), place: place.to_owned(), advice: Advice::ChangePassword }
}

static DEED: LazyLock<DeedText> = LazyLock::new(|| deed("ssh login on mail1", "203.0.113.7"));
const NUMBER: &str = "+442079460123";
const ADDRESS: &str = "carol.backup@example.org";
