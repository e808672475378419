#!/usr/bin/env bash
# Real registries on loopback, packages published and locked by the real clients, and what
# `sealgate registry --online` says of them: that they are approved, and then, after one
# change at a time, what is wrong.
#
#   tests/registries/run.sh [SEALGATE [TOOLS]]
#
# TOOLS is a directory for the servers and clients (kept between runs): virtual environments with
# pypiserver, devpi, build, twine, uv and boto3, with poetry, with pipenv; npm projects with
# verdaccio and a Node that it accepts, with pnpm, Yarn 1 and Bun, with Yarn 4, with NuGet; nginx;
# Maven's plugins; Bundler. What is not there is fetched through pip (wheels only), npm, mvn and
# apt-get; a client that is not to be had is skipped with the reason. cargo, python3, npm and curl
# are needed; go, mvn, ruby, composer and mono are used where they are installed, or installed where
# CI is set. PARTS names the parts to run. Nothing waits longer than two minutes; with everything
# installed the whole takes some minutes.
set -euo pipefail

# The outer run counts what the inner one tells.
if [[ -z ${SEALGATE_COUNTED:-} ]]; then
    told=$(mktemp)
    SEALGATE_COUNTED=1 "$0" "$@" 2>&1 | tee "$told" && code=0 || code=${PIPESTATUS[0]}
    count() { grep -c "^$1: " "$told" || true; }
    echo "$(count ok) passed, $(count FAILED) failed, $(count skipped) skipped, $SECONDS s"
    rm -f "$told"
    exit "$code"
fi

here=$(cd "$(dirname "$0")" && pwd)
sealgate=$(realpath "${1:-$here/../../target/debug/sealgate}")
tools=$(realpath -m "${2:-${TMPDIR:-/tmp}/sealgate-registries}")
work=$(mktemp -d)
servers=()
failed=0

