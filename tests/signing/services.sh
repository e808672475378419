#!/usr/bin/env bash
# Keyless signing against the real services on loopback: Fulcio with a certificate
# transparency log (TesseraCT), Rekor 2 (rekor-tiles) and a timestamp authority, and a small
# identity provider of our own. cosign, sigstore-python and sealgate verify each other's
# bundles.
#
#   tests/signing/services.sh [SEALGATE [TOOLS]]
#
# TOOLS is a directory of programs (kept between runs); what is not there is installed with
# `go install`, and sigstore-python from wheels into TOOLS/python. Needed: go, openssl and
# python3. Without Go, and with SEALGATE_MOCK=1, it uses npm's @sigstore/mock: Fulcio and
# Rekor 1, files alone. It says which it uses.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
sealgate=$(realpath "${1:-$here/../../target/debug/sealgate}")
tools=$(realpath -m "${2:-${TMPDIR:-/tmp}/sealgate-sigstore}")

work=$(mktemp -d)
started=()
finish() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

failed=0
try() { # EXPECTED NAME COMMAND…; EXPECTED is an exit code, or `other` for any but 0
    local expected=$1 name=$2 code=0
    shift 2
    "$@" >out 2>&1 || code=$?
    [ "$expected" != other ] || { [ "$code" -ne 0 ] && expected=$code; }
    if [ "$code" = "$expected" ]; then
        echo "ok    $name"
    else
        failed=1
        echo "WRONG $name: exit $code, expected $expected"
        sed 's/^/      /' out
    fi
}

with_mock() {
    local port by verify
    mkdir -p "$tools/npm"
    [ -d "$tools/npm/node_modules/@sigstore/mock" ] ||
        npm install --prefix "$tools/npm" --no-audit --no-fund --ignore-scripts --silent @sigstore/mock
    echo "services: @sigstore/mock $(node -p "require('$tools/npm/node_modules/@sigstore/mock/package.json').version")"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (cd "$tools/npm" && exec node "$here/mock.cjs" "$port" "$work/root.json") >"$work/mock.log" 2>&1 &
    started+=($!)
    cd "$work"
    python3 "$here/services.py" wait "http://127.0.0.1:$port/ready" || { cat mock.log; exit 1; }
    openssl genrsa -out issuer.key 2048 2>/dev/null
    python3 "$here/services.py" token "$port" workflow >token
    printf 'the artifact\n' >app
    by=(--keyless --identity-token-file token --fulcio-url "http://127.0.0.1:$port"
        --rekor-url "http://127.0.0.1:$port" --trusted-root root.json)
    verify=(--trusted-root root.json --certificate-oidc-issuer "http://localhost:$port")
    try 0 "sealgate signs" "$sealgate" sign app "${by[@]}"
    try 0 "sealgate verifies" "$sealgate" verify app "${verify[@]}" \
        --certificate-identity repo:acme/app:ref:refs/tags/v1
    try 1 "sealgate refuses another identity" "$sealgate" verify app "${verify[@]}" \
        --certificate-identity repo:evil/app:ref:refs/tags/v1
    exit "$failed"
}
if [ -n "${SEALGATE_MOCK:-}" ] || ! command -v go >/dev/null; then
    with_mock
fi

install_program() { # NAME MODULE; the last part of a module is not always a good name
    [ -x "$tools/$1" ] && return
    echo "installing $2"
    mkdir -p "$tools/.new"
    GOBIN="$tools/.new" go install "$2"
    mv "$tools/.new/"* "$tools/$1"
}
# The last ones that Go 1.26 builds.
install_program fulcio "github.com/sigstore/fulcio@v1.8.8"
install_program rekor-server "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix@v2.3.0"
install_program timestamp-server "github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server@v2.1.2"
install_program tesseract "github.com/transparency-dev/tesseract/cmd/tesseract/posix@v0.1.1"
install_program cosign "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3"
if [ ! -x "$tools/python/bin/sigstore" ]; then
    python3 -m venv "$tools/python"
    "$tools/python/bin/pip" install -q --only-binary :all: sigstore
fi
python_client() { "$tools/python/bin/sigstore" --trust-config trust.json "$@"; }
"$tools/python/bin/sigstore" --version
echo "services: Fulcio, TesseraCT, rekor-tiles, timestamp-authority from $tools"

