# Locks made by the real clients, then one field changed at a time: where the client refuses,
# sealgate refuses too. Read by `run.sh`, which has started the servers.

# A server that is not there is not asked again: none of the changed places ever answers.
export npm_config_fetch_retries=0 pnpm_config_fetch_retries=0 YARN_HTTP_RETRY=0
export UV_HTTP_RETRIES=0 PIP_RETRIES=0 POETRY_REQUESTS_MAX_RETRIES=0

# Arguments of sealgate where a client is told by the environment whom to ask.
sealgate_more=()

# The client's words of its last run, for a failure.
client_log=$work/client.log

# lock_with CLIENT TREE COMMAND…: the client makes the lock, and sealgate approves it; or says
# $unmodified in the place of `0 approved`.
lock_with() {
    local client=$1 tree=$2
    shift 2
    if ! (cd "$tree" && "$@") >"$client_log" 2>&1; then
        echo "FAILED: $client makes no lock" && tail -5 "$client_log" && failed=1
        return 1
    fi
    expect "$client: as it locked" 0 approved "$tree"
}

# installs CLIENT TREE COMMAND…: the client takes the lock as it is, with nothing cached. Without
# this a client that refuses everything would pass for one that refuses a change.
installs() {
    local client=$1 tree=$2
    shift 2
    untouched "$tree"
    if (cd "$work/changed" && timeout -k 5 60 "$@") >"$client_log" 2>&1; then
        echo "ok: $client: installs what it locked"
    else
        echo "FAILED: $client: does not install what it locked" && tail -5 "$client_log" && failed=1
    fi
}

# untouched TREE: a copy of the tree to change, without what a client installed beside the lock and
# without a cache: both would hide a refusal.
untouched() {
    copy "$1"
    rm -rf "$work/changed"/{node_modules,.venv,vendor,packages,.bundle/cache} "$work/fresh"
    mkdir "$work/fresh"
}

# tamper CLIENT TREE LOCK WHAT SED ANSWER COMMAND…: the lock with one field changed by a sed
# expression. The client installs it with nothing cached, or refuses; sealgate must not pass what
# the client refuses. ANSWER is what sealgate has to say: an answer, a rule, or `-` where the
# client's word alone decides; with `!` before it the client has to refuse.
tamper() {
    local client=$1 tree=$2 lock=$3 what=$4 expression=$5
    untouched "$tree"
    sed -i -E "$expression" "$work/changed/$lock"
    if cmp -s "$tree/$lock" "$work/changed/$lock"; then
        echo "FAILED: $client: $what: nothing was changed" && failed=1
        return
    fi
    shift 5
    compare "$client" "$what" "$@"
}

# served CLIENT TREE WHAT ANSWER COMMAND…: the same where the lock is as it was, and the registry
# is not.
served() {
    local client=$1 tree=$2 what=$3
    untouched "$tree"
    shift 3
    compare "$client" "$what" "$@"
}

