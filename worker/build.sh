#!/usr/bin/env bash
# Builds the Worker's wasm and stamps it: worker/build.sh [output], default worker/dist/pmx_worker.wasm.
# WASM_CARGO is a cargo that can compile for wasm32-unknown-unknown (default: cargo); with rustup: rustup target add wasm32-unknown-unknown.
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:-worker/dist/pmx_worker.wasm}
target=wasm32-unknown-unknown
wasm_cargo=${WASM_CARGO:-cargo}
# 256 KiB of stack and 64 MiB at most: objects share an isolate's 128 MB. The remaps keep local paths out.
flags="-Clink-arg=-zstack-size=262144 -Clink-arg=--max-memory=67108864 -Clink-arg=--no-entry"
[ "$wasm_cargo" != cargo ] || flags="$flags --remap-path-prefix=$PWD=/src --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$flags"
$wasm_cargo rustc -q --locked -p pmx-worker --lib --crate-type cdylib --profile worker --target $target
compiler=$($wasm_cargo rustc -q --locked -p pmx-worker --lib --crate-type cdylib --profile worker --target $target -- -vV | sed -n 's/^rustc //p')
${CARGO:-cargo} run -q --locked -p pmx-worker --example stamp -- "$PWD" "${CARGO_TARGET_DIR:-target}/$target/worker/pmx_worker.wasm" "$output" "$compiler"
