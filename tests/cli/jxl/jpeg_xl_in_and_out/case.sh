# Conversions to and from JPEG XL, in the sandboxed worker: with losses, without, and of a JPEG.
"$MAKE" photos
run() { # FOLDER ARGUMENTS...
    out=$1
    shift
    echo "# $out: $*"
    "$PARE" --json --no-ledger -o "$out" "$@" |
        sed -n 's/.*"output":"\([^"]*\)","outcome":"\([^"]*\)".*"format_out":"\([^"]*\)".*"lossless":\([a-z]*\).*"reason":\([^,]*\).*/\1 \2 \3 lossless:\4 \5/p' | sort
}
run scored -f jxl photos/photo.jpg photos/alpha.png photos/graphic.png photos/sub/page.tif
run exact -f jxl --lossless photos/photo.jpg photos/rotated.jpg photos/graphic.png
run again --lossless scored/photo.jxl exact/graphic.jxl
run jpeg -f jpeg -q 70 exact/photo.jxl exact/rotated.jxl
run png -f png --resize 50% exact/photo.jxl scored/page.jxl
run smallest -f smallest photos/photo.jpg
"$PARE" info --json exact/rotated.jxl | grep -o '"format":"[a-z]*"\|"orientation":[0-9]\|"has_gps":[a-z]*'
"$PARE" score photos/photo.jpg exact/photo.jxl >score && echo "scored"
head -c 3000 exact/photo.jxl >cut.jxl
"$PARE" --quiet --no-ledger -f png -o cut cut.jxl
echo "exit $?"
