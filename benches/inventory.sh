#!/usr/bin/env bash
# The store of SBOMs at size: 10,000 documents of about 200 packages each, asked who uses a
# package and rescanned against an advisory database.
#
#   benches/inventory.sh [--documents N] [--runs N] [--sealgate BINARY] [--db DIRECTORY]
#
# The documents are generated and always the same: 20,000 releases of 4,000 npm packages, each
# document with 200 of them. Prints medians of a warm store: a rare package, one that half of
# the documents have, one with a range of versions, and the rescan. Exits 1 where one of the
# questions takes a second or more, or where an answer is not the one that was generated. The
# peer is grep over the same documents, which is how it is done without a store.
#
# --db names an imported advisory database, else one is made from ../shared/advisories/osv where
# that is there; without either the rescan is left out, and it says so. Needs python3, about
# 1 GB of disk under target/ and, the first time, a few minutes.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
documents=10000
runs=11
sealgate=$here/target/release/sealgate
db=
while [ $# -gt 0 ]; do
    case $1 in
        --documents) documents=$2; shift 2 ;;
        --runs) runs=$2; shift 2 ;;
        --sealgate) sealgate=$2; shift 2 ;;
        --db) db=$(cd "$2" && pwd); shift 2 ;;
        -h|--help) sed -n '2,17p' "$0" | cut -c3-; exit 0 ;;
        *) echo "unknown option $1" >&2; exit 2 ;;
    esac
done
if [ ! -x "$sealgate" ]; then
    echo "no release build at $sealgate: run cargo build --release first" >&2
    exit 2
fi
work=$here/target/bench-inventory-$documents
mkdir -p "$work"
if [ -z "$db" ] && [ -d "$here/../shared/advisories/osv" ]; then
    db=$work/db
    if [ ! -e "$db/index.sgdb" ]; then
        "$sealgate" --db "$db" db import --from "$here/../shared/advisories/osv" > /dev/null
    fi
fi

exec python3 - "$work" "$documents" "$runs" "$sealgate" "$db" <<'PYTHON'
import json, os, random, statistics, subprocess, sys, time

work, documents, runs, sealgate, db = sys.argv[1:]
documents, runs = int(documents), int(runs)
PACKAGES, RELEASES, EACH = 4000, 5, 200
rng = random.Random(6)


def release():
    return f"package-{rng.randrange(PACKAGES)}", f"1.{rng.randrange(RELEASES)}.0"


def document(number):
    used = {release() for _ in range(EACH)}
    if number % 2:
        used.add(("half", f"2.{number % 7}.0"))
    if number == documents // 3:
        used.add(("rare", "1.0.0"))
    components = [
        {"type": "library", "bom-ref": f"pkg:npm/{n}@{v}", "name": n, "version": v,
         "purl": f"pkg:npm/{n}@{v}"}
        for n, v in sorted(used)
    ]
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"timestamp": "2026-11-01T00:00:00Z",
                     "component": {"type": "application", "bom-ref": "app", "name": f"app-{number}",
                                   "version": "1.0.0"}},
        "components": components,
        "dependencies": [{"ref": "app", "dependsOn": [c["bom-ref"] for c in components]}],
    }


files = [f"{work}/documents/{number}.cdx.json" for number in range(documents)]
if not os.path.exists(f"{work}/made"):
    os.makedirs(f"{work}/documents", exist_ok=True)
    for number, path in enumerate(files):
        with open(path, "w") as file:
            json.dump(document(number), file)
    open(f"{work}/made", "w").close()
store = f"{work}/store"
if not os.path.exists(f"{store}/inventory.sqlite"):
    begun = time.monotonic()
    # One call takes as many names as the system allows.
    for first in range(0, documents, 1000):
        done = subprocess.run([sealgate, "inventory", "add", store, *files[first:first + 1000]],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode not in (0, 3):
            sys.exit(f"add ended with {done.returncode}: {done.stderr[-500:]}")
    print(f"adding {documents} documents: {time.monotonic() - begun:.1f} s")
print(f"store: {os.path.getsize(f'{store}/inventory.sqlite') / 1e6:.0f} MB")


def timed(command, codes):
    walls, out = [], ""
    for _ in range(runs + 1):
        begun = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
        walls.append(time.monotonic() - begun)
        if done.returncode not in codes:
            sys.exit(f"{command} ended with {done.returncode}: {done.stderr[-500:]}")
        out = done.stdout
    # The first one warms the file system's cache.
    return statistics.median(walls[1:]), out


failed = []


def ask(what, purl, expected):
    wall, out = timed([sealgate, "inventory", "who-uses", purl, "--store", store, "--format", "json"], (0, 1, 3))
    found = len({use["document"]["digest"] for use in json.loads(out)["uses"]})
    print(f"who-uses {what:<28}{wall * 1000:9.1f} ms   {found} builds")
    if found != expected:
        failed.append(f"{what}: {found} builds, generated {expected}")
    if wall >= 1:
        failed.append(f"{what}: {wall:.2f} s, budget 1 s")


odd = documents // 2
ask("a rare package", "pkg:npm/rare", 1)
ask("half of all", "pkg:npm/half", odd)
ask("a range of versions", "pkg:npm/half@>=2.1.0,<2.3.0",
    sum(1 for n in range(1, documents, 2) if n % 7 in (1, 2)))
begun = time.monotonic()
subprocess.run(["grep", "-rlF", "pkg:npm/rare@", f"{work}/documents"], stdout=subprocess.DEVNULL, check=True)
print(f"grep for the rare one       {(time.monotonic() - begun) * 1000:17.1f} ms")
if db:
    wall, _ = timed([sealgate, "--db", db, "inventory", "rescan", "--store", store], (0, 1, 3))
    print(f"rescan of all releases      {wall * 1000:17.1f} ms")
    if wall >= 1:
        failed.append(f"rescan: {wall:.2f} s, budget 1 s")
else:
    print("rescan: left out, no advisory database is there")
for line in failed:
    print(f"over budget or wrong: {line}")
sys.exit(bool(failed))
PYTHON
