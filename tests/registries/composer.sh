# A composer repository of static files, whose archive Composer made; Composer locks and
# installs it. Read by `run.sh`.

composer_repository() {
    debian composer composer php-cli php-zip unzip || { skipped composer "it is not installed" && return; }
    static_server
    local app=$work/composer-app address=$site/composer/ source=$work/composer-left
    # Composer's own switch for registries without TLS is the user's: in the tree it is a finding.
    export COMPOSER_HOME=$work/composer COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_NO_INTERACTION=1
    mkdir -p "$COMPOSER_HOME" "$source/src" "$app" "$www/composer/dist" "$www/composer/p2/acme"
    echo '{"config":{"secure-http":false}}' >"$COMPOSER_HOME/config.json"
    echo '<?php namespace Acme; class Left {}' >"$source/src/Left.php"
    echo '{"name":"acme/left","version":"1.2.3","type":"library","license":"MIT"}' >"$source/composer.json"
    (cd "$source" && composer archive -q --format=zip --dir="$www/composer/dist" --file=left-1.2.3)
    echo '{"packages":[],"metadata-url":"/composer/p2/%package%.json"}' >"$www/composer/packages.json"
    composer_metadata

    # Nothing but this repository is asked.
    printf '{"name":"acme/app","require":{"acme/left":"^1.2"},"repositories":[{"packagist":false},{"type":"composer","url":"%s"}]}\n' "${address%/}" >"$app/composer.json"
    policy composer "$address"
    lock_with composer "$app" composer update -q --no-install || return 0
    local install=(env COMPOSER_CACHE_DIR="$work/fresh" composer install -q --no-progress)
    installs composer "$app" "${install[@]}"
    composer_locks "$app" "$address" "${install[@]}"
    composer_answers "$app" "${install[@]}"
}

# composer_metadata [VERSION [CHECKSUM [ADDRESS [MORE]]]]
composer_metadata() {
    local sum
    sum=$(sha1sum "$www/composer/dist/left-1.2.3.zip" | cut -d' ' -f1)
    printf '{"packages":{"acme/left":[{"name":"acme/left","version":"%s","type":"library","license":["MIT"],"time":"2026-01-02T03:04:05+00:00","dist":{"type":"zip","url":"%s/dist/left-1.2.3.zip","reference":"r","shasum":"%s"}%s}]},"minified":"composer/2.0"}\n' \
        "${1:-1.2.3}" "${3:-$site/composer}" "${2:-$sum}" "${4:-}" >"$www/composer/p2/acme/left.json"
}

# One field of the lock after the other.
composer_locks() { # TREE ADDRESS COMMAND…
    local app=$1 address=$2 other
    shift 2
    other=http://127.0.0.1:$(free_port)/composer/
    tamper composer "$app" composer.lock "checksum" 's/("shasum": ").{8}/\100000000/' '!checksum-mismatch' "$@"
    tamper composer "$app" composer.lock "no checksum" 's/("shasum": ")[^"]*/\1/' - "$@"
    cp "$www/composer/dist/left-1.2.3.zip" "$www/composer/dist/evil.zip"
    tamper composer "$app" composer.lock "another file and no checksum" 's/("shasum": ")[^"]*/\1/; s#left-1\.2\.3\.zip#evil.zip#' checksum-unknown "$@"
    tamper composer "$app" composer.lock "version" 's/("version": ")1\.2\.3/\11.2.9/' absent "$@"
    tamper composer "$app" composer.lock "name" 's#acme/left"#acme/lift"#' '!registry/stale-lockfile' "$@"
    tamper composer "$app" composer.lock "another host" "s#$address#$other#" '!registry/unapproved-origin' "$@"
    tamper composer "$app" composer.lock "plain http to another machine" "s#$address#http://php.example/#" '!registry/plain-http' "$@"
    tamper composer "$app" composer.lock "another file" 's#left-1\.2\.3\.zip#left-1.2.9.zip#' '!checksum-unknown' "$@"
    tamper composer "$app" composer.lock "content hash" 's/("content-hash": ").{8}/\100000000/' - "$@"
    tamper composer "$app" composer.json "a package more" 's#"require":\{#&"acme/right":"*",#' '!registry/stale-lockfile' "$@"
}

# The lock as it is, and a repository that answers otherwise. Composer installs from the lock and
# asks the repository for the file alone: what its metadata says is for sealgate to see.
composer_answers() { # TREE COMMAND…
    local app=$1 file=$www/composer/dist/left-1.2.3.zip metadata=$www/composer/p2/acme/left.json
    shift
    composer_metadata 1.2.3 "$(printf '0%.0s' {1..40})"
    served composer "$app" "another checksum in the metadata" checksum-mismatch "$@"
    composer_metadata 1.2.4
    served composer "$app" "the version is gone" absent "$@"
    composer_metadata 1.2.3 "" "$elsewhere/composer"
    served composer "$app" "the archive on another host" origin-external "$@"
    composer_metadata 1.2.3 "" "" ',"abandoned":"acme/right"'
    served composer "$app" "abandoned" approved "$@"
    composer_metadata
    cp "$file" "$work/kept.zip"
    echo x >>"$file"
    unseen composer "$app" "another archive behind the same metadata" "$@"
    cp "$work/kept.zip" "$file"
    mv "$metadata" "$metadata.away"
    mv "$file" "$file.away"
    served composer "$app" "the package is gone" '!absent' "$@"
    mv "$metadata.away" "$metadata"
    mv "$file.away" "$file"
    failing_server composer "$app" "$@"
}