# compare CLIENT WHAT ANSWER COMMAND…: the client's word on $work/changed, and sealgate's.
compare() {
    local client=$1 what=$2 answer=$3 code=0 said word
    shift 3
    # The subshell stays, so that its end by `timeout` is told to the log.
    if (cd "$work/changed" && timeout -k 5 "${patience:-40}" "$@" || exit 1) >"$client_log" 2>&1; then word="takes it"; else word="refuses"; fi
    "$sealgate" registry "$work/changed" --policy "$work/policy.toml" --online --budget "${budget:-120}" \
        "${sealgate_more[@]}" --format json >"$work/report.json" 2>"$work/stderr" || code=$?
    said=$(python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
words = {w for c in report["registry"]["components"] for w in c["answers"]}
words = words - {"approved"} if words != {"approved"} else words
words |= {f["rule"] for f in report["findings"]} | {g["id"] for g in report["gaps"]}
print(" ".join(sorted(words - {"registry/no-cool-down"})))' "$work/report.json" 2>/dev/null || tail -1 "$work/stderr")
    local line="$client: $what: $client $word, sealgate exit $code ($said)"
    if [[ $code == 0 && $word == refuses ]]; then
        echo "FAILED: $line" && tail -3 "$client_log" && failed=1
    elif [[ $answer == !* && $word != refuses ]]; then
        echo "FAILED: $line, wanted a refusal" && tail -3 "$client_log" && failed=1
    elif [[ $answer != - && " $said " != *" ${answer#!} "* ]]; then
        echo "FAILED: $line, wanted ${answer#!}" && failed=1
    else
        echo "ok: $line"
    fi
}

# unseen CLIENT TREE WHAT COMMAND…: a file that is not what its checksum says is for the client to
# refuse, where sealgate fetches no files. When it does one day, docs/registry.md is wrong.
unseen() {
    local client=$1 tree=$2 what=$3
    untouched "$tree"
    shift 3
    if (cd "$work/changed" && timeout -k 5 40 "$@") >"$client_log" 2>&1; then
        echo "FAILED: $client: $what: $client takes it" && failed=1
    else
        expect "$client: $what: $client alone sees it" 0 approved "$work/changed"
    fi
}

# strictly COMMAND…: with a policy that blocks what the baseline only reports of missing checksums.
strictly() {
    cp "$work/policy.toml" "$work/policy.kept"
    printf '[rules]\n"registry/missing-checksum" = "block"\n' >>"$work/policy.toml"
    "$@"
    mv "$work/policy.kept" "$work/policy.toml"
}

# skipped CLIENT REASON
skipped() {
    echo "skipped: $1: $2"
}

# A directory of npm packages with programs; installed once.
npm_tools() { # NAME PROGRAM MANIFEST
    local directory=$tools/$1
    [[ -x $directory/node_modules/.bin/$2 ]] && return
    mkdir -p "$directory"
    printf '%s' "$3" >"$directory/package.json"
    # The home's settings name the registry under test, which has none of these.
    (cd "$directory" && PATH=$node:$PATH npm install --userconfig "$work/no-npmrc" --silent --no-audit --no-fund >/dev/null 2>&1)
}

# With verdaccio at $registry, which has @acme/left 1.2.3 and right 2.0.0.
npm_clients() {
    local registry=$1 other tree bin
    other=http://127.0.0.1:$(free_port)/
    local manifest='{"name":"app","version":"1.0.0","private":true,"dependencies":{"@acme/left":"1.2.3","right":"^2.0.0"}}'
    policy npm "$registry"
    fresh_tree() {
        tree=$work/$1
        mkdir -p "$tree"
        echo "$manifest" >"$tree/package.json"
        printf 'registry=%s\n' "$registry" >"$tree/.npmrc"
    }
    local hash='s/(sha512-).{8}/\1AAAAAAAA/' moved="s#${registry}#${other}#"

    fresh_tree npm
    if lock_with npm "$tree" npm install --silent --package-lock-only --no-audit; then
        local ci=(npm ci --silent --no-audit --cache "$work/fresh")
        installs npm "$tree" "${ci[@]}"
        tamper npm "$tree" package-lock.json "integrity" "$hash" checksum-mismatch "${ci[@]}"
        tamper npm "$tree" package-lock.json "another host" "$moved" registry/unapproved-origin "${ci[@]}"
        tamper npm "$tree" package-lock.json "version" 's/"version": "2.0.0"/"version": "2.0.9"/; s/right-2.0.0/right-2.0.9/' absent "${ci[@]}"
        tamper npm "$tree" package-lock.json "another file" 's#/right/-/right-2.0.0.tgz#/@acme/left/-/left-1.2.3.tgz#' registry/name-mismatch "${ci[@]}"
        tamper npm "$tree" package-lock.json "no integrity" '/"integrity"/d' registry/missing-checksum "${ci[@]}"
        tamper npm "$tree" package-lock.json "what the manifest asks for" '0,/\^2.0.0/s//^3.0.0/' registry/stale-lockfile "${ci[@]}"
    fi

    if ! npm_tools js pnpm '{"private":true,"dependencies":{"pnpm":"12.21.0","yarn":"1.22.22","bun":"1.4.5"}}'; then
        skipped "pnpm, yarn, bun" "npm cannot install them"
        return
    fi
    bin=$tools/js/node_modules/.bin
    local PATH=$node:$PATH
    fresh_tree pnpm
    # The packages were published a moment ago.
    printf 'minimumReleaseAge: 0\n' >"$tree/pnpm-workspace.yaml"
    if lock_with pnpm "$tree" "$bin/pnpm" install --lockfile-only --store-dir "$work/pnpm-store"; then
        local frozen=("$bin/pnpm" install --frozen-lockfile --store-dir "$work/fresh/store" --config.cacheDir="$work/fresh/cache" --config.fetchRetries=0)
        installs pnpm "$tree" "${frozen[@]}"
        tamper pnpm "$tree" pnpm-lock.yaml "integrity" "$hash" checksum-mismatch "${frozen[@]}"
        tamper pnpm "$tree" pnpm-lock.yaml "version" 's/2\.0\.0$/2.0.9/; s/right@2\.0\.0/right@2.0.9/' absent "${frozen[@]}"
        tamper pnpm "$tree" pnpm-lock.yaml "a tarball elsewhere" "s#(resolution: \{integrity: [^}]*)\}#\1, tarball: ${other}right.tgz}#" registry/unapproved-origin "${frozen[@]}"
        tamper pnpm "$tree" pnpm-lock.yaml "no integrity" "s#integrity: [^}]*#tarball: ${registry}right/-/right-2.0.0.tgz#" registry/missing-checksum "${frozen[@]}"
        tamper pnpm "$tree" pnpm-lock.yaml "what the manifest asks for" 's/specifier: \^2.0.0/specifier: ^3.0.0/' registry/stale-lockfile "${frozen[@]}"
    fi

    fresh_tree yarn
    if lock_with yarn "$tree" "$bin/yarn" install --silent --no-progress --cache-folder "$work/yarn-cache"; then
        local frozen=("$bin/yarn" install --frozen-lockfile --silent --no-progress --cache-folder "$work/fresh")
        installs yarn "$tree" "${frozen[@]}"
        tamper yarn "$tree" yarn.lock "integrity" "$hash" checksum-mismatch "${frozen[@]}"
        tamper yarn "$tree" yarn.lock "the hash in the address" 's/tgz#.{8}/tgz#00000000/' checksum-mismatch "${frozen[@]}"
        tamper yarn "$tree" yarn.lock "another host" "$moved" registry/unapproved-origin "${frozen[@]}"
        tamper yarn "$tree" yarn.lock "version" 's/version "2.0.0"/version "2.0.9"/; s/right-2.0.0/right-2.0.9/' absent "${frozen[@]}"
        tamper yarn "$tree" yarn.lock "no integrity" '/^  integrity/d; s/#[0-9a-f]{40}//' registry/missing-checksum "${frozen[@]}"
        tamper yarn "$tree" yarn.lock "what the manifest asks for" 's/right@\^2.0.0/right@^3.0.0/' registry/stale-lockfile "${frozen[@]}"
    fi

    fresh_tree bun
    printf '[install]\nregistry = "%s"\n' "$registry" >"$tree/bunfig.toml"
    if lock_with bun "$tree" env BUN_INSTALL_CACHE_DIR="$work/bun-cache" "$bin/bun" install --lockfile-only; then
        local frozen=(env BUN_INSTALL_CACHE_DIR="$work/fresh" "$bin/bun" install --frozen-lockfile)
        installs bun "$tree" "${frozen[@]}"
        tamper bun "$tree" bun.lock "integrity" "$hash" checksum-mismatch "${frozen[@]}"
        tamper bun "$tree" bun.lock "version" 's/right@2.0.0/right@2.0.9/; s/right-2.0.0/right-2.0.9/' absent "${frozen[@]}"
        tamper bun "$tree" bun.lock "another host" "s#${registry}right#${other}right#; s#(\"right@2.0.0\", )\"\"#\1\"${other}right/-/right-2.0.0.tgz\"#" registry/unapproved-origin "${frozen[@]}"
        tamper bun "$tree" bun.lock "no integrity" 's/, "sha512-[^"]*"/, ""/' - "${frozen[@]}"
        tamper bun "$tree" bun.lock "what the manifest asks for" 's/"right": "\^2.0.0"/"right": "^3.0.0"/' registry/stale-lockfile "${frozen[@]}"
    fi

    if ! npm_tools berry yarn '{"private":true,"dependencies":{"@yarnpkg/cli-dist":"4.18.1"}}'; then
        skipped "yarn 4" "npm cannot install it"
        return
    fi
    bin=$tools/berry/node_modules/.bin
    fresh_tree berry
    printf 'npmRegistryServer: "%s"\nunsafeHttpWhitelist: ["127.0.0.1"]\nenableTelemetry: false\nenableGlobalCache: false\nnodeLinker: node-modules\nnpmMinimalAgeGate: 0\n' "${registry%/}" >"$tree/.yarnrc.yml"
    if lock_with "yarn 4" "$tree" env YARN_ENABLE_IMMUTABLE_INSTALLS=false YARN_CACHE_FOLDER="$work/berry-cache" "$bin/yarn" install --mode=skip-build; then
        local frozen=(env YARN_CACHE_FOLDER="$work/fresh" "$bin/yarn" install --immutable --mode=skip-build)
        installs "yarn 4" "$tree" "${frozen[@]}"
        tamper "yarn 4" "$tree" yarn.lock "checksum" 's#(checksum: 10c0/).{8}#\100000000#' checksum-mismatch "${frozen[@]}"
        tamper "yarn 4" "$tree" yarn.lock "version" 's/version: 2.0.0/version: 2.0.9/; s/right@npm:2.0.0/right@npm:2.0.9/' absent "${frozen[@]}"
        tamper "yarn 4" "$tree" yarn.lock "no checksum" '/^  checksum/d' - "${frozen[@]}"
        tamper "yarn 4" "$tree" yarn.lock "what the manifest asks for" 's/right@npm:\^2.0.0/right@npm:^3.0.0/; s/right: "npm:\^2.0.0"/right: "npm:^3.0.0"/' registry/stale-lockfile "${frozen[@]}"
    fi
}

# A virtual environment of one client, so that their dependencies do not meet.
python_client() { # PROGRAM
    [[ -x $tools/$1/bin/$1 ]] && return
    python3 -m venv "$tools/$1" && "$tools/$1/bin/pip" -q install --only-binary :all: "$1"
}

# With an index at $1 that has acme-left 1.2.3.
python_clients() {
    local index=$1 files=$2 tree other
    other=http://127.0.0.1:$(free_port)/simple/
    policy pypi "$index" "$files"
    local hash='s/(sha256:)[0-9a-f]{8}/\100000000/' version='s/1\.2\.3/1.2.9/'
    local project='[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.9"\ndependencies = ["acme-left>=1"]\n'

    tree=$work/pip-app
    mkdir -p "$tree"
    printf 'acme-left\n' >"$work/pip.in"
    compile() { "$python/uv" -q pip compile --no-header --generate-hashes --emit-index-url --default-index "$index" "$work/pip.in" -o requirements.txt; }
    if lock_with pip "$tree" compile; then
        local pip=("$python/pip" -q --isolated download --no-cache-dir -r requirements.txt -d "$work/fresh")
        local install=("${pip[@]}" --require-hashes)
        installs pip "$tree" "${install[@]}"
        tamper pip "$tree" requirements.txt "hash" "$hash" checksum-mismatch "${install[@]}"
        tamper pip "$tree" requirements.txt "version" "$version" absent "${install[@]}"
        tamper pip "$tree" requirements.txt "no hash" 's/ \\$//; /--hash/d' - "${pip[@]}"
        tamper pip "$tree" requirements.txt "another index" "s#${index}#${other}#" registry/unapproved-origin "${install[@]}"
    fi

    tree=$work/uv-app
    mkdir -p "$tree"
    printf "$project"'[[tool.uv.index]]\nurl = "%s"\ndefault = true\n' "$index" >"$tree/pyproject.toml"
    if lock_with uv "$tree" "$python/uv" -q lock; then
        local sync=(env UV_CACHE_DIR="$work/fresh" "$python/uv" -q sync --locked --no-install-project)
        installs uv "$tree" "${sync[@]}"
        tamper uv "$tree" uv.lock "hash" "$hash" checksum-mismatch "${sync[@]}"
        tamper uv "$tree" uv.lock "version" "s/^version = \"1\.2\.3\"/version = \"1.2.9\"/; s/acme_left-1.2.3/acme_left-1.2.9/" absent "${sync[@]}"
        tamper uv "$tree" uv.lock "another index" "s#${index}#${other}#; s#${files}#${other}#" registry/unapproved-origin "${sync[@]}"
        tamper uv "$tree" pyproject.toml "what the manifest asks for" 's/acme-left>=1/acme-left>=1.1/' registry/stale-lockfile "${sync[@]}"
        tamper uv "$tree" uv.lock "no hash" 's/, hash = "[^"]*"//' registry/missing-checksum "${sync[@]}"
    fi

    if python_client poetry; then
        tree=$work/poetry-app
        mkdir -p "$tree"
        printf "$project"'[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = "approved"\nurl = "%s"\npriority = "primary"\n' "$index" >"$tree/pyproject.toml"
        local poetry=(env POETRY_VIRTUALENVS_IN_PROJECT=true POETRY_CACHE_DIR="$work/fresh" POETRY_KEYRING_ENABLED=false "$tools/poetry/bin/poetry" -q)
        if lock_with poetry "$tree" "${poetry[@]}" lock; then
            installs poetry "$tree" "${poetry[@]}" sync
            tamper poetry "$tree" poetry.lock "hash" "$hash" checksum-mismatch "${poetry[@]}" sync
            tamper poetry "$tree" poetry.lock "version" 's/^version = "1\.2\.3"/version = "1.2.9"/' absent "${poetry[@]}" sync
            tamper poetry "$tree" poetry.lock "no files" 's/^    \{file.*$//' registry/missing-checksum "${poetry[@]}" sync
            tamper poetry "$tree" poetry.lock "another index" "s#${index%/}#${other%/}#" registry/unapproved-origin "${poetry[@]}" sync
            tamper poetry "$tree" poetry.lock "content hash" 's/(content-hash = ").{8}/\100000000/' registry/stale-lockfile "${poetry[@]}" sync
        fi
    else
        skipped poetry "pip cannot install it"
    fi

    if python_client pipenv; then
        tree=$work/pipenv-app
        mkdir -p "$tree"
        printf '[[source]]\nname = "approved"\nurl = "%s"\nverify_ssl = true\n[packages]\nacme-left = ">=1"\n' "$index" >"$tree/Pipfile"
        local pipenv=(env PIPENV_VENV_IN_PROJECT=1 PIPENV_IGNORE_VIRTUALENVS=1 PIPENV_NOSPIN=1 CI=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIPENV_CACHE_DIR="$work/fresh" PIP_CACHE_DIR="$work/fresh" "$tools/pipenv/bin/pipenv")
        if lock_with pipenv "$tree" "${pipenv[@]}" lock; then
            rm -rf "$tree/.venv"
            installs pipenv "$tree" "${pipenv[@]}" install --deploy
            tamper pipenv "$tree" Pipfile.lock "hash" 's/(sha256:)[0-9a-f]{8}([0-9a-f]{56}"$)/\100000000\2/' checksum-mismatch "${pipenv[@]}" sync
            tamper pipenv "$tree" Pipfile.lock "version" 's/==1\.2\.3/==1.2.9/' absent "${pipenv[@]}" sync
            tamper pipenv "$tree" Pipfile.lock "another index" "s#${index}#${other}#" registry/unapproved-origin "${pipenv[@]}" sync
            tamper pipenv "$tree" Pipfile.lock "hash of the Pipfile" 's/("sha256": ").{8}/\100000000/' registry/stale-lockfile "${pipenv[@]}" install --deploy
        fi
    else
        skipped pipenv "pip cannot install it"
    fi
}
