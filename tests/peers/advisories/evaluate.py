"""Which PyPI records are about which versions, by `packaging` alone.

usage: evaluate.py RECORDS < pairs; writes name, version and id, tabs between; `?` after the
id where a bound of the record is no version.
"""

import json
import sys
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version


def read(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


def in_range(version, events):
    """True, False, or None where a bound cannot be read."""
    changes = []
    for event in events:
        for kind, text in event.items():
            if kind == "introduced" and text == "0":
                changes.append((None, kind))
                continue
            bound = read(text)
            if bound is None:
                return None
            changes.append((bound, kind))
    changes.sort(key=lambda change: (change[0] is not None, change[0] or version))
    affected = False
    for bound, kind in changes:
        if kind == "introduced" and (bound is None or version >= bound):
            affected = True
        elif kind == "fixed" and version >= bound:
            affected = False
        elif kind == "last_affected" and version > bound:
            affected = False
    return affected


about = {}
for path in sorted(Path(sys.argv[1]).glob("*.json")):
    record = json.loads(path.read_text())
    if "withdrawn" in record:
        continue
    for affected in record["affected"]:
        package = affected.get("package", {})
        if package.get("ecosystem") == "PyPI":
            about.setdefault(canonicalize_name(package["name"]), []).append((record["id"], affected))

for line in sys.stdin:
    name, text = line.rstrip("\n").split("\t")
    version = read(text)
    ids = {}
    for id_, affected in about.get(canonicalize_name(name), []):
        listed = {read(one) or one for one in affected.get("versions", [])}
        answers = [(version or text) in listed]
        for one in affected.get("ranges", []):
            if one["type"] != "GIT":
                answers.append(in_range(version, one["events"]) if version else None)
        if True in answers:
            ids[id_] = ""
        elif None in answers:
            ids.setdefault(id_, "?")
    for id_, mark in sorted(ids.items()):
        print(name, text, id_ + mark, sep="\t")
