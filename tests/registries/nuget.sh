# A NuGet feed of static files with packages that `nuget pack` made; nuget.exe (on Mono) locks and
# restores them. Read by `run.sh`.

# npm's registry has a package with the program.
nuget_program() {
    local directory=$tools/nuget
    local programs=("$directory"/node_modules/nuget-exe/nuget-*.exe)
    [[ -f ${programs[0]} ]] || {
        mkdir -p "$directory"
        echo '{"private":true,"dependencies":{"nuget-exe":"5.8.0"}}' >"$directory/package.json"
        (cd "$directory" && npm install --silent --no-audit --no-fund --ignore-scripts --userconfig=/dev/null) >/dev/null 2>&1 || return 1
        programs=("$directory"/node_modules/nuget-exe/nuget-*.exe)
    }
    nuget=(mono "${programs[0]}")
}

nuget_feed() {
    local nuget
    debian mono mono-runtime libmono-cil-dev || { skipped nuget "Mono is not installed, nor is there another NuGet" && return; }
    nuget_program || { skipped nuget "npm cannot fetch it" && return; }
    static_server
    local app=$work/nuget-app address=$site/nuget/v3/index.json kind
    export NUGET_PACKAGES=$work/nuget-packages NUGET_HTTP_CACHE_PATH=$work/nuget-http
    nuget_packed 1.2.3
    nuget_service
    nuget_registration 1.2.3

    mkdir -p "$app"
    printf '<?xml version="1.0" encoding="utf-8"?>\n<configuration>\n  <packageSources>\n    <clear/>\n    <add key="own" value="%s"/>\n  </packageSources>\n</configuration>\n' "$address" >"$app/NuGet.Config"
    printf '<?xml version="1.0" encoding="utf-8"?>\n<packages>\n  <package id="Acme.Left" version="1.2.3" targetFramework="net472"/>\n</packages>\n' >"$app/packages.config"
    policy nuget "$address"
    lock_with nuget "$app" "${nuget[@]}" restore packages.config -NonInteractive -UseLockFile -PackagesDirectory "$work/nuget-restored" || return 0
    local restore=(env NUGET_PACKAGES="$work/fresh/global" NUGET_HTTP_CACHE_PATH="$work/fresh/http" "${nuget[@]}" restore packages.config -NonInteractive -NoCache -DirectDownload -UseLockFile -LockedMode -PackagesDirectory "$work/fresh/packages")
    installs nuget "$app" "${restore[@]}"
    nuget_locks "$app" "$address" "${restore[@]}"
    nuget_answers "$app" "$address" "${restore[@]}"
    nuget_signed "$app" "${restore[@]}"
}

nuget_packed() { # VERSION [CONTENT]: this version, where the feed has its files
    local source=$work/nuget-left place=$www/nuget/flat/acme.left/$1
    mkdir -p "$source" "$place"
    echo "${2:-left}" >"$source/left.txt"
    printf '<?xml version="1.0"?><package><metadata><id>Acme.Left</id><version>%s</version><authors>acme</authors><description>x</description></metadata><files><file src="left.txt" target="content"/></files></package>\n' "$1" >"$source/left.nuspec"
    (cd "$source" && "${nuget[@]}" pack left.nuspec -NonInteractive -OutputDirectory "$source") >"$work/nuget.log" 2>&1
    mv "$source/Acme.Left.$1.nupkg" "$place/acme.left.$1.nupkg"
}

nuget_service() { # [ADDRESS OF FILES]
    mkdir -p "$www/nuget/v3"
    printf '{"version":"3.0.0","resources":[{"@id":"%s/nuget/flat/","@type":"PackageBaseAddress/3.0.0"},{"@id":"%s/nuget/registration/","@type":"RegistrationsBaseUrl/3.6.0"}]}\n' \
        "${1:-$site}" "$site" >"$www/nuget/v3/index.json"
}

# nuget_registration VERSION [MORE]: the feed says that it has this one version.
nuget_registration() {
    local base=$site/nuget place=$www/nuget/registration/acme.left
    mkdir -p "$place"
    printf '{"versions":["%s"]}\n' "$1" >"$www/nuget/flat/acme.left/index.json"
    printf '{"@id":"%s","count":1,"items":[{"@id":"%s","count":1,"lower":"%s","upper":"%s","items":[{"@id":"%s","catalogEntry":{"@id":"%s","id":"Acme.Left","version":"%s",%s"published":"2026-01-02T03:04:05+00:00"},"packageContent":"%s"}]}]}\n' \
        "$base/registration/acme.left/index.json" "$base/registration/acme.left/index.json#page" "$1" "$1" \
        "$base/registration/acme.left/$1.json" "$base/registration/acme.left/$1.json" "$1" "${2:-}" \
        "$base/flat/acme.left/$1/acme.left.$1.nupkg" >"$place/index.json"
}

