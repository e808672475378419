# A module proxy of static files: go itself fetched the modules from git, and what it keeps of
# them is a proxy's tree. Read by `run.sh`.

go_proxy() {
    command -v go >/dev/null || { skipped go "it is not installed" && return; }
    command -v git >/dev/null || { skipped go "git is not installed" && return; }
    static_server
    local proxy=$site/go source=$work/go-left app=$work/go-app
    # The checksum database stays on for everything else: without it sealgate has a finding.
    export GOTOOLCHAIN=local GONOSUMDB=acme.example GOFLAGS=-modcacherw GOCACHE=$work/go-cache
    go_modules "$source" "$www/go/acme.example/left.git"

    mkdir -p "$app"
    printf 'module app.example/app\n\ngo 1.21\n\nrequire acme.example/left.git v1.2.4\n' >"$app/go.mod"
    printf 'package main\n\nimport left "acme.example/left.git"\n\nfunc main() { left.Left() }\n' >"$app/main.go"
    policy golang "$proxy/"
    # The proxy stands nowhere in the tree.
    export GOPROXY=$proxy
    sealgate_more=(--client-config)
    go_compared "$app" "$proxy"
    sealgate_more=()
    unset GOPROXY
}

go_compared() { # TREE PROXY
    local app=$1 proxy=$2
    lock_with go "$app" env GOMODCACHE="$work/go-modules" go mod tidy || return 0
    # GOCACHE stays: it is asked by the content of what was fetched.
    local build=(env GOMODCACHE="$work/fresh" go build -mod=readonly -o "$work/fresh/app" .)
    installs go "$app" "${build[@]}"
    go_locks "$app" "$proxy" "${build[@]}"
    go_answers "$app" "$www/go/acme.example/left.git/@v" "${build[@]}"
}

# Versions 1.2.3, 1.2.4 and 1.3.0, which takes 1.2.3 back. Go takes them for a server's: git
# finds that server in a directory.
go_modules() { # REPOSITORY TREE
    local version
    mkdir -p "$1" "$2" "$work/go-origin"
    (
        cd "$1"
        git init -q -b main
        git config user.name acme && git config user.email acme@acme.example
        printf 'module acme.example/left.git\n\ngo 1.21\n' >go.mod
        printf 'package left\n\nfunc Left() {}\n' >left.go
        git add . && git commit -q -m first && git tag v1.2.3
        echo '// Later.' >>left.go && git commit -q -a -m second && git tag v1.2.4
        printf '\nretract v1.2.3 // leaks keys\n' >>go.mod && git commit -q -a -m third && git tag v1.3.0
    )
    git config --global "url.file://$1.insteadOf" https://acme.example/left
    (
        cd "$work/go-origin"
        export GOPROXY=direct GOMODCACHE=$work/go-origin/modules
        go mod init origin.example/origin >/dev/null 2>&1
        for version in v1.2.3 v1.2.4 v1.3.0; do go mod download "acme.example/left.git@$version"; done
        cp -r modules/cache/download/acme.example/left.git/. "$2"
    )
    rm -f "$2"/@v/*.lock "$2"/@v/*.ziphash
}

# One field of the lock after the other.
go_locks() { # TREE PROXY COMMAND…
    local app=$1 other
    shift 2
    other=acme.example/right.git
    tamper go "$app" go.sum "hash of the module" '/go\.mod/!s/h1:.{8}/h1:AAAAAAAA/' '!checksum-mismatch' "$@"
    tamper go "$app" go.sum "hash of its go.mod" '/go\.mod/s/h1:.{8}/h1:AAAAAAAA/' '!checksum-mismatch' "$@"
    tamper go "$app" go.sum "no hash of the module" '/go\.mod/!d' '!registry/stale-lockfile' "$@"
    tamper go "$app" go.sum "no hash of its go.mod" '/go\.mod/d' '!registry/stale-lockfile' "$@"
    tamper go "$app" go.sum "no hash at all" 'd' '!registry/stale-lockfile' "$@"
    tamper go "$app" go.sum "an older hash" 's/v1\.2\.4/v1.2.3/' '!registry/stale-lockfile' "$@"
    tamper go "$app" go.mod "version" 's/v1\.2\.4/v1.2.9/' '!absent' "$@"
    tamper go "$app" go.mod "name" "s#acme.example/left.git#$other#" '!absent' "$@"
    tamper go "$app" go.mod "replaced by another module" "\$a replace acme.example/left.git => $other v1.2.4" '!absent' "$@"
    # The directory is there: the module's repository.
    tamper go "$app" go.mod "replaced by a directory" '$a replace acme.example/left.git => ../go-left' registry/path-dependency "$@"
    GOPROXY=http://127.0.0.1:$(free_port)/go served go "$app" "another proxy" '!registry/unapproved-origin' "$@"
}

# The lock as it is, and a proxy that answers otherwise.
go_answers() { # TREE FILES COMMAND…
    local app=$1 files=$2 kept=$work/go-kept older=$work/go-older
    shift 2
    cp -a "$files" "$kept"
    cp "$files/v1.3.0.zip" "$files/v1.2.4.zip"
    served go "$app" "the archive of another version" '!checksum-mismatch' "$@"
    # The same names inside, as an archive that was made for the purpose has them.
    go_archive "$kept/v1.2.4.zip" "$files/v1.2.4.zip"
    served go "$app" "other source in the archive" '!checksum-mismatch' "$@"
    cp "$kept/v1.2.4.zip" "$files"
    echo '// Another.' >>"$files/v1.2.4.mod"
    served go "$app" "another go.mod" '!checksum-mismatch' "$@"
    cp "$kept/v1.2.4.mod" "$files"
    rm "$files/v1.2.4".*
    served go "$app" "the version is gone" '!absent' "$@"
    cp "$kept/v1.2.4".* "$files"
    mv "$files" "$files.away"
    served go "$app" "the module is gone" '!absent' "$@"
    mv "$files.away" "$files"
    failing_server go "$app" "$@"
    cp -a "$app" "$older"
    sed -i 's/v1\.2\.4/v1.2.3/' "$older/go.mod"
    (cd "$older" && GOMODCACHE=$work/go-modules go mod tidy) >"$client_log" 2>&1
    served go "$older" "a version that was taken back" yanked "$@"
}

# An archive whose source is another one.
go_archive() { # FROM TO
    python3 - "$1" "$2" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], "w") as new:
    for name in old.namelist():
        body = old.read(name)
        new.writestr(name, body + b"// evil\n" if name.endswith(".go") else body)
PYTHON
}
