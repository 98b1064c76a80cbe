"""Python's own mail clients, e-mail parser and authenticator, one process for many questions.

Reads one JSON object a line from stdin, so that no secret is ever an argument, and answers each with a line:

imap, pop3   port, source, user, password: whether it got in, and the server's own words (imaplib, poplib)
mail         text in base64: what the package email reads in it
uri          text: what pyotp makes of an otpauth URI, or its error

Anything that is no answer, such as a login that gets neither a yes nor a no, is {"raised": traceback}. What a question needs is
imported when it is first asked.
"""

import base64
import json
import socket
import sys
import traceback

HOST = "127.0.0.1"
TIMEOUT = 45


def connect(request):
    return socket.create_connection((HOST, request["port"]), TIMEOUT, (request["source"], 0))


def imap(request):
    import imaplib

    class Imap(imaplib.IMAP4):
        def _create_socket(self, timeout):
            return connect(request)

    client = Imap(HOST, request["port"], TIMEOUT)
    try:
        client.login(request["user"], request["password"])
        status, words = client.select("INBOX")
        if status != "OK":
            raise SystemExit(f"logged in, but SELECT INBOX says {status} {words}")
        client.logout()
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as refusal:
        client.shutdown()
        return {"in": False, "text": text(refusal.args[0])}
    return {"in": True, "text": f"INBOX: {text(words[0])} messages"}


def pop3(request):
    import poplib

    class Pop3(poplib.POP3):
        def _create_socket(self, timeout):
            return connect(request)

    client = Pop3(HOST, request["port"], TIMEOUT)
    try:
        try:
            client.user(request["user"])
            client.pass_(request["password"])
        except poplib.error_proto as refusal:
            return {"in": False, "text": text(refusal.args[0])}
        messages, _ = client.stat()
        client.quit()
    finally:
        client.close()
    return {"in": True, "text": f"INBOX: {messages} messages"}


def text(words):
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


def mail(request):
    import email
    import email.policy

    read = email.message_from_bytes(base64.b64decode(request["text"]), policy=email.policy.default)
    headers = [[name, str(value)] for name, value in read.items()]
    defects = [str(defect) for defect in read.defects]
    for name, value in read.items():
        defects += [name + ": " + str(defect) for defect in value.defects]
    assert not read.is_multipart()
    return {
        "delivered_to": str(read["Delivered-To"]), "from": str(read["From"]), "to": str(read["To"]),
        "subject": str(read["Subject"]), "text": read.get_content(), "headers": headers, "defects": defects,
    }


def uri(request):
    try:
        import pyotp
    except ImportError:
        sys.exit("pyotp is missing: run scripts/install-packages, or: apt-get install --no-install-recommends python3-pyotp")
    try:
        read = pyotp.parse_uri(request["text"])
        return {
            "seed": read.byte_secret().hex(), "algorithm": read.digest().name, "digits": read.digits,
            "period": read.interval, "issuer": read.issuer or "", "name": read.name or "",
        }
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


QUESTIONS = {"imap": imap, "pop3": pop3, "mail": mail, "uri": uri}


def main():
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = QUESTIONS[request["ask"]](request)
        except (Exception, SystemExit):
            answer = {"raised": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


main()
