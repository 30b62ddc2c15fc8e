#!/bin/sh
# `cargo run … -- <arguments>` is `pmx <arguments>`; nothing is built or tested again.
[ "$1" = run ] || exit 0
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -eq 0 ] || shift
exec pmx "$@"
