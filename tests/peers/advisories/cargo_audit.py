"""Compares `audit.json` of cargo-audit with `sealgate.json` in a directory.

Both must say the same ids about the same packages. sealgate tells one finding for a group
of ids; that of RustSec is its first. Withdrawn records and withdrawn versions, which
cargo-audit was told to leave out, are not compared.
"""

import json
import sys
from pathlib import Path

directory = Path(sys.argv[1])
audit = json.loads((directory / "audit.json").read_text())
report = json.loads((directory / "sealgate.json").read_text())

kinds = [audit["vulnerabilities"]["list"], *audit["warnings"].values()]
theirs = {
    (entry["advisory"]["id"], entry["package"]["name"], entry["package"]["version"])
    for kind in kinds
    for entry in kind
    if entry.get("advisory")
}
ours = set()
for finding in report["findings"]:
    advisory = finding["advisory"]
    if not advisory or advisory["class"] == "withdrawn":
        continue
    if advisory["indeterminate"]:
        sys.exit(f"{advisory['id']} is indeterminate")
    name, version = finding["subject"]["label"].rsplit("@", 1)
    ids = [advisory["id"], *advisory["aliases"]]
    # Two records of RustSec may be about one thing: then both are told by one finding.
    own = [one for one in ids if one.startswith("RUSTSEC-") and one not in advisory["withdrawn"]]
    ours.update((one, name, version) for one in own)

unread = [gap for gap in report["gaps"] if gap["id"].startswith("inventory/")]
if unread:
    sys.exit(f"not read: {unread}")
for one in sorted(theirs - ours):
    print("only cargo-audit:", *one)
for one in sorted(ours - theirs):
    print("only sealgate:", *one)
packages = audit["lockfile"]["dependency-count"]
print(f"{packages} packages, {len(theirs)} advisories about them")
sys.exit(theirs != ours)
