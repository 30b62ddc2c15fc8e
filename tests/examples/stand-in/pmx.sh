#!/bin/sh
# Stands in front of the real `pmx` while the commands of a page run. It changes what a test has to: the server that is meant when none
# is named is a local one, nobody answers questions, ports are free ones, and a command that runs until it is ended is ended once it answers.
real=$EXAMPLES_PMX
case " $* " in *" --help "*) exec "$real" "$@" ;; esac
help=$("$real" "$@" --help 2>/dev/null) || help=
said=$*
case $help in *"https://pathmx.path.app"*)
    case " $* " in *" --server"*) ;; *) set -- "$@" --server "$EXAMPLES_SERVER" ;; esac ;;
esac
case $help in *"--yes"*)
    case " $* " in *" --yes "* | *" -y "*) ;; *) set -- "$@" --yes ;; esac ;;
esac
end() {
    printf '%s\t%s\n' "$1" "$said" >>"$EXAMPLES_LOG"
    exit "$1"
}

case $1:$help in
events:*)
    # It follows a site: it has done its work once it says something of a site that is published again and again.
    ;;
*"--port <PORT>"*)
    # It serves: it has done its work once the address that it says answers.
    case " $* " in *" --port"* | *" -p "*) ;; *) set -- "$@" --port 0 ;; esac
    ;;
*)
    code=0
    "$real" "$@" || code=$?
    end "$code"
    ;;
esac
fifo=$EXAMPLES_LOG.$$
mkfifo "$fifo"
"$real" "$@" </dev/null >"$fifo" 2>&1 &
pid=$!
publisher=
if [ "$1" = events ]; then
    site=$(printf '%s' " $* " | sed -n 's/.* \(-s\|--site\|--subdomain\)[ =]\([^ ]*\) .*/\2/p')
    while :; do
        printf '\nMore.\n' >>paths/index.path.md
        "$real" publish ${site:+-s "$site"} --server "$EXAMPLES_SERVER"
    done >/dev/null 2>&1 &
    publisher=$!
fi
answers=
{
    while IFS= read -r line; do
        printf '%s\n' "$line"
        case $1:$line in
        events:?*) answers=1 ;;
        *http://* | *https://*)
            url=$(printf '%s' "$line" | sed 's/.*\(https\{0,1\}:\/\/[^ "]*\).*/\1/')
            curl -skg -o /dev/null --max-time 60 "$url" && answers=1
            ;;
        *) continue ;;
        esac
        kill -INT "$pid"
        break
    done
    [ -z "$publisher" ] || kill "$publisher"
    cat
} <"$fifo"
code=0
wait "$pid" || code=$?
rm -f "$fifo"
# An interrupt is how such a command ends.
[ "$code" -ne 130 ] || code=0
[ -n "$answers" ] || code=99
end "$code"