cd "$work"
# Nothing of the caller's: tokens come from files, and cosign keeps its things here.
export HOME=$work

# Keys. The authority's is encrypted, as Fulcio wants it.
openssl ecparam -name prime256v1 -genkey -noout -out ca.plain
openssl req -x509 -new -key ca.plain -days 30 -subj /O=acme/CN=fulcio -out ca.pem \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
    -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
openssl pkcs8 -topk8 -in ca.plain -out ca.key -v2 aes-256-cbc -passout pass:made-up
openssl ecparam -name prime256v1 -genkey -noout -out ct.key
openssl ec -in ct.key -pubout -out ct.pub 2>/dev/null
openssl genpkey -algorithm ed25519 -out rekor.key
openssl genrsa -out issuer.key 2048 2>/dev/null

python=python3
read -r ct fulcio grpc metrics tsa rekor rekorgrpc rekormetrics issuer < <("$python" - <<'PYTHON'
import socket
sockets = [socket.socket() for _ in range(9)]
for one in sockets:
    one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in sockets])
PYTHON
)
"$python" "$here/services.py" issuer "$issuer" &
started+=($!)
cat >fulcio.yaml <<YAML
oidc-issuers:
  http://127.0.0.1:$issuer:
    issuer-url: http://127.0.0.1:$issuer
    client-id: sigstore
    type: email
  http://localhost:$issuer:
    issuer-url: http://localhost:$issuer
    client-id: sigstore
    type: github-workflow
YAML
serve() { # LOG COMMAND…
    local log=$1
    shift
    "$@" >"$log" 2>&1 &
    started+=($!)
}
serve ct.log "$tools/tesseract" --http_endpoint="127.0.0.1:$ct" --path_prefix=acme \
    --origin=ct.acme.example/acme --roots_pem_file=ca.pem --private_key=ct.key \
    --storage_dir="$work/ct" --checkpoint_interval=1s
serve fulcio.log "$tools/fulcio" serve --ca=fileca --fileca-cert=ca.pem --fileca-key=ca.key \
    --fileca-key-passwd=made-up --fileca-watch=false --config-path=fulcio.yaml \
    --ct-log-url="http://127.0.0.1:$ct/acme" --ct-log-origin=ct.acme.example/acme --ct-log-public-key-path=ct.pub --host=127.0.0.1 \
    --port="$fulcio" --grpc-host=127.0.0.1 --grpc-port="$grpc" --metrics-port="$metrics" \
    --legacy-unix-domain-socket="$work/fulcio.sock"
serve tsa.log "$tools/timestamp-server" serve --host=127.0.0.1 --port="$tsa" \
    --timestamp-signer=memory --disable-ntp-monitoring
serve rekor.log "$tools/rekor-server" serve --hostname=rekor.acme.example --http-port="$rekor" \
    --grpc-port="$rekorgrpc" --http-metrics-port="$rekormetrics" --storage-dir="$work/tiles" \
    --signer-filepath=rekor.key --checkpoint-interval=1s
