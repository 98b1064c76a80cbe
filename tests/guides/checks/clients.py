"""Mail programs: what a login hears, at each protocol, over TLS as the guides set it up."""

import base64
import imaplib
import poplib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass

# Debian's certificates are of its own making.
TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE
# Postfix needs 10 s to call silence an outage.
SECONDS = 40


@dataclass(frozen=True)
class Heard:
    # "in", "refused" or "unavailable".
    outcome: str
    text: str


class From:
    """A connection to this host from `source`."""

    source = "127.0.0.1"

    def _create_socket(self, timeout=SECONDS):
        return socket.create_connection((self.host, self.port), timeout, (self.source, 0))


def imap(user, password, source="127.0.0.1"):
    kind = type("Imap", (From, imaplib.IMAP4), {"source": source})
    with kind("127.0.0.1", 143, SECONDS) as client:
        client.starttls(TLS)
        try:
            client.login(user, password)
        except imaplib.IMAP4.error as error:
            text = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
            # With words of the site's own, Dovecot has them shown as an alert.
            return refusal(text, "[UNAVAILABLE]", "[ALERT]" if "[ALERT]" in text else "[AUTHENTICATIONFAILED]")
        answer, _ = client.select("INBOX")
        assert answer == "OK", answer
        return Heard("in", "INBOX")


def pop3(user, password, source="127.0.0.1"):
    kind = type("Pop3", (From, poplib.POP3), {"source": source})
    client = kind("127.0.0.1", 110, SECONDS)
    try:
        client.stls(TLS)
        client.user(user)
        try:
            client.pass_(password)
        except poplib.error_proto as error:
            return refusal(error.args[0].decode(), "[SYS/TEMP]", "[AUTH]")
        client.stat()
        return Heard("in", "STAT")
    finally:
        client.close()


def smtp(user, password, source="127.0.0.1", send=None, port=587):
    with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS, source_address=(source, 0)) as client:
        client.starttls(context=TLS)
        client.ehlo("client.example.org")
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        code, text = client.docmd("AUTH", f"PLAIN {secret}")
        shown = f"{code} {text.decode()}"
        if code != 235:
            return refusal(shown, "454 4.", "535 5.7.8")
        if send is not None:
            sender, recipient, message = send
            client.sendmail(sender, [recipient], message)
        return Heard("in", shown)


def sieve(user, password, source="127.0.0.1"):
    """ManageSieve (RFC 5804)."""
    connection = socket.create_connection(("127.0.0.1", 4190), SECONDS, (source, 0))
    try:
        assert answer_of(connection).startswith("OK")
        connection.sendall(b"STARTTLS\r\n")
        assert answer_of(connection).startswith("OK")
        connection = TLS.wrap_socket(connection)
        assert answer_of(connection).startswith("OK")
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        connection.sendall(f'AUTHENTICATE "PLAIN" "{secret}"\r\n'.encode())
        text = answer_of(connection)
        if not text.startswith("OK"):
            return refusal(text, "TRYLATER", "NO")
        connection.sendall(b"LISTSCRIPTS\r\n")
        assert answer_of(connection).startswith("OK")
        return Heard("in", "LISTSCRIPTS")
    finally:
        connection.close()


def answer_of(connection):
    """The line that ends an answer."""
    received = b""
    while not re.search(rb"(^|\r\n)(OK|NO|BYE)[^\r\n]*\r\n$", received):
        more = connection.recv(4096)
        assert more, f"ManageSieve closed the connection after {received}"
        received += more
    return received.decode().splitlines()[-1]


def refusal(text, unavailable, refused):
    if unavailable in text:
        return Heard("unavailable", text)
    assert refused in text, f"neither {unavailable} nor {refused}: {text}"
    return Heard("refused", text)


CLIENTS = {"imap": imap, "pop3": pop3, "sieve": sieve, "smtp": smtp}
