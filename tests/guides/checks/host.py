"""What the checks do as root of the host that a guide has set up."""

import json
import subprocess
import sys
import time


def say(text):
    """One thing that was seen to hold."""
    print(f"ok: {text}", flush=True)


def equal(seen, wanted, what):
    if seen != wanted:
        print(f"FAILED: {what}: {seen!r}, not {wanted!r}", flush=True)
        sys.exit(1)


def run(*command, text=""):
    ran = subprocess.run(command, input=text, capture_output=True, text=True)
    if ran.returncode != 0:
        print(f"FAILED: {' '.join(command)}: exit status {ran.returncode}\n{ran.stdout}{ran.stderr}", flush=True)
        sys.exit(1)
    return ran.stdout


def app_password(user, label, *options):
    """Its id, and the password without spaces."""
    made = json.loads(run("postern", "--json", "app-password", "create", user, "--label", label, *options))
    made = made["app_password"]
    return made["id"], made["password"].replace(" ", "")


def audit(*parts, since):
    """The line of posternd that has all `parts`, none of which it lacks."""
    for _ in range(50):
        lines = run("journalctl", "--no-pager", "-o", "cat", "-u", "posternd", "--since", f"@{since}").splitlines()
        for line in lines:
            if all(part in line for part in parts):
                return line
        time.sleep(0.1)
    equal("\n".join(lines), " ".join(parts), "posternd's log")


class Outage:
    """posternd gone, its socket too."""

    def __enter__(self):
        run("systemctl", "stop", "posternd.socket", "posternd.service")

    def __exit__(self, *_):
        run("systemctl", "start", "posternd.socket")
