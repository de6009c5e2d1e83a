#!/usr/bin/env bash
# A second opinion: the judge in Rust and the one in Python, over vectors, the catalogue, a demo, and everything that
# the first judge's tests judge. Any disagreement fails.
#
#   ci/second_opinion.sh [MONITION DEMO]      the binary and the folder that `monition demo --out` left; without them
#                                             neither the command line nor a demo is judged
#
# Needs Python 3.11 and the package `cryptography`; where that cannot be had it says so in one line and ends with code 0.
# MONITION_MUTANTS=N judges so many dossiers that are changed at random (default 200, where the binary is given).
# MONITION_SECOND_OPINION=long repeats also every judgement of the tests (about two thousand cases, two minutes).
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; assert sys.version_info >= (3, 11); import cryptography' 2>/dev/null; then
  printf 'skipped: no Python 3.11 with the package cryptography\n'
  exit 0
fi
"$python" ci/protocol_vectors.py
if [[ $# -ge 2 ]]; then
  "$python" ci/second_verifier.py --monition "$1" --demo "$2" --mutants "${MONITION_MUTANTS:-200}"
else
  "$python" ci/second_verifier.py
fi
if [[ ${MONITION_SECOND_OPINION:-} == long ]]; then
  judged=$(mktemp -d)
  trap 'rm -rf "$judged"' EXIT
  MONITION_RECORD_JUDGED=$judged cargo test --quiet -p monition-evidence judge:: >/dev/null
  "$python" ci/second_verifier.py --cases "$judged"
fi
