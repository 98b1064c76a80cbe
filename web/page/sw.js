/* Keeps the page for when there is no network, and shows what a push message says. It never touches the API. */
"use strict";

const CACHE = "postern-2";
const FILES = ["/", "/app.js", "/bindings.js", "/cards.js", "/dom.js", "/keys.js", "/link.js", "/push.js", "/api.js", "/views.js", "/waiting.js", "/words.js", "/style.css",
  "/manifest.webmanifest", "/icon.svg", "/icon-180.png"];
const PATIENCE = 4000;

self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(CACHE).then(function (cache) {
    return cache.addAll(FILES);
  }).then(function () {
    return self.skipWaiting();
  }));
});

self.addEventListener("activate", function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.filter(function (name) { return name !== CACHE; }).map(function (name) {
      return caches.delete(name);
    }));
  }).then(function () {
    return self.clients.claim();
  }));
});

self.addEventListener("fetch", function (event) {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) {
    return;
  }
  const path = url.pathname === "/index.html" ? "/" : url.pathname;
  if (FILES.indexOf(path) >= 0) {
    event.respondWith(fresh(event.request, path));
  }
});

/* From the network where that answers in time, else as it was kept. */
async function fresh(request, path) {
  const cache = await caches.open(CACHE);
  const kept = cache.match(path);
  const fetched = fetch(request).then(function (response) {
    if (response.ok) {
      cache.put(path, response.clone());
      return response;
    }
    return kept.then(function (old) { return old || response; });
  });
  const late = new Promise(function (resolve) { setTimeout(resolve, PATIENCE); });
  try {
    const first = await Promise.race([fetched, late.then(function () { return kept; })]);
    return first || await fetched;
  } catch (error) {
    const old = await kept;
    return old || Response.error();
  }
}

self.addEventListener("push", function (event) {
  let message = {};
  try {
    message = event.data.json();
  } catch (error) {
    message = {};
  }
  const url = typeof message.url === "string" && /^#c\./.test(message.url) ? message.url : "";
  event.waitUntil(self.registration.showNotification(String(message.title || "Postern"), {
    body: String(message.body || "A login is waiting for your answer. 有一次登录等待您的答复。"),
    icon: "/icon-180.png",
    tag: url || "postern",
    requireInteraction: true,
    data: { url: url }
  }));
});

self.addEventListener("notificationclick", function (event) {
  event.notification.close();
  const url = event.notification.data && event.notification.data.url || "";
  event.waitUntil(self.clients.matchAll({ type: "window" }).then(function (windows) {
    if (windows.length === 0) {
      return self.clients.openWindow("/" + url);
    }
    windows[0].postMessage({ open: url });
    return windows[0].focus();
  }));
});
