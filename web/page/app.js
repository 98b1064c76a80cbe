/* The page: where it is, what it waits for, and what its buttons do. */
"use strict";

const App = (function () {
  const t = Words.say;
  const POLL = 3000;
  const POLL_BINDING = 2000;
  const POLL_IN_TROUBLE = 8000;
  const BIND_FOR = 5 * 60 * 1000;
  const main = document.getElementById("main");
  let bindings = [];
  let waiting = [];
  let current = null;
  let shown = null;
  let timer = null;
  let drawnOnce = false;

  /* Shows what `make` makes; made again where the language changes. */
  function go(make, place) {
    current = { make: make, place: place || "" };
    draw();
  }

  function draw() {
    shown = current.make();
    Dom.fill(main, shown.nodes);
    const title = main.querySelector("h1");
    document.title = title.textContent + " – Postern";
    if (drawnOnce) {
      title.focus();
      window.scrollTo(0, 0);
    }
    drawnOnce = true;
  }

  function message(title, text, way, action, command) {
    go(function () { return Views.message(title, text, way || "back", action || home, command); });
  }

  function home() {
    Dom.say("");
    const unconfirmed = bindings.filter(function (one) { return one.state === "waiting"; })[0];
    if (unconfirmed) {
      compare(unconfirmed);
    } else if (bindings.length === 0) {
      go(function () { return Views.unbound(openAddress); });
    } else {
      go(function () {
        return Views.home({
          waiting: function () { return waiting; },
          bindings: function () { return bindings; }
        }, { look: look, ring: ring, forget: forget, address: openAddress });
      }, "home");
    }
    poll();
  }

  /* Follows the fragment of an address, which never reaches a server, and takes it out of sight. */
  function follow(fragment) {
    const parts = fragment.replace(/^#/, "").split(".");
    if (window.location.hash) {
      history.replaceState(null, "", window.location.pathname);
    }
    if (parts[0] === "b" && parts.length === 4 && parts.every(Boolean)) {
      startBinding(parts, fragment);
    } else if (parts[0] === "b") {
      message("bind_title", "bind_link_broken");
    } else if (parts[0] === "c" && parts.length === 3) {
      openChallenge(decode(parts[1]), parts[2]);
    } else {
      home();
    }
  }

  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch (error) {
      return text;
    }
  }

  function openAddress(text) {
    const at = text.indexOf("#");
    const fragment = at < 0 ? "" : text.slice(at);
    if (!/^#b\.[^.]+\.[^.]+\.[^.]+$/.test(fragment)) {
      return false;
    }
    follow(fragment);
    return true;
  }

  /* What stands in the address in base64url, so that the QR code is smaller: 128 bits in hexadecimal. */
  function hex(text) {
    return Array.from(Keys.fromText(text), function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
  }

  function account(part) {
    const text = decode(part);
    return /^~[A-Za-z0-9_-]{22}$/.test(text) ?
      hex(text.slice(1)).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") : text;
  }

  function startBinding(parts, fragment) {
    const challenge = /^[A-Za-z0-9_-]{22}$/.test(parts[2]) ? hex(parts[2]) : parts[2];
    const link = { account: account(parts[1]), challenge: challenge, secret: parts[3],
      address: window.location.origin + "/" + fragment };
    go(function () {
      return Views.binding(link, {
        proposal: proposal,
        bind: function (name) { return bind(link, name); },
        cancel: home
      });
    });
  }

  function proposal() {
    const model = /\((?:Linux; )?(?:U; )?Android [^;]+; ([^;)]+?)(?: Build[^)]*)?\)/.exec(navigator.userAgent);
    const apple = /iPhone|iPad/.exec(navigator.userAgent);
    const found = apple ? apple[0] : model && model[1] !== "K" ? model[1] : t("phone_default");
    return found.slice(0, 64);
  }

  async function bind(link, name) {
    Dom.say(t("binding_now"));
    let made = null;
    let record = null;
    try {
      made = await Keys.make(link.secret, name);
      record = {
        id: Bindings.id(link.account, link.challenge), account: link.account, factor: link.challenge, label: name, user: name,
        key: made.key, code: made.code, compare: made.compare, offset: 0, ring: "none", state: "waiting", since: Date.now()
      };
    } catch (error) {
      Dom.complain(t("bind_link_broken"));
      return;
    }
    try {
      // Before the server hears of the key: one that cannot be kept must not be bound.
      await Bindings.put(record);
    } catch (error) {
      Dom.complain(t("cannot_keep"));
      return;
    }
    const reply = await Api.ask("bind", { account: link.account, challenge: link.challenge, key: made.point, name: name,
      proof: made.proof });
    if (reply.verdict !== "accept") {
      await Bindings.remove(record);
      Dom.complain(Api.words(reply, "bind"));
      return;
    }
    Bindings.persist();
    bindings = bindings.filter(function (one) { return one.id !== record.id; }).concat([record]);
    compare(record);
    poll();
  }

  function compare(record) {
    Dom.say("");
    go(function () {
      return Views.compare(record, function () { abandon(record).then(home); });
    }, "compare");
  }

  async function abandon(record) {
    await Bindings.remove(record).catch(function () { return null; });
    bindings = bindings.filter(function (one) { return one.id !== record.id; });
    waiting = waiting.filter(function (one) { return one.binding.id !== record.id; });
  }

  /* Polls the state of every binding while the page is visible. */
  async function poll() {
    clearTimeout(timer);
    if (document.hidden) {
      return;
    }
    const mine = {};
    timer = mine;
    const replies = await Promise.all(bindings.map(news));
    if (timer !== mine) {
      return;
    }
    if (shown && shown.update) {
      shown.update();
    }
    const unconfirmed = bindings.some(function (one) { return one.state === "waiting"; });
    const isCalm = replies.every(function (reply) { return reply && (reply.verdict === "accept" || Api.isUnknown(reply)); });
    timer = setTimeout(poll, !isCalm ? POLL_IN_TROUBLE : unconfirmed ? POLL_BINDING : POLL);
  }

  async function news(binding) {
    const reply = await Api.signed("pending", binding, []).catch(function () { return null; });
    if (!reply || bindings.indexOf(binding) < 0) {
      return reply;
    }
    if (reply.verdict === "accept") {
      await take(binding, reply);
    } else if (Api.isUnknown(reply)) {
      await missing(binding);
    } else if (current.place === "home" || current.place === "compare") {
      Dom.complain(Api.words(reply));
    }
    return reply;
  }

  async function take(binding, reply) {
    const site = Api.record(reply, "site") || {};
    const phone = Api.record(reply, "phone") || {};
    const before = JSON.stringify(binding);
    const wasWaiting = binding.state === "waiting";
    Object.assign(binding, { state: "bound", user: phone.user, label: phone.label, ring: phone.ring, issuer: site.issuer || "",
      push_key: site.push_key || "", ntfy: site.ntfy === true, compare: "" });
    if (before !== JSON.stringify(binding)) {
      await Bindings.put(binding).catch(function () { return null; });
    }
    binding.ringLost = binding.ring === "web_push" && !(await Push.isSubscribed().catch(function () { return false; }));
    const known = waiting.map(function (one) { return one.challenge.id; });
    const open = Api.records(reply, "challenge").map(function (challenge) {
      challenge.until = Date.now() + challenge.seconds_left * 1000;
      return { binding: binding, challenge: challenge };
    });
    waiting = waiting.filter(function (one) { return one.binding.id !== binding.id; }).concat(open);
    if (wasWaiting) {
      home();
      Dom.say(t("bound_now", { user: binding.user }));
    } else if (current.place === "home") {
      const isNew = open.some(function (one) { return known.indexOf(one.challenge.id) < 0; });
      const alarmed = document.getElementById("alert").textContent;
      if (isNew) {
        Dom.say(t("one_waits"));
      } else if (alarmed) {
        Dom.say("");
      }
    }
  }

  /* The server does not know this phone: not yet, or no longer. */
  async function missing(binding) {
    waiting = waiting.filter(function (one) { return one.binding.id !== binding.id; });
    if (binding.state === "waiting" && Date.now() - binding.since > BIND_FOR) {
      await abandon(binding);
      message("bind_title", "compare_over");
    } else if (binding.state === "bound") {
      binding.state = "unknown";
      await Bindings.put(binding).catch(function () { return null; });
    }
  }

  function look(one) {
    Dom.say("");
    go(function () {
      return Views.challenge(one, {
        answer: function (choice, number) { return answer(one, choice, number); },
        over: function () { message("over_title", "over_text"); },
        back: home
      });
    }, "challenge");
  }

  async function openChallenge(account, id) {
    const mine = bindings.filter(function (one) { return one.account === account && one.state !== "waiting"; });
    if (mine.length === 0) {
      message("lost_title", "lost_text", "lost_home", home, "postern my phone enrol");
      return;
    }
    go(function () { return Views.message("challenge_title", "looking", "back", home); }, "looking");
    const replies = await Promise.all(mine.map(news));
    if (current.place !== "looking") {
      return;
    }
    const found = waiting.filter(function (one) { return one.challenge.id === id; })[0];
    const heard = replies.filter(function (reply) { return reply && reply.verdict === "accept"; }).length > 0;
    if (found) {
      look(found);
    } else if (heard) {
      message("over_title", "over_text");
    } else if (mine.every(function (one) { return one.state === "unknown"; })) {
      message("lost_title", "lost_text", "lost_home", home, "postern my phone enrol");
    } else {
      go(function () {
        const text = replies[0] ? Api.words(replies[0]) : t("failed_broken");
        return Views.problem("unseen_title", text, function () { openChallenge(account, id); });
      }, "problem");
    }
  }

  async function answer(one, choice, number) {
    const own = [["challenge", one.challenge.id], ["choice", choice], ["number", number]];
    const reply = await Api.signed("answer", one.binding, own).catch(function () {
      return { verdict: "failed", reason: "broken", text: "", records: [] };
    });
    const answered = Api.record(reply, "answered") || {};
    const results = {
      approved: ["approved_title", "approved_text"],
      denied: ["denied_title", choice === "not_me" ? "not_me_done" : "denied_text"],
      wrong_number: ["wrong_number_title", "wrong_number_text"],
      before: ["before_title", "before_text"],
      gone: ["over_title", "over_text"]
    };
    if (Object.prototype.hasOwnProperty.call(results, answered.state)) {
      waiting = waiting.filter(function (other) { return other.challenge.id !== one.challenge.id; });
      Dom.say("");
      message(results[answered.state][0], results[answered.state][1]);
    } else if (Api.isUnknown(reply)) {
      await missing(one.binding);
      message("lost_title", "unbound_again");
    } else {
      Dom.complain(Api.words(reply));
    }
  }

  async function ring(binding, way) {
    let fields = { endpoint: "", p256dh: "", auth: "" };
    if (way === "web_push") {
      fields = await Push.subscribe(binding.push_key);
      if (fields.failed) {
        Dom.complain(t(fields.failed));
        return;
      }
    }
    const own = [["ring", way], ["endpoint", fields.endpoint], ["p256dh", fields.p256dh], ["auth", fields.auth]];
    const reply = await Api.signed("ring", binding, own);
    const done = Api.record(reply, "ring");
    if (reply.verdict !== "accept" || !done) {
      Dom.complain(Api.words(reply, "ring"));
      return;
    }
    Object.assign(binding, { ring: done.ring, address: done.address || "", ringLost: false });
    await Bindings.put(binding).catch(function () { return null; });
    Dom.say(t("ring_done"));
    if (shown && shown.update) {
      shown.update();
    }
  }

  async function forget(binding) {
    await abandon(binding);
    home();
    Dom.say(t("forgotten"));
  }

  function showLanguage() {
    const button = document.getElementById("language");
    document.documentElement.lang = Words.tag();
    button.textContent = t("other_language");
    button.lang = Words.otherTag();
    button.hidden = false;
  }

  async function start() {
    showLanguage();
    document.getElementById("language").addEventListener("click", function () {
      Words.change();
      showLanguage();
      Dom.say("");
      draw();
      document.getElementById("language").focus();
    });
    if (!Keys.isPossible()) {
      go(function () { return Views.message("cannot_title", "cannot_text"); });
      return;
    }
    if (navigator.serviceWorker) {
      navigator.serviceWorker.register("/sw.js").catch(function () { return null; });
      navigator.serviceWorker.addEventListener("message", function (event) {
        if (event.data && typeof event.data.open === "string") {
          follow(event.data.open);
        }
      });
    }
    try {
      bindings = await Bindings.list();
    } catch (error) {
      go(function () { return Views.message("cannot_title", "cannot_text"); });
      return;
    }
    window.addEventListener("hashchange", function () {
      if (window.location.hash) {
        follow(window.location.hash);
      }
    });
    document.addEventListener("visibilitychange", poll);
    window.addEventListener("online", poll);
    setInterval(function () {
      if (shown && shown.tick && !document.hidden) {
        shown.tick();
      }
    }, 1000);
    follow(window.location.hash);
  }

  start();
  return {};
}());
