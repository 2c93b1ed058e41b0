#!/bin/sh
# File-based tests of the command line, as TAP.  run.sh [--rewrite] FOLDER PARE [CASE...]
#
# FOLDER/CASE/case.sh runs in a scratch folder of its own, with a time limit, $PARE naming the program
# and its state kept in the scratch folder. Compared: exit code with case.exit (default 0), standard
# output and error with the patterns of case.stdout.glob and case.stderr.glob, line by line; a line
# "..." stands for any number of lines. --rewrite (or REWRITE=1) writes what was had.
set -u
if [ "${1:-}" = --rewrite ]; then REWRITE=1; shift; fi
cases=$(cd "$1" && pwd) PARE=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
shift 2
[ $# -gt 0 ] || set -- $(cd "$cases" && ls -d */ | tr -d /)
unset NO_COLOR PARE_CPU TMPDIR
LC_ALL=C.UTF-8 TZ=UTC
export PARE CASES="$cases" LC_ALL TZ
top=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$top" 2>/dev/null; rm -rf "$top"' EXIT

# globs FILE HAVE: every line of HAVE matches the pattern in its place.
globs() {
    [ -e "$1" ] || { [ ! -s "$2" ]; return; }
    skip=
    exec 3<"$1" 4<"$2"
    while IFS= read -r want <&3; do
        if [ "$want" = ... ]; then skip=1; continue; fi
        while :; do
            IFS= read -r have <&4 || { exec 3<&- 4<&-; return 1; }
            case $have in
            $want) break ;;
            *) [ "$skip" ] || { exec 3<&- 4<&-; return 1; } ;;
            esac
        done
        skip=
    done
    rest=0
    if [ ! "$skip" ] && IFS= read -r have <&4; then rest=1; fi
    exec 3<&- 4<&-
    return "$rest"
}

# A pattern that matches a line as it is, but for times.
literal() {
    sed -e 's/[][*?\\]/\\&/g' -e 's/ failed in [0-9.]* s.*/ failed in */' \
        -e 's/[0-9]*-[0-9]*-[0-9]* [0-9]*:[0-9]*  /*  /' -e 's/"ms":[0-9]*/"ms":*/g' "$1"
}

rewrite() {
    rm -f "$cases/$1/case.exit" "$cases/$1/case.stdout.glob" "$cases/$1/case.stderr.glob"
    [ "$2" = 0 ] || echo "$2" >"$cases/$1/case.exit"
    [ ! -s "$top/stdout" ] || literal "$top/stdout" >"$cases/$1/case.stdout.glob"
    [ ! -s "$top/stderr" ] || literal "$top/stderr" >"$cases/$1/case.stderr.glob"
}

echo "1..$#"
number=0 bad=0
for name; do
    number=$((number + 1)) problem=
    scratch=$top/$number
    mkdir -p "$scratch/state"
    code=0
    (cd "$scratch" && export XDG_STATE_HOME="$scratch/state" &&
        exec timeout -k 2 "${CASE_SECONDS:-60}" sh "$cases/$name/case.sh") \
        >"$top/stdout" 2>"$top/stderr" </dev/null || code=$?
    if [ "${REWRITE:-}" ]; then rewrite "$name" "$code"; fi
    want=$(cat "$cases/$name/case.exit" 2>/dev/null || echo 0)
    [ "$code" = "$want" ] || problem="exit: have $code, want $want"
    for stream in stdout stderr; do
        globs "$cases/$name/case.$stream.glob" "$top/$stream" || problem="$problem; $stream differs"
    done
    if [ "$problem" ]; then
        bad=1
        echo "not ok $number - $name"
        echo "# $problem"
        sed 's/^/# stdout: /' "$top/stdout" | head -n 30
        sed 's/^/# stderr: /' "$top/stderr" | head -n 30
    else
        echo "ok $number - $name"
    fi
done
exit "$bad"
