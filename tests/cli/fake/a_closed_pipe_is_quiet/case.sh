set -- a.jpg
for i in 1 2 3 4 5 6; do set -- "$@" "$@"; done
(sleep 0.3; "$PARE" --json "$@"; echo "exit $?" >&2) | true
