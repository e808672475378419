"""Runs sealgate and a peer on the same locks, prints who refuses what, and the wall times.

Run by tests/peers/registry.sh. Exit 1 where a peer refuses what sealgate passes and the list of
differences does not have it, where sealgate refuses a clean lock or passes a changed one that is
not listed, where a listed difference is none (any more) or is not explained, and where the
release binary is slower than its budget.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import locks

NAMES = ["left", "right"]
PACKAGES = 1500
RUNS = 5
BUDGET = {"lockfile-lint": 10, "cargo-deny": 5}
DENY = '[sources]\nunknown-registry = "deny"\nunknown-git = "deny"\n'


def run(command: list, environment: dict, directory: Path) -> tuple[int, str]:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=directory, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )
    return done.returncode, done.stdout + done.stderr


class Judges:
    def __init__(self, arguments):
        self.work = arguments.work
        self.sealgate = arguments.sealgate
        self.lint = arguments.lint
        self.deny = arguments.deny
        # No configuration of this machine, nobody's tokens.
        keep = ("PATH", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "LANG")
        self.environment = {key: os.environ[key] for key in keep if key in os.environ}
        rustup = Path(os.environ.get("HOME", "/")) / ".rustup"
        self.environment.setdefault("RUSTUP_HOME", str(rustup))
        self.environment["HOME"] = str(self.work / "home")
        (self.work / "home").mkdir(exist_ok=True)
        locks.write(self.work, "policy.toml", locks.POLICY)
        locks.write(self.work, "deny.toml", DENY)

    def ours(self, binary: Path, project: Path) -> list:
        return [binary, "registry", project, "--policy", self.work / "policy.toml"]

    def lint_command(self, project: Path, kind: str) -> list:
        name, type_ = ("package-lock.json", "npm") if kind == "package-lock" else ("yarn.lock", "yarn")
        return ["node", self.lint, "--path", project / name, "--type", type_, "--validate-https",
                "--validate-integrity", "--validate-package-names", "--allowed-hosts", locks.HOST]

    def deny_command(self, project: Path) -> list:
        return [self.deny, "--manifest-path", project / "Cargo.toml", "--offline", "--locked",
                "--config", self.work / "deny.toml", "check", "sources"]

    def judge_ours(self, project: Path) -> str:
        code, said = run(self.ours(self.sealgate, project), self.environment, project)
        if code not in (0, 1, 3):
            sys.exit(f"sealgate ended with {code} on {project}:\n{said}")
        return {0: "passes", 1: "refuses", 3: "refuses (3)"}[code]

    def judge_lint(self, project: Path, kind: str) -> str:
        code, said = run(self.lint_command(project, kind), self.environment, project)
        if code not in (0, 1) or "ABORTING" in said:
            return "cannot read it"
        return "refuses" if code else "passes"

    def judge_deny(self, project: Path, home: Path) -> str:
        environment = self.environment | {"CARGO_HOME": str(home)}
        code, said = run(self.deny_command(project), environment, project)
        if "sources FAILED" in said:
            return "refuses"
        if "sources ok" in said and code == 0:
            return "passes"
        (self.work / "cargo-deny.log").write_text(said)
        return "cannot read it"


def make(work: Path, kind: str, case: str, names: list[str]) -> tuple[Path, Path]:
    directory = work / "cases" / f"{kind} {case}".replace(" ", "-")
    shutil.rmtree(directory, ignore_errors=True)
    project, home = directory / "app", directory / "cargo-home"
    if kind == "Cargo.lock":
        locks.cargo_project(project, home, case, names)
    elif kind == "package-lock":
        locks.package_lock(project, case, names)
    else:
        locks.yarn_lock(project, case, names)
    return project, home


def table(judges: Judges, listed: dict) -> list[str]:
    wrong = []
    print(f"{'lock':13} {'case':17} {'sealgate':12} {'peer':15} by")
    for kind, cases in (
        ("package-lock", locks.NPM_CASES), ("yarn.lock", locks.NPM_CASES), ("Cargo.lock", locks.CARGO_CASES),
    ):
        peer = "cargo-deny" if kind == "Cargo.lock" else "lockfile-lint"
        is_here = judges.deny if kind == "Cargo.lock" else judges.lint
        for case in cases:
            project, home = make(judges.work, kind, case, NAMES)
            ours = judges.judge_ours(project)
            if not is_here:
                theirs = "skipped"
            elif kind == "Cargo.lock":
                theirs = judges.judge_deny(project, home)
            else:
                theirs = judges.judge_lint(project, kind)
            print(f"{kind:13} {case:17} {ours:12} {theirs:15} {peer}")
            wrong += verdict(kind, case, ours, theirs, listed)
    return wrong


def verdict(kind: str, case: str, ours: str, theirs: str, listed: dict) -> list[str]:
    key = f"{kind}: {case}"
    is_listed = listed.pop(key, None)
    if case == "clean":
        # A peer that cannot judge a clean lock judges nothing.
        wrong = [f"{key}: sealgate {ours} it"] if ours != "passes" else []
        return wrong + ([f"{key}: the peer {theirs}"] if theirs not in ("passes", "skipped") else [])
    if ours != "passes":
        return [f"{key}: listed as passed by sealgate, and it {ours}"] if is_listed else []
    if is_listed:
        return []
    if theirs == "refuses":
        return [f"{key}: the peer refuses what sealgate passes"]
    return [f"{key}: a changed lock passes"]


def median(command: list, environment: dict, directory: Path) -> float:
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        code, said = run(command, environment, directory)
        times.append(time.perf_counter() - start)
        # An error is quick, and is no judgement.
        if code:
            sys.exit(f"{command[0]} ended with {code} on a clean lock:\n{said}")
    # The first one fills the caches of the disk.
    return statistics.median(times[1:])


def times(judges: Judges, release: Path | None) -> list[str]:
    wrong = []
    names = ["left", *(f"package-{number:04}" for number in range(PACKAGES - 1))]
    if release and run([release, "registry", "request", "--help"], judges.environment, judges.work)[0]:
        print(f"skipped  {release.name} in target/release is older than this comparison")
        release = None
    binary = release or judges.sealgate
    for kind, peer, here in (
        ("package-lock", "lockfile-lint", judges.lint),
        ("yarn.lock", "lockfile-lint", judges.lint),
        ("Cargo.lock", "cargo-deny", judges.deny),
    ):
        if not here:
            continue
        project, home = make(judges.work, kind, "clean", names)
        ours = median(judges.ours(binary, project), judges.environment, project)
        environment = judges.environment | {"CARGO_HOME": str(home)}
        command = judges.deny_command(project) if peer == "cargo-deny" else judges.lint_command(project, kind)
        theirs = median(command, environment, project)
        limit = BUDGET[peer]
        ratio = theirs / ours
        print(f"{kind:13} {PACKAGES} packages: sealgate {ours * 1000:.0f} ms, {peer} "
              f"{theirs * 1000:.0f} ms, {ratio:.1f} times as long (budget {limit})")
        if release and ratio < limit:
            wrong.append(f"{kind}: sealgate takes more than 1/{limit} of the time of {peer}")
    if not release:
        print("no release binary: the budget was not judged")
    return wrong


def differences(path: Path, explained: Path) -> tuple[dict, list[str]]:
    text = explained.read_text()
    listed, wrong = {}, []
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        listed[line.strip()] = True
        if f"`{line.strip()}`" not in text:
            wrong.append(f"{line.strip()}: listed, and {explained} does not explain it")
    return listed, wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--work", "--sealgate", "--differences", "--explained"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--lint", "--deny", "--release"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--time", action="store_true")
    arguments = parser.parse_args()
    judges = Judges(arguments)
    listed, wrong = differences(arguments.differences, arguments.explained)
    wrong += table(judges, listed)
    wrong += [f"{key}: listed, and there is no such case" for key in listed]
    if arguments.time:
        wrong += times(judges, arguments.release)
    for line in wrong:
        print(f"FAILED   {line}")
    print(f"{len(wrong)} failed")
    sys.exit(1 if wrong else 0)


main()