finish() {
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

# A home of its own: no configuration and no credential of the user takes part.
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
export HOME=$work/home CARGO_HOME=$work/home/.cargo UV_CACHE_DIR=$work/uv npm_config_cache=$work/npm-cache
mkdir -p "$HOME"

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for() { # URL
    for _ in $(seq 300); do
        curl -s -o /dev/null "$1" && return
        sleep 0.2
    done
    echo "no server at $1" >&2
    exit 1
}

policy() { # ECOSYSTEM ADDRESS…
    local list="" ecosystem=$1
    shift
    for address in "$@"; do list+="\"$address\","; done
    printf 'schema = 1\nname = "t"\nversion = 1\nextends = "baseline"\n[registry.approved]\n%s = [%s]\n' \
        "$ecosystem" "$list" >"$work/policy.toml"
}

# The exit code and the one answer in the JSON report that are expected of a tree.
expect() { # WHAT CODE ANSWER TREE
    local what=$1 code=$2 answer=$3 tree=$4 got=0
    "$sealgate" registry "$tree" --policy "$work/policy.toml" --online --budget "${budget:-120}" \
        "${sealgate_more[@]}" --format json >"$work/report.json" 2>"$work/stderr" || got=$?
    local answers
    answers=$(python3 -c '
import json, sys
components = json.load(open(sys.argv[1]))["registry"]["components"]
print(" ".join(sorted({"+".join(c["answers"]) for c in components})))' "$work/report.json" || true)
    if [[ $got == "$code" && $answers == "$answer" ]]; then
        echo "ok: $what: exit $got, $answers"
    else
        echo "FAILED: $what: exit $got (wanted $code), $answers (wanted $answer)"
        cat "$work/stderr"
        python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
for item in report["findings"] + report["gaps"]: print("  ", item["message"])' "$work/report.json" || true
        failed=1
    fi
}

copy() { # TREE: a copy to change
    rm -rf "$work/changed"
    cp -a "$1" "$work/changed"
}

python=$tools/py/bin

# python_tools PROGRAM PACKAGE…: the virtual environment has the program.
python_tools() {
    [[ -x $python/$1 ]] && return
    [[ -x $python/python ]] || python3 -m venv "$tools/py"
    "$python/pip" -q install --only-binary :all: "${@:2}"
}

# A wheel of `acme-left` 1.2.3, built once.
wheel() {
    local project=$work/acme-left
    [[ -d $project/dist ]] && return
    python_tools twine build setuptools wheel twine
    python_tools uv uv
    mkdir -p "$project/acme_left"
    printf '[build-system]\nrequires = ["setuptools", "wheel"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "acme-left"\nversion = "1.2.3"\n[tool.setuptools]\npackages = ["acme_left"]\n' >"$project/pyproject.toml"
    echo >"$project/acme_left/__init__.py"
    "$python/python" -m build -q --no-isolation --wheel "$project" >"$work/build.log" 2>&1 || {
        cat "$work/build.log"
        return 1
    }
}

# locked_by_uv NAME INDEX TREE: approved as locked, refused when changed, by uv as well.
locked_by_uv() {
    local name=$1 index=$2 app=$3
    mkdir -p "$app"
    printf '[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.9"\ndependencies = ["acme-left"]\n[[tool.uv.index]]\nurl = "%s"\ndefault = true\n' "$index" >"$app/pyproject.toml"
    (cd "$app" && "$python/uv" -q lock)
    expect "$name: as uv locked it" 0 approved "$app"
    copy "$app"
    sed -i -E 's/(hash = "sha256:)[0-9a-f]{8}/\100000000/' "$work/changed/uv.lock"
    expect "$name: another hash in the lock" 1 checksum-mismatch "$work/changed"
    if (cd "$work/changed" && "$python/uv" -q sync --locked --no-install-project 2>/dev/null); then
        echo "FAILED: uv takes the changed lock" && failed=1
    else
        echo "ok: uv refuses that lock as well"
    fi
}

python_index() {
    local port files=$work/pypi-files app=$work/pypi-app
    wheel
    python_tools pypi-server 'pypiserver==2.4.2'
    port=$(free_port)
    mkdir -p "$files"
    "$python/pypi-server" run -i 127.0.0.1 -p "$port" --hash-algo sha256 -P . -a . --disable-fallback "$files" >"$work/pypi.log" 2>&1 &
    servers+=($!)
    wait_for "http://127.0.0.1:$port/simple/"
    "$python/twine" upload --disable-progress-bar -u x -p x --repository-url "http://127.0.0.1:$port/" "$work"/acme-left/dist/*.whl >/dev/null
    policy pypi "http://127.0.0.1:$port/simple/" "http://127.0.0.1:$port/packages/"
    locked_by_uv pypiserver "http://127.0.0.1:$port/simple/" "$app"
    python_clients "http://127.0.0.1:$port/simple/" "http://127.0.0.1:$port/packages/"
    policy pypi "http://127.0.0.1:$port/simple/" "http://127.0.0.1:$port/packages/"
    rm "$files"/*.whl
    expect "pypiserver: removed" 1 absent "$app"
}

devpi_index() {
    local port app=$work/devpi-app
    wheel
    python_tools devpi-server devpi-server devpi-client
    port=$(free_port)
    "$python/devpi-init" --serverdir "$work/devpi" >"$work/devpi.log" 2>&1
    "$python/devpi-server" --serverdir "$work/devpi" --host 127.0.0.1 --port "$port" --offline-mode >>"$work/devpi.log" 2>&1 &
    servers+=($!)
    wait_for "http://127.0.0.1:$port/"
    devpi() { "$python/devpi" "$1" --clientdir "$work/devpi-client" "${@:2}" >>"$work/devpi.log" 2>&1; }
    devpi use "http://127.0.0.1:$port"
    devpi login root --password=
    devpi index -c approved bases= volatile=True
    devpi use root/approved
    devpi upload "$work"/acme-left/dist/*.whl
    # The index, and its files beside it.
    policy pypi "http://127.0.0.1:$port/root/approved/+simple/" "http://127.0.0.1:$port/root/approved/"
    locked_by_uv devpi "http://127.0.0.1:$port/root/approved/+simple/" "$app"
    devpi remove -y acme-left==1.2.3
    expect "devpi: removed" 1 absent "$app"
}

npm_registry() {
    local port root=$work/verdaccio package=$work/left app=$work/npm-app
    # Debian's Node may be too old for it; this package is the program alone.
    local machine
    machine=node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
    local node=$tools/npm/node_modules/$machine/bin verdaccio=$tools/npm/node_modules/verdaccio/bin/verdaccio
    [[ -f $verdaccio && -x $node/node ]] || {
        mkdir -p "$tools/npm"
        printf '{"private":true,"dependencies":{"verdaccio":"6.10.4","%s":"22"},"overrides":{"node-fetch":"2.7.0"}}' "$machine" >"$tools/npm/package.json"
        (cd "$tools/npm" && npm install --silent --no-audit --no-fund)
    }
    port=$(free_port)
    mkdir -p "$root" "$package" "$app"
    printf 'storage: ./storage\nuplinks: {}\npackages:\n  "**":\n    access: $all\n    publish: $all\n    unpublish: $all\nlog: { type: file, path: %s/verdaccio.log, level: error }\n' "$root" >"$root/config.yaml"
    PATH=$node:$PATH node "$verdaccio" -c "$root/config.yaml" -l "127.0.0.1:$port" >"$work/verdaccio.log" 2>&1 &
    servers+=($!)
    local registry=http://127.0.0.1:$port/
    wait_for "$registry"
    printf '//127.0.0.1:%s/:_authToken=x\nregistry=%s\n' "$port" "$registry" >"$HOME/.npmrc"
    echo '{"name":"@acme/left","version":"1.2.3","license":"MIT"}' >"$package/package.json"
    (cd "$package" && npm publish --silent --provenance=false >/dev/null)
    echo '{"name":"app","version":"1.0.0","dependencies":{"@acme/left":"1.2.3"}}' >"$app/package.json"
    (cd "$app" && npm install --silent --package-lock-only --no-audit >/dev/null)
    policy npm "$registry"
    expect "verdaccio: as npm locked it" 0 approved "$app"

    copy "$app"
    sed -i -E 's/("integrity": "sha512-).{8}/\1AAAAAAAA/' "$work/changed/package-lock.json"
    expect "verdaccio: another integrity in the lock" 1 checksum-mismatch "$work/changed"
    if (cd "$work/changed" && npm ci --silent --no-audit --cache "$work/npm-fresh" >/dev/null 2>&1); then
        echo "FAILED: npm takes the changed lock" && failed=1
    else
        echo "ok: npm refuses that lock as well"
    fi
    mkdir -p "$work/right"
    echo '{"name":"right","version":"2.0.0","license":"MIT"}' >"$work/right/package.json"
    (cd "$work/right" && npm publish --silent --provenance=false >/dev/null)
    npm_clients "$registry"
    policy npm "$registry"
    (cd "$package" && npm deprecate --silent @acme/left@1.2.3 "use @acme/right" >/dev/null)
    expect "verdaccio: deprecated" 0 approved "$app"
    grep -q 'registry/deprecated' "$work/report.json" && echo "ok: verdaccio: the deprecation is told" ||
        { echo "FAILED: verdaccio: no registry/deprecated" && failed=1; }
    (cd "$package" && npm unpublish --silent --force @acme/left >/dev/null)
    expect "verdaccio: unpublished" 1 absent "$app"
    # With an age that nothing reaches today.
    (cd "$package" && sed -i 's/1.2.3/1.2.4/' package.json && npm publish --silent >/dev/null)
    sed -i 's/1.2.3/1.2.4/' "$app/package.json" && rm "$app/package-lock.json"
    (cd "$app" && npm install --silent --package-lock-only --no-audit >/dev/null)
    printf '[registry]\nminimum-age-days = 7\n' >>"$work/policy.toml"
    expect "verdaccio: published today" 1 too-new "$app"
}

# AWS's own client and sealgate ask one stub of CodeArtifact, as the same identities.
codeartifact() {
    [[ -x $python/python ]] || python3 -m venv "$tools/py"
    "$python/python" -c 'import boto3' 2>/dev/null || "$python/pip" -q install --only-binary :all: boto3 ||
        { skipped codeartifact "pip cannot install boto3" && return; }
    "$python/python" -B "$here/codeartifact/check.py" "$sealgate" || failed=1
}

for file in clients nginx cargo golang maven gems composer nuget; do . "$here/$file.sh"; done

parts=(${PARTS:-cargo_index go_proxy maven_repository gem_index composer_repository nuget_feed python_index devpi_index npm_registry codeartifact})
for part in "${parts[@]}"; do "$part"; done
exit "$failed"
