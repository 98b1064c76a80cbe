"""Logs in to a mail server with Python's own clients, imaplib and poplib.

Reads one JSON object from stdin, so that no password is ever an argument: protocol, port, source, user, password.
Prints one: whether it got in, and the server's own words. Anything that is neither a yes nor a no is an error.
"""

import imaplib
import json
import poplib
import socket
import sys

HOST = "127.0.0.1"
TIMEOUT = 45


def connect(request):
    return socket.create_connection((HOST, request["port"]), TIMEOUT, (request["source"], 0))


class Imap(imaplib.IMAP4):
    def __init__(self, request):
        self.request = request
        super().__init__(HOST, request["port"], TIMEOUT)

    def _create_socket(self, timeout):
        return connect(self.request)


class Pop3(poplib.POP3):
    def __init__(self, request):
        self.request = request
        super().__init__(HOST, request["port"], TIMEOUT)

    def _create_socket(self, timeout):
        return connect(self.request)


def imap(request):
    client = Imap(request)
    try:
        client.login(request["user"], request["password"])
        status, words = client.select("INBOX")
        if status != "OK":
            raise SystemExit(f"logged in, but SELECT INBOX says {status} {words}")
        client.logout()
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as refusal:
        return False, text(refusal.args[0])
    return True, f"INBOX: {text(words[0])} messages"


def pop3(request):
    client = Pop3(request)
    try:
        client.user(request["user"])
        client.pass_(request["password"])
    except poplib.error_proto as refusal:
        return False, text(refusal.args[0])
    messages, _ = client.stat()
    client.quit()
    return True, f"INBOX: {messages} messages"


def text(words):
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


def main():
    request = json.load(sys.stdin)
    was_let_in, words = {"imap": imap, "pop3": pop3}[request["protocol"]](request)
    json.dump({"in": was_let_in, "text": words}, sys.stdout)


main()
