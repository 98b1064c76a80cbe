/* What can be on the screen. A view is made of nodes, and may have `tick` (each second) and `update` (after news). What a
   button does is handed in; nothing here talks to the server. */
"use strict";

const Views = (function () {
  const el = Dom.el;
  const t = Words.say;

  function heading(text) {
    return el("h1", { textContent: text, tabIndex: -1 });
  }

  function paragraph(text, kind) {
    return el("p", { textContent: text, className: kind || "" });
  }

  /* A labelled field that says itself what is wrong with it. */
  function field(id, label, why, properties) {
    const input = el("input", Object.assign({ id: id, type: "text", autocomplete: "off", spellcheck: false }, properties));
    const note = el("p", { id: id + "-why", className: "soft", textContent: why || "" });
    const wrong = el("p", { id: id + "-wrong", className: "wrong", role: "alert" });
    input.setAttribute("aria-describedby", id + "-wrong" + (why ? " " + note.id : ""));
    return {
      input: input,
      nodes: [el("label", { for: id, textContent: label }), why ? note : null, input, wrong],
      refuse: function (text) {
        wrong.textContent = text;
        input.setAttribute("aria-invalid", "true");
        input.focus();
      },
      accept: function () {
        wrong.textContent = "";
        input.removeAttribute("aria-invalid");
      }
    };
  }

  function form(nodes, action) {
    const element = el("form", { noValidate: true }, nodes);
    element.addEventListener("submit", function (event) {
      event.preventDefault();
      action();
    });
    return element;
  }

  function submit(text) {
    return el("button", { type: "submit", className: "main", textContent: text });
  }

  function isApple() {
    return /iPhone|iPad|iPod/.test(navigator.userAgent);
  }

  function isInWeChat() {
    return /MicroMessenger/i.test(navigator.userAgent);
  }

  function isOnHomeScreen() {
    return navigator.standalone === true ||
      Boolean(window.matchMedia && window.matchMedia("(display-mode: standalone)").matches);
  }

  /* What to know about where this browser keeps keys, before it is given one. */
  function storageHint() {
    if (isInWeChat()) {
      return paragraph(t("wechat_first"), "hint");
    }
    return isApple() && !isOnHomeScreen() ? paragraph(t("ios_first"), "hint") : null;
  }

  function addressForm(onAddress) {
    const address = field("address", t("unbound_paste"), t("unbound_paste_why"), { inputMode: "url", autocapitalize: "off" });
    return form(address.nodes.concat([submit(t("go_on"))]), function () {
      if (!onAddress(address.input.value.trim())) {
        address.refuse(t("unbound_paste_wrong"));
      }
    });
  }

  function unbound(onAddress) {
    return {
      nodes: [
        heading(t("unbound_title")),
        paragraph(t("unbound_text")),
        el("code", { textContent: "postern my phone enrol" }),
        storageHint(),
        addressForm(onAddress)
      ]
    };
  }

  /* A name that a person would give it: most Android phones say a code such as 23127PN0CC. */
  function proposal() {
    const model = /\((?:Linux; )?(?:U; )?Android [^;]+; ([^;)]+?)(?: Build[^)]*)?\)/.exec(navigator.userAgent);
    const apple = /iPhone|iPad/.exec(navigator.userAgent);
    const found = apple ? apple[0] : model && /[a-z]/.test(model[1]) ? model[1] : t("phone_default");
    return found.slice(0, 64);
  }

  function binding(link, actions) {
    const name = field("name", t("bind_name"), "", { maxLength: 64, value: proposal() });
    name.input.addEventListener("focus", function () { name.input.select(); });
    const hint = storageHint();
    const copy = hint && navigator.clipboard ? Dom.button(t("copy_address"), function () {
      navigator.clipboard.writeText(link.address).then(function () { Dom.say(t("copied")); }, function () { return null; });
    }) : null;
    return {
      nodes: [
        heading(t("bind_title")),
        paragraph(t("bind_text")),
        hint,
        copy,
        form(name.nodes.concat([submit(t("bind_button")), Dom.button(t("cancel"), actions.cancel)]), Dom.once(async function () {
          const chosen = name.input.value.trim();
          if (chosen.length < 1 || Array.from(chosen).length > 64) {
            name.refuse(t("bind_name_wrong"));
            return;
          }
          name.accept();
          await actions.bind(chosen);
        }))
      ]
    };
  }

  function compare(record, onCancel) {
    return {
      nodes: [
        heading(t("compare_title")),
        record.user ? paragraph(t("compare_user", { user: record.user })) : null,
        paragraph(t("compare_text")),
        el("div", { className: "card" }, [
          el("p", { className: "soft", id: "compare-label", textContent: t("compare_label") }),
          el("p", { className: "digits compare", id: "compare", textContent: Dom.grouped(record.compare),
            role: "group", "aria-labelledby": "compare-label compare" })
        ]),
        el("p", { role: "status", textContent: t("compare_wait") }),
        Dom.button(t("cancel"), onCancel)
      ]
    };
  }

  function home(bindings, actions) {
    const cards = el("div", {});
    const drawn = {};

    function update() {
      bindings().forEach(function (one) {
        const key = JSON.stringify([one.state, one.user, one.label, one.issuer, one.ring, one.push_key, one.ntfy, one.address,
          one.ringLost]);
        if (!drawn[one.id] || drawn[one.id].key !== key) {
          const old = drawn[one.id];
          drawn[one.id] = Cards.of(one, actions);
          drawn[one.id].key = key;
          if (old) {
            drawn[one.id].reopen(old);
            cards.replaceChild(drawn[one.id].node, old.node);
          } else {
            cards.appendChild(drawn[one.id].node);
          }
        }
      });
      tick();
    }

    function tick() {
      Object.keys(drawn).forEach(function (id) { drawn[id].tick(); });
    }

    update();
    const another = el("details", { className: "card" }, [
      el("summary", { textContent: t("another_title") }),
      paragraph(t("another_text")),
      el("code", { textContent: "postern my phone enrol" }),
      addressForm(actions.address)
    ]);
    const hint = isOnHomeScreen() || isInWeChat() ? null :
      paragraph(t(isApple() ? "home_screen_ios" : "home_screen"), "soft");
    return { nodes: [heading(t("home_title")), cards, another, hint], update: update, tick: tick };
  }

  function challenge(one, actions) {
    const asked = one.challenge;
    const number = field("number", t("number_label"), t("number_why"), { inputMode: "numeric", maxLength: 8,
      className: "number", name: "number" });
    const left = el("dd", { id: "left" });
    let sure = null;

    const answer = Dom.once(async function (choice) {
      // As the server reads it: full-width digits, spaces and dashes of any kind.
      const digits = number.input.value.normalize("NFKC").replace(/[\s\p{Cf}\p{Cc}\p{Pd}\u2212]/gu, "");
      const needsNumber = choice === "approve" || choice === "approve_trust";
      if (needsNumber && !/^[0-9]{2}$/.test(digits)) {
        number.refuse(t("number_wrong"));
        return;
      }
      number.accept();
      Dom.say(t("sending"));
      await actions.answer(choice, needsNumber ? digits : "");
    });

    function button(text, choice, kind) {
      return Dom.button(text, function () { answer(choice); }, kind);
    }

    const approve = submit(t("approve"));
    const notMe = Dom.button(t("not_me"), ask, "danger");
    const ways = el("div", {}, [
      asked.trust_days > 0 ? button(t("approve_trust", { days: asked.trust_days }), "approve_trust") : null,
      button(t("deny"), "deny", "danger"),
      notMe,
      Dom.button(t("back"), actions.back)
    ]);
    sure = el("section", { className: "card", hidden: true, "aria-labelledby": "not-me" }, [
      el("h2", { id: "not-me", tabIndex: -1, textContent: t("not_me_title") }),
      paragraph(t("not_me_text")),
      button(t("not_me_yes"), "not_me", "danger main"),
      Dom.button(t("cancel"), function () {
        sure.hidden = true;
        asking.hidden = false;
        notMe.focus();
      })
    ]);
    const asking = el("div", {}, [form(number.nodes.concat([approve]), function () { answer("approve"); }), ways]);

    function ask() {
      asking.hidden = true;
      sure.hidden = false;
      sure.querySelector("h2").focus();
    }

    function tick() {
      const seconds = Waiting.secondsLeft(asked);
      left.textContent = t("seconds", { seconds: seconds });
      if (seconds === 0) {
        actions.over();
      }
    }

    tick();
    return {
      nodes: [
        heading(t("challenge_title")),
        el("div", { className: "card" }, [el("dl", {}, [
          el("dt", { textContent: t("account") }), el("dd", { textContent: asked.user }),
          el("dt", { textContent: t("what") }), el("dd", { textContent: Waiting.what(asked) }),
          el("dt", { textContent: t("place") }), el("dd", { textContent: Waiting.place(asked) }),
          el("dt", { textContent: t("time_left") }), left
        ])]),
        paragraph(t("challenge_text")),
        asking,
        sure
      ],
      tick: tick
    };
  }

  /* A heading, a text, and where to go on. */
  function message(title, text, way, action, command) {
    return {
      nodes: [
        heading(t(title)),
        text ? paragraph(t(text)) : null,
        command ? el("code", { textContent: command }) : null,
        way ? Dom.button(t(way), action, "main") : null
      ]
    };
  }

  /* Something that did not come about, and the way to try it once more. */
  function problem(title, text, action) {
    return { nodes: [heading(t(title)), el("p", { className: "card wrong", role: "alert", textContent: text }),
      Dom.button(t("try_again"), action, "main")] };
  }

  return { problem: problem, unbound: unbound, binding: binding, compare: compare, home: home, challenge: challenge, message: message };
}());
