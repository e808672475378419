#!/usr/bin/env bash
# Verification: one keyless bundle beside sigstore-python, eight signatures over 1 GiB
# beside one pass of OpenSSL's SHA-256, and 100 small artifacts on one core and on all.
#
#   benches/verify.sh [--runs N] [--sealgate BINARY] [--size MIB]
#
# Prints medians, ratios and peak memory. Exits 1 where sealgate is over its budget: 5 ms,
# 15 MB and 0.02 of sigstore-python's time for one bundle; 1.10 of OpenSSL's time for the
# large artifact. The bundle is cosign's, from the test data of the crate `sigstore-verify`.
#
# sigstore-python comes from $SIGSTORE_PYTHON (a Python that has it), else from PyPI into
# a virtual environment under target/. Needs python3, openssl, taskset and GNU time.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
runs=21
sealgate=$here/target/release/sealgate
size=1024
while [ $# -gt 0 ]; do
    case $1 in
        --runs) runs=$2; shift 2 ;;
        --sealgate) sealgate=$2; shift 2 ;;
        --size) size=$2; shift 2 ;;
        -h|--help) sed -n '2,14p' "$0" | cut -c3-; exit 0 ;;
        *) echo "unknown option $1" >&2; exit 2 ;;
    esac
done
[ -x "$sealgate" ] || { echo "no $sealgate: cargo build --release --locked" >&2; exit 2; }
sealgate=$(cd "$(dirname "$sealgate")" && pwd)/$(basename "$sealgate")

python=${SIGSTORE_PYTHON:-$here/target/bench-verify/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$here/target/bench-verify"
    "$python" -m pip install --quiet sigstore
fi

data=$(cd "$here" && cargo metadata --locked --offline --format-version 1 \
    --filter-platform "$(rustc -vV | sed -n 's/^host: //p')" | python3 -c '
import json, os, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] == "sigstore-verify":
        print(os.path.join(os.path.dirname(package["manifest_path"]), "test_data/bundles"))')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
head -c "$((size * 1024 * 1024))" /dev/urandom > large
export SEALGATE_PASSPHRASE=benchmark
"$sealgate" key generate --output bench > /dev/null
"$sealgate" sign large --key bench.key > /dev/null
for _ in 1 2 3 4 5 6 7 8; do cat large.sigstore.json; done > large.jsonl
small=()
for n in $(seq 100); do head -c 65536 /dev/urandom > "small-$n"; small+=("small-$n"); done
"$sealgate" sign "${small[@]}" --key bench.key > /dev/null

RUNS=$runs SEALGATE=$sealgate PYTHON=$python DATA=$data python3 - "${small[@]}" <<'PY'
import os, statistics, subprocess, sys, time

runs, sealgate = int(os.environ["RUNS"]), os.environ["SEALGATE"]
python, data = os.environ["PYTHON"], os.environ["DATA"]

def wall(command, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)

def peak(command):
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *command], check=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(done.stderr.strip().splitlines()[-1]) / 1024

signer = ["w.vollprecht@gmail.com", "https://github.com/login/oauth"]
bundle, artifact = f"{data}/cosign-v3-blob.sigstore.json", f"{data}/cosign-v3-blob.txt"
ours = [sealgate, "verify", artifact, "--bundle", bundle, "--certificate-identity", signer[0],
        "--certificate-oidc-issuer", signer[1]]
theirs = [python, "-m", "sigstore", "verify", "identity", "--offline", "--bundle", bundle,
          "--cert-identity", signer[0], "--cert-oidc-issuer", signer[1], artifact]
over = []

def budget(name, value, limit):
    if value > limit:
        over.append(f"{name}: {value:.3f}, allowed {limit}")

a, b, memory = wall(ours, runs), wall(theirs, max(3, runs // 4)), peak(ours)
print(f"one keyless bundle: {a:.1f} ms, {memory:.1f} MB; sigstore-python {b:.0f} ms; ratio {a / b:.4f}")
budget("ms of one bundle", a, 5)
budget("MB of one bundle", memory, 15)
budget("ratio to sigstore-python", a / b, 0.02)

ours = [sealgate, "verify", "large", "--bundle", "large.jsonl", "--key", "bench.pub"]
a, b = wall(ours, 5), wall(["openssl", "dgst", "-sha256", "large"], 5)
print(f"eight signatures over one large file: {a:.0f} ms; openssl {b:.0f} ms; ratio {a / b:.3f}")
budget("ratio to openssl", a / b, 1.10)

ours = [sealgate, "verify", *sys.argv[1:], "--key", "bench.pub"]
one, every = wall(["taskset", "-c", "0", *ours], runs), wall(ours, runs)
print(f"100 artifacts: {one:.1f} ms on one core, {every:.1f} ms on all")

for line in over:
    print(f"over budget: {line}")
sys.exit(1 if over else 0)
PY
