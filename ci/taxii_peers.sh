#!/usr/bin/env bash
# Unmodified TAXII 2.1 clients against a server: taxii2-client, stix2, cytaxii2, cc-taxii2-client.
#
#   ci/taxii_peers.sh SERVE        SERVE is the built example `serve` of crates/taxii; it is started and ended here
#   TAXII_URL=… TAXII_USER=… TAXII_PASS=… TAXII_COLL=… ci/taxii_peers.sh       a server that runs already
#
# TAXII_URL is the discovery with its slash; TAXII_COLL the id of an empty collection that the user reads and writes.
# TAXII_VENV keeps the Python packages between runs (default: a temporary folder). MONITION_CORPUS: a file of STIX objects,
# one in each line, that go up and come down as well (`cargo run -p monition-intel --example corpus -- --kind mixed`).
# Without Python 3.11 or the packages it says so in one line and ends with code 0.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap finish EXIT

venv=${TAXII_VENV:-$scratch/venv}
if [[ ! -x $venv/bin/python ]]; then
  "${PYTHON:-python3}" -m venv "$venv" || { printf 'skipped: no Python with venv\n'; exit 0; }
fi
if ! "$venv/bin/pip" install --quiet --disable-pip-version-check \
  taxii2-client==2.3.0 stix2==3.0.2 cytaxii2==1.0.1 cc-taxii2-client==0.1.5; then
  printf 'skipped: the clients cannot be installed\n'
  exit 0
fi

if [[ -z ${TAXII_URL:-} ]]; then
  [[ $# -ge 1 ]] || { printf 'usage: ci/taxii_peers.sh SERVE, or TAXII_URL and the others in the environment\n' >&2; exit 2; }
  port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  export TAXII_USER=clients TAXII_PASS=correct-horse-battery TAXII_COLL=${TAXII_COLL:-91a7b528-80eb-42ed-a74d-c6fbd5a26116}
  export TAXII_URL=http://127.0.0.1:$port/taxii2/
  TAXII_DIR=$scratch/server TAXII_LISTEN=127.0.0.1:$port "$1" >"$scratch/serve.log" 2>&1 &
  server=$!
  for _ in $(seq 100); do grep -q '^http' "$scratch/serve.log" && break; sleep 0.1; done
  grep -q '^http' "$scratch/serve.log" || { cat "$scratch/serve.log" >&2; exit 1; }
fi
export TAXII_URL TAXII_USER TAXII_PASS TAXII_COLL

failed=0
for script in ../shared/accept/*.py ci/taxii/*.py; do
  [[ -f $script ]] || continue
  if "$venv/bin/python" "$script" >"$scratch/out" 2>&1; then
    printf 'ok      %s  %s\n' "$(basename "$script")" "$(tail -n 1 "$scratch/out")"
  else
    printf 'FAILED  %s\n' "$(basename "$script")"
    cat "$scratch/out"
    failed=1
  fi
done
exit "$failed"