for url in "http://127.0.0.1:$ct/acme/ct/v1/get-roots" "http://127.0.0.1:$fulcio/api/v2/trustBundle" \
    "http://127.0.0.1:$tsa/api/v1/timestamp/certchain" "http://127.0.0.1:$rekor/healthz" \
    "http://127.0.0.1:$issuer/keys"; do
    "$python" "$here/services.py" wait "$url" || { tail -n 20 ./*.log; exit 1; }
done
"$python" "$here/services.py" configure "$fulcio" "$rekor" "$tsa" "$issuer"

token() { "$python" "$here/services.py" token "$issuer" "$@" >token; }
keyless=(--keyless --identity-token-file token --signing-config signing.json --trusted-root root.json)
email=(release@acme.example "http://127.0.0.1:$issuer")
workflow=(https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1 "http://localhost:$issuer")

printf 'the artifact\n' >app
printf '{"a": 1}' >predicate.json
for kind in email workflow; do
    if [ "$kind" = email ]; then by=("${email[@]}"); else by=("${workflow[@]}"); fi
    verify=(--trusted-root root.json --certificate-identity "${by[0]}" --certificate-oidc-issuer "${by[1]}")
    other=(--trusted-root root.json --certificate-identity evil@acme.example --certificate-oidc-issuer "${by[1]}")
    rm -f app.* theirs.json python.json attested.json
    token "$kind"
    try 0 "$kind: sealgate signs" "$sealgate" sign app "${keyless[@]}"
    try 0 "$kind: sealgate attests" "$sealgate" attest app --predicate predicate.json \
        --type https://acme.example/review/v1 "${keyless[@]}"
    try 0 "$kind: sealgate verifies both" "$sealgate" verify app "${verify[@]}"
    try 1 "$kind: sealgate refuses another identity" "$sealgate" verify app "${other[@]}"
    for who in verify other; do
        declare -n options=$who
        expected=0
        [ "$who" = verify ] || expected=other
        try "$expected" "$kind: cosign ($who) on our signature" "$tools/cosign" verify-blob \
            --bundle app.sigstore.json --use-signed-timestamps "${options[@]}" app
        try "$expected" "$kind: cosign ($who) on our attestation" "$tools/cosign" \
            verify-blob-attestation --bundle app.attestations.jsonl --use-signed-timestamps \
            --type https://acme.example/review/v1 "${options[@]}" app
    done
    for who in verify other; do
        expected=0 name=${by[0]}
        [ "$who" = verify ] || { expected=other; name=evil@acme.example; }
        for bundle in app.sigstore.json app.attestations.jsonl; do
            try "$expected" "$kind: sigstore-python ($who) on our $bundle" python_client verify identity \
                --bundle "$bundle" --cert-identity "$name" --cert-oidc-issuer "${by[1]}" --offline app
        done
    done
    try 0 "$kind: sigstore-python signs" python_client sign --identity-token "$(cat token)" \
        --bundle python.json app
    try 0 "$kind: sealgate verifies sigstore-python's" "$sealgate" verify app --bundle python.json "${verify[@]}"
    try 0 "$kind: cosign signs" "$tools/cosign" sign-blob --yes --bundle theirs.json \
        --identity-token "$(cat token)" --signing-config signing.json --trusted-root root.json app
    try 0 "$kind: sealgate verifies cosign's" "$sealgate" verify app --bundle theirs.json "${verify[@]}"
    try 0 "$kind: cosign attests" "$tools/cosign" attest-blob --yes --bundle attested.json \
        --predicate predicate.json --type https://acme.example/review/v1 \
        --identity-token "$(cat token)" --signing-config signing.json --trusted-root root.json app
    try 0 "$kind: sealgate verifies cosign's attestation" \
        "$sealgate" verify app --bundle attested.json "${verify[@]}"
    try 1 "$kind: sealgate refuses cosign's for another identity" \
        "$sealgate" verify app --bundle theirs.json "${other[@]}"
done
token workflow
try 0 "claims of the workflow" "$sealgate" verify app --trusted-root root.json \
    --certificate-identity "${workflow[0]}" --certificate-oidc-issuer "${workflow[1]}" \
    --require-claim build-trigger=push --require-claim source-repository-ref=refs/tags/v1

# A key with witnesses.
export SEALGATE_PASSPHRASE='a passphrase for tests'
try 0 "a key pair" "$sealgate" key generate --output release
rm -f app.*
try 0 "a key is logged and timestamped" "$sealgate" sign app --key release.key \
    --signing-config signing.json --trusted-root root.json
try 0 "its bundle verifies with its log entry" "$sealgate" verify app --key release.pub \
    --trusted-root root.json --log-entries 1
try 0 "cosign verifies it" "$tools/cosign" verify-blob --bundle app.sigstore.json \
    --use-signed-timestamps --trusted-root root.json --key release.pub app
try 0 "another key pair" "$sealgate" key generate --output stranger
try other "cosign refuses it with another key" "$tools/cosign" verify-blob --bundle app.sigstore.json \
    --use-signed-timestamps --trusted-root root.json --key stranger.pub app

# What the services refuse leaves nothing.
rm -f app.*
token email expired
try 2 "an expired token" "$sealgate" sign app "${keyless[@]}"
token email audience
try 2 "a token for somebody else" "$sealgate" sign app "${keyless[@]}"
token email forged
try 2 "a forged token: Fulcio refuses it" "$sealgate" sign app "${keyless[@]}"
token email
try 3 "the public root does not know this instance" "$sealgate" sign app --keyless \
    --identity-token-file token --signing-config signing.json
for left in app.*; do
    [ ! -e "$left" ] || { failed=1; echo "WRONG $left was left"; }
done
exit "$failed"
