"""A browser without scripts at the account's pages: `pages.py USER MAIN-PASSWORD [--roundcube]`, through nginx and its TLS.

It logs in, makes an app password that opens IMAP, and logs out. With --roundcube it first reads its mail in Roundcube, which asks for no
password of its own, and which is closed once the session has ended.
"""

import html
import http.cookiejar
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

from clients import imap
from host import equal, say

ACCOUNT = "https://account.example.org"
WEBMAIL = "https://webmail.example.org/"

user, password = sys.argv[1:3]
with_roundcube = "--roundcube" in sys.argv


def main():
    stranger = Browser()
    stranger.log_in("not the password")
    equal(stranger.path, "/log-in", f"where a wrong password leads: {stranger.text[:2000]}")
    browser = Browser()
    browser.log_in(password)
    equal(browser.path, "/security", f"where the main password leads: {browser.text[:2000]}")
    say("the account's pages let in by the main password, and not by a wrong one")
    if with_roundcube:
        read_mail(browser)
    made = make_app_password(browser)
    equal(imap(user, made).outcome, "in", "IMAP by the app password of the pages")
    say("an app password that was made on the page opens IMAP")
    browser.get(ACCOUNT + "/security")
    browser.submit("/log-out")
    browser.get(ACCOUNT + "/security")
    equal(browser.path, "/log-in", "where the pages lead after logging out")
    say("logging out closes the pages")
    if with_roundcube:
        browser.get(WEBMAIL + "?_task=mail")
        equal(browser.url.startswith(ACCOUNT + "/log-in"), True, f"the session is over: Roundcube leads to {browser.url}")
        say("and Roundcube with them")


def read_mail(browser):
    browser.get(WEBMAIL)
    equal("_task=mail" in browser.url and '"username"' in browser.text or "rcmail" in browser.text, True, browser.text[:2000])
    found = re.search(r'"request_token":"(\w+)"', browser.text)
    equal(found is not None, True, f"Roundcube's inbox at {browser.url}: {browser.text[:2000]}")
    query = urllib.parse.urlencode({"_task": "mail", "_action": "list", "_mbox": "INBOX", "_remote": "1"})
    browser.get(f"{WEBMAIL}?{query}", {"X-Roundcube-Request": found[1], "X-Requested-With": "XMLHttpRequest"})
    equal("set_rowcount" in browser.text, True, f"the list of the inbox: {browser.text[:2000]}")
    say("Roundcube shows the inbox without asking for a password")


def make_app_password(browser):
    browser.get(ACCOUNT + "/app-passwords")
    browser.submit("/app-passwords/create", label="Made on the page")
    for _ in range(3):
        found = re.search(r">\s*(\w{4} \w{4} \w{4} \w{4})\s*<", browser.text)
        if found:
            return found[1].replace(" ", "")
        browser.submit(browser.path, answer=password)
    equal(browser.text, "an app password", "the page after making one")


class Browser:
    """Keeps cookies, follows redirects and sends forms with their hidden fields."""

    def __init__(self):
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.url, self.text = "", ""

    @property
    def path(self):
        return urllib.parse.urlsplit(self.url).path

    def get(self, url, headers=None):
        self.send(urllib.request.Request(url, headers=headers or {}))

    def send(self, request):
        try:
            reply = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            reply = error
        self.url, self.text = reply.url, reply.read().decode()

    def log_in(self, secret):
        self.get(ACCOUNT + "/log-in")
        self.submit("/log-in", user=user, password=secret)

    def submit(self, action, **fields):
        """The first form of the page whose address begins with `action`."""
        form = re.search(rf'<form[^>]* action="({re.escape(action)}[^"]*)".*?</form>', self.text, re.DOTALL)
        equal(form is not None, True, f"a form for {action} at {self.url}: {self.text[:3000]}")
        for field in re.findall(r"<input[^>]*>", form[0]):
            name, value = attribute(field, "name"), attribute(field, "value")
            usual = attribute(field, "type") == "hidden" or (attribute(field, "type") == "checkbox" and " checked" in field)
            if name and usual:
                fields.setdefault(name, value or "on")
        target = urllib.parse.urljoin(self.url, html.unescape(form[1]))
        body = urllib.parse.urlencode(fields).encode()
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(self.url))
        self.send(urllib.request.Request(target, body, {"Origin": origin, "Sec-Fetch-Site": "same-origin"}))


def attribute(tag, name):
    found = re.search(rf' {name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else None


main()
