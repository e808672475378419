"""Compares the findings in `batch-*/sealgate.json` with `expected` of an evaluation.

sealgate tells one finding for a group of ids, so: every expected id is in exactly one
finding about its package and version, and every finding has one of the expected ids. `?`
after an expected id means that the record may be about the version; the finding then says
so too.
"""

import json
import re
import sys
from pathlib import Path

directory = Path(sys.argv[1])
is_python = directory.name == "PyPI"


def key(name, version):
    if is_python:
        return re.sub(r"[-_.]+", "-", name).lower(), version.lower()
    # Versions of modules have a `v`.
    return name, version.removeprefix("v") if directory.name == "Go" else version


def lines(name):
    return [line.split("\t") for line in (directory / name).read_text().splitlines()]


pairs = {key(*pair) for pair in lines("pairs")}
expected = {}
for name, version, id_ in lines("expected"):
    expected.setdefault(key(name, version), set()).add(id_)

found, problems, looked_at = {}, [], 0
for path in sorted(directory.glob("batch-*/sealgate.json")):
    report = json.loads(path.read_text())
    looked_at += report["inventory"]["components"]
    for finding in report["findings"]:
        advisory = finding["advisory"]
        if not advisory or advisory["class"] == "withdrawn":
            continue
        name, version = finding["subject"]["label"].rsplit("@", 1)
        ids = {advisory["id"], *advisory["aliases"]} - set(advisory["withdrawn"])
        entry = (ids, advisory["indeterminate"])
        found.setdefault(key(name, version), []).append(entry)

for pair in sorted(pairs | found.keys()):
    wanted = expected.get(pair, set())
    findings = found.get(pair, [])
    if pair not in pairs:
        problems.append(f"{pair} was not asked about")
    for id_ in wanted:
        having = [entry for entry in findings if id_.rstrip("?") in entry[0]]
        if len(having) != 1:
            problems.append(f"{pair}: {id_} is in {len(having)} findings")
        elif not id_.endswith("?") and having[0][1]:
            problems.append(f"{pair}: {id_} is told as uncertain")
    for ids, _ in findings:
        if not any(id_.rstrip("?") in ids for id_ in wanted):
            problems.append(f"{pair}: nobody else says {sorted(ids)}")

number = sum(len(ids) for ids in expected.values())
# A lockfile that is not read finds nothing, and would agree with everything.
if looked_at < len(pairs) or number < 100:
    problems.append(f"{looked_at} components and {number} ids are too few for {len(pairs)} pairs")
print(*problems[:20], sep="\n")
print(f"{len(pairs)} pairs, {number} ids about them, {len(problems)} differences")
sys.exit(bool(problems))
