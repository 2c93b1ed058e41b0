"$MAKE" photos
"$PARE" --quiet -o out photos/photo.jpg
"$PARE" - <photos/photo.jpg >streamed.jpg && cmp streamed.jpg out/photo.jpg && echo same
"$PARE" - <streamed.jpg >twice.jpg; echo "exit $?"
[ "$(wc -c <twice.jpg)" -le "$(wc -c <streamed.jpg)" ] || echo "bigger"
"$PARE" - <photos/text.txt >none; echo "exit $?"
"$PARE" - <photos/broken.jpg >none; echo "exit $?"
"$PARE" - </dev/null >none; echo "exit $?"
wc -c <none
