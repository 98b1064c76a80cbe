/* The page: where it is, what it waits for, and what its buttons do. */
"use strict";

const App = (function () {
  const t = Words.say;
  const POLL = 3000;
  const POLL_BINDING = 2000;
  const POLL_IN_TROUBLE = 8000;
  const BIND_FOR = 5 * 60 * 1000;
  const OVER_FOR = 60 * 1000;
  const main = document.getElementById("main");
  let bindings = [];
  let waiting = [];
  let current = null;
  let shown = null;
  let list = null;
  let naming = null;
  let timer = null;
  let drawnOnce = false;

  /* Shows what `make` makes; made again where the language changes. */
  function go(make, place) {
    current = { make: make, place: place || "" };
    draw();
  }

  function draw() {
    shown = current.make();
    list = current.place === "challenge" ? null : Waiting.of(function () { return waiting; }, look, current.place === "home");
    Dom.fill(main, shown.nodes.slice(0, 1).concat(list ? [list.node] : [], shown.nodes.slice(1)));
    const title = main.querySelector("h1");
    document.title = title.textContent + " – Postern";
    if (drawnOnce) {
      title.focus();
      window.scrollTo(0, 0);
    }
    drawnOnce = true;
  }

  /* After news (`update`), or a second later (`tick`). */
  function refresh(what) {
    [list, shown].forEach(function (part) {
      if (part && part[what]) {
        part[what]();
      }
    });
  }

  function message(title, text, way, action, command) {
    go(function () { return Views.message(title, text, way || "back", action || home, command); });
  }

  /* The bindings that stand there: neither those that the terminal has to confirm, nor those that it did not. */
  function settled() {
    return bindings.filter(function (one) { return one.state === "bound" || one.state === "unknown"; });
  }

  function home() {
    Dom.say("");
    const unconfirmed = bindings.filter(function (one) { return one.state === "waiting"; })[0];
    if (naming) {
      name(naming);
    } else if (unconfirmed) {
      compare(unconfirmed);
    } else if (settled().length === 0) {
      go(function () { return Views.unbound(openAddress); });
    } else {
      go(function () {
        return Views.home(settled, { ring: ring, forget: forget, address: openAddress });
      }, "home");
    }
    poll();
  }

  /* Follows the fragment of an address, and takes it out of sight. */
  function follow(fragment) {
    const link = Link.read(fragment);
    if (window.location.hash) {
      history.replaceState(null, "", window.location.pathname);
    }
    if (link.binding) {
      startBinding(link.binding, window.location.origin + "/" + fragment);
    } else if (link.binding === null) {
      message("bind_title", "bind_link_broken");
    } else if (link.challenge) {
      openChallenge(link.challenge.account, link.challenge.id);
    } else {
      home();
    }
  }

  function openAddress(text) {
    const at = text.indexOf("#");
    const fragment = at < 0 ? "" : text.slice(at);
    if (!Link.read(fragment).binding) {
      return false;
    }
    follow(fragment);
    return true;
  }

  async function startBinding(link, address) {
    link.address = address;
    link.challenge = link.challenge || await Keys.pairingId(link.secret);
    // The same code, scanned once more: its key is here already.
    if (bindings.some(function (one) { return one.id === Bindings.id(link.account, link.challenge); })) {
      home();
    } else {
      name(link);
      poll();
    }
  }

  function name(link) {
    naming = link;
    go(function () {
      return Views.binding(link, {
        bind: function (label) { return bind(link, label); },
        cancel: function () {
          naming = null;
          home();
        }
      });
    });
  }

  async function bind(link, label) {
    Dom.say(t("binding_now"));
    let made = null;
    let record = null;
    try {
      made = await Keys.make(link.secret, label);
      record = {
        id: Bindings.id(link.account, link.challenge), account: link.account, factor: link.challenge, label: label, user: "",
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
    const reply = await Api.ask("bind", { account: link.account, challenge: link.challenge, key: made.point, name: label,
      proof: made.proof });
    if (reply.verdict !== "accept") {
      await Bindings.remove(record);
      Dom.complain(Api.words(reply, "bind"));
      return;
    }
    Bindings.persist();
    // One that tells whom it binds also tells when the terminal has ended.
    record.user = (Api.record(reply, "phone") || {}).user || "";
    record.isWatched = Boolean(record.user);
    await Promise.all(bindings.filter(function (one) {
      return one.account === record.account && one.state === "waiting";
    }).map(giveUp).concat([Bindings.put(record).catch(function () { return null; })]));
    bindings.push(record);
    naming = null;
    home();
  }

  /* The terminal has not confirmed it. Its key stays for a minute: the directory may be slow to show what was bound. */
  async function giveUp(record) {
    record.state = "over";
    record.overSince = Date.now();
    await Bindings.put(record).catch(function () { return null; });
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
    refresh("update");
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
      await missing(binding, reply);
    } else if (current.place === "home" || current.place === "compare") {
      Dom.complain(Api.words(reply));
    }
    return reply;
  }

  async function take(binding, reply) {
    const site = Api.record(reply, "site") || {};
    const phone = Api.record(reply, "phone") || {};
    const before = JSON.stringify(binding);
    const wasWaiting = binding.state === "waiting" || binding.state === "over";
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
      if (current.place !== "challenge") {
        home();
      }
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
  async function missing(binding, reply) {
    waiting = waiting.filter(function (one) { return one.binding.id !== binding.id; });
    // Between the answer at the terminal and what the directory shows there is a moment.
    const isOpen = (Api.record(reply, "phone") || {}).state === "binding";
    binding.missed = isOpen ? 0 : (binding.missed || 0) + 1;
    const isOver = Date.now() - binding.since > BIND_FOR || binding.isWatched && binding.missed > 2;
    if (binding.state === "waiting" && isOver) {
      await giveUp(binding);
      if (current.place === "compare") {
        message("bind_title", binding.isWatched ? "compare_refused" : "compare_over");
      }
    } else if (binding.state === "over" && Date.now() - binding.overSince > OVER_FOR) {
      await abandon(binding);
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
    const mine = bindings.filter(function (one) { return one.account === account && settled().indexOf(one) >= 0; });
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
      await missing(one.binding, reply);
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
    refresh("update");
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
      if (!document.hidden) {
        refresh("tick");
      }
    }, 1000);
    follow(window.location.hash);
  }

  start();
  return {};
}());
