#!/usr/bin/env bash
# The build that only verifies: is it small, and does it say what the whole one says?
#
#   tests/signing/small.sh [WHOLE-BINARY]
#
# Builds `--no-default-features --features verify` for release into target/verify-only, and
# holds it to 6 MB (6,000,000 bytes). A file is signed by the whole program (target/release/sealgate
# unless it is named) with a new key, and both judge it, another file, a bundle cut short and
# one of another signer. Exits 1 at the first difference.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
whole=${1:-$here/target/release/sealgate}
if [ ! -x "$whole" ]; then
    echo "no release build at $whole: run cargo build --release first" >&2
    exit 2
fi
cd "$here"
cargo build --locked --release --no-default-features --features verify --bin sealgate \
    --target-dir target/verify-only
small=$here/target/verify-only/release/sealgate
size=$(wc -c < "$small")
echo "the build that only verifies has $size bytes; the whole one has $(wc -c < "$whole")"
if [ "$size" -gt 6000000 ]; then
    echo "it may have 6000000 bytes" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
SEALGATE_PASSPHRASE=$(head -c 18 /dev/urandom | base64)
export SEALGATE_PASSPHRASE
for name in mine other; do
    "$whole" key generate --output "$name" > /dev/null
done
head -c 300000 /dev/urandom > app
head -c 300000 /dev/urandom > stranger
"$whole" sign app --key mine.key > /dev/null
head -c 200 app.sigstore.json > cut.json

cases=0
agree() {
    local expected=$1
    shift
    for build in whole small; do
        local code=0
        "${!build}" verify "$@" --format json > "$build.json" 2> /dev/null || code=$?
        if [ "$code" != "$expected" ]; then
            echo "the $build build, verify $*: exit $code, expected $expected" >&2
            exit 1
        fi
    done
    cmp whole.json small.json
    cases=$((cases + 1))
}
agree 0 app --key mine.pub
agree 1 app --key other.pub
agree 1 stranger --bundle app.sigstore.json --key mine.pub
agree 2 app --bundle cut.json --key mine.pub
agree 2 app --bundle nowhere.json --key mine.pub
code=0
"$small" sign app --key mine.key > /dev/null 2>&1 || code=$?
if [ "$code" != 2 ]; then
    echo "it must not know how to sign: exit $code" >&2
    exit 1
fi
echo "$cases cases, both builds agree"
