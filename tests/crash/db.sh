#!/usr/bin/env bash
# Kills the commands that replace the advisory database at random moments, SEALGATE_KILLS
# times each (200 unless set), and checks after each kill that the old or the new database
# is there and every byte of it verifies. Needs cargo; the server is part of the test.
set -euo pipefail
cd "$(dirname "$0")/../.."
export SEALGATE_KILLS=${SEALGATE_KILLS:-200}
cargo test --locked --test it -- --nocapture crash
