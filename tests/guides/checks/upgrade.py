"""Packages of a newer version in the place of those that a guide finds in /root/postern-packages, and what an upgrade makes of them.

`upgrade.py prepare` puts them there, and installs libpam-postern and postern-web of the present version beside postern.
`upgrade.py done` sees that all three are of the newer version.
"""

import sys
from pathlib import Path

from host import equal, run, say

FOLDER = Path("/root/postern-packages")
NEWER = Path("/root/newer-packages")
INSTALLED = ("postern", "libpam-postern", "postern-web")
SUFFIX = "+newer"


def prepare():
    before = version("postern")
    run("apt-get", "install", "-y", *(str(deb) for name in INSTALLED for deb in FOLDER.glob(f"{name}_*.deb")))
    NEWER.mkdir()
    unpacked = NEWER / "unpacked"
    for deb in sorted(FOLDER.glob("*.deb")):
        run("dpkg-deb", "-R", str(deb), str(unpacked))
        control = unpacked / "DEBIAN/control"
        control.write_text(control.read_text().replace(before, before + SUFFIX))
        run("dpkg-deb", "--root-owner-group", "-Znone", "-b", str(unpacked), str(NEWER))
        run("rm", "-r", str(unpacked))
    run("mount", "--bind", str(NEWER), str(FOLDER))
    say(f"{', '.join(INSTALLED)} are of version {before}, and newer packages are there")


def done():
    for name in INSTALLED:
        equal(version(name).endswith(SUFFIX), True, f"the version of {name}")
    say(f"{', '.join(INSTALLED)} are of version {version('postern')}")


def version(name):
    """Of a package that is installed, and not only known."""
    status, _, number = run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name).partition(" ")
    equal(status, "installed", f"the state of {name}")
    return number


{"prepare": prepare, "done": done}[sys.argv[1]]()
