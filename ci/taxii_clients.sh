#!/bin/sh
# Unmodified TAXII clients against `monition serve`: makes an exchange with an empty collection for each acceptance script and
# runs the scripts of ../shared/accept as they are. Usage: ci/taxii_clients.sh MONITION_BINARY
# Prints one line and succeeds where the scripts or the Python packages cannot be had.
set -eu

binary=$(realpath "${1:?usage: ci/taxii_clients.sh MONITION_BINARY}")
root=$(cd "$(dirname "$0")/.." && pwd)
scripts=${TAXII_SCRIPTS:-$root/../shared/accept}
if ! ls "$scripts"/*.py > /dev/null 2>&1; then
    echo "skipped: there are no acceptance scripts in $scripts"
    exit 0
fi
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; fi; rm -rf "$work"' EXIT
# A venv that was made before can be given: TAXII_VENV.
venv=${TAXII_VENV:-$work/venv}
if ! "$venv/bin/python" -c 'import stix2, taxii2client' 2> /dev/null; then
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet taxii2-client==2.3.0 stix2==3.0.2; } > "$work/pip.log" 2>&1; then
        echo "skipped: taxii2-client and stix2 cannot be installed: $(tail -n 1 "$work/pip.log")"
        exit 0
    fi
fi

cd "$work"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
"$binary" init --dir exchange --kind exchange --exchange exchange.example --exchange-url "$url" --no-passphrase > /dev/null
cat > exchange.toml << END
name = "exchange.example"
listen = "127.0.0.1:$port"
data_dir = "data"
[taxii]
title = "Acceptance"
[[taxii.api_roots]]
path = "api1"
title = "Acceptance"
END
for script in "$scripts"/*.py; do
    id=$(python3 -c 'import uuid; print(uuid.uuid4())')
    echo "$id" > "$(basename "$script").collection"
    cat >> exchange.toml << END
[[taxii.api_roots.collections]]
id = "$id"
title = "$(basename "$script" .py)"
[[taxii.api_roots.collections.grants]]
account = "north"
read = true
write = true
END
done
"$binary" serve --config exchange.toml --dir exchange --create-log > /dev/null
python3 -c 'import secrets; print(secrets.token_urlsafe(24))' > password
"$binary" taxii account add north --password-file password --config exchange.toml > /dev/null
"$binary" serve --config exchange.toml --dir exchange > serve.out 2> serve.log &
server=$!
for _ in $(seq 100); do
    if [ -s serve.out ]; then break; fi
    sleep 0.1
done
failed=0
for script in "$scripts"/*.py; do
    name=$(basename "$script")
    printf '%s: ' "$name"
    if ! TAXII_URL=$url/taxii2/ TAXII_USER=north TAXII_PASS=$(cat password) TAXII_COLL=$(cat "$name.collection") \
        "$venv/bin/python" "$script"; then
        failed=1
        tail -n 20 serve.log >&2
    fi
done
exit $failed
