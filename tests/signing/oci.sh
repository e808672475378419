#!/usr/bin/env bash
# Images against other people's programs, on loopback: what is signed and attested here is
# verified by cosign, and the reverse, in registries with and without the referrers API and in
# layouts.
#
#   tests/signing/oci.sh [SEALGATE [TOOLS]]
#
# TOOLS keeps what is installed between runs. Used are, as far as they can be had, and named on
# the first lines of the output:
#   - docker-registry, as Debian has it, from PATH: no referrers API;
#   - with Go the registry of go-containerregistry, once with and once without that API;
#   - cosign from PATH or TOOLS, else with Go by `go install`, which takes a quarter of an hour on
#     two cores; none with WITHOUT_COSIGN=1.
# python3 is needed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
sealgate=$(realpath "${1:-$here/../../target/debug/sealgate}")
tools=$(realpath -m "${2:-${TMPDIR:-/tmp}/sealgate-oci}")
work=$(mktemp -d)
servers=()
failed=0
count=0

finish() {
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
mkdir -p "$tools"

has() { command -v "$1" >/dev/null 2>&1; }

if has go && [ ! -x "$tools/registry" ]; then
    mkdir -p "$work/registry"
    cat >"$work/registry/main.go" <<'GO'
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	handler := registry.New(registry.WithReferrersSupport(os.Args[2] == "referrers"))
	log.Fatal(http.ListenAndServe(os.Args[1], handler))
}
GO
    (
        cd "$work/registry"
        go mod init sealgate.example/registry
        go get github.com/google/go-containerregistry@latest
        go build -o "$tools/registry" .
        go list -m github.com/google/go-containerregistry >"$tools/registry.version"
    ) >"$work/go.log" 2>&1 || { cat "$work/go.log"; exit 1; }
fi

cosign=
if [ -z "${WITHOUT_COSIGN:-}" ]; then
    if [ -x "$tools/cosign" ]; then
        cosign=$tools/cosign
    elif has cosign; then
        cosign=$(command -v cosign)
    elif has go; then
        GOBIN=$tools go install github.com/sigstore/cosign/v3/cmd/cosign@latest
        cosign=$tools/cosign
    fi
fi

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for() { # PORT
    for _ in $(seq 100); do
        python3 -c "import socket; socket.create_connection(('127.0.0.1', $1), 1)" 2>/dev/null && return
        sleep 0.1
    done
    echo "no registry at port $1" >&2
    exit 1
}

registries=()
if [ -x "$tools/registry" ]; then
    for mode in referrers plain; do
        port=$(free_port)
        "$tools/registry" "127.0.0.1:$port" "$mode" >"$work/$mode.log" 2>&1 &
        servers+=($!)
        wait_for "$port"
        registries+=("127.0.0.1:$port=go-containerregistry, $mode")
    done
    echo "uses $(cat "$tools/registry.version")"
fi
if has docker-registry; then
    port=$(free_port)
    cat >"$work/registry.yml" <<YAML
version: 0.1
storage:
  filesystem:
    rootdirectory: $work/registry-data
http:
  addr: 127.0.0.1:$port
YAML
    docker-registry serve "$work/registry.yml" >"$work/docker-registry.log" 2>&1 &
    servers+=($!)
    wait_for "$port"
    registries+=("127.0.0.1:$port=docker-registry")
    echo "uses $(docker-registry --version)"
fi
if [ -n "$cosign" ]; then
    echo "uses cosign $("$cosign" version 2>&1 | sed -n 's/^GitVersion: *//p')"
else
    echo "without cosign: it is not installed, or was not wanted"
fi
if [ ${#registries[@]} = 0 ]; then
    echo "no registry: install docker-registry or Go" >&2
    exit 1
fi

cat >"$work/push.py" <<'PYTHON'
import hashlib, json, sys, urllib.request

host, repository, tag = sys.argv[1:]
base = f"http://{host}"

def ask(method, address, body, kind="application/octet-stream"):
    address = address if address.startswith("http") else base + address
    request = urllib.request.Request(address, data=body, method=method, headers={"Content-Type": kind})
    return urllib.request.urlopen(request)

def blob(body, kind):
    digest = "sha256:" + hashlib.sha256(body).hexdigest()
    place = ask("POST", f"/v2/{repository}/blobs/uploads/", b"").headers["Location"]
    ask("PUT", place + ("&" if "?" in place else "?") + "digest=" + digest, body)
    return {"mediaType": kind, "digest": digest, "size": len(body)}

kind = "application/vnd.oci.image.manifest.v1+json"
config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}})
manifest = json.dumps({
    "schemaVersion": 2, "mediaType": kind,
    "config": blob(config.encode(), "application/vnd.oci.image.config.v1+json"),
    "layers": [blob(tag.encode(), "application/vnd.oci.image.layer.v1.tar")],
}).encode()
ask("PUT", f"/v2/{repository}/manifests/{tag}", manifest, kind)
print("sha256:" + hashlib.sha256(manifest).hexdigest())
PYTHON

