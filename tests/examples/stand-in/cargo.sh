#!/bin/sh
# `cargo run … -- <arguments>` is `pmx <arguments>`; nothing is built or tested again.
[ "$1" = run ] || exit 0
# Workers of one's own are built, run and bundled by tests of their own.
case " $* " in *" worker dev "* | *" worker bundle examples/"*) exit 0 ;; esac
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -eq 0 ] || shift
exec pmx "$@"
