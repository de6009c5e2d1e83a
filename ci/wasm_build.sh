#!/usr/bin/env bash
# Builds the judge for wasm32-unknown-unknown and judges every case of testdata/dossiers with it in node, and in Chromium where
# there is one.
#
# Uses an installed wasm32 standard library of the toolchain at hand, else Debian's rustc-web with -Zbuild-std
# (rustc-web, cargo-web, rust-web-src, libstd-rust-web-dev, lld), which it does not install by itself unless
# --install is given. Where neither can be had it prints one line that begins with "skipped:" and ends with code 0.
# Artefacts go to $CARGO_TARGET_DIR/wasm (default: target/wasm); the module's size, hash and imports are printed.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  printf 'skipped: %s\n' "$1"
  exit 0
}

if [[ ${1:-} == --install ]] && ! [[ -x /usr/bin/rustc ]] && command -v apt-get >/dev/null; then
  as_root=()
  [[ $EUID -eq 0 ]] || as_root=(sudo -n)
  "${as_root[@]}" apt-get update -qq || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    rustc-web cargo-web rust-web-src libstd-rust-web-dev lld >/dev/null || true
fi

readonly target=wasm32-unknown-unknown
out=${CARGO_TARGET_DIR:-target}/wasm
export CARGO_TARGET_DIR=$out CARGO_INCREMENTAL=0
packages=(-p monition-tlog -p monition-evidence -p monition-judge-wasm)
# The judge is built for size: a page loads it. The profile is set here, so that nothing else is built by it.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_LTO=true CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 \
  CARGO_PROFILE_RELEASE_PANIC=abort CARGO_PROFILE_RELEASE_STRIP=true

if [[ -d $(rustc --print sysroot)/lib/rustlib/$target/lib ]]; then
  cargo build --quiet --release --target "$target" "${packages[@]}" --lib
elif [[ -x /usr/bin/rustc && -x /usr/bin/cargo ]] && [[ -e $(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock ]]; then
  linker=$(find /usr/bin -name 'wasm-ld*' | sort -V | tail -n 1)
  [[ -n $linker ]] || skip 'no wasm-ld; install lld'
  unset RUSTUP_TOOLCHAIN
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker \
    /usr/bin/cargo build --quiet --release --target "$target" -Zbuild-std=std,panic_abort "${packages[@]}" --lib
else
  skip 'no wasm32 standard library (rustup target add wasm32-unknown-unknown) and no rustc-web with sources'
fi

module=$out/$target/release/monition_judge_wasm.wasm
printf 'module: %s bytes, SHA-256 %s\n' "$(stat -c %s "$module")" "$(sha256sum "$module" | cut -d ' ' -f 1)"
command -v node >/dev/null || skip 'built, but there is no node to run it'
node ci/wasm_judge.mjs "$module" testdata/dossiers
if chromium=$(command -v chromium || command -v chromium-browser); then
  node ci/wasm_browser.mjs "$module" testdata/dossiers "$chromium"
else
  printf 'not run in a browser: there is no Chromium\n'
fi
