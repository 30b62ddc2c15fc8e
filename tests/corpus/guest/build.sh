#!/usr/bin/env bash
# Builds the replay guest's wasm. WASM_CARGO is as for worker/build.sh.
set -euo pipefail
cd "$(dirname "$0")/../../.."
target=wasm32-unknown-unknown
wasm_cargo=${WASM_CARGO:-cargo}
flags="-Clink-arg=-zstack-size=262144 -Clink-arg=--no-entry -Cstrip=symbols"
[ "$wasm_cargo" != cargo ] || flags="$flags --remap-path-prefix=$PWD=/src --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$flags"
$wasm_cargo rustc -q --locked -p pmx-corpus-guest --profile worker --target $target
mkdir -p tests/corpus/guest/dist
cp "${CARGO_TARGET_DIR:-target}/$target/worker/pmx_corpus_guest.wasm" tests/corpus/guest/dist/
# What it was built from, for the test that notices when the two part.
find tests/corpus/guest/Cargo.toml tests/corpus/guest/src -type f | LC_ALL=C sort | xargs cat | sha256sum | cut -d ' ' -f 1 > tests/corpus/guest/dist/sources.sha256
