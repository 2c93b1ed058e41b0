# One worker at a time: it begins with the common formats, and another takes its place for the rest.
"$MAKE" photos
cat >photos/drawing.svg <<'X'
<?xml version="1.0"?>
<!-- a comment that nobody needs -->
<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">
    <rect   x="1.0000"   y="1.0000"   width="10.0000"   height="10.0000"   />
</svg>
X
"$PARE" -j 1 --json -o out photos/photo.jpg photos/alpha.png photos/drawing.svg |
    sed -n 's/.*"input":"\([^"]*\)".*"outcome":"\([^"]*\)".*/\1 \2/p' | sort
"$PARE" -j 1 --quiet -f avif -o avif photos/photo.jpg photos/alpha.png
echo "exit $?"
ls avif
"$PARE" info --json avif/photo.avif | grep -o '"format":"[a-z]*"'
