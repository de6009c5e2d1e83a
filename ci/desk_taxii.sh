#!/bin/sh
# Unmodified clients at two desks: a virtual environment with stix2 and taxii2-client, then the ignored test.
# Without a package index it says so and ends well.
set -eu
cd "$(dirname "$0")/.."
venv="${1:-$(mktemp -d)/venv}"
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q taxii2-client==2.3.0 stix2==3.0.2 || { echo "skipped: the Python packages cannot be had"; exit 0; }
fi
MONITION_PYTHON="$venv/bin/python" cargo test -p monition --test desk_taxii -- --ignored --nocapture
