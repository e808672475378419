#!/usr/bin/env bash
# The SBOMs that sealgate writes, before the validators that others use: every input kind
# of testdata/inventory, this repository and the demo project in every format and version,
# what `sbom convert` and `sbom merge` make of them, and of the published examples where
# those are beside the project.
#
#   tests/validators/run.sh [--sealgate BINARY] [--require]
#
#   CycloneDX   cyclonedx-python-lib, strict JSON validation
#   SPDX 2.3    spdx-tools, full document validation
#   SPDX 3.0.1  spdx-python-model: types, required and unknown properties, cardinality,
#               references; and that the model writes back what it has read
#   NTIA        ntia-conformance-checker beside `sealgate sbom check --profile ntia`,
#               element by element
#
# The validators come from PyPI into a virtual environment under target/, once. Where they
# cannot be installed nothing is checked: the last line counts it as skipped and the exit
# code is 0, or 1 with --require. Prints each failure; the last line is
# `N passed, N failed, N skipped`; exits 1 if anything failed. Needs python3.
set -euo pipefail

here=$(cd "$(dirname "$0")/../.." && pwd)
sealgate=$here/target/release/sealgate
required=
while [ $# -gt 0 ]; do
    case $1 in
        --sealgate) sealgate=$2; shift 2 ;;
        --require) required=yes; shift ;;
        -h|--help) sed -n '2,20p' "$0" | cut -c3-; exit 0 ;;
        *) echo "unknown argument $1" >&2; exit 2 ;;
    esac
done
if [ ! -x "$sealgate" ]; then
    echo "no build at $sealgate: run cargo build --release first, or name one with --sealgate" >&2
    exit 2
fi
sealgate=$(realpath "$sealgate")

packages=(
    'cyclonedx-python-lib[json-validation]==11.12.0'
    'ntia-conformance-checker==6.0.0'
    'spdx-python-model==0.0.6'
    'spdx-tools==0.8.5'
)

skip() {
    echo "skipped: $1"
    echo "0 passed, 0 failed, 1 skipped"
    if [ -n "$required" ]; then exit 1; fi
    exit 0
}

work=$here/target/validators
venv=$work/venv
mkdir -p "$work"
# The stamp is written last: an installation that broke off is made again.
stamp=$venv/sealgate-packages
if [ "$(cat "$stamp" 2>/dev/null)" != "${packages[*]}" ]; then
    command -v python3 >/dev/null || skip "python3 is not installed"
    rm -rf "$venv"
    python3 -m venv "$venv" >"$work/install.log" 2>&1 ||
        { tail -3 "$work/install.log"; skip "python3 cannot make a virtual environment"; }
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 \
        "${packages[@]}" >"$work/install.log" 2>&1 ||
        { tail -3 "$work/install.log"; skip "the validators cannot be installed from PyPI"; }
    echo "${packages[*]}" >"$stamp"
fi

rm -rf "$work/documents"
exec env -i PATH="$PATH" HOME="$work" LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
    "$venv/bin/python" "$here/tests/validators/main.py" "$sealgate" "$work/documents"
