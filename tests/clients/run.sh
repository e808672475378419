#!/usr/bin/env bash
# Holds sealgate's lockfile readers to the clients that write the lockfiles: installs
# pinned clients, lets each lock projects of real dependencies, reads the client's own
# listing, and compares `sealgate sbom generate` with it: packages, edges, what is for
# development only, checksums; then the bytes for a second path, another user and locale,
# and shuffled locks.
#
#   tests/clients/run.sh [--sealgate BINARY] [--only CLIENT]…
#
# The clients come from the package registries that this machine is set up for, into
# target/clients/, and stay there. A client that is not to be had is skipped with the
# reason. Ends with `N passed, N failed, N skipped`; exit 1 if anything failed.
# Needs python3 3.11 or later (its standard library only).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "python3 3.11 or later is not installed: nothing was compared"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
exec python3 -B "$here/main.py" "$@"
