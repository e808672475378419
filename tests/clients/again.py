"""Same lock, same bytes: in another place, for another user, in another order."""

import random
import re
import shutil

import sbom

HERE = {"HOME": "/", "LC_ALL": "C", "TZ": "UTC"}
ELSEWHERE = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"}

# What clients put beside a lock; it is no part of the project.
INSTALLED = ("node_modules", ".venv", ".yarn")


def without_places(data, lockfile):
    """The document without what the order of the lock's entries decides: their lines, the
    digest of the file, and the identifiers that are derived from the content."""
    text = data.decode()
    text = re.sub(r'("line": )\d+', r"\1N", text)
    text = re.sub(re.escape(lockfile) + r":\d+", f"{lockfile}:N", text)
    text = re.sub(rf"({re.escape(lockfile)} \S+ sha256:)[0-9a-f]{{64}}", r"\1N", text)
    return re.sub(r"urn:uuid:[0-9a-f-]{36}", "urn:uuid:N", text)


def differences(sealgate, case, project, first, work):
    """Compares the documents `first` of `project` with those of copies of it."""
    found = []
    # The product may be called after its directory, so that keeps its name.
    copy = work / "another path" / "a" / project.name
    shutil.copytree(project, copy)
    home = work / "home"
    if case.home:
        shutil.copytree(case.home, home, ignore=shutil.ignore_patterns("*.jar"))
    else:
        home.mkdir()
    env = {**ELSEWHERE, "HOME": str(home)}
    second = sbom.generate(sealgate, copy, work / "copy", case, env)
    for name in sbom.FORMATS:
        if first[name] != second[name]:
            found.append(f"{name}: other bytes in another place")

    lock = copy / case.lockfile
    before = lock.read_text()
    after = case.shuffled(before, random.Random(7))
    if after is None:
        return found
    if after == before:
        return [*found, "shuffling left the lock as it was: nothing was shown"]
    lock.write_text(after)
    third = sbom.generate(sealgate, copy, work / "shuffled", case, env)
    for name in sbom.FORMATS:
        one, other = (without_places(x, case.lockfile) for x in (first[name], third[name]))
        if one != other:
            found.append(f"{name}: other bytes for a shuffled lock")
    return found