expect() { # WHAT CODE TEXT COMMAND…
    local what=$1 code=$2 text=$3 got=0
    shift 3
    "$@" >"$work/out" 2>"$work/err" || got=$?
    count=$((count + 1))
    if [ "$got" = "$code" ] && { [ -z "$text" ] || grep -q -- "$text" "$work/out" "$work/err"; }; then
        echo "ok: $what"
    else
        failed=1
        echo "FAILED: $what: exit $got instead of $code, or no \`$text\`"
        cat "$work/out" "$work/err"
    fi
}

cd "$work"
export HOME=$work SEALGATE_PASSPHRASE=made-up COSIGN_PASSWORD=made-up
"$sealgate" key generate --output ours >/dev/null
printf '{"reviewed": true}' >review.json
review=https://acme.example/review/v1
by_key=(--insecure-ignore-tlog=true --key)
unlogged=(--tlog-upload=false --use-signing-config=false --yes)
if [ -n "$cosign" ]; then
    "$cosign" generate-key-pair >/dev/null 2>&1
fi

for entry in "${registries[@]}"; do
    host=${entry%%=*} name=${entry#*=}
    digest=$(python3 push.py "$host" team/app 1.0)
    image=$host/team/app@$digest
    expect "$name: nothing is attached" 1 'signing/no-bundle' "$sealgate" verify "oci://$image" --key ours.pub
    expect "$name: signed by its tag" 0 "$digest" "$sealgate" sign "oci://$host/team/app:1.0" --key ours.key
    expect "$name: verified" 0 'verified, image-signature' "$sealgate" verify "$image" --key ours.pub
    expect "$name: attested" 0 'attached sha256:' "$sealgate" attest "oci://$image" --predicate review.json \
        --type "$review" --key ours.key
    expect "$name: the attestation verified" 0 "verified, $review" "$sealgate" verify "$image" --key ours.pub \
        --type "$review"
    expect "$name: both are listed" 0 "$review" "$sealgate" discover "oci://$image"
    [ -n "$cosign" ] || continue
    expect "$name: cosign verifies our signature" 0 "$digest" "$cosign" verify "${by_key[@]}" ours.pub "$image"
    expect "$name: cosign verifies our attestation" 0 payload "$cosign" verify-attestation --type "$review" \
        "${by_key[@]}" ours.pub "$image"
    expect "$name: cosign lists ours" 0 "$review" "$cosign" tree "$image"
    expect "$name: cosign signs" 0 'Pushing signature' "$cosign" sign --key cosign.key "${unlogged[@]}" "$image"
    expect "$name: cosign attests" 0 '' "$cosign" attest --key cosign.key "${unlogged[@]}" \
        --predicate review.json --type "$review" "$image"
    expect "$name: cosign's signature verified" 0 'verified, image-signature' "$sealgate" verify "$image" --key cosign.pub
    expect "$name: cosign's attestation verified" 0 "verified, $review" "$sealgate" verify "$image" \
        --key cosign.pub --type "$review"
    expect "$name: ours still verifies" 0 'verified, image-signature' "$sealgate" verify "$image" --key ours.pub
    expect "$name: cosign still finds ours" 0 "$digest" "$cosign" verify "${by_key[@]}" ours.pub "$image"
    other=$host/team/app@$(python3 push.py "$host" team/app 2.0)
    expect "$name: another image has no signature of cosign's" 1 'signing/no-bundle' \
        "$sealgate" verify "$other" --key cosign.pub
    rm -rf saved
    expect "$name: cosign saves a layout" 0 '' "$cosign" save --dir saved "$image"
    expect "$name: in the layout ours verifies" 0 'verified, image-signature' \
        "$sealgate" verify oci-layout:saved --offline --key ours.pub
    expect "$name: in the layout cosign's verifies" 0 'verified, image-signature' \
        "$sealgate" verify oci-layout:saved --offline --key cosign.pub
    "$sealgate" key generate --output late --force >/dev/null
    expect "$name: signed in the layout" 0 'attached sha256:' "$sealgate" sign oci-layout:saved --key late.key
    expect "$name: cosign verifies what was signed in the layout" 0 'verified against the specified public key' \
        "$cosign" verify --local-image "${by_key[@]}" late.pub saved
done
echo "$count cases, $([ "$failed" = 0 ] && echo all as expected || echo some FAILED)"
exit "$failed"
