# A sparse index and its crates behind nginx; cargo and sealgate ask it, also while it answers
# badly. Read by `run.sh`.

cargo_index() {
    static_server
    local root=$www/cargo crate=$work/acme_left app=$work/cargo-app sum file index here_is
    here_is=$site/cargo
    mkdir -p "$root/index/ac/me" "$root/crates/acme_left" "$crate/src" "$app/src" "$app/.cargo"
    printf '[package]\nname = "acme_left"\nversion = "1.2.3"\nedition = "2021"\nlicense = "MIT"\ndescription = "x"\n' >"$crate/Cargo.toml"
    echo 'pub fn left() {}' >"$crate/src/lib.rs"
    (cd "$crate" && cargo package --offline --no-verify --allow-dirty -q)
    file=$root/crates/acme_left/1.2.3.crate
    cp "$crate/target/package/acme_left-1.2.3.crate" "$file"
    index=$root/index/ac/me/acme_left
    sum=$(sha256sum "$file" | cut -d' ' -f1)
    entry() { # CHECKSUM YANKED [VERSION]
        printf '{"name":"acme_left","vers":"%s","deps":[],"cksum":"%s","features":{},"yanked":%s}\n' "${3:-1.2.3}" "$1" "$2" >"$index"
    }
    config() { # ADDRESS
        printf '{"dl":"%s/{crate}/{version}.crate"}\n' "$1" >"$root/index/config.json"
    }
    config "$here_is/crates"
    entry "$sum" false

    printf '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nacme_left = { version = "1", registry = "own" }\n' >"$app/Cargo.toml"
    echo 'fn main() {}' >"$app/src/main.rs"
    printf '[registries.own]\nindex = "sparse+%s/index/"\n' "$here_is" >"$app/.cargo/config.toml"
    policy cargo "$here_is/index/"
    lock_with cargo "$app" cargo fetch -q || return 0
    local fetch=(env CARGO_HOME="$work/fresh" CARGO_NET_RETRY=0 CARGO_HTTP_TIMEOUT=2 cargo fetch -q --locked)
    installs cargo "$app" "${fetch[@]}"
    cargo_locks "$app" "$here_is" "$sum" "${fetch[@]}"
    cargo_answers "$app" "$here_is" "$sum" "$file" "${fetch[@]}"
}

# One field of the lock after the other.
cargo_locks() { # TREE ADDRESS CHECKSUM COMMAND…
    local app=$1 address=$2 sum=$3 other zeros
    shift 3
    other=http://127.0.0.1:$(free_port)/cargo
    zeros=$(printf '0%.0s' {1..64})
    tamper cargo "$app" Cargo.lock "checksum" "s/$sum/$zeros/" '!checksum-mismatch' "$@"
    tamper cargo "$app" Cargo.lock "version" 's/1\.2\.3/1.2.9/' '!absent' "$@"
    tamper cargo "$app" Cargo.lock "name" 's/acme_left/acme_lift/' '!absent' "$@"
    tamper cargo "$app" Cargo.lock "another index" "s#$address#$other#" '!registry/unapproved-origin' "$@"
    tamper cargo "$app" Cargo.lock "plain http to another machine" "s#$address#http://cargo.example#" '!registry/plain-http' "$@"
    tamper cargo "$app" Cargo.lock "no source" '/^source/d' '!inventory/incomplete-entry' "$@"
    tamper cargo "$app" Cargo.lock "neither source nor checksum" '/^(source|checksum)/d' '!registry/stale-lockfile' "$@"
    strictly tamper cargo "$app" Cargo.lock "no checksum" '/^checksum/d' '!registry/missing-checksum' "$@"
}

# The lock as it is, and an index that answers otherwise.
cargo_answers() { # TREE ADDRESS CHECKSUM CRATE COMMAND…
    local app=$1 address=$2 sum=$3 file=$4 root=$www/cargo index=$www/cargo/index/ac/me/acme_left
    shift 4
    entry "$(printf '0%.0s' {1..64})" false
    served cargo "$app" "another checksum in the index" '!checksum-mismatch' "$@"
    entry "$sum" true
    served cargo "$app" "yanked" yanked "$@"
    entry "$sum" false 1.2.4
    served cargo "$app" "the version is gone" '!absent' "$@"
    entry "$sum" false
    mv "$index" "$index.away"
    served cargo "$app" "the name is gone" '!absent' "$@"
    echo '<html>Sign in</html>' >"$index"
    served cargo "$app" "a web page in its place" '!unreachable' "$@"
    mv "$index.away" "$index"
    config "$elsewhere/cargo/crates"
    served cargo "$app" "dl on another host" origin-external "$@"
    config "$address/crates"
    echo x >>"$file"
    unseen cargo "$app" "another crate behind the same index" "$@"
    cp "$work/acme_left/target/package/acme_left-1.2.3.crate" "$file"

    [[ -n $is_nginx ]] && in_mode busy cargo_busy "$app" "$address/index/ac/me/acme_left"
    failing_server cargo "$app" "$@"
    mv "$root/index/config.json" "$root/index/away.json"
    served cargo "$app" "no index any more" '!unreachable' "$@"
    mv "$root/index/away.json" "$root/index/config.json"
}

# A server that is busy and says for how long is asked again.
cargo_busy() { # TREE ADDRESS
    local before
    curl -s -o /dev/null "$2"
    before=$(times 429)
    expect "cargo: the server is busy, then answers" 0 approved "$1"
    if (($(times 429) > before)); then
        echo "ok: cargo: nginx did say 429"
    else
        echo "FAILED: cargo: nginx did not say 429" && failed=1
    fi
}
