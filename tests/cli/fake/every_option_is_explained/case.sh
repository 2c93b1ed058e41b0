# run --help or serve --help has each, the manual and the man page too.
help=$("$PARE" run --help; "$PARE" serve --help; "$PARE" history --help)
manual=$(cat "$CASES/../../../docs/cli.md")
page=$(sed 's/\\-/-/g' "$CASES/../../../docs/pare.1")
for option in $("$PARE" completion bash | sed -n "s/.*compgen -W '\(--output[^']*\)'.*/\1/p"); do
    case $help in *"$option"*) ;; *) echo "--help lacks $option" ;; esac
    case $manual in *"$option"*) ;; *) echo "docs/cli.md lacks $option" ;; esac
    case $page in *"$option"*) ;; *) echo "pare.1 lacks $option" ;; esac
done
