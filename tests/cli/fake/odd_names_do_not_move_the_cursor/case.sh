"$PARE" -v "$(printf 'broken\033[2J\n\342\200\256x.jpg')"
