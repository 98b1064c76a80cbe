/* What is said to the server: signed requests, and what comes back. Every failure is an object with a text. */
"use strict";

const Api = (function () {
  const PATIENCE = 20000;

  function token() {
    return document.querySelector("meta[name=postern-token]").content;
  }

  /* The page may be an old copy, or its cookie gone: a fresh page has a token that counts. */
  async function renewToken() {
    const page = await fetch("/", { credentials: "same-origin", cache: "no-store" });
    const found = /name="postern-token" content="([A-Za-z0-9_-]+)"/.exec(await page.text());
    if (found) {
      document.querySelector("meta[name=postern-token]").content = found[1];
    }
  }

  async function send(verb, fields) {
    const abort = window.AbortController ? new AbortController() : null;
    const timer = setTimeout(function () {
      if (abort) {
        abort.abort();
      }
    }, PATIENCE);
    try {
      const response = await fetch("/api/" + verb, {
        method: "POST",
        credentials: "same-origin",
        cache: "no-store",
        headers: {
          "Content-Type": "application/json",
          "Accept-Language": Words.tag(),
          "X-Postern-Token": token()
        },
        body: JSON.stringify(fields),
        signal: abort ? abort.signal : undefined
      });
      const reply = await response.json();
      return reply && reply.verdict ? reply : failed("broken");
    } catch (error) {
      return failed(navigator.onLine === false ? "offline" : "unreachable");
    } finally {
      clearTimeout(timer);
    }
  }

  function failed(reason) {
    return { verdict: "failed", reason: reason, text: "", records: [] };
  }

  async function ask(verb, fields) {
    let reply = await send(verb, fields);
    if (reply.reason === "token") {
      await renewToken().catch(function () { return null; });
      reply = await send(verb, fields);
    }
    return reply;
  }

  /* Asks with the binding's signature; once more with the server's time where this phone's clock is wrong. */
  async function signed(verb, binding, own) {
    let reply = await attempt(verb, binding, own);
    const clock = record(reply, "clock");
    if (reply.verdict === "reject" && clock && typeof clock.now === "number") {
      binding.offset = clock.now - Math.floor(Date.now() / 1000);
      await Bindings.put(binding).catch(function () { return null; });
      reply = await attempt(verb, binding, own);
    }
    return reply;
  }

  async function attempt(verb, binding, own) {
    const time = String(now(binding));
    const lines = ["postern-phone-1", verb, binding.account, binding.factor, time];
    const fields = { account: binding.account, factor: binding.factor, time: time };
    own.forEach(function (pair) {
      lines.push(pair[1]);
      fields[pair[0]] = pair[1];
    });
    fields.signature = await Keys.sign(binding.key, lines);
    return ask(verb, fields);
  }

  /* The server's time, as far as this phone knows it. */
  function now(binding) {
    return Math.floor(Date.now() / 1000) + (binding.offset || 0);
  }

  /* The value of the first record of a name. */
  function record(reply, name) {
    const found = reply.records.filter(function (one) { return one.name === name; })[0];
    return found ? found.value : null;
  }

  /* Whether the server does not know this phone, or this account. */
  function isUnknown(reply) {
    return reply.verdict === "reject" &&
      (reply.reason === "unknown_account" || (record(reply, "phone") || {}).state === "unknown");
  }

  function records(reply, name) {
    return reply.records.filter(function (one) { return one.name === name; }).map(function (one) { return one.value; });
  }

  /* What to say of an answer to a verb that is no accept. */
  function words(reply, verb) {
    if (reply.verdict === "reject") {
      return refusal(reply, verb);
    }
    const known = ["offline", "unreachable", "unavailable", "token", "too_large", "late", "malformed"];
    const reason = known.indexOf(reply.reason) >= 0 ? reply.reason : "broken";
    return Words.say("failed_" + reason);
  }

  /* posternd tells its reasons, and for those that a phone can do nothing about, a text. */
  function refusal(reply, verb) {
    const reasons = {
      bad_credential: "refused_signature", disabled: "refused_account", expired: "refused_account", limited: "refused_limited"
    };
    if (verb === "bind" && reply.reason !== "limited") {
      return Words.say("refused_bind");
    }
    if (verb === "ring" && reply.reason === "not_permitted") {
      return Words.say("refused_ring");
    }
    return Object.prototype.hasOwnProperty.call(reasons, reply.reason) ? Words.say(reasons[reply.reason]) :
      reply.text || Words.say("failed_broken");
  }

  return { ask: ask, signed: signed, isUnknown: isUnknown, record: record, records: records, words: words, now: now };
}());
