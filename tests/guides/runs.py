"""Which guides are followed on which system, in which order, and what is looked at in between."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Guide:
    """A page of docs/, or a path; all of it, or what is under the headings `only` and not under those of `without` (as anchors)."""

    file: str
    only: tuple = ()
    without: tuple = ()

    @property
    def page(self):
        return self.file if "/" in self.file else f"docs/{self.file}"

    def takes(self, block):
        chosen = not self.only or any(anchor in block.anchors for anchor in self.only)
        return chosen and not any(anchor in block.anchors for anchor in self.without)


@dataclass(frozen=True)
class Check:
    """A program of tests/guides/checks with its arguments."""

    command: tuple


@dataclass(frozen=True)
class Run:
    name: str
    release: int
    steps: tuple

    @property
    def title(self):
        return f"{self.name} on Debian {self.release}"


def on_both(name, *steps):
    return tuple(Run(name, release, steps) for release in (12, 13))


def check(line):
    return Check(tuple(line.split()))


# A host with alice, whose Dovecot asks Postern in the way of the quick start: checkpassword on 12, Lua on 13.
QUICK_MAIL = Guide("quick-start.md", only=("imap-in-five-minutes",))


def dovecot(way, release, *last, outage="unavailable"):
    """Dovecot asks in this way, and Postfix asks Dovecot. An outage is what Dovecot's clients hear; Postfix hears silence by each."""
    page = {12: "dovecot-2.3.md", 13: "dovecot-2.4.md"}[release]
    return Run(
        f"dovecot-{way}", release,
        (
            QUICK_MAIL,
            Guide(page, only=(f"by-{way}", "check-it")),
            Guide("postfix.md", only=("submission-through-dovecot",)),
            check(f"mail alice --deliver --outage {outage}"),
            *last,
            Guide(page, only=("take-it-back",)),
            check("mail alice --services imap --taken-back"),
        ),
    )


def words(page):
    """What a refused mail program shows."""
    return Guide(page, only=("what-a-refused-mail-program-shows",)), check("mail alice --words")


RUNS = (
    *on_both(
        "quick-start",
        Guide("quick-start.md", without=("take-it-back",)),
        check("mail alice --services imap"),
        # Both guides write the same section of the configuration.
        Guide("ssh-and-sudo.md", only=("set-up-sshd",)),
        Guide("quick-start.md", only=("take-it-back",)),
    ),
    *on_both(
        "saslauthd",
        QUICK_MAIL,
        Guide("postfix.md", only=("without-dovecot-saslauthd",), without=("take-it-back",)),
        check("mail alice --services smtp --smtp-outage refused --no-address"),
        Guide("postfix.md", only=("take-it-back",)),
    ),
    *on_both(
        "ssh-and-sudo",
        QUICK_MAIL,
        Guide("ssh-and-sudo.md", without=("take-it-back",)),
        Check(("logins", "alice", "correct horse battery staple", "ops")),
        Guide("second-factors.md"),
        Guide("clients.md"),
        Guide("troubleshooting.md"),
        Guide("ssh-and-sudo.md", only=("take-it-back",)),
    ),
    *on_both(
        "pages",
        QUICK_MAIL,
        Guide("postfix.md", only=("submission-through-dovecot",)),
        Guide("browser.md", only=("setting-it-up",)),
        Guide("roundcube/README.md", only=("setting-it-up-on-debian-12-or-13",)),
        Check(("pages", "alice", "correct horse battery staple", "--roundcube")),
    ),
    dovecot("checkpassword", 12, *words("dovecot-2.3.md")),
    dovecot("lua", 12, *words("dovecot-2.3.md")),
    dovecot("pam", 12, outage="refused"),
    dovecot("lua", 13, *words("dovecot-2.4.md")),
    dovecot("pam", 13, outage="refused"),
    *on_both(
        "openldap",
        QUICK_MAIL,
        Guide("openldap.md", without=("slapdconf-in-the-place-of-cnconfig",)),
        check("mail alice --services imap"),
    ),
    *on_both(
        "openldap by slapd.conf",
        QUICK_MAIL,
        Guide(
            "openldap.md",
            only=("a-server-to-try-it-on", "steps", "how-to-check"),
            without=("with-the-overlay-ppolicy", "posternd-on-slapds-host"),
        ),
        check("mail alice --services imap"),
    ),
    Run("389-ds", 12, (QUICK_MAIL, Guide("389-ds.md"), check("mail alice --services imap"))),
    *on_both(
        "redis",
        QUICK_MAIL,
        Guide("redis.md", only=("one-server", "how-to-check")),
        check("mail alice --services imap"),
    ),
    Run("redis with sentinel", 12, (QUICK_MAIL, Guide("redis.md", only=("sentinel",)), check("mail alice --services imap"))),
    Run("redis cluster", 12, (QUICK_MAIL, Guide("redis.md", only=("cluster",)), check("mail alice --services imap"))),
    *on_both(
        "operation",
        QUICK_MAIL,
        # The upgrade of operation.md is one.
        check("upgrade prepare"),
        Guide("operation.md"),
        check("upgrade done"),
        check("mail alice --services imap"),
    ),
    *on_both("metrics", QUICK_MAIL, Guide("metrics.md")),
    *on_both("roll-out", QUICK_MAIL, Guide("roll-out.md"), check("mail alice --services imap")),
)
