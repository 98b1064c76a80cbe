/* Small helpers: elements without markup in texts, one place for what is said aloud. */
"use strict";

const Dom = {
  timer: 0,

  /* An element with properties, attributes (those with a dash, and role, for, lang) and children; texts stay texts. */
  el: function (tag, properties, children) {
    const element = document.createElement(tag);
    Object.keys(properties || {}).forEach(function (name) {
      const value = properties[name];
      if (name.indexOf("-") >= 0 || name === "role" || name === "for" || name === "lang") {
        element.setAttribute(name, value);
      } else {
        element[name] = value;
      }
    });
    (children || []).forEach(function (child) {
      if (child !== null && child !== undefined) {
        element.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
      }
    });
    return element;
  },

  button: function (text, action, kind) {
    const button = Dom.el("button", { type: "button", className: kind || "", textContent: text });
    button.addEventListener("click", action);
    return button;
  },

  /* An action that is not begun again while it is under way. The button keeps the focus, unlike one that is disabled. */
  once: function (action) {
    let busy = false;
    return async function (argument) {
      if (busy) {
        return;
      }
      busy = true;
      try {
        await action(argument);
      } finally {
        busy = false;
      }
    };
  },

  /* Empties an element and fills it again. */
  fill: function (element, children) {
    while (element.firstChild) {
      element.removeChild(element.firstChild);
    }
    children.forEach(function (child) {
      if (child) {
        element.appendChild(child);
      }
    });
  },

  /* Says something that is in order, for a while. */
  say: function (text) {
    const status = document.getElementById("status");
    clearTimeout(Dom.timer);
    document.getElementById("alert").textContent = "";
    status.textContent = text || "";
    Dom.timer = setTimeout(function () { status.textContent = ""; }, 8000);
  },

  /* Says something that is not. */
  complain: function (text) {
    document.getElementById("status").textContent = "";
    document.getElementById("alert").textContent = text || "";
  },

  /* "123456" as "123 456", which is easier to read and to compare. */
  grouped: function (digits) {
    return digits.slice(0, 3) + " " + digits.slice(3);
  }
};
