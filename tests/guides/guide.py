"""The blocks of a guide that its reader pastes: fences of `sh`, in the order of the page.

An HTML comment on the line before a fence steers it, with a comma between several words:
  run: debian-12      on this release alone
  run: as alice       not by root
  run: no (REASON)    not by this program
"""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^( *)(`{3,})(\w*)\s*$")
COMMENT = re.compile(r"^ *<!-- run: (.+) -->$")
HEADING = re.compile(r"^(#+) (.+)$")


class Malformed(Exception):
    """A guide that this program does not understand."""


@dataclass(frozen=True)
class Block:
    file: str
    line: int
    # The anchors of the headings that it is under.
    anchors: tuple
    user: str
    releases: frozenset
    skipped: bool
    text: str

    @property
    def place(self):
        return f"{self.file}:{self.line}"


def read(path, shown):
    """All blocks of the file `path`, which is called `shown`."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    blocks, headings, fence = [], [], None
    for number, line in enumerate(lines, 1):
        found = FENCE.match(line)
        if fence:
            if found and not found[3] and len(found[2]) >= len(fence["marks"]):
                if fence["language"] == "sh":
                    blocks.append(block(shown, fence, headings))
                fence = None
            else:
                fence["lines"].append(line.removeprefix(fence["indent"]))
            continue
        if found:
            fence = {"indent": found[1], "marks": found[2], "language": found[3], "line": number, "lines": []}
            fence["comment"] = COMMENT.match(lines[number - 2]) if number > 1 else None
        elif heading := HEADING.match(line):
            level = len(heading[1])
            headings = [known for known in headings if known[0] < level] + [(level, anchor(heading[2]))]
    return blocks


def block(file, fence, headings):
    steering = {"user": "root", "releases": frozenset((12, 13)), "skipped": False}
    for word in words_of(fence["comment"]):
        if word in ("debian-12", "debian-13"):
            steering["releases"] = frozenset((int(word[-2:]),))
        elif word.startswith("as "):
            steering["user"] = word.removeprefix("as ")
        elif re.fullmatch(r"no \(.+\)", word):
            steering["skipped"] = True
        else:
            raise Malformed(f"{file}:{fence['line'] - 1}: no such way to run a block: {word}")
    return Block(
        file=file, line=fence["line"], anchors=tuple(name for _, name in headings),
        text="\n".join(fence["lines"]) + "\n", **steering,
    )


def words_of(comment):
    if comment is None:
        return []
    return [comment[1]] if comment[1].startswith("no ") else comment[1].split(", ")


def anchor(heading):
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
