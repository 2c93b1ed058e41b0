"$MAKE" photos
find . -type f | sort >before
"$PARE" -n photos | sort
find . -type f | grep -v -e ./before -e ./state | sort | cmp - before && echo "nothing written"
