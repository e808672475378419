#!/usr/bin/env bash
# Writes link-order.txt: the functions that usual commands run, so that the linker puts them
# beside each other (build.rs). To be run after large changes; a name that is gone costs
# nothing, a function that is not named lies where it would lie anyway.
#
#   benches/link-order.sh [--sealgate BINARY]
#
# Builds a release with its symbols, runs the demo, checks, SBOMs, a search for secrets, an
# import of advisories, signing and verifying under valgrind, and sorts the functions by the commands that run
# them. Prints how many bytes each command runs. Needs valgrind, nm, git and python3.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
sealgate=
while [ $# -gt 0 ]; do
    case $1 in
        --sealgate) sealgate=$2; shift 2 ;;
        -h|--help) sed -n '2,12p' "$0" | cut -c3-; exit 0 ;;
        *) echo "unknown option $1" >&2; exit 2 ;;
    esac
done
for tool in valgrind nm git python3; do
    command -v "$tool" > /dev/null || { echo "$tool is not installed" >&2; exit 2; }
done
if [ -z "$sealgate" ]; then
    # For the last step alone: names hold a hash of the profile, in which `strip` counts.
    (cd "$here" && cargo rustc --locked --release --bin sealgate -- -C strip=none)
    sealgate=$here/target/release/sealgate
fi
if [ "$(nm "$sealgate" 2> /dev/null | wc -l)" = 0 ]; then
    echo "$sealgate has no symbols: build it by cargo rustc --release -- -C strip=none" >&2
    exit 2
fi

# A keyless bundle that a crate brings for its tests.
bundles=$(cd "$here" && cargo metadata --locked --offline --format-version 1 \
    --filter-platform "$(rustc -vV | sed -n 's/^host: //p')" | python3 -c '
import json, os, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] == "sigstore-verify":
        print(os.path.join(os.path.dirname(package["manifest_path"]), "test_data/bundles"))')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/home" "$work/product" "$work/profiles"
cp "$here/Cargo.lock" "$here/Cargo.toml" "$work/product"
cp -r "$here/testdata/inventory" "$work/locks"
cp -r "$here/testdata/advisories" "$work/advisories"
cp "$bundles"/cosign-v3-blob.* "$work"
echo artifact > "$work/artifact"
git -C "$work/product" init -q
git -C "$work/product" add .

# run NAME ARGUMENTS…: whatever the verdict is.
run() {
    local name=$1
    shift
    (cd "$work" && env -i PATH="$PATH" HOME="$work/home" LC_ALL=C \
        SEALGATE_PASSPHRASE=order valgrind --tool=callgrind \
        --demangle=no --trace-children=yes --trace-children-skip='*/sh,*/git' \
        --callgrind-out-file="profiles/$name.%p" "$sealgate" "$@" > /dev/null 2> "$work/log") || true
    if ! ls "$work/profiles/$name."* > /dev/null 2>&1; then
        cat "$work/log" >&2
        exit 2
    fi
}

run version --version
run import --db db db import --from advisories
run advisories --db db check product --only advisories
run advisories-json --db db check product --only advisories --format json
run sbom sbom generate product
run sbom-all sbom generate locks
run key key generate --output key
run sign sign artifact --key key.key
run verify verify artifact --key key.pub
run verify-keyless verify cosign-v3-blob.txt --bundle cosign-v3-blob.sigstore.json \
    --certificate-identity w.vollprecht@gmail.com \
    --certificate-oidc-issuer https://github.com/login/oauth
run check --db db check product --output sarif=out.sarif
run secrets secrets product
run demo demo

nm -S "$sealgate" > "$work/symbols"
python3 - "$work/profiles" "$work/symbols" "$here/link-order.txt" <<'PYTHON'
import collections, os, re, sys

profiles, symbols, target = sys.argv[1:]
sizes = {}
for line in open(symbols):
    parts = line.split()
    if len(parts) == 4 and parts[2] in "tTwW":
        sizes[parts[3]] = int(parts[1], 16)
ran = collections.defaultdict(set)
commands = []
for name in sorted(os.listdir(profiles)):
    command = name.rsplit(".", 1)[0]
    if command not in commands:
        commands.append(command)
    for line in open(os.path.join(profiles, name), errors="replace"):
        # `fn=(12) name`, and `cfn=` for what is called; `'2` marks a recursion.
        found = re.match(r"c?fn=\(\d+\) (\S+)", line)
        if found:
            function = found.group(1).split("'")[0]
            if function in sizes:
                ran[function].add(command)
for command in commands:
    size = sum(sizes[function] for function in ran if command in ran[function])
    print(f"{command:<16}{size / 1e6:6.2f} MB")
# All of the first command lies together, then what the second one runs besides, and so on.
first = ["version", "advisories-json", "advisories", "sbom", "check", "verify-keyless"]
commands = [*first, *(command for command in commands if command not in first)]
order = sorted(ran, key=lambda function: ([c not in ran[function] for c in commands], function))
with open(target, "w") as file:
    file.write("# Functions in the order in which they lie in the program, for lld on\n")
    file.write("# x86_64-unknown-linux-gnu. Written by benches/link-order.sh.\n")
    file.writelines(function + "\n" for function in order)
print(f"{len(order)} functions, {sum(sizes[function] for function in order) / 1e6:.2f} MB")
PYTHON
