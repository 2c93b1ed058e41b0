"$PARE" -n a.jpg kept.png 2>/dev/null
