"""Logins with a code, at a real terminal, after ssh-and-sudo.md: `logins.py USER MAIN-PASSWORD LOCAL-ADMIN`.

The user's app is /root/code, which prints a code that it has not printed before. A right code opens ssh, sudo, sudo -i, su and su -,
and nothing else does. Root and the local admin get in with no code, also while posternd is gone.
"""

import subprocess
import sys
import time

import pexpect
from host import Outage, audit, equal, run, say

SECONDS = 60
# What a command prints that only a login runs.
ARRIVED = "arrived-as-(\\w+)"
ARRIVE = 'echo "arrived-as-$(id -un)"'

user, password, admin = sys.argv[1:]


def main():
    since = int(time.time())
    ways = {
        "sshd": (f"ssh -t {SSH} {user}@localhost '{ARRIVE}'", user),
        "sudo": (f"runuser -u {user} -- sudo -k sh -c '{ARRIVE}'", "root"),
        "sudo-i": (f"runuser -u {user} -- sudo -k -i sh -c '{ARRIVE}'", "root"),
        "su": (f"runuser -u {admin} -- su {user} -c '{ARRIVE}'", user),
        "su-l": (f"runuser -u {admin} -- su - {user} -c '{ARRIVE}'", user),
    }
    for service, (command, target) in ways.items():
        spent = code()
        equal(answered(command, password, spent), target, f"{service} with main password and code")
        equal(answered(command, password, spent), None, f"{service} with a spent code")
        equal(answered(command, "not the password", None), None, f"{service} with a wrong password")
        audit("verdict=accept", f"service={service} ", f"user={user}", since=since)
        say(f"{service}: {user} gets in with main password and code, not with the code once more, not with a wrong password")
    privileged("posternd runs")
    with Outage():
        for service in ("sshd", "su"):
            equal(answered(ways[service][0], password, None), None, f"{service} while posternd is gone")
        say("while posternd is gone, sshd and su refuse accounts of the directory")
        privileged("posternd is gone")


def privileged(when):
    """Root and users of this host alone."""
    equal(run("su", admin, "-c", "id -un").strip(), admin, f"su by root, while {when}")
    for name in ("root", admin):
        seen = subprocess.run(
            f"ssh -o BatchMode=yes -i /root/trial-key {SSH_OPTIONS} {name}@localhost id -un",
            shell=True, capture_output=True, text=True,
        )
        equal(seen.stdout.strip(), name, f"ssh by key, while {when} ({seen.stderr})")
    run("chpasswd", text=f"{admin}:a password of this host\n")
    command = f"runuser -u {admin} -- sudo -k sh -c '{ARRIVE}'"
    equal(answered(command, "a password of this host", None), "root", f"sudo of {admin}, while {when}")
    say(f"while {when}: root and {admin} get in by key, {admin} becomes root by their own password, root becomes {admin}")


def answered(command, secret, number):
    """Who one is after answering the questions; nobody if it ends or asks again."""
    child = pexpect.spawn("/bin/sh", ["-c", command], timeout=SECONDS, encoding="utf-8")
    answers = [secret, number]
    try:
        while True:
            seen = child.expect([ARRIVED, "(?i)password[^\n]*: ?$", "(?i)code[^\n]*: ?$", pexpect.EOF])
            if seen == 0:
                return child.match[1]
            if seen == 3 or answers[seen - 1] is None:
                return None
            child.sendline(answers[seen - 1])
            # A question that comes back was answered wrongly.
            answers[seen - 1] = None
    except pexpect.TIMEOUT:
        equal(child.before, "an end or a question", command)
    finally:
        child.close(force=True)


def code():
    return run("/root/code").strip()


# The user's key is no way in here: the questions are.
SSH_OPTIONS = "-o StrictHostKeyChecking=accept-new"
SSH = f"-o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 {SSH_OPTIONS}"

main()
