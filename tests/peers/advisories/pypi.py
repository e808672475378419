"""Advisories about PyPI packages, judged apart from sealgate: by hand, and by the `evaluate`
of the OSV specification on the order of `packaging`.

usage: pypi.py cases CASES DIRECTORY               writes DIRECTORY/N/requirements.txt
       pypi.py judge-cases CASES DIRECTORY         against DIRECTORY/N/report.json
       pypi.py versions ALL.ZIP SBOM               writes an SBOM of versions to look up
       pypi.py judge-versions ALL.ZIP REPORT.json  against what the specification says

The last line counts. Exits 1 if anything differs.
"""

import json
import os
import random
import re
import sys
import zipfile

SEED = 20261129
# Versions of one package that are looked up.
VERSIONS = 12


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def cases(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                requirement, *expected = line.split()
                yield requirement, expected


def rounds(path):
    """The cases in as few files as hold no package twice."""
    files = []
    for requirement, expected in cases(path):
        name = normal(requirement.split("==")[0])
        for held in files:
            if name not in held:
                held[name] = (requirement, expected)
                break
        else:
            files.append({name: (requirement, expected)})
    return files


def write_cases(path, directory):
    for number, held in enumerate(rounds(path)):
        place = os.path.join(directory, str(number))
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, "requirements.txt"), "w", encoding="utf-8") as file:
            file.writelines(f"{requirement}\n" for requirement, _ in held.values())
        print(place)


def found(report):
    """By name and version: the ids of PyPI's database that are said for sure, those that are
    open, and the ids of each finding."""
    known = {}
    for finding in report["findings"]:
        advisory = finding["advisory"]
        if advisory is None or finding["rule"] == "advisories/withdrawn":
            continue
        name, _, version = finding["subject"]["label"].rpartition("@")
        ids = {advisory["id"], *advisory["aliases"]} - set(advisory["withdrawn"])
        ids = {one for one in ids if one.startswith("PYSEC-")}
        kind = known.setdefault((normal(name), version), (set(), set(), []))
        kind[advisory["indeterminate"]].update(ids)
        kind[2].append(ids)
    return known


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def judge_cases(path, directory):
    passed = failed = 0
    for number, held in enumerate(rounds(path)):
        known = found(load(os.path.join(directory, str(number), "report.json")))
        for name, (requirement, expected) in held.items():
            version = requirement.split("==")[1]
            sure, unsure, _ = known.get((name, version), (set(), set(), []))
            ours = sure | {"?" + one for one in unsure}
            wanted = {one for one in expected if one[0] in "P?"}
            banned = {one[1:] for one in expected if one[0] == "!"}
            right = wanted <= ours if "*" in expected else wanted == ours
            if right and not banned & (sure | unsure):
                passed += 1
            else:
                failed += 1
                print(f"  {requirement}: expected {expected}, found {sorted(ours)}")
    print(f"{passed} cases hold, {failed} do not")
    return int(failed > 0 or passed == 0)


def records(path):
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            yield json.loads(archive.read(name))


def by_package(path):
    packages = {}
    for record in records(path):
        for affected in record["affected"]:
            packages.setdefault(normal(affected["package"]["name"]), []).append(
                (record["id"], "withdrawn" in record, affected)
            )
    return packages


def bounds(affected):
    for span in affected.get("ranges", []):
        if span["type"] != "GIT":
            for event in span["events"]:
                yield from (text for text in event.values() if text != "0")


def looked_up(packages):
    """Bounds and listed versions of every package, and what lies just beside bounds."""
    import packaging.version as pep440

    choose = random.Random(SEED)
    for name, entries in sorted(packages.items()):
        texts = set()
        for _, _, affected in entries:
            for bound in bounds(affected):
                texts.update((bound, bound + ".post1", bound + "rc1", bound + "+local.1"))
            texts.update(affected.get("versions", []))
        # One text for each version: sealgate keeps one component for each.
        valid = {}
        for text in sorted(texts):
            try:
                valid.setdefault(pep440.Version(text), text)
            except pep440.InvalidVersion:
                pass
        some = sorted(valid.values())
        yield from ((name, text) for text in choose.sample(some, min(VERSIONS, len(some))))


def write_versions(path, sbom):
    components = [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version.replace('+', '%2B').replace('!', '%21')}",
        }
        for name, version in looked_up(by_package(path))
    ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    with open(sbom, "w", encoding="utf-8") as file:
        json.dump({**document, "components": components}, file)


def is_affected(version, affected):
    """The specification's `evaluate`; None where a bound has no place in the order."""
    import packaging.version as pep440

    listed = set()
    for text in affected.get("versions", []):
        try:
            listed.add(pep440.Version(text))
        except pep440.InvalidVersion:
            pass
    if version in listed:
        return True
    answer = False
    for span in affected.get("ranges", []):
        if span["type"] == "GIT":
            continue
        events = []
        for event in span["events"]:
            for kind, text in event.items():
                try:
                    bound = None if text == "0" else pep440.Version(text)
                except pep440.InvalidVersion:
                    return None
                events.append((bound is not None, bound, kind))
        least = pep440.Version("0.dev0")
        vulnerable = False
        for _, bound, kind in sorted(events, key=lambda e: (e[0], e[1] or least)):
            above = bound is None or version >= bound
            if kind == "introduced" and above:
                vulnerable = True
            elif kind == "fixed" and above:
                vulnerable = False
            elif kind == "last_affected" and version > bound:
                vulnerable = False
        answer = answer or vulnerable
    return answer


def judge_versions(path, report):
    import packaging.version as pep440

    packages = by_package(path)
    known = found(load(report))
    asked = different = matched = 0
    for name, text in looked_up(packages):
        version = pep440.Version(text)
        theirs, unsure = set(), set()
        for one, withdrawn, affected in packages[name]:
            answer = is_affected(version, affected)
            if not withdrawn and answer is None:
                unsure.add(one)
            elif not withdrawn and answer:
                theirs.add(one)
        sure, open_, findings = known.get((name, text), (set(), set(), []))
        asked += 1
        matched += len(theirs)
        # A record with a bound that cannot be compared is shown, as open or as sure. A finding
        # names every id of its alias group, though not every record of it is about the
        # version; one of them has to be.
        is_right = (
            theirs <= sure
            and unsure <= sure | open_
            and all(ids & (theirs | unsure) for ids in findings)
        )
        if not is_right:
            different += 1
            if different <= 20:
                print(f"  {name}=={text}: specification {sorted(theirs)}, sealgate {sorted(sure)}")
    print(f"{asked} versions of {len(packages)} packages, {matched} matches, {different} differ")
    return int(different > 0 or asked < 1000)


COMMANDS = {
    "cases": write_cases,
    "judge-cases": judge_cases,
    "versions": write_versions,
    "judge-versions": judge_versions,
}
sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
