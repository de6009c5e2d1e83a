#!/usr/bin/env bash
# Fuzzing: every parser of what a stranger can send, each with a property (docs/fuzzing.md, fuzz/src).
#
#   ci/fuzz.sh --smoke SECONDS     each target so many seconds from the kept corpus; prints executions and findings
#   ci/fuzz.sh --long HOURS        all targets in turns until the hours are over; what is found is kept in fuzz/found
#   ci/fuzz.sh --mutants           plants the bugs of fuzz/mutants/*.patch, one at a time, and asks the smoke run to find each
#   ci/fuzz.sh --only TARGET SECONDS
#
# Needs cargo-fuzz (cargo install cargo-fuzz) and a C++ compiler. The stable toolchain is enough: no sanitizer is asked
# for, because there is no unsafe code of ours to watch, and a panic ends the run without one.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
readonly root=$PWD
readonly INPUT_BYTES_MAX=16384 UNIT_SECONDS_MAX=5 MEMORY_MB_MAX=768
target=${CARGO_TARGET_DIR:-${TMPDIR:-/tmp}/monition-target}
triple=$(rustc -vV | sed -n 's/^host: //p')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

targets() { sed -n 's/^name = "\(.*\)"$/\1/p' "$root/fuzz/Cargo.toml" | grep -vx monition-fuzz; }

need() {
  if ! command -v cargo-fuzz >/dev/null; then
    printf 'skipped: cargo-fuzz is not installed (cargo install --locked cargo-fuzz)\n'
    exit 0
  fi
}

# Builds the targets of one source tree into one folder.
build() {
  local tree=$1 into=$2
  shift 2
  (cd "$tree" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$into cargo fuzz build --fuzz-dir fuzz --sanitizer none "$@") \
    >"$scratch/build.log" 2>&1 || { tail -n 30 "$scratch/build.log"; return 1; }
}

# Runs one target; prints a line; keeps what broke it. Returns 1 if something did.
run() {
  local into=$1 name=$2 seconds=$3 keep=$4 status=0 found executions coverage
  mkdir -p "$scratch/new/$name" "$keep"
  "$into/$triple/release/$name" "$scratch/new/$name" "$root/fuzz/corpus/$name" \
    -max_total_time="$seconds" -max_len="$INPUT_BYTES_MAX" -timeout="$UNIT_SECONDS_MAX" \
    -rss_limit_mb="$MEMORY_MB_MAX" -artifact_prefix="$keep/$name-" -print_final_stats=1 \
    >"$scratch/$name.log" 2>&1 || status=$?
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/$name.log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$scratch/$name.log" | tail -n 1)
  found=none
  [[ $status -eq 0 ]] || found=$(grep -aEm1 'panicked at|ERROR: libFuzzer' "$scratch/$name.log" || printf 'exit code %s' "$status")
  printf '%-24s %9s executions  %5s edges  found: %s\n' "$name" "${executions:-?}" "${coverage:-?}" "$found"
  if [[ $status -ne 0 ]]; then
    grep -a -A2 'panicked at' "$scratch/$name.log" | head -n 4 || true
    return 1
  fi
}

smoke() {
  local seconds=$1 broken=0 name
  shift
  local names=("$@")
  [[ ${#names[@]} -gt 0 ]] || mapfile -t names < <(targets)
  build "$root" "$target/fuzz"
  for name in "${names[@]}"; do
    run "$target/fuzz" "$name" "$seconds" "$root/fuzz/found" || broken=$((broken + 1))
  done
  printf '%s targets, %s seconds each, %s with findings\n' "${#names[@]}" "$seconds" "$broken"
  [[ $broken -eq 0 ]]
}

long() {
  local end=$((SECONDS + $1 * 3600)) broken=0 name
  build "$root" "$target/fuzz"
  while ((SECONDS < end)); do
    while read -r name; do
      ((SECONDS < end)) || break
      run "$target/fuzz" "$name" 300 "$root/fuzz/found" || broken=$((broken + 1))
    done < <(targets)
  done
  printf '%s findings, kept in fuzz/found\n' "$broken"
  [[ $broken -eq 0 ]]
}

# Each patch names in its first line the targets that must find it: "targets: a b".
mutants() {
  local seconds=$1 patch caught missed=0 name
  for patch in fuzz/mutants/*.patch; do
    rm -rf "$scratch/tree"
    mkdir "$scratch/tree"
    git ls-files -z Cargo.toml Cargo.lock crates fuzz | xargs -0 cp --parents -t "$scratch/tree"
    patch --quiet --directory "$scratch/tree" -p1 <"$patch"
    caught=''
    for name in $(sed -n '1s/^targets: //p' "$patch"); do
      build "$scratch/tree" "$target/fuzz-mutants" "$name"
      run "$target/fuzz-mutants" "$name" "$seconds" "$scratch/mutant" >"$scratch/result" || caught="$caught $name"
    done
    if [[ -n $caught ]]; then
      printf 'caught: %s, by%s\n' "$(basename "$patch")" "$caught"
    else
      printf 'MISSED: %s\n' "$(basename "$patch")"
      missed=$((missed + 1))
    fi
  done
  [[ $missed -eq 0 ]]
}

case ${1:-} in
  --smoke) need && smoke "${2:-5}" ;;
  --long) need && long "${2:?hours}" ;;
  --mutants) need && mutants "${2:-20}" ;;
  --only) need && smoke "${3:-10}" "${2:?a target}" ;;
  *)
    sed -n '2,11s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
