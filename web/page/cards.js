/* One account on the home view: its code, how this phone is rung for it, and how to forget it. */
"use strict";

const Cards = (function () {
  const el = Dom.el;
  const t = Words.say;

  function paragraph(text, kind) {
    return el("p", { textContent: text, className: kind || "" });
  }

  function of(binding, actions) {
    const title = "account-" + binding.id;
    const code = codeOf(binding);
    const settings = el("details", {}, [el("summary", { textContent: t("settings") })]
      .concat(binding.state === "bound" ? ringing(binding, actions) : [])
      .concat(forgetting(binding, actions)));
    const node = el("section", { className: "card", "aria-labelledby": title }, [
      el("h2", { id: title, textContent: binding.user + (binding.issuer ? " · " + binding.issuer : "") }),
      paragraph(t("card_phone", { label: binding.label }), "soft"),
      binding.state === "bound" ? null : paragraph(t("unbound_again"), "wrong"),
      binding.state === "bound" ? code.node : null,
      settings
    ]);
    return {
      node: node,
      tick: code.tick,
      /* A card that is drawn anew stays as open as it was, and the focus stays in it. */
      reopen: function (old) {
        settings.open = old.node.querySelector("details").open;
        const focused = document.activeElement;
        if (focused && focused.id && old.node.contains(focused)) {
          const heir = node.querySelector("#" + CSS.escape(focused.id));
          setTimeout(function () {
            if (heir) {
              heir.focus();
            }
          }, 0);
        }
      }
    };
  }

  function codeOf(binding) {
    const title = "code-" + binding.id;
    const digits = el("p", { className: "digits code", role: "group", "aria-labelledby": title });
    const bar = el("progress", { max: 30, value: 30, "aria-hidden": "true" });
    const left = el("p", { className: "soft" });
    let shown = -1;

    function tick() {
      const now = Api.now(binding);
      const step = Math.floor(now / 30);
      bar.value = 30 - now % 30;
      left.textContent = t("code_left", { seconds: 30 - now % 30 });
      if (step === shown) {
        return;
      }
      shown = step;
      Keys.totp(binding.code, now).then(function (code) {
        digits.textContent = Dom.grouped(code);
      }, function () {
        digits.className = "wrong";
        digits.textContent = t("code_failed");
      });
    }

    return {
      node: el("div", {}, [el("h3", { id: title, textContent: t("code_title") }), digits, bar, left,
        paragraph(t("code_text"), "soft")]),
      tick: tick
    };
  }

  function ringing(binding, actions) {
    const ways = ["none"];
    if (binding.push_key) {
      ways.unshift("web_push");
    }
    if (binding.ntfy) {
      ways.unshift("ntfy");
    }
    const state = t("ring_is_" + (binding.ring || "none"));
    const buttons = ways.length === 1 && (binding.ring || "none") === "none" ? [] : ways.map(function (way) {
      const button = Dom.button(t("ring_" + way), Dom.once(function () { return actions.ring(binding, way); }));
      button.id = "ring-" + way + "-" + binding.id;
      button.setAttribute("aria-pressed", String((binding.ring || "none") === way));
      return button;
    });
    return [
      el("h3", { textContent: t("ring_title") }),
      paragraph(buttons.length === 0 ? t("ring_nowhere") : state),
      binding.ringLost ? paragraph(t("ring_lost"), "wrong") : null,
      binding.ring === "ntfy" && binding.address ? paragraph(t("ring_address")) : null,
      binding.ring === "ntfy" && binding.address ? el("code", { className: "address", textContent: binding.address }) : null
    ].concat(buttons);
  }

  function forgetting(binding, actions) {
    const open = Dom.button(t("forget"), function () {
      open.hidden = true;
      sure.hidden = false;
      sure.querySelector("h3").focus();
    }, "danger");
    const sure = el("div", { hidden: true }, [
      el("h3", { tabIndex: -1, textContent: t("forget_title") }),
      paragraph(t("forget_text", { user: binding.user })),
      el("code", { textContent: "postern my phone remove " + binding.factor }),
      Dom.button(t("forget_yes"), function () { actions.forget(binding); }, "danger main"),
      Dom.button(t("cancel"), function () {
        sure.hidden = true;
        open.hidden = false;
        open.focus();
      })
    ]);
    return [open, sure];
  }

  return { of: of };
}());
