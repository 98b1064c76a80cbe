/* How this browser is subscribed to push messages (RFC 8030), where it can be. */
"use strict";

const Ring = (function () {
  function isPossible() {
    return Boolean(navigator.serviceWorker && window.PushManager && window.Notification);
  }

  /* The three fields of a subscription, or an object with the name of the words that say why there is none. */
  async function subscribe(pushKey) {
    if (!isPossible()) {
      return { failed: "push_missing" };
    }
    try {
      if (await Notification.requestPermission() !== "granted") {
        return { failed: "push_denied" };
      }
      const registration = await navigator.serviceWorker.ready;
      const old = await registration.pushManager.getSubscription();
      if (old) {
        await old.unsubscribe();
      }
      const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: Keys.fromText(pushKey) });
      const json = made.toJSON();
      return { endpoint: json.endpoint, p256dh: plain(json.keys.p256dh), auth: plain(json.keys.auth) };
    } catch (error) {
      return { failed: "push_failed" };
    }
  }

  async function isSubscribed() {
    if (!isPossible()) {
      return false;
    }
    const registration = await navigator.serviceWorker.getRegistration();
    return Boolean(registration && await registration.pushManager.getSubscription());
  }

  function plain(text) {
    return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  return { subscribe: subscribe, isSubscribed: isSubscribed };
}());
