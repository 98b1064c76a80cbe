/* The logins that wait for an answer. They stand on every view but that of a login, whatever else the page is about. */
"use strict";

const Waiting = (function () {
  const el = Dom.el;
  const t = Words.say;

  function paragraph(text, kind) {
    return el("p", { textContent: text, className: kind || "" });
  }

  function secondsLeft(challenge) {
    return Math.max(0, Math.ceil((challenge.until - Date.now()) / 1000));
  }

  /* The server says both in every language; one of an earlier release has the names of programs alone. */
  function what(challenge) {
    return challenge.what ? challenge.what[Words.server()] : challenge.service;
  }

  function place(challenge) {
    return challenge.place ? challenge.place[Words.server()] : challenge.rhost || t("somewhere");
  }

  /* The list of what `waiting` gives; `saysNone` where it says so if there is none. */
  function of(waiting, look, saysNone) {
    const node = el("div", {});
    let listed = null;
    let lefts = [];

    function item(one) {
      const left = paragraph("", "soft");
      lefts.push({ node: left, challenge: one.challenge });
      return el("li", {}, [
        paragraph(t("from", { user: one.challenge.user, what: what(one.challenge), place: place(one.challenge) })),
        left,
        Dom.button(t("look"), function () { look(one); }, "main")
      ]);
    }

    function tick() {
      lefts.forEach(function (one) {
        one.node.textContent = t("seconds_left", { seconds: secondsLeft(one.challenge) });
      });
    }

    function update() {
      const all = waiting();
      const now = all.map(function (one) { return one.challenge.id; }).join();
      if (now === listed) {
        return;
      }
      listed = now;
      lefts = [];
      const none = saysNone ? paragraph(t("none_waiting"), "card soft") : null;
      Dom.fill(node, [all.length === 0 ? none : el("section", { className: "card", "aria-labelledby": "waiting" }, [
        el("h2", { id: "waiting", textContent: t("waiting_title") }),
        el("ul", {}, all.map(item))
      ])]);
      tick();
    }

    update();
    return { node: node, update: update, tick: tick };
  }

  return { of: of, secondsLeft: secondsLeft, what: what, place: place };
}());
