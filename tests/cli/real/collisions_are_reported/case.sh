"$MAKE" photos
cp photos/photo.jpg a.jpg && cp photos/graphic.png a.png
"$PARE" -f webp -o out a.jpg a.png
ls out
