/* The phone's key and what is derived from the QR code's secret. Nothing here can be read back: the private key and the
   seed are kept by the browser as keys that can only be used. */
"use strict";

const Keys = (function () {
  const CURVE = { name: "ECDSA", namedCurve: "P-256" };

  function isPossible() {
    return Boolean(window.isSecureContext !== false && window.crypto && window.crypto.subtle && window.indexedDB &&
      window.TextEncoder && window.fetch);
  }

  function bytes(text) {
    return new TextEncoder().encode(text);
  }

  function toText(buffer) {
    const view = new Uint8Array(buffer);
    let binary = "";
    for (let i = 0; i < view.length; i += 1) {
      binary += String.fromCharCode(view[i]);
    }
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function fromText(text) {
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    const view = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i += 1) {
      view[i] = binary.charCodeAt(i);
    }
    return view;
  }

  function joined(parts) {
    const total = parts.reduce(function (sum, part) { return sum + part.length; }, 0);
    const all = new Uint8Array(total);
    let at = 0;
    parts.forEach(function (part) {
      all.set(part, at);
      at += part.length;
    });
    return all;
  }

  async function hmac(key, parts) {
    return new Uint8Array(await crypto.subtle.sign("HMAC", key, joined(parts)));
  }

  function hmacKey(secret) {
    return crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  }

  /* The id of the challenge that waits for the phone with this secret. */
  async function pairingId(secret) {
    return Link.hex((await hmac(await hmacKey(secret), [bytes("postern-id-1")])).slice(0, 16));
  }

  /* Makes the key of a new binding. `secret` is the one of the QR code, and is not kept. */
  async function make(secret, name) {
    const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const shared = await hmacKey(secret);
    const proof = await hmac(shared, [bytes("postern-bind-1"), point, bytes(name)]);
    const compared = await hmac(shared, [bytes("postern-compare-1"), point]);
    const seed = await hmac(shared, [bytes("postern-seed-1")]);
    const code = await crypto.subtle.importKey("raw", seed.slice(0, 20), { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
    seed.fill(0);
    return {
      key: pair.privateKey,
      code: code,
      point: toText(point),
      proof: toText(proof),
      compare: digits(new DataView(compared.buffer).getUint32(0))
    };
  }

  /* The phone's signature over lines. */
  async function sign(key, lines) {
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    return toText(await crypto.subtle.sign(algorithm, key, bytes(lines.join("\n"))));
  }

  /* The code of a moment, in seconds since the epoch (RFC 6238: SHA-1, 6 digits, 30 s). */
  async function totp(code, unix) {
    const message = new Uint8Array(8);
    const step = Math.floor(unix / 30);
    const view = new DataView(message.buffer);
    view.setUint32(0, Math.floor(step / 4294967296));
    view.setUint32(4, step % 4294967296);
    const mac = new DataView(await crypto.subtle.sign("HMAC", code, message));
    return digits(mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff);
  }

  function digits(number) {
    return ("00000" + String(number % 1000000)).slice(-6);
  }

  return { isPossible: isPossible, make: make, pairingId: pairingId, sign: sign, totp: totp, fromText: fromText };
}());