# One field of the lock after the other.
nuget_locks() { # TREE ADDRESS COMMAND…
    local app=$1 address=$2 other
    shift 2
    other=http://127.0.0.1:$(free_port)/v3/index.json
    tamper nuget "$app" packages.lock.json "hash" 's/("contentHash": ").{8}/\1AAAAAAAA/' '!checksum-mismatch' "$@"
    tamper nuget "$app" packages.lock.json "no hash" 's/("resolved": "1\.2\.3"),/\1/; /contentHash/d' - "$@"
    tamper nuget "$app" packages.lock.json "version" 's/1\.2\.3/1.2.9/g' '!absent' "$@"
    tamper nuget "$app" packages.lock.json "the version resolved" 's/("resolved": ")1\.2\.3/\11.2.9/' absent "$@"
    tamper nuget "$app" packages.lock.json "name" 's/Acme\.Left/Acme.Lift/' '!absent' "$@"
    tamper nuget "$app" NuGet.Config "plain http to another machine" "s#$address#http://nuget.example/v3/index.json#" '!registry/unapproved-origin' "$@"
    tamper nuget "$app" NuGet.Config "another feed" "s#$address#$other#" '!registry/unapproved-origin' "$@"
    # The feed has this version, so that the lock alone decides.
    nuget_packed 1.2.4
    nuget_registration 1.2.4
    tamper nuget "$app" packages.config "a version that is not locked" 's/1\.2\.3/1.2.4/' '!registry/stale-lockfile' "$@"
    nuget_registration 1.2.3
}

# The lock as it is, and a feed that answers otherwise.
nuget_answers() { # TREE ADDRESS COMMAND…
    local app=$1 files=$www/nuget/flat/acme.left
    shift 2
    cp -a "$files/1.2.3" "$work/nuget-kept"
    nuget_packed 1.2.3 "evil"
    served nuget "$app" "another file" '!checksum-mismatch' "$@"
    cp "$work/nuget-kept"/* "$files/1.2.3"
    mv "$files/1.2.3/acme.left.1.2.3.nupkg" "$work"
    served nuget "$app" "registered, but without a file" '!absent' "$@"
    mv "$work/acme.left.1.2.3.nupkg" "$files/1.2.3"
    nuget_registration 1.2.3 '"listed":false,'
    served nuget "$app" "unlisted" yanked "$@"
    nuget_registration 1.2.3 '"deprecation":{"reasons":["Legacy"]},'
    served nuget "$app" "deprecated" approved "$@"
    nuget_registration 1.2.4
    mv "$files/1.2.3" "$files/away"
    served nuget "$app" "the version is gone" '!absent' "$@"
    mv "$files/away" "$files/1.2.3"
    nuget_registration 1.2.3
    mv "$www/nuget/registration/acme.left" "$www/nuget/registration/away"
    mv "$files" "$files.away"
    served nuget "$app" "the package is gone" '!absent' "$@"
    mv "$files.away" "$files"
    mv "$www/nuget/registration/away" "$www/nuget/registration/acme.left"
    nuget_service "$elsewhere"
    served nuget "$app" "files on another host" origin-external "$@"
    nuget_service
    failing_server nuget "$app" "$@"
}

# A signature is taken out before a package is hashed: nuget and sealgate agree on what is left.
# Whether a signature is good is not looked at on Mono, so any will do.
nuget_signed() { # TREE COMMAND…
    local app=$work/nuget-signed file=$www/nuget/flat/acme.left/1.2.3/acme.left.1.2.3.nupkg
    cp -a "$1" "$app"
    rm "$app/packages.lock.json"
    shift
    (cd "$work" && echo signature >.signature.p7s && python3 - "$file" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "a") as package:
    package.write(".signature.p7s")
PYTHON
    )
    lock_with "nuget, signed" "$app" env NUGET_PACKAGES="$work/nuget-signed-packages" "${nuget[@]}" restore packages.config -NonInteractive -NoCache -DirectDownload -UseLockFile -PackagesDirectory "$work/nuget-signed-restored" || return 0
    installs "nuget, signed" "$app" "$@"
    tamper "nuget, signed" "$app" packages.lock.json "hash" 's/("contentHash": ").{8}/\1AAAAAAAA/' '!checksum-mismatch' "$@"
    local whole
    whole=$(python3 -c 'import base64, hashlib, sys; print(base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$file")
    if grep -qF "$whole" "$app/packages.lock.json"; then
        echo "FAILED: nuget, signed: the signature is part of the hash" && failed=1
    fi
}
