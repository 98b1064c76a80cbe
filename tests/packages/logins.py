"""Logs alice in without a pause, by checkpassword and by PAM, until /run/logins.stop is there, and says how that went."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

STOP = Path("/run/logins.stop")


def by_checkpassword(password):
    reading, writing = os.pipe()
    os.write(writing, b"alice\0" + password.encode() + b"\0\0")
    os.close(writing)
    # The protocol passes the password on descriptor 3.
    command = ["bash", "-c", f"exec /usr/lib/postern/postern-checkpassword --service imap /bin/true 3<&{reading}"]
    try:
        return subprocess.run(command, pass_fds=[reading], capture_output=True)
    finally:
        os.close(reading)


def by_pam(password):
    command = ["pamtester", "imap", "alice", "authenticate", "acct_mgmt"]
    return subprocess.run(command, input=password.encode() + b"\n", capture_output=True)


def main():
    password = sys.argv[1]
    done = {"by_checkpassword": 0, "by_pam": 0, "failed": [], "slowest": 0.0}
    lock = threading.Lock()

    def go_on(way):
        while not STOP.exists():
            began = time.monotonic()
            ran = way(password)
            took = time.monotonic() - began
            with lock:
                done[way.__name__] += 1
                done["slowest"] = max(done["slowest"], took)
                if ran.returncode != 0:
                    done["failed"].append(f"{way.__name__}: {ran.returncode} {ran.stdout + ran.stderr!r}")

    threads = [threading.Thread(target=go_on, args=(way,)) for way in (by_checkpassword, by_pam) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(done))


main()
