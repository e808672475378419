#!/usr/bin/env bash
# Version order against the ecosystems' own tools: seeded pairs are given to each tool, and
# what it answers must hold for `sealgate version compare`, line for line.
#
# usage: tests/peers/versions.sh [--install]
#
# SEALGATE names the binary (target/release/sealgate, else target/debug/sealgate). With
# `--install`, or where CI is set, missing tools are fetched from the package registries:
# Debian's by apt-get (as root), the others into target/peers. A tool that is not to be had
# is skipped and named. The last line counts.
set -uo pipefail
cd "$(dirname "$0")/../.."
here=tests/peers/versions
work=target/peers/versions
pairs=4000
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

skip() { printf 'skipped  %-9s %s\n' "$1" "$2"; skipped=$((skipped + 1)); }

# fetched COMMAND...: runs an installation where that is asked for, without output.
fetched() { [ -n "$install" ] && "$@" >"$work/install.log" 2>&1; }

# debian PACKAGE...: installs Debian packages.
debian() { [ "$(id -u)" = 0 ] && fetched apt-get install -y --no-install-recommends "$@"; }

# judge SCHEME ECOSYSTEM TOOL: compares what the tool wrote to SCHEME.lines.
judge() {
  local lines="$work/$1.lines" count
  count=$(grep -c . "$lines")
  if [ "$count" -lt 1000 ]; then
    printf 'FAILED   %-9s %s gave only %s lines\n' "$1" "$3" "$count"
    failed=$((failed + 1))
  elif "$sealgate" version compare --ecosystem "$2" "$lines" >"$work/$1.differ" 2>"$work/$1.log"; then
    printf 'passed   %-9s %s lines of %s\n' "$1" "$count" "$3"
    passed=$((passed + 1))
  else
    printf 'FAILED   %-9s %s of %s lines of %s do not hold\n' "$1" "$(grep -c . "$work/$1.differ")" "$count" "$3"
    head -n 20 "$work/$1.differ"
    failed=$((failed + 1))
  fi
}

# refuses SCHEME ECOSYSTEM: what the tool refuses has no place here either.
refuses() {
  local refused="$work/$1.refused" count answered
  touch "$refused"
  count=$(grep -c . "$refused")
  "$sealgate" version compare --ecosystem "$2" "$refused" >"$work/$1.answers" 2>>"$work/$1.log"
  answered=$(grep -c "cannot be ordered" "$work/$1.answers")
  if [ "$count" -gt 0 ] && [ "$count" = "$answered" ]; then
    printf 'passed   %-9s %s texts are refused by both\n' "$1" "$count"
    passed=$((passed + 1))
  else
    printf 'FAILED   %-9s %s of %s refused texts have no place here\n' "$1" "$answered" "$count"
    failed=$((failed + 1))
  fi
}

ask() { # SCHEME COMMAND...: gives the pairs to a tool.
  local scheme=$1
  shift
  python3 "$here/pairs.py" "$scheme" "$pairs" >"$work/$scheme.pairs"
  REFUSED="$work/$scheme.refused" "$@" <"$work/$scheme.pairs" >"$work/$scheme.lines" 2>"$work/$scheme.err" ||
    { head -n 5 "$work/$scheme.err"; : >"$work/$scheme.lines"; }
}

# PyPI: packaging
venv="$work/venv"
[ -x "$venv/bin/python" ] || fetched python3 -m venv "$venv"
"$venv/bin/python" -c 'import packaging' 2>"$work/install.log" || fetched "$venv/bin/pip" install -q packaging
if version=$("$venv/bin/python" -c 'import packaging; print(packaging.__version__)' 2>"$work/install.log"); then
  ask pep440 "$venv/bin/python" "$here/pep440.py"
  judge pep440 PyPI "packaging $version"
else
  skip pep440 "packaging is not to be had"
fi

# npm: semver
[ -d "$work/node_modules/semver" ] || fetched npm install --silent --prefix "$work" --ignore-scripts semver
if version=$(cd "$work" && node -p 'require("semver/package.json").version' 2>"$work/install.log"); then
  ask semver env NODE_PATH="$work/node_modules" node "$here/semver.js"
  judge semver npm "npm's semver $version"
else
  skip semver "npm's semver is not to be had"
fi

