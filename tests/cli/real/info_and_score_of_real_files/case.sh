"$MAKE" photos
"$PARE" info photos/rotated.jpg photos/alpha.png photos/text.txt
echo "exit $?"
"$PARE" score photos/photo.jpg photos/photo.jpg
"$PARE" score photos/photo.jpg photos/alpha.png
echo "exit $?"
