#!/usr/bin/env bash
# Signing with AWS KMS against moto, somebody else's KMS, on loopback: what it gives for
# GetPublicKey and Sign, and where it differs.
#
#   tests/signing/kms.sh [SEALGATE [TOOLS]]
#
# TOOLS is a virtual environment with moto's server (kept between runs; made where it is not
# there, from wheels). python3 is needed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
sealgate=$(realpath "${1:-$here/../../target/debug/sealgate}")
tools=$(realpath -m "${2:-${TMPDIR:-/tmp}/sealgate-moto}")
work=$(mktemp -d)
server=
failed=0

finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

if [ ! -x "$tools/bin/moto_server" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install -q --only-binary :all: 'moto[server,kms]'
fi
python=$tools/bin/python3
"$python" -c 'import moto; print("moto", moto.__version__)'

# Invented; moto takes any.
export HOME=$work AWS_ACCESS_KEY_ID=AKID-made-up AWS_SECRET_ACCESS_KEY=made-up AWS_REGION=eu-central-1
export AWS_DEFAULT_REGION=$AWS_REGION

# moto's server; with `digest`, its Sign does for MessageType DIGEST what AWS documents.
cat >"$work/server.py" <<'PYTHON'
import sys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms import utils
from moto.server import main

def ecdsa(self, message, algorithm):
    hash = hashes.SHA384() if algorithm == "ECDSA_SHA_384" else hashes.SHA256()
    return self.private_key.sign(message, ec.ECDSA(Prehashed(hash)))

def rsa(self, message, algorithm):
    assert algorithm == "RSASSA_PKCS1_V1_5_SHA_256", algorithm
    return self.private_key.sign(message, padding.PKCS1v15(), Prehashed(hashes.SHA256()))

if sys.argv[1] == "digest":
    utils.ECDSAPrivateKey.sign = ecdsa
    utils.RSAPrivateKey.sign = rsa
main(["-H", "127.0.0.1", "-p", sys.argv[2]])
PYTHON

start() { # MODE
    local port
    [ -z "$server" ] || kill "$server"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$python" "$work/server.py" "$1" "$port" >"$work/server.log" 2>&1 &
    server=$!
    export AWS_ENDPOINT_URL_KMS=http://127.0.0.1:$port
    for _ in $(seq 150); do
        python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null && return
        sleep 0.2
    done
    echo "moto did not start" >&2
    exit 1
}

new_key() { # SPEC USAGE
    "$python" -c '
import boto3, sys
kms = boto3.client("kms")
key = kms.create_key(KeySpec=sys.argv[1], KeyUsage=sys.argv[2])["KeyMetadata"]
kms.create_alias(AliasName="alias/" + sys.argv[1], TargetKeyId=key["KeyId"])
print(key["Arn"])' "$1" "$2"
}

expect() { # WHAT CODE TEXT COMMAND…
    local what=$1 code=$2 text=$3 got=0
    shift 3
    "$@" >"$work/out" 2>"$work/err" || got=$?
    if [ "$got" = "$code" ] && grep -q -- "$text" "$work/out" "$work/err"; then
        echo "ok: $what"
    else
        failed=1
        echo "FAILED: $what: exit $got instead of $code, or no \`$text\`"
        cat "$work/out" "$work/err"
    fi
}

cd "$work"
printf 'the artifact\n' >app
for mode in as-it-is digest; do
    start "$mode"
    for spec in ECC_NIST_P256 ECC_NIST_P384 RSA_2048; do
        arn=$(new_key "$spec" SIGN_VERIFY)
        rm -f app.sigstore.json
        expect "$mode $spec: the public key by its alias" 0 'BEGIN PUBLIC KEY' "$sealgate" key public "awskms:///alias/$spec"
        cp out release.pub
        expect "$mode $spec: the same by its ARN" 0 "$(sed -n 2p release.pub)" "$sealgate" key public "awskms:///$arn"
        if [ "$mode" = digest ]; then
            expect "$mode $spec: signed" 0 'signed, bundle' "$sealgate" sign app --key "awskms:///alias/$spec"
            expect "$mode $spec: verified" 0 '' "$sealgate" verify app --key release.pub
        else
            expect "$mode $spec: moto hashes the digest again, which is refused" 3 'is not a signature of the key' \
                "$sealgate" sign app --key "awskms:///$arn"
            [ ! -e app.sigstore.json ] || { failed=1; echo "FAILED: a bundle was left"; }
        fi
    done
    new_key ECC_SECG_P256K1 SIGN_VERIFY >/dev/null
    expect "$mode: a key of another kind" 2 'ECC_SECG_P256K1' "$sealgate" sign app --key awskms:///alias/ECC_SECG_P256K1
    expect "$mode: no such alias" 2 'NotFoundException' "$sealgate" sign app --key awskms:///alias/no-such
done
exit "$failed"
