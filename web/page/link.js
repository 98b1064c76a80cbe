/* What the addresses in QR codes and messages say. It stands behind the #, which never reaches a server. */
"use strict";

const Link = (function () {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  /* RFC 4648, section 6, without padding. */
  function fromBase32(text) {
    const bytes = [];
    let bits = 0;
    let held = 0;
    for (let i = 0; i < text.length; i += 1) {
      held = held * 32 + ALPHABET.indexOf(text[i]);
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes.push(Math.floor(held / Math.pow(2, bits)));
        held %= Math.pow(2, bits);
      }
    }
    return Uint8Array.from(bytes);
  }

  function hex(bytes) {
    return Array.from(bytes, function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
  }

  function uuid(bytes) {
    return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch (error) {
      return text;
    }
  }

  function is128Bits(text) {
    return /^[A-Z2-7]{26}$/.test(text);
  }

  /* The account and the secret of a binding, and its challenge where it does not follow from the secret. */
  function binding(parts) {
    const secret = parts[parts.length - 1];
    if (parts.length === 3 && /^[A-Z2-7]{32}$/.test(secret)) {
      const isShort = parts[0] === "B";
      return isShort && !is128Bits(parts[1]) || !parts[1] ? null :
        { account: isShort ? uuid(fromBase32(parts[1])) : decode(parts[1]), challenge: null, secret: fromBase32(secret) };
    }
    return parts.length === 4 && parts.every(Boolean) ? earlier(parts) : null;
  }

  /* As a posternd from before this page writes it. */
  function earlier(parts) {
    const account = decode(parts[1]);
    try {
      return {
        account: /^~[A-Za-z0-9_-]{22}$/.test(account) ? uuid(Keys.fromText(account.slice(1))) : account,
        challenge: /^[A-Za-z0-9_-]{22}$/.test(parts[2]) ? hex(Keys.fromText(parts[2])) : parts[2],
        secret: Keys.fromText(parts[3])
      };
    } catch (error) {
      return null;
    }
  }

  /* What a fragment leads to: a `binding` (null where it is not complete), a `challenge`, or neither. */
  function read(fragment) {
    const parts = fragment.replace(/^#/, "").split(".");
    if (/^b$/i.test(parts[0])) {
      return { binding: binding(parts) };
    }
    if (parts[0] === "C" && parts.length === 3 && is128Bits(parts[1]) && is128Bits(parts[2])) {
      return { challenge: { account: uuid(fromBase32(parts[1])), id: hex(fromBase32(parts[2])) } };
    }
    if (parts[0] === "c" && parts.length === 3) {
      return { challenge: { account: decode(parts[1]), id: parts[2] } };
    }
    return {};
  }

  return { read: read, hex: hex };
}());
