"""What cargo-audit says about a Cargo.lock and what sealgate says, as sets of advisory,
class, package and version. Prints what only one of them says; exits 1 if anything.

usage: cargo_audit.py CARGO_AUDIT.json SEALGATE.json
"""

import json
import sys


def of_cargo_audit(report):
    """Vulnerabilities, and informational ones by their kind."""
    for found in report["vulnerabilities"]["list"]:
        yield found["advisory"]["id"], "vulnerability", found["package"]
    for kind, warnings in report["warnings"].items():
        for found in warnings:
            if found["advisory"] is not None:
                yield found["advisory"]["id"], kind, found["package"]


def of_sealgate(report):
    """One entry for each id of RustSec that a finding brings together. Of records that were
    withdrawn cargo-audit says nothing."""
    for finding in report["findings"]:
        advisory = finding["advisory"]
        if advisory is None or finding["rule"] == "advisories/withdrawn":
            continue
        name, _, version = finding["subject"]["label"].rpartition("@")
        ids = {advisory["id"], *advisory["aliases"]} - set(advisory["withdrawn"])
        for one in sorted(ids):
            if one.startswith("RUSTSEC-"):
                yield one, advisory["class"], {"name": name, "version": version}


def read(path, entries):
    with open(path, encoding="utf-8") as file:
        found = entries(json.load(file))
    return {(one, kind, package["name"], package["version"]) for one, kind, package in found}


def main():
    theirs = read(sys.argv[1], of_cargo_audit)
    ours = read(sys.argv[2], of_sealgate)
    for entry in sorted(theirs - ours):
        print("  only cargo-audit:", *entry)
    for entry in sorted(ours - theirs):
        print("  only sealgate:   ", *entry)
    print(f"{len(ours)} entries")
    return int(theirs != ours)


sys.exit(main())
