"""Follows the guides literally, block by block, on Debian 12 and 13 booted by systemd, and looks at what they leave.

    scripts/guides-test [--tree 12|13] [--packages FOLDER] [--list | --check] [RUN]...

RUNS of runs.py is the whole plan. Each run begins on a fresh system. The logs stay in target/guides-test. --check only compares the plan
with the guides: every block is in a run, or says why not.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import guide  # noqa: E402
from cgroup import own_cgroup  # noqa: E402
from runs import RUNS, Check, Guide  # noqa: E402
from tree import Failed, Shell, Tree  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DOCS = ROOT / "docs"
# Codes come every 30 s, and refused logins wait.
CHECK_SECONDS = 900


def main():
    options = parse()
    if options.check:
        sys.exit(compare())
    output = Path(options.output).resolve()
    output.mkdir(parents=True, exist_ok=True)
    wanted = [run for run in RUNS if options.matches(run)]
    # In the order in which they were named.
    wanted.sort(key=lambda run: options.runs.index(run.name) if options.runs else 0)
    if options.list:
        for run in wanted:
            print(run.title)
        return
    if not wanted:
        sys.exit("guides-test: no such run; --list shows them")
    if not list(Path(options.packages).glob("*.deb")):
        sys.exit(f"guides-test: no packages in {options.packages}: make packages-deb")
    folders = {release: tree_folder(release) for release in sorted({run.release for run in wanted})}
    failures = 0
    for run in wanted:
        print(f"== {run.title}", flush=True)
        began = time.monotonic()
        path = output / f"{run.title.replace(' ', '-')}.log"
        with path.open("w") as log:
            try:
                checks = follow(run, folders[run.release], options, log)
                verdict = f"{run.title}: passed, {checks} checks"
            except Failed as failed:
                failures += 1
                print(failed, file=log)
                print(f"{last_lines(str(failed))}\n  log: {path}", flush=True)
                verdict = f"{run.title}: FAILED"
        summary(output, f"{verdict} ({time.monotonic() - began:.0f} s)")
    print(f"guides: {len(wanted) - failures} passed, {failures} failed")
    sys.exit(1 if failures else 0)


def parse():
    parser = argparse.ArgumentParser(prog="scripts/guides-test")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--tree", type=int, choices=[12, 13])
    parser.add_argument("--packages", default=target / "packages")
    parser.add_argument("--output", default=target / "guides-test")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--check", action="store_true")
    # Leaves the system running after a failure, with a shell on it.
    parser.add_argument("--shell", action="store_true")
    parser.add_argument("runs", nargs="*")
    options = parser.parse_args()
    options.matches = lambda run: (
        options.tree in (None, run.release) and (not options.runs or run.name in options.runs)
    )
    return options


def tree_folder(release):
    made = subprocess.run([ROOT / "scripts/debian-tree", str(release)], stdout=subprocess.PIPE, text=True, check=True)
    return made.stdout.strip()


def follow(run, folder, options, log):
    """How many checks held."""
    binds = {Path(options.packages).resolve(): "/root/postern-packages", HERE / "checks": "/srv/checks"}
    checks = 0
    with own_cgroup(), Tree(run.release, folder, binds, log) as tree:
        shell = Shell(tree)
        try:
            for step in run.steps:
                if isinstance(step, Guide):
                    paste(shell, step, run.release, log)
                else:
                    checks += look(tree, step, log)
        except Failed:
            print(diagnosis(tree), file=log)
            if options.shell:
                subprocess.run([*tree.enter(), "bash"])
            raise
        finally:
            shell.close()
    return checks


def paste(shell, step, release, log):
    for block in blocks_of(step, release):
        print(f"== {block.place} {' / '.join(block.anchors)}\n{block.text}--", file=log, flush=True)
        print(shell.paste(block), file=log, flush=True)


def blocks_of(step, release):
    """What a run pastes of a guide."""
    blocks = guide.read(ROOT / step.page, step.page)
    return [block for block in blocks if step.takes(block) and not block.skipped and release in block.releases]


def look(tree, check, log):
    print(f"== check: {' '.join(check.command)}", file=log, flush=True)
    tree.run("apt-get", "install", "-y", "-q", "python3-pexpect")
    printed = tree.run("python3", "-B", f"/srv/checks/{check.command[0]}.py", *check.command[1:], seconds=CHECK_SECONDS)
    print(printed, file=log, flush=True)
    count = printed.count("ok: ")
    if count == 0:
        raise Failed(f"check {' '.join(check.command)} saw nothing:\n{printed}")
    for line in printed.splitlines():
        print(f"  {line}", flush=True)
    return count


def diagnosis(tree):
    """What an admin would look at next."""
    try:
        return tree.run("bash", "-c", "systemctl --failed --no-pager; journalctl --no-pager -n 150 -o short-precise")
    except Failed as failed:
        return str(failed)


def compare():
    """An exit status: whether each step of a run has a block, each heading that it names is there, and each block is in a run."""
    problems, pasted = [], set()
    steps = [(run, step) for run in RUNS for step in run.steps if isinstance(step, Guide)]
    for run, step in steps:
        headings = {anchor for block in guide.read(ROOT / step.page, step.page) for anchor in block.anchors}
        problems += [f"{run.title}: {step.page} has no block under #{name}" for name in (*step.only, *step.without) if name not in headings]
        blocks = blocks_of(step, run.release)
        if not blocks:
            problems.append(f"{run.title}: no block of {step.page} is for it")
        pasted.update(block.place for block in blocks)
    for page in sorted({step.page for _, step in steps} | {f"docs/{path.name}" for path in DOCS.glob("*.md")}):
        left = [block for block in guide.read(ROOT / page, page) if not block.skipped and block.place not in pasted]
        problems += [f"{block.place}: no run pastes this block" for block in left]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def summary(output, line):
    print(line, flush=True)
    with (output / "summary.log").open("a") as log:
        print(time.strftime("%Y-%m-%d %H:%M:%S"), line, file=log)


def last_lines(text):
    return "\n".join(f"  {line}" for line in text.splitlines()[-40:])


main()
