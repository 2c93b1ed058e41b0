# run --help has all, the manual and the man page too.
"$PARE" run --help >help
for option in $("$PARE" completion bash | sed -n "s/.*compgen -W '\(--output[^']*\)'.*/\1/p"); do
    [ "$option" = --limit ] || grep -q -e "$option" help || echo "run --help lacks $option"
    grep -q -e "$option" "$CASES/../../../docs/cli.md" || echo "docs/cli.md lacks $option"
    grep -q -e "$(echo "$option" | sed 's/-/\\\\-/g')" "$CASES/../../../docs/pare.1" || echo "pare.1 lacks $option"
done
