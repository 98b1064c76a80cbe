"""Mail programs log in by app password: `mail.py ALICE [--services LIST] [--outage unavailable|refused] …`.

Scopes, networks and revocation hold at each service, and each hears of an outage what its way in can say.
"""

import argparse
import time

from clients import CLIENTS
from host import Outage, app_password, audit, equal, run, say

# Postfix asks by the service smtp.
SCOPES = {"imap": "imap", "pop3": "pop3", "sieve": "sieve", "smtp": "smtp"}


def main():
    options = parse()
    logins = {name: CLIENTS[name] for name in options.services.split(",")}
    _, everywhere = app_password(options.user, "everywhere")
    if options.words:
        told(options, logins, everywhere)
        return
    if options.taken_back:
        taken_back(options, logins, everywhere)
        return
    opens(options, logins, everywhere)
    scopes(options, logins)
    networks(options, logins)
    revocation(options, logins)
    outage(options, logins, everywhere)
    if options.deliver:
        delivery(options, logins, everywhere)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("user")
    parser.add_argument("--services", default="imap,pop3,sieve,smtp")
    # What a login hears while posternd is gone.
    parser.add_argument("--outage", choices=["unavailable", "refused"], default="unavailable")
    parser.add_argument("--smtp-outage", choices=["unavailable", "refused"], default="unavailable")
    # Whether the way in knows the client's address at all.
    parser.add_argument("--no-address", action="store_true")
    # Only whether those who are refused are told to use an app password.
    parser.add_argument("--words", action="store_true")
    # Only whether the host's own password opens what Postern no longer guards.
    parser.add_argument("--taken-back", action="store_true")
    # Sends a mail to the user and reads it.
    parser.add_argument("--deliver", action="store_true")
    return parser.parse_args()


def opens(options, logins, password):
    since = int(time.time())
    for name, login in logins.items():
        heard = login(options.user, password)
        equal(heard.outcome, "in", f"{name} by app password ({heard.text})")
        audit("verdict=accept", f"service={name} ", f"user={options.user}", since=since)
        wrong = "".join(reversed(password))
        heard = login(options.user, wrong)
        equal(heard.outcome, "refused", f"{name} by a wrong password ({heard.text})")
        say(f"{name}: by app password, and not by a wrong one: {heard.text}")


def told(options, logins, password):
    for name, login in logins.items():
        equal(login(options.user, password).outcome, "in", f"{name} by app password")
        heard = login(options.user, "not the password")
        equal(heard.outcome, "refused", f"{name} by a wrong password ({heard.text})")
        # ManageSieve does not pass it on.
        if name != "sieve":
            equal("use an app password" in heard.text, True, f"what {name} says: {heard.text}")
            say(f"{name}: {heard.text}")


def taken_back(options, logins, password):
    run("chpasswd", text=f"{options.user}:the host's own\n")
    for name, login in logins.items():
        equal(login(options.user, "the host's own").outcome, "in", f"{name} by the host's password")
        equal(login(options.user, password).outcome, "refused", f"{name} by app password")
        say(f"{name}: by the host's own password, and not by app password")


def scopes(options, logins):
    for scope in logins:
        _, password = app_password(options.user, f"for {scope}", "--scope", SCOPES[scope])
        opened = [name for name, login in logins.items() if login(options.user, password).outcome == "in"]
        equal(opened, [scope], f"services that an app password of scope {scope} opens")
    say(f"each scope opens its own service alone: {' '.join(logins)}")


def networks(options, logins):
    _, password = app_password(options.user, "here", "--network", "127.0.0.2/32")
    for name, login in logins.items():
        inside = "refused" if options.no_address else "in"
        equal(login(options.user, password, source="127.0.0.2").outcome, inside, f"{name} from its network")
        equal(login(options.user, password, source="127.0.0.3").outcome, "refused", f"{name} from another")
    told = "refused everywhere, as no address is known" if options.no_address else "opens from its network alone"
    say(f"an app password with a network {told}: {' '.join(logins)}")


def revocation(options, logins):
    for name, login in logins.items():
        number, password = app_password(options.user, f"to revoke at {name}")
        equal(login(options.user, password).outcome, "in", f"{name} before")
        run("postern", "app-password", "revoke", options.user, number)
        equal(login(options.user, password).outcome, "refused", f"{name} by a revoked app password")
    say(f"a revoked app password is refused at once: {' '.join(logins)}")


def outage(options, logins, password):
    with Outage():
        for name, login in logins.items():
            wanted = options.smtp_outage if name == "smtp" else options.outage
            began = time.monotonic()
            heard = login(options.user, password)
            took = time.monotonic() - began
            equal(heard.outcome, wanted, f"{name} while posternd is gone ({heard.text})")
            say(f"{name}: an outage is {wanted} after {took:.1f} s: {heard.text}")
    for name, login in logins.items():
        equal(login(options.user, password).outcome, "in", f"{name} after the outage")
    say("and afterwards all is well again")


def delivery(options, logins, password):
    import imaplib

    subject = f"guide {time.time()}"
    address = f"{options.user}@mail.example.org"
    message = f"From: {address}\r\nTo: {address}\r\nSubject: {subject}\r\n\r\nHello\r\n"
    equal(logins["smtp"](options.user, password, send=(address, address, message)).outcome, "in", "a mail sent")
    with imaplib.IMAP4("127.0.0.1", 143) as client:
        from clients import TLS

        client.starttls(TLS)
        client.login(options.user, password)
        for _ in range(100):
            client.select("INBOX")
            _, found = client.search(None, "SUBJECT", f'"{subject}"')
            if found[0]:
                say("a mail sent by SMTP is read by IMAP")
                return
            time.sleep(0.2)
    equal(None, subject, "the mail that was sent")


main()
