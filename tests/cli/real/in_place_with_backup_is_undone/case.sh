"$MAKE" photos && rm photos/broken.jpg
find photos -type f -exec cksum {} + | sort >before
"$PARE" --quiet -i --backup kept photos
find photos -type f -exec cksum {} + | sort >after
cmp -s before after && echo "nothing changed"
"$PARE" history
"$PARE" undo --quiet
find photos -type f -exec cksum {} + | sort | cmp before - && echo "all back"
"$PARE" history
"$PARE" undo
