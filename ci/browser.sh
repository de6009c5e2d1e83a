#!/usr/bin/env bash
# The console in a real browser: two desks and an exchange as real processes, Chromium, three languages, axe-core.
#
# Needs node and chromium (Debian packages of these names) and a registry of npm packages. Pictures of every page go to
# $PICTURES, by default a folder of the build output: to be looked at, never compared.
set -Eeuo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-${TMPDIR:-/tmp}/monition-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
export CARGO_TARGET_DIR=$target
export CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
if [[ -z $CHROMIUM ]] || ! command -v npm >/dev/null; then
  printf 'error: chromium and npm are needed\nhint: apt-get install chromium nodejs npm\n' >&2
  exit 2
fi

# The packages are kept with the build output, so that a checkout stays clean.
modules=$target/browser-tests
mkdir -p "$modules"
cp tests/browser/package.json tests/browser/package-lock.json tests/browser/*.mjs "$modules/"
(cd "$modules" && npm ci --silent --no-audit --no-fund)

cargo build --locked -p monition
export MONITION=$target/debug/monition PICTURES=${PICTURES:-$target/pictures}
rm -rf "$PICTURES"
node --test --test-reporter=spec "$modules/story.test.mjs"
printf 'pictures: %s\n' "$PICTURES"
