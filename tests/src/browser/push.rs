use serde_json::json;

use super::driver::Driver;

/// Gives the worker of `origin` the content of a push message.
#[track_caller]
pub(super) fn deliver(driver: &Driver, origin: &str, message: &str) {
    let send = |command: &str, parameters| {
        driver.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    };
    send("ServiceWorker.enable", json!({}));
    // A profile counts its workers from 0; what is sent to one that is not there goes nowhere.
    for id in 0..10 {
        let to = json!({"origin": origin, "registrationId": id.to_string(), "data": message});
        send("ServiceWorker.deliverPushMessage", to);
    }
}
