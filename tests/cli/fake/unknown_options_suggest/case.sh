for option in --jsn --qualty --in-plase --exlude --thread --frobnicate --resize-to -x -nX; do
    "$PARE" $option a.jpg
    [ $? = 2 ] || echo "$option: not 2"
done
"$PARE" check --dry-runn a.jpg
