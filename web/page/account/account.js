/* Copies, prints, saves, follows a phone and asks for passkeys. Without it the pages do the rest. */
"use strict";

for (const hidden of document.querySelectorAll(".only-script")) {
  hidden.hidden = false;
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, {
      dateStyle: "medium",
      timeStyle: "short",
    }).format(at);
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const text = button.textContent;
  button.addEventListener("click", async function () {
    const from = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(from.textContent);
      button.textContent = button.dataset.copied;
      setTimeout(function () { button.textContent = text; }, 2000);
    } catch {
      const selection = getSelection();
      selection.removeAllRanges();
      selection.selectAllChildren(from);
    }
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", function () { print(); });
}

for (const button of document.querySelectorAll("[data-download]")) {
  button.addEventListener("click", function () {
    const list = document.getElementById(button.dataset.download);
    const lines = [list.dataset.name, ""];
    for (const item of list.children) {
      lines.push(item.textContent);
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/plain" }));
    link.download = "recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

/* A form was sent, and its answer is the next page. */
let isLeaving = false;

/* Goes on by itself once the phone has answered. */
async function follow(form) {
  document.getElementById("waiting").hidden = false;
  while (!isLeaving) {
    let [waits, pause] = [true, 300];
    try {
      const reply = await fetch(form.dataset.follow, { cache: "no-store" });
      if (reply.ok) {
        waits = (await reply.json()).is_waiting;
      } else {
        pause = 5000;
      }
    } catch {
      pause = 5000;
    }
    if (!waits && !isLeaving) {
      form.requestSubmit(form.querySelector("button"));
      return;
    }
    await new Promise(function (go) { setTimeout(go, pause); });
  }
}

for (const form of document.querySelectorAll("form[data-follow]")) {
  follow(form);
}

/* WebAuthn's bytes in JSON: base64url without padding. */
function toBytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, function (sign) { return sign.charCodeAt(0); });
}

function toText(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/* Asks the browser to make a passkey, or to have one sign, and returns its answer in JSON. */
async function askPasskey(form) {
  const options = JSON.parse(form.dataset.options);
  options.challenge = toBytes(options.challenge);
  for (const known of options.excludeCredentials ?? options.allowCredentials ?? []) {
    known.id = toBytes(known.id);
  }
  if (options.user) {
    options.user.id = toBytes(options.user.id);
  }
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: options });
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    if (credential.response[part]) {
      response[part] = toText(credential.response[part]);
    }
  }
  if (credential.response.getTransports) {
    response.transports = credential.response.getTransports();
  }
  return JSON.stringify({ rawId: toText(credential.rawId), response });
}

if (window.PublicKeyCredential) {
  for (const choice of document.querySelectorAll("[data-needs=passkeys]")) {
    choice.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const [button, problem] = [form.querySelector("button"), form.querySelector(".wrong")];
  addEventListener("pageshow", function () { button.disabled = false; });
  button.focus();
  button.addEventListener("click", async function () {
    const earlier = document.getElementById("problem");
    if (earlier) {
      earlier.hidden = true;
    }
    problem.hidden = true;
    button.disabled = true;
    try {
      if (!window.PublicKeyCredential) {
        throw new DOMException("no passkeys", "NotSupportedError");
      }
      form.elements.answer.value = await askPasskey(form);
    } catch (error) {
      const words = {
        NotAllowedError: "cancelled",
        AbortError: "cancelled",
        InvalidStateError: "known",
        ConstraintError: "unlocked",
      };
      problem.textContent = form.dataset[words[error.name] ?? "impossible"];
      problem.hidden = false;
      button.disabled = false;
      button.focus();
      return;
    }
    form.submit();
  });
}

/* A page sends one form, once. */
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", function (event) {
    if (isLeaving) {
      event.preventDefault();
    } else if (!("repeats" in form.dataset)) {
      isLeaving = true;
    }
  });
}
addEventListener("pageshow", function () { isLeaving = false; });
