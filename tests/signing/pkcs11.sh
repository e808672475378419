#!/usr/bin/env bash
# Signing with keys in a PKCS#11 token: installs SoftHSM 2 where it is missing, and runs the
# tests that do nothing without it.
#
#   tests/signing/pkcs11.sh
#
# Exit code 3 where SoftHSM 2 cannot be installed here: then nothing was shown.
set -euo pipefail

cd "$(dirname "$0")/../.."

if ! command -v softhsm2-util >/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ] ||
        ! apt-get install -y -q softhsm2 openssl; then
        echo "not run: softhsm2 is not here and cannot be installed (apt-get, as root)" >&2
        exit 3
    fi
fi
echo "SoftHSM $(softhsm2-util --version)"
ran=$(cargo test --locked --test it -- signing_pkcs11:: --nocapture)
printf '%s\n' "$ran"
if grep -q '^skipped' <<<"$ran"; then
    echo "not run: see above" >&2
    exit 3
fi
