"$MAKE" photos && rm photos/broken.jpg
find photos -type f -exec cksum {} + | sort >before
"$PARE" --quiet -i --backup kept photos
find photos -type f -exec cksum {} + | sort >after
cmp -s before after && echo "nothing changed"
"$PARE" history | sed 's/  */ /g' | cut -d ' ' -f 5-7
"$PARE" undo --quiet
find photos -type f -exec cksum {} + | sort | cmp before - && echo "all back"
"$PARE" undo
