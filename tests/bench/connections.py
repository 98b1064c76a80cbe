"""Whole connections with TLS, one after the other: connect, log in, leave.

Reads one JSON object: protocol (imap or smtp), port, ca, seconds, logins (a list of user and password). Prints the milliseconds that each
connection took, and the seconds of them all. A login that fails ends it with an error.
"""

import imaplib
import itertools
import json
import smtplib
import ssl
import sys
import time

asked = json.load(sys.stdin)
context = ssl.create_default_context(cafile=asked["ca"])


def imap(user, password):
    client = imaplib.IMAP4_SSL("localhost", asked["port"], ssl_context=context, timeout=20)
    client.login(user, password)
    client.logout()


def smtp(user, password):
    client = smtplib.SMTP("localhost", asked["port"], timeout=20)
    client.starttls(context=context)
    client.login(user, password)
    client.quit()


connect = {"imap": imap, "smtp": smtp}[asked["protocol"]]
took = []
began = time.monotonic()
for user, password in itertools.cycle(asked["logins"]):
    start = time.monotonic()
    connect(user, password)
    end = time.monotonic()
    took.append((end - start) * 1e3)
    if end - began >= asked["seconds"]:
        break
print(json.dumps({"took": took, "seconds": time.monotonic() - began}))
