"""Plays systemd for one socket: listens, starts the daemon at the first connection, and again after a crash.

activate.py SOCKET USER PROGRAM [ARGUMENT]...    Ends with the daemon's own exit status, or on SIGTERM after stopping it. On SIGUSR1
it stops the daemon and starts it again, as an upgrade does.
"""

import os
import pwd
import select
import signal
import socket
import sys

FIRST_DESCRIPTOR = 3


def start(listener, user, command):
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    passed = os.dup(listener.fileno())
    os.dup2(passed, FIRST_DESCRIPTOR)
    os.closerange(FIRST_DESCRIPTOR + 1, 64)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.execv(command[0], command)


def main():
    path, user, command = sys.argv[1], pwd.getpwnam(sys.argv[2]), sys.argv[3:]
    running = {}

    def stop(*_):
        if not running:
            sys.exit(0)
        os.kill(running["child"], signal.SIGTERM)

    def restart(*_):
        running["again"] = True
        os.kill(running["child"], signal.SIGTERM)

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGUSR1, restart)
    listener.listen(64)
    while True:
        select.select([listener], [], [])
        running["child"] = start(listener, user, command)
        _, status = os.waitpid(running["child"], 0)
        again = running.pop("again", False)
        running.clear()
        if os.WIFEXITED(status) and not again:
            sys.exit(os.WEXITSTATUS(status))


main()
