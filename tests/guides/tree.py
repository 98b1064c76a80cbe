"""A Debian that systemd has booted, in a network of its own, whose changes are gone afterwards."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

BOOT_SECONDS = 90
BLOCK_SECONDS = 300


class Failed(Exception):
    """What a person would call for help about: the place, and what was printed."""


class Tree:
    """Debian `release`. `binds` are folders of this host that it sees, without writing: its path to theirs."""

    def __init__(self, release, folder, binds, log):
        self.release, self.log = release, log
        self.made = Path(folder)
        self.binds = binds
        self.scratch = Path(f"/run/guides-test/{release}")
        self.boot, self.init = None, None

    def __enter__(self):
        self.scratch.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755,size=4G", "none", self.scratch], check=True)
        root, upper, work = (self.scratch / name for name in ("root", "upper", "work"))
        for path in (root, upper, work):
            path.mkdir()
        options = f"lowerdir={self.made}/root,upperdir={upper},workdir={work}"
        subprocess.run(["mount", "-t", "overlay", "-o", options, "none", root], check=True)
        binds = [f"--bind-ro={here}:{there}" for here, there in self.binds.items()]
        command = [
            "systemd-nspawn", "--quiet", "--boot", f"--directory={root}", "--private-network", "--register=no",
            "--keep-unit", "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=pipe",
            f"--bind-ro={self.made}/packages:/srv/packages", *binds,
        ]
        # Debian 13's systemd knows the unified hierarchy of cgroups alone.
        environment = os.environ | {"UNIFIED_CGROUP_HIERARCHY": "1", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        self.boot = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
        )
        try:
            self.await_boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # To the first process of the system: power off.
        if self.init is not None and self.boot.poll() is None:
            subprocess.run([*self.enter(), "systemctl", "--no-block", "poweroff"], stdout=self.log, stderr=self.log)
        try:
            self.boot.wait(30)
        except subprocess.TimeoutExpired:
            self.boot.kill()
            self.boot.wait()
        for path in (self.scratch / "root", self.scratch):
            subprocess.run(["umount", "--lazy", path], check=True)
        shutil.rmtree(self.scratch)

    def await_boot(self):
        end = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < end:
            if self.boot.poll() is not None:
                raise Failed(f"systemd-nspawn ended with {self.boot.returncode}")
            self.init = self.init or self.find_init()
            if self.init and self.state() in ("running", "degraded"):
                return
            time.sleep(0.3)
        raise Failed(f"Debian {self.release} did not boot within {BOOT_SECONDS} s: {self.init and self.state()}")

    def find_init(self):
        """The first process of the system: the child that nspawn keeps."""
        children = Path(f"/proc/{self.boot.pid}/task/{self.boot.pid}/children").read_text().split()
        for child in children:
            status = Path(f"/proc/{child}/status").read_text()
            # Two or three numbers: here, in nspawn's own namespace, and 1 inside.
            if re.search(r"^NSpid:.*\s1$", status, re.MULTILINE):
                return child
        return None

    def state(self):
        asked = subprocess.run([*self.enter(), "systemctl", "is-system-running"], capture_output=True, text=True)
        return asked.stdout.strip()

    def enter(self):
        return ["nsenter", "--target", self.init, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]

    def command(self, *command):
        """Runs a command of the system as a unit of its systemd."""
        return [
            *self.enter(), "systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--working-directory=/root",
            "--setenv=HOME=/root", "--setenv=USER=root", "--setenv=LANG=C.UTF-8", *command,
        ]

    def run(self, *command, seconds=BLOCK_SECONDS):
        """What it printed; raises if it fails."""
        try:
            ran = subprocess.run(
                self.command(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", timeout=seconds,
            )
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{' '.join(command)}: not done after {seconds} s\n{text_of(late.output)}") from late
        if ran.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit status {ran.returncode}\n{ran.stdout}")
        return ran.stdout

    def write(self, path, text):
        """A file of the system."""
        subprocess.run([*self.enter(), "tee", path], input=text, text=True, stdout=subprocess.DEVNULL, check=True)


class Shell:
    """The one shell into which a reader pastes block after block: its variables and its folder stay."""

    def __init__(self, tree):
        self.tree, self.count = tree, 0
        self.process = subprocess.Popen(
            tree.command("bash", "--norc", "-c", LOOP), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )

    def paste(self, block):
        """What `block` printed; raises at its first command that fails."""
        self.count += 1
        path = f"/run/guide-block-{self.count}"
        self.tree.write(path, block.text)
        command = path if block.user == "root" else f"/run/as-user-{self.count}"
        if block.user != "root":
            self.tree.run("chmod", "644", path)
            self.tree.write(command, f"runuser -l {block.user} -c 'bash -eo pipefail {path}'\n")
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        printed, watch = [], Watch(self.process, BLOCK_SECONDS)
        for line in self.process.stdout:
            if line.startswith(DONE):
                watch.over()
                return "".join(printed)
            printed.append(line)
        watch.over()
        why = f"not done after {BLOCK_SECONDS} s" if watch.fired else "failed"
        shown = "".join(f"    {line}\n" for line in block.text.splitlines())
        raise Failed(f"{block.place}: this block {why}:\n{shown}{''.join(printed)}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Watch:
    """Ends a process that takes longer than `seconds`."""

    def __init__(self, process, seconds):
        import threading
        self.fired = False
        self.timer = threading.Timer(seconds, self.fire, (process,))
        self.timer.start()

    def fire(self, process):
        self.fired = True
        process.kill()

    def over(self):
        self.timer.cancel()


def text_of(output):
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""


DONE = "@@ done"
# A command that fails ends the shell, and with it the guide, also one whose output goes into another.
LOOP = f"""
set -Eeo pipefail
trap 'echo "@@ line $LINENO, exit status $?: $BASH_COMMAND"' ERR
while read -r block; do
    . "$block" </dev/null
    echo; echo "{DONE}"
done
"""
