"$MAKE" photos && rm photos/broken.jpg
"$PARE" --quiet -o out photos && find out -type f | sort
"$PARE" --quiet --suffix .min photos/photo.jpg && ls photos
