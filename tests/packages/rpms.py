"""The packages for RHEL and its kin, by rpm itself, in a tree of Debian: there is no mirror of RHEL to make one of its own from.

What RHEL has and Debian lacks is not tried: its dependencies by name (--nodeps) and SELinux in force.
"""

import os
import re
import subprocess
from pathlib import Path

from tree import Failed

NAMES = ("postern", "libpam-postern", "postern-web", "postern-ldap-schema", "roundcube-plugin-postern")


class RpmRoot:
    """A host without a running systemd, whose changes are gone with the namespace."""

    def __init__(self, made, folder):
        self.root = folder / "root"
        for name in ("root", "upper", "work"):
            (folder / name).mkdir(parents=True)
        options = f"lowerdir={made}/root,upperdir={folder}/upper,workdir={folder}/work"
        subprocess.run(["mount", "-t", "overlay", "-o", options, "none", self.root], check=True)
        # systemd-tmpfiles opens files by it.
        subprocess.run(["mount", "-t", "proc", "none", self.root / "proc"], check=True)

    def rpm(self, *arguments):
        command = ["rpm", "--root", self.root, "--dbpath", "/var/lib/rpm", *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def done(self, *arguments):
        ran = self.rpm(*arguments)
        if ran.returncode != 0:
            raise Failed(f"rpm {arguments}: {ran.returncode}\n{ran.stdout}")
        return ran.stdout

    def path(self, name):
        return self.root / name.lstrip("/")


def test(made, new, ok):
    """Installs, upgrades, refuses and removes."""
    folder = Path("/run/rpm-test")
    host = RpmRoot(made, folder)
    rpms = {name: next(new.glob(f"{name}-[0-9]*.rpm")) for name in NAMES}
    for name, rpm in rpms.items():
        needed = subprocess.run(["rpm", "-qp", "--requires", rpm], check=True, stdout=subprocess.PIPE, text=True).stdout
        versions = [tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_([0-9.]+)\)", needed)]
        if max(versions, default=(0,)) > (2, 34):
            raise Failed(f"{name} needs a newer C library than RHEL 9 has: {max(versions)}")
    ok("the rpms need no newer C library than RHEL 9's 2.34")

    host.done("-i", "--nodeps", *rpms.values())
    host.done("-V", "--nodeps", *NAMES)
    users = host.path("/etc/passwd").read_text()
    if "\npostern:" not in users or "\npostern-web:" not in users:
        raise Failed(f"the users were not made:\n{users}")
    # As host.path does not follow the links of that root.
    for name in ("/usr/sbin/posternd", "/usr/lib64/security/pam_postern.so", "/usr/share/postern/examples/pam/sshd"):
        if not host.path(name).exists():
            raise Failed(f"{name} is missing")
    if host.path("/var/lib/postern").stat().st_mode & 0o777 != 0o700:
        raise Failed("/var/lib/postern was not made for its owner only")
    ok("the rpms are installed as they were built, and make their users and folders")

    edited = host.path("/etc/fail2ban/filter.d/postern.conf")
    edited.write_text(edited.read_text() + "# edited\n")
    stack = host.path("/etc/pam.d/imap")
    stack.write_text("auth required pam_postern.so\n")
    config = host.path("/etc/postern/postern.toml")
    config.write_text("# edited\n")
    host.done("-U", "--force", "--nodeps", *rpms.values())
    if not edited.read_text().endswith("# edited\n") or stack.read_text() != "auth required pam_postern.so\n":
        raise Failed("an upgrade changed an edited file")
    ran = host.rpm("-e", "--nodeps", "libpam-postern")
    if ran.returncode == 0 or "  /etc/pam.d/imap" not in ran.stdout:
        raise Failed(f"the removal of the module in use was not refused: {ran.returncode}\n{ran.stdout}")
    # With the daemon beside it, that has to stay as well: rpm removes what does not refuse by itself.
    ran = host.rpm("-e", "--nodeps", "postern", "libpam-postern")
    for name in ("/usr/lib64/security/pam_postern.so", "/usr/sbin/posternd"):
        if ran.returncode == 0 or not host.path(name).exists():
            raise Failed(f"{name}, which is in use, was removed: {ran.returncode}\n{ran.stdout}")
    os.remove(stack)
    host.done("-e", *NAMES)
    left = [str(path) for path in host.path("/usr").rglob("*postern*")]
    if left or config.read_text() != "# edited\n":
        raise Failed(f"left after the removal: {left}")
    ok("an upgrade leaves edited files, the module is not removed while it is in use, and the rest goes without its data")
