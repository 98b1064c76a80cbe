use serde_json::json;

use super::driver::Driver;

/// Gives the worker of `origin` the content of a push message.
#[track_caller]
pub(super) fn deliver(driver: &Driver, origin: &str, message: &str) {
    let send = |command: &str, parameters| {
        driver.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    };
    send("ServiceWorker.enable", json!({}));
    // A profile counts its workers from 0, and a test has one page.
    let to = json!({"origin": origin, "registrationId": "0", "data": message});
    send("ServiceWorker.deliverPushMessage", to);
}
