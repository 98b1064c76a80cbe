/* What this browser remembers: one record for each account that this phone is bound to, with its keys. */
"use strict";

const Bindings = (function () {
  let opened = null;

  function open() {
    if (!opened) {
      opened = new Promise(function (resolve, reject) {
        const request = indexedDB.open("postern", 1);
        request.onupgradeneeded = function () {
          request.result.createObjectStore("bindings", { keyPath: "id" });
        };
        request.onsuccess = function () { resolve(request.result); };
        request.onerror = function () { reject(request.error); };
      });
      opened.catch(function () { opened = null; });
    }
    return opened;
  }

  async function run(mode, action) {
    const database = await open();
    return new Promise(function (resolve, reject) {
      const transaction = database.transaction("bindings", mode);
      const request = action(transaction.objectStore("bindings"));
      transaction.oncomplete = function () { resolve(request.result); };
      transaction.onerror = function () { reject(transaction.error); };
      transaction.onabort = function () { reject(transaction.error); };
    });
  }

  function id(account, factor) {
    return account + "." + factor;
  }

  return {
    id: id,
    list: function () { return run("readonly", function (store) { return store.getAll(); }); },
    put: function (record) { return run("readwrite", function (store) { return store.put(record); }); },
    remove: function (record) { return run("readwrite", function (store) { return store.delete(record.id); }); },
    /* Asks the browser not to throw it away when space is short. Not all ask back, and none promises. */
    persist: function () {
      if (navigator.storage && navigator.storage.persist) {
        navigator.storage.persist().catch(function () { return false; });
      }
    }
  };
}());
