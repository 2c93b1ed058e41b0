# The work is done for real, its scores are those of the settings, and no file comes of it.
"$MAKE" photos && rm photos/broken.jpg
find photos | sort >before
"$PARE" bench -j 1 --limit 1 --json photos/sub/photo2.jpg >lines
echo "exit $?"
grep -c '"files":1,"failed":0' lines
for score in 90 70; do
    sed -n "s/.*score:$score\".*\"score_least\":\([0-9.]*\).*/\1/p" lines |
        awk -v want=$score '{ if ($1 < want) print "score " $1 " is below " want; found = 1 } END { if (!found) print "none" }'
done
find photos | sort | diff before -
[ ! -e optimized ] || echo written
