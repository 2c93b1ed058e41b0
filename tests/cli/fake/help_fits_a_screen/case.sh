# 24 rows of 80 columns, and no line that fills its row.
"$PARE" --help >help
[ "$(wc -l <help)" -le 24 ] || echo "too many lines"
[ "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' help)" -le 79 ] || echo "too wide"
for command in run check undo history info score bench completion; do
    "$PARE" $command --help >help || echo "$command has no help"
    awk -v c=$command 'length($0) > 79 { print c ": too wide: " $0 }' help
    awk -v c=$command '{ sub(/^ +/, "") } index($0, c) { found = 1 } END { if (!found) print c " is not named" }' help
done
