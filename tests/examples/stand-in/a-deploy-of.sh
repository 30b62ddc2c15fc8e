#!/bin/sh
# The id of the oldest deploy of a site, where a page shows one that is made up.
"$EXAMPLES_PMX" deploys -s "$1" --server "$EXAMPLES_SERVER" --json | sed 's/.*"deployId":"\([^"]*\)".*/\1/'
