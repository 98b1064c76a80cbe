"""The Debian packages on a Debian that systemd has booted: installed, upgraded under logins, removed, purged; and those for RHEL.

    scripts/packages-test [12|13|rpm]...

The packages are those of `make packages-deb packages-rpm`, in target/packages. The build before them is the one in POSTERN_OLD_PACKAGES, by
default the same under a lower version, with another text in its conffiles.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "guides"))

from cgroup import own_cgroup  # noqa: E402
from tree import Failed, Tree  # noqa: E402

import rpms  # noqa: E402

ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
APT = "apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
NAMES = "postern libpam-postern postern-web postern-ldap-schema"


class Host:
    """The booted Debian, as the test speaks of it."""

    def __init__(self, tree):
        self.tree = tree

    def sh(self, script, seconds=300):
        return self.tree.run("bash", "-euo", "pipefail", "-c", script, seconds=seconds)

    def fails(self, script):
        """What a command that has to fail prints."""
        return self.sh(f"if ({script}) 2>&1; then echo 'this did not fail' >&2; exit 1; fi")

    def install(self, folder, names):
        debs = " ".join(f"/srv/{folder}/{name}_*.deb" for name in names.split())
        return self.sh(f"{APT} install {debs} </dev/null")

    def is_active(self, unit):
        return self.sh(f"systemctl is-active {unit} || true").strip()

    def sums(self):
        return self.sh("find /etc/pam.d /etc/postern /etc/fail2ban/filter.d/postern.conf -type f | sort | xargs sha256sum")

    def login(self, password):
        return self.sh(
            f"printf 'alice\\0%s\\0\\0' {password} | /usr/lib/postern/postern-checkpassword --service imap /bin/true 3<&0 && echo in"
        ).strip()

    def fd_of_socket(self):
        """What the listening socket is: the same number means that it was never closed."""
        found = re.search(r"ino:(\d+)", self.sh("ss -xlen src /run/postern/posternd.sock"))
        return found and found[1]


def expect(what, text, wanted):
    if wanted not in text:
        raise Failed(f"{what}: {wanted!r} is not in:\n{text}")


def equal(what, got, wanted):
    if got != wanted:
        raise Failed(f"{what}: {got!r} instead of {wanted!r}")


def ok(text):
    print(f"ok    {text}", flush=True)


def policy_of_starts_is_honoured(host):
    host.sh("printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d")
    printed = host.install("old", NAMES)
    equal("postern-web", host.is_active("postern-web.service"), "inactive")
    equal("enabled", host.sh("systemctl is-enabled posternd.socket postern-web.service").split(), ["enabled", "enabled"])
    host.sh(f"{APT} purge {NAMES} </dev/null; rm /usr/sbin/policy-rc.d")
    if re.search(r"(?i)warning|error|fail", printed):
        raise Failed(f"the installation was not quiet:\n{printed}")
    ok("installed, and started nothing where policy-rc.d forbids it")


def install(host):
    host.install("old", NAMES)
    equal("postern-web", host.is_active("postern-web.service"), "active")
    # Not before there is a configuration.
    equal("posternd.socket", host.is_active("posternd.socket"), "inactive")
    equal("failed units", host.sh("systemctl --failed --plain --no-legend | grep postern || true"), "")
    host.sh("postern init")
    host.sh("systemctl start posternd.socket")
    host.sh("mkdir -p /srv/mail/alice; chown -R 10001:10001 /srv/mail")
    host.sh("postern account create alice --uid 10001 --gid 10001 --home /srv/mail/alice --no-password")
    created = json.loads(host.sh("postern app-password create alice --label Test --json"))
    password = re.search(r'"password": "([^"]+)"', json.dumps(created))[1].replace(" ", "")
    equal("a login", host.login(password), "in")
    equal("posternd", host.is_active("posternd.service"), "active")
    expect("the pages", host.sh("curl -sS http://127.0.0.1:8480/health"), "ok")
    ok("installed; the units run as they are, and a login works")
    return password


def is_in_order(host):
    findings = json.loads(host.sh("postern check --json 2>/dev/null || true"))["findings"]
    # All but these, of which nothing is set up here.
    wrong = [one for one in findings if one["result"] == "fail" and one["part"] not in ("sshd", "pam", "dovecot")]
    equal("postern check", wrong, [])
    for page in ("postern.1", "postern.7", "postern.toml.5", "posternd.8"):
        name, section = page.rsplit(".", 1)
        host.sh(f"test -s /usr/share/man/man{section}/{name}.{section}.gz")
    ok("postern check finds what belongs together")


def edit(host):
    host.sh(
        """
        cp /usr/share/postern/examples/pam/imap /etc/pam.d/imap
        echo '# edited by hand' >> /etc/pam.d/imap
        sed -i 's/^# .*edited.*//; $a # edited by hand' /etc/pam.d/sshd
        echo '# edited by hand' >> /etc/postern/postern.toml
        echo '# edited by hand' >> /etc/fail2ban/filter.d/postern.conf
        """
    )


def upgrade_under_logins(host, password):
    edit(host)
    before, socket, pid = host.sums(), host.fd_of_socket(), host.sh("systemctl show -P MainPID posternd.service")
    host.sh(f"rm -f /run/logins.stop; systemd-run --quiet --unit=logins --property=StandardOutput=file:/run/logins.json "
            f"python3 /srv/test/logins.py {password}")
    time.sleep(3)
    printed = host.install("new", NAMES)
    time.sleep(3)
    host.sh("touch /run/logins.stop; while systemctl is-active --quiet logins; do sleep 0.2; done")
    logins = json.loads(host.sh("cat /run/logins.json"))
    equal("failed logins", logins["failed"], [])
    if min(logins["by_checkpassword"], logins["by_pam"]) < 20:
        raise Failed(f"too few logins: {logins}")
    if host.sh("systemctl show -P MainPID posternd.service") == pid:
        raise Failed(f"posternd was not restarted:\n{printed}")
    equal("the socket", host.fd_of_socket(), socket)
    equal("edited files", host.sums(), before)
    equal("new conffiles", host.sh("ls /etc/fail2ban/filter.d/postern*"), "/etc/fail2ban/filter.d/postern-pam.conf\n"
          "/etc/fail2ban/filter.d/postern.conf\n/etc/fail2ban/filter.d/postern.conf.dpkg-dist\n")
    both = f"{logins['by_checkpassword']} logins by checkpassword and {logins['by_pam']} by PAM"
    ok(f"upgraded: posternd is a new process on the same socket; {both} meanwhile, none failed, the slowest in "
       f"{logins['slowest']:.1f} s; edited files are as they were")


def unsafe_removal_is_refused(host, password):
    module = "/usr/lib/*/security/pam_postern.so"
    for file, put, take in [
        ("/etc/pam.d/imap", "true", "rm /etc/pam.d/imap"),
        (
            "/etc/local-stack",
            "echo 'auth required pam_postern.so' > /etc/local-stack; echo '@include /etc/local-stack' > /etc/pam.d/other-imap",
            "rm /etc/pam.d/other-imap /etc/local-stack",
        ),
        (
            "/etc/pam.d/common-auth",
            "cp -a /etc/pam.d /root/pam.d; pam-auth-update --enable postern",
            "pam-auth-update --disable postern; diff -r /root/pam.d /etc/pam.d; rm -r /root/pam.d",
        ),
    ]:
        host.sh(put)
        printed = host.fails(f"{APT} remove libpam-postern </dev/null")
        expect("the refusal", printed, f"  {file}\n")
        expect("the refusal", printed, "pam_postern.so is in use")
        host.sh(f"test -e {module}; dpkg-query -W -f '${{db:Status-Abbrev}}' libpam-postern | grep -q '^.i'")
        host.sh(take)
    host.sh("echo '# auth required pam_postern.so' > /etc/pam.d/unused; "
            f"{APT} remove libpam-postern </dev/null; rm /etc/pam.d/unused; ! test -e {module}")
    equal("a login", host.login(password), "in")
    ok("the removal of the module is refused while a stack names it, with the file, and works after that")


def remove(host, password):
    host.sh(f"{APT} remove postern postern-web </dev/null")
    equal("what still runs", host.sh("pgrep -u postern,postern-web || true"), "")
    equal("the socket", host.is_active("posternd.socket"), "inactive")
    host.sh("test -s /var/lib/postern/postern.db; test -s /etc/postern/keyring; test -s /etc/postern/postern.toml")
    host.install("new", "postern")
    equal("a login", host.login(password), "in")
    ok("removed: nothing runs, and accounts, keyring and configuration are there; installed again, the login works")


def purge(host):
    host.sh("touch /etc/postern/web.toml")
    printed = host.sh(f"{APT} purge {NAMES} </dev/null")
    left = host.sh(
        "find / -xdev \\( -path /srv -o -path /proc -o -path /sys -o -path /var/log -o -path /var/cache -o -path /usr/share/mime \\) "
        "-prune -o -iname '*postern*' -print; ls -d /run/postern* 2>/dev/null || true"
    )
    equal(f"after the purge, with\n{printed}\nwhat is left", left, "")
    equal("units", host.sh("systemctl list-units --all --plain --no-legend 'postern*'"), "")
    equal("the users", host.sh("getent passwd postern postern-web | cut -d: -f1").split(), ["postern", "postern-web"])
    ok("purged without a question: no file is left, only the users, whose numbers nobody else may get")


def older(new, folder):
    """The same packages as an earlier build: a lower version, and other conffiles."""
    for deb in sorted(new.glob("*.deb")):
        unpacked = folder / "unpacked"
        subprocess.run(["dpkg-deb", "-R", deb, unpacked], check=True)
        control = unpacked / "DEBIAN/control"
        version = re.search(r"^Version: (.*)$", control.read_text(), re.MULTILINE)[1]
        control.write_text(control.read_text().replace(version, f"{version}~old"))
        for conffile in (unpacked / "etc").rglob("postern*.conf"):
            conffile.write_text(conffile.read_text() + "# as in an earlier build\n")
        command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", unpacked, folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(unpacked)


def debian_tree(release):
    ran = subprocess.run([ROOT / "scripts/debian-tree", release], check=True, stdout=subprocess.PIPE, text=True)
    return ran.stdout.strip()


def test_on(release, new, old):
    made = debian_tree(release)
    print(f"Debian {release}, booted by systemd", flush=True)
    binds = {new: "/srv/new", old: "/srv/old", HERE: "/srv/test"}
    with open(TARGET / f"packages-test-{release}.log", "w", encoding="utf-8") as log, Tree(release, made, binds, log) as tree:
        host = Host(tree)
        try:
            all_of_it(host)
        except Failed as failed:
            journal = host.sh("journalctl --no-pager -n 80 | grep -v 'verdict=accept\\|run-u\\|transient'")
            raise Failed(f"{failed}\n{journal}") from failed


def all_of_it(host):
    host.sh(f"{APT} update; {APT} install curl pamtester fail2ban </dev/null")
    policy_of_starts_is_honoured(host)
    password = install(host)
    is_in_order(host)
    upgrade_under_logins(host, password)
    unsafe_removal_is_refused(host, password)
    remove(host, password)
    purge(host)


def main():
    new = TARGET / "packages"
    if not list(new.glob("postern_*.deb")):
        sys.exit(f"packages-test: no packages in {new}: make packages-deb")
    old = os.environ.get("POSTERN_OLD_PACKAGES")
    if not old:
        old = Path("/run/old-packages")
        old.mkdir()
        older(new, old)
    for what in sys.argv[1:] or ["12", "13", "rpm"]:
        try:
            if what == "rpm":
                rpms.test(debian_tree("12"), new, ok)
                continue
            with own_cgroup():
                test_on(what, new, Path(old).resolve())
        except Failed as failed:
            sys.exit(f"packages-test: {what}: {failed}")


main()
