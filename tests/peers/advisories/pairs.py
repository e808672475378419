"""Chooses pairs of package and version around the bounds of records.

usage: pairs.py ECOSYSTEM ALL.ZIP DIRECTORY

Writes to DIRECTORY: `records/`, `pairs` (name and version, tab between), and `batch-N/` with
a lockfile each, in which no package stands twice. The choice is seeded: the same records
give the same pairs.
"""

import json
import random
import re
import sys
import zipfile
from pathlib import Path

ecosystem, archive, directory = sys.argv[1], sys.argv[2], Path(sys.argv[3])
PAIRS, BATCHES = 6000, 12
numbers = random.Random(20261123)
records = directory / "records"
records.mkdir()
wanted = {}

with zipfile.ZipFile(archive) as opened:
    for name in sorted(opened.namelist()):
        text = opened.read(name)
        (records / Path(name).name).write_bytes(text)
        for affected in json.loads(text)["affected"]:
            package = affected.get("package", {})
            if package.get("ecosystem") != ecosystem:
                continue
            versions = set(affected.get("versions", []))
            for one in affected.get("ranges", []):
                if one["type"] != "GIT":
                    for event in one["events"]:
                        versions.update(event.values())
            wanted.setdefault(package["name"], set()).update(versions)


def around(version):
    """The version and some that are near it."""
    yield version
    parts = re.fullmatch(r"v?(\d+(?:\.\d+)*)(.*)", version)
    if not parts:
        return
    release = [int(part) for part in parts[1].split(".")]
    up, down = release.copy(), release.copy()
    up[-1] += 1
    yield ".".join(map(str, up))
    if down[-1] > 0:
        down[-1] -= 1
        yield ".".join(map(str, down))
    plain = ".".join(map(str, release))
    if ecosystem == "PyPI":
        yield from (f"{plain}rc1", f"{plain}.dev0", f"{plain}.post1", f"{plain}+local.1", f"{plain}.0")
    else:
        yield from (f"{plain}-rc.1", f"{plain}-0", f"{plain}+build")


def usable(name, version):
    if ecosystem == "PyPI":
        return re.fullmatch(r"[A-Za-z0-9._-]+", name) and re.fullmatch(r"[A-Za-z0-9.!+_-]+", version)
    if ecosystem == "Go":
        # What is no module has no line in go.mod.
        if name in ("stdlib", "toolchain"):
            return False
        return re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version)
    return re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", version)


pairs = sorted(
    {
        (name, near)
        for name, versions in wanted.items()
        for version in versions
        for near in around(version)
        if usable(name, near)
    }
)
if len(pairs) > PAIRS:
    pairs = sorted(numbers.sample(pairs, PAIRS))


def same(name):
    """What makes two names one package."""
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name


batches, chosen = [{} for _ in range(BATCHES)], []
for name, version in pairs:
    free = [batch for batch in batches if same(name) not in batch]
    if free:
        numbers.choice(free)[same(name)] = (name, version)
        chosen.append((name, version))

(directory / "pairs").write_text("".join(f"{name}\t{version}\n" for name, version in chosen))
for number, batch in enumerate(batches):
    place = directory / f"batch-{number}"
    place.mkdir()
    entries = sorted(batch.values())
    if ecosystem == "PyPI":
        lines = [f"{name}=={version}\n" for name, version in entries]
        (place / "requirements.txt").write_text("".join(lines))
    elif ecosystem == "npm":
        packages = {"": {"name": "peer", "version": "1.0.0"}}
        for name, version in entries:
            packages[f"node_modules/{name}"] = {"version": version}
        lock = {"name": "peer", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
        (place / "package-lock.json").write_text(json.dumps(lock))
    else:
        lines = [f"\t{name} v{version}\n" for name, version in entries]
        (place / "go.mod").write_text(f"module peer.example/m\n\ngo 1.22\n\nrequire (\n{''.join(lines)})\n")
