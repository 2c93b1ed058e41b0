"$MAKE" photos
"$PARE" -o out photos/broken.jpg photos/photo.jpg photos/text.txt
echo "exit $?"
ls out
