/* How this browser is subscribed to push messages (RFC 8030), where it can be. */
"use strict";

const Push = (function () {
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
      /* A browser has one subscription for all accounts here: a new one would silence the others. */
      let old = await registration.pushManager.getSubscription();
      const key = Keys.fromText(pushKey);
      if (old && !isOf(old, key)) {
        await old.unsubscribe();
        old = null;
      }
      const made = old || await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      const json = made.toJSON();
      return { endpoint: json.endpoint, p256dh: plain(json.keys.p256dh), auth: plain(json.keys.auth) };
    } catch (error) {
      return { failed: "push_failed" };
    }
  }

  /* Whether a subscription was made for this key of the site's. */
  function isOf(subscription, key) {
    const made = subscription.options && subscription.options.applicationServerKey;
    const bytes = made ? new Uint8Array(made) : null;
    return Boolean(bytes) && bytes.length === key.length && bytes.every(function (byte, index) { return byte === key[index]; });
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