# Go: golang.org/x/mod/semver, and Bitnami's library
mkdir -p "$work/go"
cp "$here/main.go" "$work/go/"
if [ ! -x "$work/go/peer" ] && command -v go >"$work/install.log"; then
  (
    cd "$work/go" || exit
    [ -f go.mod ] || go mod init peer
    fetched go mod tidy && go build -o peer .
  ) >"$work/install.log" 2>&1
fi
for scheme in golang bitnami; do
  if [ -x "$work/go/peer" ]; then
    ask "$scheme" "$work/go/peer" "$scheme"
    tool=$([ "$scheme" = golang ] && echo golang.org/x/mod || echo github.com/bitnami/go-version)
    judge "$scheme" "$scheme" "$tool $(cd "$work/go" && go list -m -f '{{.Version}}' "$tool")"
  else
    skip "$scheme" "Go or its modules are not to be had"
  fi
done

# Maven: ComparableVersion
maven=3.9.11
jar="$work/maven-artifact-$maven.jar"
[ -f "$jar" ] || fetched mvn -q -B dependency:copy -Dartifact="org.apache.maven:maven-artifact:$maven" -DoutputDirectory="$work"
if [ -f "$jar" ] && command -v java >"$work/install.log"; then
  ask maven java -cp "$jar" "$here/Maven.java"
  # Where Maven's own order has circles ours follows the specification (the top of
  # src/versions/maven.rs says how); lines with such a text are counted, not judged.
  python3 "$here/maven_circles.py" "$work/maven.lines" "$work/maven.circles"
  judge maven Maven "ComparableVersion $maven ($(grep -c . "$work/maven.circles") more have a text in a circle)"
else
  skip maven "ComparableVersion is not to be had"
fi

# RubyGems: Gem::Version
command -v ruby >"$work/install.log" || debian ruby
if command -v ruby >"$work/install.log"; then
  ask gem ruby "$here/gem.rb"
  judge gem RubyGems "RubyGems $(ruby -e 'puts Gem::VERSION')"
else
  skip gem "ruby is not to be had"
fi

# Packagist: composer/semver
autoload=/usr/share/php/Composer/Semver/autoload.php
[ -f "$autoload" ] || debian php-cli php-composer-semver
if [ -f "$autoload" ] && command -v php >"$work/install.log"; then
  ask composer php "$here/composer.php" "$autoload"
  judge composer Packagist "composer/semver $(dpkg-query -W -f '${Version}' php-composer-semver)"
else
  skip composer "composer/semver is not to be had"
fi

# Debian: dpkg
if command -v dpkg >"$work/install.log"; then
  ask debian /usr/bin/python3 "$here/debian.py"
  judge debian Debian "dpkg $(dpkg-query -W -f '${Version}' dpkg)"
  refuses debian Debian
else
  skip debian "dpkg is not to be had"
fi

# RPM: the library's own Python module
/usr/bin/python3 -c 'import rpm' 2>"$work/install.log" || debian python3-rpm
if version=$(/usr/bin/python3 -c 'import rpm; print(rpm.__version__)' 2>"$work/install.log"); then
  ask rpm /usr/bin/python3 "$here/evr.py"
  judge rpm "Red Hat" "rpm $version"
else
  skip rpm "rpm's Python module is not to be had"
fi

# CRAN: R
command -v Rscript >"$work/install.log" || debian r-base-core
if command -v Rscript >"$work/install.log"; then
  ask cran Rscript "$here/cran.R"
  judge cran CRAN "R $(Rscript -e 'cat(as.character(getRversion()))')"
  refuses cran CRAN
else
  skip cran "R is not to be had"
fi

# Hex: Elixir
command -v elixir >"$work/install.log" || debian elixir
if command -v elixir >"$work/install.log"; then
  ask hex elixir "$here/hex.exs"
  judge hex Hex "$(elixir --short-version 2>"$work/install.log" | sed 's/^/Elixir /')"
else
  skip hex "Elixir is not to be had"
fi

skip alpine "apk is no package of Debian; the published list and apk's own test data stand in"
skip nuget "NuGet.Versioning needs .NET, which no registry here has; the published list stands in"
skip pub "Dart is in no registry here; the published list stands in"
skip julia "Julia is in no registry here"
skip hackage "GHC takes 800 MB for an order of lists of numbers; CRAN's is the same one"

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
