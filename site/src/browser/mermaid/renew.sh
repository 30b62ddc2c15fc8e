#!/usr/bin/env bash
# Brings in another version of Mermaid from npm: site/src/browser/mermaid/renew.sh 12.3.0
# Writes mermaid.min.js.gz (the file of the package as it is, compressed), LICENSE and VERSION. Then look whether `kinds.rs` knows
# its kinds, and run `cargo test --test build diagrams` and the browser tests.
set -euo pipefail
version=${1:?which version of the npm package mermaid}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
npm pack --silent "mermaid@$version" >/dev/null
tar -xzf mermaid-*.tgz package/dist/mermaid.min.js package/LICENSE
gzip -9nc package/dist/mermaid.min.js > "$here/mermaid.min.js.gz"
cp package/LICENSE "$here/LICENSE"
echo "$version" > "$here/VERSION"
